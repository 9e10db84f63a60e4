"""Killed with SIGKILL inside batches and after them, a job run again leaves what one run leaves."""

import pytest

from tests.invariants.killed_runs import BILLED_BEFORE, CONTRACTS, POINTS

pytestmark = pytest.mark.django_db
SIGKILL = 9


@pytest.fixture(scope="module")
def report(killing) -> dict:
    return killing("tests.invariants.killed_runs")


def test_undisturbed_run_bills_every_contract(report):
    status, result = report["undisturbed"]
    assert status == 0
    assert result["findings"] == []
    drafts = [row for row in result["statements"] if row[2] == "draft"]
    assert len(drafts) == CONTRACTS + BILLED_BEFORE
    # 7·1 + 4 and 7·1 + 5 minutes at 60 EUR an hour: 11 + 12 EUR.
    assert ["K-01", "2024-03-01", "draft", "23.00"] in drafts
    # 5 minutes more in February, billed as a correction.
    assert ["K-01", "2024-02-01", "draft", "5.00"] in drafts
    assert any(name.startswith("results/") for name in result["export"])


def test_each_process_was_killed_where_it_should_be(report):
    assert [each["point"] for each in report["killed"]] == [
        f"{point.kind} {point.number}" for point in POINTS
    ]
    assert {each["signal"] for each in report["killed"]} == {SIGKILL}


def test_repeated_run_ends_with_what_one_run_ends_with(report):
    """No gap, no duplicate, one history row and one event for each statement."""
    undisturbed = report["undisturbed"]
    different = [each["point"] for each in report["killed"] if each["again"] != undisturbed]
    assert different == []
