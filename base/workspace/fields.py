"""Form fields that take what people here type: 31.07.2026 and 1.234,56."""

import re
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years in which people here live and work; near the ends of the calendar no day can be counted."""


class DayInput(forms.DateInput):
    """The browser's own calendar; it shows dates as the reader writes them."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day; also typed as 31.07.2026 where the browser has no calendar."""

    widget = DayInput

    def __init__(self, **kwargs):
        super().__init__(**{"input_formats": ["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"]} | kwargs)

    def to_python(self, value):
        """Refuse years that nobody means."""
        day = super().to_python(value)
        if day:
            require_years(day, day, value)
        return day


def require_years(first: date, last: date, typed) -> None:
    """Raise ValidationError naming what was typed where it lies outside of the years we know."""
    if first.year < FIRST_YEAR or last.year > LAST_YEAR:
        raise ValidationError(
            _("%(value)s lies outside the years %(first)s to %(last)s."),
            code="out_of_years",
            params={"value": typed, "first": FIRST_YEAR, "last": LAST_YEAR},
        )


class FigureField(forms.DecimalField):
    """A number with a decimal comma; the telephone shows its keypad."""

    def __init__(self, **kwargs):
        super().__init__(**{"localize": True} | kwargs)
        self.widget.attrs["inputmode"] = "decimal"

    def to_python(self, value):
        """Take 1.234,56 too: Django reads groups of thousands only where it also writes them."""
        if isinstance(value, str):
            group, point = (get_format(f"{name}_SEPARATOR") for name in ("THOUSAND", "DECIMAL"))
            grouped = rf"-?\d{{1,3}}({re.escape(group)}\d{{3}})+({re.escape(point)}\d*)?"
            if re.fullmatch(grouped, value.strip()):
                value = value.replace(group, "")
        return super().to_python(value)


class AmountField(FigureField):
    """An amount in EUR with two decimal places."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_digits": 12, "decimal_places": 2} | kwargs)
