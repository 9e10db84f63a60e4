"""System checks of what tracked and frozen models may look like."""

from django.apps import apps
from django.core import checks
from django.db import models

from base.history import Tracked, tracked_models
from base.immutability import frozen_models


@checks.register(checks.Tags.models)
def check_tracked_models(app_configs=None, **kwargs) -> list[checks.CheckMessage]:
    """Tracked models live in one table, and no key in them empties itself silently."""
    errors = []
    for model in tracked_models():
        if model._meta.parents:
            errors.append(checks.Error("A tracked model has one table.", obj=model, id="base.E001"))
        for field in model._meta.concrete_fields:
            remote = field.remote_field
            if remote and remote.on_delete in (models.SET_NULL, models.SET_DEFAULT):
                message = "A key of a tracked model would change without history."
                errors.append(checks.Error(message, obj=field, id="base.E002"))
    return errors


@checks.register(checks.Tags.models)
def check_frozen_models(app_configs=None, **kwargs) -> list[checks.CheckMessage]:
    """A frozen model has no hidden link tables, which no trigger would protect."""
    return [
        checks.Error("Links of a frozen model need a model.", obj=field, id="base.E003")
        for model in frozen_models()
        for field in model._meta.local_many_to_many
        if field.remote_field.through._meta.auto_created
    ]


@checks.register(checks.Tags.models)
def check_history_keys(app_configs=None, **kwargs) -> list[checks.CheckMessage]:
    """Nothing points to history, so that it can be moved and cut by month."""
    histories = {model.history.model for model in apps.get_models() if issubclass(model, Tracked)}
    return [
        checks.Error("A key points to history.", obj=field, id="base.E004")
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model in histories
    ]
