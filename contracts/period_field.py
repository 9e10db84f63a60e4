"""A period as people type it in forms and filters."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.workspace.fields import require_years
from contracts.billing import Period
from contracts.period_names import period_name


class PeriodField(forms.CharField):
    """A month, quarter, half or year by name, or days from–until; cleaned to a Period."""

    default_error_messages = {
        "invalid_period": _(
            "%(value)s is no period; allowed are 2024, 2024-H1, 2024-Q1, 2024-03 and"
            " 2024-01-15..2024-02-20."
        ),
    }

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 30} | kwargs)
        self.widget.attrs.setdefault("placeholder", "2024-Q1")

    def in_words(self, period: Period) -> str:
        """Return what the chip of a filter says: 3. Quartal 2026."""
        return period_name(period)

    def prepare_value(self, value):
        """Show a period by its name."""
        return str(value) if isinstance(value, Period) else value

    def clean(self, value):
        """Return the period, or None where nothing was typed and nothing has to be."""
        text = super().clean(value)
        if not text:
            return None
        try:
            period = Period.parse(text)
        except ValueError as error:
            raise ValidationError(
                self.error_messages["invalid_period"],
                code="invalid_period",
                params={"value": text},
            ) from error
        require_years(period.first, period.last, text)
        return period
