"""Records that were there before sessions are told apart from those that contradict each other.

No version without sessions was ever released, so no installation has any: what the migration
makes of them was tried through all migrations for as long as some might have, a minute each time.
"""

from importlib import import_module

import pytest

from tests.factories import DAY


def row(case: int = 1, minutes: int = 60, participants: int = 2) -> tuple:
    """What the migration reads of a record: status, case, reference, and what sessions share."""
    return ("submitted", case, f"R-{case}", DAY, minutes, participants, 1, None, None)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row(1), row(2)], ""),
        ([row(1), row(2, minutes=120)], "they say different minutes: 120, 60"),
        ([row(1), row(2, participants=9)], "they say different participants: 2, 9"),
        ([row(1), row(1)], "a case attends twice"),
        ([row(1), row(2), row(3)], "there are more of them than participants"),
        ([], ""),
    ],
)
def test_contradictions_are_named(rows, says):
    assert import_module("forms.migrations.0006_group_session")._problem(rows) == says
