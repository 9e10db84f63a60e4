"""What contracts owe: the rows of the list of deadlines that no table of the database holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from contracts.billing import Period
from contracts.dates.calendar import Due, EntryKind, entries
from contracts.models import Contract
from forms.due import Standing, end_of_week, standing_by_day
from forms.models import Deadline

AHEAD = timedelta(days=92)
"""How far the list looks ahead for what contracts owe."""
BACK = timedelta(days=366)


@dataclass(frozen=True)
class Owed:
    """What a contract owes, with what the columns of the list ask for."""

    due: Due
    standing: Standing
    contract_number = counsellor = ""
    target_on = None

    @property
    def due_on(self) -> date:
        """The day it is due."""
        return self.due.day

    @property
    def what(self) -> str:
        """What has to be handed in or done."""
        return str(self.due.label or self.due.kind.label)

    @property
    def about(self) -> str:
        """The contract."""
        return self.due.contract.number

    @property
    def client(self) -> str:
        """What stands below the contract's number: its title."""
        return self.due.contract.title

    @property
    def side_name(self) -> str:
        """Notice is for both parties, a statement for the body, all else for the provider."""
        if self.due.kind == EntryKind.NOTICE:
            return _("both parties")
        return str(Deadline.Side(_side_of(self.due)).label)

    def get_absolute_url(self) -> str:
        """What there is for it already, or the contract."""
        filed = self.due.filed
        return (
            filed.url if filed and filed.url else reverse("contract", args=[self.due.contract.pk])
        )


def _side_of(due: Due) -> str:
    """Statements are computed and issued by the commissioning body."""
    return "body" if due.kind == EntryKind.STATEMENT else "provider"


def owed_by_contracts(user, wanted: Mapping, day: date) -> list[Owed]:
    """Return what the visible contracts owe that filters leave, seen from a day.

    From a year ago to three months ahead. `wanted` are the values of the list's filters by name.
    """
    contracts = Contract.objects.visible_to(user)
    if wanted.get("contract"):
        contracts = contracts.filter(pk=wanted["contract"])
    if wanted.get("provider"):
        contracts = contracts.filter(provider=wanted["provider"])
    if wanted.get("body"):
        contracts = contracts.filter(commissioning_body=wanted["body"])
    if text := wanted.get("q"):
        contracts = contracts.filter(number__icontains=text)
    found = entries(contracts.to_choose(), Period(day - BACK, day + AHEAD))
    return [
        Owed(due, _standing(due, day))
        for due in found
        if due.kind != EntryKind.END
        and _in_window(due, wanted.get("when"), day)
        and wanted.get("side") in ("", None, _side_of(due))
        and (wanted.get("due_from") or due.day) <= due.day
        and (wanted.get("due_until") or due.day) >= due.day
    ]


def _standing(due: Due, day: date) -> Standing:
    if due.done:
        return Standing(_("done"), "success", "success")
    if due.day < day and not due.filed:
        return Standing(_("not kept here"), "")
    return standing_by_day(due.day, due.remind_from, day)


def _in_window(due: Due, window: str | None, day: date) -> bool:
    """Whether an entry of the contract calendar stands in a window; what was never kept here is
    not overdue."""
    if window == "ended":
        return due.done
    if due.done or (due.day < day and not due.filed):
        return False
    return {
        None: True,
        "": True,
        "overdue": due.day < day,
        "today": due.day == day,
        "week": day < due.day <= end_of_week(day),
        "later": due.day > end_of_week(day),
        "undated": False,
    }[window]
