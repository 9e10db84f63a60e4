"""Every model of the product says how it is recorded, who sees it, and how long it is kept."""

import inspect
from datetime import date

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps

from base.editions import Editioned, EditionRow
from base.history import HistoryRow, Tracked
from base.immutability import Always, ClosedOnce, Frozen, When, WithParent
from base.models import User
from base.retention import (
    BOOKS,
    FOR_EVER,
    NOTHING_PERSONAL,
    SOCIAL_DATA,
    KeptWith,
    Retention,
    retention_of,
)
from base.scoping import ScopedQuerySet
from base.unrecorded import BORROWED

pytestmark = pytest.mark.once

SCOPED_APPS = ("contracts", "forms", "jobs")


def own_models(**options) -> list[type[models.Model]]:
    """All models of the product's apps."""
    found = [m for m in apps.get_models(**options) if m._meta.app_label in settings.FALLWERK_APPS]
    return sorted(found, key=lambda model: model._meta.label)


def labels(found) -> list[str]:
    return [model._meta.label for model in found]


def _tracked_until_frozen(model: type[models.Model]) -> bool:
    return issubclass(model, Tracked) and isinstance(getattr(model, "frozen", None), WithParent)


def ways_of_recording(model: type[models.Model]) -> list[str]:
    """How it can be known later what a row said: to be exactly one of these."""
    frozen = getattr(model, "frozen", None)
    ways = {
        "tracked": issubclass(model, Tracked),
        "draft, recorded by revisions": issubclass(model, Editioned),
        "history": issubclass(model, HistoryRow),
        # Rules that freeze some rows only leave it to history what the others said.
        "frozen": isinstance(frozen, Always | ClosedOnce | WithParent)
        and not (issubclass(model, HistoryRow) or _tracked_until_frozen(model)),
        "declared": bool(getattr(model, "untracked_because", "")),
    }
    return [way for way, holds in ways.items() if holds]


class TestRecording:
    def test_each_model_is_recorded_in_one_way(self):
        found = {model._meta.label: ways_of_recording(model) for model in own_models()}
        assert {label: ways for label, ways in found.items() if len(ways) != 1} == {}

    def test_rows_frozen_at_times_are_tracked_as_well(self):
        partly = [m for m in own_models() if isinstance(getattr(m, "frozen", None), When)]
        assert partly
        assert [m for m in partly if not issubclass(m, Tracked)] == []

    def test_history_is_append_only(self):
        histories = [model for model in own_models() if issubclass(model, HistoryRow)]
        tracked = [model for model in own_models() if issubclass(model, Tracked)]
        assert len(histories) == len(tracked)
        assert all(isinstance(model.frozen, Frozen) for model in histories)

    def test_rows_of_libraries_are_named_with_the_reason(self):
        """Whatever app is installed: what is not ours and not named would change unseen."""
        foreign = {
            model._meta.label
            for model in apps.get_models(include_auto_created=True)
            if model._meta.app_label not in settings.FALLWERK_APPS
        }
        assert foreign == set(BORROWED)
        assert [label for label, reason in BORROWED.items() if not reason.endswith(".")] == []

    def test_links_made_by_the_framework_say_why_they_are_not_recorded(self):
        """Such tables have no class of their own; the model that declares the link answers."""
        for model in own_models(include_auto_created=True):
            if owner := model._meta.auto_created:
                (link,) = (
                    field.name
                    for field in owner._meta.local_many_to_many
                    if field.remote_field.through is model
                )
                assert getattr(owner, "untracked_links", {}).get(link), model._meta.label

    def test_only_secrets_and_stamps_are_left_out_of_history(self):
        left_out = {
            model._meta.label: tuple(model.untracked_fields)
            for model in own_models()
            if issubclass(model, Tracked) and model.untracked_fields
        }
        assert left_out == {
            "base.User": ("password", "last_login", "spelling"),
            "contracts.ApiToken": ("secret_hash", "last_used_at"),
            "forms.Appointment": ("recorded",),  # follows from service records
            "forms.CalendarFeed": ("secret_hash", "last_used_at"),
            "forms.Case": ("worked",),  # follows from service records
            "forms.ClientIdentity": ("spelling",),  # follows from the names
            "forms.ServiceRecord": ("attends",),  # which version of its session is the newest
        }

    def test_no_key_empties_itself(self):
        """Of recorded rows: it would change without a trace."""
        silent = [
            field
            for model in own_models()
            if issubclass(model, Tracked) or hasattr(model, "frozen")
            for field in model._meta.concrete_fields
            if field.remote_field
            and field.remote_field.on_delete in (models.SET_NULL, models.SET_DEFAULT)
        ]
        assert silent == []

    def test_deleting_takes_no_recorded_row_along(self):
        """Only the lines of a draft go with it."""
        cascades = [
            str(field)
            for model in own_models()
            if not issubclass(model, HistoryRow)
            for field in model._meta.local_concrete_fields
            if field.remote_field
            and field.remote_field.on_delete is models.CASCADE
            and not field.remote_field.parent_link
        ]
        assert cascades == ["jobs.StatementLine.statement"]

    def test_nothing_points_to_history(self):
        pointing = [
            field
            for model in apps.get_models(include_auto_created=True)
            for field in model._meta.concrete_fields
            if field.related_model and issubclass(field.related_model, HistoryRow)
        ]
        assert pointing == []

    def test_history_points_to_nothing_the_database_enforces(self):
        bound = [
            field
            for model in own_models()
            if issubclass(model, HistoryRow)
            for field in model._meta.concrete_fields
            if isinstance(field, models.ForeignKey) and field.db_constraint
        ]
        assert bound == []

    def test_a_model_that_says_nothing_is_found(self):
        with isolate_apps("base"):

            class Silent(models.Model):
                class Meta:
                    app_label = "base"

            class Twice(Tracked):
                untracked_because = "it is tracked"

                class Meta:
                    app_label = "base"

        assert ways_of_recording(Silent) == []
        assert len(ways_of_recording(Twice)) == 2


def scoped(model: type[models.Model]) -> bool:
    return issubclass(model._default_manager._queryset_class, ScopedQuerySet)


class TestScoping:
    def test_each_model_of_personal_or_contract_data_is_scoped_or_says_why_not(self):
        """History rows are reached by way of the row they are about."""
        undecided = [
            model
            for model in own_models()
            if model._meta.app_label in SCOPED_APPS
            and not issubclass(model, HistoryRow)
            and scoped(model) == bool(getattr(model, "unscoped_because", ""))
        ]
        assert labels(undecided) == []

    def test_every_manager_is_scoped(self):
        unscoped = [
            f"{model._meta.label}.{manager.name}"
            for model in own_models()
            if scoped(model)
            for manager in model._meta.managers
            if not isinstance(manager.all(), ScopedQuerySet)
        ]
        assert unscoped == []

    def test_each_scope_says_who_sees_its_rows(self):
        silent = [
            model
            for model in own_models()
            if scoped(model) and inspect.isabstract(model._default_manager._queryset_class)
        ]
        assert labels(silent) == []


class TestRetention:
    def test_each_model_says_how_long_it_is_kept(self):
        """History is kept with the rows it is about."""
        undeclared = []
        for model in own_models():
            if not issubclass(model, HistoryRow):
                try:
                    retention_of(model)
                except LookupError as error:
                    undeclared.append(str(error))
        assert undeclared == []

    def test_it_says_so_itself(self):
        """Inherited from rows of editions alone: an edition decides for its own kind."""
        inherited = [
            model
            for model in own_models()
            if not issubclass(model, HistoryRow | EditionRow) and "retention" not in vars(model)
        ]
        assert labels(inherited) == []

    def test_rows_about_persons_and_money_are_not_kept_for_ever(self):
        kept = [m for m in own_models() if scoped(m) and retention_of(m).years is None]
        assert labels(kept) == []

    @pytest.mark.parametrize(
        ("event", "ends"),
        [
            pytest.param(date(2024, 12, 31), date(2034, 12, 31), id="on the last day of a year"),
            pytest.param(date(2025, 1, 1), date(2035, 12, 31), id="a day later"),
            pytest.param(date(2024, 2, 29), date(2034, 12, 31), id="on a leap day"),
        ],
    )
    def test_whole_years_after_the_year_of_the_event(self, event, ends):
        assert Retention(10, after="it was issued", basis=BOOKS).ends(event) == ends

    def test_what_is_kept_for_ever_has_no_end(self):
        assert FOR_EVER.ends(date(2024, 1, 1)) is None

    @pytest.mark.parametrize(
        "values",
        [
            pytest.param({"years": 10, "basis": "", "after": "issue"}, id="no basis"),
            pytest.param({"years": 10, "basis": SOCIAL_DATA}, id="no event"),
            pytest.param(
                {"years": None, "basis": NOTHING_PERSONAL, "after": "issue"}, id="event for ever"
            ),
        ],
    )
    def test_half_a_rule_is_refused(self, values):
        with pytest.raises(ValueError, match="retention"):
            Retention(**values)

    @pytest.mark.parametrize(
        ("parent", "message"),
        [
            pytest.param("before", "kept with itself", id="in a circle"),
            pytest.param("name", "is no key", id="not a key"),
            pytest.param("owner", "does not say", id="with a model that says nothing"),
        ],
    )
    def test_rule_that_leads_nowhere_is_found(self, parent, message, monkeypatch):
        monkeypatch.delattr(User, "retention")
        with isolate_apps("base"):

            class Kept(models.Model):
                before = models.ForeignKey("self", models.PROTECT)
                name = models.TextField()
                owner = models.ForeignKey(User, models.PROTECT, related_name="+")
                retention = KeptWith(parent)

                class Meta:
                    app_label = "base"

        with pytest.raises(LookupError, match=message):
            retention_of(Kept)


def test_reasons_are_sentences():
    """Whoever leaves something out says why to whoever reads it."""
    reasons = []
    for model in own_models():
        for name in ("untracked_because", "unscoped_because"):
            reasons.append((model._meta.label, getattr(model, name, "None needed.")))
        reasons += [
            (model._meta.label, text) for text in getattr(model, "untracked_links", {}).values()
        ]
    assert [label for label, text in reasons if not inspect.cleandoc(text).endswith(".")] == []
