"""Form fields of service records."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy

from base.facts import ASKED
from forms.durations import parse_minutes, parse_span
from forms.models import RecordReason
from forms.models.record_reason import reasons_to_choose
from forms.models.rules.records import PLACE
from forms.strokes import LONGEST, read_strokes
from forms.ways import Channel, Location


class MinutesField(forms.CharField):
    """A length of time as people type it; cleaned to whole minutes."""

    def __init__(self, **kwargs):
        hint = gettext_lazy("90, 1:30, 1,5 h or 9:00–10:30")
        super().__init__(**{"max_length": 30, "help_text": hint} | kwargs)
        self.widget.attrs["autocomplete"] = "off"

    def clean(self, value):
        text = super().clean(value)
        return parse_minutes(str(text)) if text else None


class RecordForm(forms.Form):
    """What every form of records asks: the kind of help, how and where, from when to when it was
    done, and whether one like another is meant.
    """

    topic = forms.ChoiceField(label=gettext_lazy("Kind of help"), required=False)
    channel = forms.ChoiceField(
        label=gettext_lazy("How"), choices=[("", "–"), *Channel.choices], required=False
    )
    location = forms.ChoiceField(
        label=gettext_lazy("Place"), choices=[("", "–"), *Location.choices], required=False
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("This is another service, no repeat"), required=False
    )

    def clean(self):
        """Who says where people met says that they met."""
        data = super().clean()
        if data.get("location") and data.get("channel") == "":
            data["channel"] = Channel.IN_PERSON.value
        return data

    def offer_topics(self, topics: Mapping[str, str]) -> None:
        """Let one of these be chosen, by their keys; ask for none where there are none."""
        if topics:
            self.fields["topic"].choices = [("", "–"), *topics.items()]
        else:
            del self.fields["topic"]

    def spans(self) -> dict:
        """Return from when to when the work was done, as far as that was typed."""
        typed = self.data.get(self.add_prefix("minutes"), "")
        begins, ends = parse_span(typed) or (None, None)
        return {"begins": begins, "ends": ends}

    @property
    def asks(self) -> bool:
        """Whether a like record is there, so that the question has to be shown."""
        if not self.is_bound:
            return False
        answered = self.data.get(self.add_prefix("confirmed"))
        return bool(
            answered or self.has_error("confirmed") or self.has_error(NON_FIELD_ERRORS, ASKED)
        )

    def visible_fields(self):
        """The fields to show, the question only where it is asked."""
        return [each for each in super().visible_fields() if each.name != "confirmed" or self.asks]


class ChosenReasonField(forms.ModelChoiceField):
    """A reason from those that managers offer, for a first version or a later one."""

    def __init__(self, *, first_version: bool, **kwargs):
        self.first_version = first_version
        super().__init__(RecordReason.objects.none(), **{"empty_label": "–"} | kwargs)

    def __deepcopy__(self, memo):
        """Return the field of one form, which offers what can be chosen today."""
        field = super().__deepcopy__(memo)
        field.queryset = reasons_to_choose(first_version=self.first_version)
        return field


class NoteField(forms.CharField):
    """A note to a reason: typed words, which stay with the provider."""

    def __init__(self, **kwargs):
        super().__init__(
            **{
                "label": gettext_lazy("Note on it"),
                "help_text": gettext_lazy("Stays with your organisation. No names."),
                "max_length": 500,
                "required": False,
            }
            | kwargs
        )


class StrokesField(forms.CharField):
    """What was drawn, as its script sends it; cleaned to strokes, or None."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs):
        super().__init__(**{"required": False, "strip": True} | kwargs)

    def clean(self, value):
        # One more: what is longer is refused by what reads it, in its words.
        return read_strokes(super().clean((value or "")[: LONGEST + 1]))


def field_of(error) -> str | None:
    """Return the field beside which a refusal of the rules is answered."""
    fields = {"unreasoned": "chosen_reason", ASKED: "confirmed", PLACE: "location"}
    return fields.get(getattr(error, "code", None))
