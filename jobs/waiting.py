"""What waits for a person in reports and jobs, and what falls due: for menu and home page."""

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from base import database_time
from base.workspace.registry import WaitingEntry, waiting
from contracts.calendar import Due, reminders
from contracts.models import Contract
from jobs.documents import formats
from jobs.health import Condition, scheduler_health, worker_health
from jobs.models import ComputedPeriod, JobRun, Report
from jobs.schedule import BERLIN, installed_at

MOST_LISTED = 8


def reports_waiting_for(user) -> QuerySet:
    """Return the reports that a provider's lead assesses, or a manager answers, next."""
    assessed = Report.objects.all().allowed(user, "jobs.assess_report")
    answered = Report.objects.all().allowed(user, "jobs.answer_report")
    today = timezone.localdate()
    rows = Report.objects.visible_to(user).with_state().filter(period_last__lt=today)
    return rows.filter(
        assessed & Q(state__in=[Report.State.OPEN, Report.State.CHANGED])
        | answered & Q(state=Report.State.SUBMITTED)
    )


def count_of_reports(user) -> int:
    """Return how many reports wait for a person."""
    return waiting(reports_waiting_for(user))


def report_entries(user) -> list[WaitingEntry]:
    """Return the reports that wait for a person, the oldest first.

    Without those that nobody has assessed yet: they are among what is due (`due_entries`).
    """
    rows = reports_waiting_for(user).exclude(state=Report.State.OPEN)
    rows = rows.joined("contract").order_by("due_on", "pk")
    return [
        WaitingEntry(
            title=f"{report.contract.number}, {formats.period(report.period)}",
            url=report.get_absolute_url(),
            note=Report.State(report.state).label,
            day=report.submitted_on,
        )
        for report in rows[:MOST_LISTED]
    ]


def due_entries(user) -> list[WaitingEntry]:
    """Return what is due next in the contracts a person sees, and is not done."""
    contracts = Contract.objects.visible_to(user).only("number", "title")
    today = timezone.localdate()
    since = installed_at().astimezone(BERLIN).date()
    return [_entry(due, today) for due in reminders(contracts, today, since=since)[:MOST_LISTED]]


def _entry(due: Due, today) -> WaitingEntry:
    year, month = due.day.year, due.day.month
    calendar = f"{reverse('contract-calendar')}?year={year}&month={month}#month-{month}"
    note = due.label or due.kind.label
    if due.period:
        note = f"{note} · {formats.period(due.period)}"
    tone = ""
    if due.day < today:
        tone = "danger"
    elif (due.day - today).days <= 7:
        tone = "warning"
    return WaitingEntry(
        title=f"{due.contract.number}: {due.kind.label}",
        url=(due.filed and due.filed.url) or calendar,
        note=note,
        day=due.day,
        tone=tone,
    )


def count_of_runs(user) -> int:
    """Return how many runs failed, and what the sample found, that wait for somebody to look."""
    if not user.has_perm("jobs.start_jobrun"):
        return 0
    failed = JobRun.objects.visible_to(user).filter(status=JobRun.Status.FAILED)
    return waiting(failed) + waiting(_forgotten(user))


def run_entries(user) -> list[WaitingEntry]:
    """Return what is wrong with the jobs: a silent process, failed runs."""
    now, found = database_time.now(), []
    if scheduler_health(now).condition is not Condition.WORKS:
        text = _("The scheduler is not running.")
        found.append(WaitingEntry(title=text, url=reverse("runs"), tone="danger"))
    if worker_health(now).condition is Condition.SILENT:
        text = _("No worker fetches the work that waits.")
        found.append(WaitingEntry(title=text, url=reverse("runs"), tone="danger"))
    failed = JobRun.objects.visible_to(user).filter(status=JobRun.Status.FAILED)
    for run in failed.defer("outcome", "error").order_by("-finished_at", "-pk")[:MOST_LISTED]:
        found.append(
            WaitingEntry(
                title=str(run),
                url=run.get_absolute_url(),
                note=_("failed"),
                day=run.finished_at and timezone.localdate(run.finished_at),
                tone="danger",
            )
        )
    return [*found, *forgotten_entries(user)]


def _forgotten(user) -> QuerySet:
    contracts = Contract.objects.visible_to(user, "jobs.view_jobrun", "jobs.start_jobrun")
    return ComputedPeriod.objects.filter(
        forgotten_on__isnull=False, contract__in=contracts.order_by().values("pk")
    )


def forgotten_entries(user) -> list[WaitingEntry]:
    """Return what the nightly sample found different, though no run was to look at it."""
    rows = _forgotten(user).select_related("contract").order_by("-forgotten_on", "pk")
    return [
        WaitingEntry(
            title=f"{row.contract.number}, {formats.period(row.period)}",
            url=reverse("contract", args=[row.contract_id]),
            note=_("came out differently in the nightly sample; the next run computes it again"),
            day=row.forgotten_on,
            tone="danger",
        )
        for row in rows[:MOST_LISTED]
    ]
