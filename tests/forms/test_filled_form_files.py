"""Filled forms in files: what comes back as it was, and what is refused in which words."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from base.exchange.importing import import_files
from forms.models import FilledForm
from tests.exchange import refusal
from tests.factories import make_case, make_contract, make_definition, make_user

pytestmark = pytest.mark.django_db

MOMENT = datetime(2024, 3, 1, 12, tzinfo=UTC)
DRAFT = {
    "case": "K-1", "sequence": 1, "form": "report", "edition": 1, "saved_by": "ada",
    "saved_at": MOMENT, "answers": {"talks": "2", "aims": "one\ntwo"},
}  # fmt: skip
SUBMITTED = DRAFT | {"submitted_by": "bea", "submitted_at": MOMENT.replace(hour=13)}
CORRECTED = SUBMITTED | {"version": 2, "reason": "miscounted", "answers": {"talks": "3"}}


@pytest.fixture(autouse=True)
def _world():
    make_case(make_contract(), "K-1")
    make_definition("report")
    make_user("ada")
    make_user("bea")


@pytest.fixture
def file(tmp_path):
    def written(*entries) -> Path:
        path = tmp_path / "forms.yaml"
        plain = [
            {k: v.isoformat() if isinstance(v, datetime) else v for k, v in entry.items()}
            for entry in entries
        ]
        path.write_text(yaml.safe_dump({"fallwerk": 1, "filled_forms": plain}), encoding="utf-8")
        return path

    return written


def test_versions_come_with_their_persons_and_moments(file):
    path = file(SUBMITTED, CORRECTED)
    assert import_files([path], save=True)["filled_forms"] == 2
    first, second = FilledForm.objects.with_state().order_by("version")
    assert (first.is_superseded, second.supersedes) == (True, first)
    assert (second.submitted_by.username, second.saved_by.username) == ("bea", "ada")
    recorded = second.history.order_by("history_id").values_list(
        "history_date", "history_user_id", "history_change_reason"
    )
    assert list(recorded) == [
        (MOMENT, second.saved_by_id, "miscounted"),
        (MOMENT.replace(hour=13), second.submitted_by_id, ""),
    ]
    assert import_files([path], save=True)["filled_forms"] == 0


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        pytest.param([DRAFT | {"edition": 2}], ["edition 2", "report"], id="unknown edition"),
        pytest.param([DRAFT | {"answers": {"wish": "x"}}], ["wish", "talks"], id="unknown field"),
        pytest.param([SUBMITTED | {"answers": {}}], ["required"], id="answer missing"),
        pytest.param([CORRECTED], ["Version 2"], id="correction of nothing"),
        pytest.param([SUBMITTED, CORRECTED | {"reason": ""}], ["reason"], id="without reason"),
        pytest.param(
            [SUBMITTED, CORRECTED | {"answers": SUBMITTED["answers"]}],
            ["Nothing has changed"], id="nothing corrected",
        ),
        pytest.param(
            [SUBMITTED | {"submitted_at": MOMENT.replace(hour=11)}], ["order"], id="wrong order"
        ),
        pytest.param(
            [DRAFT | {"saved_at": MOMENT.replace(year=2999)}], ["past"], id="from the future"
        ),
        pytest.param([DRAFT | {"submitted_at": MOMENT}], ["submitted_by"], id="by nobody"),
    ],
)  # fmt: skip
def test_is_refused(file, entries, says):
    (problem,) = refusal(file(*entries))
    assert problem.place.startswith(f"filled_forms[{len(entries)}]")
    assert all(part in problem.message for part in says)


def test_what_is_stored_is_not_changed_and_not_told(file):
    """The message names the field; what stands in it is not for everybody who reads messages."""
    import_files([file(SUBMITTED)], save=True)
    other = SUBMITTED | {"answers": SUBMITTED["answers"] | {"aims": "secret"}}
    (problem,) = refusal(file(other))
    assert "aims" in problem.message
    assert "secret" not in problem.message
    assert "one" not in problem.message
