"""Whoever works somewhere no more is out at once, whatever path says so: page, file or shell.

A membership that ends takes its rights along by itself: they are asked of active ones
(`contracts.rights`). Its person's sessions end with it, and with the last one the account is
closed. It is open again with the next that begins.
"""

from django.db.models.signals import post_save, pre_save

from base.accounts.access import end_sessions
from contracts.models import Member


def watch() -> None:
    """Follow what becomes of memberships wherever they are written."""
    pre_save.connect(_before, sender=Member, dispatch_uid="contracts.leaving.before")
    post_save.connect(_after, sender=Member, dispatch_uid="contracts.leaving.after")


def set_open(user, is_open: bool) -> None:
    """Open or close an account, unless it is."""
    if user.is_active != is_open:
        user.is_active = is_open
        user.save(update_fields=["is_active"])


def _before(instance, **kwargs) -> None:
    stored = Member._base_manager.filter(pk=instance.pk).values_list("active", flat=True)
    instance._was_active = stored.first()


def _after(instance, raw=False, **kwargs) -> None:
    was_active = vars(instance).pop("_was_active", None)
    if raw or was_active == instance.active:
        return
    user = instance.user
    others = Member._base_manager.filter(user_id=user.pk).exclude(pk=instance.pk)
    if not instance.active:
        set_open(user, others.filter(active=True).exists())
    elif was_active is False or others.exists():
        # Whoever begins somewhere for the first time has the account as it was made.
        set_open(user, True)
    if was_active and not instance.active:
        end_sessions(user)
