"""What editions and notices of a contract say about its term, duties and due dates."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from contracts.actions.give_notice import give_notice
from contracts.dates.obligations import (
    Agreed,
    contract_period,
    due_on,
    obligations,
    obligations_of,
)
from tests.factories import (
    DUTIES,
    MONTHLY_STATEMENT,
    RENEWED,
    amend,
    contract_content,
    make_contract,
    somebody,
)

pytestmark = pytest.mark.django_db


def d(text):
    return date.fromisoformat(text) if text else None


def test_term_and_calendar_are_read_from_the_content():
    content = contract_content(
        calendar={"state": "NI", "holidays": ["2024-07-31"], "christmas_eve_off": True}
    )

    agreed = Agreed.model_validate(content.model_dump(include={"term", "calendar"}))
    assert agreed.lasting.notice_months == 6
    calendar = agreed.working_days
    assert not calendar.is_working_day(d("2024-10-31"))
    assert not calendar.is_working_day(d("2024-07-31"))
    assert not calendar.is_working_day(d("2024-12-24"))
    assert calendar.is_working_day(d("2024-12-31"))


FIXED = {"begins": "2024-02-01", "first_ends": "2024-11-30"}
OPEN = {"begins": "2024-02-01", "notice_months": 1, "notice_to": "month_end"}


@pytest.mark.parametrize(
    ("term", "notices", "last"),
    [
        pytest.param(RENEWED, [], None, id="renewed each year: no known end"),
        pytest.param(RENEWED, [("2024-06-30", None)], "2024-12-31", id="notice on the last day"),
        pytest.param(RENEWED, [("2024-07-01", None)], "2025-12-31", id="notice a day late"),
        pytest.param(
            RENEWED, [("2024-07-01", None), ("2024-06-30", None)], "2024-12-31",
            id="two notices: the earlier end",
        ),
        pytest.param(
            RENEWED, [("2024-06-30", None), ("2024-08-10", "2024-08-17")], "2024-08-17",
            id="terminated at once, after notice",
        ),
        pytest.param(
            RENEWED, [("2024-06-30", None), ("2025-02-01", "2025-02-01")], "2024-12-31",
            id="terminated after its end",
        ),
        pytest.param(FIXED, [], "2024-11-30", id="not renewed: ends with its first term"),
        pytest.param(FIXED, [("2024-03-01", "2024-03-15")], "2024-03-15", id="fixed, terminated"),
        pytest.param(OPEN, [], None, id="open-ended"),
        pytest.param(OPEN, [("2024-05-15", None)], "2024-06-30", id="open-ended, notice"),
    ],
)  # fmt: skip
def test_period_of_a_contract(term, notices, last):
    contract = make_contract(term=term)
    for received_on, ends_on in notices:
        give_notice(
            contract=contract, given_by=contract.provider, received_on=d(received_on),
            extraordinary=bool(ends_on), ends_on=d(ends_on), reason="breach" if ends_on else "",
            by=somebody(),
        )  # fmt: skip

    first = term["begins"] if isinstance(term["begins"], date) else d(term["begins"])
    assert contract_period(contract) == (first, d(last))


def test_notice_follows_the_term_in_force_when_it_was_received():
    contract = make_contract()
    amend(contract, applies_from=d("2024-04-01"), term=RENEWED | {"notice_months": 3})

    give_notice(
        contract=contract, given_by=contract.provider, received_on=d("2024-09-30"), by=somebody()
    )

    assert contract_period(contract)[1] == d("2024-12-31")


def test_amended_term_prolongs_a_contract():
    contract = make_contract(term=FIXED)
    amend(contract, applies_from=d("2024-10-01"), term=FIXED | {"first_ends": "2025-06-30"})

    assert contract_period(contract) == (d("2024-02-01"), d("2025-06-30"))


@pytest.mark.parametrize(
    ("kind", "reference", "due"),
    [
        pytest.param("report", "2023-12-31", "2024-01-31", id="report 31.12.23"),
        pytest.param("report", "2024-06-30", "2024-07-31", id="report 30.06.24"),
        pytest.param("report", "2025-12-31", "2026-01-30", id="report 31.12.25: Friday before"),
        pytest.param("report", "2027-06-30", "2027-07-30", id="report 30.06.27: Friday before"),
        pytest.param("statement", "2023-12-31", "2024-04-02", id="statement at Easter 2024"),
        pytest.param("statement", "2024-12-31", "2025-03-31", id="statement on the day"),
        pytest.param("statement", "2024-06-30", None, id="no annual period ends in June"),
        pytest.param("report", "2024-05-31", None, id="no half year ends in May"),
        pytest.param("proof_of_use", "2024-12-31", None, id="not agreed"),
    ],
)
def test_due_dates(kind, reference, due):
    assert due_on(make_contract(), kind, d(reference)) == d(due)


def test_last_day_of_a_terminated_contract_is_its_reference_date():
    contract = make_contract()
    give_notice(
        contract=contract, given_by=contract.commissioning_body, received_on=d("2024-08-17"),
        extraordinary=True, ends_on=d("2024-08-17"), reason="breach", by=somebody(),
    )  # fmt: skip

    assert due_on(contract, "report", d("2024-12-31")) == d("2024-09-30")
    assert due_on(contract, "report", d("2024-08-17")) == d("2024-09-30")
    assert due_on(contract, "statement", d("2024-12-31")) == d("2025-03-31")


def test_duty_is_the_one_in_force_on_the_reference_date():
    contract = make_contract()
    amend(contract, applies_from=d("2024-07-01"), duties=[MONTHLY_STATEMENT])

    for day, cycle in (("2024-06-30", "year"), ("2024-07-01", "month")):
        assert [each.cycle for each in obligations(contract).duties("statement", d(day))] == [cycle]
    assert due_on(contract, "report", d("2024-06-30")) == d("2024-07-31")
    assert due_on(contract, "report", d("2024-12-31")) is None
    # The 14th day after Wednesday 31 July.
    assert due_on(contract, "statement", d("2024-07-31")) == d("2024-08-14")


def test_many_contracts_cost_as_many_queries_as_one(django_assert_num_queries):
    contracts = [make_contract(duties=duties) for duties in (DUTIES, [MONTHLY_STATEMENT], [])]

    with django_assert_num_queries(3):
        found = obligations_of(contracts)
    # Editions never change: what they say is read once.
    with django_assert_num_queries(2):
        assert obligations_of(contracts) == found

    assert len(found) == 3
    # Where nothing is agreed a contract is billed by the month, once.
    cycles = [found[contract.pk].billed[0].cycle for contract in contracts]
    assert cycles == ["year", "month", "month"]


@pytest.mark.parametrize(
    ("ends_on", "reason"),
    [
        pytest.param("2009-12-31", "breach", id="a day before the contract begins"),
        pytest.param("2024-08-17", " \t\n", id="blank reasons are none"),
    ],
)
def test_no_end_before_the_beginning_and_none_without_reasons(ends_on, reason):
    contract = make_contract()

    with pytest.raises(ValidationError):
        give_notice(
            contract=contract, given_by=contract.commissioning_body, received_on=d("2024-08-17"),
            extraordinary=True, ends_on=d(ends_on), reason=reason, by=somebody(),
        )  # fmt: skip

    assert not contract.notices.exists()
    give_notice(
        contract=contract, given_by=contract.commissioning_body, received_on=d("2024-08-17"),
        extraordinary=True, ends_on=d("2010-01-01"), reason="breach", by=somebody(),
    )  # fmt: skip
    assert contract_period(contract) == (d("2010-01-01"), d("2010-01-01"))
