"""What ends or shortens something shows what was billed or reported and would be corrected."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from base.asking import ANSWER
from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.models import ReportVersion, Statement
from tests.factories import (
    HOURLY,
    MONTHLY_STATEMENT,
    issue_by_two,
    make_case,
    make_contract,
    make_member,
    make_plan,
    make_record,
    make_user,
    somebody,
)

pytestmark = pytest.mark.django_db

MARCH = Period.parse("2024-03")
CAPPED = HOURLY | {"cap": {"source": "support_plan"}}
OPEN = {"begins": "2010-01-01", "notice_months": 1, "notice_to": "month_end"}
SHORTER = {"valid_from": "2024-03-01", "valid_until": "2024-03-15", "hours_per_month": "20"}


@pytest.fixture
def case():
    """A case with 20 h a month from March on; of two hours on 20 March 120.00 € are issued."""
    contract = make_contract(duties=[MONTHLY_STATEMENT], remuneration=[CAPPED], term=OPEN)
    case = make_case(contract, assigned_on=date(2024, 3, 1))
    make_plan(case, "20")
    make_record(case, day=date(2024, 3, 20), minutes=120)
    statement, _changed = compute_statement(contract, MARCH)
    assert issue_by_two(statement).total == Decimal("120.00")
    return case


def signed_in(client, organisation, *roles):
    person = make_user()
    make_member(organisation, roles=roles, user=person)
    client.force_login(person)


def sent(client, address: str, values: dict):
    """Send a form as the page gives it out; return what comes back."""
    page = client.get(address)
    hidden = {"_reference": page.context["reference"], "_seen": page.context["seen"]}
    return client.post(address, hidden | values)


def told(response) -> list[tuple]:
    return [(each.unit, each.before, each.after) for each in response.context["effects"]]


def again(response, values: dict) -> dict:
    """What the page sends that shows an effect."""
    asked, context = response.context["confirmation"], response.context
    hidden = {"_reference": context["reference"], "_seen": context["seen"]}
    return hidden | {asked.name: asked.value} | values


def test_a_plan_that_ends_before_billed_work_says_so_first(client, case):
    body = case.contract.commissioning_body
    signed_in(client, body, "caseworker", "manager")
    address = reverse("case-support-plan", args=[case.pk])
    asked = sent(client, address, SHORTER)
    assert told(asked) == [
        ("h", Decimal("0.00"), Decimal("2.00")), ("EUR", Decimal("120.00"), Decimal("0.00")),
    ]  # fmt: skip
    page = asked.content.decode()
    assert "2,00\u00a0h" in page and "\u2212120,00\u00a0€" in page
    assert case.support_plans.get().valid_until is None
    assert Statement.objects.count() == 1

    # Other values are another question.
    other = SHORTER | {"valid_until": "2024-03-16"}
    asked = client.post(address, again(asked, other))
    assert asked.status_code == 200
    assert client.post(address, again(asked, other)).status_code == 302
    assert case.support_plans.get().valid_until == date(2024, 3, 16)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        pytest.param({}, [("EUR", 120, 40)], id="the next pays all"),
        pytest.param(
            {"cap": {"source": "fixed", "quantity": "0.5"}},
            [("h", 0, Decimal("1.5")), ("EUR", 120, 10)],
            id="the next pays half an hour",
        ),
    ],
)
def test_hours_that_another_term_pays_are_not_announced_as_unpaid(client, rest, expected):
    """Two hours leave the plan at 60.00; the term that comes after it pays 20.00 an hour."""
    after = HOURLY | {"key": "rest", "label": "Rest", "after": ["hours"]} | rest
    remuneration = [CAPPED, after | {"rates": [{"amount": "20.00"}]}]
    contract = make_contract(duties=[MONTHLY_STATEMENT], remuneration=remuneration, term=OPEN)
    case = make_case(contract, assigned_on=date(2024, 3, 1))
    make_plan(case, "20")
    make_record(case, day=date(2024, 3, 20), minutes=120)
    assert issue_by_two(compute_statement(contract, MARCH)[0]).total == Decimal("120.00")
    signed_in(client, contract.commissioning_body, "caseworker", "manager")

    assert told(sent(client, reverse("case-support-plan", args=[case.pk]), SHORTER)) == expected


def test_hours_go_on_from_term_to_term_before_they_are_unpaid(client):
    """Of two hours that leave the plan the next term takes half an hour, the last a quarter."""
    rest, last = ({"source": "fixed", "quantity": hours} for hours in ("0.5", "0.25"))
    remuneration = [
        CAPPED,
        HOURLY | {"key": "rest", "label": "Rest", "after": ["hours"], "cap": rest},
        HOURLY | {"key": "last", "label": "Last", "after": ["hours", "rest"], "cap": last},
    ]
    contract = make_contract(duties=[MONTHLY_STATEMENT], remuneration=remuneration, term=OPEN)
    case = make_case(contract, assigned_on=date(2024, 3, 1))
    make_plan(case, "20")
    make_record(case, day=date(2024, 3, 20), minutes=120)
    signed_in(client, contract.commissioning_body, "caseworker")

    asked = sent(client, reverse("case-support-plan", args=[case.pk]), SHORTER)

    assert told(asked) == [("h", Decimal("0.00"), Decimal("1.25"))]


def test_who_may_not_read_statements_learns_of_the_hours_alone(client, case):
    signed_in(client, case.contract.commissioning_body, "caseworker")
    asked = sent(client, reverse("case-support-plan", args=[case.pk]), SHORTER)
    assert told(asked) == [("h", Decimal("0.00"), Decimal("2.00"))]
    assert "120,00" not in asked.content.decode()


def test_what_changes_nothing_is_stored_at_once(client, case):
    signed_in(client, case.contract.commissioning_body, "caseworker", "manager")
    later = {"valid_from": "2024-04-01", "valid_until": "", "hours_per_month": "4"}
    assert sent(client, reverse("case-support-plan", args=[case.pk]), later).status_code == 302
    assert case.support_plans.count() == 2


def test_an_effect_that_has_become_another_one_is_shown_anew(client, case):
    signed_in(client, case.contract.commissioning_body, "caseworker")
    address = reverse("case-support-plan", args=[case.pk])
    asked = sent(client, address, SHORTER)
    make_record(case, day=date(2024, 3, 21), minutes=30)
    asked = client.post(address, again(asked, SHORTER))
    assert told(asked) == [("h", Decimal("0.00"), Decimal("2.50"))]
    assert case.support_plans.get().valid_until is None


def test_closing_a_case_in_a_half_year_that_was_reported(client, case):
    half = Period.parse("2024-H1")
    compute_report(case.contract, half)
    signed_in(client, case.contract.commissioning_body, "caseworker")
    address = reverse("case-status", args=[case.pk])
    closing = {"status": "closed", "valid_from": "2024-05-31", "reason": "moved away"}
    asked = sent(client, address, closing)
    assert told(asked) == [("version", Decimal(1), Decimal(2))]
    assert ReportVersion.objects.count() == 1
    assert case.closed_since(date(2024, 6, 30)) is None
    assert client.post(address, again(asked, closing)).status_code == 302
    assert case.closed_since(date(2024, 6, 30)) == date(2024, 5, 31)


def test_withdrawing_a_notice_shows_what_is_charged_again(client, case):
    contract = case.contract
    notice = give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 3, 19),
        extraordinary=True, ends_on=date(2024, 3, 19), reason="gross breach", by=somebody(),
    )  # fmt: skip
    correction, _changed = compute_statement(contract, MARCH)
    assert issue_by_two(correction).total == Decimal("-120.00")
    signed_in(client, contract.commissioning_body, "manager")
    address = reverse("notice-withdraw", args=[notice.pk])
    values = {
        "on": "2024-03-19", "agreed_by_body": "E. Eins", "agreed_by_provider": "T. Traum",
        "reason": "The parties found another way.",
    }  # fmt: skip
    asked = sent(client, address, values)
    assert told(asked) == [("EUR", Decimal("0.00"), Decimal("120.00"))]
    notice.refresh_from_db()
    assert not notice.is_withdrawn
    assert ANSWER in asked.content.decode()
    assert client.post(address, again(asked, values)).status_code == 302
    notice.refresh_from_db()
    assert notice.is_withdrawn
