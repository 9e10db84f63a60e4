"""Figures of money in small worlds, with sums that are added by hand."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils.translation import override

from base.workspace.figures import Narrowing
from contracts.billing import Period
from jobs import figures
from jobs.actions.compute_statement import compute_statement
from tests.factories import (
    MONTHLY_STATEMENT,
    bill_months_of_2024,
    make_contract,
    make_instalment,
    make_member,
    make_organisation,
    make_record,
)

pytestmark = pytest.mark.django_db

YEAR = Narrowing(date(2024, 1, 1), date(2024, 12, 31), date(2024, 5, 10))


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.fixture
def world():
    """January to March issued with 60 EUR each, April a draft of 120, May one of 60 EUR."""
    contract = make_contract("C-1", duties=[MONTHLY_STATEMENT])
    make_instalment(contract, "50.00", first=date(2024, 1, 1), last=date(2024, 1, 31))
    case = bill_months_of_2024(contract, 1, 2, 3)
    for day in (date(2024, 4, 2), date(2024, 4, 3), date(2024, 5, 2)):
        make_record(case, day=day)
    for month in ("2024-04", "2024-05"):
        compute_statement(contract, Period.parse(month))
    director = make_member(contract.commissioning_body, roles=["director"]).user
    return SimpleNamespace(contract=contract, director=director)


def said(lines) -> list[tuple]:
    return [
        (str(line.label), *(str(cell).replace("\u00a0", " ") for cell in line.cells))
        for line in lines
    ]


def test_statements_by_state(world):
    assert said(figures.by_state(world.director, YEAR)) == [
        ("draft", "2", "180,00 €"),
        ("issued", "3", "180,00 €"),
    ]


def test_what_is_billed_lies_in_the_period(world):
    spring = Narrowing(date(2024, 2, 1), date(2024, 4, 30), YEAR.today)

    assert figures.billed(world.director, YEAR).value == Decimal("180.00")
    found = figures.billed(world.director, spring)
    assert found.value == Decimal("120.00")
    assert str(found.remark) == "0,00\u00a0€ a year before"
    assert figures.not_issued(world.director, spring).value == 1
    assert figures.not_issued(world.director, YEAR).value == 2


@pytest.mark.parametrize(("today", "expected"), [("2024-05-14", 0), ("2024-05-15", 1)])
def test_overdue_is_what_was_due_before_today(world, today, expected):
    asked = Narrowing(YEAR.first, YEAR.last, date.fromisoformat(today))

    assert figures.overdue(world.director, asked).value == expected


def test_budget_of_a_contract(world):
    """January to April, 121 days, come to 300 EUR; the leap year has 366: 907,44 EUR."""
    assert said(figures.by_contract(world.director, YEAR)) == [
        ("C-1", "360,00 €", "180,00 €", "50,00 €", "907,44 €")
    ]
    (line,) = figures.by_contract(world.director, YEAR)
    assert str(line.cells[3].remark) == "from 121 of 366 days"


def obliged(first: str, last: str = ""):
    return SimpleNamespace(
        first=date.fromisoformat(first), last=date.fromisoformat(last) if last else None
    )


@pytest.mark.parametrize(
    ("first", "last", "until", "expected"),
    [
        ("2010-01-01", "", "2023-03-31", "405.56"),  # 100 × 365 / 90
        ("2023-03-01", "", "2023-03-31", "987.10"),  # 100 × 306 / 31
        ("2010-01-01", "2023-06-30", "2023-03-31", "201.11"),  # 100 × 181 / 90
        ("2010-01-01", "2023-03-31", "2023-03-31", "100.00"),
        ("2010-01-01", "", "2023-12-31", "100.00"),
    ],
)
def test_forecast_goes_on_day_by_day(first, last, until, expected):
    found = figures.forecast(
        Decimal(100), date.fromisoformat(until), Period.parse("2023"), obliged(first, last)
    )

    assert found.value == Decimal(expected)


def test_nothing_is_foretold_from_nothing():
    assert (
        figures.forecast(Decimal(0), None, Period.parse("2023"), obliged("2010-01-01")).value
        is None
    )


def test_a_provider_reads_its_own_money_alone(world):
    other = make_contract("C-2", provider=make_organisation("second"), duties=[MONTHLY_STATEMENT])
    bill_months_of_2024(other, 1)
    lead = make_member(other.provider, roles=["provider_lead"]).user

    assert [line.label for line in figures.by_contract(lead, YEAR)] == ["C-2"]
    assert figures.billed(lead, YEAR).value == Decimal("60.00")
    assert figures.billed(world.director, YEAR.at("provider", other.provider_id)).value == 60
    assert figures.billed(world.director, YEAR).value == 240
