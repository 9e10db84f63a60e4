"""The four figures: what the product does, and the bare work it is measured against."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

from django.db import connection
from django.db.models import Max
from docxtpl import DocxTemplate
from jinja2.sandbox import SandboxedEnvironment

from base.acting import acting_as, system_actor
from base.documents import find_template
from base.facts import submit
from base.history import history_model, record_history
from base.immutability import opened_gate
from contracts.models import Contract
from forms.models import Case, ServiceRecord
from jobs import runs
from jobs.actions.make_document import make_statement_document
from jobs.documents.statement import statement_context
from jobs.models import JobRun, Statement, StatementDocument
from jobs.reports import half_year
from tests.bench import data
from tests.bench.measure import Figure, Side

WRITTEN = 10_000

BARE_STATEMENTS = """
    SELECT contract_id, case_id, kind, participants, counsellors, SUM(minutes), COUNT(*)
    FROM forms_servicerecord
    WHERE status = 'submitted' AND stage = '' AND day BETWEEN %s AND %s
    GROUP BY contract_id, case_id, kind, participants, counsellors
"""


def statements() -> Iterator[Figure]:
    """The job as it runs at a month's end, to its commits, against adding up the minutes."""
    data.fill_records(data.MONTH)
    yield Figure(
        name=f"statements: {data.CONTRACTS} contracts, {data.RECORDS:,} records",
        product=Side(name="job", work=_run_statements, undo=_forget_statements),
        bare=Side(
            name="grouped aggregate", work=lambda: _fetch(BARE_STATEMENTS, _days(data.MONTH))
        ),
        aim=3,
    )


def _days(period) -> tuple:
    return period.first, period.last


def _fetch(sql: str, values) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _run_statements() -> None:
    run = runs.claim("statements", data.MONTH, holder=runs.new_holder())
    outcome = runs.carry_out(run)
    made = len(outcome["statements"])
    if made != data.CONTRACTS:
        raise RuntimeError(
            f"{made} statements instead of {data.CONTRACTS}: {outcome['failed'][:1]}"
        )


def _forget_statements() -> None:
    data.empty(Statement, history_model(Statement), JobRun)
    data.analyze()


def reports() -> Iterator[Figure]:
    """The reports of all contracts against the report's SQL alone."""
    data.fill_records(data.HALF_YEAR)
    contracts = list(Contract.objects.order_by("number"))
    keys = [contract.pk for contract in contracts]
    yield Figure(
        name=f"half-year reports: {data.CONTRACTS} contracts, {data.RECORDS:,} records",
        product=Side(name="figures", work=lambda: half_year.compute_all(data.HALF_YEAR, contracts)),
        bare=Side(name="its SQL", work=lambda: half_year.aggregate(data.HALF_YEAR, keys)),
        aim=1.5,
    )


def records() -> Iterator[Figure]:
    """Submitting records, with rules and history, against storing their rows."""
    cases = list(Case.objects.select_related("contract").order_by("number")[:WRITTEN:20])
    last = _last_keys()
    ready = Side(name="", work=submit, prepare=lambda: ([*_unsaved(cases)],)).prepare

    def undo():
        _forget_records(*last)

    yield Figure(
        name=f"{WRITTEN:,} service records with history",
        product=Side(name="submit", work=_submit, prepare=ready, undo=undo),
        bare=Side(
            name="bulk_create", work=ServiceRecord.objects.bulk_create, prepare=ready, undo=undo
        ),
        aim=2,
    )


def _unsaved(cases: list[Case]) -> Iterator[ServiceRecord]:
    first = data.HALF_YEAR.last
    for number in range(WRITTEN):
        case = cases[number % len(cases)]
        yield ServiceRecord(
            contract=case.contract,
            case=case,
            reference=f"N-{number}",
            day=first + timedelta(days=number % 28),
            kind="talk",
            module=data.MODULES[number % len(data.MODULES)],
            minutes=15 + number % 5 * 15,
        )


def _submit(facts: list[ServiceRecord]) -> None:
    with acting_as(system_actor("bench")):
        submit(ServiceRecord, facts)


def _last_keys() -> tuple[int, int]:
    return tuple(
        model.objects.aggregate(last=Max("pk"))["last"] or 0
        for model in (ServiceRecord, history_model(ServiceRecord))
    )


def _forget_records(record: int, version: int) -> None:
    with opened_gate("between two timings"):
        history_model(ServiceRecord).objects.filter(pk__gt=version).delete()
        rows = ServiceRecord.objects.filter(pk__gt=record)
        rows._raw_delete(rows.db)
    data.analyze()


def documents() -> Iterator[Figure]:
    """A statement's letter with its records, made and kept, against docxtpl on its template."""
    data.fill_records(data.MONTH, data.RECORDS // 10)
    # The annex shows records as they were billed: in the versions that history keeps.
    record_history(ServiceRecord, ServiceRecord.objects.values_list("pk", flat=True), "+")
    _run_statements()
    statement = Statement.objects.order_by("pk").first()
    context = statement_context(statement)
    template = find_template("documents/statement.docx")
    yield Figure(
        name="letter of a statement",
        product=Side(
            name="document",
            work=lambda: make_statement_document(statement),
            undo=lambda: data.empty(StatementDocument),
        ),
        bare=Side(name="docxtpl", work=lambda: _bare_document(template, context)),
        aim=1.1,
    )
    _forget_statements()


def _bare_document(template, context: dict) -> bytes:
    document = DocxTemplate(template)
    document.render(context, SandboxedEnvironment(autoescape=True))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


FIGURES = {
    "statements": statements,
    "reports": reports,
    "records": records,
    "documents": documents,
}
