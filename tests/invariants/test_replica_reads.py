"""Exports read from a replica where one is named; nothing else does, nothing writes."""

import pytest

from tests.invariants.replica_reads import BEFORE, SINCE, STATES

# A copy that follows a database is PostgreSQL's.
pytestmark = [pytest.mark.django_db, pytest.mark.many_connections]

OF_THE_DATABASE = {
    "statement, minutes": BEFORE + SINCE,
    "report, minutes": BEFORE + SINCE,
    "runs": ["done", "done"],
    "export": 2,
    "list as a file": 2,
    "list on screen": 2,
    "export in a transaction": 2,
    "exports on record": 3,
}


@pytest.fixture(scope="module")
def report(killing) -> dict:
    return killing("tests.invariants.replica_reads")


def test_what_reads_much_shows_what_the_replica_holds(report):
    """It has fallen behind, and refuses to be written to."""
    assert report["as_named"] == OF_THE_DATABASE | {
        "export": 1,
        "list as a file": 1,
    }


@pytest.mark.parametrize("state", [each.__name__ for each in STATES if each.__name__ != "as_named"])
def test_without_one_that_answers_and_keeps_up_the_database_is_read(report, state):
    assert report[state] == OF_THE_DATABASE
