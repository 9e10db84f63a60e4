"""Proposals of providers in files: they come back as they were sent, with what came of them."""

from datetime import date, datetime, timedelta

import pytest
import yaml
from django.utils import timezone

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from contracts.actions.answer_proposal import answer_proposal
from contracts.actions.propose_change import propose_change
from contracts.actions.take_back_proposal import take_back_proposal
from contracts.models import ChangeProposal
from tests.exchange import refusal
from tests.factories import amend, make_contract, make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db

NAMES = (
    *("contract__number", "read_edition__number", "part", "part_label", "change", "reason"),
    *("applies_from", "made_by__username", "made_at", "state", "answer"),
    *("answered_by__username", "answered_at"),
)


def said() -> list[tuple]:
    return list(ChangeProposal.objects.order_by("made_at").values_list(*NAMES))


@pytest.fixture
def contract():
    return make_contract("C-1")


@pytest.fixture
def proposed(contract):
    """One that waits, one declined, one taken back."""
    lead = make_member(contract.provider, roles=["provider_lead"]).user
    manager = make_member(contract.commissioning_body, roles=["manager"]).user
    clause = contract.editions.get().data.clauses[0].number
    values = {"by": lead, "reason": "Prices rose.", "applies_from": date(2030, 1, 1)}
    propose_change(contract, part=f"clauses.{clause}", change="Two more hours.", **values)
    declined = propose_change(contract, change="Another term.", **values)
    answer_proposal(declined, by=manager, takes_up=False, answer="Not this year.")
    take_back_proposal(propose_change(contract, change="A mistake.", **values), by=lead)


def exported(folder) -> list[dict]:
    export_files(folder)
    (path,) = folder.glob("*change-proposals*")
    return yaml.safe_load(path.read_text())["change_proposals"]


def as_moment(said: str | datetime) -> datetime:
    return said if isinstance(said, datetime) else datetime.fromisoformat(said)


def written(folder, entries: list[dict]):
    folder.mkdir()
    path = folder / "proposals.yaml"
    path.write_text(
        yaml.safe_dump({"fallwerk": 1, "change_proposals": entries}, allow_unicode=True)
    )
    return path


def test_they_come_back_as_they_were_and_once(contract, proposed, tmp_path):
    before, entries = said(), exported(tmp_path / "first")
    assert [each["state"] if "state" in each else "open" for each in entries] == [
        "open",
        "declined",
        "taken_back",
    ]
    path = written(tmp_path / "again", entries)
    assert import_files([path], save=True)["change_proposals"] == 0

    earlier = [
        each | {"proposed_at": (as_moment(each["proposed_at"]) - timedelta(days=1)).isoformat()}
        for each in entries
    ]
    path = written(tmp_path / "earlier", earlier)
    assert import_files([path], save=True)["change_proposals"] == 3
    made_at = NAMES.index("made_at")
    came = [
        (*row[:made_at], row[made_at] + timedelta(days=1), *row[made_at + 1 :]) for row in said()
    ]
    assert came[:3] == before
    assert said()[3:] == before


def test_an_answer_is_taken_over_and_never_another_one(contract, proposed, tmp_path):
    entries = exported(tmp_path / "first")
    answered = entries[0] | {
        "state": "taken_up",
        "answer": "Agreed.",
        "answered_by": entries[1]["answered_by"],
        "answered_at": entries[1]["answered_at"],
    }
    path = written(tmp_path / "answered", [answered])
    assert import_files([path], save=True)["change_proposals"] == 1
    row = ChangeProposal.objects.get(state="taken_up")
    assert (row.answer, row.history.latest().history_user_id) == ("Agreed.", row.answered_by_id)

    other = written(tmp_path / "other", [answered | {"answer": "Refused."}])
    (problem,) = refusal(other)
    assert "is stored with answer" in problem.message


UNTIL_JUNE = {
    "begins": date(2024, 1, 1),
    "first_ends": date(2027, 6, 30),
    "notice_to": "term_end",
}
OLD = "2024-01-01T10:00:00+01:00"
"""Of a proposal that is not stored."""


def answered(state: str, by: str) -> dict:
    more = {"answer": "No."} if state == "declined" else {}
    return {"state": state, "answered_by": by, "answered_at": OLD, "proposed_at": OLD} | more


@pytest.fixture
def people(contract):
    """Of each side somebody who has left, of both somebody who is there, and a stranger."""
    body, provider = contract.commissioning_body, contract.provider
    found = {
        "body": make_member(body, roles=["manager"]),
        "provider": make_member(provider, roles=["provider_lead"]),
        "stranger": make_member(make_organisation(), roles=["provider_lead"]),
    }
    for key in ("body", "provider"):
        found[key].active = False
        found[key].save()
    found["both"] = make_member(provider, roles=["provider_lead"])
    make_member(body, roles=["manager"], user=found["both"].user)
    return {key: member.user.username for key, member in found.items()}


@pytest.mark.parametrize(
    ("author", "state", "by", "message"),
    [
        ("provider", "open", "", ""),
        ("both", "open", "", ""),
        ("body", "open", "", "does not work for"),
        ("stranger", "open", "", "does not work for"),
        ("provider", "taken_up", "body", ""),
        ("provider", "taken_up", "both", ""),
        ("provider", "taken_up", "provider", "does not work for"),
        ("provider", "declined", "stranger", "does not work for"),
        ("both", "taken_up", "both", "a proposal of their own"),
        ("both", "declined", "both", "a proposal of their own"),
        ("provider", "taken_back", "both", ""),
        ("both", "taken_back", "both", ""),
        ("provider", "taken_back", "provider", ""),
        ("provider", "taken_back", "body", "does not work for"),
    ],
)
def test_each_side_does_what_it_does_on_the_page(
    contract, proposed, people, tmp_path, author, state, by, message
):
    entry = exported(tmp_path / "first")[0] | {"proposed_at": OLD, "proposed_by": people[author]}
    if state != "open":
        entry |= answered(state, people[by])
    path, before = written(tmp_path / "given", [entry]), said()
    if message:
        (problem,) = refusal(path)
        assert message in problem.message
        assert problem.place.startswith("change_proposals[1]")
        assert said() == before
    else:
        assert import_files([path], save=True)["change_proposals"] == 1
        assert set(said()) > set(before)


def test_an_answer_to_one_that_waits_is_the_other_sides_too(proposed, people, tmp_path):
    entry, before = exported(tmp_path / "first")[0], said()
    for number, by in enumerate((entry["proposed_by"], people["stranger"])):
        given = answered("taken_up", by) | {"answered_at": timezone.localtime().isoformat()}
        given["proposed_at"] = entry["proposed_at"]
        (problem,) = refusal(written(tmp_path / f"given-{number}", [entry | given]))
        assert "does not work for" in problem.message
    assert said() == before


class TestAfterTheEnd:
    """Of a contract until 30 June 2027."""

    @pytest.fixture
    def contract(self):
        return make_contract("C-1", term=UNTIL_JUNE)

    @pytest.fixture
    def entry(self, contract):
        lead = make_member(contract.provider, roles=["provider_lead"]).user
        make_member(contract.commissioning_body, roles=["manager"], user=make_user("anna"))
        return {
            "contract": "C-1", "proposed_by": lead.username, "proposed_at": OLD, "edition": 1,
            "change": "More.", "reason": "Prices rose.", "applies_from": date(2027, 7, 1),
        }  # fmt: skip

    def test_nothing_waits_that_would_apply_then(self, entry, tmp_path):
        (problem,) = refusal(written(tmp_path / "late", [entry]))
        assert "applies_from" in problem.place + problem.message
        assert "The contract ends on" in problem.message
        last = entry | {"applies_from": date(2027, 6, 30)}
        assert import_files([written(tmp_path / "last", [last])], save=True)["change_proposals"]

    def test_what_has_its_answer_stays_as_it_was(self, entry, tmp_path):
        path = written(tmp_path / "answered", [entry | answered("declined", "anna")])
        assert import_files([path], save=True)["change_proposals"] == 1

    def test_an_amendment_that_came_later_is_in_no_exports_way(self, tmp_path):
        goes_on = make_contract("C-2")
        entry = {
            "contract": "C-2", "proposed_by": make_member(goes_on.provider).user.username,
            "proposed_at": OLD, "edition": 1, "change": "More.", "reason": "Prices rose.",
            "applies_from": date(2030, 1, 1),
        }  # fmt: skip
        amend(goes_on, applies_from=date(2025, 1, 1), term=UNTIL_JUNE)
        (problem,) = refusal(written(tmp_path / "after", [entry | {"edition": 2}]))
        assert "The contract ends on" in problem.message
        path = written(tmp_path / "before", [entry])
        assert import_files([path], save=True)["change_proposals"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"change": "Something else."}, "is stored with change"),
        ({"part": "clauses.§ 99", "proposed_at": "2024-01-01T10:00:00+01:00"}, "no such part"),
        ({"proposed_at": "2999-01-01T10:00:00+01:00"}, "time to come"),
        ({"answer": "Yes."}, "go with a state that is not open"),
        ({"state": "taken_up"}, "go with a state that is not open"),
        ({"edition": 7, "proposed_at": "2024-01-01T10:00:00+01:00"}, "There is no"),
    ],
)
def test_what_cannot_be_is_refused(contract, proposed, tmp_path, change, message):
    entries = exported(tmp_path / "first")
    before = said()
    path = written(tmp_path / "wrong", [entries[0] | change])
    (problem,) = refusal(path)
    assert message in problem.message
    assert said() == before
