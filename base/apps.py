"""Keeps the database's triggers in step with the models."""

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class BaseConfig(AppConfig):
    """Users, history, frozen rows, numbers."""

    name = "base"
    label = "base"
    verbose_name = _("Foundations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from base import checks, integrity  # noqa: F401  (register themselves)

        # Both signals are sent for each app around the whole run; once is enough.
        pre_migrate.connect(_make_way, sender=self, dispatch_uid="base.make_way")
        post_migrate.connect(_protect, sender=self, dispatch_uid="base.protect")


def _make_way(using, plan=(), **kwargs):
    """SQLite alters a table by renaming a copy, and refuses while a trigger names the original."""
    from base.immutability import remove_triggers

    if plan and connections[using].vendor == "sqlite":
        remove_triggers(connections[using])


def _protect(using, **kwargs):
    """Tables are new or remade now: install whatever triggers they lack."""
    from base.immutability import install_triggers

    install_triggers(connections[using])
