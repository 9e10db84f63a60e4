"""The forms by which appointments are planned, changed and moved."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.fields import DayField
from base.workspace.views import Page
from contracts.at_work import holidays_among
from contracts.models import Contract, Member, Organisation
from contracts.rights import CASEWORK, COUNSELLING
from forms.booking import contract_kinds
from forms.calendar_rights import VIEW
from forms.conflicts import Span, conflicts_of
from forms.models import Appointment, Case, Resource
from forms.series import Frequency, days_until, on_the_clock
from forms.views.shared import day_of, today

THIS, FOLLOWING = "this", "following"
SCOPES = [(THIS, gettext_lazy("only this one")), (FOLLOWING, gettext_lazy("this and following"))]
OTHER_SIDE = {True: COUNSELLING, False: CASEWORK}
"""Who takes part from the other side of a case, by whether a commissioning body invites."""


class ClockField(forms.TimeField):
    """A time of day, chosen or typed: 9:30, 09:30."""

    def __init__(self, **kwargs):
        widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
        super().__init__(**{"widget": widget, "input_formats": ["%H:%M", "%H:%M:%S"]} | kwargs)


class ScopeForm(forms.Form):
    """What is done with an appointment; of one of a series also whether with those that follow."""

    scope = forms.ChoiceField(
        label=gettext_lazy("In the series"),
        choices=SCOPES,
        initial=THIS,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, in_series=False, **kwargs):
        super().__init__(*args, **kwargs)
        if not in_series:
            del self.fields["scope"]

    @property
    def follows(self) -> bool:
        """Whether those that follow in the series are meant as well."""
        return self.cleaned_data.get("scope") == FOLLOWING


class WhenForm(ScopeForm):
    """When an appointment is."""

    field_order = ("day", "begins", "ends", "scope")

    day = DayField(label=gettext_lazy("Day"))
    begins = ClockField(label=gettext_lazy("From"))
    ends = ClockField(label=gettext_lazy("Until"))

    def clean(self):
        data = super().clean()
        if data.get("begins") and data.get("ends") and data["ends"] <= data["begins"]:
            self.add_error("ends", _("This ends before it begins."))
        return data

    def times(self) -> tuple[datetime, datetime]:
        """Return from when to when it is."""
        data = self.cleaned_data
        return on_the_clock(data["day"], data["begins"]), on_the_clock(data["day"], data["ends"])

    def new_times(self) -> dict[str, datetime]:
        """Return from when to when it is, where either was changed."""
        moved = {"day", "begins", "ends"}.intersection(self.changed_data)
        return dict(zip(("begins", "ends"), self.times(), strict=True)) if moved else {}


class AppointmentForm(WhenForm):
    """All that an appointment says. `case` is the key of the case, `case_text` what was typed."""

    field_order = (
        "case", "case_text", "kind", "work", "day", "begins", "ends", "scope",
        "channel", "location", "address", "members", "others", "resources", "note",
    )  # fmt: skip

    case = forms.CharField(widget=forms.HiddenInput, required=False)
    case_text = forms.CharField(
        label=gettext_lazy("Case"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Type a number or a name and choose with Enter."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Appointment.Kind.choices)
    work = forms.ChoiceField(
        label=gettext_lazy("Is recorded as"),
        required=False,
        help_text=gettext_lazy("Can be left open until it is recorded."),
    )
    channel = forms.ChoiceField(label=gettext_lazy("How"), choices=Appointment.Channel.choices)
    location = forms.ChoiceField(label=gettext_lazy("Place"), choices=Appointment.Location.choices)
    address = forms.CharField(
        label=gettext_lazy("Where exactly"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Address or room. No names."),
    )
    members = forms.MultipleChoiceField(
        label=gettext_lazy("Who takes part"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Who takes part? At least one person is needed.")},
    )
    others = forms.MultipleChoiceField(
        label=gettext_lazy("From the other side of the case"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("They see the appointment, without the note."),
    )
    resources = forms.MultipleChoiceField(
        label=gettext_lazy("Rooms and vehicles"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Stays with your organisation. No names."),
    )

    def __init__(self, *args, user, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.organisation = user, organisation
        cases = Case.objects.visible_to(user, VIEW).joined("contract")
        self.cases = cases.filter(of_organisation(organisation))
        self.colleagues = {row.pk: row for row in people_of([organisation.pk])}
        self.resources = {
            row.pk: row
            for row in Resource.objects.visible_to(user).filter(organisation=organisation)
        }
        data = self.data if self.is_bound else self.initial
        self.case_row = self._case(data.get("case"), data.get("case_text", ""))
        booked = set(self.initial.get("resources", ()))
        self.fields["members"].choices = named(self.colleagues.values())
        self.fields["resources"].choices = [
            (row.pk, row.name) for row in self.resources.values() if row.active or row.pk in booked
        ]
        self.others = self._ask_about(self.case_row, day_of(data.get("day")) or today())
        if not self.resources:
            del self.fields["resources"]

    def _ask_about(self, case: Case | None, day) -> dict[int, Member]:
        """Offer what follows from the case; return the people of its other side."""
        if case is None:
            del self.fields["work"], self.fields["others"]
            return {}
        contract = case.contract
        by_body = self.organisation.pk == contract.commissioning_body_id
        party = contract.provider_id if by_body else contract.commissioning_body_id
        others = {row.pk: row for row in people_of([party], OTHER_SIDE[by_body])}
        self.fields["others"].choices = named(others.values())
        kinds = [] if by_body else contract_kinds([contract.pk], day, of_groups=False)
        self.fields["work"].choices = [("", "–"), *((each.key, each.label) for each in kinds)]
        if not kinds:
            del self.fields["work"]
        return others

    def _case(self, key, typed: str) -> Case | None:
        if key and str(key).isdecimal():
            return self.cases.filter(pk=key).first()
        # Typed to the end without choosing: the number itself is as good.
        number = (typed or "").split(" ")[0]
        return self.cases.filter(number__iexact=number).first() if number else None

    def clean_case_text(self):
        """Refuse a case that is none of the organisation's."""
        typed = self.cleaned_data["case_text"]
        if (typed.strip() or self.data.get("case")) and self.case_row is None:
            raise forms.ValidationError(_("Which case? Type its number and choose it."))
        return typed

    def participants(self) -> list[Member]:
        """Return who takes part, of both sides."""
        known = self.colleagues | self.others
        data = self.cleaned_data
        return [known[int(key)] for key in [*data["members"], *data.get("others", ())]]

    def booked(self) -> list[Resource]:
        """Return the rooms and vehicles that are needed."""
        return [self.resources[int(key)] for key in self.cleaned_data.get("resources", ())]

    def what(self) -> dict:
        """Return all further columns."""
        names = ("kind", "channel", "location", "address", "note")
        found = {name: self.cleaned_data[name] for name in names}
        return found | {"case": self.case_row, "work": self.cleaned_data.get("work", "")}


class NewAppointmentForm(AppointmentForm):
    """A new appointment, alone or as a series."""

    field_order = (*AppointmentForm.field_order, "frequency", "interval", "until", "holidays")

    frequency = forms.ChoiceField(
        label=gettext_lazy("Repeat"),
        required=False,
        choices=[("", gettext_lazy("not at all")), *Frequency.choices],
        help_text=gettext_lazy("In months: on the same weekday, the second Tuesday for example."),
    )
    interval = forms.IntegerField(
        label=gettext_lazy("Every"), min_value=1, max_value=26, initial=1, required=False
    )
    until = DayField(label=gettext_lazy("Last day"), required=False)
    holidays = forms.BooleanField(
        label=gettext_lazy("On public holidays as well"),
        required=False,
        help_text=gettext_lazy("Otherwise the series leaves them out."),
    )

    def clean(self):
        data = super().clean()
        if data.get("frequency"):
            first, until = data.get("day"), data.get("until")
            if until is None and not self.has_error("until"):
                self.add_error("until", _("Until when? A series has a last day."))
            elif first and until and until < first:
                self.add_error("until", _("This ends before it begins."))
        return data

    @property
    def leaves_holidays_out(self) -> bool:
        """Whether nothing is planned on holidays."""
        return bool(self.cleaned_data["frequency"]) and not self.cleaned_data["holidays"]

    def spans(self) -> list[Span]:
        """Return from when to when each of them is, on holidays as well."""
        data = self.cleaned_data
        if not data["frequency"]:
            return [self.times()]
        days = days_until(data["frequency"], data["interval"] or 1, data["day"], data["until"])
        return [
            (on_the_clock(day, data["begins"]), on_the_clock(day, data["ends"])) for day in days
        ]


def side_in_contracts(organisation: Organisation) -> str:
    """Return what contracts call the side on which an organisation is."""
    is_provider = organisation.kind == Organisation.Kind.PROVIDER
    return "provider" if is_provider else "commissioning_body"


def of_organisation(organisation: Organisation):
    """Return the condition for cases of an organisation, on whichever side of them it is."""
    return Q(**{f"contract__{side_in_contracts(organisation)}": organisation})


def people_of(organisations, roles=()) -> list[Member]:
    """Return the active people of organisations; with roles named, those who have one of them."""
    rows = Member.objects.filter(organisation__in=organisations, active=True)
    rows = rows.select_related("user").order_by("user__last_name", "user__username")
    return [row for row in rows if not roles or set(row.roles) & set(roles)]


def named(members) -> list[tuple[int, str]]:
    """Return people as choices."""
    return [(row.pk, row.user.display_name) for row in members]


class AsksAboutConflicts(Page):
    """A form that says first who would be in two places at once, and what is on a holiday."""

    def holidays_among(
        self, spans: Iterable[Span], case: Case | None, organisation: Organisation
    ) -> dict[date, str]:
        """Return which days are holidays: where the case is, or else the organisation."""
        days = sorted({timezone.localdate(begins) for begins, _ends in spans})
        side = {side_in_contracts(organisation): organisation}
        return holidays_among(
            days, [case.contract] if case else Contract.objects.filter(**side).only("pk")
        )

    def ask_about(
        self,
        members: Collection[Member],
        spans: Iterable[Span],
        *,
        without: Collection[int] = (),
        holidays: Mapping[date, str],
        left_out: bool = False,
    ) -> None:
        """Show what these people have at that time and which days are holidays, and ask.

        `without` are keys of appointments that are being moved; with `left_out` nothing is planned
        on holidays. Whether it was right to be there on a past one is nothing to ask.
        """
        kept = [
            span for span in spans if not (left_out and timezone.localdate(span[0]) in holidays)
        ]
        if not left_out:
            holidays = {day: name for day, name in holidays.items() if day >= today()}
        found = conflicts_of(members, kept, without=without)
        if found or holidays:
            told = [(each.member.pk, each.begins, each.ends) for each in found]
            self.ask(
                [told, [*holidays], left_out],
                "forms/appointment_conflicts.html",
                conflicts=found,
                holidays=[(day, _(name)) for day, name in holidays.items()],
                left_out=left_out,
            )
