"""What cases and records add to everybody's home page, menu and search."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base import formats
from base.formats import day as day_text
from base.workspace.registry import WaitingEntry
from contracts.dates.in_force import ended_before
from contracts.reach import memberships_of
from forms.booking import described
from forms.calendar_grid import moment_of
from forms.caseload import silent
from forms.models import (
    Appointment,
    AppointmentMember,
    Case,
    CaseOwner,
    CasePlacement,
    CaseStatus,
    ServiceRecord,
)
from forms.overview import overview_of
from forms.templatetags.cases import minutes as clock
from forms.usage import approximate, usage_of
from forms.views.calendar import heading_of
from forms.views.cases import handed_over
from forms.views.open_appointments import open_appointments
from forms.views.shared import (
    matches,
    minutes_worked,
    names_known_to,
    other_cases_of_teams,
    own_member_keys,
    today,
)

NEW_DAYS = 30
MOST = 8
LOOKED_AT = 200
"""Of a person's own cases, how many are asked for what is used up."""


def own_cases(user):
    """Return the running cases the person looks after."""
    day = today()
    cases = Case.objects.visible_to(user).in_status(CaseStatus.Status.OPEN, day)
    return cases.looked_after_by(own_member_keys(user), day)


def own_idle(user):
    """Return the person's own cases for which nothing was done for two weeks, the oldest first."""
    return silent(own_cases(user), today()).order_by("assigned_on", "number")


def appointments_today(user) -> list[WaitingEntry]:
    """The person's appointments of today, the first one first."""
    day = today()
    rows = Appointment.objects.visible_to(user).standing()
    rows = rows.between(moment_of(day), moment_of(day + timedelta(days=1)))
    rows = rows.filter(_takes_part(user)).order_by("begins", "pk")
    return appointment_entries(rows.select_related("case")[:MOST], user)


def unrecorded(user):
    """Return the person's appointments that are over and not recorded, the oldest first."""
    return open_appointments(user).order_by("begins", "pk").select_related("case")


def _takes_part(user) -> Exists:
    own = own_member_keys(user)
    rows = AppointmentMember.objects.filter(appointment=OuterRef("pk"), member__in=own)
    return Exists(rows)


def appointment_entries(rows, user) -> list[WaitingEntry]:
    """Return appointments as lines of a list."""
    return [
        WaitingEntry(
            title=f"{formats.clock(timezone.localtime(row.begins).time())} {heading_of(row)}",
            url=row.get_absolute_url(),
            note=row.where,
            day=row.day,
        )
        for row in rows
    ]


def team_idle(user):
    """Return silent cases of others in the teams that the person leads, the oldest first."""
    return silent(other_cases_of_teams(user), today()).order_by("assigned_on", "number")


def unowned(user):
    """Return running cases that no caseworker is responsible for, the oldest first."""
    rows = Case.objects.visible_to(user, "forms.view_case", "forms.add_case").running_on(today())
    return rows.looked_after_by_nobody(CaseOwner, today()).order_by("assigned_on", "number")


def idle_entries(rows, user) -> list[WaitingEntry]:
    """Return cases as lines that say when something was recorded last."""
    where = overview_of(rows, today(), names=names_known_to(user))
    return [
        WaitingEntry(
            title=_title(case, where[case.pk].client),
            url=case.get_absolute_url(),
            note=_("Last record: %s") % day_text(last)
            if (last := where[case.pk].last_record)
            else _("No record yet"),
        )
        for case in rows
    ]


def of_ended_contracts(user):
    """Return the running cases of ended contracts that a person can move or close."""
    rows = handed_over(user, today(), "forms.view_case", "forms.change_case")
    return rows.joined("contract").order_by("assigned_on", "number")


def hand_over_entries(rows, user) -> list[WaitingEntry]:
    """Return cases of ended contracts as lines of a list."""
    ended = ended_before([case.contract for case in rows], today())
    return [
        WaitingEntry(
            title=case.number,
            url=case.get_absolute_url(),
            note=_("Contract %(number)s ended") % {"number": case.contract.number},
            day=ended[case.contract_id],
        )
        for case in rows
    ]


def _title(case: Case, client: str) -> str:
    return f"{case.number} · {client}" if client else case.number


def spent_entries(user) -> list[WaitingEntry]:
    """Modules of the person's own cases that have reached their guide value."""
    cases = list(own_cases(user).order_by("-assigned_on", "number")[:LOOKED_AT])
    used = usage_of([case.pk for case in cases], today())
    found = []
    for case in cases:
        for module in used[case.pk].warnings:
            amount = max(module.amounts, key=lambda each: each.percent or 0)
            quantities = {
                "used": approximate(amount.used),
                "guide": approximate(amount.guide),
                "unit": amount.unit.short,
            }
            found.append(
                WaitingEntry(
                    title=f"{case.number} · {module.code} {module.title}",
                    url=case.get_absolute_url(),
                    note=_("%(used)s of %(guide)s %(unit)s used") % quantities,
                )
            )
    return found[:MOST]


def day_entries(user) -> list[WaitingEntry]:
    """What the person recorded today."""
    rows = ServiceRecord.objects.visible_to(user).counting()
    records = list(
        rows.filter(counsellor__in=[each.member for each in memberships_of(user)], day=today())
        .select_related("case")
        .order_by("-pk")
    )
    if not records:
        return []
    count = len(records)
    whole = WaitingEntry(
        title=ngettext("%(count)s record, %(time)s", "%(count)s records, %(time)s", count)
        % {"count": count, "time": clock(minutes_worked(records))},
        url=reverse("record-day"),
    )
    return [whole] + [
        WaitingEntry(
            title=record.case.number,
            url=record.get_absolute_url(),
            note=f"{record.kind_label} · {clock(record.minutes)}",
        )
        for record in described(records[: MOST - 1])
    ]


def unplaced(user):
    """Return the person's own cases of late that are in no need group though they could be."""
    placed = CasePlacement.objects.filter(case=OuterRef("pk"))
    lately = own_cases(user).filter(assigned_on__gte=today() - timedelta(days=NEW_DAYS))
    rows = lately.filter(~Exists(placed)).exclude(support_plans__isnull=False)
    return rows.order_by("assigned_on", "number")


def new_entries(user) -> list[WaitingEntry]:
    """Cases assigned in the last month, the newest first."""
    rows = Case.objects.visible_to(user)
    since = today() - timedelta(days=NEW_DAYS)
    rows = rows.filter(assigned_on__gte=since).order_by("-assigned_on", "number")
    return case_entries(list(rows[:MOST]), user)


def case_entries(cases, user) -> list[WaitingEntry]:
    """Return cases as lines that say who does the work, and since when."""
    where = overview_of(cases, today(), names=names_known_to(user))
    return [
        WaitingEntry(
            title=_title(case, where[case.pk].client),
            url=case.get_absolute_url(),
            note=where[case.pk].provider,
            day=case.assigned_on,
        )
        for case in cases
    ]


def find_cases(user, query: str, most: int) -> list[WaitingEntry]:
    """Search cases by number and, where the person may see them, the client's name and numbers."""
    rows = Case.objects.visible_to(user).filter(matches(query, user)).order_by("number")
    cases = list(rows[:most])
    where = overview_of(cases, today(), names=names_known_to(user))
    return [
        WaitingEntry(
            title=_title(case, where[case.pk].client),
            url=case.get_absolute_url(),
            note=f"{where[case.pk].provider} · {where[case.pk].status_label}",
        )
        for case in cases
    ]
