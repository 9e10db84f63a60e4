"""Facts of a contract at the grain its remuneration asks for, aggregated by the database.

Every aggregate brings the versions of its sources along ("id.version" tokens, in any order), so
that a line's provenance costs no second pass over the records. Lines sort them.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db.models import Aggregate, Count, DateField, F, Min, Sum, TextField
from django.db.models.functions import Cast, TruncMonth

from base.facts import Fact
from contracts.billing import (
    Completion,
    Cost,
    Facts,
    Grain,
    Period,
    Segment,
    Terms,
    Work,
    merge_sources,
    model_of,
)
from contracts.billing.support_plan import Grant, Stretch, stretches
from contracts.billing.turns import takes_turns
from contracts.models import Contract, PayrollLine
from contracts.obligations import Obligations, obligations_of
from forms.models import Case, ServiceRecord, SupportPlan

CENT = Decimal("0.01")
OF_DAYS = (Grain.DAY, Grain.EACH)
"""Grains at which a row lies on one day."""
OF_RECORDS = (Grain.RECORD, Grain.EACH)
"""Grains at which a row gives the minutes of one record."""


class SourceList(Aggregate):
    """The "id.version" tokens of the rows in a group as one text.

    Not sorted: that would make the database sort all records instead of hashing them.
    """

    output_field = TextField()

    def __init__(self, **extra):
        super().__init__(F("pk"), F("version"), **extra)

    def as_sql(self, compiler, connection, **context):
        (pk, p1), (version, p2) = (compiler.compile(e) for e in self.get_source_expressions()[:2])
        return f"GROUP_CONCAT({pk} || '.' || {version}, ' ')", [*p1, *p2]

    def as_postgresql(self, compiler, connection, **context):
        (pk, p1), (version, p2) = (compiler.compile(e) for e in self.get_source_expressions()[:2])
        return f"STRING_AGG({pk}::text || '.' || {version}::text, ' ')", [*p1, *p2]


@dataclass
class Ground:
    """What a contract's statements rest on besides its facts."""

    obliged: Obligations
    cases: dict[int, str] = field(default_factory=dict)
    """Numbers by key."""
    persons: dict[int, int] = field(default_factory=dict)
    """Keys of clients by case."""
    plans: dict[int, list[Grant]] = field(default_factory=dict)
    """Support plans by case, in the order in which they begin."""


def grounds_of(contracts: Sequence[Contract], *, client: int | None = None) -> dict[int, Ground]:
    """Return the grounds of concluded contracts by key, with four queries for all of them.

    With the cases of one client alone, where one is given.
    """
    grounds = {key: Ground(obliged) for key, obliged in obligations_of(contracts).items()}
    cases = Case.objects.filter(contract__in=list(grounds)).order_by("pk")
    if client is not None:
        cases = cases.filter(client=client)
    for contract, pk, number, person in cases.values_list("contract", "pk", "number", "client"):
        grounds[contract].cases[pk] = number
        grounds[contract].persons[pk] = person
    plans = SupportPlan.objects.filter(case__contract__in=list(grounds)).order_by("valid_from")
    if client is not None:
        plans = plans.filter(case__client=client)
    for contract, case, *plan in plans.values_list("case__contract", "case", *Grant._fields):
        grounds[contract].plans.setdefault(case, []).append(Grant(*plan))
    return grounds


class ContractFacts:
    """The facts of one contract, asked for by segment and terms as `billing.compute` does.

    Of all cases, or of those of one client: limits are read of these as of all.
    """

    def __init__(
        self, contract: Contract, ground: Ground | None = None, *, client: int | None = None
    ):
        ground = ground or grounds_of([contract])[contract.pk]
        self.contract, self.cases, self._plans = contract, ground.cases, ground.plans
        self._persons, self._client = ground.persons, client
        # Who a case is about matters where a limit was ever agreed for a person.
        self._by_person = any(
            terms.get("person_limit")
            for edition in ground.obliged.editions
            for terms in edition.agreed.remuneration
        )
        # A case has several rows in a month, for kinds of work and sizes of groups.
        self._plan = lru_cache(maxsize=None)(self._stretches)

    def __call__(self, segment: Segment, terms: Terms) -> list:
        """Return the facts of a segment that the terms' model reads, at its grain."""
        read = {
            Facts.WORK: self._work,
            Facts.COST: self._costs,
            Facts.COMPLETION: self._completions,
        }
        return read[model_of(terms).FACTS](segment, terms)

    def _number(self, case: int) -> str:
        """Return a case's number; it may have been opened since the ground was read."""
        if case not in self.cases:
            newer = Case.objects.filter(contract=self.contract)
            for pk, number, person in newer.values_list("pk", "number", "client"):
                self.cases[pk], self._persons[pk] = number, person
        return self.cases[case]

    def _rows(self, model, segment: Segment):
        rows = model.objects.filter(
            contract=self.contract,
            status=Fact.Status.SUBMITTED,
            day__range=(segment.period.first, segment.period.last),
        ).order_by()
        if self._client is None:
            return rows
        return rows.filter(case__client=self._client) if model is ServiceRecord else rows.none()

    def _work(self, segment: Segment, terms: Terms) -> list[Work]:
        grain, together = model_of(terms).grain(terms), (terms,)
        if takes_turns(terms, segment.terms):
            # What goes from term to term suits all of them.
            grain, together = Grain.EACH, segment.terms
        rows = self._grouped(segment, terms, grain)
        if not any(_is_planned(each) for each in together):
            return self._placed(segment, [self._work_of(row, segment, grain) for row in rows])
        found, changing = [], set()
        for row in rows:
            plan = self._plan(row["case_id"], row["bucket"].replace(day=1))
            if len(plan) > 1 and grain not in OF_DAYS:
                changing.add(row["case_id"])
            else:
                found.append(self._under_plan(self._work_of(row, segment, grain), plan))
        if changing:
            found.extend(self._cut_by_plan(segment, terms, changing))
        return self._placed(segment, found)

    def _placed(self, segment: Segment, works: list[Work]) -> list[Work]:
        """Give attendances their place where a session was also attended by cases not asked for.

        In the order of case numbers, whatever contract the cases are under.
        """
        if not any(work.session for work in works):
            return works
        mine = self._rows(ServiceRecord, segment).exclude(session="")
        others = ServiceRecord.objects.filter(
            contract__provider=self.contract.provider_id,
            status=Fact.Status.SUBMITTED,
            session__in=mine.order_by().values("session"),
        ).exclude(pk__in=mine.values("pk"))
        attended: dict[str, set[str]] = {}
        for session, number in others.order_by().values_list("session", "case__number"):
            attended.setdefault(session, set()).add(number)
        if not attended:
            return works
        for work in works:
            if work.session in attended:
                attended[work.session].add(work.case)
        places = {session: sorted(numbers) for session, numbers in attended.items()}
        return [
            replace(work, place=places[work.session].index(work.case))
            if work.session in places
            else work
            for work in works
        ]

    def _grouped(self, segment: Segment, terms: Terms, grain: Grain):
        """The rows of a segment at a grain."""
        # As a date already in the database: Python would read an instant, and convert it.
        bucket = F("day") if grain in OF_DAYS else Cast(TruncMonth("day"), DateField())
        groups = ["case_id", "bucket", "kind", "participants", "counsellors"]
        if grain in OF_RECORDS:
            groups.append("minutes")
            amount = Min("minutes")
        else:
            amount = Sum("minutes")
        if any(kind.share == "staff" for kind in terms.kinds) and terms.increment is None:
            groups.append("session")
        return (
            self._rows(ServiceRecord, segment)
            .filter(stage="", kind__in=[kind.key for kind in terms.kinds])
            .annotate(bucket=bucket)
            .values(*groups)
            .annotate(amount=amount, records=Count("pk"), sources=SourceList())
            .order_by("case_id", "bucket", "kind", "participants", "counsellors", "amount")
        )

    def _work_of(self, row: dict, segment: Segment, grain: Grain) -> Work:
        first, last = row["bucket"], row["bucket"]
        if grain not in OF_DAYS:
            last = _month_end(first)
            first, last = max(first, segment.period.first), min(last, segment.period.last)
        return Work(
            kind=row["kind"],
            case=self._number(row["case_id"]),
            person=self._persons[row["case_id"]] if self._by_person else None,
            first=first,
            last=last,
            minutes=row["amount"],
            participants=row["participants"],
            counsellors=row["counsellors"],
            count=row["records"],
            session=row.get("session", ""),
            sources=row["sources"],
        )

    def _stretches(self, case_id: int, month: date) -> list[Stretch]:
        return stretches(self._plans.get(case_id, ()), Period.month_of(month))

    def _under_plan(self, work: Work, plan: Sequence[Stretch]) -> Work:
        """The work with what is granted for its first day."""
        days, hours = next(each for each in plan if each.days.contains(work.first))
        return replace(
            work,
            cap_minutes=None if hours is None else hours * 60,
            plan_days=days if len(plan) > 1 else None,
        )

    def _cut_by_plan(self, segment: Segment, terms: Terms, cases: set[int]) -> Iterator[Work]:
        """The work of cases in months in which their plan changes, by the days of each plan."""
        asked = model_of(terms).grain(terms)
        groups: dict[tuple, list[Work]] = {}
        grain = Grain.EACH if asked is Grain.RECORD else Grain.DAY
        for row in self._grouped(segment, terms, grain).filter(case_id__in=cases):
            plan = self._plan(row["case_id"], row["bucket"].replace(day=1))
            if len(plan) > 1:
                work = self._under_plan(self._work_of(row, segment, grain), plan)
                alike = (work.plan_days, work.kind, work.participants, work.counsellors)
                each = work.minutes if asked is Grain.RECORD else None
                groups.setdefault((work.case, *alike, work.session, each), []).append(work)
        for works in groups.values():
            one = works[0]
            days = one.plan_days.cut(segment.period.first, segment.period.last)
            minutes = one.minutes
            if asked is not Grain.RECORD:
                minutes = sum(work.minutes for work in works)
            yield replace(
                one,
                first=days.first,
                last=days.last,
                minutes=minutes,
                count=sum(work.count for work in works),
                sources=merge_sources(*(work.sources for work in works)),
            )

    def _costs(self, segment: Segment, terms: Terms) -> list[Cost]:
        rows = (
            self._rows(PayrollLine, segment)
            .filter(eligible=True)
            .values("cost_kind")
            .annotate(total=Sum("amount"), lines=Count("pk"), sources=SourceList())
            .order_by("cost_kind")
        )
        period = segment.period
        return [
            Cost(
                kind=row["cost_kind"],
                first=period.first,
                last=period.last,
                # SQLite adds decimals as floats; cents are what was stored.
                amount=row["total"].quantize(CENT),
                count=row["lines"],
                sources=row["sources"],
            )
            for row in rows
        ]

    def _completions(self, segment: Segment, terms: Terms) -> list[Completion]:
        rows = (
            self._rows(ServiceRecord, segment)
            # Another term of the contract may price other stages; dropped ones have no price.
            .filter(stage__in=terms.component_keys())
            .order_by("day", "pk")
            .values_list("stage", "case_id", "day", "pk", "version")
        )
        return [
            Completion(stage=stage, case=self._number(case), day=day, sources=f"{pk}.{version}")
            for stage, case, day, pk, version in rows
        ]


def _is_planned(terms: Terms) -> bool:
    return getattr(getattr(terms, "cap", None), "source", None) == "support_plan"


@lru_cache
def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
