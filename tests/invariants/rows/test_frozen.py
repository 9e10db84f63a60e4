"""Every column of every frozen row: refused by the database, and found where that lets it pass."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, models, transaction

from base.documents import stored_path
from base.editions import Edition
from base.history import HistoryRow, Tracked
from base.immutability import ClosedOnce, When, WithParent, opened_gate
from base.integrity import findings
from base.silent_writes import differences
from forms.models import FilledForm
from jobs.integrity import documents_have_their_files
from jobs.models import (
    ReportDocument,
    ReportVersion,
    Statement,
    StatementDocument,
    StatementLine,
)
from tests.invariants.rows.altering import (
    alter,
    delete,
    execute,
    frozen_columns,
    frozen_row,
    insert_copy,
    named_in,
    own_frozen_models,
    wholes,
)
from tests.invariants.rows.conftest import undone

pytestmark = pytest.mark.django_db

A_KEY = "Names the row to the database alone; whoever refers to it does so by a foreign key."
A_LOG = "A log beside the history of its statement, which says the same and is compared."
A_FILE = "Says what a file shows; that can be made again from what is sealed. The file has a hash."
NEWEST_ONLY = "Of history the newest row is compared with the live one: what was, not who or when."

OF_EVENTS = ("statement", "kind", "at", "actor_number", "reason")
OF_DOCUMENTS = ("title", "context_hash", "made_at")
OF_ACCESS = ("at", "kind", "actor_number", "title", "object_label", "object_number", "detail")
AN_ACCESS_LOG = "Kept for a year; no money and no decision rests on it."
UNSEALED: dict[str, dict[str, str]] = {
    "base.Event": dict.fromkeys(OF_ACCESS, AN_ACCESS_LOG),
    "jobs.StatementEvent": dict.fromkeys(OF_EVENTS, A_LOG),
    "jobs.StatementDocument": dict.fromkeys(("statement", *OF_DOCUMENTS), A_FILE),
    "jobs.ReportDocument": dict.fromkeys(("version", "assessment", "reply", *OF_DOCUMENTS), A_FILE),
}
"""Columns that no seal covers, with the reason. What is found is not listed."""

OF_HISTORY = ("history_id", "history_date", "history_change_reason", "history_user_id")


def unsealed(model: type[models.Model]) -> dict[str, str]:
    if issubclass(model, HistoryRow):
        return dict.fromkeys(OF_HISTORY, NEWEST_ONLY)
    found = issubclass(model, Tracked)  # by what history says of its row
    own = {} if found else {model._meta.pk.name: A_KEY}
    return own | UNSEALED.get(model._meta.label, {})


def refused(model: type[models.Model]):
    return pytest.raises(IntegrityError, match=f"frozen: {model._meta.db_table}")


def attempt(change, *args):
    """In a savepoint, so that PostgreSQL goes on after the refusal."""
    with transaction.atomic():
        change(*args)


def past_the_gate() -> list[type[models.Model]]:
    """Models whose rule the gate opens; its own log stays closed to everybody."""
    return [model for model in own_frozen_models() if not isinstance(model.frozen, ClosedOnce)]


def is_found(row: models.Model) -> bool:
    """Whether what `findings()` asks of such a row, or of the sealed whole it is in, names it."""
    model = type(row)
    if issubclass(model, HistoryRow):
        return named_in(list(map(str, differences([model.instance_type]))), row)
    found = [*differences([model] if issubclass(model, Tracked) else [])]
    for whole in wholes(row):
        # Their own order joins, and would leave out a row whose parent is gone.
        stored = type(whole)._base_manager.order_by("pk").filter(pk=whole.pk).first()
        if isinstance(stored, Edition | Statement | ReportVersion):
            found += stored.problems()
    if model in (StatementDocument, ReportDocument):
        found += documents_have_their_files()
    return named_in(list(map(str, found)), row)


def test_nothing_is_found_before(world):
    assert list(findings()) == []


def test_each_column_is_refused(world):
    for model in own_frozen_models():
        row = frozen_row(model)
        for field in model._meta.concrete_fields:
            with refused(model):
                attempt(alter, row, field)


def test_frozen_columns_are_refused_in_rows_that_change(world):
    """What else is in such rows changes, and is found by history where it does so silently."""
    assert frozen_columns()
    for field in frozen_columns():
        row = frozen_row(field.model)
        with refused(field.model):
            attempt(alter, row, field)


def test_deletion_is_refused(world):
    for model in own_frozen_models():
        with refused(model):
            attempt(delete, frozen_row(model))


def test_rows_are_not_added_below_a_frozen_one(world):
    below = [model for model in own_frozen_models() if isinstance(model.frozen, WithParent)]
    assert below
    for model in below:
        with refused(model):
            attempt(insert_copy, frozen_row(model))


def test_emptying_a_table_is_refused(world):
    emptying = 'TRUNCATE "%s" CASCADE' if connection.vendor == "postgresql" else 'DELETE FROM "%s"'
    for model in own_frozen_models():
        with pytest.raises(IntegrityError, match="frozen: "):
            attempt(execute, emptying % model._meta.db_table)


def test_lines_are_frozen_from_the_check_on(world):
    """Before that they are computed as often as facts change."""
    checked = StatementLine.objects.filter(statement__status=Statement.Status.CHECKED).first()
    for field in StatementLine._meta.concrete_fields:
        with refused(StatementLine):
            attempt(alter, checked, field)
    for change in (delete, insert_copy):
        with refused(StatementLine):
            attempt(change, checked)
    draft = StatementLine.objects.filter(statement__status=Statement.Status.DRAFT).first()
    delete(draft)


def test_line_does_not_move_into_an_issued_statement(world):
    draft = StatementLine.objects.filter(statement__status=Statement.Status.DRAFT).first()
    issued = Statement.objects.issued().first()
    with refused(StatementLine):
        attempt(
            execute,
            'UPDATE "jobs_statementline" SET "statement_id" = %s WHERE "id" = %s',
            issued.pk,
            draft.pk,
        )


def test_nothing_becomes_a_draft_again(world):
    """Drafts become issued or submitted, and stay so."""
    partly = [model for model in own_frozen_models() if isinstance(model.frozen, When)]
    found = [model for model in partly if "status" in model.frozen.values]
    assert {FilledForm, Statement} <= set(found)
    for model in found:
        with refused(model), transaction.atomic():
            model._base_manager.filter(pk=frozen_row(model).pk).update(status="draft")


@pytest.mark.silent_writes
def test_each_column_is_found_where_the_gate_let_it_pass(world):
    """All but those listed above, each by the sentence that names its row."""
    for model in past_the_gate():
        row, missed = frozen_row(model), set()
        for field in model._meta.concrete_fields:
            with undone():
                with opened_gate("to see whether it is found"):
                    assert alter(row, field) == 1
                if not is_found(row):
                    missed.add(field.name)
        assert missed == set(unsealed(model)), model._meta.label


@pytest.mark.silent_writes
def test_missing_and_added_parts_are_found(world):
    """A part of something sealed cannot be taken away or slipped in."""
    parts = [
        model
        for model in past_the_gate()
        if model is StatementLine
        or (not issubclass(model, HistoryRow | Tracked) and hasattr(model, "edition"))
    ]
    assert len(parts) > 10
    for model in parts:
        row = frozen_row(model)
        for change in (delete, insert_copy):
            if change is insert_copy and model._meta.constraints:
                continue  # refused by its own constraint
            with undone():
                with opened_gate("to see whether it is found"):
                    change(row)
                assert named_in(list(findings()), row), (model, change)


@pytest.mark.silent_writes
def test_deleted_issued_statement_is_found(world):
    statement = frozen_row(Statement)
    with undone():
        with opened_gate("to see whether it is found"):
            delete(statement)
        assert f"jobs.Statement {statement.pk}: deleted silently" in list(findings())


def test_lost_and_changed_files_are_found(world):
    """Files are not in the database; their hash is."""
    document = frozen_row(StatementDocument)
    path = stored_path(document.sha256)
    with default_storage.open(path) as file:
        content = file.read()
    default_storage.delete(path)
    try:
        assert named_in(list(findings()), document)
        default_storage.save(path, ContentFile(b"other" + content))
        assert named_in(list(findings()), document)
        default_storage.delete(path)
    finally:
        default_storage.save(path, ContentFile(content))
    assert list(findings()) == []


def test_log_of_the_gate_is_closed_even_while_it_is_open(world):
    (log,) = (model for model in own_frozen_models() if isinstance(model.frozen, ClosedOnce))
    row = frozen_row(log)
    for field in log._meta.concrete_fields:
        with opened_gate("once more"), refused(log):
            attempt(alter, row, field)


def test_list_of_unsealed_columns_names_columns(world):
    models_by_label = {model._meta.label: model for model in own_frozen_models()}
    for label, columns in UNSEALED.items():
        assert set(columns) <= {field.name for field in models_by_label[label]._meta.fields}
