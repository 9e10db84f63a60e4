"""Rounding, and the allocation of cents."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.billing.money import allocate, exact, lean, read_number, round_to, tidy, to_cents


@pytest.mark.parametrize(
    ("value", "cents"),
    [
        pytest.param(Decimal("5399.9988"), "5400.00", id="12 % of 44,999.99"),
        pytest.param(Decimal("5400.006"), "5400.01", id="12 % of 45,000.05"),
        pytest.param(Decimal("0.005"), "0.01", id="half goes up"),
        pytest.param(Decimal("0.0049999"), "0.00", id="just below half"),
        pytest.param(Decimal("-0.005"), "-0.01", id="negative half goes away from zero"),
        pytest.param(Fraction(2, 3), "0.67", id="two thirds"),
        pytest.param(Fraction(-1, 3), "-0.33", id="minus one third"),
        pytest.param(7, "7.00", id="whole"),
        pytest.param(Decimal("-0.001"), "0.00", id="no negative zero"),
    ],
)
def test_cents_are_rounded_half_up(value, cents):
    assert str(to_cents(value)) == cents


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        pytest.param("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"], id="tie to the earlier"),
        pytest.param("10.00", [1, 2], ["3.33", "6.67"], id="largest remainder"),
        pytest.param("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"], id="mirrored"),
        pytest.param("0.01", [0, 5, 5], ["0.00", "0.01", "0.00"], id="weight zero gets nothing"),
        pytest.param("0.00", [3, 4], ["0.00", "0.00"], id="nothing to split"),
    ],
)
def test_allocation_by_largest_remainder(total, weights, parts):
    assert [str(part) for part in allocate(Decimal(total), weights)] == parts


@given(
    cents=st.integers(-(10**12), 10**12),
    weights=st.lists(st.fractions(0, 1000), min_size=1, max_size=12).filter(any),
)
def test_allocated_parts_add_up_and_miss_their_share_by_less_than_a_cent(cents, weights):
    total = Decimal(cents) / 100

    parts = allocate(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        ideal = Fraction(cents, 100) * weight / sum(weights)
        assert abs(Fraction(part) - ideal) < Fraction(1, 100)


@pytest.mark.parametrize(
    ("total", "weights"),
    [("1.00", []), ("1.00", [0, 0]), ("1.00", [2, -1]), ("1.005", [1])],
)
def test_what_cannot_be_allocated_is_refused(total, weights):
    with pytest.raises(ValueError, match=r"weights|whole cents"):
        allocate(Decimal(total), weights)


@pytest.mark.parametrize("function", [exact, lean, to_cents])
def test_floats_are_not_money(function):
    with pytest.raises(TypeError, match="float"):
        function(0.1)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(45, 4), "11.25"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-7, 20), "-0.35"),
        (12, "12"),
        (Decimal("62.40"), "62.40"),
    ],
)
def test_numbers_are_decimals_where_their_places_end(value, shown):
    assert str(tidy(value)) == shown


@given(st.fractions())
def test_no_form_of_a_number_changes_it(value):
    assert exact(value) == lean(value) == tidy(value) == read_number(str(value)) == value


def test_large_numbers_keep_every_digit():
    assert str(round_to(Fraction(10**40) + Fraction(1, 8), 3)) == f"{10**40}.125"
