"""Terms in turns and limits per person, from records to statement, explanation and screen."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from contracts.billing import Period
from forms.actions.open_case import open_case
from forms.person_limits import person_limits
from forms.plan_months import plan_months
from jobs.actions.compute_statement import compute_statement
from jobs.documents.statement import statement_context
from jobs.explanation.amounts import explain, explanation_of
from tests.factories import (
    HOURLY,
    issue_by_two,
    make_case,
    make_contract,
    make_member,
    make_plan,
    make_record,
    make_session,
    somebody,
)

pytestmark = pytest.mark.django_db
MARCH, APRIL = Period.parse("2024-03"), Period.parse("2024-04")
TALK = [{"key": "talk"}]
KINDS = [{"key": key, "label": key.title()} for key in ("talk", "journey")]
FULL = HOURLY | {"kinds": TALK, "cap": {"source": "fixed", "quantity": "2"}}
REST = HOURLY | {"key": "rest", "label": "Rest", "rates": [{"amount": "20.00"}], "kinds": TALK}
AFTER = {"after": ["hours"]}
PLANNED = {"cap": {"source": "support_plan"}}


def bill(contract, period=MARCH):
    return compute_statement(contract, period)[0]


def lines(statement):
    found = statement.lines.order_by("position").select_related("case")
    return [(line.term, line.case.number, line.amount, line.unbilled) for line in found]


def second_case(case, number):
    """Another case of the same client under the same contract."""
    return open_case(
        number=number, client=case.client, contract=case.contract, assigned_on=case.assigned_on,
        agreed=True, reason="", by=somebody(),
    )  # fmt: skip


def test_a_contract_is_approved_with_two_prices_for_one_work_only_in_turns():
    with pytest.raises(ValidationError, match="talk"):
        make_contract(remuneration=[FULL, REST])
    make_contract(remuneration=[FULL, REST | AFTER])


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        pytest.param(REST | AFTER, ("40.00", 0), id="without a cap"),
        # 45 minutes of a plan that grants them for the whole month are left to the second term.
        pytest.param(
            REST | AFTER | {"cap": {"source": "support_plan"}},
            ("15.00", Decimal("1.25")),
            id="plan",
        ),
        # Two records of an hour each, rounded up to 90 minutes.
        pytest.param(
            REST | AFTER | {"increment": {"minutes": "45", "mode": "up", "per": "record"}},
            ("60.00", 0),
            id="by records",
        ),
    ],
)
def test_records_go_from_term_to_term(rest, expected):
    contract = make_contract(remuneration=[FULL, rest])
    case = make_case(contract, "F-1")
    make_plan(case, "0.75")
    records = [
        make_record(case, day=date(2024, 3, day), minutes=minutes)
        for day, minutes in ((12, 60), (4, 80), (9, 40), (20, 60))
    ]

    statement = bill(contract)

    amount, unbilled = expected
    assert lines(statement) == [
        ("hours", "F-1", Decimal("120.00"), 0),
        ("rest", "F-1", Decimal(amount), unbilled),
    ]
    full, left = statement.lines.order_by("position")
    assert left.sources == f"{records[0].pk}.1 {records[3].pk}.1"
    assert explanation_of(full).notes == ("weitere 2 h gehen über an „Rest“",)
    assert explanation_of(left).notes == ("übrig gelassen von „Hours“, das zuerst kommt",)
    notes = [line["notes"] for line in statement_context(statement)["lines"]]
    assert notes[0] == "weitere 2 h gehen über an „Rest“"
    assert "übrig gelassen von „Hours“, das zuerst kommt" in notes[1].split("; ")


def test_a_line_names_every_term_that_left_its_work():
    roads = FULL | {"key": "roads", "label": "Roads", "kinds": [{"key": "journey"}]}
    rest = REST | {"kinds": [*TALK, {"key": "journey"}], "after": ["hours", "roads"]}
    contract = make_contract(remuneration=[FULL, roads, rest], kinds_of_work=KINDS)
    case = make_case(contract, "F-1")
    for kind in ("talk", "journey"):
        make_record(case, day=date(2024, 3, 4), minutes=150, kind=kind)

    statement = bill(contract)

    note = "übrig gelassen von „Hours“, „Roads“, die zuerst kommen"
    assert explanation_of(statement.lines.order_by("position").last()).notes == (note,)
    assert statement_context(statement)["lines"][-1]["notes"] == note


@pytest.mark.parametrize("plan_first", [True, False])
def test_the_plan_s_bar_counts_what_reaches_the_plan(plan_first):
    """Four hours: two under the cap and two under the plan, or one under the plan and three on."""
    plain = [FULL, REST | AFTER | PLANNED]
    if plan_first:
        plain = [HOURLY | {"kinds": TALK} | PLANNED, REST | AFTER]
    # Terms that share nothing are computed apart, those that come first in the contract first.
    apart = HOURLY | {"key": "apart", "label": "Apart", "kinds": [{"key": "journey"}]}
    contract = make_contract(remuneration=[apart, *plain], kinds_of_work=KINDS)
    case = make_case(contract, "F-1")
    make_plan(case, "1")
    make_record(case, day=date(2024, 3, 4), minutes=240)

    found = {line.term: (line.quantity, line.unbilled) for line in bill(contract).lines.all()}
    march, february, _january = plan_months(case, MARCH.last)

    if plan_first:
        assert found == {"hours": (1, 0), "rest": (3, 0)}
        assert (march.used, march.unbilled, march.rest, march.level) == (1, 0, 0, "reached")
    else:
        assert found == {"hours": (2, 0), "rest": (1, 1)}
        assert (march.used, march.unbilled, march.rest, march.level) == (2, 1, 0, "exceeded")
    assert (march.granted, february.used, february.granted) == (1, 0, 1)


def test_a_group_goes_on_in_whole_minutes_of_its_record():
    """Ninety minutes for three are 30 each; one hour of the case is taken, then 20 of the 30."""
    kinds = [{"key": "talk"}, {"key": "group", "share": "staff"}]
    full = FULL | {"kinds": kinds, "cap": {"source": "fixed", "quantity": "1.1666"}}
    contract = make_contract(remuneration=[full, REST | AFTER | {"kinds": kinds}])
    case = make_case(contract, "F-1")
    make_record(case, day=date(2024, 3, 4), minutes=60)
    make_session([case], participants=3, day=date(2024, 3, 5))

    full, rest = bill(contract).lines.order_by("position")

    assert full.quantity + rest.quantity == Decimal("1.5")
    assert rest.sources == full.sources.split()[1]


LIMIT = {"person_limit": {"quantity": "3", "per": "year"}}


def test_a_person_has_one_limit_on_the_statement_and_on_the_page_of_each_case(client):
    contract = make_contract(remuneration=[HOURLY | LIMIT])
    one = make_case(contract, "F-1")
    two = second_case(one, "F-2")
    other = make_case(contract, "F-3")
    make_record(one, day=date(2024, 3, 4), minutes=120)
    make_record(two, day=date(2024, 3, 11), minutes=45)
    make_record(two, day=date(2024, 4, 2), minutes=90)
    make_record(other, day=date(2024, 4, 2), minutes=240)

    march, april = bill(contract), bill(contract, APRIL)

    assert lines(march) == [
        ("hours", "F-1", Decimal("120.00"), 0),
        ("hours", "F-2", Decimal("45.00"), 0),
    ]
    assert lines(april) == [
        ("hours", "F-2", Decimal("15.00"), Decimal("1.25")),
        ("hours", "F-3", Decimal("180.00"), Decimal("1.00")),
    ]
    mine = april.lines.get(case=two)
    note = "von der Grenze je Person im Jahr von 3 h waren zuvor 2,75 h verbraucht"
    assert explanation_of(mine).notes == (note,)
    assert f"   {note}" in list(explain(april))

    for case in (one, two):
        (limit,) = person_limits(case, date(2024, 4, 30))
        assert (limit.used, limit.whole, limit.percent) == (3, 3, 100)
        (limit,) = person_limits(case, date(2024, 3, 31))
        assert (limit.used * 60, limit.text) == (165, "2,75 von 3 h")
    assert person_limits(other, date(2024, 4, 30))[0].used == 3


def test_the_page_of_a_case_shows_what_statements_keep(client):
    contract = make_contract(
        remuneration=[HOURLY | {"person_limit": {"amount": "100", "per": "contract"}}]
    )
    case = make_case(contract, "F-1")
    make_record(case, day=date(2024, 3, 4), minutes=50)
    assert bill(contract).total == Decimal("50.00")
    member = make_member(contract.provider)
    client.force_login(member.user)

    page = client.get(reverse("case", args=[case.pk])).content.decode()

    assert "Grenze je Person" in page
    assert "50,00\u00a0€ von 100,00\u00a0€" in page


def test_another_number_and_another_order_of_cases_change_no_cent():
    """The same work under other numbers: what was worked first has room first."""
    found = []
    terms = HOURLY | {
        "rates": [{"amount": "64.90"}],
        "person_limit": {"quantity": "2", "per": "year"},
    }
    for first, then in (("A", "B"), ("B", "A")):
        contract = make_contract(remuneration=[terms])
        one = make_case(contract, f"{first}-{contract.pk}")
        two = second_case(one, f"{then}-{contract.pk}")
        make_record(two, day=date(2024, 3, 11), minutes=70)
        make_record(one, day=date(2024, 3, 4), minutes=80)
        statement = bill(contract)
        by_case = {line.case_id == one.pk: line.amount for line in statement.lines.all()}
        found.append(by_case)
    # 80 minutes are 86.53, the 40 that are left 43.27.
    assert found == [{True: Decimal("86.53"), False: Decimal("43.27")}] * 2


def test_a_late_record_moves_the_limit_and_the_correction_says_so():
    contract = make_contract(remuneration=[HOURLY | LIMIT])
    one = make_case(contract, "F-1")
    two = second_case(one, "F-2")
    make_record(two, day=date(2024, 3, 11), minutes=180)
    issue_by_two(bill(contract))
    make_record(one, day=date(2024, 3, 4), minutes=60)

    correction = bill(contract)

    assert [(line.case.number, line.amount) for line in correction.lines.order_by("position")] == [
        ("F-1", Decimal("60.00")),
        ("F-2", Decimal("-60.00")),
    ]
    causes = [line.cause for line in correction.lines.order_by("position")]
    assert causes[0].startswith("nachgereicht")
    assert causes[1] == "andere Nutzung der Grenze je Person"
