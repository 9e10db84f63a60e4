"""What a step would change is spelled in its own unit."""

from decimal import Decimal

import pytest

from contracts.effects import Effect


@pytest.mark.once
@pytest.mark.parametrize(
    ("unit", "before", "after", "difference"),
    [
        ("EUR", "1,00\u00a0€", "3,00\u00a0€", "2,00\u00a0€"),
        ("h", "1,00\u00a0h", "3,00\u00a0h", "2,00\u00a0h"),
        ("version", "1", "3", "2"),
    ],
)
def test_figures_are_read_in_their_unit(unit, before, after, difference):
    shown = Effect("x", "/x", Decimal(1), Decimal(3), unit).shown
    assert shown == {"before": before, "after": after, "difference": difference}
