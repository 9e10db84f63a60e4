"""A worker that is stopped or cut off is not waited for, and what it held is free."""

import pytest

from tests.invariants.silent_runs import CONTRACTS, GIVE_UP_SECONDS, POINTS, WAYS

# An SQLite database is a file of one host; who is stopped while writing holds all others up.
pytestmark = [pytest.mark.django_db, pytest.mark.many_connections]


@pytest.fixture(scope="module")
def report(killing) -> dict:
    return killing("tests.invariants.silent_runs")


def test_undisturbed_run_bills_every_contract(report):
    # 10, 20, 30, 40 minutes at 60 EUR an hour.
    assert report["undisturbed"]["statements"] == [
        [f"K-{number}", "2024-03-01", "draft", f"{number}0.00"]
        for number in range(1, CONTRACTS + 1)
    ]
    assert report["undisturbed"]["findings"] == []


def test_each_way_of_silence_was_tried(report):
    assert [each["how"] for each in report["silent"]] == [
        f"{way} {point}" for way in WAYS for point in POINTS
    ]


def test_run_goes_on_elsewhere_soon(report):
    """After the time-outs, and a few seconds for the work itself."""
    late = [each["how"] for each in report["silent"] if each["seconds"] >= GIVE_UP_SECONDS]
    assert late == []


@pytest.mark.parametrize("when", ["taken_over", "woken"])
def test_what_is_left_is_what_an_undisturbed_run_leaves(report, when):
    """Also after the silent one has woken: nothing is written by two."""
    different = [each["how"] for each in report["silent"] if each[when] != report["undisturbed"]]
    assert different == []
