"""The part of the sample that runs until the day of loading: valid on any day, the same on one."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import time_machine

from base.exchange.importing import import_files
from contracts.billing import Period
from contracts.models import Contract
from forms.models import ServiceRecord
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.models import Report, Statement
from jobs.running_sample.files import filled, late_day, write_files
from jobs.running_sample.steps import (
    bill_running,
    contract_numbers,
    correct_running,
    report_running,
)
from tests.base.test_exchange import contents, export_of_import
from tests.jobs.sample import SAMPLE

pytestmark = pytest.mark.django_db

LEAP_DAY, NEW_YEAR, LAST_DAY, SUNDAY = "2028-02-29", "2027-01-01", "2026-12-31", "2027-05-02"
NOT_WORKED = ("51-", "53-", "55-", "56-", "60-", "61-")


@pytest.fixture(scope="module", autouse=True)
def _agreed(kept_rows):
    """The sample's people, contents, contracts and cases; what was done in 2024 is not needed."""
    paths = [path for path in SAMPLE.glob("*-*") if not path.name.startswith(NOT_WORKED)]
    import_files(paths, save=True)


@pytest.fixture
def on(request):
    """Noon of a day, in Berlin."""
    with time_machine.travel(f"{request.param}T11:00:00+00:00", tick=False):
        yield date.fromisoformat(request.param)


def run_job(job: str, period: Period, number: str) -> None:
    """What the command lets a run do, without keeping the run."""
    contract = Contract.objects.get(number=number)
    (compute_statement if job == "statements" else compute_report)(contract, period)


def load(folder: Path, today: date) -> None:
    folder.mkdir()
    running, late = write_files(folder, today)
    import_files([running], save=True)
    bill_running(today, run_job)
    import_files([late], save=True)
    correct_running(late_day(today), today, run_job)
    report_running(today, run_job)


@pytest.mark.parametrize("on", [LEAP_DAY, NEW_YEAR, LAST_DAY, SUNDAY], indirect=True)
def test_any_day_has_statements_in_each_state(on, tmp_path):
    load(tmp_path / "a", on)
    visiting, families = contract_numbers(on)
    rows = Statement.objects.filter(contract__number__in=[visiting, families])
    states = Counter(rows.values_list("status", "sequence"))
    assert states["issued", 0] >= 3
    assert {state: count for state, count in states.items() if state != ("issued", 0)} == {
        ("draft", 0): 1,
        ("returned", 0): 1,
        ("checked", 0): 1,
        ("released", 0): 1,
        ("draft", 1): 1,
    }
    # Half an hour of 68.40 EUR an hour, within the hours of the support plan.
    assert str(rows.get(sequence=1).total) == "34.20"
    last = Report.objects.filter(contract__number=visiting).with_state().latest("period_last")
    assert (last.state, last.period_last < on) == (Report.State.SUBMITTED, True)


@pytest.mark.parametrize("on", [LEAP_DAY, NEW_YEAR, SUNDAY], indirect=True)
def test_work_goes_on_until_the_working_day_before(on, tmp_path):
    running, _late = write_files(tmp_path, on)
    import_files([running], save=True)
    days = ServiceRecord.objects.filter(contract__number=contract_numbers(on)[0])
    days = set(days.values_list("day", flat=True))
    before = {LEAP_DAY: "2028-02-28", NEW_YEAR: "2026-12-31", SUNDAY: "2027-04-30"}
    assert str(max(days)) == before[str(on)]
    assert {day.weekday() for day in days} <= {0, 1, 2, 3, 4}


@pytest.mark.parametrize("on", [SUNDAY], indirect=True)
def test_the_same_day_makes_the_same_and_once(on, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    for folder in (first, again):
        folder.mkdir()
    running, late = write_files(first, on)
    write_files(again, on)
    assert contents(first) == contents(again)
    one, two = (export_of_import(tmp_path / name, running, late) for name in ("one", "two"))
    assert one == two
    assert sum(import_files([running, late], save=True).values()) > 100
    assert sum(import_files([running, late], save=True).values()) == 0


def test_days_are_written_out():
    text = "<today-35> <today-4> <begin> <begin de> <end> <later year> <today-1 16:10>"
    assert filled(text, date(2027, 5, 4)) == (
        "2027-03-30 2027-04-30 2026-09-01 01.09.2026 2028-08-31 2027 2027-05-03T16:10:00+02:00"
    )
