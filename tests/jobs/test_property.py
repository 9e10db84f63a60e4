"""Whatever happens in whatever order: what was issued and what is pending is the fresh figure."""

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from base.facts import change, withdraw
from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from contracts.dates.obligations import contract_period
from contracts.models import Contract, PayrollLine
from forms.models import Case, ServiceRecord
from jobs.actions.compute_statement import compute_statement
from jobs.explanation.sources import tokens
from jobs.models import Statement
from jobs.registry import Skipped
from tests.factories import (
    amend,
    issue_by_two,
    make_case,
    make_contract,
    make_instalment,
    make_payroll,
    make_plan,
    make_record,
    make_user,
    somebody,
)
from tests.jobs.running import compute_afresh, run_one

FIRST, LAST = date(2024, 1, 1), date(2024, 6, 30)
NOTHING = Decimal("0.00")
# Of the examples of cheaper tests. Figures are Python's, and examples the same on both databases:
# the first of them show that both keep and find the same rows.
ONE_OF = 25 if connection.vendor == "postgresql" else 10


def hourly(rate: str, *, talk: str = "1", group: str = "staff", **terms) -> list[dict]:
    kinds = [{"key": "talk", "weight": talk}, {"key": "group", "share": group}]
    rates = [{"amount": rate}]
    plain = {"model": "hourly_rate", "key": "hours", "label": "Hours", "clause": "§ 4"}
    return [plain | {"kinds": kinds, "rates": rates} | terms]


def costs(percent: str, minimum: str, *, proration: str, kinds=("salary", "bonus")) -> list[dict]:
    staff = {"type": "actual", "key": "staff", "label": "Staff", "cost_kinds": list(kinds)}
    least = {"amount": minimum, "proration": proration}
    base = [{"component": "staff"}]
    shares = [
        {"type": "percentage", "key": "material", "label": "M", "percent": percent, "base": base,
         "minimum": least},
        {"type": "percentage", "key": "other", "label": "O", "percent": "10",
         "base": [*base, {"component": "material"}, {"cost_kind": "bonus", "sign": -1}]},
    ]  # fmt: skip
    plain = {"model": "cost_reimbursement", "key": "costs", "label": "Costs", "clause": "§ 4"}
    return [plain | {"components": [staff, *shares]}]


def complexes(*prices: str, in_order: bool) -> list[dict]:
    stages = [
        {"key": f"lk{n}", "label": f"LK {n}", "prices": [{"amount": price}]}
        for n, price in enumerate(prices, 1)
    ]
    plain = {"model": "service_complexes", "key": "lk", "label": "LK", "clause": "§ 4"}
    return [plain | {"stages": stages, "in_order": in_order}]


PLAN = {"cap": {"source": "support_plan"}}
MONTHLY = {"increment": {"minutes": "15", "mode": "up", "per": "month"}}
DAILY = {"increment": {"minutes": "20", "mode": "half_up", "per": "day"}}
EACH = {"increment": {"minutes": "45", "mode": "down", "per": "record"}}
YEARLY = {"cap": {"source": "fixed", "per": "year", "quantity": "7.25"}}
EVENING = {"surcharges": [{"key": "evening", "label": "Evening", "percent": "12.5"}]}

# Terms as concluded, and two as amended.
AGREED = {
    "hours under a plan": [hourly("62.40", **PLAN), hourly("66.10", **PLAN), hourly("59.99")],
    "hours in steps, capped by the year": [
        hourly("62.40", talk="1.5", **MONTHLY, **YEARLY, **EVENING),
        hourly("64.90", **DAILY, **YEARLY),
        hourly("64.90", group="participant", **EACH, **EVENING),
    ],
    "costs, minimum in twelfths": [
        costs("12", "5400", proration="twelfths"),
        costs("13.5", "2700", proration="twelfths"),
        costs("12", "5400", proration="twelfths", kinds=("salary",)),
    ],
    "costs, minimum by days": [
        costs("12", "5400", proration="days"),
        costs("9", "6100", proration="days"),
        costs("12", "5400", proration="full"),
    ],
    "service complexes": [
        complexes("180", "420.50", "99.99", in_order=False),
        complexes("190", "400", "99.99", in_order=False),
        complexes("190", "400", in_order=True),
    ],
    "service complexes in order": [
        complexes("180", "420.50", "99.99", in_order=True),
        complexes("190", "400", "120", in_order=True),
        complexes("190", "400", "120", in_order=False),
    ],
}

places = st.integers(0, 40)
days = st.dates(FIRST, LAST)
minutes = st.sampled_from([0, 10, 25, 45, 60, 75, 90, 125, 240])
groups = st.sampled_from([(1, 1), (6, 1), (3, 2)])
amounts = st.decimals("0.01", "4000", places=2)
RECORDS = st.tuples(st.just("record"), st.integers(0, 2), days, minutes, groups, st.integers(1, 3))
LATER = [
    RECORDS,
    st.tuples(st.just("change"), places, st.none() | days, minutes, amounts),
    st.tuples(st.just("withdraw"), places),
    st.tuples(st.just("amend"), st.dates(FIRST - timedelta(days=40), LAST), st.integers(0, 2)),
    st.tuples(st.just("plan"), st.integers(0, 2), days, st.sampled_from(["0", "1.5", "4", "20"])),
    st.tuples(st.just("pay"), st.dates(FIRST, date(2024, 12, 31)), amounts),
    st.tuples(st.just("run"), st.integers(0, 5)),
    st.tuples(st.just("issue"), st.integers(0, 5)),
    st.just(("issue_all",)),
    st.just(("issue_all",)),
    st.tuples(st.just("end"), st.dates(date(2024, 4, 20), LAST)),
]
SEQUENCES = st.builds(
    lambda first, later: [*first, *later],
    st.lists(RECORDS, min_size=4, max_size=9),
    st.lists(st.sampled_from(LATER).flatmap(lambda one: one), min_size=4, max_size=14),
)
PARTITIONS = st.one_of(
    st.just([f"2024-{month:02}" for month in range(1, 7)]),
    st.just(["2024-Q1", "2024-Q2"]),
    st.just(["2024-H1"]),
    st.lists(days, min_size=1, max_size=3, unique=True),
)


def partition(drawn: list) -> list[Period]:
    """Return named periods, or those that begin on the days drawn."""
    if isinstance(drawn[0], str):
        return [Period.parse(name) for name in drawn]
    starts = sorted({FIRST, *drawn})
    ends = [start - timedelta(days=1) for start in starts[1:]] + [LAST]
    return [Period(first, last) for first, last in zip(starts, ends, strict=True)]


@dataclass
class World:
    """One contract, what is recorded under it, and what can happen to it."""

    contract: Contract
    cases: list[Case]
    persons: tuple
    amendments: list
    periods: list[Period] = field(default_factory=list)
    facts: list = field(default_factory=list)

    def __post_init__(self):
        # What the last example amended was undone in the database alone.
        self.contract = Contract.objects.get(pk=self.contract.pk)

    def act(self, name: str, *values) -> None:
        """Do it; what the product refuses (a stage twice, nothing to issue) does not happen."""
        with suppress(ValidationError, Skipped), transaction.atomic():
            getattr(self, name)(*values)

    def record(self, case, day, minutes, group, stage):
        model = self.contract.editions.first().data.remuneration[0].model
        if model == "cost_reimbursement":
            kind = ("salary", "bonus", "rent")[case]
            amount = f"{minutes * 17 + day.day}.{minutes % 100:02}"
            fact = make_payroll(self.contract, amount, day=day, cost_kind=kind)
        else:
            present, staff = group
            stages = {"stage": f"lk{stage}"} if model == "service_complexes" else {}
            fact = make_record(
                self.cases[case], day=day, minutes=minutes, participants=present,
                counsellors=staff, kind=("talk", "group", "drive")[stage - 1], **stages,
            )  # fmt: skip
        self.facts.append(fact)

    def change(self, place, day, minutes, amount):
        if self.facts:
            fact = self.facts[place % len(self.facts)]
            values = {"amount": amount} if isinstance(fact, PayrollLine) else {"minutes": minutes}
            change(fact, reason="mistyped", **values, **({"day": day} if day else {}))

    def withdraw(self, place):
        if self.facts:
            withdraw(self.facts[place % len(self.facts)], reason="entered twice")

    def amend(self, applies_from, which):
        terms = self.amendments[which]
        amend(self.contract, applies_from=applies_from, remuneration=terms)

    def plan(self, case, day, hours):
        if not self.cases[case].support_plans.filter(valid_from=day).exists():
            make_plan(self.cases[case], hours, valid_from=day)

    def pay(self, day, amount):
        make_instalment(self.contract, str(amount), first=FIRST, last=day)

    def run(self, place):
        run_one(self.contract, self.periods[place % len(self.periods)])

    def issue(self, place):
        checker, issuer = self.persons
        statement, _changed = compute_statement(
            self.contract, self.periods[place % len(self.periods)]
        )
        if statement:
            issue_by_two(statement, checker, issuer)

    def issue_all(self):
        for place in range(len(self.periods)):
            self.act("issue", place)

    def end(self, day):
        give_notice(
            contract=self.contract, given_by=self.contract.provider, received_on=day,
            extraordinary=True, ends_on=day, reason="gross breach", by=somebody(),
        )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", AGREED)
def test_issued_and_pending_are_the_fresh_computation(name):
    concluded, *amendments = AGREED[name]
    kinds = [{"key": key, "label": key.title()} for key in ("talk", "group", "drive")]
    contract = make_contract(remuneration=concluded, kinds_of_work=kinds)
    cases = [make_case(contract, assigned_on=FIRST) for _ in range(3)]
    if "plan" in name:
        make_plan(cases[0], "3.5", valid_from=FIRST)
    world = (contract, cases, (make_user(), make_user()), [concluded, *amendments])

    @settings(max_examples=settings.default.max_examples // ONE_OF)
    @given(PARTITIONS, SEQUENCES)
    def whatever_happens(drawn, operations):
        with transaction.atomic():
            seen = World(*world, periods=partition(drawn))
            for operation in operations:
                seen.act(*operation)
            totals = [check_period(seen, period) for period in seen.periods]
            check_instalments(seen)
            check_pending(seen)
            if isinstance(drawn[0], str):
                check_whole(seen, sum(totals))
            transaction.set_rollback(True)

    whatever_happens()


def check_whole(world: World, total: Decimal) -> None:
    """What all periods come to is what they come to in one.

    But for percentages without a minimum: nothing is agreed that would join their parts.
    """
    whole = compute_afresh(world.contract, Period(FIRST, LAST))
    parts = [compute_afresh(world.contract, period) for period in world.periods]

    def sums(computations) -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for computed in computations:
            for line in computed.lines if computed else ():
                found[line.component] += line.amount
        return found

    apart, together = sums(parts), sums([whole])
    assert apart.keys() - {"other"} == together.keys() - {"other"}
    assert all(apart[key] == together[key] for key in together if key != "other")
    if "other" not in together:
        assert sum(together.values(), NOTHING) == total


def check_period(world: World, period: Period) -> Decimal:
    """Bring the period up to date, compare everything with everything, return its fresh total."""
    compute_statement(world.contract, period)
    _again, changed = compute_statement(world.contract, period)
    assert not changed
    fresh = compute_afresh(world.contract, period)
    lines = fresh.lines if fresh else ()
    check_wholes(world, period, lines)
    statements = list(Statement.objects.for_period(world.contract, period))
    check_statements(statements)
    charged: dict[str, Decimal] = defaultdict(Decimal)
    for statement in statements:
        for line in statement.lines.order_by("position"):
            charged[line.key] += line.amount
    assert {key: amount for key, amount in charged.items() if amount} == {
        line.key: line.amount for line in lines if line.amount
    }
    assert {line.key for line in lines} <= set(charged)
    total = sum((line.amount for line in lines), NOTHING)
    assert sum(statement.total for statement in statements) == total
    return total


def check_instalments(world: World) -> None:
    """What was paid on account is taken once: all of it once the end is known."""
    _first, ended = contract_period(world.contract)
    paid = [each for each in world.contract.instalments.all() if ended or each.period_last <= LAST]
    taken = Statement.objects.filter(contract=world.contract).values_list("instalments", flat=True)
    assert sum(taken, NOTHING) == sum((each.amount for each in paid), NOTHING)


def check_pending(world: World) -> None:
    """No draft of nothing waits for anybody."""
    drafts = Statement.objects.filter(contract=world.contract).exclude(status="issued")
    for statement in drafts.order_by("pk"):
        says_something = statement.lines.exists() or statement.instalments
        assert bool(says_something) == (statement.status != "withdrawn")


def check_statements(statements: list[Statement]) -> None:
    """A statement foots; each correction goes on from what the statements before it charged."""
    charged: dict[str, Decimal] = defaultdict(Decimal)
    for place, statement in enumerate(statements):
        lines = list(statement.lines.order_by("position"))
        assert statement.sequence == place
        assert statement.total == sum((line.amount for line in lines), NOTHING)
        assert [line.position for line in lines] == list(range(1, len(lines) + 1))
        for line in lines:
            assert line.amount == line.computed - line.previous
            assert line.previous == charged[line.key]
            assert bool(line.cause) == bool(place)
            charged[line.key] += line.amount
        assert statement.problems() == []
    assert all(statement.status == "issued" for statement in statements[:-1])


def check_wholes(world: World, period: Period, lines) -> None:
    """Parts sum to wholes, and every fact that is paid for stands in one line, once."""
    first, last = contract_period(world.contract)
    cut = period.cut(first, last)
    model = PayrollLine if any(line.term == "costs" for line in lines) else ServiceRecord
    facts = model.objects.filter(contract=world.contract, status="submitted").order_by("pk")
    facts = [fact for fact in facts if cut and cut.contains(fact.day)]
    leading = [line for line in lines if line.component in ("work", "staff") or line.term == "lk"]
    named = Counter(token for line in leading for token in tokens(line.sources).items())
    expected = Counter(
        (fact.pk, fact.version) for fact in facts if is_paid_for(world.contract, fact)
    )
    assert named == expected
    for line in lines:
        if line.term == "lk":
            assert line.quantity + line.unbilled == 1
    sums = defaultdict(Decimal)
    for line in lines:
        sums[line.component] += line.amount
    if cut and sums.get("staff"):
        assert sums["staff"] == sum(
            fact.amount for fact in facts if is_paid_for(world.contract, fact)
        )
    for line in lines:
        if line.component == "material":
            part = next(x for x in lines if (x.component, x.first) == ("staff", line.first))
            assert line.quantity == part.amount


def is_paid_for(contract: Contract, fact) -> bool:
    """Whether the terms in force on the day of a fact know it."""
    terms = contract.edition_on(fact.day).data.remuneration[0]
    if isinstance(fact, PayrollLine):
        return fact.cost_kind in terms.components[0].cost_kinds
    if terms.model == "service_complexes":
        return fact.stage in terms.component_keys()
    return fact.kind in {kind.key for kind in terms.kinds}
