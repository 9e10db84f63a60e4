"""What cases and records add to everybody's home page, menu and search."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.formats import day as day_text
from base.workspace.registry import WaitingEntry, waiting
from contracts.in_force import ended_before
from forms.booking import described
from forms.models import Case, CasePlacement, CaseStatus, ServiceRecord
from forms.overview import idle, overview_of
from forms.templatetags.cases import minutes as clock
from forms.usage import approximate, usage_of
from forms.views.cases import handed_over
from forms.views.shared import minutes_worked, name_matches, names_known_to, own_member_keys, today

IDLE_DAYS = 14
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
    """Return the person's own cases for which nothing was done for two weeks."""
    since = today() - timedelta(days=IDLE_DAYS)
    return idle(own_cases(user).filter(assigned_on__lt=since), since)


def idle_count(user) -> int:
    """How many of the person's own cases wait for something to be done."""
    return waiting(own_idle(user))


def idle_entries(user) -> list[WaitingEntry]:
    """The person's own cases without a recent record, those longest without first."""
    cases = list(own_idle(user).order_by("assigned_on", "number")[:LOOKED_AT])
    return _with_last_record(cases, user)


def quiet_entries(user) -> list[WaitingEntry]:
    """Cases assigned lately for which nothing was done for two weeks."""
    since = today() - timedelta(days=IDLE_DAYS)
    window = (today() - timedelta(days=365), since)
    cases = Case.objects.visible_to(user).in_status(CaseStatus.Status.OPEN, today())
    rows = idle(cases.filter(assigned_on__range=window), since)
    return _with_last_record(list(rows.order_by("assigned_on", "number")[:MOST]), user)


def hand_over_entries(user) -> list[WaitingEntry]:
    """Running cases of ended contracts, those longest without one first."""
    rows = handed_over(user, today()).joined("contract")
    cases = list(rows.order_by("assigned_on", "number")[:MOST])
    ended = ended_before([case.contract for case in cases], today())
    return [
        WaitingEntry(
            title=case.number,
            url=case.get_absolute_url(),
            note=_("Contract %(number)s ended") % {"number": case.contract.number},
            day=ended[case.contract_id],
        )
        for case in cases
    ]


def _with_last_record(cases: list[Case], user) -> list[WaitingEntry]:
    where = overview_of(cases, today(), names=names_known_to(user))
    cases.sort(key=lambda case: where[case.pk].last_record or case.assigned_on)
    return [
        WaitingEntry(
            title=_title(case, where[case.pk].client),
            url=case.get_absolute_url(),
            note=_("Last record: %s") % day_text(last)
            if (last := where[case.pk].last_record)
            else _("No record yet"),
        )
        for case in cases[:MOST]
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
        rows.filter(counsellor__in=own_member_keys(user), day=today())
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


def _unplaced(user):
    """Return running cases assigned lately that are in no need group though they could be."""
    placed = CasePlacement.objects.filter(case=OuterRef("pk"))
    cases = Case.objects.visible_to(user).in_status(CaseStatus.Status.OPEN, today())
    lately = cases.filter(assigned_on__gte=today() - timedelta(days=NEW_DAYS))
    planned = Q(support_plans__isnull=False)
    return lately.filter(~Exists(placed)).exclude(planned)


def unplaced_count(user) -> int:
    """How many cases assigned lately wait for their placement."""
    return waiting(_unplaced(user))


def new_entries(user) -> list[WaitingEntry]:
    """Cases assigned in the last month, the newest first."""
    rows = Case.objects.visible_to(user)
    since = today() - timedelta(days=NEW_DAYS)
    cases = list(rows.filter(assigned_on__gte=since).order_by("-assigned_on", "number")[:MOST])
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


def case_count(user) -> int:
    """What waits in the list of cases: for counsellors quiet cases, for others unplaced ones."""
    if user.has_perm("forms.add_servicerecord"):
        return idle_count(user)
    return unplaced_count(user) if user.has_perm("forms.add_case") else 0


def find_cases(user, query: str, most: int) -> list[WaitingEntry]:
    """Search cases by number and, where the person may see it, by name."""
    wanted = Q(number__icontains=query) | name_matches(query, user)
    rows = Case.objects.visible_to(user).filter(wanted).order_by("number")
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
