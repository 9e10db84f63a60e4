"""The figures: what the product does, and the bare work it is measured against."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from itertools import cycle

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
from jobs.actions.make_document import make_statement_document
from jobs.documents.statement import statement_context
from jobs.models import Statement, StatementDocument
from jobs.reports import half_year
from tests.bench import data, processor
from tests.bench.file_openings import openings
from tests.bench.large import large
from tests.bench.lists import lists
from tests.bench.measure import Figure, Side
from tests.bench.pages import pages
from tests.bench.statements import (
    days,
    fetch,
    forget_statements,
    run,
    run_statements,
    statements,
)
from tests.bench.studio import studio
from tests.bench.workers import workers

WRITTEN = 10_000
LETTERS = 10

BARE_REPORTS = """
    SELECT record.contract_id, agreed, need_group, module, participants,
           SUM(minutes * counsellors), COUNT(DISTINCT record.case_id)
    FROM forms_servicerecord record
    JOIN forms_case ON forms_case.id = record.case_id
    JOIN forms_caseplacement placement ON placement.case_id = record.case_id
    WHERE status = 'submitted' AND day BETWEEN %s AND %s
    GROUP BY record.contract_id, agreed, need_group, module, participants
"""


def reports() -> Iterator[Figure]:
    """The reports of all contracts, and their SQL alone, against plain sums; then the run again.

    By processor time of client and server.
    """
    data.fill_records(data.HALF_YEAR)
    contracts = list(Contract.objects.order_by("number"))
    keys = [contract.pk for contract in contracts]
    sums = Side(work=lambda: fetch(BARE_REPORTS, days(data.HALF_YEAR)))

    def against_sums(name: str, work: Callable, aim: float | None = None) -> Figure:
        return Figure(
            name=name, product=Side(work=work), bare=sums, aim=aim, clock=processor.seconds
        )

    yield against_sums(
        f"half-year reports: {data.CONTRACTS} contracts, {data.RECORDS:,} records",
        lambda: half_year.compute_all(data.HALF_YEAR, contracts),
        aim=1.5,
    )
    yield against_sums("… their SQL", lambda: half_year.aggregate(data.HALF_YEAR, keys))
    run("reports", data.HALF_YEAR)
    data.analyze()
    yield against_sums(
        "… the run again, nothing changed", lambda: run("reports", data.HALF_YEAR), aim=0.05
    )


def records() -> Iterator[Figure]:
    """Submitting records, with rules and history, against storing their rows."""
    open_cases = Case.objects.filter(closed_on=None).select_related("contract")
    cases = list(open_cases.order_by("number")[:WRITTEN:20])
    last = _last_keys()

    def side(work) -> Side:
        return Side(work=work, prepare=lambda: _unsaved(cases), undo=lambda: _forget_records(*last))

    yield Figure(
        name=f"{WRITTEN:,} service records with history",
        product=side(_submit),
        bare=side(ServiceRecord.objects.bulk_create),
        aim=2,
    )


def _unsaved(cases: list[Case]) -> list[ServiceRecord]:
    unsaved = [
        ServiceRecord(
            contract=case.contract,
            case=case,
            reference=f"N-{number}",
            day=data.HALF_YEAR.last + timedelta(days=number % 28),
            kind="talk",
            module=data.MODULES[number % len(data.MODULES)],
            minutes=15 + number % 5 * 15,
        )
        for number, case in zip(range(WRITTEN), cycle(cases), strict=False)
    ]
    for record in unsaved:
        record.answered = True
    return unsaved


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
    """Statements' letters with their records, made and kept, against docxtpl on their template."""
    data.fill_records(data.MONTH, data.RECORDS // 10)
    # The annex shows records as they were billed: in the versions that history keeps.
    record_history(ServiceRecord, ServiceRecord.objects.values_list("pk", flat=True), "+")
    run_statements()
    statements = list(Statement.objects.order_by("pk")[:LETTERS])
    contexts = [statement_context(statement) for statement in statements]
    yield Figure(
        name=f"{LETTERS} letters of 25 lines and 250 records",
        product=Side(
            work=lambda: [make_statement_document(statement) for statement in statements],
            undo=lambda: data.empty(StatementDocument),
        ),
        bare=Side(work=lambda: [_bare_document(context) for context in contexts]),
        aim=1.1,
    )
    forget_statements()


def _bare_document(context: dict) -> bytes:
    document = DocxTemplate(find_template("documents/statement.docx"))
    document.render(context, SandboxedEnvironment(autoescape=True))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


FIGURES = {
    "statements": statements,
    "large": large,
    "workers": workers,
    "reports": reports,
    "records": records,
    "documents": documents,
    "openings": openings,
    "pages": pages,
    "lists": lists,
    "studio": studio,
}
