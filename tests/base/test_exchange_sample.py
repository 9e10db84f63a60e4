"""What can be asked of the sample as it was imported, with what came late; imported once."""

import pytest

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.models import User
from forms.models import ServiceRecord
from tests.base.test_exchange import SAMPLE, exported, import_sample, run_all
from tests.exchange import refusal, stored_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _sample(kept_rows):
    import_sample()


def test_importing_twice_changes_nothing():
    before = stored_rows()
    assert sum(import_files([SAMPLE, SAMPLE / "late"], save=True).values()) == 0
    assert stored_rows() == before


def test_an_export_can_be_imported_where_it_came_from(tmp_path):
    first = exported(tmp_path)
    assert sum(import_files([tmp_path], save=True).values()) == 0
    assert exported(tmp_path) == first


def test_results_are_never_imported(tmp_path):
    run_all(note="draft")
    export_files(tmp_path, results=True)
    problem, _other = refusal(tmp_path / "results")
    assert (problem.file, problem.place) == ("90-statements.yaml", "statements")
    assert "never imported" in problem.message
    # The facts beside them are read all the same.
    assert sum(import_files([tmp_path], save=True).values()) == 0


def test_records_recorded_at_many_moments_keep_them(tmp_path):
    record = ServiceRecord.objects.get(reference="AC-R-0061")
    dates = [row.history_date.isoformat() for row in record.history.order_by("version")]
    assert dates[1] == "2025-02-05T08:40:00+00:00"
    assert record.history.get(version=2).history_user_id == (
        User.objects.get(username="lead.licht").pk
    )
