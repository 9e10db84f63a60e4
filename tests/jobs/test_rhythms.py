"""Rhythms of duties: every day is billed once and due once, whatever amendments say."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.exchange.importing import import_files
from contracts.billing import Period
from contracts.dates.calendar import EntryKind, entries
from contracts.dates.duties import MONTHS_PER_CYCLE
from contracts.dates.obligations import Agreed, AgreedEdition, Obligations, obligations
from contracts.models import Contract
from jobs.models import Report, Statement
from jobs.registry import job_named
from jobs.schedule import SCHEDULE
from jobs.statements.job import select
from tests.factories import MONTHLY_STATEMENT, amend, contract_content, make_contract
from tests.jobs.running import run_one
from tests.jobs.sample import import_sample

CASES = Path(__file__).parents[1] / "files" / "cases"
CYCLES = {
    "month": [f"2024-{month:02}" for month in range(1, 13)],
    "quarter": [f"2024-Q{number}" for number in range(1, 5)],
    "half": ["2024-H1", "2024-H2"],
    "year": ["2024"],
}


@pytest.fixture(scope="module")
def sample(kept_rows):
    import_sample()


@pytest.fixture
def case(sample, db):
    """Imports a case on top of the sample."""

    def imported(name: str, number: str) -> Contract:
        import_files([CASES / name], save=True)
        return Contract.objects.get(number=number)

    return imported


def run_year(name: str) -> None:
    """Do what the schedule does for a year, in its order: run what ended first."""
    job = job_named(name)
    cycles = {entry.cycle for entry in SCHEDULE if entry.job == name}
    periods = [Period.parse(text) for cycle in cycles for text in CYCLES[cycle]]
    for period in sorted(periods, key=lambda each: (each.last, each.days)):
        contracts = job.started(period, None).contracts
        work = job.begin(contracts, period)
        for contract in contracts:
            if contract.number.startswith("PB-"):
                work([contract])


def test_a_rhythm_that_changes_is_billed_without_a_gap(case):
    contract = case("cycle-change", "PB-CYCLE3")

    run_year("statements")

    billed = Statement.objects.filter(contract=contract).order_by("period_first")
    first, *months = [(str(each.period), str(each.total)) for each in billed]
    assert first == ("2024-H1", "360.00")
    assert months == [(f"2024-{month:02}", "60.00") for month in range(7, 13)]
    # Ten working days after Sunday 30 June.
    assert billed[0].due_on == date(2024, 7, 12)
    due = entries([contract], Period.parse("2024"))
    assert [(each.period.first, each.period.last) for each in due][0] == (
        date(2024, 1, 1),
        date(2024, 6, 30),
    )


def test_the_year_s_run_finds_what_an_amendment_learned_late_ended_early(case):
    contract = case("cycle-change", "PB-CYCLE3")

    assert contract in select(Period.parse("2024"), None)
    run_one(contract, Period.parse("2024"))

    [statement] = Statement.objects.filter(contract=contract)
    assert (str(statement.period), str(statement.total)) == ("2024-H1", "360.00")


def test_all_reports_that_are_agreed_are_made(case):
    contract = case("report-duties", "PB-REPQ")

    run_year("reports")

    made = {str(each.period): each.due_on for each in Report.objects.filter(contract=contract)}
    assert made == {
        "2024-Q1": date(2024, 4, 30), "2024-Q2": date(2024, 7, 31),
        "2024-Q3": date(2024, 10, 31), "2024-Q4": date(2025, 1, 31),
        "2024-H1": date(2024, 7, 31), "2024-H2": date(2025, 1, 31),
        "2024": date(2025, 1, 31),
    }  # fmt: skip
    due = entries([contract], Period(date(2024, 4, 1), date(2025, 2, 28)))
    found = {str(each.period): each.filed for each in due if each.kind == EntryKind.REPORT}
    assert found.keys() == made.keys()
    # Each is met by its own report, none by a longer one.
    assert all(filed and str(filed.period) == name for name, filed in found.items())


@pytest.mark.django_db
def test_without_a_duty_a_contract_is_run_in_one_rhythm():
    contract = make_contract(duties=[])

    runs = [
        cycle
        for cycle, periods in CYCLES.items()
        for text in periods
        if contract in select(Period.parse(text), None)
    ]

    assert runs == ["month"] * 12


@pytest.mark.django_db
def test_a_rhythm_goes_on_through_an_amendment_that_leaves_it():
    contract = make_contract()
    amend(contract, applies_from=date(2024, 5, 15), title="Other words")

    assert obligations(contract).to_bill(Period.parse("2024")) == [Period.parse("2024")]
    assert obligations(contract).to_bill(Period.parse("2024-05")) == []


# --- whatever amendments say

BEGINS, ENDS = date(2023, 2, 1), date(2025, 12, 31)
DAYS = st.dates(BEGINS, ENDS)
RHYTHMS = st.lists(st.sampled_from(list(MONTHS_PER_CYCLE)), max_size=2, unique=True)


def _agreed(cycles, ends) -> Agreed:
    term = {"begins": BEGINS, "first_ends": ends}
    duties = [MONTHLY_STATEMENT | {"key": f"s-{cycle}", "cycle": cycle} for cycle in cycles]
    content = contract_content(term=term, duties=duties)
    return Agreed.model_validate(content.model_dump(include={"term", "calendar", "duties"}))


@given(
    first=RHYTHMS,
    amendments=st.lists(st.tuples(DAYS, RHYTHMS), max_size=4),
    ends=st.dates(date(2023, 3, 1), ENDS),
)
def test_every_day_is_billed_once_and_due_once(first, amendments, ends):
    timeline = [(BEGINS, first), *amendments]
    obliged = Obligations(
        tuple(
            AgreedEdition(day, number, _agreed(cycles, ends), number)
            for number, (day, cycles) in enumerate(timeline, 1)
        )
    )

    def cycles_on(day):
        return [cycles for applies_from, cycles in timeline if applies_from <= day][-1]

    years = range(BEGINS.year, ENDS.year + 1)
    runs = [
        Period.parse(text.replace("2024", str(year)))
        for year in years
        for texts in CYCLES.values()
        for text in texts
    ]
    periods = sorted({period for run in runs for period in obliged.to_bill(run)})

    # Without gap and overlap, from the first day to the last.
    assert periods[0].first <= BEGINS and periods[-1].last >= ends
    assert all(b.first == a.last + timedelta(days=1) for a, b in pairwise(periods))
    for period in periods:
        last = min(period.last, ends)
        if cycles_on(last):
            assert obliged.due_on("statement", period.last, period.first) is not None
            shortest = min(map(MONTHS_PER_CYCLE.get, cycles_on(last)))
        else:
            assert obliged.due_on("statement", period.last, period.first) is None
            shortest = 1
        # All its days are agreed to be billed in the same rhythm.
        days = (max(period.first, BEGINS) + timedelta(days=n) for n in range(period.days))
        assert {
            min(map(MONTHS_PER_CYCLE.get, cycles_on(day)), default=1) for day in days if day <= last
        } == {shortest}
