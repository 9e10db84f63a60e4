"""Jobs on screen: whether the processes live, what runs when, every run with its failures."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from base import database_time
from base.formats import clock
from base.job_names import job_label
from base.workspace.tables import FigureColumn, MomentColumn, StateColumn, Table
from base.workspace.views import Crumb, DetailPage, ListPage, Page, ScopedMixin
from contracts.billing import Period
from contracts.dates.duties import Cycle
from contracts.models import Contract
from contracts.reach import reach_of
from jobs import schedule
from jobs.documents import formats
from jobs.health import scheduler_health, worker_health
from jobs.models import JobRun
from jobs.outcomes import outcome_for, progress_for, share_done
from jobs.registry import job_named, jobs
from jobs.tasks import request as request_run
from jobs.waiting import forgotten, forgotten_entries

VIEW, START, TRACES = "jobs.view_jobrun", "jobs.start_jobrun", "base.view_trail"

TONES = {
    JobRun.Status.WAITING: "info",
    JobRun.Status.RUNNING: "info",
    JobRun.Status.DONE: "success",
    JobRun.Status.FAILED: "danger",
}

CYCLES: dict[Cycle, str] = {
    "month": gettext_lazy("monthly"),
    "quarter": gettext_lazy("quarterly"),
    "half": gettext_lazy("half-yearly"),
    "year": gettext_lazy("yearly"),
}

MOST_ROWS = 200


def period_label(text: str) -> str:
    """Return a stored period by name."""
    return formats.period(Period.parse(text))


class RunFilter(django_filters.FilterSet):
    """Which job, and how it ended."""

    job = django_filters.ChoiceFilter(
        label=gettext_lazy("Job"), choices=lambda: [(j.name, j.label) for j in jobs().values()]
    )
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"), choices=JobRun.Status.choices
    )

    class Meta:
        model = JobRun
        fields = ()


class RunTable(Table):
    """Runs, newest first."""

    job = tables.Column(gettext_lazy("Job"), linkify=True)
    period = tables.Column(gettext_lazy("Period"))
    scope = tables.Column(gettext_lazy("Contract"), empty_values=())
    status = StateColumn(tones=TONES)
    done = FigureColumn(gettext_lazy("Contracts"), orderable=False)
    started_at = MomentColumn(gettext_lazy("Started at"))
    finished_at = MomentColumn(gettext_lazy("Finished at"))
    requested_by = tables.Column(gettext_lazy("Started by"), default="", empty_values=())

    class Meta(Table.Meta):
        model = JobRun
        fields = (
            "job", "period", "scope", "status", "done", "started_at", "finished_at",
            "requested_by",
        )  # fmt: skip

    def render_job(self, value):
        """Return the job by its name for people."""
        return job_label(value)

    value_job = render_job

    def render_period(self, value):
        """Return the period by name."""
        return period_label(value)

    def render_scope(self, value):
        """Return the only contract it was for."""
        return value or _("all")

    def render_done(self, record):
        """Return how far it came; nothing where contracts of others would be counted."""
        found = progress_for(record, self.request.user)
        return "{} / {}".format(*found) if found else "–"

    def value_done(self, record):
        """Return how many contracts are done."""
        found = progress_for(record, self.request.user)
        return found[0] if found else ""

    def render_requested_by(self, record):
        """Return who started it by hand."""
        return record.requested_by.display_name if record.requested_by else _("schedule")

    value_requested_by = render_requested_by


@dataclass(frozen=True)
class Planned:
    """A line of the schedule: when it runs, when next and for what, what became of the last."""

    entry: schedule.Scheduled
    label: str
    rhythm: str
    next_at: datetime
    next_period: str
    last_period: str
    last_run: JobRun | None


def planned(runs, now: datetime) -> list[Planned]:
    """Return the schedule with the visible run for the newest period of each entry."""
    wanted = {entry: entry.last_due(now) for entry in schedule.SCHEDULE}
    names = {str(period) for period in wanted.values()}
    found = {
        (run.job, run.period): run
        for run in runs.filter(period__in=names, scope="").defer("outcome", "error").order_by("pk")
    }
    lines = []
    for entry, ended in wanted.items():
        next_at, period = entry.next_due(now)
        lines.append(
            Planned(
                entry=entry,
                label=job_label(entry.job),
                rhythm=_("%(cycle)s, on day %(day)d of the following month, %(time)s")
                % {"cycle": CYCLES[entry.cycle], "day": entry.day, "time": clock(entry.at)},
                next_at=next_at,
                next_period=formats.period(period),
                last_period=formats.period(ended),
                last_run=found.get((entry.job, str(ended))),
            )
        )
    return sorted(lines, key=lambda line: line.next_at)


def with_progress(run: JobRun, user) -> JobRun:
    """Note on a run what its progress bar shows to a person."""
    run.progress, run.share = progress_for(run, user), share_done(run)
    return run


def active_runs(runs, user) -> list[JobRun]:
    """Return the runs that wait or are being carried out, with what a progress bar needs."""
    states = [JobRun.Status.WAITING, JobRun.Status.RUNNING]
    rows = runs.filter(status__in=states).defer("outcome", "error").order_by("pk")
    found = list(rows)
    for run in found:
        run.label, run.period_name = job_label(run.job), period_label(run.period)
        with_progress(run, user)
    return found


class RunList(ListPage):
    """Health, what runs now, what the spot check found, the schedule, all runs."""

    model = JobRun
    table_class = RunTable
    filterset_class = RunFilter
    permission_required = VIEW
    template_name = "jobs/runs.html"
    title = gettext_lazy("Jobs")
    menu = "runs"
    empty_text = gettext_lazy("No job has run yet.")

    def get_queryset(self):
        """Return runs without what only their own pages show."""
        # The sample marks its import with a run of no job.
        rows = super().get_queryset().filter(job__in=jobs()).select_related("requested_by")
        return rows.defer("outcome", "error").order_by("-started_at", "-pk")

    def actions(self):
        """Offer to start one."""
        if not self.request.user.has_perm(START):
            return ()
        return [(_("Start a run"), reverse("run-start"))]

    def get_context_data(self, **kwargs):
        now = database_time.now()
        runs = JobRun.objects.visible_to(self.request.user)
        return super().get_context_data(
            scheduler=scheduler_health(now),
            workers=worker_health(now),
            planned=planned(runs, now),
            active=active_runs(runs, self.request.user),
            forgotten=forgotten_entries(forgotten(self.request.user), self.request.user),
            **kwargs,
        )


class LivePart(Page, TemplateView):
    """What runs now, fetched again and again; asks for the whole page once nothing does."""

    permission_required = VIEW
    template_name = "jobs/runs_live.html"

    def get(self, request, *args, **kwargs):
        active = active_runs(JobRun.objects.visible_to(request.user), request.user)
        response = self.render_to_response({"active": active})
        # Also when one of several has ended: the list below is to show it.
        before = request.GET.get("before", "")
        if not active or (before.isdigit() and len(active) < int(before)):
            response["HX-Refresh"] = "true"
        return response


class OfRun(ScopedMixin):
    """A page about one visible run."""

    model = JobRun
    menu = "runs"
    permission_required = VIEW

    def get_queryset(self):
        """Return visible runs with who started them."""
        return super().get_queryset().select_related("requested_by")


class RunPage(OfRun, DetailPage):
    """One run: how far it is, what came of it, what failed and why."""

    template_name = "jobs/run.html"

    def crumbs(self):
        return [Crumb(_("Jobs"), reverse("runs"))]

    def get_title(self):
        return " · ".join(
            filter(
                None,
                [job_label(self.object.job), period_label(self.object.period), self.object.scope],
            )
        )

    def get_context_data(self, **kwargs):
        user = self.request.user
        run = with_progress(self.object, user)
        outcome = outcome_for(run, user)
        return super().get_context_data(
            **kwargs,
            run=run,
            counted=run.progress or own_progress(outcome),
            state_tone=TONES[JobRun.Status(run.status)],
            made=list(islice(made_rows(run, outcome), MOST_ROWS)),
            made_count=sum(len(outcome.get(kind, ())) for kind in ("statements", "reports")),
            skipped=outcome.get("skipped", ()),
            failed=outcome.get("failed", ()),
            of_contracts=run.job in jobs(),
            may_start=may_start(user, run.scope) and run.job in jobs(),
            # What it says may name any contract of the run.
            trace=run.error if user.has_perm(TRACES) and outcome == run.outcome else "",
            killed=run.status == JobRun.Status.FAILED and not run.outcome.get("failed"),
        )


def own_progress(outcome: dict) -> tuple[int, int]:
    """Return how many of one's own contracts a run is through with, of those it has named."""
    kinds = ("statements", "reports", "skipped", "failed")
    named = {row["contract"] for kind in kinds for row in outcome.get(kind, ())}
    return len(named), len(named)


def may_start(user, scope: str) -> bool:
    """Whether the person may start a run of this scope; for all contracts, who acts for all."""
    if scope:
        return startable(user).filter(number=scope).exists()
    return reach_of(user, VIEW, START).everything


def startable(user):
    """Return the contracts for which the person may start runs."""
    return Contract.objects.visible_to(user, VIEW, START)


def made_rows(run: JobRun, outcome: dict):
    """Yield what a run made: text, address, whether it is new."""
    try:
        job = job_named(run.job)
    except LookupError:
        return
    address = {"statements": "statement", "reports": "report"}[job.kind]
    for row in outcome.get(job.kind, ()):
        yield {
            "text": job.describe(row),
            "url": reverse(address, args=[row["id"]]),
            "changed": row.get("changed"),
        }


class RunLivePart(OfRun, Page, TemplateView):
    """How far a run is, fetched again and again; asks for the whole page once it has ended."""

    template_name = "jobs/run_live.html"

    def get(self, request, *args, **kwargs):
        run = with_progress(self.target, request.user)
        response = self.render_to_response({"run": run})
        if not self.target.is_active:
            response["HX-Refresh"] = "true"
        return response


class RunRepeat(OfRun, Page, View):
    """Do a run again, as a whole or for one of its contracts. What is done stays as it is."""

    permission_required = (VIEW, START)

    def post(self, request, pk):
        """Queue it; the scope is a contract named in the form, or that of the run."""
        run = self.target
        if run.job not in jobs():
            raise Http404
        scope = request.POST.get("contract", "") or run.scope
        if not may_start(request.user, scope):
            raise Http404
        period = Period.parse(run.period)
        return start(request, run.job, period, scope)


def start(request, job: str, period: Period, scope: str) -> HttpResponseRedirect:
    """Queue a run for a person, say so, and go to its page."""
    if request_run(job, period, scope, again=True, by=request.user):
        messages.success(request, _("The run is queued. A worker will carry it out."))
    else:
        messages.info(request, _("This run waits or is being carried out already."))
    run = JobRun.objects.get(job=job, period=str(period), scope=scope)
    return HttpResponseRedirect(run.get_absolute_url())
