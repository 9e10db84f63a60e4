"""What was written leaves marks, and runs look there; what people see of it."""

from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from base.immutability import opened_gate
from base.workspace.worklist import Worklist
from contracts.billing import Period
from contracts.models import ChangeMark
from forms.models import Case, ServiceRecord
from jobs import marks, runs, spot_checks
from jobs.actions import compute_statements
from jobs.actions.compute_statement import compute_statement
from jobs.marks import is_outdated, take_up
from jobs.models import ComputedPeriod, JobRun, Statement
from jobs.spot_checks import spot_check
from jobs.statements.job import JOB
from tests import factories
from tests.jobs import test_property as world
from tests.jobs.running import run, run_one, told

pytestmark = pytest.mark.django_db

MARCH, APRIL = Period.parse("2024-03"), Period.parse("2024-04")
QUARTERS = [Period.parse("2024-Q1"), Period.parse("2024-Q2")]
MONTHLY = factories.MONTHLY_STATEMENT
QUARTERLY = MONTHLY | {"cycle": "quarter"}


# --- marks


@pytest.fixture
def record(db):
    made = factories.make_record(factories.make_case(factories.make_contract(duties=[MONTHLY])))
    run(MARCH)
    ChangeMark.objects.all().delete()
    return made


def marked() -> list[tuple]:
    """What is marked: contract and days."""
    return list(ChangeMark.objects.order_by("pk").values_list("contract", "first", "last"))


@pytest.mark.silent_writes
def test_a_mark_says_for_which_days(record):
    ServiceRecord.objects.filter(pk=record.pk).update(day=date(2024, 5, 7))
    ends = [(first, last) for contract, first, last in marked() if contract == record.contract_id]
    assert any(first <= date(2024, 5, 7) <= last for first, last in ends)
    assert any(first <= record.day <= last for first, last in ends)
    assert not any(first <= date(2024, 4, 15) <= last for first, last in ends)


@pytest.mark.silent_writes
def test_what_says_nothing_to_statements_has_no_run_of_them_look(record):
    Case.objects.filter(pk=record.case_id).update(agreed=False)
    assert set(ChangeMark.objects.values_list("reports_only", flat=True)) == {True}
    assert not is_outdated(Statement.objects.get())
    assert run(MARCH) == []


def test_a_mark_outdates_what_rests_on_its_days_and_nothing_else(record):
    factories.make_record(record.case, day=date(2024, 4, 3))
    run(APRIL)
    factories.make_record(record.case, day=date(2024, 3, 20))
    take_up()
    rows = ComputedPeriod.objects.order_by("period_first")
    assert list(rows.values_list("period_first", "outdated")) == [
        (MARCH.first, True),
        (APRIL.first, False),
    ]


def test_who_attends_with_others_marks_them_too(record):
    """The share of each follows from the place among all, whatever contract they are under.

    Sessions of another provider may have the same name.
    """
    own = {"day": date(2024, 3, 6), "session": "S-1", "participants": 2, "kind": "group"}
    factories.make_record(record.case, **own)
    other = factories.make_case(factories.make_contract(duties=[MONTHLY]))
    elsewhere = factories.make_organisation("elsewhere")
    stranger = factories.make_case(factories.make_contract(provider=elsewhere, duties=[MONTHLY]))
    run(MARCH)
    factories.make_record(stranger, **own)
    assert run(MARCH) == [stranger.contract.number]
    factories.make_record(other, **own)
    assert run(MARCH) == sorted([record.contract.number, other.contract.number])


def test_what_is_agreed_per_year_rests_on_its_earlier_days():
    terms = world.AGREED["costs, minimum in twelfths"][0]
    contract = factories.make_contract(remuneration=terms, duties=[MONTHLY])
    factories.make_payroll(contract, "1000.00", day=date(2024, 4, 8), cost_kind="salary")
    run(APRIL)
    factories.make_payroll(contract, "10.00", day=date(2024, 2, 8), cost_kind="salary")
    assert run(MARCH) == [contract.number]
    assert run(APRIL) == []


def test_a_draft_of_an_earlier_rhythm_stays_outdated_until_it_is_computed(record):
    """A run of its days is not for the contract any more, and does not compute it."""
    factories.amend(record.contract, applies_from=date(2024, 1, 1), duties=[QUARTERLY])
    factories.make_record(record.case, day=date(2024, 3, 21))
    draft = Statement.objects.get()
    assert run(MARCH) == []
    assert is_outdated(draft)
    assert run(QUARTERS[0]) == [record.contract.number]
    assert not is_outdated(draft)


def test_a_period_asked_for_one_contract_is_none_that_runs_tell_of(record):
    factories.amend(record.contract, applies_from=date(2024, 1, 1), duties=[QUARTERLY])
    february = Period.parse("2024-02")
    run_one(record.contract, february)
    assert told(february) == []


def test_what_is_written_during_a_run_is_left_for_the_next(record, monkeypatch):
    factories.make_record(record.case, day=date(2024, 3, 21))
    asked = compute_statements.grounds_of

    def meanwhile(contracts):
        factories.make_record(record.case, day=date(2024, 3, 22))
        return asked(contracts)

    monkeypatch.setattr(compute_statements, "grounds_of", meanwhile)
    assert run(MARCH) == [record.contract.number]
    monkeypatch.undo()
    assert run(MARCH) == [record.contract.number]
    assert run(MARCH) == []


def test_an_upgrade_has_everything_looked_at(record):
    assert run(MARCH) == []
    call_command("migrate", verbosity=0)
    assert run(MARCH) == [record.contract.number]
    assert run(MARCH) == []


def test_of_two_runs_after_an_upgrade_one_has_everything_looked_at(record, monkeypatch):
    """The other waits for the lock, and finds that the mark of all contracts is gone."""
    ChangeMark.objects.create(contract=None)
    lock = marks.lock_contracts

    def wait_for_the_other_run(keys=None):
        monkeypatch.undo()
        assert run(MARCH) == [record.contract.number]
        lock(keys)

    monkeypatch.setattr(marks, "lock_contracts", wait_for_the_other_run)
    assert run(MARCH) == []


def test_who_asks_for_one_contract_has_it_looked_at(record):
    assert JOB.started(MARCH, record.contract.number).contracts == [record.contract]


# --- runs


def carry_out() -> dict:
    claimed = runs.claim("statements", MARCH, holder=runs.new_holder(), again=True)
    return runs.carry_out(claimed)


def test_a_run_tells_of_all_contracts_what_there_is(record):
    kinds = [{"key": key, "label": key.title()} for key in ("talk", "journey")]
    talks = world.hourly("60.00")[0] | {"kinds": [{"key": "talk"}]}
    other = factories.make_contract(
        "Z-1", duties=[MONTHLY], kinds_of_work=kinds, remuneration=[talks]
    )
    factories.make_record(factories.make_case(other), kind="journey", day=date(2024, 3, 5))
    first = carry_out()
    factories.make_record(record.case, day=date(2024, 3, 21))
    changed = carry_out()
    again = carry_out()

    assert [row["changed"] for row in first["statements"]] == [False]
    assert [row["changed"] for row in changed["statements"]] == [True]
    assert [row["changed"] for row in again["statements"]] == [False]
    assert again["statements"][0] == changed["statements"][0] | {"changed": False}
    assert first["skipped"] == changed["skipped"] == again["skipped"]
    assert [row["contract"] for row in again["skipped"]] == [other.number]
    assert "Journey" in again["skipped"][0]["reason"]
    stored = JobRun.objects.get()
    assert (stored.done, stored.total) == (2, 2)


def test_a_rhythm_that_ends_inside_a_month_is_looked_at_once_and_told_of_again():
    contract = factories.make_contract(duties=[QUARTERLY])
    factories.amend(contract, applies_from=date(2024, 3, 16), duties=[MONTHLY])
    case = factories.make_case(contract)
    for day in (date(2024, 2, 5), date(2024, 3, 21)):
        factories.make_record(case, day=day)
    first, again = carry_out(), carry_out()
    periods = ["2024-01-01..2024-03-15", "2024-03-16..2024-03-31"]
    assert [row["period"] for row in first["statements"]] == periods
    assert run(MARCH) == []
    assert again["skipped"] == first["skipped"] == []
    assert again["statements"] == [row | {"changed": False} for row in first["statements"]]
    assert spot_check() == []
    factories.make_record(case, day=date(2024, 2, 6))
    assert run(MARCH) == [contract.number]


def test_a_contract_that_fails_takes_none_of_its_neighbours_with_it(monkeypatch):
    contracts = [factories.make_contract(f"B-{number}", duties=[MONTHLY]) for number in range(5)]
    for contract in contracts:
        factories.make_record(factories.make_case(contract))
    computation = compute_statements.computation

    def failing(period, segments, ground, facts):
        if facts.contract == contracts[2]:
            raise ZeroDivisionError
        return computation(period, segments, ground, facts)

    monkeypatch.setattr(compute_statements, "computation", failing)
    outcome = carry_out()

    assert [row["contract"] for row in outcome["failed"]] == ["B-2"]
    assert [row["contract"] for row in outcome["statements"]] == ["B-0", "B-1", "B-3", "B-4"]
    assert Statement.objects.count() == 4
    monkeypatch.undo()
    assert [row["contract"] for row in carry_out()["statements"] if row["changed"]] == ["B-2"]


def test_one_that_is_refused_is_skipped_and_tried_again(record):
    month = Statement.objects.get()
    month.period_first = date(2024, 2, 15)
    month.status, month.checked_by = "checked", factories.make_user()
    month.save()
    ComputedPeriod.objects.all().delete()
    for _again in range(2):
        outcome = carry_out()
        assert [row["contract"] for row in outcome["skipped"]] == [record.contract.number]
        assert outcome["statements"] == []


# --- what people see


def test_a_statement_says_that_it_is_older_than_its_facts(record):
    statement = Statement.objects.get()
    assert not is_outdated(statement)
    factories.make_record(record.case, day=date(2024, 4, 2))
    assert not is_outdated(statement)
    factories.make_record(record.case, day=date(2024, 3, 21))
    assert is_outdated(statement)
    take_up()
    assert is_outdated(statement)
    compute_statement(record.contract, MARCH)
    assert not is_outdated(statement)


def test_a_run_for_one_contract_leaves_nothing_of_it_older_than_its_facts(record):
    factories.make_record(record.case, day=date(2024, 4, 2))
    run(APRIL)
    for day in (date(2024, 3, 21), date(2024, 4, 3)):
        factories.make_record(record.case, day=day)
    run_one(record.contract, MARCH)
    assert [is_outdated(each) for each in Statement.objects.all()] == [False, False]


@pytest.mark.silent_writes
def test_the_spot_check_finds_what_left_no_mark(client, record):
    """Who starts runs finds it where failed ones are: at home, in the menu, on the page of jobs."""
    finance = factories.make_member(factories.make_commissioning_body(), roles=["finance"]).user
    assert spot_check() == []
    with opened_gate("as if a trigger were missing"):
        ServiceRecord.objects.filter(pk=record.pk).update(minutes=7)
        ChangeMark.objects.all().delete()
    before = Statement.objects.get().total

    call_command("spot_check")

    assert Statement.objects.get().total == before
    entries = [each.entry for each in Worklist(finance).first_of("spot-checks", 5)]
    assert [entry.title.split(",")[0] for entry in entries] == [record.contract.number]
    assert Worklist(finance).count_at("runs") == 1
    client.force_login(finance)
    page = client.get(reverse("runs")).content.decode()
    assert f'href="{entries[0].url}">{entries[0].title}</a>' in page
    assert run(MARCH) == [record.contract.number]
    assert Statement.objects.get().total != before
    assert not ComputedPeriod.objects.filter(forgotten_on__isnull=False).exists()
    assert Worklist(finance).count_at("runs") == 0
    assert entries[0].title not in client.get(reverse("runs")).content.decode()


@pytest.mark.silent_writes
def test_the_spot_check_goes_on_after_one_that_fails_and_keeps_what_was_marked(record, monkeypatch):
    records = [record]
    for _more in range(2):
        case = factories.make_case(factories.make_contract(duties=[MONTHLY]))
        records.append(factories.make_record(case))
    run(MARCH)
    ChangeMark.objects.all().delete()
    failing, marked_since, forgotten = (each.contract for each in records)
    with opened_gate("as if a trigger were missing"):
        ServiceRecord.objects.filter(contract=forgotten).update(minutes=7)
        ChangeMark.objects.all().delete()
    factories.make_record(records[1].case, day=date(2024, 3, 21))
    compute = spot_checks.compute_statement

    def compute_or_fail(contract, period):
        if contract == failing:
            raise ZeroDivisionError
        return compute(contract, period)

    monkeypatch.setattr(spot_checks, "compute_statement", compute_or_fail)
    assert [row.contract for row in spot_check()] == [forgotten]

    rows = {row.contract_id: row for row in ComputedPeriod.objects.all()}
    assert rows[forgotten.pk].outdated and rows[forgotten.pk].forgotten_on
    assert rows[marked_since.pk].outdated and not rows[marked_since.pk].forgotten_on
    assert not rows[failing.pk].outdated
    assert not ChangeMark.objects.exists()
