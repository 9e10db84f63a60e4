"""Recording events, and the signals of others that are recorded as such."""

from urllib.parse import urlencode

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.dispatch import receiver

from base.acting import current_actor_id, current_time
from base.models.event import Event
from base.workspace.exports import exported
from base.workspace.file_openings import opened
from base.workspace.typed import typed_filters

Kind = Event.Kind
LONGEST_TITLE = Event._meta.get_field("title").max_length


def record(
    kind: str,
    *,
    title: str = "",
    about: Model | None = None,
    detail: dict | None = None,
    actor: int | None = None,
) -> Event:
    """Write down that something happened, now, by whoever acts (or the person of that key).

    `detail` holds plain values, of which the trail shows those it has a label for; nothing that
    data says about clients.
    """
    return Event.objects.create(
        at=current_time(),
        kind=kind,
        actor_number=actor if actor is not None else current_actor_id(),
        title=str(title)[:LONGEST_TITLE],
        object_label=about._meta.label_lower if about is not None else "",
        object_number=about.pk if about is not None else None,
        detail=detail or {},
    )


@receiver(user_logged_in, dispatch_uid="base.trail.login")
def _signed_in(user, **kwargs) -> None:
    record(Kind.LOGIN, actor=user.pk)


@receiver(user_logged_out, dispatch_uid="base.trail.logout")
def _signed_out(user, **kwargs) -> None:
    if user is not None:
        record(Kind.LOGOUT, actor=user.pk)


@receiver(user_login_failed, dispatch_uid="base.trail.login_failed")
def _failed_to_sign_in(credentials, **kwargs) -> None:
    """A name without an account is not kept: it may be a password in the wrong field."""
    User = get_user_model()
    given = credentials.get(User.USERNAME_FIELD) or ""
    account = User.objects.filter(**{User.USERNAME_FIELD: given}).first()
    if account is None and (address := credentials.get("email")):
        account = User.objects.filter(email__iexact=address).first()
    record(Kind.LOGIN_FAILED, about=account)


@receiver(exported, dispatch_uid="base.trail.export")
def _exported(request, title, format, rows, **kwargs) -> None:  # noqa: A002  the signal's word
    detail = {"format": format, "rows": rows}
    if filters := _filters(request):
        detail["filters"] = urlencode(filters)
    record(Kind.EXPORT, title=title, detail=detail, actor=request.user.pk)


@receiver(opened, dispatch_uid="base.trail.opened")
def _opened(request, about, title, why, **kwargs) -> None:
    """One row that nobody can change: why it was opened, and nothing of what was read."""
    record(Kind.READ, title=title, about=about, detail=why, actor=request.user.pk)


def _filters(request) -> dict[str, str]:
    """Return what was chosen; of what was typed into a list's filter only that there was any.

    It may be a client's name, which not everybody reads who reads this.
    """
    given = {name: value for name, value in request.GET.items() if name != "export" and value}
    view = getattr(getattr(request.resolver_match, "func", None), "view_class", None)
    typed = typed_filters(view)
    filterset = getattr(view, "filterset_class", None)
    known = typed.union(given) if filterset is None else filterset.base_filters
    return {name: "…" if name in typed else value for name, value in given.items() if name in known}


@receiver(mfa.authenticator_added, dispatch_uid="base.trail.factor_added")
@receiver(mfa.authenticator_removed, dispatch_uid="base.trail.factor_removed")
@receiver(mfa.authenticator_reset, dispatch_uid="base.trail.factor_reset")
def _second_factor_changed(user, **kwargs) -> None:
    record(Kind.SECOND_FACTOR, about=user)


@receiver(account.password_set, dispatch_uid="base.trail.password_set")
@receiver(account.password_changed, dispatch_uid="base.trail.password_changed")
@receiver(account.password_reset, dispatch_uid="base.trail.password_reset")
def _password_changed(user, **kwargs) -> None:
    record(Kind.PASSWORD, about=user)
