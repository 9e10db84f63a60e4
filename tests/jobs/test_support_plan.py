"""Plans that begin, change or end inside a month: the statement and the case's page agree."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from contracts.billing import Period
from forms.plan_months import plan_months
from jobs.actions.compute_statement import compute_statement
from tests.factories import HOURLY, make_case, make_contract, make_plan, make_record

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2024-03")

# Plans (hours, first, last day of March), work (day, hours); what is billed and what is not.
PLANS = {
    "ended before the work": ([("12", 1, 15)], [(20, 8)]),
    "begins after the work": ([("12", 28, 31)], [(5, 6)]),
    "from 20 h to 5 h": ([("20", 1, 30), ("5", 31, 31)], [(5, 6), (12, 6), (19, 6)]),
    "from 5 h to 20 h": ([("5", 1, 30), ("20", 31, 31)], [(5, 6), (12, 6), (19, 6)]),
    "work on both sides": ([("6", 1, 10), ("3", 11, 31)], [(4, 3), (10, 1), (11, 2), (25, 2)]),
}
EXPECTED = {
    ("ended before the work", "by_days"): ("0.00", 8),
    ("ended before the work", "plan_of_day"): ("0.00", 8),
    ("begins after the work", "by_days"): ("0.00", 6),
    ("begins after the work", "plan_of_day"): ("0.00", 6),
    # 20 x 30/31 = 19.35 h
    ("from 20 h to 5 h", "by_days"): ("1080.00", 0),
    ("from 20 h to 5 h", "plan_of_day"): ("1080.00", 0),
    # 5 x 30/31 = 4.8387 h
    ("from 5 h to 20 h", "by_days"): ("290.32", 18 - Fraction(150, 31)),
    ("from 5 h to 20 h", "plan_of_day"): ("300.00", 13),
    # 6 x 10/31 = 1.9355 h and 3 x 21/31 = 2.0323 h
    ("work on both sides", "by_days"): ("238.06", 8 - Fraction(60 + 63, 31)),
    # four hours of six, then no more than three
    ("work on both sides", "plan_of_day"): ("240.00", 4),
}


@pytest.mark.parametrize("increment", [None, "record", "day"])
@pytest.mark.parametrize(("name", "change"), EXPECTED)
def test_a_plan_counts_on_its_days(name, change, increment):
    plans, work = PLANS[name]
    amount, unbilled = EXPECTED[name, change]
    terms = HOURLY | {"cap": {"source": "support_plan", "plan_change": change}}
    if increment:
        # Records of full quarters: rounding changes nothing, but how facts are summed.
        terms |= {"increment": {"minutes": "15", "mode": "up", "per": increment}}
    contract = make_contract(remuneration=[terms])
    case = make_case(contract, assigned_on=date(2024, 3, 1))
    for hours, first, last in plans:
        days = {"valid_from": date(2024, 3, first), "valid_until": date(2024, 3, last)}
        make_plan(case, hours, **days)
    for day, hours in work:
        make_record(case, day=date(2024, 3, day), minutes=hours * 60)

    statement, _changed = compute_statement(contract, MARCH)
    line = statement.lines.get()
    (month,) = plan_months(case, date(2024, 3, 31))

    assert statement.total == Decimal(amount)
    assert abs(line.unbilled - Decimal(float(unbilled))) < Decimal("0.0001")
    assert (month.used, month.unbilled) == (sum(hours for _day, hours in work), unbilled)


def test_by_days_unless_agreed_otherwise():
    contract = make_contract(remuneration=[HOURLY | {"cap": {"source": "support_plan"}}])
    case = make_case(contract, assigned_on=date(2024, 3, 1))
    make_plan(case, "10", valid_from=date(2024, 3, 17))
    make_record(case, day=date(2024, 3, 20), minutes=600)

    statement, _changed = compute_statement(contract, MARCH)

    # 10 x 15/31 = 4.8387 h
    assert statement.total == Decimal("290.32")
