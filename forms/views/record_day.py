"""A counsellor's day, entered row by row, and the week it belongs to."""

import hashlib
import re
from datetime import date, timedelta
from functools import partial

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from base.ends import require_past
from base.facts import Fact
from base.formats import clock
from base.once import fingerprint
from base.refusals import readable
from base.workspace.views import Crumb, Page
from contracts.models import Contract, Member
from contracts.roles import Role
from forms.actions.record_service import DayEntry, RowsRefused, new_reference, record_day
from forms.booking import choices_for, contract_kinds, described
from forms.models import Appointment, Case, ServiceRecord
from forms.models.record_reason import reasons_to_choose
from forms.month_sums import PERSON
from forms.views.fields import (
    ChosenReasonField,
    MinutesField,
    NoteField,
    RecordForm,
    StrokesField,
    field_of,
)
from forms.views.shared import (
    day_of,
    member_choices,
    minutes_worked,
    own_members,
    today,
)

REFERENCE = re.compile(r"E-[0-9a-f]{12}")
MOST_ROWS = 60
NO_MODULE = "-"
"""Chosen, not left open: work that belongs to no module although the catalogue plans by modules."""
MOST_PLACES = 1_000
"""Rows that were removed or left empty count here: of all that a page ever numbered."""


class RecordsFor(Page):
    """A page on which a person records work: their own, or as a lead a colleague's."""

    permission_required = "forms.add_servicerecord"
    menu = "records"

    def has_permission(self):
        return super().has_permission() and self.counsellor is not None

    @cached_property
    def memberships(self):
        """The person's own memberships under which they record; looked up once for a page."""
        return own_members(self.request.user, self.permission_required)

    @cached_property
    def members(self):
        """The members whose work the person may record."""
        own = self.memberships
        led = [member.organisation_id for member in own if Role.PROVIDER_LEAD in member.roles]
        colleagues = Member.objects.filter(organisation__in=led, active=True)
        return (own | colleagues).distinct().select_related("user", "organisation")

    @cached_property
    def counsellor(self) -> Member | None:
        """Whose work is recorded: whom the address names, otherwise the person's own."""
        given = self.request.POST.get("counsellor") or self.request.GET.get("counsellor", "")
        own = self.members.filter(user_id=self.request.user.pk)
        if not given:
            return own.order_by("pk").first()
        return self.members.filter(pk=given).first() if given.isdecimal() else None

    @cached_property
    def day(self) -> date:
        """The day that is shown; today unless the address names one."""
        given = self.request.POST.get("day") or self.request.GET.get("day")
        return day_of(given) or today()

    def address(self, day: date, name: str = "record-day") -> str:
        """Return the address of a day or week of the same counsellor."""
        return f"{reverse(name)}?day={day:%Y-%m-%d}&counsellor={self.counsellor.pk}"

    def stored(self, first: date, last: date):
        """Return the counsellor's records of these days, oldest first."""
        rows = ServiceRecord.objects.visible_to(self.request.user).filter(
            counsellor=self.counsellor, day__range=(first, last)
        )
        return rows.select_related("case").order_by("day", "pk")

    def crumbs(self):
        return [Crumb(_("Service records"), reverse("records"))]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            day=self.day,
            counsellor=self.counsellor,
            counsellors=member_choices(self.members),
            **kwargs,
        )


class RowForm(RecordForm):
    """One row of a day's work. `case` is the key of the case chosen, `case_text` what was typed."""

    reference = forms.CharField(widget=forms.HiddenInput, required=False)
    case = forms.CharField(widget=forms.HiddenInput, required=False)
    case_text = forms.CharField(label=gettext_lazy("Case"), max_length=100, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of work"), required=False)
    module = forms.CharField(label=gettext_lazy("Module"), max_length=60, required=False)
    stage = forms.CharField(label=gettext_lazy("Service complex"), max_length=60, required=False)
    minutes = MinutesField(label=gettext_lazy("Time spent"), required=False)
    chosen_reason = ChosenReasonField(
        first_version=True, label=gettext_lazy("Reason for the exception"), required=False
    )
    reason = NoteField()
    topic = forms.CharField(label=gettext_lazy("Kind of help"), max_length=60, required=False)
    strokes = StrokesField()
    signed_on = forms.DateField(required=False)

    def __init__(self, *args, cases, kinds, otherwise=new_reference, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases, self.otherwise = cases, otherwise
        self.fields["kind"].choices = [("", ""), *((kind.key, kind.label) for kind in kinds)]

    def is_empty(self) -> bool:
        """Whether nothing was entered in the row that would have to be stored."""
        names = ("case", "case_text", "minutes")
        return not any(self.data.get(self.add_prefix(name), "").strip() for name in names)

    def clean_reference(self):
        """The reference the page gave out; without one, one that the same request has again."""
        given = self.cleaned_data["reference"]
        return given if REFERENCE.fullmatch(given) else self.otherwise()

    def clean(self):
        data = super().clean()
        data["case_row"] = self._case(data)
        if data["case_row"] is None and not self.has_error("case_text"):
            self.add_error("case_text", _("Which case? Type its number and choose it."))
        for name, message in (
            ("kind", _("What kind of work?")),
            ("minutes", _("How long?")),
        ):
            missing = data.get(name) in (None, "") and not self.has_error(name)
            if missing and not (name == "minutes" and data.get("stage")):
                self.add_error(name, message)
        return data

    def _case(self, data) -> Case | None:
        if key := data.get("case"):
            return self.cases.filter(pk=key).first() if key.isdecimal() else None
        # Typed to the end without choosing: the number itself is as good.
        typed = data.get("case_text", "").split(" ")[0]
        return self.cases.filter(number__iexact=typed).first() if typed else None

    def entry(self) -> DayEntry:
        """Return what the row says."""
        data = self.cleaned_data
        return DayEntry(
            reference=data["reference"],
            case=data["case_row"],
            kind=data["kind"],
            minutes=data["minutes"] or 0,
            module=data["module"] if data["module"] != NO_MODULE else "",
            stage=data["stage"],
            chosen_reason=data["chosen_reason"],
            reason=data["reason"],
            answered=data["confirmed"],
            topic=data["topic"],
            channel=data["channel"],
            location=data["location"],
            strokes=data["strokes"],
            # Days of a telephone whose clock goes ahead; the client signed all the same.
            signed_on=data["signed_on"] and min(data["signed_on"], today()),
            **self.spans(),
        )


class RecordDay(RecordsFor, TemplateView):
    """Rows to enter, above what is stored for the day."""

    template_name = "forms/record_day.html"
    title = gettext_lazy("Enter a day")

    @cached_property
    def appointment(self) -> Appointment | None:
        """The appointment with a client that the address names."""
        given = self.request.GET.get("appointment", "")
        rows = Appointment.objects.visible_to(self.request.user).filter(case__isnull=False)
        return rows.filter(pk=given).select_related("case").first() if given.isdecimal() else None

    @cached_property
    def counsellor(self) -> Member | None:
        """Whom the address names, otherwise who took part in its appointment, or oneself."""
        named = self.request.POST.get("counsellor") or self.request.GET.get("counsellor")
        if not named and self.appointment:
            there = self.members.filter(pk__in=self.appointment.participants.values("member"))
            own = there.filter(user_id=self.request.user.pk)
            if found := own.order_by("pk").first() or there.order_by("pk").first():
                return found
        return super().counsellor

    def row_form(self, prefix: str, data=None, initial=None) -> RowForm:
        """Return one row; its cases are those of the counsellor's organisation."""
        return RowForm(
            data,
            prefix=prefix,
            initial=initial,
            cases=self.cases,
            kinds=self.kinds,
            otherwise=partial(self._reference, prefix),
        )

    @cached_property
    def cases(self):
        """The cases the counsellor may record work for."""
        rows = Case.objects.visible_to(self.request.user, self.permission_required)
        own = rows.filter(contract__provider=self.counsellor.organisation_id)
        return own.joined("contract")

    @cached_property
    def kinds(self):
        """Kinds of work of the organisation's contracts, those of groups left out."""
        contracts = Contract.objects.visible_to(self.request.user, self.permission_required).filter(
            provider=self.counsellor.organisation_id
        )
        keys = contracts.order_by().values_list("pk", flat=True)
        return contract_kinds(keys, self.day, of_groups=False)

    def get_context_data(self, **kwargs):
        records = described(list(self.stored(self.day, self.day)))
        rows = kwargs.pop("rows", None) or [self._first()]
        return super().get_context_data(
            rows=rows,
            places=1 + max(int(row.prefix.removeprefix("rows-")) for row in rows),
            template_row=self._blank("rows-__n__"),
            records=records,
            total=minutes_worked(records),
            before=self.address(self.day - timedelta(days=1)),
            after=self.address(self.day + timedelta(days=1)),
            now=self.address(today()) if self.day != today() else "",
            week=self.address(self.day, "record-week"),
            no_module=NO_MODULE,
            reasons=[("", "–"), *reasons_to_choose(first_version=True).values_list("pk", "label")],
            suggestions=reverse("case-suggestions"),
            is_future=self.day > today(),
            **kwargs,
        )

    def _first(self) -> RowForm:
        """Return the row to begin with: what the address's appointment says, else an empty one."""
        appointment = self.appointment
        if appointment is None or not self.cases.filter(pk=appointment.case_id).exists():
            return self._blank("rows-0")
        begins, ends = (timezone.localtime(at) for at in (appointment.begins, appointment.ends))
        initial = {
            # Its record is known by it, so that an appointment is recorded once.
            "reference": appointment.reference,
            "case": appointment.case_id,
            "case_text": appointment.case.number,
            "kind": appointment.work,
            "minutes": f"{clock(begins.time())}–{clock(ends.time())}",
            "channel": appointment.channel,
            "location": appointment.location if appointment.in_person else "",
        }
        return self.row_form("rows-0", initial=initial)

    def _blank(self, prefix: str) -> RowForm:
        return self.row_form(prefix, initial={"reference": new_reference()})

    def _reference(self, prefix: str) -> str:
        """Return the reference of a row that came without: the same whenever it is sent again."""
        said = (self.request.user.pk, self.request.get_full_path(), prefix, self.fingerprint)
        return f"E-{hashlib.sha256(repr(said).encode()).hexdigest()[:12]}"

    @cached_property
    def fingerprint(self) -> str:
        """What stands for everything that was sent."""
        return fingerprint(self.request)

    def _ask_for_modules(self, rows: list[RowForm]) -> None:
        """Refuse rows that leave open which module of the case's catalogue they belong to."""
        cases = {row.cleaned_data["case_row"] for row in rows}
        choices = choices_for(cases, self.day) if cases else {}
        for row in rows:
            data = row.cleaned_data
            open_ = not data["module"] and not data["stage"]
            if open_ and choices[data["case_row"].pk].modules:
                row.add_error("module", module_missing())

    def post(self, request, *args, **kwargs):
        places = range(min(count_of(request.POST.get("count", "")), MOST_PLACES))
        rows = [self.row_form(f"rows-{place}", request.POST) for place in places]
        rows = [row for row in rows if not row.is_empty()]
        valid = [row.is_valid() for row in rows]
        self._ask_for_modules([row for row, is_valid in zip(rows, valid, strict=True) if is_valid])
        valid = [row.is_valid() for row in rows]
        if not rows:
            return self.saved(_("There was nothing to save."), messages.INFO)
        problems: list[str] = []
        if len(rows) > MOST_ROWS:
            problems.append(_("At most %s rows are saved at once.") % MOST_ROWS)
        elif all(valid):
            try:
                require_past(self.day)
                stored, before = record_day(
                    counsellor=self.counsellor,
                    day=self.day,
                    entries=[row.entry() for row in rows],
                    by=self.request.user,
                )
            except RowsRefused as refused:
                for place, error in refused.rows.items():
                    rows[place].add_error(field_of(error), readable(error))
            except ValidationError as error:
                problems = readable(error).messages
            else:
                return self.saved(_saved(len(stored), before))
        return self.refused(rows, problems)

    def saved(self, told: str, level: int = messages.SUCCESS) -> HttpResponse:
        """Answer rows that are stored, now or before."""
        messages.add_message(self.request, level, told)
        return HttpResponseRedirect(self.address(self.day))

    def refused(self, rows: list[RowForm], problems: list[str]) -> HttpResponse:
        """Answer rows of which nothing was stored: each says what is wrong with it."""
        context = self.get_context_data(rows=rows, problems=problems)
        return self.render_to_response(context, status=422)


def module_missing() -> ValidationError:
    """Return the question about work recorded without a module."""
    return ValidationError(
        _("Which module? The catalogue plans by modules; choose “without a module” if it is none.")
    )


def count_of(text: str) -> int:
    """Return a count that a page sent along; 0 where it is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _saved(count: int, before: int) -> str:
    if before == count:
        return _("These records were saved before; nothing was stored twice.")
    new = count - before
    return ngettext("%s record saved.", "%s records saved.", new) % new


class RecordWeek(RecordsFor, TemplateView):
    """A counsellor's week: each day with its records and sums; a group session counts once."""

    template_name = "forms/record_week.html"
    title = gettext_lazy("Week")

    def get_context_data(self, **kwargs):
        monday = self.day - timedelta(days=self.day.weekday())
        sunday = monday + timedelta(days=6)
        records = list(self.stored(monday, sunday).filter(status=Fact.Status.SUBMITTED))
        days = [monday + timedelta(days=number) for number in range(7)]
        by_day = {day: [record for record in records if record.day == day] for day in days}
        return super().get_context_data(
            days=[
                {
                    "day": day,
                    "url": self.address(day),
                    "records": len(rows),
                    "cases": len({record.case_id for record in rows}),
                    "minutes": minutes_worked(rows),
                    "is_today": day == today(),
                }
                for day, rows in by_day.items()
            ],
            total=minutes_worked(records),
            record_count=len(records),
            case_count=len({record.case_id for record in records}),
            number=monday.isocalendar().week,
            before=self.address(monday - timedelta(days=7), "record-week"),
            after=self.address(monday + timedelta(days=7), "record-week"),
            now=self.address(today(), "record-week"),
            month=f"{reverse('record-month')}?month={monday:%Y-%m}&who={PERSON}{self.counsellor.pk}",
            **kwargs,
        )
