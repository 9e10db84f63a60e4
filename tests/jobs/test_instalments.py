"""Payments on account: each is settled once, in the last statement where no later one comes."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.actions.give_notice import give_notice
from contracts.actions.pay_instalment import change_instalment
from contracts.billing import Period
from jobs.actions.compute_statement import compute_statement
from jobs.models import Statement
from jobs.statements.job import select
from tests.factories import (
    MONTHLY_STATEMENT,
    issue_by_two,
    make_case,
    make_contract,
    make_instalment,
    make_record,
    make_user,
    somebody,
)
from tests.jobs.running import run_one

pytestmark = pytest.mark.django_db

OPEN = {"begins": "2024-01-01", "notice_months": 1, "notice_to": "month_end"}
JANUARY, FEBRUARY, MARCH = (Period.parse(f"2024-{month:02}") for month in (1, 2, 3))


@pytest.fixture
def contract():
    """A contract billed by months, an hour of 60.00 € in January, 100.00 € paid for each month."""
    contract = make_contract(duties=[MONTHLY_STATEMENT], term=OPEN)
    make_record(make_case(contract), day=date(2024, 1, 15))
    for period in (JANUARY, FEBRUARY, MARCH):
        make_instalment(contract, "100.00", first=period.first, last=period.last)
    return contract


def end(contract, day: date) -> None:
    give_notice(
        contract=contract, given_by=contract.provider, received_on=day, extraordinary=True,
        ends_on=day, reason="gross breach", by=somebody(),
    )  # fmt: skip


def settled(contract) -> dict[str, list[str]]:
    """Instalments by period: of the original, then of each correction."""
    found: dict[str, list[str]] = {}
    rows = Statement.objects.standing().filter(contract=contract)
    for statement in rows.order_by("period_first", "sequence"):
        found.setdefault(str(statement.period), []).append(str(statement.instalments))
    return found


def issue(contract, *periods) -> None:
    checker, releaser = make_user(), make_user()
    for period in periods:
        statement, _changed = compute_statement(contract, period)
        issue_by_two(statement, checker, releaser)


def test_the_last_statement_takes_what_was_paid_for_later(contract):
    end(contract, date(2024, 1, 31))
    run_one(contract, JANUARY)
    assert settled(contract) == {"2024-01": ["300.00"]}
    assert Statement.objects.get().balance == Decimal("-240.00")


def test_the_first_statement_takes_what_was_paid_before(contract):
    make_instalment(contract, "50.00", first=date(2023, 12, 1), last=date(2023, 12, 31))
    run_one(contract, JANUARY)
    assert settled(contract) == {"2024-01": ["150.00"]}


def test_a_draft_for_a_time_after_the_end_leaves_its_instalment_to_the_last(contract):
    run_one(contract, FEBRUARY)
    run_one(contract, MARCH)
    end(contract, date(2024, 1, 31))
    assert contract in select(Period.parse("2024-07"), None)
    run_one(contract, JANUARY)
    assert settled(contract) == {"2024-01": ["300.00"]}
    assert set(Statement.objects.values_list("period_first", "status")) == {
        (JANUARY.first, "draft"), (FEBRUARY.first, "withdrawn"), (MARCH.first, "withdrawn"),
    }  # fmt: skip
    assert contract not in select(Period.parse("2024-07"), None)


def test_what_was_issued_keeps_what_it_took(contract):
    issue(contract, JANUARY, FEBRUARY)
    end(contract, date(2024, 1, 31))
    run_one(contract, JANUARY)
    assert settled(contract) == {"2024-01": ["100.00", "100.00"], "2024-02": ["100.00"]}


def test_an_instalment_of_another_time_moves_whatever_period_is_run(contract):
    issue(contract, JANUARY, FEBRUARY)
    moved = contract.instalments.get(period_last=JANUARY.last)
    change_instalment(
        moved, by=make_user(), reason="meant for February", amount=moved.amount,
        paid_on=moved.paid_on, period=FEBRUARY,
    )  # fmt: skip
    run_one(contract, JANUARY)
    assert settled(contract) == {"2024-01": ["100.00", "-100.00"], "2024-02": ["100.00", "100.00"]}


def test_a_known_end_is_settled_though_nothing_was_done(contract):
    end(contract, date(2024, 3, 31))
    make_instalment(contract, "70.00", first=date(2024, 4, 1), last=date(2024, 12, 31))
    run_one(contract, MARCH)
    assert settled(contract)["2024-03"] == ["170.00"]
