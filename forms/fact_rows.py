"""The rows behind quantities: facts of one contract or of many, summed up by the database.

Every aggregate brings the versions of its sources along ("id.version" tokens, in any order), so
that a line's provenance costs no second pass over the records. Lines sort them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    DateField,
    F,
    Max,
    Min,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, TruncMonth

from base.facts import Fact
from base.history import batches
from contracts.billing import Period
from contracts.models import PayrollLine
from forms.models import ServiceRecord
from forms.session_parts import Meeting, rooms_left

Rows = list[dict]
WorkRow = tuple
"""Values of `WORK_COLUMNS`."""
WORK_COLUMNS = (
    "contract_id",
    "case_id",
    "bucket",
    "kind",
    "stage",
    "participants",
    "counsellors",
    "meeting",
    "amount",
    "records",
    "sources",
)
"""What a row of work tells: `amount` in minutes (of one record where asked by record), in so many
`records`; `bucket` is its day, or the first of its month."""


class TokenList(Aggregate):
    """Numbers of the rows in a group as one text, those of a row joined by dots.

    Not sorted: that would make the database sort all records instead of hashing them.
    """

    output_field = TextField()

    def __init__(self, *columns: str, **extra):
        super().__init__(*map(F, columns), **extra)

    def as_sql(self, compiler, connection, **context):
        token, params = self._token(compiler, "{}")
        return f"GROUP_CONCAT({token}, ' ')", params

    def as_postgresql(self, compiler, connection, **context):
        token, params = self._token(compiler, "{}::text")
        return f"STRING_AGG({token}, ' ')", params

    def _token(self, compiler, number: str) -> tuple[str, list]:
        compiled = [compiler.compile(each) for each in self.source_expressions]
        token = " || '.' || ".join(number.format(sql) for sql, _params in compiled)
        return token, [value for _sql, params in compiled for value in params]


def source_list() -> TokenList:
    """Return the "id.version" tokens of the rows in a group."""
    return TokenList("pk", "version")


class WorkAsked(NamedTuple):
    """How finely the work of a stretch of days is summed up.

    By record: equal minutes together. By day, or by calendar month. By session: those of a group
    session apart.
    """

    period: Period
    by_record: bool
    by_day: bool
    by_session: bool


class FactRows:
    """Rows of facts of some contracts, each asked for once for all that need it.

    `share` tells who else will ask; otherwise everybody asks for themselves. Of one client alone,
    where one is given.
    """

    def __init__(self, client: int | None = None):
        self._client = client
        self._wanted: dict[object, set[int]] = {}
        self._found: dict[object, dict[int, list]] = {}

    def share(self, contract: int | tuple[int, int], asked: object) -> None:
        """Let rows of a contract, or of one case of it, come when another asks for the same."""
        self._wanted.setdefault(asked, set()).add(contract)

    def forget(self) -> None:
        """Forget what was found and who wants it."""
        self._wanted.clear()
        self._found.clear()

    def work(self, contract: int, asked: WorkAsked) -> list[WorkRow]:
        """Return work and completions, by case, month or day, kind, stage, size of the group."""
        return self._of(
            contract, asked, lambda contracts: _work(contracts, asked, client=self._client)
        )

    def work_by_day(self, contract: int, asked: WorkAsked, cases: Collection[int]) -> list[WorkRow]:
        """Return the work of these cases, and maybe of others, by day."""
        daily = asked._replace(by_day=True)
        shared = self._wanted.get(key := ("daily", asked))
        if not shared:
            found = _work([contract], daily, cases, client=self._client)
            return found.get(contract, [])
        if key not in self._found:
            contracts, among = zip(*shared, strict=True)
            self._found[key] = _work(set(contracts), daily, set(among), client=self._client)
        return self._found[key].get(contract, [])

    def meetings(self, contract: int, period: Period) -> list[Meeting]:
        """Return the group sessions that cases attended, as often as there are kinds of work."""
        return self._of(
            contract,
            ("meetings", period),
            lambda contracts: _meetings(contracts, period, client=self._client),
        )

    def costs(self, contract: int, period: Period) -> Rows:
        """Return payroll lines that are eligible, by kind of cost."""
        return self._of(contract, ("costs", period), lambda contracts: _costs(contracts, period))

    def completions(self, contract: int, period: Period) -> Rows:
        """Return completed stages by day and record."""
        return self._of(
            contract, ("stages", period), lambda contracts: _completions(contracts, period)
        )

    def attended_elsewhere(self, contract: int, period: Period) -> dict[str, set[str]]:
        """Return who else attended sessions of a period: numbers of cases, by session.

        Cases that are not asked for: of other contracts of the provider, or of other clients.
        """

        def fetch(contracts: Collection[int]) -> dict[int, list]:
            open_to_others = {key: rooms_left(self.meetings(key, period)) for key in contracts}
            return _attended_elsewhere(open_to_others, client=self._client)

        found: dict[str, set[str]] = {}
        for session, number in self._of(contract, ("attended", period), fetch):
            found.setdefault(session, set()).add(number)
        return found

    def known_work(self, contract: int, period: Period) -> tuple[WorkAsked, list[WorkRow]] | None:
        """Return what was asked for these very days already, if anything was."""
        for asked, found in self._found.items():
            if isinstance(asked, WorkAsked) and asked.period == period and contract in found:
                return asked, found[contract]
        return None

    def _of(self, contract: int, asked, fetch) -> list:
        found = self._found.setdefault(asked, {})
        if contract not in found:
            contracts = {contract, *self._wanted.get(asked, ())} - found.keys()
            fetched = fetch(contracts)
            found |= {key: fetched.get(key, []) for key in contracts}
        return found[contract]


def _counting(model, contracts: Collection[int], period: Period) -> QuerySet:
    return model.objects.filter(
        contract__in=sorted(contracts),
        status=Fact.Status.SUBMITTED,
        day__range=(period.first, period.last),
    ).order_by()


def _work(
    contracts: Collection[int],
    asked: WorkAsked,
    cases: Collection[int] | None = None,
    *,
    client: int | None = None,
) -> dict[int, list[WorkRow]]:
    rows = _of_client(_counting(ServiceRecord, contracts, asked.period), client)
    if cases is not None:
        rows = rows.filter(case__in=sorted(cases), stage="")
    month = asked.period.first.replace(day=1)
    if asked.by_day:
        bucket = F("day")
    elif asked.period.last.replace(day=1) == month:
        bucket = Value(month, DateField())
    else:
        # As a date already in the database: Python would read an instant, and convert it.
        bucket = Cast(TruncMonth("day"), DateField())
    rows = rows.annotate(
        bucket=bucket, meeting=F("session") if asked.by_session else Value("", TextField())
    )
    groups = ["contract_id", "case_id", "bucket", "kind", "participants", "counsellors", "stage"]
    found = (
        rows.values(*groups, "meeting", *(["minutes"] if asked.by_record else []))
        .annotate(
            amount=Min("minutes") if asked.by_record else Sum("minutes"),
            records=Count("pk"),
            sources=source_list(),
        )
        .order_by(*groups[:6], "amount")
        .values_list(*WORK_COLUMNS)
    )
    with by_the_page(contracts):
        listed = _plainly(found)
    return {contract: list(its) for contract, its in groupby(listed, key=itemgetter(0))}


def _of_client(rows: QuerySet, client: int | None) -> QuerySet:
    return rows if client is None else rows.filter(case__client=client)


def _meetings(
    contracts: Collection[int], period: Period, *, client: int | None = None
) -> dict[int, list[Meeting]]:
    rows = _of_client(_counting(ServiceRecord, contracts, period), client)
    found = (
        rows.exclude(session="")
        .filter(stage="")
        .values("contract_id", *Meeting._fields[:-1])
        .annotate(cases=TokenList("case_id"))
        .values_list("contract_id", *Meeting._fields)
    )
    with by_the_page(contracts):
        listed = _plainly(found)
    by_contract: dict[int, list[Meeting]] = {}
    for contract, *said in listed:
        by_contract.setdefault(contract, []).append(Meeting(*said))
    return by_contract


def _attended_elsewhere(
    sessions: Mapping[int, Collection[str]], *, client: int | None = None
) -> dict[int, list[tuple[str, str]]]:
    """Return who else attended sessions of contracts: session and number of a case.

    Sessions are named within a provider. Of one client, where given, others are also those of the
    contract itself.
    """
    # By name: a subquery of one's own records makes the database read all of the provider's.
    found: dict[int, list[tuple[str, str]]] = {}
    for names in batches(sorted(set().union(*sessions.values()))):
        # The index holds records with a session; of many names PostgreSQL does not see it.
        submitted = ServiceRecord.objects.filter(status=Fact.Status.SUBMITTED).exclude(session="")
        attended = submitted.filter(session__in=names)
        if client is None:
            several = (
                attended.order_by()
                .values("contract__provider", "session")
                .alias(lowest=Min("contract"), highest=Max("contract"))
            )
            shared = several.filter(lowest__lt=F("highest")).values_list("session", flat=True)
            attended = submitted.filter(session__in=sorted(set(shared)))
        rows = attended.order_by().values_list(
            "contract__provider", "session", "contract", "case__client", "case__number"
        )
        by_session: dict[tuple[int, str], list[tuple]] = {}
        for provider, session, *attendance in rows:
            by_session.setdefault((provider, session), []).append(attendance)
        for (_provider, session), attendances in by_session.items():
            for own in {contract for contract, _person, _number in attendances}:
                if session in sessions.get(own, ()):
                    found.setdefault(own, []).extend(
                        (session, number)
                        for contract, person, number in attendances
                        if contract != own or client not in (None, person)
                    )
    return found


def _plainly(rows: QuerySet) -> Iterable[tuple]:
    """Return rows as PostgreSQL has them, which is as Python wants them; others convert them."""
    if connection.vendor != "postgresql":
        return rows
    with connection.cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        return cursor.fetchall()


def _costs(contracts: Collection[int], period: Period) -> dict[int, Rows]:
    return _by_contract(
        _counting(PayrollLine, contracts, period)
        .filter(eligible=True)
        .values("contract_id", "cost_kind")
        .annotate(total=Sum("amount"), lines=Count("pk"), sources=source_list())
        .order_by("contract_id", "cost_kind")
    )


def _completions(contracts: Collection[int], period: Period) -> dict[int, Rows]:
    return _by_contract(
        _counting(ServiceRecord, contracts, period)
        .exclude(stage="")
        .order_by("contract_id", "day", "pk")
        .values("contract_id", "stage", "case_id", "day", "pk", "version")
    )


def _by_contract(rows: Iterable[dict]) -> dict[int, Rows]:
    found: dict[int, Rows] = {}
    for row in rows:
        found.setdefault(row["contract_id"], []).append(row)
    return found


@contextmanager
def by_the_page(contracts: Collection[int]) -> Iterator[None]:
    """Let PostgreSQL read the records of many contracts page by page, in a transaction.

    They lie mixed in the table. It takes an index in order, to be spared a sort, and so comes to
    each page as often as there are records on it: twice the work, measured.
    """
    if connection.vendor != "postgresql" or len(contracts) == 1:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        yield
        cursor.execute("SET LOCAL enable_indexscan = on")


def months_of(period: Period) -> Iterator[date]:
    """Yield the first days of the calendar months that a period touches."""
    return (month.first.replace(day=1) for month in period.months())
