"""The contract calendar on screen, month by month: twelve months from today, or a year."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Self

from django.forms import ChoiceField, Form, ModelChoiceField
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from base.workspace.chips import chips_of
from base.workspace.fields import FIRST_YEAR, LAST_YEAR
from base.workspace.views import SimplePage
from contracts.billing import Period
from contracts.dates.calendar import Due, EntryKind, entries
from contracts.models import Contract

MOST_AT_ONCE = 300
"""Entries shown together; of a year that has more, one month is shown and the others are named."""


class CalendarFilter(Form):
    """Which contract, what, and whether what is done is shown too."""

    contract = ModelChoiceField(
        Contract.objects.none(),
        label=gettext_lazy("Contract"),
        required=False,
        empty_label=gettext_lazy("all contracts"),
    )
    kind = ChoiceField(
        label=gettext_lazy("What"),
        required=False,
        choices=[("", gettext_lazy("everything")), *EntryKind.choices],
    )
    state = ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("all")),
            ("open", gettext_lazy("open only")),
            ("done", gettext_lazy("done only")),
        ],
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        contracts = Contract.objects.visible_to(user)
        self.fields["contract"].queryset = contracts.to_choose()

    def leaves(self, due: Due) -> bool:
        """Tell whether an entry is to be shown."""
        wanted = self.cleaned_data
        if wanted.get("kind") and due.kind != wanted["kind"]:
            return False
        state = wanted.get("state")
        return not state or (due.is_duty and due.done == (state == "done"))


@dataclass(frozen=True)
class Row:
    """An entry in words. A month has hundreds: the template only puts them in their places."""

    due: Due
    day: str
    what: str
    note: str
    state: str
    tone: str
    is_today: bool

    @classmethod
    def of(cls, due: Due, today: date) -> Self:
        """Return how an entry is shown."""
        state, tone = _state(due, today)
        return cls(
            due=due,
            day=date_format(due.day, "D d.m.Y"),
            what=due.label or due.kind.label,
            note=_note(due),
            state=state,
            tone=tone,
            is_today=due.day == today,
        )


def _note(due: Due) -> str:
    """Say which days an entry is about."""
    if due.period is None:
        return ""
    days = {"first": german(due.period.first), "last": german(due.period.last)}
    if due.kind == EntryKind.NOTICE:
        return _("otherwise renewed from %(first)s to %(last)s") % days
    return _("for %(first)s to %(last)s") % days


class ContractCalendar(SimplePage):
    """What falls due in the contracts a person sees: from today on, or in the year asked for."""

    permission_required = "contracts.view_contract"
    template_name = "contracts/calendar.html"
    title = gettext_lazy("Contract calendar")
    menu = "calendar"

    @property
    def asked(self) -> int | None:
        """The year asked for; None where the calendar begins today."""
        wanted = self.request.GET.get("year", "")
        if wanted.isdigit() and FIRST_YEAR <= int(wanted) <= LAST_YEAR:
            return int(wanted)
        return None

    def get_context_data(self, **kwargs):
        form = CalendarFilter(self.request.GET, user=self.request.user)
        form.is_valid()
        contracts = form.fields["contract"].queryset
        if chosen := form.cleaned_data.get("contract"):
            contracts = contracts.filter(pk=chosen.pk)
        asked, today = self.asked, timezone.localdate()
        days = _year_from(today)
        if asked:
            days = Period(date(asked, 1, 1), date(asked, 12, 31))
        found = [due for due in entries(contracts, days) if form.leaves(due)]
        query = self.request.GET.copy()
        for name in ("year", "month"):
            query.pop(name, None)
        active = [name for name in form.fields if form.cleaned_data.get(name)]
        counts = Counter(due.day.replace(day=1) for due in found)
        month = self._month(counts) if len(found) > MOST_AT_ONCE else None
        before, after = (asked - 1, asked + 1) if asked else (today.year, today.year + 1)
        return super().get_context_data(
            form=form,
            year=asked,
            days=days,
            before=before if before >= FIRST_YEAR else None,
            after=after if after <= LAST_YEAR else None,
            query=query.urlencode(),
            chips=chips_of(self.request, form, active),
            months=[
                (first, [Row.of(due, today) for due in some])
                for first, some in groupby(found, key=lambda due: due.day.replace(day=1))
                if month in (None, first)
            ],
            month=month,
            others=sorted(counts.items()) if month else [],
            address=reverse("contract-calendar"),
            **kwargs,
        )

    def _month(self, counts: Counter) -> date:
        """The month asked for; else, of those with entries, this one or the next after it."""
        wanted = self.request.GET.get("month", "")
        if wanted.isdigit() and int(wanted) in range(1, 13) and self.asked:
            return date(self.asked, int(wanted), 1)
        this = timezone.localdate().month
        if not self.asked:
            return min(counts)
        return min(counts, key=lambda first: (first.month < this, first))


def _year_from(today: date) -> Period:
    """Return the days from today to the end of the eleventh month after: no month comes twice."""
    return Period(today, date(today.year + 1, today.month, 1) - timedelta(days=1))


def _state(due: Due, today: date) -> tuple[str, str]:
    """Return the state of an entry in a word, with its tone."""
    if not due.is_duty:
        return ("", "")
    if due.done:
        return (_("done"), "success")
    if due.day < today:
        return (_("overdue"), "danger") if due.filed else (_("not kept here"), "")
    if due.remind_from <= today:
        return (_("due soon"), "warning")
    return (_("to come"), "")
