"""Files that contradict what the same set has stored before: editions, parties, payroll."""

import pytest

from base.exchange.importing import import_files
from tests.contracts.test_exchange import CATALOGUE, CONTRACT, LINE, PAYROLL, THE_CONTRACT
from tests.exchange import FILES, Bad, assert_refused, stored_rows


@pytest.fixture(scope="module")
def stored(kept_rows):
    import_files([FILES / "set_a"], save=True)


STORED = {
    "a frozen edition changed": Bad(
        CATALOGUE, "title: Tagesstruktur", "title: Wochenstruktur", "catalogues[1] (begleitung)",
        ("Edition 1", "another content", "new edition"),
    ),
    "a frozen edition from another day": Bad(
        CATALOGUE, "applies_from: 2023-09-01", "applies_from: 2023-09-02",
        "catalogues[1] (begleitung)", ("applies_from",),
    ),
    "a frozen edition approved by another": Bad(
        CATALOGUE, "authors: [a.manager.eins]\n        approved_by: a.manager.zwei",
        "authors: [a.manager.zwei]\n        approved_by: a.manager.eins",
        "catalogues[1] (begleitung)", ("authors, approved_by",),
    ),
    "other parties": Bad(
        CONTRACT, "provider: a-traeger", "provider: a-jobcenter", THE_CONTRACT, ("provider",),
    ),
    "another amount": Bad(
        PAYROLL, '"3133.33"', '"3133.34"', LINE, ("Version 1 of A-P01", "amount", "new version"),
    ),
    "a change without a reason": Bad(
        PAYROLL, "{reference: A-P01,", "{reference: A-P01, version: 2,", LINE, ("reason",),
    ),
    "a new version without a change": Bad(
        PAYROLL, "{reference: A-P01,", "{reference: A-P01, version: 2, reason: x,", LINE,
        ("Nothing has changed",),
    ),
    "a version too far": Bad(
        PAYROLL, "{reference: A-P01,", "{reference: A-P01, version: 3, reason: x,", LINE,
        ("next one is 2",),
    ),
    "a version recorded before the one it changes": Bad(
        PAYROLL, '{reference: A-P01, contract: PB 17/2023, day: 2023-09-29',
        "{reference: A-P01, version: 2, reason: x, recorded_at: 2001-01-01T00:00:00Z,"
        " contract: PB 17/2023, day: 2023-09-28",
        LINE, ("2001-01-01", "before version 1"),
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("bad", STORED.values(), ids=STORED.keys())
def test_what_is_stored_is_not_overwritten(stored, tmp_path, bad):
    before = stored_rows()
    assert_refused(tmp_path, "set_a", bad)
    assert stored_rows() == before
