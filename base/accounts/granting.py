"""What grants rights is written by roles alone, or by who has the shell: on every path.

Screens come and go, and Wagtail and Django bring their own. So the tables themselves say no while
a person or a stranger acts: who is in which group, permissions of users and of groups, and who is
a superuser.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models.signals import m2m_changed, pre_delete, pre_save

from base.acting import somebody_acts

_by_role: ContextVar[bool] = ContextVar("by_role", default=False)


@contextmanager
def granting_by_role() -> Iterator[None]:
    """Let groups follow from roles inside: for the one action that assigns these."""
    token = _by_role.set(True)
    try:
        yield
    finally:
        _by_role.reset(token)


def guard_grants() -> None:
    """Refuse writes of what grants rights; connected once, when the apps are ready."""
    User = get_user_model()
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_links, sender=through, dispatch_uid=f"base.grants.{through.__name__}")
    for signal in (pre_save, pre_delete):
        signal.connect(_groups, sender=Group, dispatch_uid="base.grants.group")
    pre_save.connect(_superusers, sender=User, dispatch_uid="base.grants.superuser")


def _links(action, pk_set, **kwargs) -> None:
    changes = action == "pre_clear" or (action in ("pre_add", "pre_remove") and pk_set)
    if changes and not _by_role.get() and somebody_acts():
        raise PermissionDenied("Rights follow from roles.")


def _groups(**kwargs) -> None:
    if not _by_role.get() and somebody_acts():
        raise PermissionDenied("Rights follow from roles.")


def _superusers(instance, raw=False, update_fields=None, **kwargs) -> None:
    unchanged = update_fields is not None and "is_superuser" not in update_fields
    if unchanged or not somebody_acts():
        return
    stored = type(instance).objects.filter(pk=instance.pk, is_superuser=True).exists()
    if instance.is_superuser != stored:
        raise PermissionDenied("Superusers are made in the shell alone.")
