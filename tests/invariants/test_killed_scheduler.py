"""Killed at any moment and started again, the scheduler queues each period once, day and night."""

import pytest

pytestmark = pytest.mark.django_db
SIGKILL = 9

MISSED = [
    ("reports", "2024-H1"),
    ("statements", "2024-02"),  # a worker was killed in it
    ("statements", "2024-03"),  # a worker was killed before it
    ("statements", "2024-04"),
    ("statements", "2024-05"),
    ("statements", "2024-Q1"),
]
DUE_WHILE_IT_RUNS = [
    ("statements", "2024-06"),
    ("statements", "2024-H1"),
    ("statements", "2024-Q2"),
]


@pytest.fixture(scope="module")
def report(killing) -> dict:
    return killing("tests.invariants.killed_scheduler")


def comparable(left: dict) -> dict:
    """All but the times at which runs were queued."""
    return left | {"queue": {key: each for key, each in left["queue"].items() if key != "times"}}


def test_undisturbed_scheduler_queues_each_period_once(report):
    left = report["undisturbed"]

    assert (report["workers"], report["status"]) == ([SIGKILL, SIGKILL], 0)
    once = [[*run, "SUCCESSFUL"] for run in MISSED + DUE_WHILE_IT_RUNS]
    killed = [["statements", period, "FAILED"] for period in ("2024-02", "2024-03")]
    assert left["queue"]["tasks"] == sorted(once + killed)
    assert left["queue"]["runs"] == [
        [*run, "done", 2 if run[1] == "2024-02" else 1]
        for run in sorted(MISSED + DUE_WHILE_IT_RUNS)
    ]
    assert (left["queue"]["waiting"], left["queue"]["leases"]) == (0, 0)


def test_undisturbed_worker_makes_each_statement_once(report):
    results = report["undisturbed"]["results"]

    # A record of 10·n + m minutes in month m, at 60 EUR an hour, from February to June.
    assert results["statements"] == [
        *(["K-1", f"2024-0{month}-01", "draft", f"{10 + month}.00"] for month in range(2, 7)),
        *(["K-2", f"2024-0{month}-01", "draft", f"{20 + month}.00"] for month in range(2, 7)),
        ["K-3", "2024-01-01", "draft", "65.00"],
        ["K-3", "2024-04-01", "draft", "105.00"],
    ]
    assert len(results["history"]) == len(results["statements"])
    assert results["findings"] == []
    assert any(name.startswith("results/") for name in results["export"])


def test_scheduler_was_killed_at_every_kind_of_moment(report):
    """The lease, runs and their tasks in one commit, in catching up, reviving and striking.

    Also what lost runs left of their batches.
    """
    moments = [(each["moment"]["when"], *each["moment"]["writes"]) for each in report["killed"]]
    task = "INSERT django_tasks_database_dbtaskresult"
    queued, chore = ("after", "INSERT jobs_jobrun", task), ("after", task)
    revived = (
        "after",
        "UPDATE jobs_jobrun",
        "UPDATE django_tasks_database_dbtaskresult",
        "UPDATE jobs_jobrun",
        task,
    )

    assert {each["signal"] for each in report["killed"]} == {SIGKILL}
    assert {each["status"] for each in report["killed"]} == {0}
    assert moments == [
        ("before", "INSERT jobs_lease"),
        ("after", "INSERT jobs_lease"),
        ("before", *queued[1:]),
        *4 * [queued],
        ("before", *revived[1:]),
        revived,
        ("before", "DELETE jobs_runbatch"),
        ("after", "DELETE jobs_runbatch"),
        ("after", "UPDATE jobs_lease"),
        chore,
        *3 * [queued],
        ("before", "DELETE jobs_lease"),
        ("after", "DELETE jobs_lease"),
    ]


def test_next_scheduler_leaves_what_an_undisturbed_one_leaves(report):
    """No gap, no duplicate: the same runs, tasks, statements, reports, history."""
    undisturbed = comparable(report["undisturbed"])
    different = [
        each["moment"] for each in report["killed"] if comparable(each["left"]) != undisturbed
    ]
    assert different == []


# --- the nights in which the clocks change: in UTC, 01:59 by the clocks of Berlin is 23:59 of the
# day before in October and 00:59 in March; 03:01 is 02:01 in October and 01:01 in March

EXPECTED = {
    "twice: lived through": ["24 23:59:00", "25 02:01:00"],
    "twice: killed before it, again in the first pass": ["25 00:30:00", "25 02:01:00"],
    "twice: killed in the first pass, again in the second": ["24 23:59:00", "25 02:01:00"],
    "twice: killed at the end of the first pass, again at once": ["24 23:59:00", "25 02:01:00"],
    "twice: killed in the second pass, again after it": ["24 23:59:00", "25 02:01:00"],
    "missing: lived through": ["28 00:59:00", "28 01:01:00"],
    "missing: killed before it, again after it": ["28 01:00:10", "28 01:01:00"],
    # The dead one's last sign was at 01:00:15: the next one looks in vain 25 and 40 seconds later.
    "missing: killed right after it, again at once": ["28 00:59:00", "28 01:01:10"],
}
WORKER_DIES_TOO = {
    # 02:01 of the second pass, when the next scheduler begins, long after the worker.
    "twice: killed in the first pass with a worker, again in the second": [
        "24 23:59:00", "25 01:01:00", "25 02:01:00",
    ],
    "missing: killed right before it with a worker, again at once": [
        # The worker's last sign was at 00:59:50; of the scheduler's looks, each 15 seconds from
        # 01:00:10 on, the third comes more than 45 seconds after it.
        "28 00:59:00", "28 01:00:40", "28 01:01:00",
    ],
}  # fmt: skip


def runs_of(night: str) -> list[list[str]]:
    period = "2026-09" if night.startswith("twice") else "2027-02"
    return [["reports", period], ["statements", period]]


def test_no_night_is_left_out(report):
    assert set(report["nights"]) == {*EXPECTED, *WORKER_DIES_TOO}


@pytest.mark.parametrize("night", EXPECTED)
def test_night_queues_each_period_once(report, night):
    queue, signals = report["nights"][night]["queue"], report["nights"][night]["signals"]

    assert signals == ([0] if "lived through" in night else [SIGKILL, 0])
    assert queue["tasks"] == [[*run, "SUCCESSFUL"] for run in runs_of(night)]
    assert queue["runs"] == [[*run, "done", 1] for run in runs_of(night)]
    assert sorted(when for _job, _period, when in queue["times"]) == EXPECTED[night]
    assert (queue["waiting"], queue["leases"]) == (0, 0)


@pytest.mark.parametrize("night", WORKER_DIES_TOO)
def test_night_revives_the_run_of_a_killed_worker_once(report, night):
    queue, (reports, statements) = report["nights"][night]["queue"], runs_of(night)

    assert report["nights"][night]["signals"] == [SIGKILL, SIGKILL, 0]
    assert queue["tasks"] == [
        [*reports, "SUCCESSFUL"], [*statements, "FAILED"], [*statements, "SUCCESSFUL"],
    ]  # fmt: skip
    assert queue["runs"] == [[*reports, "done", 1], [*statements, "done", 2]]
    assert sorted(when for _job, _period, when in queue["times"]) == WORKER_DIES_TOO[night]
    assert (queue["waiting"], queue["leases"]) == (0, 0)
