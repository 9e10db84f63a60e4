"""Keeps what no migration makes in step with the models: triggers, spelled names, the cache."""

from django.apps import AppConfig
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class BaseConfig(AppConfig):
    """Users, history, frozen rows, numbers."""

    name = "base"
    label = "base"
    verbose_name = _("Foundations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from base import checks, integrity  # noqa: F401  (register themselves)
        from base.accounts.granting import guard_grants
        from base.trail import events  # noqa: F401  (registers itself)
        from base.views import screens  # noqa: F401  (registers itself)

        guard_grants()
        # What each app adds to the workspace, publishes to programs, and lets drafts name: asked
        # for by whoever reads content, not by the studio alone.
        autodiscover_modules("workspace", "api", "registers")

        # Both signals are sent for each app around the whole run; once is enough.
        pre_migrate.connect(_make_way, sender=self, dispatch_uid="base.make_way")
        pre_migrate.connect(_take_time, sender=self, dispatch_uid="base.take_time")
        post_migrate.connect(_protect, sender=self, dispatch_uid="base.protect")
        post_migrate.connect(_look_again, sender=self, dispatch_uid="base.look_again")
        post_migrate.connect(_keep_spellings, sender=self, dispatch_uid="base.keep_spellings")
        post_migrate.connect(_make_cache_table, sender=self, dispatch_uid="base.cache")
        post_migrate.connect(_set_up_approval, sender=self, dispatch_uid="base.approval")


def _make_way(using, plan=(), **kwargs):
    """SQLite alters a table by renaming a copy, and refuses while a trigger names the original."""
    from base.immutability import remove_triggers

    if plan and connections[using].vendor == "sqlite":
        remove_triggers(connections[using])


def _take_time(using, **kwargs):
    """A migration may build an index for an hour; time-outs are for those who serve people."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET idle_in_transaction_session_timeout = 0")


def _protect(using, **kwargs):
    """Tables are new or remade now: install whatever triggers they lack."""
    from base.immutability import install_triggers

    install_triggers(connections[using])


def _look_again(using, plan=None, **kwargs):
    """Set right what was noted while no trigger kept it; tests send the signal without a plan.

    Triggers come after the migrations, and on SQLite they are away meanwhile, at every upgrade.
    """
    from base.immutability import ruled
    from base.noting import set_right

    if plan is None:
        return
    tables = set(connections[using].introspection.table_names())
    for model, _rule in ruled("notes"):
        if model._meta.db_table in tables:
            set_right(model)


def _keep_spellings(using, plan=None, **kwargs):
    """Spell names that are older than their column; index them where the database can by now.

    After each `migrate`; tests, which empty tables, send the signal without a plan.
    """
    from base.spelling import keep_spellings

    if plan is not None:
        keep_spellings(connections[using])


def _make_cache_table(using, **kwargs):
    """Make the table of the cache that all processes share, unless it is there."""
    call_command("createcachetable", database=using, verbosity=0)


def _set_up_approval(using, **kwargs):
    """Every kind of draft is approved in the studio's workflow."""
    from base.models import SecondPersonTask
    from base.studio.approval import set_up_workflow

    if SecondPersonTask._meta.db_table in connections[using].introspection.table_names():
        set_up_workflow()
