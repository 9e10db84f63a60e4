"""Facts of a contract at the grain its remuneration asks for (`forms.fact_rows` has the rows)."""

from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from contracts.billing import (
    Attended,
    Completion,
    Cost,
    Facts,
    Period,
    Segment,
    Terms,
    Work,
    grain_of,
    model_of,
)
from contracts.billing.support_plan import Grant, PlanStretch, stretches
from contracts.billing.turns import takes_turns
from contracts.dates.obligations import Obligations, obligations_of
from contracts.models import Contract
from forms.fact_rows import FactRows, WorkAsked, WorkRow, months_of
from forms.models import Case, SupportPlan
from forms.session_parts import Group, parts_in_sessions, places_of

CENT = Decimal("0.01")

Parts = Mapping[Group, Sequence[Attended]]


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

    Of all cases, or of those of one client: limits are read of these as of all. `rows` may be
    shared with other contracts (`share`).
    """

    def __init__(
        self,
        contract: Contract,
        ground: Ground | None = None,
        rows: FactRows | None = None,
        *,
        client: int | None = None,
    ):
        ground = ground or grounds_of([contract])[contract.pk]
        self.contract, self.cases, self._plans = contract, ground.cases, ground.plans
        self._persons, self._client = ground.persons, client
        self._fetched = rows or FactRows(client)
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

    def share(self, segment: Segment, terms: Terms) -> None:
        """Announce what will be asked for, so that it comes with what others ask for."""
        key, facts = self.contract.pk, model_of(terms).FACTS
        if facts is Facts.COST:
            self._fetched.share(key, ("costs", segment.period))
        elif facts is Facts.COMPLETION:
            self._fetched.share(key, ("stages", segment.period))
        else:
            asked, planned = _asked(segment, terms)
            self._fetched.share(key, asked)
            if _shares_staff(terms):
                self._fetched.share(key, ("meetings", segment.period))
                self._fetched.share(key, ("attended", segment.period))
            if planned and not asked.by_day:
                for case in self._plans:
                    if self._changes(case, segment.period):
                        self._fetched.share((key, case), ("daily", asked))

    def _changes(self, case: int, period: Period) -> bool:
        """Whether a case's plan changes inside one of the months of a period."""
        return any(len(self._plan(case, month)) > 1 for month in months_of(period))

    def _work(self, segment: Segment, terms: Terms) -> list[Work]:
        asked, planned = _asked(segment, terms)
        kinds = {kind.key for kind in terms.kinds}
        rows, changing = [], set()
        known: dict[tuple[int, date], dict | None] = {}
        for row in self._fetched.work(self.contract.pk, asked):
            if row[4] or row[3] not in kinds:
                continue
            # A case has several rows in a month: kinds of work, sizes of groups.
            place = row[1:3]
            if place not in known:
                plan = self._plan(row[1], row[2].replace(day=1)) if planned else ()
                cut = len(plan) > 1 and not asked.by_day
                known[place] = None if cut else self._said(row, segment, asked.by_day, plan)
            if placed := known[place]:
                rows.append((row, placed))
            else:
                changing.add(place)
        summed = _shares_staff(terms) and not asked.by_session
        parts = self._parts(segment, terms, changing) if summed else {}
        found = [_work_of(row, placed, parts.get(_group(row), ())) for row, placed in rows]
        if changing:
            cases = {case for case, _month in changing}
            daily = self._fetched.work_by_day(self.contract.pk, asked, cases)
            of_these = [
                row
                for row in daily
                if (row[1], row[2].replace(day=1)) in changing and row[3] in kinds
            ]
            found.extend(self._cut_by_plan(segment, asked, of_these, parts))
        return self._placed(asked, found)

    def _parts(self, segment: Segment, terms: Terms, by_day: Collection[tuple[int, date]]) -> Parts:
        """What parts in group sessions rows of a month, or of these cases' days, sum up."""
        key, period = self.contract.pk, segment.period
        meetings = self._fetched.meetings(key, period)
        if not meetings:
            return {}
        elsewhere = self._fetched.attended_elsewhere(key, period)
        return parts_in_sessions(meetings, elsewhere, terms, self._number, by_day)

    def _placed(self, asked: WorkAsked, works: list[Work]) -> list[Work]:
        """Give attendances their place where a session was also attended by cases not asked for.

        In the order of case numbers, whatever contract the cases are under.
        """
        sessions = {work.session for work in works} - {""}
        if not sessions:
            return works
        attended = self._fetched.attended_elsewhere(self.contract.pk, asked.period)
        attended = {session: attended[session] for session in sessions & attended.keys()}
        for work in works:
            if work.session in attended:
                attended[work.session].add(work.case)
        places = {session: places_of(numbers) for session, numbers in attended.items()}
        return [
            replace(work, place=places[work.session][work.case]) if work.session in places else work
            for work in works
        ]

    def _said(
        self, row: WorkRow, segment: Segment, by_day: bool, plan: Sequence[PlanStretch]
    ) -> dict:
        """Whose work a row is, on which days, and what the plan, if any, grants for the first."""
        first = last = row[2]
        if not by_day:
            first = max(first, segment.period.first)
            last = min(_month_end(last), segment.period.last)
        placed = {"case": self._number(row[1]), "first": first, "last": last}
        if self._by_person:
            placed["person"] = self._persons[row[1]]
        if plan:
            days, hours = plan[0] if len(plan) == 1 else _on(plan, first)
            placed["cap_minutes"] = None if hours is None else hours * 60
            placed["plan_days"] = days if len(plan) > 1 else None
        return placed

    def _stretches(self, case_id: int, month: date) -> list[PlanStretch]:
        return stretches(self._plans.get(case_id, ()), Period.month_of(month))

    def _cut_by_plan(
        self, segment: Segment, asked: WorkAsked, rows: Sequence[WorkRow], parts: Parts
    ) -> Iterator[Work]:
        """The work of cases in months in which their plan changes, by the days of each plan."""
        groups: dict[tuple, list[WorkRow]] = {}
        known: dict[tuple[int, date], list[tuple[date, dict]]] = {}
        placed_by: dict[tuple, dict] = {}
        for row in rows:
            case, day, month = row[1], row[2], row[2].replace(day=1)
            if (case, month) not in known:
                known[case, month] = list(self._by_stretch(row, segment))
            until, placed = next(each for each in known[case, month] if day <= each[0])
            alike = (case, until, *row[3:8], row[8] if asked.by_record else None)
            groups.setdefault(alike, []).append(row)
            placed_by[alike] = placed
        for alike, each in groups.items():
            amount = each[0][8] if asked.by_record else sum(row[8] for row in each)
            sources = " ".join(row[10] for row in each)
            row = (*each[0][:8], amount, sum(row[9] for row in each), sources)
            attended = [part for row in each for part in parts.get(_group(row), ())]
            yield _work_of(row, placed_by[alike], attended)

    def _by_stretch(self, row: WorkRow, segment: Segment) -> Iterator[tuple[date, dict]]:
        """Yield what `_said` says on all days of each stretch of the plan in the row's month."""
        plan = self._plan(row[1], row[2].replace(day=1))
        for days, _hours in plan:
            cut = days.cut(segment.period.first, segment.period.last)
            if cut:
                of_first = (*row[:2], cut.first, *row[3:])
                placed = self._said(of_first, segment, True, plan)
                yield days.last, placed | {"first": cut.first, "last": cut.last}

    def _costs(self, segment: Segment, terms: Terms) -> list[Cost]:
        rows = self._fetched.costs(self.contract.pk, segment.period)
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
        # Another term of the contract may price other stages; dropped ones have no price.
        stages = set(terms.component_keys())
        return [
            Completion(
                stage=row["stage"],
                case=self._number(row["case_id"]),
                day=row["day"],
                sources=f"{row['pk']}.{row['version']}",
            )
            for row in self._fetched.completions(self.contract.pk, segment.period)
            if row["stage"] in stages
        ]


def _asked(segment: Segment, terms: Terms) -> tuple[WorkAsked, bool]:
    """How finely terms want their work, and whether a support plan caps it."""
    grain = grain_of(terms, segment.terms)
    # Work that goes from term to term is asked for once, with what any of them needs.
    together = segment.terms if takes_turns(terms, segment.terms) else (terms,)
    by_session = grain.of_days and _shares_staff(terms)
    asked = WorkAsked(segment.period, grain.of_records, grain.of_days, by_session)
    return asked, any(_is_planned(each) for each in together)


def _is_planned(terms: Terms) -> bool:
    return getattr(getattr(terms, "cap", None), "source", None) == "support_plan"


def _shares_staff(terms: Terms) -> bool:
    """Whether parts in group sessions sum to what a session costs."""
    return terms.increment is None and any(kind.share == "staff" for kind in terms.kinds)


def _work_of(row: WorkRow, placed: dict, attended: Sequence[Attended]) -> Work:
    kind, _stage, participants, counsellors, session, minutes, count, sources = row[3:]
    return Work(
        kind=kind,
        minutes=minutes,
        participants=participants,
        counsellors=counsellors,
        count=count,
        attended=attended,
        session=session,
        sources=sources,
        **placed,
    )


def _group(row: WorkRow) -> Group:
    """Whose parts in sessions a row sums up."""
    return (*row[1:4], *row[5:7])


def _on(plan: Sequence[PlanStretch], day: date) -> PlanStretch:
    return next(each for each in plan if each.days.contains(day))


@lru_cache
def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
