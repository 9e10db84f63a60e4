"""What is learned after a statement was issued: corrections by line, with their cause."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from base.facts import change, withdraw
from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from forms.models import ServiceRecord
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_statement import compute_statement
from jobs.actions.resubmit_statement import resubmit_statement
from jobs.actions.return_statement import return_statement
from jobs.models import Statement
from tests.factories import (
    COSTS,
    HOURLY,
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
from tests.jobs.running import run_one
from tests.jobs.sample import PERIODS, bill, bill_late, import_sample, issue

MARCH = Period.parse("2024-03")
YEAR = Period.parse("2024")


@pytest.fixture(scope="module")
def sample(kept_rows):
    """The sample, all periods of 2024 issued, and the corrections that came of what was late."""
    import_sample()
    bill()
    bill_late()


def euros(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


BILLED = {
    "SB-2010-01": euros("37033.38"),
    "AC-2023-04": euros(
        "873.60", "1497.60", "1794.00", "1762.80", "2251.60", "1944.80",
        "1979.45", "1919.96", "2266.09", "2374.26", "2255.27", "1535.96",
    ),
    "SCH-2022-02": euros("1015.00", "1720.00", "1555.00", "2075.00"),
}  # fmt: skip


@pytest.mark.usefixtures("sample", "db")
@pytest.mark.parametrize("contract", BILLED)
def test_originals_stay_as_they_were_issued(contract):
    originals = Statement.objects.filter(contract__number=contract, sequence=0)
    issued = originals.filter(status="issued").order_by("period_first")
    assert [str(statement.period) for statement in issued] == [*PERIODS[contract]]
    assert [statement.total for statement in issued] == BILLED[contract]
    assert [statement.problems() for statement in issued] == [[] for _ in issued]


# contract, period, position: label or case, difference, what the cause names
LATE = {
    "SB-2010-01 2024": [
        ("Personalkosten", "120.00", "SB-P-2024-15"),
        ("Sachkosten", "0.00", "SB-P-2024-15"),
        ("Sonstige Kosten", "12.00", "SB-P-2024-15"),
    ],
    "AC-2023-04 2024-03": [("AC-K-001", "31.20", "AC-R-N001")],
    "AC-2023-04 2024-04": [("AC-K-003", "-31.20", "AC-R-0061")],
    "AC-2023-04 2024-09": [("AC-K-004", "-81.13", "AC-R-0191")],
}


@pytest.mark.usefixtures("sample", "db")
def test_what_came_late_makes_corrections_and_nothing_else():
    found = {}
    for correction in Statement.objects.filter(sequence__gt=0).order_by("period_first"):
        lines = correction.lines.select_related("case").order_by("position")
        found[f"{correction.contract.number} {correction.period}"] = [
            (line.case.number if line.case else line.label, str(line.amount)) for line in lines
        ]
    assert found == {
        key: [(about, amount) for about, amount, _named in rows] for key, rows in LATE.items()
    }


@pytest.mark.usefixtures("sample", "db")
@pytest.mark.parametrize("key", LATE)
def test_the_cause_names_the_record(key):
    number, period = key.split()
    days = Period.parse(period)
    correction = Statement.objects.get(
        contract__number=number, period_first=days.first, period_last=days.last, sequence=1
    )
    assert (correction.status, correction.corrects.sequence) == ("draft", 0)
    assert correction.instalments == 0
    causes = [line.cause for line in correction.lines.order_by("position")]
    assert all(named in cause for cause, (_, _, named) in zip(causes, LATE[key], strict=True))


@pytest.mark.usefixtures("sample", "db")
def test_the_correction_of_the_year_comes_to_what_the_year_is():
    original, correction = Statement.objects.filter(
        contract__number="SB-2010-01", period_first=date(2024, 1, 1)
    ).order_by("sequence")
    # 28,877.62 of personnel: 12 % are 3,465.31, less than 5,400.00; 10 % are 2,887.76.
    assert original.total + correction.total == Decimal("37165.38")
    assert (original.balance, correction.balance) == (Decimal("-966.62"), Decimal("132.00"))
    material = correction.lines.get(component="sachkosten")
    assert (material.computed, material.previous) == (Decimal("5400.00"), Decimal("5400.00"))
    assert material.quantity == Decimal("28877.62")


@pytest.mark.usefixtures("sample", "db")
def test_an_issued_correction_is_charged_and_leaves_nothing_to_do():
    correction = Statement.objects.get(contract__number="SB-2010-01", sequence=1)
    issue(correction)
    assert compute_statement(correction.contract, YEAR) == (None, False)


# Causes, each from a change to one hourly contract: 60.00 € an hour.


@pytest.fixture
def persons(db):
    return make_user("checker"), make_user("issuer")


@pytest.fixture
def issued(persons):
    """Return a function that brings a period up to date and issues it."""

    def issue_now(contract, period=MARCH) -> Statement:
        statement, _changed = compute_statement(contract, period)
        return issue_by_two(statement, *persons)

    return issue_now


@pytest.fixture
def billed(issued):
    """A case with two records, billed with 120.00 € for March."""
    case = make_case(make_contract())
    for number in (1, 2):
        make_record(case, day=date(2024, 3, 10 * number), reference=f"R-{number}")
    assert issued(case.contract).total == Decimal("120.00")
    return case


def second_of(case) -> ServiceRecord:
    return case.service_records.get(reference="R-2")


def shorter(case):
    change(second_of(case), reason="mistyped", minutes=30)


def unpaid(case):
    withdraw(second_of(case), reason="entered twice")


def later(case):
    make_record(case, reference="R-3", day=date(2024, 3, 4))


def moved(case):
    change(second_of(case), reason="mistyped", day=date(2024, 4, 2))


def dearer(case):
    amend(case.contract, applies_from=date(2024, 2, 1), remuneration=[raised("66.00")])


def cut(case):
    amend(case.contract, applies_from=date(2024, 3, 16), remuneration=[raised("66.00")])


def ended(case):
    end(case.contract, date(2024, 3, 15))


def capped(case):
    amend(
        case.contract, applies_from=date(2024, 2, 1),
        remuneration=[raised("60.00") | {"cap": {"source": "support_plan"}}],
    )  # fmt: skip


def raised(rate: str) -> dict:
    return HOURLY | {"rates": [{"amount": rate}]}


def end(contract, day: date):
    return give_notice(
        contract=contract, given_by=contract.provider, received_on=day, extraordinary=True,
        ends_on=day, reason="gross breach", by=somebody(),
    )  # fmt: skip


CAUSES = {
    "changed": (shorter, [("-30.00", "changed: R-2")]),
    "withdrawn": (unpaid, [("-60.00", "withdrawn: R-2")]),
    "late": (later, [("60.00", "received late: R-3")]),
    "moved to another month": (moved, [("-60.00", "changed: R-2")]),
    "dearer": (dearer, [("12.00", "contract edition 2 instead of 1")]),
    "cut by an amendment": (
        cut, [("-60.00", "now until 15.03.2024"), ("66.00", "contract edition 2")],
    ),
    "ended": (ended, [("-60.00", "the contract ended on 15.03.2024")]),
    "capped": (capped, [("-120.00", "contract edition 2 instead of 1")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSES)
def test_causes(name, billed, in_english):
    happens, expected = CAUSES[name]
    happens(billed)
    correction, changed = compute_statement(billed.contract, MARCH)
    assert changed
    lines = correction.lines.order_by("position")
    assert [(str(line.amount), line.cause) for line in lines] == expected


@pytest.fixture
def in_english(monkeypatch):
    """Causes are kept in German; here they are compared by their message ids."""
    monkeypatch.setattr("jobs.explanation.causes._", lambda text: text)


def test_another_plan_is_named(issued, in_english):
    contract = make_contract(remuneration=[HOURLY | {"cap": {"source": "support_plan"}}])
    case = make_case(contract)
    make_record(case, minutes=120)
    plan = make_plan(case, "1.5")
    assert issued(contract).total == Decimal("90.00")
    plan.hours_per_month = Decimal("1.75")
    plan.save()
    correction, _changed = compute_statement(contract, MARCH)
    line = correction.lines.get()
    assert (line.amount, line.cause) == (Decimal("15.00"), "another support plan")
    assert line.unbilled == Decimal("0.25")


def test_many_long_references_fit(billed):
    for number in range(12):
        make_record(billed, day=date(2024, 3, 4), reference=f"{number}-" + "x" * 70)
    for number in (1, 2):
        record = billed.service_records.get(reference=f"R-{number}")
        change(record, reason="mistyped", reference=f"{number}-" + "y" * 75, minutes=61)
    correction, _changed = compute_statement(billed.contract, MARCH)
    assert len(correction.lines.get().cause) <= 500


def test_an_earlier_period_is_corrected_by_the_next_run(billed, issued):
    later(billed)
    rows = run_one(billed.contract, Period.parse("2024-04"))
    assert [(row["period"], row["sequence"], row["total"]) for row in rows] == [
        ("2024-03", 1, "60.00"),
    ]


def test_a_pending_correction_follows_what_is_known(billed):
    record = make_record(billed, day=date(2024, 3, 4))
    pending, _changed = compute_statement(billed.contract, MARCH)
    assert pending.total == Decimal("60.00")
    withdraw(record, reason="entered twice")
    again, changed = compute_statement(billed.contract, MARCH)
    assert (again.pk, changed, again.total) == (pending.pk, True, Decimal("0.00"))
    assert not again.lines.exists()


def test_a_second_correction_goes_on_from_the_first(billed, issued):
    shorter(billed)
    assert issued(billed.contract).total == Decimal("-30.00")
    unpaid(billed)
    second = issued(billed.contract)
    line = second.lines.get()
    assert (line.computed, line.previous, line.amount) == tuple(euros("60.00", "90.00", "-30.00"))
    assert (second.sequence, second.corrects.sequence) == (2, 0)


# A contract that ends (A1-50, D18): billed to its last day.


@pytest.mark.django_db
def test_ended_at_once_it_is_billed_to_its_last_day():
    contract = make_contract(remuneration=[COSTS])
    for month in (1, 2, 3, 4, 5):
        make_payroll(contract, "3000.00", day=date(2024, month, 3))
    end(contract, date(2024, 4, 3))
    statement, _changed = compute_statement(contract, YEAR)
    # 4 × 3,000.00; at least 4/12 of 5,400.00 (12 % are only 1,440.00)
    assert [line.amount for line in statement.lines.order_by("position")] == euros(
        "12000.00", "1800.00"
    )
    assert {line.last for line in statement.lines.order_by("pk")} == {date(2024, 4, 3)}
    assert compute_statement(contract, Period.parse("2025")) == (None, False)


@pytest.mark.django_db
def test_ordinary_notice_ends_it_with_the_year():
    contract = make_contract(remuneration=[COSTS])
    make_payroll(contract, "3000.00", day=date(2024, 12, 30))
    make_payroll(contract, "3000.00", day=date(2025, 1, 2))
    give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 5, 2), by=somebody()
    )
    statement, _changed = compute_statement(contract, YEAR)
    assert statement.total == Decimal("8400.00")
    assert compute_statement(contract, Period.parse("2025")) == (None, False)


def test_ended_before_what_was_issued_everything_is_taken_back(billed):
    make_instalment(billed.contract, "100.00", first=MARCH.first, last=MARCH.last)
    end(billed.contract, date(2024, 2, 20))
    correction, _changed = compute_statement(billed.contract, MARCH)
    assert correction.total == Decimal("-120.00")
    # What was paid on account stays paid, and is owed back.
    assert (correction.instalments, correction.balance) == tuple(euros("100.00", "-220.00"))


def test_days_are_billed_in_one_statement(billed):
    with pytest.raises(ValidationError, match="2024-03-10..2024-04-09.* 2024-03\\b"):
        compute_statement(billed.contract, Period.parse("2024-03-10..2024-04-09"))
    with pytest.raises(ValidationError, match="2024-Q1.* 2024-03\\b"):
        compute_statement(billed.contract, Period.parse("2024-Q1"))


def test_of_two_drafts_the_one_checked_first_keeps_the_days(persons):
    case = make_case(make_contract())
    make_record(case)
    wide, _changed = compute_statement(case.contract, Period.parse("2024-Q1"))
    month, _changed = compute_statement(case.contract, MARCH)
    check_statement(month, by=persons[0])
    with pytest.raises(ValidationError, match="2024-Q1.* 2024-03\\b"):
        check_statement(wide, by=persons[0])
    # The draft left over stops no run.
    assert run_one(case.contract, Period.parse("2024-04"))


# What came to nothing does not stand as a draft of nothing.


def taken_back_and_forth(billed) -> tuple[ServiceRecord, Statement]:
    """A record entered after March was issued, its correction, the record withdrawn again."""
    late = make_record(billed, day=date(2024, 3, 20))
    correction, _changed = compute_statement(billed.contract, MARCH)
    withdraw(late, reason="entered twice")
    return late, correction


def test_a_correction_that_came_to_nothing_is_void(billed):
    _late, correction = taken_back_and_forth(billed)
    run_one(billed.contract, Period.parse("2024-04"))
    correction.refresh_from_db()
    assert (correction.status, correction.total, correction.lines.count()) == (
        "withdrawn", Decimal("0.00"), 0,
    )  # fmt: skip
    events = correction.events.order_by("pk").values_list("kind", flat=True)
    assert list(events) == ["computed", "withdrawn"]
    assert compute_statement(billed.contract, MARCH) == (None, False)


def test_void_is_used_again_for_the_next_correction(billed):
    _late, correction = taken_back_and_forth(billed)
    compute_statement(billed.contract, MARCH)
    make_record(billed, day=date(2024, 3, 21), minutes=30)
    again, changed = compute_statement(billed.contract, MARCH)
    assert (again.pk, changed) == (correction.pk, True)
    assert (again.status, again.sequence, again.total) == ("draft", 1, Decimal("30.00"))


@pytest.mark.parametrize("step", ["checked", "returned"])
def test_void_also_after_a_step(billed, persons, step):
    late = make_record(billed, day=date(2024, 3, 20))
    correction, _changed = compute_statement(billed.contract, MARCH)
    if step == "checked":
        check_statement(correction, by=persons[0])
    else:
        return_statement(correction, by=persons[0], reason="Who was there?")
    withdraw(late, reason="entered twice")
    compute_statement(billed.contract, MARCH)
    correction.refresh_from_db()
    assert (correction.status, correction.checked_by) == ("withdrawn", None)


def test_a_returned_original_waits_until_it_is_handed_in_again(persons):
    case = make_case(make_contract(remuneration=[HOURLY]))
    record = make_record(case, day=date(2024, 3, 14))
    original, _changed = compute_statement(case.contract, MARCH)
    return_statement(original, by=persons[0], reason="Who was there?")
    withdraw(record, reason="entered twice")
    compute_statement(case.contract, MARCH)
    original.refresh_from_db()
    assert original.status == "returned"
    assert resubmit_statement(original, by=make_user(), note="Nobody.").status == "withdrawn"


def test_void_does_not_keep_the_days_from_a_statement_of_another_period(persons):
    case = make_case(make_contract(remuneration=[HOURLY]))
    record = make_record(case, day=date(2024, 3, 14))
    compute_statement(case.contract, MARCH)
    withdraw(record, reason="entered twice")
    compute_statement(case.contract, MARCH)
    make_record(case, day=date(2024, 3, 15))
    quarter, _changed = compute_statement(case.contract, Period.parse("2024-Q1"))
    assert quarter.total == Decimal("60.00")
