"""Work without a price is refused when a contract is approved, and named where it happens."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from contracts.billing import Period
from contracts.dates.obligations import obligations
from jobs.registry import Skipped
from jobs.statements.job import JOB
from jobs.statements.unpriced import unpriced_work
from tests.factories import COSTS, HOURLY, amend, make_case, make_contract, make_record
from tests.jobs.running import run_one

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2024-03")
KINDS = [{"key": key, "label": key.title()} for key in ("talk", "group", "journey")]
LATER = [{"amount": "60.00", "valid_from": "2024-03-01"}]
STAGES = {
    "model": "service_complexes", "key": "lk", "label": "LK", "clause": "§ 4",
    "stages": [
        {"key": "lk1", "label": "1", "prices": [{"amount": "1"}]},
        {"key": "lk2", "label": "2", "prices": [{"amount": "1", "valid_from": "2024-03-01"}]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("terms", [HOURLY | {"rates": LATER}, STAGES], ids=["rate", "price"])
def test_prices_that_begin_after_their_term_are_refused(terms):
    with pytest.raises(ValidationError, match=r"gilt erst ab 2024-03-01"):
        make_contract(remuneration=[terms])
    make_contract(remuneration=[terms | {"valid_from": "2024-03-01"}])


def test_an_amendment_needs_prices_from_its_first_day():
    contract = make_contract(remuneration=[HOURLY])
    with pytest.raises(ValidationError, match=r"Beträge ab 2024-02-01"):
        amend(contract, applies_from=date(2024, 2, 1), remuneration=[HOURLY | {"rates": LATER}])
    contract = make_contract(remuneration=[HOURLY])
    amend(contract, applies_from=date(2024, 3, 1), remuneration=[HOURLY | {"rates": LATER}])


OTHERS = {
    "work": (HOURLY, HOURLY | {"key": "more", "kinds": [{"key": "talk"}]}),
    "stages": (
        STAGES | {"stages": STAGES["stages"][:1]},
        STAGES | {"key": "more", "stages": STAGES["stages"][:1]},
    ),
    "costs": (COSTS, COSTS | {"key": "more"}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_two_terms_price_at_once_is_refused(name):
    one, other = OTHERS[name]
    with pytest.raises(ValidationError, match="more: .* doppelt vergütet"):
        make_contract(remuneration=[one, other])
    make_contract(
        remuneration=[
            one | {"valid_until": "2024-02-29"},
            other | {"valid_from": "2024-03-01"},
        ]
    )


def test_a_run_names_work_that_no_term_prices():
    contract = make_contract(remuneration=[HOURLY], kinds_of_work=KINDS)
    case = make_case(contract)
    make_record(case, day=date(2024, 3, 5), minutes=60)
    for day in (6, 7):
        make_record(case, day=date(2024, 3, day), minutes=75, kind="journey")
    make_record(case, day=date(2024, 4, 7), minutes=75, kind="journey")

    (row,) = run_one(contract, MARCH)

    assert row["total"] == "60.00"
    assert row["findings"] == [
        "2024-03: Journey: 2 Leistungsnachweise (2,5 Std.), die keine Vergütung abdeckt"
    ]
    assert row["findings"][0] in JOB.describe(row)


def test_it_is_named_where_there_is_nothing_else():
    contract = make_contract(remuneration=[HOURLY], kinds_of_work=KINDS)
    make_record(make_case(contract), day=date(2024, 4, 7), minutes=75, kind="journey")

    with pytest.raises(Skipped, match=r"Journey: 1 Leistungsnachweis \(1,25 Std.\)"):
        run_one(contract, Period.parse("2024-04"))


def test_priced_is_what_is_priced_on_the_day():
    ended = HOURLY | {"kinds": [{"key": "group"}], "key": "ended", "valid_until": "2024-03-10"}
    talks = HOURLY | {"kinds": [{"key": "talk"}]}
    contract = make_contract(remuneration=[talks, ended], kinds_of_work=KINDS)
    case = make_case(contract)
    for day in (10, 11):
        make_record(case, day=date(2024, 3, day), minutes=30, kind="group")
        make_record(case, day=date(2024, 3, day), minutes=30)

    (row,) = run_one(contract, MARCH)

    assert [text.split(":")[1:] for text in row["findings"]] == [
        [" Group", " 1 Leistungsnachweis (0,5 Std.), den keine Vergütung abdeckt"],
    ]


@pytest.mark.parametrize(("terms", "said"), [([COSTS], []), ([COSTS, HOURLY], ["Journey"])])
def test_costs_pay_for_work_where_none_is_priced_apart(terms, said):
    contract = make_contract(remuneration=terms, kinds_of_work=KINDS)
    make_record(make_case(contract), day=date(2024, 3, 5), minutes=60, kind="journey")

    assert [each.what for each in unpriced_work(contract, MARCH, obligations(contract))] == said


def test_nothing_is_said_where_all_is_priced():
    contract = make_contract(remuneration=[HOURLY])
    make_record(make_case(contract), day=date(2024, 3, 5), minutes=60)

    (row,) = run_one(contract, MARCH)

    assert "findings" not in row
