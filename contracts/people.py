"""Members as people with access: whether they can get in, and how they are found."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy

from base.spelling import written
from contracts.roles import Role

ACTIVE, INVITED, DISABLED = "active", "invited", "disabled"
STATES = {
    ACTIVE: gettext_lazy("active"),
    INVITED: gettext_lazy("invited"),
    DISABLED: gettext_lazy("disabled"),
}
TONES = {ACTIVE: "success", INVITED: "info", DISABLED: "danger"}


def with_access(members: QuerySet) -> QuerySet:
    """Annotate `state` (a key of STATES) and `has_factor`; join user and organisation."""
    factor = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    return members.select_related("user", "organisation").annotate(
        state=Case(
            When(Q(active=False) | Q(user__is_active=False), then=Value(DISABLED)),
            When(user__password__startswith=UNUSABLE_PASSWORD_PREFIX, then=Value(INVITED)),
            default=Value(ACTIVE),
        ),
        has_factor=Exists(factor),
    )


def named(members: QuerySet, text: str) -> QuerySet:
    """Return members with each word of `text` in one of their names or their address.

    First and last names are found however they are written: see `base.spelling`.
    """
    for word in text.split():
        members = members.filter(
            written(word, "user__spelling")
            | Q(user__username__icontains=word)
            | Q(user__email__icontains=word)
        )
    return members


def role_labels(roles: list[str]) -> str:
    """Return roles as people read them."""
    return ", ".join(str(Role(role).label) for role in roles)
