"""Files that contradict what the same set has stored before: cases and records."""

import pytest

from base.exchange.importing import import_files
from tests.exchange import FILES, Bad, assert_refused, stored_rows
from tests.forms.test_exchange import CASES, FIRST, ONE_OF, RECORD, SECOND, THIRD


@pytest.fixture(scope="module")
def stored(kept_rows):
    import_files([FILES / "set_a"], save=True)


STORED = {
    "another client": Bad(CASES, "client: a-0001", "client: a-0002", FIRST, ("client", "a-0002")),
    "another day of assignment": Bad(
        CASES, "assigned_on: 2023-10-04", "assigned_on: 2023-10-03", FIRST, ("assigned_on",),
    ),
    "another placement from the same day": Bad(
        CASES, ONE_OF, ONE_OF.replace("pb-3", "pb-2"), THIRD, ("choices",),
    ),
    "another status from the same day": Bad(
        CASES, "status: closed, reason: Umzug", "status: closed, reason: Abbruch", THIRD,
        ("reason", "Umzug", "Abbruch"),
    ),
    "closed before its last record": Bad(
        CASES, "- {valid_from: 2024-01-22, status: open}",
        "- {valid_from: 2024-01-22, status: open}\n"
        "      - {valid_from: 2024-02-19, status: closed, reason: x}",
        SECOND, ("A-2", "2024-04-09", "A-L8-2"),
    ),
    "other minutes": Bad(CASES, "minutes: 45", "minutes: 46", RECORD, ("minutes", "new version")),
    "a change without a reason": Bad(
        CASES, "{reference: A-L1,", "{reference: A-L1, version: 2, session: S,", RECORD,
        ("reason",),
    ),
    "a change against the rules": Bad(
        CASES, "{reference: A-L1, contract: PB 17/2023, case: A-1, day: 2024-01-16",
        "{reference: A-L1, version: 2, reason: x, contract: PB 17/2023, case: A-1, day: 2023-10-03",
        RECORD, ("2023-10-04",),
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("bad", STORED.values(), ids=STORED.keys())
def test_what_is_stored_is_not_overwritten(stored, tmp_path, bad):
    before = stored_rows()
    assert_refused(tmp_path, "set_a", bad)
    assert stored_rows() == before
