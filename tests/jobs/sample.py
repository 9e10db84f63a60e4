"""The sample for tests of a module, billed and with what came late."""

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from base.exchange.importing import import_files
from contracts.billing import Period
from contracts.models import Contract
from jobs.actions.compute_statement import compute_statement
from jobs.models import Statement
from jobs.registry import Skipped
from tests.factories import issue_by_two
from tests.jobs.running import run_one

SAMPLE = Path(settings.BASE_DIR) / "sample"
LATE = SAMPLE / "late"

PERIODS = {
    "SB-2010-01": ("2024",),
    "AC-2023-04": tuple(f"2024-{month:02}" for month in range(1, 13)),
    "SCH-2022-02": tuple(f"2024-Q{quarter}" for quarter in range(1, 5)),
}


def import_sample() -> None:
    """Import the sample; most often in a fixture of a module, on top of `kept_rows`."""
    import_files([SAMPLE], save=True)


def bill() -> None:
    """Compute and issue all statements of 2024."""
    for number, periods in PERIODS.items():
        contract = Contract.objects.get(number=number)
        for period in periods:
            statement, _changed = compute_statement(contract, Period.parse(period))
            issue(statement)


def issue(statement: Statement) -> Statement:
    """Let two persons of the sample check, release and issue a statement."""
    people = get_user_model().objects
    checker, releaser = (people.get(username=f"finance.{name}") for name in ("taler", "groschen"))
    return issue_by_two(statement, checker, releaser)


def bill_late() -> None:
    """Import what came late and let the runs of the next periods find it."""
    import_files([LATE], save=True)
    for number, following in zip(PERIODS, ("2025", "2025-01", "2025-Q1"), strict=True):
        with suppress(Skipped):  # one of them has nothing to bill or to correct
            run_one(Contract.objects.get(number=number), Period.parse(following))
