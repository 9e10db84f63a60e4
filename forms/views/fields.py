"""Form fields of service records."""

from django import forms
from django.utils.translation import gettext_lazy

from forms.durations import parse_minutes


class MinutesField(forms.CharField):
    """A length of time as people type it; cleaned to whole minutes."""

    def __init__(self, **kwargs):
        hint = gettext_lazy("90, 1:30, 1,5 h or 9:00–10:30")
        super().__init__(**{"max_length": 30, "help_text": hint} | kwargs)
        self.widget.attrs["autocomplete"] = "off"

    def clean(self, value):
        text = super().clean(value)
        return parse_minutes(str(text)) if text else None
