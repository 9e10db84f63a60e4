"""What jobs adds to the workspace: menu entries, panels, sections of the home page, searches."""

from django.db.models import Q
from django.utils.translation import gettext_lazy

from base.formats import money
from base.workspace.registry import (
    HomeSection,
    MenuItem,
    Panel,
    SearchSource,
    WaitingEntry,
    register,
    waiting,
)
from contracts.models import Contract
from forms.models import Case
from jobs import (
    duties,  # noqa: F401  tells the contract calendar what is done
    effects,  # noqa: F401  tells what a notice would change
)
from jobs.documents import formats
from jobs.documents.statement import statement_title
from jobs.models import Statement, StatementLine
from jobs.views.reports import reports_of_contract
from jobs.views.statements import short_name, waiting_for
from jobs.waiting import (
    count_of_reports,
    count_of_runs,
    due_entries,
    report_entries,
    run_entries,
)

MOST_LISTED = 8


def _statements_waiting(user) -> int:
    return waiting(waiting_for(user))


def _waiting_entries(user) -> list[WaitingEntry]:
    rows = waiting_for(user).joined("contract__provider")
    return [
        WaitingEntry(
            title=f"{statement.contract.number}, {formats.period(statement.period)}",
            url=statement.get_absolute_url(),
            note=f"{statement.get_status_display()} · {money(statement.total)}",
            day=statement.due_on,
        )
        for statement in rows.order_by("due_on", "contract__number", "pk")[:MOST_LISTED]
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
        icon="checklist",
        count=_statements_waiting,
        order=10,
    ),
    MenuItem(
        key="closed-years",
        label=gettext_lazy("Closed years"),
        permission="contracts.view_closedyear",
        section="money",
        url_name="closed-years",
        icon="calendar-today",
        order=28,
    ),
    HomeSection(
        key="statements",
        label=gettext_lazy("Statements that wait for you"),
        permission="jobs.view_statement",
        order=20,
        entries=_waiting_entries,
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
        icon="draft",
        count=count_of_reports,
        order=30,
    ),
    MenuItem(
        key="runs",
        label=gettext_lazy("Jobs"),
        permission="jobs.view_jobrun",
        section="oversight",
        url_name="runs",
        icon="autorenew",
        count=count_of_runs,
        order=20,
    ),
    HomeSection(
        key="due",
        label=gettext_lazy("What is due"),
        permission="jobs.view_statement",
        order=10,
        entries=due_entries,
        empty=gettext_lazy("Nothing falls due in the next weeks."),
        more="contract-calendar",
    ),
    HomeSection(
        key="reports-to-confirm",
        label=gettext_lazy("Reports with changed figures"),
        permission="jobs.assess_report",
        order=30,
        entries=report_entries,
        empty=gettext_lazy("No figures have changed since your assessments."),
        more="reports",
    ),
    HomeSection(
        key="reports-to-answer",
        label=gettext_lazy("Reports to answer"),
        permission="jobs.answer_report",
        order=30,
        entries=report_entries,
        empty=gettext_lazy("No report waits for your reply."),
        more="reports",
    ),
    HomeSection(
        key="runs",
        label=gettext_lazy("Jobs that need attention"),
        permission="jobs.start_jobrun",
        order=60,
        entries=run_entries,
        empty=gettext_lazy("All jobs have done their work."),
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
