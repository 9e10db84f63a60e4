"""How statements, reports and job runs are told in the trail."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import formats
from base.job_names import job_label, job_name
from base.legible import legible
from base.trail.entries import TrailEntry, add_kinds
from base.trail.names import Names
from base.trail.registry import Section, Told, closest, register, register_finder, register_sources
from base.trail.sources import Source, contains
from contracts.billing import Period
from contracts.models import Contract
from contracts.units import unit_label
from jobs.documents.formats import period as period_name
from jobs.models import Assessment, JobRun, Reply, Report, Statement, StatementEvent
from jobs.outcomes import outcome_for
from jobs.registry import jobs
from jobs.reports import KINDS

STATEMENTS, REPORTS = "jobs.view_statement", "jobs.view_report"
RUN, RUN_FAILED = "run", "run_failed"
MOST_LINES = 500
add_kinds(
    {
        **{f"statement_{kind}": label for kind, label in StatementEvent.Kind.choices},
        RUN: gettext_lazy("job done"),
        RUN_FAILED: gettext_lazy("job failed"),
    },
    {"statement_issued": "success", "statement_returned": "warning", RUN_FAILED: "danger"},
)


class StatementEventSource(Source):
    """Statements computed, checked, released, issued, returned."""

    key = "jobs.statementevent"
    thing = Statement._meta.label_lower
    label = Statement._meta.verbose_name
    kinds = frozenset(f"statement_{kind}" for kind in StatementEvent.Kind.values)

    def allowed(self, user):
        """Whoever may see statements."""
        return user.has_perm(STATEMENTS)

    def rows(self, wanted):
        """Events of visible statements."""
        rows = StatementEvent.objects.visible_to(wanted.user)
        if wanted.kinds:
            kinds = [kind.removeprefix("statement_") for kind in wanted.kinds]
            rows = rows.filter(kind__in=kinds)
        if wanted.about is not None:
            own = [each.pk for each in wanted.about if isinstance(each, Statement)]
            if not own:
                return None
            rows = rows.filter(statement__in=own)
        return rows

    def said(self, rows, wanted):
        """In a reason, or by being about a statement that the text names."""
        reasons = ~Q(reason="") & contains(["reason"], wanted.text)
        named = [each.pk for each in wanted.named if isinstance(each, Statement)]
        return [reasons, Q(statement__in=named)]

    def load(self, keys, names):
        """The events."""
        for row in StatementEvent.objects.filter(pk__in=keys):
            names.want_user(row.actor_number)
            names.want(Statement, row.statement_id)
            yield row.pk, row

    def entry(self, row, names):
        """Tell what happened to the statement."""
        return TrailEntry(
            at=row.at,
            source=self.key,
            pk=row.pk,
            kind=f"statement_{row.kind}",
            thing=self.label,
            title=names.name(Statement, row.statement_id),
            actor=names.user_name(row.actor_number),
            reason=row.reason,
            about=(self.thing, row.statement_id),
        )


class RunSource(Source):
    """Job runs that have ended."""

    key = thing = JobRun._meta.label_lower
    label = JobRun._meta.verbose_name
    kinds = frozenset({RUN, RUN_FAILED})
    at, by = "finished_at", "requested_by_id"

    def allowed(self, user):
        """Whoever may see runs."""
        return user.has_perm("jobs.view_jobrun")

    def rows(self, wanted):
        """Ended runs, of a contract where one is asked for."""
        rows = JobRun.objects.visible_to(wanted.user).filter(finished_at__isnull=False)
        if wanted.kinds:
            failed = JobRun.Status.FAILED
            states = [failed] * (RUN_FAILED in wanted.kinds)
            states += [JobRun.Status.DONE] * (RUN in wanted.kinds)
            rows = rows.filter(status__in=states)
        if wanted.about is not None:
            numbers = [each.number for each in wanted.about if isinstance(each, Contract)]
            if not numbers:
                return None
            rows = rows.filter(scope__in=numbers)
        return rows

    def said(self, rows, wanted):
        """By the name of the job, the period, or the contract that the text names."""
        text = wanted.text.casefold()
        named = [name for name in jobs() if text in f"{name} {job_label(name)}".casefold()]
        numbers = [each.number for each in wanted.named if isinstance(each, Contract)]
        return [Q(job__in=named), Q(period__iexact=wanted.text), Q(scope__in=numbers)]

    def load(self, keys, names):
        """The runs."""
        for row in JobRun.objects.filter(pk__in=keys).defer("error"):
            names.want_user(row.requested_by_id)
            yield row.pk, (row, outcome_for(row, names.user))

    def entry(self, row, names):
        """Tell what a run did, in figures: about the contracts of which the reader may know."""
        row, outcome = row
        counts = (
            (_("done"), len(outcome.get("statements", ())) + len(outcome.get("reports", ()))),
            (_("skipped"), len(outcome.get("skipped", ()))),
            (_("failed"), len(outcome.get("failed", ()))),
        )
        return TrailEntry(
            at=row.finished_at,
            source=self.key,
            pk=row.pk,
            kind=RUN_FAILED if row.status == JobRun.Status.FAILED else RUN,
            thing=self.label,
            title=" · ".join(filter(None, [job_label(row.job), _period(row.period), row.scope])),
            actor=names.user_name(row.requested_by_id) or job_name(row.job),
            url=row.get_absolute_url(),
            note=" · ".join(f"{label}: {count}" for label, count in counts if count),
        )


def _period(text: str) -> str:
    """Return a run's period by its name; what cannot be read as it is."""
    try:
        return period_name(Period.parse(text))
    except ValueError:
        return text


def _report(version, read) -> str:
    period = period_name(Period(version.period_first, version.period_last))
    return f"{_report_label(version.kind)} · {period} · {read('contract')}"


def _report_label(kind: str) -> str:
    return str(KINDS[kind].label) if kind in KINDS else kind


def _statement(version, read) -> str:
    """Return its number, or what it is about as long as it has none."""
    if version.number:
        return version.number
    period = period_name(Period(version.period_first, version.period_last))
    correction = _("correction %(number)d") % {"number": version.sequence}
    return " · ".join([read("contract"), period, *([correction] if version.sequence else [])])


def known_of_statement(version: Model, at: datetime, user) -> Iterable[Section]:
    """Return the lines of that time, and what had happened to the statement until then.

    Lines of drafts are not kept: each computation replaces them.
    """
    statement = Statement.objects.visible_to(user, STATEMENTS).filter(pk=version.id).first()
    if statement is None:
        return
    title = _("Lines")
    if statement.inputs_hash != version.inputs_hash:
        yield Section(
            title,
            note=_(
                "The draft was computed again since. Its lines at that time are not kept:"
                " only what was checked is."
            ),
        )
    else:
        lines = statement.lines.select_related("case").order_by("position")
        yield Section(
            title,
            (_("Line"), _("Case"), _("Quantity"), _("Unit"), _("Amount")),
            [
                (
                    line.label,
                    str(line.case or ""),
                    formats.number(line.quantity),
                    unit_label(line.unit),
                    formats.money(line.amount),
                )
                for line in lines[:MOST_LINES]
            ],
            note=_("Only the first %(count)d are shown.") % {"count": MOST_LINES}
            if lines.count() > MOST_LINES
            else "",
        )
    events = list(StatementEvent.objects.filter(statement=statement, at__lte=at).order_by("at"))
    names = Names(user)
    for event in events:
        names.want_user(event.actor_number)
    yield Section(
        _("What had happened"),
        (_("At"), _("Event"), _("By"), _("Reason")),
        [
            (
                legible(event.at),
                str(event.get_kind_display()),
                names.user_name(event.actor_number),
                event.reason,
            )
            for event in events
        ],
    )


register(
    Told(
        model=Statement,
        title=_statement,
        silent=frozenset({"computed_at"}),
        known=known_of_statement,
    ),
    Told(
        model=Report,
        title=_report,
        read={"kind": _report_label},
    ),
    Told(
        model=Assessment,
        permission=REPORTS,
        title="{report} · {number}",
        silent=frozenset({"figures"}),
    ),
    Told(
        model=Reply,
        permission=REPORTS,
        title=lambda version, _read: str(version.assessment),
        silent=frozenset({"assessment"}),
        joined=("assessment__report__contract",),
    ),
)
register_sources(lambda: [StatementEventSource(), RunSource()])


@register_finder
def statements_numbered(user, text: str):
    """Return the statements of that number, else those whose number contains the text."""
    if not user.has_perm(STATEMENTS):
        return ()
    return closest(Statement.objects.visible_to(user).exclude(number=""), "number", text)
