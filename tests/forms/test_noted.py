"""What appointments and cases note of service records is true, whoever writes, in what order."""

import random
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_migrate

from base.history import history_model
from base.immutability import install_triggers, remove_triggers
from base.integrity import findings
from base.noting import Notes, untrue
from contracts.models import ChangeMark
from forms.actions.change_appointment import change_appointment
from forms.actions.settle_appointment import settle_appointment
from forms.models import Appointment, Case, ServiceRecord
from tests.factories import (
    DAY,
    make_appointment,
    make_case,
    make_contract,
    make_member,
    make_record,
    record_of,
    somebody,
)

pytestmark = pytest.mark.django_db

WRITES = 90
KINDS = ["records", "change", "case", "lie", "appointment", "move", "withdraw", "gone", "delete"]


@pytest.fixture
def contracts():
    first = make_contract()
    return [first, make_contract("other", body=first.commissioning_body, provider=first.provider)]


@pytest.fixture
def member(contracts):
    return make_member(contracts[0].provider)


@pytest.fixture
def case(contracts):
    return make_case(contracts[0])


def truth() -> tuple[dict, dict]:
    """Ask every record about every appointment and case."""
    records = list(ServiceRecord.objects.values_list("contract", "reference", "case", "status"))
    references = {(contract, reference) for contract, reference, _case, _status in records}
    counting = {case for _contract, _reference, case, status in records if status == "submitted"}
    appointments = Appointment.objects.values_list("pk", "case__contract", "reference")
    return (
        {pk: (contract, reference) in references for pk, contract, reference in appointments},
        {pk: pk in counting for pk in Case.objects.values_list("pk", flat=True)},
    )


def noted() -> tuple[dict, dict]:
    return (
        dict(Appointment.objects.values_list("pk", "recorded")),
        dict(Case.objects.values_list("pk", "worked")),
    )


class Writer:
    """Writes past all rules, so that everything happens that a database can be told."""

    def __init__(self, seed: int, contracts, member):
        self.random = random.Random(seed)  # noqa: S311 - to repeat it
        self.contracts = contracts
        self.cases = [make_case(each) for each in contracts for _number in range(3)]
        self.member, self.count = member, 0
        for case in [*self.cases, None]:
            make_appointment(member, case=case)

    def write(self) -> str:
        """Write something, each kind as often as the others; return what."""
        what = KINDS[self.count % len(KINDS)]
        self.count += 1
        getattr(self, what)()
        return what

    def a_case(self) -> Case:
        return self.random.choice(self.cases)

    def references(self, of, beside, most: int) -> list[str]:
        """Return references for rows of a model: new ones, and such as rows beside them have."""
        taken, known = (
            {*model.objects.values_list("reference", flat=True)} for model in (of, beside)
        )
        free = [*sorted(known - taken), *(f"E-{self.count:06d}-{number}" for number in range(2))]
        return self.random.sample(free, min(most, len(free)))

    def some(self, model):
        """Rows of a model, one or two or all: statements change many at once."""
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
        most = self.random.choice([1, 2, len(keys)])
        chosen = self.random.sample(keys, min(most, len(keys)))
        return model.objects.filter(pk__in=chosen)

    def records(self):
        status = self.random.choice(["submitted", "submitted", "withdrawn"])
        given = self.references(ServiceRecord, Appointment, 3)
        rows = [record_of(self.a_case(), reference=each) for each in given]
        for row in rows:
            row.status, row.contract = status, self.random.choice(self.contracts)
        ServiceRecord.objects.bulk_create(rows)

    def change(self):
        if one := self.some(ServiceRecord).first():
            (given,) = self.references(ServiceRecord, Appointment, 1)
            ServiceRecord.objects.filter(pk=one.pk).update(reference=given)
        values = {"contract": self.random.choice(self.contracts), "case": self.a_case()}
        self.some(ServiceRecord).update(**values)

    def withdraw(self):
        status = self.random.choice(["submitted", "withdrawn"])
        self.some(ServiceRecord).update(status=status)

    def delete(self):
        self.some(ServiceRecord)._raw_delete("default")

    def appointment(self):
        kept = Appointment.objects.first()
        (kept.reference,) = self.references(Appointment, ServiceRecord, 1)
        kept.pk, kept.case = None, self.a_case()
        kept.recorded = self.random.choice([True, False])
        Appointment.objects.bulk_create([kept])

    def move(self):
        (given,) = self.references(Appointment, ServiceRecord, 1)
        Appointment.objects.filter(pk=self.some(Appointment).first().pk).update(reference=given)
        self.some(Appointment).update(case=self.random.choice([*self.cases, None]))

    def lie(self):
        value = self.random.choice([True, False])
        self.some(Appointment).update(recorded=value)
        self.some(Case).update(worked=value)

    def case(self):
        self.some(Case).update(contract=self.random.choice(self.contracts))

    def gone(self):
        """What was loaded long ago is saved as it was."""
        row = self.random.choice(list(Case.objects.all()))
        row.worked = not row.worked
        row.save()


@pytest.mark.silent_writes
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_notes_say_what_is_there_after_every_write(seed, contracts, member):
    writer, done, seen = Writer(seed, contracts, member), set(), (set(), set())
    for _number in range(WRITES):
        try:
            with transaction.atomic():
                what = writer.write()
        except IntegrityError:  # a reference is given out once
            continue
        done.add(what)
        assert noted() == truth(), what
        for values, column in zip(seen, noted(), strict=True):
            values.update(column.values())
    assert done == {*KINDS}
    assert seen == ({True, False}, {True, False})
    assert list(untrue(Appointment)) == list(untrue(Case)) == []


@pytest.mark.silent_writes
def test_note_is_there_with_the_record_and_gone_with_it(member, case):
    row = make_appointment(member, case=case)
    assert noted() == ({row.pk: False}, {case.pk: False})
    record = make_record(case, reference=row.reference)
    assert noted() == ({row.pk: True}, {case.pk: True})
    ServiceRecord.objects.filter(pk=record.pk).update(status="withdrawn")
    assert noted() == ({row.pk: True}, {case.pk: False})


def test_note_leaves_no_trace_in_history(member, case):
    row = make_appointment(member, case=case)
    make_record(case, reference=row.reference)
    assert history_model(Appointment).objects.filter(id=row.pk).count() == 1
    assert list(findings()) == []


@pytest.mark.silent_writes
def test_what_was_recorded_cannot_be_moved_even_if_the_record_was_withdrawn(member, case):
    """The record blocks moving, whatever became of it; that the client came, only if it counts."""
    row = make_appointment(member, case=case)
    record = make_record(case, reference=row.reference)
    with pytest.raises(Exception, match="aufgezeichnet|erfasst|Nachweis|geplant"):
        change_appointment(row, by=somebody(), begins=row.begins + timedelta(hours=1))
    assert row.counts_as_held()
    with pytest.raises(Exception, match="Nachweis|erfasst"):
        settle_appointment(row, by=somebody(), status="no_show")

    ServiceRecord.objects.filter(pk=record.pk).update(status="withdrawn")
    assert Appointment.objects.changeable_keys([row]) == set()
    assert not row.counts_as_held()
    assert settle_appointment(row, by=somebody(), status="no_show").status == "no_show"


@pytest.mark.silent_writes
def test_first_record_of_a_case_marks_its_own_month_alone(case):
    """A note is no change of the case: reports since its assignment need not be looked at."""
    ChangeMark.objects.all().delete()
    make_record(case, day=DAY)
    assert Case.objects.get(pk=case.pk).worked
    assert set(ChangeMark.objects.values_list("first", "last")) == {(DAY, DAY)}
    Case.objects.filter(pk=case.pk).update(assigned_on=case.assigned_on - timedelta(days=1))
    assert ChangeMark.objects.filter(first__lt=case.assigned_on).exists()


def test_integrity_check_names_what_is_untrue(member, case):
    row = make_appointment(member, case=case)
    remove_triggers(connection)
    try:
        make_record(case, reference=row.reference)
    finally:
        install_triggers(connection)
    told = sorted(each for each in findings() if "is not true" in each)
    assert told == [
        f"forms.Appointment {row.pk}: recorded is not true",
        f"forms.Case {case.pk}: worked is not true",
    ]


def test_what_was_written_while_no_trigger_was_there_is_set_right_after_migrations(member, case):
    """By who goes on working during an upgrade; on SQLite triggers are away at every one."""
    row = make_appointment(member, case=case)
    gone = make_appointment(member, case=case)
    record = make_record(case, reference=gone.reference)
    remove_triggers(connection)
    make_record(case, reference=row.reference)
    ServiceRecord.objects.filter(pk=record.pk).delete()
    config = apps.get_app_config("base")
    signal = {"using": "default", "verbosity": 0, "interactive": False, "apps": apps, "plan": []}
    post_migrate.send(sender=config, app_config=config, **signal)
    assert noted() == ({row.pk: True, gone.pk: False}, {case.pk: True})
    assert list(findings()) == []


def test_rules_that_triggers_could_not_keep_are_refused():
    with pytest.raises(TypeError, match="one key at most"):
        Notes("recorded", "forms.ServiceRecord", contract="case__contract__provider")
    with pytest.raises(TypeError, match="must find"):
        Notes("recorded", "forms.ServiceRecord", contract="case__contract")
