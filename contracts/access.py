"""Second person means person: who changed somebody's access is known, told, and has to wait.

Whoever may give roles, move an address or reset a password could otherwise be two people at once.
So a change of another person's access is recorded wherever it is written, on every path: here, in
the models' own signals. The person is told at the address they had before. Until a second
administrator confirms the change, or ACCESS_WAITING_DAYS are over, the account takes no step that
needs a second person: none that moves money, no approval of an edition. And of two people neither
is the second one beside the other who touched the other's account since.

What the shell does (imports, `createsuperuser`) is outside: whoever has it has the database.
"""

from collections.abc import Mapping
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db.models import Q
from django.db.models.signals import post_delete, post_save, pre_save
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from base import formats
from base.acting import current_actor, current_time
from base.editions.approval import register_second_person
from contracts.models import AccessChange, Member

Kind = AccessChange.Kind
TOLD = "contracts/people/access_changed"


def watch() -> None:
    """Record changes of access wherever they are written, and have approvals ask for them."""
    register_second_person(require_second_person)
    User = get_user_model()
    pre_save.connect(_user_changes, sender=User, dispatch_uid="contracts.access.user")
    pre_save.connect(_member_changes, sender=Member, dispatch_uid="contracts.access.member")
    post_save.connect(_member_changed, sender=Member, dispatch_uid="contracts.access.changed")
    post_save.connect(_factor_added, sender=Authenticator, dispatch_uid="contracts.access.factor")
    post_delete.connect(
        _factor_gone, sender=Authenticator, dispatch_uid="contracts.access.nofactor"
    )


def record_access_change(
    user, kind: str, *, address: str | None = None, member: Member | None = None
) -> AccessChange | None:
    """Record that whoever acts changes the access of `user`, and tell the person.

    `address` is where the person is told, the present one unless given; empty where the change
    itself writes to the person. None for one's own
    access, and where no person acts.
    """
    actor = current_actor()
    if actor is None or actor.is_system or actor.pk == user.pk:
        return None
    member = member or Member._base_manager.filter(user_id=user.pk).order_by("pk").first()
    change = AccessChange.objects.create(
        user=user, member=member, kind=kind, made_by_id=actor.pk, made_at=current_time()
    )
    _tell(change, user.email if address is None else address)
    return change


def require_settled(user) -> None:
    """Raise ValidationError while a change of this person's access waits for a second person."""
    last = AccessChange.objects.filter(user_id=user.pk).open().order_by("made_at").last()
    if last is not None:
        raise ValidationError(
            _(
                "The access of %(person)s was changed by %(by)s (%(change)s). Steps that need a "
                "second person wait until a second administrator confirms that, or until %(day)s."
            ),
            params={
                "person": user,
                "by": last.made_by,
                "change": last.get_kind_display(),
                "day": formats.day(timezone.localtime(last.effective_at).date()),
            },
        )


def require_second_person(approver, written: Mapping[str, datetime]) -> None:
    """Raise ValidationError unless this account is a second person beside the authors.

    `written` says since when each of them, by user name, has written.
    """
    require_settled(approver)
    people = get_user_model().objects.filter(username__in=written).order_by("pk")
    for pk, username in people.values_list("pk", "username"):
        require_untouched(pk, by=approver, since=written[username])


def require_untouched(person_id: int, *, by, since: datetime | None) -> None:
    """Raise ValidationError if `by` or that person changed the other's access since (None: ever).

    Whoever holds both accounts is one person, however many names stand in the statement.
    """
    between = Q(user=person_id, made_by=by.pk) | Q(user=by.pk, made_by=person_id)
    touched = AccessChange.objects.filter(between)
    if since is not None:
        touched = touched.filter(made_at__gte=since)
    last = touched.order_by("made_at", "pk").last()
    if last is not None and last.made_by_id == person_id:
        raise ValidationError(
            _("%(person)s changed your access since; you cannot be the second person beside them."),
            params={"person": last.made_by},
        )
    if last is not None:
        raise ValidationError(
            _(
                "You changed the access of %(person)s since, and cannot be the second person "
                "beside them."
            ),
            params={"person": get_user_model().objects.get(pk=person_id)},
        )


def _user_changes(instance, update_fields=None, raw=False, **kwargs) -> None:
    watched = {"email", "is_active", "password"}
    if raw or instance._state.adding or current_actor() is None:
        return
    if update_fields is not None and not watched & set(update_fields):
        return
    stored = type(instance)._base_manager.filter(pk=instance.pk).first()
    if stored is None:
        return
    if stored.email.lower() != instance.email.lower():
        record_access_change(instance, Kind.ADDRESS, address=stored.email)
    if stored.password != instance.password:
        record_access_change(instance, Kind.PASSWORD, address=stored.email)


def _member_changes(instance, raw=False, **kwargs) -> None:
    """Record other people's roles; refuse one's own, also by a membership elsewhere."""
    actor = current_actor()
    if raw or actor is None:
        return
    stored = Member._base_manager.filter(pk=instance.pk).first()
    same_roles = stored is not None and sorted(stored.roles) == sorted(instance.roles)
    if same_roles and stored.active == instance.active:
        return
    if actor.pk == instance.user_id:
        raise ValidationError({"roles": _("Nobody changes their own roles.")})
    if stored is None:
        others = Member._base_manager.filter(user_id=instance.user_id).exists()
        instance._access_changed = Kind.ROLES if others else Kind.INVITED
    else:
        instance._access_changed = Kind.ACTIVE if same_roles else Kind.ROLES


def _member_changed(instance, **kwargs) -> None:
    """Record what was noticed before it was stored: a new membership has its key only now."""
    if kind := vars(instance).pop("_access_changed", None):
        record_access_change(instance.user, kind, member=instance)


def _factor_added(instance, created, raw=False, **kwargs) -> None:
    if created and not raw and instance.type == Authenticator.Type.TOTP:
        record_access_change(instance.user, Kind.SECOND_FACTOR)


def _factor_gone(instance, **kwargs) -> None:
    if instance.type == Authenticator.Type.TOTP:
        record_access_change(instance.user, Kind.SECOND_FACTOR)


def _tell(change: AccessChange, address: str) -> None:
    """Write to the person; an invitation tells by itself."""
    if not address or change.kind == Kind.INVITED:
        return
    given = {
        "user": change.user,
        "change": change,
        "by": change.made_by,
        "at": timezone.localtime(change.made_at),
    }
    with translation.override(settings.LANGUAGE_CODE):
        subject = " ".join(render_to_string(f"{TOLD}_subject.txt", given).split())
        text = render_to_string(f"{TOLD}_message.txt", given)
    send_mail(subject, text.strip() + "\n", None, [address])
