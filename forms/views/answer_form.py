"""The screen form of a filled form: its fields drawn from the edition, values taken as typed."""

from collections.abc import Iterator, Mapping

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from base.refusals import readable
from forms.answers import LONGEST_LINE, NO, YES
from forms.content import FormField
from forms.models import FilledForm

SEEN, OVER = "seen", "over"
ROWS = 5
YES_NO = ((YES, _("yes")), (NO, _("no")))
NO_ANSWER = ("", _("no answer"))


class AnswerField(forms.CharField):
    """Takes what was typed: a draft holds anything, submitting is the action's to check.

    `required` only says how the field is marked.
    """

    def __init__(self, asked: FormField):
        super().__init__(
            label=asked.label,
            required=asked.required,
            help_text=_hint(asked),
            widget=_widget(asked),
            strip=False,
        )
        self.asked = asked

    def clean(self, value):
        return value


def _hint(asked: FormField) -> str:
    """Return the help under a field: what to write, and who outside reads it."""
    hint = asked.help_text
    if asked.kind == "date" and not hint:
        hint = _("Day, month, year, such as 31.07.2026.")
    return " ".join(filter(None, [str(hint), str(_READ_OUTSIDE.get(asked.group, ""))]))


_READ_OUTSIDE = {
    "person": _("Shown to the Jobcenter’s caseworkers."),
    "attendance": _("Shown to the Jobcenter."),
}
"""Said of fields whose values leave the counselling service; all others stay there."""


def _widget(asked: FormField) -> forms.Widget:
    if asked.kind == "text":
        return forms.Textarea({"rows": ROWS, "class": "grows"})
    if asked.kind == "choice":
        return forms.Select(choices=[("", "–"), *((text, text) for text in asked.choices)])
    if asked.kind == "yes_no":
        return forms.RadioSelect(choices=YES_NO if asked.required else (*YES_NO, NO_ANSWER))
    if asked.kind == "number":
        return forms.TextInput({"inputmode": "decimal", "class": "short", "autocomplete": "off"})
    if asked.kind == "date":
        return forms.TextInput({"inputmode": "numeric", "class": "short", "autocomplete": "off"})
    return forms.TextInput({"maxlength": LONGEST_LINE})


class AnswerForm(forms.Form):
    """The fields of a filled form with the values given.

    Fields are named by their place: keys may hold signs that addresses within a page do not.
    """

    use_required_attribute = False

    def __init__(self, filled: FilledForm, values: Mapping[str, str]):
        self.filled, self.keys = filled, {}
        rows = enumerate(filled.content.questions)
        places = {field.key: f"q{place}" for place, field in rows}
        super().__init__({places[key]: value for key, value in values.items()})
        for section in filled.sections():
            for asked in section.fields:
                self.fields[places[asked.key]] = AnswerField(asked)
                self.keys[asked.key] = places[asked.key]

    @classmethod
    def sent(cls, filled: FilledForm, posted: Mapping[str, str]) -> "AnswerForm":
        """Return the form with what a browser sent."""
        names = cls(filled, {}).keys
        return cls(filled, {key: posted[name] for key, name in names.items() if name in posted})

    @property
    def values(self) -> dict[str, str]:
        """The values given, by the key of their field."""
        return {key: self.data[name] for key, name in self.keys.items() if name in self.data}

    def refuse(self, error: ValidationError) -> None:
        """Show an action's refusal at the fields it names, else above the form."""
        error = readable(error)
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for key, found in error.error_dict.items():
            self.add_error(None if key == NON_FIELD_ERRORS else self.keys[key], found)

    def sections(self) -> Iterator[tuple[str, list[BoundField]]]:
        """Return headings and fields, in order."""
        for section in self.filled.sections():
            yield section.heading, [self[self.keys[field.key]] for field in section.fields]

    def chosen(self, values: Mapping[str, str]) -> list[tuple[BoundField, str]]:
        """Return the fields that have a value here, with it, in the order of the form."""
        return [(self[name], values[key]) for key, name in self.keys.items() if key in values]
