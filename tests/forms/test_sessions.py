"""A group session is one row: what it was, who may see it, and that its records never differ."""

import csv
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.facts import change, change_together, submit
from base.immutability import opened_gate
from base.repeating import Repeats
from base.silent_writes import differences
from forms.actions.correct_record import correct_record, withdraw_record
from forms.actions.record_service import record_session
from forms.models import GroupSession, RecordReason, ServiceRecord
from forms.models.rules.sessions import SHARED
from tests.exchange import refusal
from tests.factories import (
    DAY,
    make_case,
    make_contract,
    make_member,
    make_record,
    make_session,
    record_of,
    somebody,
)

pytestmark = pytest.mark.django_db

OTHERWISE = {
    "day": date(2024, 3, 15), "minutes": 60, "participants": 4, "counsellors": 2,
    "begins": "09:00", "ends": "10:30",
}  # fmt: skip


class World:
    """A provider with a counsellor and four cases, and the rows of a file about them."""

    def __init__(self, folder):
        self.folder = folder
        self.contract = make_contract("C-1")
        self.counsellor = make_member(self.contract.provider)
        self.cases = [make_case(self.contract, f"K-{number}") for number in range(1, 5)]

    def rows(self, *cases: int, version: int = 1, status: str = "submitted", **values) -> list:
        """Rows of a session of 90 minutes that these cases attended, as a file says it."""
        plain = {"day": "2024-03-14", "minutes": 90, "participants": len(cases), "counsellors": 1}
        common = plain | {"contract": "C-1", "kind": "group", "session": "G-1", "version": version}
        common |= {"status": status, "reason": "" if version == 1 else "put right"} | values
        return [common | {"reference": f"R-{n}", "case": f"K-{n}"} for n in cases]

    def table(self, *rows: dict):
        """Return a table of rows."""
        path = self.folder / "records.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=";")
            table.writeheader()
            table.writerows(rows)
        return path

    def load(self, *rows: dict) -> None:
        """Import rows as a file."""
        import_files([self.table(*rows)], save=True)

    def refused(self, *rows: dict) -> str:
        """Import rows that are refused; return what is said."""
        return "\n".join(map(str, refusal(self.table(*rows))))


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def the_session() -> GroupSession:
    """The only one, with all that counts hanging on it and saying what it says."""
    connection.check_constraints()
    session = GroupSession.objects.get()
    counting = ServiceRecord.objects.counting().exclude(session="")
    assert set(counting) == set(session.attendances.all())
    for record in counting:
        assert [getattr(record, name) for name in SHARED] == [
            getattr(session, name) for name in SHARED
        ]
    assert differences([GroupSession, ServiceRecord]) == []
    return session


def versions(session: GroupSession) -> list[tuple]:
    rows = session.history.order_by("history_id")
    columns = ("version", "status", "minutes", "participants", "history_change_reason")
    return list(rows.values_list(*columns))


def enter(world: World, *cases: int, **values) -> list[ServiceRecord]:
    plain = {"session": "G-1", "day": DAY, "kind": "group", "minutes": 90} | values
    attending = [world.cases[number - 1] for number in cases]
    records, _before = record_session(
        counsellor=world.counsellor, cases=attending, **plain, by=somebody()
    )
    return records


# What a session is.


def test_a_session_is_one_row_with_its_records(world):
    enter(world, 1, 2, 3)
    session = the_session()
    assert (session.provider, session.key, session.version) == (world.contract.provider, "G-1", 1)
    assert (session.day, session.minutes, session.participants) == (DAY, 90, 3)
    assert session.attendances.count() == 3


def test_a_note_sent_again_is_the_same_session(world):
    """A note alone is stored under a reason of its own; a different one is refused."""
    stored = enter(world, 1, 2, reason="Raum war kalt")
    again = enter(world, 1, 2, reason="Raum war kalt")
    assert [each.pk for each in again] == [each.pk for each in stored]
    assert [each.chosen_reason.key for each in again] == ["other"] * 2
    with pytest.raises(ValidationError, match="mit anderen Werten"):
        enter(world, 1, 2, reason="Raum war warm")


def test_individual_work_is_no_session(world):
    record = make_record(world.cases[0])
    assert record.attends_id is None
    assert not GroupSession.objects.exists()


def test_a_change_is_one_version_of_the_session(world):
    first, *_others = enter(world, 1, 2, 3)
    correct_record(
        first, version=1, reason="longer", minutes=120, day=date(2024, 3, 15), by=somebody()
    )
    session = the_session()
    assert (session.minutes, session.day) == (120, date(2024, 3, 15))
    assert versions(session) == [
        (1, "submitted", 90, 3, ""),
        (2, "submitted", 120, 3, "longer"),
    ]
    assert set(ServiceRecord.objects.values_list("version", flat=True)) == {2}


def test_a_reason_that_was_chosen_stands_with_the_session(world):
    chosen = RecordReason.objects.create(key="longer", label="Took longer")
    first, *_others = enter(world, 1, 2)
    correct_record(first, version=1, chosen_reason=chosen, minutes=120, by=somebody())
    assert versions(the_session())[1:] == [(2, "submitted", 120, 2, "Took longer")]


def test_what_is_the_records_own_leaves_the_session_alone(world):
    records = enter(world, 1, 2)
    change(records[0], reason="mistyped", kind="talk")
    assert the_session().version == 1


def test_who_leaves_leaves_a_session_of_one_fewer(world):
    first, *_others = enter(world, 1, 2, 3)
    withdraw_record(first, version=1, reason="ill", by=somebody())
    assert versions(the_session())[1:] == [(2, "submitted", 90, 2, "ill")]
    first.refresh_from_db()
    assert first.attends_id is None


def test_the_whole_session_is_withdrawn_and_comes_back_by_file(world):
    first, *_others = enter(world, 1, 2)
    withdraw_record(
        first, version=1, reason="did not take place", whole_session=True, by=somebody()
    )
    session = the_session()
    assert versions(session)[1:] == [(2, "withdrawn", 90, 2, "did not take place")]
    world.load(*world.rows(3, 4, minutes=60))
    assert versions(the_session())[2:] == [(3, "submitted", 60, 2, "")]


def test_two_providers_call_theirs_the_same(world):
    other = make_contract("C-2", provider=world.contract.provider.__class__.objects.create(
        key="other", name="Other", kind="provider"))  # fmt: skip
    enter(world, 1, 2)
    make_session([make_case(other)], session="G-1", minutes=30)
    assert GroupSession.objects.filter(key="G-1").count() == 2
    connection.check_constraints()


def test_a_session_is_one_across_contracts_of_a_provider(world):
    other = make_contract("C-2", provider=world.contract.provider)
    enter(world, 1, 2)
    late = record_of(make_case(other), session="G-1", minutes=90, participants=2)
    with pytest.raises(ValidationError, match="3"), transaction.atomic():
        submit(ServiceRecord, [late])
    the_session()


def test_who_is_second_is_told(world, monkeypatch):
    """Two enter the same session at the same moment: only the database knows of both."""

    def taken(*_args):
        raise IntegrityError("group_session_key")

    monkeypatch.setattr("forms.models.rules.sessions.create_tracked", taken)
    with override("en"), pytest.raises(ValidationError, match="Somebody else"):
        enter(world, 1, 2)
    assert not ServiceRecord.objects.exists()


# Files.


def test_files_bring_sessions_and_change_them(world):
    world.load(*world.rows(1, 2, 3))
    assert the_session().participants == 3
    world.load(*world.rows(1, 2, 3, version=2, minutes=60))
    assert versions(the_session())[1:] == [(2, "submitted", 60, 3, "put right")]


def test_a_file_that_changes_one_row_is_refused(world):
    world.load(*world.rows(1, 2, 3))
    said = world.refused(*world.rows(2, version=2, minutes=60, participants=3))
    assert "line 2" in said
    assert "G-1" in said
    assert the_session().minutes == 90


@pytest.mark.parametrize("split", [False, True], ids=["at once", "in two files"])
def test_a_file_that_withdraws_one_row_is_refused(world, split):
    entered = world.rows(1, 2, 3)
    gone = world.rows(3, version=2, status="withdrawn", participants=3)
    if split:
        world.load(*entered)
    said = world.refused(*([] if split else entered), *gone)
    assert "G-1" in said
    assert "still count 3" in said


@pytest.mark.parametrize("split", [False, True], ids=["at once", "in two files"])
def test_a_file_that_withdraws_one_row_changes_the_session(world, split):
    entered = world.rows(1, 2, 3)
    later = [
        *world.rows(3, version=2, status="withdrawn", participants=3),
        *world.rows(1, 2, version=2, participants=2),
    ]
    if split:
        world.load(*entered)
        world.load(*later)
    else:
        world.load(*entered, *later)
    assert (the_session().participants, the_session().attendances.count()) == (2, 2)


def test_somebody_in_the_place_of_another_changes_nothing_else(world):
    """The wrong case was typed: nobody left."""
    world.load(*world.rows(1, 2, 3))
    gone = world.rows(3, version=2, status="withdrawn", participants=3)
    world.load(*gone, *world.rows(4, participants=3))
    session = the_session()
    assert session.version == 1
    assert set(session.attendances.values_list("case__number", flat=True)) == {"K-1", "K-2", "K-4"}


def test_a_record_that_goes_to_another_session_leaves_the_others_one_fewer(world):
    world.load(*world.rows(1, 2, 3))
    alone = world.rows(3, version=2, participants=1, session="G-2")
    assert "still count 3" in world.refused(*alone)
    world.load(*alone, *world.rows(1, 2, version=2, participants=2))
    counts = dict(GroupSession.objects.values_list("key", "participants"))
    assert counts == {"G-1": 2, "G-2": 1}
    connection.check_constraints()


def test_a_record_that_was_no_part_of_it_leaves_the_session(world):
    world.load(*world.rows(1, 2, 3))
    alone = world.rows(3, version=2, participants=1, session="", kind="talk")
    assert "still count 3" in world.refused(*alone)
    world.load(*alone, *world.rows(1, 2, version=2, participants=2))
    assert the_session().participants == 2
    assert ServiceRecord.objects.get(reference="R-3").attends_id is None


def test_an_export_brings_the_same_sessions(world, tmp_path):
    first, *_others = enter(world, 1, 2, 3)
    correct_record(first, version=1, reason="longer", minutes=120, by=somebody())
    first.refresh_from_db()
    withdraw_record(first, version=2, reason="ill", by=somebody())
    before = {name: getattr(the_session(), name) for name in ("key", "status", *SHARED)}
    out = tmp_path / "export"
    export_files(out)
    with opened_gate("for the import"), connection.cursor() as cursor:
        for table in ("historicalservicerecord", "servicerecord", "historicalgroupsession",
                      "groupsession"):  # fmt: skip
            cursor.execute(f'DELETE FROM "forms_{table}"')  # noqa: S608
    import_files([out], save=True)
    assert {name: getattr(the_session(), name) for name in before} == before


# What the database holds them to.


@pytest.mark.parametrize("name", OTHERWISE)
def test_no_record_says_otherwise_than_its_session(world, name):
    values = {"begins": "09:00", "ends": "10:30"} if name in ("begins", "ends") else {}
    records = enter(world, 1, 2)
    said = {name: OTHERWISE[name]} | values
    for row in (records[0], GroupSession.objects.get()):
        rows = type(row)._base_manager.filter(pk=row.pk)
        with pytest.raises(IntegrityError, match="contradicts: forms_"), transaction.atomic():
            rows.update(**said)
    the_session()


def test_no_session_changes_without_its_records(world):
    enter(world, 1, 2)
    session = the_session()
    with pytest.raises(IntegrityError), transaction.atomic():
        session.minutes, session.version = 60, 2
        session.token = session.called()
        session.save()
        connection.check_constraints()


def test_no_record_that_counts_is_without_its_session(world):
    enter(world, 1, 2)
    rows = ServiceRecord.objects.filter(reference__endswith=str(world.cases[0].pk))
    for other in (None, "?", "1/G-2/1"):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(attends=other)
            connection.check_constraints()


def test_no_record_hangs_on_another_providers_session(world):
    other = make_contract("C-2", provider=world.contract.provider.__class__.objects.create(
        key="other", name="Other", kind="provider"))  # fmt: skip
    (foreign,) = make_session([make_case(other)], session="G-1", participants=2)
    enter(world, 1, 2)
    with pytest.raises(IntegrityError, match="contradicts"), transaction.atomic():
        ServiceRecord.objects.filter(contract=world.contract).update(attends=foreign.attends_id)


def test_all_that_is_said_of_a_session_is_held_to(world):
    """A column that records share with their session later is bound by itself."""
    own = {field.name for field in GroupSession._meta.concrete_fields}
    of_session = own - {"id", "provider", "key", "version", "token"}
    rule = ServiceRecord.repeats
    assert isinstance(rule, Repeats)
    assert set(rule.columns.values()) == of_session | {"provider", "key"}
    assert set(SHARED) == of_session - {"status"}


def test_several_changed_together_are_one_version(world):
    records = enter(world, 1, 2)
    change_together(
        [(record, {"participants": 5, "counsellors": 2}) for record in records], reason="more"
    )
    session = the_session()
    assert (session.version, session.participants, session.counsellors) == (2, 5, 2)


def test_refusals_are_told_in_german(world):
    world.load(*world.rows(1, 2, 3))
    with override("de"), pytest.raises(ValidationError, match="Gruppensitzung G-1"):
        change(ServiceRecord.objects.get(reference="R-1"), reason="kürzer", minutes=30)
