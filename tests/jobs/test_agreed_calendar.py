"""What contracts agree on about days, run whole: imported, amended, in the calendar and in runs."""

from datetime import date
from pathlib import Path

import pytest
from django.db import transaction

from base.exchange.importing import import_files
from base.immutability import opened_gate
from base.seals import seal_of
from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from contracts.dates.calendar import EntryKind, entries, reminders
from contracts.dates.obligations import contract_period, obligations
from contracts.models import Contract
from jobs.models import Report
from jobs.registry import job_named
from tests.factories import amend, somebody
from tests.jobs.sample import import_sample

CASES = Path(__file__).parents[1] / "files" / "cases"


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


def due_days(contract: Contract, kind: EntryKind, *periods: str) -> dict[str, date]:
    """Return when a contract's duties of a kind are due, by the calendar."""
    found = entries([contract], Period(date(2024, 1, 1), date(2025, 12, 31)))
    days = {str(due.period): due.day for due in found if due.kind == kind}
    return {period: days[period] for period in periods}


@pytest.mark.parametrize("number", ["PB-BY1", "PB-BY2"])
def test_a_holiday_of_the_place_is_said_once_and_holds_every_year(case, number):
    contract = case("local-holiday", number)
    # Fails in both files without it, where a day was typed from the next year on.
    before = due_days(contract, EntryKind.STATEMENT, "2024-07", "2025-07")
    assert before["2025-07"] == date(2025, 8, 15)

    amend(
        contract,
        applies_from=date(2024, 1, 1),
        calendar={"state": "BY", "local_holidays": "catholic"},
    )

    assert due_days(contract, EntryKind.STATEMENT, "2024-07", "2025-07") == {
        "2024-07": date(2024, 8, 16),
        "2025-07": date(2025, 8, 18),
    }
    assert due_days(contract, EntryKind.REPORT, "2024-H1") == {"2024-H1": date(2024, 8, 16)}
    # What a run stores is the same day.
    job = job_named("reports")
    job.begin([contract], Period.parse("2024-H1"))([contract])
    assert Report.objects.get(contract=contract).due_on == date(2024, 8, 16)


@pytest.mark.parametrize(
    ("received", "ends"),
    [
        # Section 188 (2) BGB: six weeks from Monday 17 February are over on Monday 31 March.
        pytest.param(date(2025, 2, 17), date(2025, 3, 31), id="just in time"),
        pytest.param(date(2025, 2, 18), date(2025, 6, 30), id="a day late"),
    ],
)
def test_notice_in_weeks_to_the_end_of_a_quarter(case, received, ends):
    contract = case("notice-weeks", "PB-NW1")
    assert contract_period(contract) == (date(2024, 1, 1), None)

    give_notice(contract=contract, given_by=contract.provider, received_on=received, by=somebody())

    assert contract_period(contract) == (date(2024, 1, 1), ends)
    found = entries([contract], Period(date(2025, 1, 1), date(2025, 12, 31)))
    assert [due.day for due in found if due.kind == EntryKind.END] == [ends]
    # Statements are due for the months until then and for none after.
    owed = [str(due.period) for due in found if due.kind == EntryKind.STATEMENT]
    assert owed == ["2024-12", *(f"2025-{month:02}" for month in range(1, ends.month + 1))]
    reminded = reminders([contract], date(2025, 3, 1), since=date(2025, 1, 1))
    # 90 days before it, as long as nothing else is agreed.
    assert (EntryKind.END in [due.kind for due in reminded]) is (ends == date(2025, 3, 31))


def test_a_file_from_before_a_setting_existed_is_the_same_edition_still(case):
    contract = case("notice-weeks", "PB-NW1")
    edition = contract.editions.get()
    content = edition.content
    del content["calendar"]["local_holidays"]
    for name in ("remind_notice_months", "remind_end_days"):
        del content["term"][name]
    for duty in content["duties"]:
        del duty["remind_days"]
    edition.content = content
    with opened_gate("as an earlier version stored it"):
        edition.seal = seal_of(edition.sealed())
        edition.save()

    with transaction.atomic():
        assert sum(import_files([CASES / "notice-weeks"], save=True).values()) == 0

    assert edition.problems() == []
    [agreed] = (each.agreed for each in obligations(contract).editions)
    assert (agreed.calendar.local_holidays, agreed.term.remind_end_days) == ("none", 90)
    assert [duty.remind_days for duty in agreed.duties] == [30]
