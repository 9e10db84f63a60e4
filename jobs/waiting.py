"""What waits for a person in reports and jobs, and what falls due: for menu and home page."""

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from base import database_time
from base.models import FollowUp
from base.workspace.registry import WaitingEntry
from contracts.dates.calendar import Due, reminders
from contracts.models import Contract
from jobs.documents import formats
from jobs.health import Condition, scheduler_health, worker_health
from jobs.models import ComputedPeriod, JobRun, Report
from jobs.schedule import BERLIN, installed_at
from jobs.views.statements import waiting_for

MOST_LISTED = 8
REFERENCE_LENGTH = FollowUp._meta.get_field("reference").max_length


def reports_waiting_for(user) -> QuerySet:
    """Return the reports that a provider's lead assesses, or a manager answers, next."""
    assessed = Report.objects.all().allowed(user, "jobs.assess_report")
    answered = Report.objects.all().allowed(user, "jobs.answer_report")
    today = timezone.localdate()
    rows = Report.objects.visible_to(user).with_state().filter(period_last__lt=today)
    rows = rows.joined("contract").order_by(F("due_on").asc(nulls_last=True), "pk")
    return rows.filter(
        assessed & Q(state__in=[Report.State.OPEN, Report.State.CHANGED])
        | answered & Q(state=Report.State.SUBMITTED)
    )


def report_entries(rows, user) -> list[WaitingEntry]:
    """Return reports as lines of a list."""
    return [
        WaitingEntry(
            title=f"{report.contract.number}, {formats.period(report.period)}",
            url=report.get_absolute_url(),
            note=Report.State(report.state).label,
            due=report.due_on,
        )
        for report in rows
    ]


def duties_of(user) -> list[Due]:
    """Return what is due in the contracts in which a person meets duties, and is not done.

    Without statements and reports that wait for this very person: those stand for themselves.
    """
    own = {
        *_addresses(waiting_for(user), "statement"),
        *_addresses(reports_waiting_for(user), "report"),
    }
    found = _due(user, "jobs.meet_duty")
    return [due for due in found if due.filed is None or due.filed.url not in own]


def due_soon(user) -> list[WaitingEntry]:
    """Return what is due next in the contracts a person oversees."""
    return due_entries(_due(user, "jobs.watch_duty")[:MOST_LISTED], user)


def _due(user, permission: str) -> list[Due]:
    contracts = Contract.objects.visible_to(user, "contracts.view_contract", permission)
    since = installed_at().astimezone(BERLIN).date()
    return reminders(contracts.only("number", "title"), timezone.localdate(), since=since)


def _addresses(rows: QuerySet, page: str) -> Iterator[str]:
    for pk in rows.order_by().values_list("pk", flat=True):
        yield reverse(page, args=[pk])


def reference_of(due: Due) -> str:
    """Return what tells something due from all else that is.

    Two periods of one duty may be due on the same day, where that is a fixed one.
    """
    return f"{due.contract.pk} {due.kind} {due.day} {due.period} {due.label}"[:REFERENCE_LENGTH]


def due_entries(rows, user) -> list[WaitingEntry]:
    """Return what is due as lines of a list."""
    return [_entry(due) for due in rows]


def _entry(due: Due) -> WaitingEntry:
    year, month = due.day.year, due.day.month
    calendar = f"{reverse('contract-calendar')}?year={year}&month={month}#month-{month}"
    note = due.label or due.kind.label
    if due.period:
        note = f"{note} · {formats.period(due.period)}"
    return WaitingEntry(
        title=f"{due.contract.number}: {due.kind.label}",
        url=(due.filed and due.filed.url) or calendar,
        note=note,
        due=due.day,
    )


def silent_entries(user) -> list[WaitingEntry]:
    """Return which process of those that do the jobs gives no sign of life."""
    now, found = database_time.now(), []
    if scheduler_health(now).condition is not Condition.WORKS:
        text = _("The scheduler is not running.")
        found.append(WaitingEntry(title=text, url=reverse("runs"), tone="danger"))
    if worker_health(now).condition is Condition.SILENT:
        text = _("No worker fetches the work that waits.")
        found.append(WaitingEntry(title=text, url=reverse("runs"), tone="danger"))
    return found


def failed_runs(user) -> QuerySet:
    """Return the failed runs that a person can start again, the newest first."""
    rows = JobRun.objects.visible_to(user, "jobs.view_jobrun", "jobs.start_jobrun")
    rows = rows.filter(status=JobRun.Status.FAILED).defer("outcome", "error")
    return rows.order_by("-finished_at", "-pk")


def run_entries(rows, user) -> list[WaitingEntry]:
    """Return failed runs as lines of a list."""
    return [
        WaitingEntry(
            title=str(run),
            url=run.get_absolute_url(),
            note=_("failed"),
            day=run.finished_at and timezone.localdate(run.finished_at),
            tone="danger",
        )
        for run in rows
    ]


def forgotten(user) -> QuerySet:
    """Return what the nightly spot check found different, though no run was to look at it."""
    contracts = Contract.objects.visible_to(user, "jobs.view_jobrun", "jobs.start_jobrun")
    rows = ComputedPeriod.objects.filter(
        forgotten_on__isnull=False, contract__in=contracts.order_by().values("pk")
    )
    return rows.select_related("contract").order_by("-forgotten_on", "pk")


def forgotten_entries(rows, user) -> list[WaitingEntry]:
    """Return findings of the spot check as lines of a list."""
    return [
        WaitingEntry(
            title=f"{row.contract.number}, {formats.period(row.period)}",
            url=reverse("contract", args=[row.contract_id]),
            note=_(
                "came out differently in the nightly spot check; the next run computes it again"
            ),
            day=row.forgotten_on,
            tone="danger",
        )
        for row in rows
    ]
