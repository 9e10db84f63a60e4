from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    """Organisations, contracts and the facts about them; the arithmetic of remuneration."""

    name = "contracts"
    verbose_name = _("Contracts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from contracts import (
            access,
            approval_mails,
            belonging,  # noqa: F401  and which pages are for whom
            exchange,  # noqa: F401  what files may hold
            following,
            integrity,  # noqa: F401  and checks
            leaving,
            signatures,
            signing_mails,
            strangers,  # noqa: F401  and who is told no name
        )

        access.watch()
        approval_mails.watch()
        following.watch()
        leaving.watch()
        signatures.watch()
        signing_mails.watch()
        post_migrate.connect(_mark_everything, sender=self, dispatch_uid="contracts.mark")


def _mark_everything(using, **kwargs):
    """Let the next run look at all there is: after an upgrade it may compute otherwise."""
    from contracts.models import ChangeMark, Contract

    tables = set(connections[using].introspection.table_names())
    if not {model._meta.db_table for model in (ChangeMark, Contract)} <= tables:
        return
    # Where nothing was agreed yet there is nothing to look at.
    if Contract.objects.using(using).values("pk").exists():
        ChangeMark.objects.using(using).create()
