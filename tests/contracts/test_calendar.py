"""The contract calendar: duties, notice dates and ends, what is done, whom it reminds."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from contracts.dates import calendar
from contracts.dates.calendar import ONE_DAY, EntryKind, Filed, entries, reminders
from contracts.models import Contract
from tests.factories import (
    BEGINS,
    DUTIES,
    MONTHLY_STATEMENT,
    RENEWED,
    amend,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    somebody,
)

pytestmark = pytest.mark.django_db

PROOF = {
    "key": "proof", "label": "Proof of use", "kind": "proof_of_use", "cycle": "year",
    "due": {"type": "last_working_day_of_following_month"}, "clause": "§ 5",
}  # fmt: skip
LONG_AGO = date(2000, 1, 1)


def d(text):
    return date.fromisoformat(text)


def shown(found):
    return [(due.day.isoformat(), str(due.kind), str(due.period or "")) for due in found]


@pytest.fixture
def filed(monkeypatch):
    """What there is for duties; tests add to it."""
    there = []
    kinds = (EntryKind.STATEMENT, EntryKind.REPORT)
    sources = {
        kind: (lambda keys, ended, kind=kind: [f for k, f in there if k == kind]) for kind in kinds
    }
    monkeypatch.setattr(calendar, "_sources", sources)
    return there


def test_a_year_of_a_contract_that_is_renewed(filed):
    """E1: notice by 30.06.2025 for the end of the year; the due dates are those of C4."""
    contract = make_contract(duties=[*DUTIES, PROOF])

    assert shown(entries([contract], Period.parse("2025"))) == [
        ("2025-01-31", "proof_of_use", "2024"),
        ("2025-01-31", "report", "2024-H2"),
        ("2025-03-31", "statement", "2024"),
        ("2025-06-30", "notice", "2026"),
        ("2025-07-31", "report", "2025-H1"),
    ]


def test_notice_given_takes_its_date_away_and_names_the_end(filed):
    contract = make_contract(duties=[])
    give_notice(
        contract=contract, given_by=contract.provider, received_on=d("2025-06-30"), by=somebody()
    )

    assert shown(entries([contract], Period.parse("2025"))) == [("2025-12-31", "end", "")]
    assert entries([contract], Period.parse("2026")) == []


def test_notice_too_late_leaves_the_renewal_and_no_further_date(filed):
    """The day that was missed stays in the calendar: until notice came, it was to be kept."""
    contract = make_contract(duties=[])
    give_notice(
        contract=contract, given_by=contract.provider, received_on=d("2025-07-01"), by=somebody()
    )

    assert shown(entries([contract], Period(d("2025-01-01"), d("2027-12-31")))) == [
        ("2025-06-30", "notice", "2026"),
        ("2026-12-31", "end", ""),
    ]


def test_the_last_period_is_cut_to_the_term(filed):
    """D18: ended at once on 10 March, the report on the days since January is due end of April."""
    contract = make_contract()
    give_notice(
        contract=contract, given_by=contract.provider, received_on=d("2025-03-10"),
        extraordinary=True, ends_on=d("2025-03-10"), reason="gross breach", by=somebody(),
    )  # fmt: skip

    found = entries([contract], Period(d("2025-03-01"), d("2026-12-31")))

    assert shown(found) == [
        ("2025-03-10", "end", ""),
        ("2025-03-31", "statement", "2024"),
        ("2025-04-30", "report", "2025-01-01..2025-03-10"),
        ("2026-03-31", "statement", "2025-01-01..2025-03-10"),
    ]


def test_duties_are_those_agreed_on_their_reference_date(filed):
    contract = make_contract(duties=DUTIES[:1])
    amend(contract, applies_from=d("2025-01-01"), duties=[MONTHLY_STATEMENT])

    found = entries([contract], Period(d("2025-01-01"), d("2025-03-31")))

    assert shown(found) == [
        ("2025-02-14", "statement", "2025-01"),
        ("2025-03-14", "statement", "2025-02"),
        ("2025-03-31", "statement", "2024"),
    ]


@pytest.mark.parametrize(
    ("there", "done"),
    [
        pytest.param([], False, id="nothing there"),
        pytest.param([("2024", False)], False, id="a draft"),
        pytest.param([("2024", True)], True, id="issued"),
        pytest.param([("2024-H1", True)], False, id="another period"),
        pytest.param([("2024", False), ("2024", True)], True, id="one of two"),
    ],
)
def test_what_is_done(filed, there, done):
    contract = make_contract(duties=DUTIES[:1])
    filed += [
        (EntryKind.STATEMENT, Filed(contract.pk, Period.parse(period), done=each, url="/x"))
        for period, each in there
    ]

    (due,) = entries([contract], Period(d("2025-03-01"), d("2025-03-31")))

    assert due.done is done


def test_what_stands_for_another_contract_is_not_counted(filed):
    contract, other = make_contract(duties=DUTIES[:1]), make_contract(duties=DUTIES[:1])
    filed.append((EntryKind.STATEMENT, Filed(other.pk, Period.parse("2024"), done=True)))

    found = entries([contract, other], Period(d("2025-03-01"), d("2025-03-31")))

    assert {due.contract: due.done for due in found} == {contract: False, other: True}


@pytest.mark.parametrize(
    ("today", "reminded"),
    [
        pytest.param("2024-12-31", ["2024-06-30", "2024-12-31"], id="last day of the period"),
        pytest.param("2025-01-01", ["2024-06-30", "2024-12-31"], id="first day after it"),
        pytest.param("2025-03-31", ["2024-06-30", "2024-12-31"], id="overdue"),
    ],
)
def test_open_reports_are_reminded_of_once_their_period_is_over(filed, today, reminded):
    contract = make_contract(duties=DUTIES[1:])
    since = d("2024-03-01")

    found = reminders([contract], d(today), since=since)

    periods = [due.period.last.isoformat() for due in found if due.kind == EntryKind.REPORT]
    assert periods == [day for day in reminded if day < today]


def test_nobody_is_reminded_of_what_is_done(filed):
    contract = make_contract(duties=DUTIES[1:])
    for period in ("2024-H1", "2024-H2"):
        filed.append((EntryKind.REPORT, Filed(contract.pk, Period.parse(period), done=True)))

    assert reminders([contract], d("2025-02-20"), since=d("2024-03-01")) == []


def test_what_was_due_before_the_installation_is_left_alone_unless_it_waits_here(filed):
    contract = make_contract(duties=DUTIES[1:])
    filed.append(
        (EntryKind.REPORT, Filed(contract.pk, Period.parse("2023-H2"), done=False, url="/r"))
    )

    found = reminders([contract], d("2025-02-20"), since=d("2025-01-01"))

    assert [(str(due.period), due.filed.url) for due in found] == [("2023-H2", "/r")]


@pytest.mark.parametrize(
    ("today", "reminded"),
    [("2025-03-31", False), ("2025-04-01", True), ("2025-06-30", True), ("2025-07-01", False)],
)
def test_notice_is_reminded_of_three_months_ahead_and_not_afterwards(filed, today, reminded):
    """D7: warn from 01.04."""
    contract = make_contract(duties=[])

    found = reminders([contract], d(today), since=LONG_AGO)

    assert [due.day for due in found] == ([d("2025-06-30")] if reminded else [])


def test_number_of_queries_does_not_depend_on_the_number_of_contracts(filed):
    made = [make_contract(duties=DUTIES) for _number in range(4)]

    def queries(contracts):
        with CaptureQueriesContext(connection) as captured:
            reminders(contracts, d("2025-02-20"), since=BEGINS)
        return len(captured)

    some = Contract.objects.order_by("pk")
    assert queries(list(some.filter(pk=made[0].pk))) == queries(list(some)) > 0
    assert len(reminders(made, d("2025-02-20"), since=BEGINS)) % len(made) == 0


def test_a_kind_has_one_source(filed):
    with pytest.raises(ValueError, match="statement"):
        calendar.register(EntryKind.STATEMENT, lambda keys, ended: [])


def shown_to(client, user, **query) -> str:
    client.force_login(user)
    client.cookies["django_language"] = "en"
    response = client.get(reverse("contract-calendar"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_page_of_a_year(client, filed):
    """E1: the calendar of 2025 shows the notice date."""
    contract = make_contract("SB-1")
    report = Filed(contract.pk, Period.parse("2024-H2"), done=True, url="/there/")
    filed.append((EntryKind.REPORT, report))
    manager = make_member(make_commissioning_body(), roles=["manager"]).user

    html = shown_to(client, manager, year="2025")

    days = re.findall(r"(\d\d\.\d\d\.2025)</td>", html)
    assert days == ["31.01.2025", "31.03.2025", "30.06.2025", "31.07.2025"]
    assert 'href="/there/"' in html
    assert html.count(">done<") == 1
    only_open = shown_to(client, manager, year="2025", state="open")
    assert "31.01.2025</td>" not in only_open
    assert "31.03.2025</td>" in only_open
    assert shown_to(client, manager, year="2025", kind="notice").count("</td>") == 5


@time_machine.travel("2025-03-10T11:00:00+00:00", tick=False)
def test_page_begins_today_unless_a_year_is_asked_for(client, filed):
    make_contract("SB-1")
    manager = make_member(make_commissioning_body(), roles=["manager"]).user

    html = shown_to(client, manager)

    days = re.findall(r"(\d\d\.\d\d\.\d{4})</td>", html)
    assert (days[0], days[-1]) == ("31.03.2025", "30.01.2026")
    assert "From today until 28.02.2026." in html
    assert re.findall(r'href="\?year=(\d+)"', html) == ["2025", "2026"]
    assert "31.01.2025</td>" in shown_to(client, manager, year="2025")


def test_filters_that_are_set_are_chips_and_fold_away(client, filed):
    contract = make_contract("SB-1")
    manager = make_member(make_commissioning_body(), roles=["manager"]).user

    html = shown_to(client, manager, year="2025", contract=contract.pk, state="open")

    chips = re.findall(r'<a class="chip" href="([^"]+)">\s*<span>([^<]+)<strong>([^<]+)<', html)
    assert [(label, value) for _url, label, value in chips] == [
        ("Contract: ", str(contract)),
        ("State: ", "open only"),
    ]
    assert chips[1][0].endswith(f"?year=2025&amp;contract={contract.pk}")
    assert '<details class="filters">' in html


def test_page_shows_nothing_of_other_providers(client, filed):
    make_contract("SB-1")
    stranger = make_member(make_organisation("other"), roles=["counsellor"]).user

    assert "SB-1" not in shown_to(client, stranger, year="2025")


def test_of_a_year_that_holds_much_one_month_is_shown(client, filed, monkeypatch):
    monkeypatch.setattr("contracts.views.calendar.MOST_AT_ONCE", 3)
    make_contract("SB-1")
    manager = make_member(make_commissioning_body(), roles=["manager"]).user

    html = shown_to(client, manager, year="2025", month="6")

    assert re.findall(r"(\d\d\.\d\d\.2025)</td>", html) == ["30.06.2025"]
    assert re.findall(r'href="[^"]*year=2025&amp;month=(\d+)', html) == ["1", "3", "6", "7"]


@pytest.mark.parametrize(
    ("agreed", "first_reminded"),
    [
        # Due on 14 March for February, over since 1 March.
        pytest.param({"remind_days": 7}, "2025-03-07", id="a week"),
        pytest.param({"remind_days": 0}, "2025-03-14", id="on the day"),
        pytest.param({}, "2025-03-01", id="30 days, but not before the month is over"),
        pytest.param({"remind_days": 900}, "2025-03-01", id="long"),
    ],
)
def test_how_long_before_a_duty_people_are_reminded_is_agreed(filed, agreed, first_reminded):
    contract = make_contract(duties=[MONTHLY_STATEMENT | agreed])

    def reminded(day):
        found = reminders([contract], day, since=d("2025-02-01"))
        return "2025-02" in [str(due.period) for due in found]

    assert reminded(d(first_reminded))
    assert not reminded(d(first_reminded) - ONE_DAY)


@pytest.mark.parametrize(
    ("agreed", "first_reminded"),
    [
        # Notice for the end of 2025 has to arrive by 30 June.
        pytest.param({}, "2025-04-01", id="three months"),
        pytest.param({"remind_notice_months": 1}, "2025-06-01", id="one month"),
        pytest.param({"remind_notice_months": 11}, "2024-08-01", id="longer than a fixed look"),
    ],
)
def test_how_long_before_the_last_day_for_notice_is_agreed(filed, agreed, first_reminded):
    contract = make_contract(duties=[], term=RENEWED | agreed)

    def reminded(day):
        found = reminders([contract], day, since=LONG_AGO)
        return d("2025-06-30") in [due.day for due in found if due.kind == EntryKind.NOTICE]

    assert reminded(d(first_reminded))
    assert not reminded(d(first_reminded) - ONE_DAY)


@pytest.mark.parametrize(
    ("agreed", "first_reminded"),
    [
        pytest.param({}, "2025-10-02", id="90 days"),
        pytest.param({"remind_end_days": 400}, "2024-11-26", id="400 days"),
    ],
)
def test_how_long_before_its_end_is_agreed(filed, agreed, first_reminded):
    term = {"begins": BEGINS, "first_ends": d("2025-12-31")} | agreed
    contract = make_contract(duties=[], term=term)

    def reminded(day):
        return [due.kind for due in reminders([contract], day, since=LONG_AGO)] == [EntryKind.END]

    assert reminded(d(first_reminded))
    assert not reminded(d(first_reminded) - ONE_DAY)
