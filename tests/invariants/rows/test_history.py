"""A write that leaves no history is found, whatever the model and however it was made."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from base.history import history_model, tracked_models
from base.immutability import When, WithParent, opened_gate
from base.silent_writes import differences
from tests.invariants.rows.altering import alter, delete, other_values
from tests.invariants.rows.conftest import undone

pytestmark = [pytest.mark.django_db, pytest.mark.silent_writes]


def check_history() -> str:
    """What the command prints. It has to fail with exit code 1."""
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("check_history", stdout=out)
    assert failure.value.returncode == 1
    return out.getvalue()


def changeable_row(model):
    """The newest row that is not frozen, nor held to what another row says."""
    rows = model._base_manager.order_by("pk")
    if isinstance(rule := getattr(model, "frozen", None), When):
        rows = rows.exclude(**{f"{name}__in": values for name, values in rule.values.items()})
    elif isinstance(rule, WithParent):
        of_parent = {f"{rule.parent}__{name}__in": each for name, each in rule.values.items()}
        rows = rows.exclude(**of_parent)
    if bound := getattr(model, "repeats", None):
        rows = rows.exclude(**{f"{name}__in": values for name, values in bound.where.items()})
    for relation in model._meta.related_objects:
        bound = getattr(relation.related_model, "repeats", None)
        if bound and bound.key == relation.field.name:
            rows = rows.filter(**{relation.name: None})
    found = rows.last()
    assert found, f"no rows of {model._meta.label}: make some in conftest"
    return found


def recorded_fields(model) -> list:
    names = [field.name for field in history_model(model).tracked_fields]
    return [model._meta.get_field(name) for name in names]


def test_world_is_recorded(world):
    out = StringIO()
    call_command("check_history", stdout=out)
    assert out.getvalue() == "Nothing found.\n"


def test_silent_update_is_found(world):
    """Of every tracked model, by the command."""
    for model in tracked_models():
        row = changeable_row(model)
        field = next(f for f in recorded_fields(model) if not f.primary_key)
        with undone():
            values = other_values(row, field)
            with opened_gate("columns that are frozen as well"):
                assert model._base_manager.filter(pk=row.pk).update(**values) == 1
            assert f"{model._meta.label} {row.pk}: differs in {field.column}" in check_history()


def test_silent_change_of_each_column_is_found(world):
    for model in tracked_models():
        row = changeable_row(model)
        for field in recorded_fields(model):
            if field.primary_key:
                continue
            with undone():
                with opened_gate("columns that are frozen as well"):
                    assert alter(row, field) == 1
                (found,) = differences([model])
                assert (found.pk, found.problem) == (row.pk, "differs")
                assert set(found.columns) == {
                    model._meta.get_field(name).column
                    for name, value in other_values(row, field).items()
                    if getattr(row, name) != value
                }


def test_silent_deletion_is_found(world):
    for model in tracked_models():
        row = changeable_row(model)
        with undone():
            with opened_gate("rows that are kept as well"):
                assert delete(row) == 1
            assert f"{model._meta.label} {row.pk}: deleted silently" in check_history()


def test_silent_insertion_is_found(world):
    """Of the same row under another key: what was silently written need not make sense."""
    for model in tracked_models():
        row = changeable_row(model)
        with undone():
            assert alter(row, model._meta.pk) == 1
            found = {(each.pk, each.problem) for each in differences([model])}
        assert found == {(row.pk, "deleted silently"), (row.pk + 1_000_000, "without history")}
