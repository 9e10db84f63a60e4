"""Sessions are made from records that were there before: with their past, or not at all."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from base.acting import acting_as
from base.history import history_model
from base.immutability import install_triggers, remove_triggers
from base.silent_writes import differences
from forms.actions.correct_record import correct_record, withdraw_record
from forms.actions.record_service import record_session
from forms.models import Case, GroupSession, ServiceRecord
from forms.models.rules.sessions import SHARED
from tests.factories import (
    DAY,
    make_case,
    make_contract,
    make_member,
    make_record,
    make_user,
    somebody,
)

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("forms", "0005_times_of_records")]


def migrate(targets: list | None = None) -> None:
    """Go to these migrations, else to the newest; past triggers, which name newest columns."""
    remove_triggers(connection)
    executor = MigrationExecutor(connection)
    executor.migrate(targets or executor.loader.graph.leaf_nodes())


@contextmanager
def as_before():
    """Records as they were before there were sessions; afterwards the tables are as they are."""
    migrate(BEFORE)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if "forms_groupsession" not in connection.introspection.table_names():
                cursor.execute("DELETE FROM forms_servicerecord")
                cursor.execute("DELETE FROM forms_historicalservicerecord")
                migrate()
        install_triggers(connection)


def enter(counsellor, session: str, cases: list) -> ServiceRecord:
    records, _before = record_session(
        counsellor=counsellor,
        session=session,
        day=DAY,
        kind="group",
        minutes=90,
        cases=cases,
        by=somebody(),
    )
    return records[0]


def told() -> list[tuple]:
    """What is said of all sessions, and was said before."""
    columns = ("provider", "key", "version", "status", "token", *SHARED)
    past = ("history_type", "history_user_id", "history_change_reason")
    live = GroupSession.objects.order_by("provider", "key").values_list(*columns)
    versions = history_model(GroupSession).objects.order_by("provider", "key", "version")
    hanging = ServiceRecord.objects.order_by("pk").values_list("pk", "attends")
    return [*live, *versions.values_list(*columns, *past), *hanging]


@pytest.fixture
def world():
    contract = make_contract()
    counsellor = make_member(contract.provider)
    cases = [make_case(contract) for _ in range(4)]
    with acting_as(make_user("writer")):
        make_record(cases[3])
        first = enter(counsellor, "G-1", cases[:3])
        first = correct_record(first, version=1, reason="longer", minutes=120, by=somebody())
        withdraw_record(first, version=2, reason="ill", by=somebody())
        again = enter(counsellor, "G-2", cases[2:])
        withdraw_record(again, version=1, reason="cancelled", whole_session=True, by=somebody())
    abroad = make_contract(provider=type(contract.provider).objects.create(
        key="abroad", name="Abroad", kind="provider"))  # fmt: skip
    enter(make_member(abroad.provider), "G-1", [make_case(abroad)])


ANOTHER = (
    "(SELECT MAX(case_id) FROM forms_servicerecord WHERE session = 'G-1' AND participants = 2)"
)
CONTRADICTIONS = {
    "minutes = 60": "different minutes: 120, 60",
    "participants = 9": "different participants: 2, 9",
    f"case_id = {ANOTHER}": "a case attends twice",
}


def test_sessions_are_made_with_their_past_once_their_records_agree(world):
    """Records that contradict each other stop it, and leave everything as it was."""
    before = told()
    worked = dict(Case.objects.values_list("pk", "worked"))
    assert set(worked.values()) == {True, False}
    assert len(before) == 3 + 6 + 7  # sessions, versions, records
    record = GroupSession.objects.get(key="G-1", participants=2).attendances.earliest("pk")
    was = f"minutes = 120, participants = 2, case_id = {record.case_id}"
    with as_before():
        for change, says in CONTRADICTIONS.items():
            say(record, change)
            with pytest.raises(ValueError, match=rf"G-1 \(records .*{record.reference}.*{says}"):
                migrate()
            assert "forms_groupsession" not in connection.introspection.table_names()
            say(record, was)
        migrate()
        assert told() == before
        # No trigger was there that would have noted it.
        assert dict(Case.objects.values_list("pk", "worked")) == worked
    assert differences([GroupSession, ServiceRecord]) == []


def say(record: ServiceRecord, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE forms_servicerecord SET {change} WHERE id = {record.pk}")  # noqa: S608
