"""Blank reasons are no reasons: every column for one, and everything that asks for one."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction

from base.acting import acting_as, current_reason
from base.reasons import ReasonField, ShortReasonField
from contracts.models import Notice
from tests.factories import make_contract

APPS = ("base", "cms", "contracts", "forms", "jobs")
SPACE = (" ", "\n\t ", "\u00a0", "\u2003")


def columns():
    """Every column that holds a reason in words, of live rows; one that is chosen has them."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in APPS or hasattr(model, "instance_type"):
            continue
        for field in model._meta.concrete_fields:
            if field.is_relation:
                continue
            if field.name == "reason" or field.name.endswith("_reason"):
                yield pytest.param(field, id=f"{model._meta.label}.{field.name}")


def test_there_are_such_columns():
    assert len(list(columns())) >= 10


@pytest.mark.parametrize("field", list(columns()))
def test_a_column_stores_no_space_for_a_reason(field):
    assert isinstance(field, (ReasonField, ShortReasonField))
    for blank in SPACE:
        assert field.get_prep_value(blank) == field.to_python(blank) == ""
        row = field.model(**{field.attname: blank})
        assert field.pre_save(row, add=True) == getattr(row, field.attname) == ""
    assert field.get_prep_value("  because  ") == "because"


@pytest.mark.django_db
@pytest.mark.parametrize("blank", SPACE)
@pytest.mark.silent_writes
def test_the_database_refuses_space_for_a_reason(blank):
    contract = make_contract()
    ended = Notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 5, 2),
        extraordinary=True, ends_on=date(2024, 5, 2), reason=blank,
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.bulk_create([ended])
    with pytest.raises(IntegrityError), transaction.atomic():
        ended.save()


@pytest.mark.parametrize("blank", SPACE)
def test_history_has_no_space_for_a_reason(blank):
    with acting_as(None, reason="said before"), acting_as(None, reason=blank):
        assert current_reason() == "said before"


ASKS = re.compile(r"\bnot (?:\w+\.)?(?:\w+_)?(?:reason|note)\b(?![.\w])")


def test_who_asks_for_a_reason_asks_for_words():
    found = []
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            lines = path.read_text("utf-8").splitlines()
            found += [f"{path.name}: {line.strip()}" for line in lines if ASKS.search(line)]
    assert found == [
        # The reason here is a permission, or text that is shown, not asked for.
        "histories.py: return reason if not reason or telling.may_read_reason(version)"
        " else NOT_YOURS",
    ]
