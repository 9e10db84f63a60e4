"""Deadlines that wait for somebody: the own ones on the home page, the late ones for the lead."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from base.workspace.registry import WaitingEntry
from contracts.reach import reach_of
from forms.caseload import SEES
from forms.models import Case, Deadline
from forms.models.deadline import CHANGE
from forms.overview import overview_of
from forms.views.shared import (
    names_known_to,
    other_cases_of_teams,
    own_member_keys,
    today,
)

CASES = "forms.view_case"
SOON = timedelta(days=7)
"""So long before it is due, a deadline stands in the worklist."""


def own_deadlines(user) -> QuerySet:
    """Return what is due within a week in the person's own cases, and is to be done by their side.

    For the commissioning body also what providers are late with: nobody else would notice.
    """
    day, reach = today(), reach_of(user, CHANGE)
    body = Q(case__contract__commissioning_body__in=reach.bodies)
    provider = Q(case__contract__provider__in=reach.providers)
    own_side = Q(side=Deadline.Side.BODY) & body | Q(side=Deadline.Side.PROVIDER) & provider
    late = Q(due_on__lt=day)
    own = Case.objects.looked_after_by(own_member_keys(user), day)
    rows = Deadline.objects.visible_to(user, CASES, CHANGE).open()
    rows = rows.filter(own_side & Q(due_on__lte=day + SOON) | body & late)
    return _listed(rows.filter(case__in=own.order_by().values("pk")))


def late_in_team(user) -> QuerySet:
    """Return what has been overdue for long in others' cases of the teams that the person leads.

    How long that is, each service standard says. For the commissioning body on either side, for a
    provider what it has to do itself.
    """
    day, reach = today(), reach_of(user, SEES)
    cases = other_cases_of_teams(user).order_by().values("pk")
    body = Q(case__contract__commissioning_body__in=reach.bodies)
    rows = Deadline.objects.open().filter(body | Q(side=Deadline.Side.PROVIDER))
    return _listed(rows.filter(due_on__lt=day, lead_on__lt=day, case__in=cases))


def _listed(rows: QuerySet) -> QuerySet:
    return rows.select_related("standard", "case").order_by("due_on", "pk")


def deadline_entries(rows, user) -> list[WaitingEntry]:
    """Return deadlines as lines that say in which case, what, and whose they are."""
    where = overview_of([row.case for row in rows], today(), names=names_known_to(user))
    return [
        WaitingEntry(
            title=" · ".join(filter(None, [row.case.number, where[row.case_id].client])),
            url=row.get_absolute_url(),
            note=f"{row.standard.label} · {row.get_side_display()}",
            due=row.due_on,
        )
        for row in rows
    ]
