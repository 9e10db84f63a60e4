"""Which running cases stand out, and by which rule: asked by figures, and by the list of cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base.workspace.registry import Text
from forms.caseload import silent
from forms.models import (
    CaseOwner,
    CasePlacement,
    CaseResponsibility,
    SupportPlan,
)
from forms.models.case import CaseQuerySet


def waiting(cases: CaseQuerySet, day: date) -> CaseQuerySet:
    """Return the running cases for which nothing has been recorded yet."""
    return cases.running_on(day).filter(without_work())


def without_work(of: str = "") -> Q:
    """Return the condition for rows of cases that no record counts for; `of` leads to the case."""
    return Q(**{f"{of}worked": False})


def unplaced(cases: CaseQuerySet, day: date) -> CaseQuerySet:
    """Return the running cases in no need group by the day, and without a support plan."""
    placed = CasePlacement.objects.filter(case=OuterRef("pk"), valid_from__lte=day)
    planned = SupportPlan.objects.filter(case=OuterRef("pk"))
    return cases.running_on(day).filter(~Exists(placed), ~Exists(planned))


def unowned(cases: CaseQuerySet, day: date) -> CaseQuerySet:
    """Return the running cases that no caseworker is responsible for."""
    return cases.running_on(day).looked_after_by_nobody(CaseOwner, day)


def uncounselled(cases: CaseQuerySet, day: date) -> CaseQuerySet:
    """Return the running cases that no counsellor is responsible for."""
    return cases.running_on(day).looked_after_by_nobody(CaseResponsibility, day)


@dataclass(frozen=True)
class Standing:
    """A way in which cases stand out. `narrow(cases, day)` returns those that do."""

    label: Text
    narrow: Callable[[CaseQuerySet, date], CaseQuerySet]


STANDINGS = {
    "waiting": Standing(_("nothing recorded yet"), waiting),
    "silent": Standing(_("open, without a record for two weeks"), silent),
    "unowned": Standing(_("without a caseworker"), unowned),
    "uncounselled": Standing(_("without a counsellor"), uncounselled),
    "unplaced": Standing(_("without need group and support plan"), unplaced),
}
