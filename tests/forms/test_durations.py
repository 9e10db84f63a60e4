"""Lengths of time as people type them."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError

from forms.durations import parse_minutes, parse_span

READ = {
    "90": 90,
    "90 min": 90,
    "1:30": 90,
    "0:05": 5,
    "1,5 h": 90,
    "1.25h": 75,
    "2 Std.": 120,
    "9:00-10:30": 90,
    "9:00–10:30": 90,
    "9 bis 10.15": 75,
    "23:30-0:00": 30,
    "23:30-24:00": 30,
    "24:00": 1440,
    " 45 ": 45,
}


@pytest.mark.parametrize("text", READ)
def test_read(text):
    assert parse_minutes(text) == READ[text]


@pytest.mark.parametrize(
    "text",
    ["", "viel", "1:75", "25:00", "1441", "-5", "9:00-10:99", "0,333 h", "10:30-9:00", "9-9"],
)
def test_refused(text):
    with pytest.raises(ValidationError):
        parse_minutes(text)


@pytest.mark.parametrize(
    ("text", "span"),
    {
        "9:00–10:30": (time(9), time(10, 30)),
        "9 bis 10.15": (time(9), time(10, 15)),
        "22:30-24:00": None,
        "1:30": None,
        "90": None,
    }.items(),
)
def test_a_stretch_keeps_when_it_was(text, span):
    assert parse_span(text) == span
