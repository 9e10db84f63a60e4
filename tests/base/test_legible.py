"""Plain values as people read them, wherever they stand."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.utils.translation import override

from base import formats
from base.legible import legible

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "ja"),
        (False, "nein"),
        (12000, "12.000"),
        (Decimal("-1234.50"), "−1.234,5"),
        (Decimal("0.00001"), "0,00001"),
        (date(2024, 7, 31), "31.07.2024"),
        (datetime(2024, 7, 31, 22, 30, tzinfo=UTC), "01.08.2024 00:30"),
        (["a", 2, Decimal("3.5")], "a, 2, 3,5"),
        ({"from": date(2024, 1, 1), "days": 1500}, "from: 01.01.2024; days: 1.500"),
        ("1234.5 as it stands", "1234.5 as it stands"),
    ],
)
def test_values_are_spelled_for_people(value, text):
    with override("de"):
        assert legible(value) == text


def test_numbers_keep_all_their_places():
    assert formats.exact(Decimal("62.4"), least=2) == "62,40"
    assert formats.exact(10**30) == "1" + ".000" * 10
    assert formats.exact(Decimal("1.00") / 3) == "0,3333333333333333333333333333"


def test_numbers_are_typed_without_points():
    assert formats.typed(Decimal("1234.50")) == "1234,50"
    assert formats.typed(0.25) == "0,25"


def test_prices_times_and_moments():
    assert formats.price("62.4") == "62,40\u00a0€"
    assert formats.price("0.0625") == "0,0625\u00a0€"
    assert formats.clock(time(9, 5)) == "09:05"
    assert formats.moment(datetime(2024, 7, 31, 9, 5)) == "31.07.2024 09:05"  # noqa: DTZ001
