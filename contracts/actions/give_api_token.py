"""Give a program a token for the content API, and take it back."""

from collections.abc import Collection
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.acting import acting_as, current_time
from base.api.router import router
from base.formats import day
from contracts.models import ApiToken, Organisation
from contracts.models.api_token import MOST_DAYS
from contracts.reach import reach_of


def give_api_token(
    *, organisation: Organisation, label: str, scopes: Collection[str], expires_on: date, by
) -> tuple[ApiToken, str]:
    """Give a token for a commissioning body; return it, and what the program has to send.

    The latter is known here alone and never again. Raises ValidationError for a scope that `by`
    may not read there, and for a last day that has passed or lies too far ahead.
    """
    today = timezone.localdate(current_time())
    latest = today + timedelta(days=MOST_DAYS)
    if not today <= expires_on <= latest:
        told = _("A token is valid until a day from today to %(latest)s.")
        raise ValidationError({"expires_on": told % {"latest": day(latest)}})
    _require_own(organisation, scopes, by)
    with transaction.atomic(), acting_as(by):
        token = ApiToken(
            organisation=organisation,
            label=label,
            scopes=sorted(scopes),
            expires_on=expires_on,
            given_by=by,
            given_at=current_time(),
        )
        written = token.write_new()
        token.full_clean()
        token.save()
    return token, written


def revoke_api_token(token: ApiToken, *, by, reason: str) -> ApiToken:
    """Make a token void at once. Raises ValidationError without a reason, or where it is void."""
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    with transaction.atomic(), acting_as(by, reason=reason):
        token = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
        if token.revoked_at is not None:
            raise ValidationError(_("The token was revoked already."))
        token.revoked_by, token.revoked_at = by, current_time()
        token.save(update_fields=["revoked_by", "revoked_at"])
    return token


def _require_own(organisation: Organisation, scopes: Collection[str], by) -> None:
    known = router.scopes()
    if not scopes or not set(scopes) <= set(known):
        raise ValidationError({"scopes": _("Please choose what the token may read.")})
    for scope in scopes:
        reach = reach_of(by, "contracts.add_apitoken", known[scope].permission)
        if not reach.everything and organisation.pk not in reach.bodies:
            raise ValidationError({"scopes": _("Nobody gives more than they may read themselves.")})
