"""The database refuses what the rules forbid, whoever asks, and the gate leaves a record."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models.signals import post_migrate, pre_migrate
from django.test.utils import isolate_apps

from base import immutability
from base.acting import acting_as
from base.history import history_model
from base.immutability import (
    Always,
    When,
    WithParent,
    expected_triggers,
    frozen_models,
    install_triggers,
    installed_triggers,
    opened_gate,
    remove_triggers,
    trigger_findings,
)
from base.models import GateOpening, User

GARBAGE = {
    models.BigAutoField: 999_999,
    models.BigIntegerField: 999_999,
    models.BooleanField: True,
    models.CharField: "draft",
    models.DateTimeField: "2001-01-01 00:00:00+00:00",
    models.DecimalField: 7,
    models.ForeignKey: 999_999,
    models.IntegerField: 999_999,
    models.TextField: "other",
}


def garbage(field: models.Field):
    """Another value of the column's kind; some are of a kind of our own."""
    return next(value for kind, value in GARBAGE.items() if isinstance(field, kind))


def execute(sql, *values) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def refused(table):
    return pytest.raises(IntegrityError, match=f"frozen: {table}")


def attempt(sql, *values):
    """Run in a savepoint, so that PostgreSQL goes on after the refusal."""
    with transaction.atomic():
        execute(sql, *values)


@pytest.fixture
def rows(tables, db):
    """One frozen row of each model."""
    bill = tables.Bill.objects.create(status="draft", total=5)
    line = tables.Line.objects.create(bill=bill, amount=1)
    source = tables.Source.objects.create(line=line, version=1)
    tables.Bill.objects.update(status="issued")
    return SimpleNamespace(
        Bill=bill,
        Line=line,
        Source=source,
        Rate=tables.Rate.objects.create(code="A", amount=1),
        Remark=tables.Remark.objects.create(text="noted"),
    )


EMPTYING = {"postgresql": 'TRUNCATE "%s" CASCADE', "sqlite": 'DELETE FROM "%s"'}

# Ways to make a trigger do nothing while its name stays.
WEAKENING = {
    "postgresql": [
        ["ALTER TABLE base_bill DISABLE TRIGGER frozen_base_bill_update"],
        [
            "CREATE OR REPLACE FUNCTION frozen_base_bill_update() RETURNS trigger"
            " LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$"
        ],
        [
            "DROP TRIGGER frozen_base_bill_update ON base_bill",
            "CREATE TRIGGER frozen_base_bill_update AFTER UPDATE ON base_bill"
            " FOR EACH ROW EXECUTE FUNCTION frozen_base_bill_update()",
        ],
    ],
    "sqlite": [
        [
            "DROP TRIGGER frozen_base_bill_update",
            "CREATE TRIGGER frozen_base_bill_update BEFORE UPDATE ON base_bill"
            " WHEN FALSE BEGIN SELECT 1; END",
        ],
    ],
}

FROZEN = ["Bill", "Line", "Source", "Rate", "Remark"]


def test_kept_rows_are_not_deleted_and_change_elsewhere_alone(tables, db):
    slip = tables.Slip.objects.create(text="signed")
    for change in (lambda: tables.Slip.objects.update(text="other"), slip.delete):
        with pytest.raises(IntegrityError, match="frozen: base_slip"), transaction.atomic():
            change()
    assert tables.Slip.objects.update(noted=True) == 1
    assert tables.Slip.objects.get().text == "signed"


class TestRefusal:
    @pytest.mark.parametrize("name", FROZEN)
    def test_every_column(self, tables, rows, name):
        row, meta = getattr(rows, name), getattr(tables, name)._meta
        for field in meta.concrete_fields:
            sql = f'UPDATE "{meta.db_table}" SET "{field.column}" = %s WHERE id = %s'  # noqa: S608
            with refused(meta.db_table):
                attempt(sql, garbage(field), row.pk)

    @pytest.mark.parametrize("name", FROZEN)
    def test_delete(self, tables, rows, name):
        table = getattr(tables, name)._meta.db_table
        with refused(table):
            attempt(f'DELETE FROM "{table}"')  # noqa: S608

    @pytest.mark.parametrize(
        ("name", "columns"), [("Line", "bill_id, amount"), ("Source", "line_id, version")]
    )
    def test_insert_below_a_frozen_parent(self, tables, rows, name, columns):
        table = getattr(tables, name)._meta.db_table
        with refused(table):
            attempt(
                f'INSERT INTO "{table}" ({columns})'  # noqa: S608
                f' SELECT {columns} FROM "{table}"'
            )

    @pytest.mark.parametrize("name", FROZEN)
    def test_emptying_the_table(self, tables, rows, name):
        connection.check_constraints()  # PostgreSQL truncates no table with checks to come
        with pytest.raises(IntegrityError, match="frozen"):
            attempt(EMPTYING[connection.vendor] % getattr(tables, name)._meta.db_table)

    def test_orm_is_refused_alike(self, rows, tables):
        rows.Bill.total = 6
        with refused("base_bill"), transaction.atomic():
            rows.Bill.save()
        with refused("base_rate"), transaction.atomic():
            tables.Rate.objects.bulk_create(
                [tables.Rate(pk=rows.Rate.pk, code="B")],
                update_conflicts=True,
                update_fields=["code"],
                unique_fields=["id"],
            )

    def test_history_is_append_only(self, db):
        User.objects.create(username="someone")
        table = history_model(User)._meta.db_table
        with refused(table):
            attempt(f"UPDATE {table} SET history_change_reason = 'never'")  # noqa: S608
        with refused(table):
            attempt(f"DELETE FROM {table}")  # noqa: S608


class TestPassing:
    def test_drafts_change_and_become_issued(self, tables, db):
        bill = tables.Bill.objects.create(status="draft")
        line = tables.Line.objects.create(bill=bill, amount=1)
        source = tables.Source.objects.create(line=line, version=1)
        source.version = 2
        source.save()
        line.amount = 2
        line.save()
        source.delete()
        line.delete()
        bill.status = "issued"
        bill.save()

    def test_line_cannot_move_to_an_issued_bill(self, tables, rows):
        draft = tables.Bill.objects.create(status="draft")
        line = tables.Line.objects.create(bill=draft, amount=1)
        with refused("base_line"):
            attempt("UPDATE base_line SET bill_id = %s WHERE id = %s", rows.Bill.pk, line.pk)

    def test_quotes_in_values(self, tables, db):
        bill = tables.Bill.objects.create(status="it's void")
        with refused("base_bill"):
            attempt("UPDATE base_bill SET total = 1 WHERE id = %s", bill.pk)

    def test_rows_are_added_to_a_log(self, tables, rows):
        tables.Remark.objects.create(text="more")
        tables.Rate.objects.create(code="B")


class TestGate:
    def test_passes_inside_and_not_after(self, tables, rows):
        with opened_gate("correcting a data migration"):
            attempt("UPDATE base_bill SET total = 1")
            attempt("DELETE FROM base_source")
            attempt("DELETE FROM base_remark")
        with refused("base_bill"):
            attempt("UPDATE base_bill SET total = 2")

    def test_leaves_a_record(self, clerk, db):
        before = GateOpening.objects.count()
        with acting_as(clerk), opened_gate("erasure"):
            assert GateOpening.objects.filter(closed_at=None).count() == 1

        opening = GateOpening.objects.latest("pk")
        assert GateOpening.objects.count() == before + 1
        assert (opening.reason, opening.opened_by) == ("erasure", clerk.pk)
        assert opening.closed_at >= opening.opened_at

    def test_inner_gate_leaves_the_outer_open(self, rows):
        with opened_gate("outer"):
            with opened_gate("inner"):
                pass
            attempt("UPDATE base_bill SET total = 1")
        with refused("base_bill"):
            attempt("UPDATE base_bill SET total = 2")

    def test_exception_undoes_changes_and_record(self, rows, tables):
        before = GateOpening.objects.count()
        with pytest.raises(KeyError), opened_gate("going wrong"):
            attempt("UPDATE base_bill SET total = 1")
            raise KeyError
        assert GateOpening.objects.count() == before
        assert tables.Bill.objects.get().total == 5

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_needs_a_reason(self, db, reason):
        with pytest.raises(ValueError, match="reason"), opened_gate(reason):
            pass

    @pytest.mark.parametrize("field", ["id", "reason", "opened_by", "opened_at", "closed_at"])
    def test_record_never_changes_not_even_inside(self, db, field):
        with opened_gate("first") as opening:
            pass
        value = garbage(GateOpening._meta.get_field(field))
        sql = f"UPDATE base_gateopening SET {field} = %s WHERE id = %s"  # noqa: S608
        with refused("base_gateopening"):
            attempt(sql, value, opening.pk)
        with opened_gate("second"), refused("base_gateopening"):
            attempt(sql, value, opening.pk)

    @pytest.mark.parametrize("field", ["id", "reason", "opened_by", "opened_at"])
    def test_open_record_can_only_be_closed(self, db, field):
        value = garbage(GateOpening._meta.get_field(field))
        with opened_gate("now") as opening, refused("base_gateopening"):
            attempt(
                f"UPDATE base_gateopening SET {field} = %s WHERE id = %s",  # noqa: S608
                value,
                opening.pk,
            )

    def test_record_is_not_reopened(self, db):
        with opened_gate("once"):
            pass
        with refused("base_gateopening"):
            attempt("UPDATE base_gateopening SET closed_at = NULL")

    def test_record_outlives_deletion(self, db):
        with opened_gate("earlier"):
            pass
        with refused("base_gateopening"):
            attempt("DELETE FROM base_gateopening")
        with opened_gate("deleting everything"):
            attempt("DELETE FROM base_gateopening")
        assert [row.reason for row in GateOpening.objects.all()] == ["deleting everything"]


class TestTriggers:
    def test_database_has_what_the_rules_ask_for(self, tables, db):
        expected = expected_triggers(connection)
        assert expected == installed_triggers(connection)
        assert {"frozen_base_bill_update", "frozen_base_line_insert"} <= expected.keys()
        assert list(trigger_findings(connection)) == []

    def test_nothing_is_installed_twice(self, tables, db):
        assert install_triggers(connection) == 0

    def test_missing_trigger_is_found_and_restored(self, tables, db):
        remove_triggers(connection)
        found = list(trigger_findings(connection))
        assert "trigger frozen_base_bill_update is missing" in found
        assert len(found) == len(expected_triggers(connection))

        assert install_triggers(connection) == len(found)
        assert list(trigger_findings(connection)) == []

    def test_trigger_without_rule_is_found_and_dropped(self, tables, db, monkeypatch):
        kept = [model for model in immutability.frozen_models() if model is not tables.Rate]
        monkeypatch.setattr(immutability, "frozen_models", lambda: kept)
        found = list(trigger_findings(connection))
        assert "trigger frozen_base_rate_delete belongs to no rule" in found

        install_triggers(connection)
        assert "frozen_base_rate_delete" not in installed_triggers(connection)

    def test_changed_rule_is_found_and_installed(self, tables, db, monkeypatch):
        monkeypatch.setattr(tables.Bill, "frozen", When(status=("draft",), paid=(True,)))
        assert list(trigger_findings(connection)) == [
            "trigger frozen_base_bill_delete is altered or disabled",
            "trigger frozen_base_bill_update is altered or disabled",
        ]
        assert install_triggers(connection) == 2
        bill = tables.Bill.objects.create(status="draft", paid=True)
        with refused("base_bill"), transaction.atomic():
            bill.delete()
        tables.Bill.objects.create(status="draft", paid=False).delete()

    def test_weakened_trigger_is_found(self, tables, db):
        for weakening in WEAKENING[connection.vendor]:
            for statement in weakening:
                attempt(statement)
            assert list(trigger_findings(connection)) == [
                "trigger frozen_base_bill_update is altered or disabled"
            ]
            assert install_triggers(connection) == 1

    def test_tables_not_made_yet_are_skipped(self, db, monkeypatch):
        with isolate_apps("base"):

            class Later(models.Model):
                frozen = Always()

                class Meta:
                    app_label = "base"

        monkeypatch.setattr(immutability, "frozen_models", lambda: [*frozen_models(), Later])
        install_triggers(connection)
        assert not any("later" in name for name in installed_triggers(connection))

    def test_long_names_stay_apart(self, db):
        long = "a" * 70
        guard = immutability.Guard("UPDATE", "TRUE")
        names = {
            immutability._postgresql_trigger(table, guard).name for table in (long, f"{long}b")
        }
        assert len(names) == 2
        assert all(len(name) <= 63 for name in names)

    def test_history_and_gate_are_declared(self):
        assert {GateOpening, history_model(User)} <= set(frozen_models())


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(lambda: When(), id="no field"),
        pytest.param(lambda: When(status="issued"), id="text instead of a tuple"),
        pytest.param(lambda: WithParent("bill", status=()), id="no values"),
    ],
)
def test_rule_that_says_nothing_is_refused(rule):
    with pytest.raises(TypeError):
        rule()


@pytest.mark.django_db(transaction=True)
class TestMigrating:
    def send(self, signal, plan):
        config = apps.get_app_config("base")
        signal.send(sender=config, app_config=config, using="default", plan=plan, verbosity=0)

    def test_frozen_tables_are_altered_and_protected_again(self, tables):
        field = models.CharField(max_length=40, null=True)
        field.set_attributes_from_name("status")
        old = tables.Bill._meta.get_field("status")

        self.send(pre_migrate, plan=["a migration"])
        with connection.schema_editor() as editor:
            editor.alter_field(tables.Bill, old, field)
        with connection.schema_editor() as editor:
            editor.alter_field(tables.Bill, field, old)
        self.send(post_migrate, plan=["a migration"])

        assert list(trigger_findings(connection)) == []

    def test_migrate_without_plan_leaves_no_gap(self, tables):
        self.send(pre_migrate, plan=[])
        assert list(trigger_findings(connection)) == []

    def test_migrate_installs(self, tables):
        remove_triggers(connection)
        call_command("migrate", verbosity=0)
        assert list(trigger_findings(connection)) == []

    def test_flush_empties_frozen_tables_and_says_so(self):
        User.objects.create(username="someone")
        call_command("flush", interactive=False, verbosity=0)

        assert not history_model(User).objects.exists()
        (opening,) = GateOpening.objects.all()
        assert opening.reason == "flush"
        assert opening.closed_at is not None
