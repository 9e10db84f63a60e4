"""What jobs adds to the workspace: menu entries, panels, sections of the home page, searches."""

from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from base.formats import money
from base.workspace.figures import Breakdown, Figure
from base.workspace.registry import (
    HomeSection,
    MenuItem,
    Panel,
    SearchSource,
    WaitingEntry,
    Work,
    register,
)
from contracts.models import Contract
from forms.models import Case
from jobs import (
    duties,  # noqa: F401  tells the contract calendar what is done
    effect_sources,  # noqa: F401  tells what a notice would change
    figures,
    handbook_places,  # noqa: F401  tells which chapter belongs to a screen
)
from jobs.documents import formats
from jobs.documents.statement import statement_title
from jobs.models import Statement, StatementLine
from jobs.views.reports import reports_of_contract
from jobs.views.statements import short_name, waiting_for
from jobs.waiting import (
    due_entries,
    due_soon,
    duties_of,
    failed_runs,
    forgotten,
    forgotten_entries,
    reference_of,
    report_entries,
    reports_waiting_for,
    run_entries,
    silent_entries,
)


def _statements(user):
    return (
        waiting_for(user)
        .joined("contract__provider")
        .order_by(F("due_on").asc(nulls_last=True), "contract__number", "pk")
    )


def _statement_entries(rows, user) -> list[WaitingEntry]:
    return [
        WaitingEntry(
            title=f"{statement.contract.number}, {formats.period(statement.period)}",
            url=statement.get_absolute_url(),
            note=f"{statement.get_status_display()} · {money(statement.total)}",
            due=statement.due_on,
        )
        for statement in rows
    ]


def _found_statements(user, query: str, most: int) -> list[WaitingEntry]:
    rows = Statement.objects.visible_to(user).standing().joined("contract")
    words = (
        Q(number__icontains=word)
        | Q(contract__number__icontains=word)
        | Q(contract__title__icontains=word)
        for word in query.split()
    )
    for each in words:
        rows = rows.filter(each)
    return [
        WaitingEntry(
            title=statement_title(statement),
            url=statement.get_absolute_url(),
            note=f"{statement.contract} · {formats.period(statement.period)}",
        )
        for statement in rows.order_by("-period_last", "number", "pk")[:most]
    ]


def _statements_of_contract(request, contract) -> dict:
    rows = Statement.objects.visible_to(request.user).standing().filter(contract=contract)
    return {"statements": _named(rows.order_by("-period_last", "-sequence")[:100])}


def _lines_of_case(request, case) -> dict:
    rows = StatementLine.objects.visible_to(request.user).filter(case=case)
    rows = rows.joined("statement__contract", "statement__corrects")
    return {"lines": rows.order_by("-statement__period_last", "-statement__sequence", "position")}


def _named(rows) -> list[Statement]:
    found = list(rows.joined("contract"))
    for statement in found:
        statement.short_name = short_name(statement)
        statement.period_name = formats.period(statement.period)
    return found


register(
    MenuItem(
        key="statements",
        label=gettext_lazy("Billing statements"),
        permission="jobs.view_statement",
        section="money",
        url_name="statements",
        icon="euro",
        order=10,
    ),
    MenuItem(
        key="closed-years",
        label=gettext_lazy("Closed years"),
        permission="contracts.view_closedyear",
        section="money",
        url_name="closed-years",
        icon="lock",
        order=28,
    ),
    Work(
        key="statements",
        label=gettext_lazy("Statements that wait for you"),
        permission="jobs.handle_statement",
        order=20,
        rows=_statements,
        entries=_statement_entries,
        menu="statements",
        empty=gettext_lazy("No statement waits for you."),
        more="statements",
    ),
    SearchSource(
        key="statements",
        label=gettext_lazy("Billing statements"),
        permission="jobs.view_statement",
        order=30,
        find=_found_statements,
    ),
    Panel(
        key="statements",
        label=gettext_lazy("Billing statements"),
        permission="jobs.view_statement",
        order=50,
        model=Contract,
        template="jobs/statements_of_contract.html",
        context=_statements_of_contract,
    ),
    Panel(
        key="statements",
        label=gettext_lazy("Billing"),
        permission="jobs.view_statement",
        order=50,
        model=Case,
        template="jobs/lines_of_case.html",
        context=_lines_of_case,
    ),
)
register(
    MenuItem(
        key="reports",
        label=gettext_lazy("Reports"),
        permission="jobs.view_report",
        section="money",
        url_name="reports",
        icon="chart",
        order=30,
    ),
    MenuItem(
        key="runs",
        label=gettext_lazy("Jobs"),
        permission="jobs.view_jobrun",
        section="oversight",
        url_name="runs",
        icon="autorenew",
        order=20,
    ),
    Work(
        key="due",
        label=gettext_lazy("What is due"),
        permission="jobs.meet_duty",
        order=10,
        rows=duties_of,
        entries=due_entries,
        reference=reference_of,
        empty=gettext_lazy("Nothing else falls due in the next weeks."),
        menu="calendar",
        more="contract-calendar",
    ),
    HomeSection(
        key="due-soon",
        label=gettext_lazy("What is due"),
        permission="jobs.watch_duty",
        order=10,
        entries=due_soon,
        empty=gettext_lazy("Nothing falls due in the next weeks."),
        more="contract-calendar",
    ),
    Work(
        key="reports",
        label=gettext_lazy("Reports that wait for you"),
        permission="jobs.handle_report",
        order=30,
        rows=reports_waiting_for,
        entries=report_entries,
        empty=gettext_lazy("No report waits for you."),
        menu="reports",
        more="reports",
    ),
    Work(
        key="runs",
        label=gettext_lazy("Failed jobs"),
        permission="jobs.start_jobrun",
        order=60,
        rows=failed_runs,
        entries=run_entries,
        empty=gettext_lazy("No job has failed."),
        menu="runs",
        more="runs",
    ),
    Work(
        key="spot-checks",
        label=gettext_lazy("Findings of the nightly spot check"),
        permission="jobs.start_jobrun",
        order=61,
        rows=forgotten,
        entries=forgotten_entries,
        empty=gettext_lazy("The nightly spot check has found nothing."),
        menu="runs",
        more="runs",
    ),
    HomeSection(
        key="processes",
        label=gettext_lazy("Scheduler and workers"),
        permission="jobs.start_jobrun",
        order=62,
        entries=silent_entries,
        empty=gettext_lazy("They do their work."),
        more="runs",
    ),
    Panel(
        key="reports",
        label=gettext_lazy("Reports"),
        permission="jobs.view_report",
        order=60,
        model=Contract,
        template="jobs/report_panel.html",
        context=reports_of_contract,
    ),
)

MONEY = gettext_lazy("Money")

register(
    Figure(
        key="billed",
        label=gettext_lazy("Billed"),
        room=MONEY,
        order=210,
        permission="jobs.view_statement",
        narrowed_by=figures.NARROWED_BY,
        definition=gettext_lazy(
            "Sum of the issued statements whose period lies in the one chosen; corrections count "
            "with their difference."
        ),
        measure=figures.billed,
        at_home=True,
    ),
    Figure(
        key="not-issued",
        label=gettext_lazy("Not issued yet"),
        room=MONEY,
        order=220,
        permission="jobs.view_statement",
        narrowed_by=figures.NARROWED_BY,
        definition=gettext_lazy(
            "Statements whose period lies in the one chosen, from draft to released."
        ),
        measure=figures.not_issued,
        at_home=True,
    ),
    Figure(
        key="overdue",
        label=gettext_lazy("Overdue statements"),
        room=MONEY,
        order=230,
        permission="jobs.view_statement",
        narrowed_by=figures.NARROWED_BY,
        definition=gettext_lazy("Due before today and not issued, whatever their period."),
        measure=figures.overdue,
        at_home=True,
    ),
    Breakdown(
        key="statements-by-state",
        label=gettext_lazy("Statements by state"),
        room=MONEY,
        order=240,
        permission="jobs.view_statement",
        narrowed_by=figures.NARROWED_BY,
        definition=gettext_lazy(
            "Statements whose period lies in the one chosen; corrections count with their "
            "difference, what came to nothing does not count."
        ),
        head=gettext_lazy("State"),
        columns=[gettext_lazy("how many"), gettext_lazy("sum")],
        find=figures.by_state,
        empty=gettext_lazy("No statement has a period in the one chosen."),
    ),
    Breakdown(
        key="money-by-contract",
        label=gettext_lazy("Budget by contract"),
        room=MONEY,
        order=250,
        permission="jobs.view_statement",
        narrowed_by=figures.NARROWED_BY,
        definition=gettext_lazy(
            "For the calendar year in which the period ends; the 25 contracts with the largest "
            "sums. Committed is what has been computed for periods of the year, drafts included; "
            "billed is what of it is issued; paid in advance are the instalments that these "
            "statements settle. The forecast takes what the periods that are over come to, "
            "divides it by the days from the beginning of the year, or of the contract, to their "
            "end, and multiplies by the days on which the contract is in force in the year."
        ),
        head=gettext_lazy("Contract"),
        columns=[
            gettext_lazy("committed"),
            gettext_lazy("billed"),
            gettext_lazy("paid in advance"),
            gettext_lazy("forecast to the end of the year"),
        ],
        find=figures.by_contract,
        drawn=(1, 3),
        empty=gettext_lazy("Nothing has been computed for this year yet."),
    ),
)
