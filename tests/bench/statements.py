"""The statement run: the first, again, after changes, with a past; beside the bare aggregate."""

from collections.abc import Callable, Iterator
from datetime import date

from django.db import connection, transaction
from django.db.models import Max

from base.history import history_model
from contracts.billing import Period
from contracts.models import ChangeMark, Contract
from jobs import runs
from jobs.models import ComputedPeriod, JobRun, Statement
from tests.bench import data, processor
from tests.bench.measure import Figure, Side

PAST = [Period.parse(f"{year}-{month:02}") for year, month in (
    *((2023, month) for month in range(3, 13)), (2024, 1), (2024, 2)
)]  # fmt: skip
PAST_RECORDS = 20_000  # a month
CHANGED = data.RECORDS // 100  # at most: those in group sessions are left as they are

BARE_STATEMENTS = """
    SELECT contract_id, case_id, kind, participants, counsellors, SUM(minutes), COUNT(*)
    FROM forms_servicerecord
    WHERE status = 'submitted' AND stage = '' AND day BETWEEN %s AND %s
    GROUP BY contract_id, case_id, kind, participants, counsellors
"""

BARE_LINES = """
    WITH statement AS (
        INSERT INTO jobs_statement
            (contract_id, period_first, period_last, sequence, status, number, total, instalments,
             inputs_hash, computed_at, seal)
        VALUES (%(contract)s, %(first)s, %(last)s, 0, 'draft', '', 0, 0, '', now(), '')
        RETURNING id
    )
    INSERT INTO jobs_statementline
        (statement_id, position, key, term, component, label, clause, edition_id, case_id, first,
         last, quantity, unit, rate, unbilled, computed, previous, amount, inputs, sources, cause)
    SELECT (SELECT id FROM statement), row_number() OVER (), 'hours.work|' || case_id, 'hours',
           'work', 'Hours', '§ 4', %(edition)s, case_id, %(first)s, %(last)s, SUM(minutes) / 60.0,
           'h', 62.40, 0, ROUND(SUM(minutes) * 1.04, 2), 0, ROUND(SUM(minutes) * 1.04, 2),
           jsonb_agg(DISTINCT jsonb_build_array(kind, counsellors, participants)),
           STRING_AGG(id::text || '.' || version::text, ' '), ''
    FROM forms_servicerecord
    WHERE contract_id = %(contract)s AND status = 'submitted' AND stage = ''
          AND day BETWEEN %(first)s AND %(last)s
    GROUP BY case_id
"""

# As whoever mistyped changes them, one by one and everywhere: the triggers see the same.
CHANGED_RECORDS = """
    SELECT id FROM forms_servicerecord
    WHERE contract_id IN (SELECT id FROM contracts_contract ORDER BY number LIMIT %s)
          AND attends_id IS NULL
    ORDER BY id LIMIT %s
"""
CHANGE = f"""
    UPDATE forms_servicerecord SET version = version + 1, minutes = minutes + 1
    WHERE id IN ({CHANGED_RECORDS})
"""  # noqa: S608


def statements() -> Iterator[Figure]:
    """The job as it runs at a month's end, to its commits, against adding up the minutes.

    Then against the same rows written by SQL alone, contract by contract: what is left when all
    that is spared is the product. Then the same run again, with nothing and with little changed.
    By processor time of client and server.
    """
    data.fill_records(data.MONTH)
    job = Side(work=run_statements, undo=forget_statements)
    bare = Side(work=lambda: fetch(BARE_STATEMENTS, days(data.MONTH)))
    yield _figure(f"{data.CONTRACTS} contracts, {data.RECORDS:,} records", job, bare, aim=7)
    editions = Contract.objects.annotate(newest=Max("editions")).values_list("pk", "newest")
    yield _figure(
        "… the job against the same lines written by SQL",
        job,
        Side(work=lambda: _write_bare_lines(editions), undo=forget_statements),
    )
    run_statements()
    data.analyze()
    again = Side(work=run_statements)
    yield _figure("… again, nothing changed", again, bare, aim=0.05)
    for contracts, aim in ((4, 0.4), (100, 5)):
        changed = Side(work=run_statements, prepare=_changing(contracts))
        records = len(fetch(CHANGED_RECORDS, [contracts, CHANGED]))
        name = f"… again, {records:,} records changed in {contracts} contracts"
        yield _figure(name, changed, bare, aim=aim)
    forget_statements()
    whole = Period(PAST[0].first, data.MONTH.last)
    data.fill_records(whole, PAST_RECORDS * (len(PAST) + 1))
    yield _figure(
        f"a month with {len(PAST)} months of past against one with none",
        Side(work=run_statements, prepare=_run_the_past, undo=forget_statements),
        Side(work=run_statements, undo=forget_statements),
        aim=1.05,
    )


def _figure(name: str, product: Side, bare: Side, aim: float | None = None) -> Figure:
    name = name if name.startswith("…") else f"statements: {name}"
    return Figure(name=name, product=product, bare=bare, aim=aim, clock=processor.seconds)


def _changing(contracts: int) -> Callable[[], None]:
    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute(CHANGE, [contracts, CHANGED])

    return change


def _run_the_past() -> None:
    for period in PAST:
        run("statements", period)
    data.analyze()


def _write_bare_lines(editions) -> None:
    for contract, edition in editions.order_by("number"):
        period = {"first": data.MONTH.first, "last": data.MONTH.last}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE_LINES, {"contract": contract, "edition": edition, **period})


def days(period: Period) -> tuple[date, date]:
    """Return the ends of a period."""
    return period.first, period.last


def fetch(sql: str, values) -> list[tuple]:
    """Return what a query finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def run_statements() -> None:
    """Run the job for the month; raise RuntimeError unless it tells of every contract."""
    made = run("statements", data.MONTH)
    if made != data.CONTRACTS:
        raise RuntimeError(f"{made} statements instead of {data.CONTRACTS}")


def run(job: str, period: Period) -> int:
    """Run a job; return of how much it tells. Raises RuntimeError if a contract failed."""
    outcome = runs.carry_out(runs.claim(job, period, holder=runs.new_holder(), again=True))
    if outcome["failed"]:
        raise RuntimeError(str(outcome["failed"][:1]))
    return len(outcome[job])


def forget_statements() -> None:
    """Remove all statements and what runs know of them."""
    data.empty(Statement, history_model(Statement), JobRun, ComputedPeriod, ChangeMark)
    data.analyze()
