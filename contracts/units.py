"""What the units of statement lines are called."""

from django.utils.translation import gettext, gettext_noop

UNITS = {"stage": gettext_noop("service complex"), "lump": gettext_noop("lump sum"), "EUR": "€"}
"""Units that are codes; all others are labels from the contract's terms."""


def unit_label(unit: str) -> str:
    """Return what a line's unit is called."""
    return gettext(UNITS[unit]) if unit in UNITS else unit
