"""Two workers share a run, and leave what one leaves; also where one is killed or falls silent."""

from signal import SIGSTOP

import pytest

from tests.invariants.shared_runs import CONTRACTS, SCENARIOS
from tests.invariants.silent_runs import GIVE_UP_SECONDS, TOGETHER

# SQLite locks no rows: there one process at a time writes, and nobody is asked to help.
pytestmark = [pytest.mark.django_db, pytest.mark.many_connections]


@pytest.fixture(scope="module")
def report(killing) -> dict:
    return killing("tests.invariants.shared_runs")


def test_one_worker_bills_every_contract(report):
    alone = report["alone"]
    # 10, 20, 30 … minutes at 60 EUR an hour; two attend a session of an hour, half each.
    shares = {1: 30, CONTRACTS: 30}
    assert alone["results"]["statements"] == [
        [f"K-{n:02d}", "2024-03-01", "draft", f"{10 * n + shares.get(n, 0)}.00"]
        for n in range(1, CONTRACTS + 1)
    ]
    assert alone["results"]["findings"] == []
    assert len(alone["jobs.StatementLine"]) == CONTRACTS


def test_both_did_some_of_it(report):
    batches = CONTRACTS // TOGETHER
    helped = {each["how"]: each["helped"] for each in report["shared"]}
    assert 1 <= helped["both go on"] <= batches - 1
    # Whoever was killed in its first batch did none; the other did all that was left.
    assert helped["who leads is killed"] >= 1
    assert helped["who helps is killed"] == 0


def test_run_is_done_soon(report):
    late = [each["how"] for each in report["shared"] if each["seconds"] >= GIVE_UP_SECONDS]
    assert late == []


@pytest.mark.parametrize("when", ["done", "woken"])
def test_every_column_is_as_one_worker_leaves_it(report, when):
    """Also after one that was stopped has woken: nothing is written by two."""
    looked_at = [each for each in report["shared"] if when in each]
    assert [each["how"] for each in looked_at] == [
        label for label, _role, number in SCENARIOS if when == "done" or number == SIGSTOP
    ]
    different = {
        each["how"]: [key for key in each[when] if each[when][key] != report["alone"][key]]
        for each in looked_at
    }
    assert not any(different.values()), different
