"""Facts aggregated by the database are those one would count by hand."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from random import Random

import pytest

from base.facts import withdraw
from contracts.billing import Grain, Period, model_of
from contracts.billing.scheme import Piece, Segment
from forms.models import ServiceRecord
from forms.quantities import ContractFacts, grounds_of
from jobs.actions.compute_statement import compute_statement
from tests.factories import (
    DAY,
    HOURLY,
    costs_of,
    make_case,
    make_contract,
    make_payroll,
    make_plan,
    make_record,
)

pytestmark = pytest.mark.django_db
PERIOD = Period.parse("2024-02-10..2024-04-20")
GRAINS = {
    "month": {},
    "day": {"increment": {"minutes": "15", "mode": "up", "per": "day"}},
    "record": {"increment": {"minutes": "15", "mode": "up", "per": "record"}},
}
STAGES = {
    "model": "service_complexes", "key": "lk", "label": "LK", "clause": "§ 4",
    "stages": [{"key": "lk1", "label": "1", "prices": [{"amount": "1"}]}],
}  # fmt: skip
OTHER_STAGES = STAGES | {
    "key": "more", "stages": [{"key": "lk2", "label": "2", "prices": [{"amount": "2"}]}],
}  # fmt: skip


def asked(contract, number: int = 0) -> list:
    terms = contract.edition_on(PERIOD.first).data.remuneration
    segment = Segment(PERIOD, (Piece(PERIOD, 1, terms),), True, PERIOD.first, PERIOD)
    return ContractFacts(contract)(segment, terms[number])


def token(fact) -> str:
    return f"{fact.pk}.{fact.version}"


def counted(records, grain: Grain) -> dict:
    """Group records in Python: key → (minutes, how many, tokens)."""
    groups = defaultdict(list)
    for record in records:
        month = date(record.day.year, record.day.month, 1)
        first = record.day if grain is Grain.DAY else max(month, PERIOD.first)
        each = record.minutes if grain is Grain.RECORD else None
        session = (record.kind, record.participants, record.counsellors)
        groups[record.case.number, first, *session, each].append(record)
    return {
        key: (
            key[-1] if grain is Grain.RECORD else sum(record.minutes for record in group),
            len(group),
            [token(record) for record in sorted(group, key=lambda record: record.pk)],
        )
        for key, group in groups.items()
    }


@pytest.mark.parametrize("name", GRAINS)
def test_work_at_each_grain(name):
    contract = make_contract(remuneration=[HOURLY | GRAINS[name], STAGES])
    terms = contract.edition_on(PERIOD.first).data.remuneration[0]
    grain = model_of(terms).grain(terms)
    assert grain.value == name
    cases = [make_case(contract) for _ in range(3)]
    random = Random(1)
    records = []
    for number in range(60):
        record = make_record(
            random.choice(cases), day=date(2024, random.randint(2, 4), random.randint(1, 28)),
            minutes=random.choice([20, 30, 45]), kind=random.choice(["talk", "group"]),
            participants=random.choice([1, 6]),
        )  # fmt: skip
        records.append(withdraw(record, reason="test") if number % 7 == 0 else record)
    make_record(cases[0], stage="lk1", day=date(2024, 3, 1))
    make_record(make_case(make_contract()), day=date(2024, 3, 1))
    expected = counted(
        [r for r in records if r.status == "submitted" and PERIOD.contains(r.day)], grain
    )
    found = {
        (
            work.case, work.first, work.kind, work.participants, work.counsellors,
            work.minutes if grain is Grain.RECORD else None,
        ): (work.minutes, work.count, sorted(work.sources.split(), key=float))
        for work in asked(contract)
    }  # fmt: skip
    assert found == expected


def test_work_stays_inside_its_month_and_the_segment():
    contract = make_contract(remuneration=[HOURLY])
    case = make_case(contract)
    for day in (date(2024, 2, 10), date(2024, 3, 1), date(2024, 4, 20)):
        make_record(case, day=day)
    for day in (date(2024, 2, 9), date(2024, 4, 21)):
        make_record(case, day=day)
    assert [(work.first, work.last) for work in asked(contract)] == [
        (date(2024, 2, 10), date(2024, 2, 29)),
        (date(2024, 3, 1), date(2024, 3, 31)),
        (date(2024, 4, 1), date(2024, 4, 20)),
    ]


def test_sources_are_sorted_as_numbers():
    contract = make_contract(remuneration=[HOURLY])
    case = make_case(contract)
    records = [make_record(case, minutes=10) for _ in range(120)]
    statement, _changed = compute_statement(contract, Period(DAY, DAY))
    assert statement.lines.get().sources.split() == [token(record) for record in records]


# What is granted on 14 March, and for which days of March.
PLANS = {
    "none": ([], None, None),
    "open": ([("5", date(2024, 1, 8), None)], "300", None),
    "ended before": ([("5", date(2024, 1, 8), date(2024, 2, 29))], None, None),
    "ends on the first": ([("5", date(2024, 1, 8), date(2024, 3, 1))], None, (2, 31)),
    "ends on the day": ([("5", date(2024, 1, 8), date(2024, 3, 14))], "300", (1, 14)),
    "begins on the day": ([("5", date(2024, 3, 14), None)], "300", (14, 31)),
    "begins on the last": ([("5", date(2024, 3, 31), None)], None, (1, 30)),
    "begins after": ([("5", date(2024, 4, 1), None)], None, None),
    "the later of two": (
        [("5", date(2024, 1, 8), None), ("2.25", date(2024, 3, 20), None)], "300", (1, 19),
    ),
    "another plan of the same hours": (
        [("5", date(2024, 1, 8), date(2024, 3, 9)), ("5", date(2024, 3, 10), None)], "300", None,
    ),
    "one day of another": (
        [("5", date(2024, 1, 8), None), ("2", date(2024, 3, 15), date(2024, 3, 15))],
        "300", (1, 14),
    ),
    "the earlier goes on": (
        [("5", date(2024, 1, 8), None), ("2", date(2024, 2, 1), date(2024, 2, 29))], "300", None,
    ),
    "nothing granted": ([("0", date(2024, 1, 8), None)], "0", None),
}  # fmt: skip


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("name", PLANS)
def test_the_cap_is_what_the_plan_of_the_day_grants(name, grain):
    plans, minutes, days = PLANS[name]
    terms = HOURLY | GRAINS[grain] | {"cap": {"source": "support_plan"}}
    contract = make_contract(remuneration=[terms])
    case = make_case(contract)
    for hours, first, last in plans:
        make_plan(case, hours, valid_from=first, valid_until=last)
    make_record(case, day=date(2024, 3, 14), minutes=45)
    (work,) = asked(contract)
    assert work.cap_minutes == (None if minutes is None else Decimal(minutes))
    found = work.plan_days and (work.plan_days.first.day, work.plan_days.last.day)
    assert found == days
    if days and grain != "day":
        assert (work.first.day, work.last.day) == days


@pytest.mark.parametrize("name", GRAINS)
def test_work_is_cut_where_the_plan_changes(name):
    terms = HOURLY | GRAINS[name] | {"cap": {"source": "support_plan"}}
    contract = make_contract(remuneration=[terms])
    case, other = make_case(contract), make_case(contract)
    make_plan(case, "5", valid_until=date(2024, 3, 14))
    make_plan(case, "2", valid_from=date(2024, 3, 15))
    make_plan(other, "9")
    days = [(case, 3, 14), (case, 3, 15), (case, 3, 16), (case, 4, 1), (other, 3, 14)]
    records = [make_record(of, day=date(2024, month, day), minutes=45) for of, month, day in days]

    found = defaultdict(list)
    for work in asked(contract):
        each = work.minutes * work.count if name == "record" else work.minutes
        found[work.case, work.first.month, work.cap_minutes].append((each, work.sources))

    summed = {
        key: (sum(each for each, _ in rows), sorted(" ".join(t for _, t in rows).split()))
        for key, rows in found.items()
    }
    tokens = [token(record) for record in records]
    assert summed == {
        (case.number, 3, 300): (45, tokens[:1]),
        (case.number, 3, 120): (90, sorted(tokens[1:3])),
        (case.number, 4, 120): (45, tokens[3:4]),
        (other.number, 3, 540): (45, tokens[4:]),
    }


def test_costs_are_exact_in_cents():
    contract = make_contract(remuneration=[costs_of("salary", "rent")])
    for _ in range(100):
        make_payroll(contract, "0.10")
    make_payroll(contract, "1234567.89", cost_kind="rent")
    make_payroll(contract, "5.00", eligible=False)
    make_payroll(contract, "7.00", day=date(2024, 4, 21))
    withdraw(make_payroll(contract, "9.00"), reason="test")
    found = [(cost.kind, cost.amount, cost.count) for cost in asked(contract)]
    assert found == [("rent", Decimal("1234567.89"), 1), ("salary", Decimal("10.00"), 100)]


def test_each_term_reads_its_own_stages():
    contract = make_contract(remuneration=[STAGES, OTHER_STAGES])
    case = make_case(contract)
    records = [make_record(case, stage=stage) for stage in ("lk1", "lk2")]
    for number, record in enumerate(records):
        (completion,) = asked(contract, number)
        assert (completion.stage, completion.case, completion.day, completion.sources) == (
            record.stage, case.number, record.day, token(record),
        )  # fmt: skip


def test_a_completion_is_no_work():
    contract = make_contract(remuneration=[HOURLY, STAGES])
    make_record(make_case(contract), stage="lk1", kind="talk")
    assert asked(contract) == []
    assert ServiceRecord.objects.count() == 1


def test_a_case_opened_after_the_ground_was_read_is_billed():
    contract = make_contract()
    ground = grounds_of([contract])[contract.pk]
    make_record(make_case(contract), minutes=60, day=date(2024, 3, 5))

    statement, changed = compute_statement(contract, Period.parse("2024-03"), ground)

    assert changed and statement.lines.count() == 1
