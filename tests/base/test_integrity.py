"""The command that proves it, the checks it runs, and the rules of models."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from base import checks, integrity
from base.history import Tracked
from base.immutability import Always, remove_triggers
from base.models import GateOpening, User


def check() -> tuple[str, bool]:
    """What the command prints, and whether it is content."""
    out = StringIO()
    try:
        call_command("check_history", stdout=out)
    except CommandError as error:
        assert error.returncode == 1
        return out.getvalue(), False
    return out.getvalue(), True


@pytest.mark.django_db
def test_nothing_to_find():
    User.objects.create(username="someone")
    assert check() == ("Nothing found.\n", True)


@pytest.mark.django_db
@pytest.mark.silent_writes
def test_silent_write_is_found_without_showing_the_value():
    user = User.objects.create(username="someone")
    User.objects.update(email="private@example.org")
    assert check() == (f"base.User {user.pk}: differs in email\n", False)


@pytest.mark.django_db
def test_missing_trigger_is_found():
    remove_triggers(connection)
    printed, content = check()
    assert "trigger frozen_base_gateopening_update is missing\n" in printed
    assert not content


@pytest.mark.django_db
def test_gate_left_open_is_found():
    opening = GateOpening.objects.create(reason="forced", opened_at="2024-01-01T00:00:00Z")
    assert check() == (f"gate opening {opening.pk} was never closed\n", False)


@pytest.mark.django_db
def test_apps_add_checks(monkeypatch):
    monkeypatch.setattr(integrity, "_checks", list(integrity._checks))

    @integrity.register
    def seals():
        yield "edition 1 does not match its seal"

    integrity.register(seals)
    assert check() == ("edition 1 does not match its seal\n", False)


@pytest.fixture
def isolated():
    with isolate_apps("base"):
        yield


def ids(messages) -> list[str]:
    return [message.id for message in messages]


def test_models_of_the_product_obey():
    assert checks.check_tracked_models() == []
    assert checks.check_frozen_models() == []
    assert checks.check_history_keys() == []


@pytest.mark.parametrize("emptied", [models.SET_NULL, models.SET_DEFAULT])
def test_key_that_empties_itself_is_refused(isolated, monkeypatch, emptied):
    class Owned(Tracked):
        owner = models.ForeignKey(User, emptied, null=True, default=None, related_name="+")

        class Meta:
            app_label = "base"

    monkeypatch.setattr(checks, "tracked_models", lambda: [Owned])
    assert ids(checks.check_tracked_models()) == ["base.E002"]


def test_tracked_model_in_two_tables_is_refused(isolated, monkeypatch):
    class Parent(models.Model):
        class Meta:
            app_label = "base"

    class Child(Tracked, Parent):
        class Meta:
            app_label = "base"

    monkeypatch.setattr(checks, "tracked_models", lambda: [Child])
    assert ids(checks.check_tracked_models()) == ["base.E001"]


def test_hidden_links_of_a_frozen_model_are_refused(isolated, monkeypatch):
    class Linked(models.Model):
        others = models.ManyToManyField("self")
        frozen = Always()

        class Meta:
            app_label = "base"

    monkeypatch.setattr(checks, "frozen_models", lambda: [Linked])
    assert ids(checks.check_frozen_models()) == ["base.E003"]
