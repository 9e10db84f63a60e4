"""Lengths of time as people type them."""

import pytest
from django.core.exceptions import ValidationError

from forms.durations import parse_minutes

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
    "23:30-0:15": 45,
    "24:00": 1440,
    " 45 ": 45,
}


@pytest.mark.parametrize("text", READ)
def test_read(text):
    assert parse_minutes(text) == READ[text]


@pytest.mark.parametrize(
    "text", ["", "viel", "1:75", "25:00", "1441", "-5", "9:00-10:99", "0,333 h"]
)
def test_refused(text):
    with pytest.raises(ValidationError):
        parse_minutes(text)
