"""What a token reads: what its commissioning body may see, of the kinds it was given for."""

from dataclasses import dataclass

from django.utils import timezone

from base.api.readers import Reader
from base.api.router import router
from base.models import Event
from base.trail.events import record
from contracts.models import ApiToken
from contracts.reach import Membership


@dataclass(frozen=True)
class TokenMembership(Membership):
    """A place in a commissioning body that is no person's: rights follow from scopes, not roles."""

    permissions: frozenset[str] = frozenset()

    def grants(self, *permissions):
        """Whether the scopes of the token grant all permissions."""
        return self.permissions.issuperset(permissions)


class Program:
    """Who reads with a token, where otherwise a person stands: `visible_to(Program(token))`.

    Nobody who could sign in, write or be named; acts for one commissioning body and never for
    all, however few there are.
    """

    pk = None
    is_authenticated = is_active = True
    is_superuser = is_anonymous = False
    _number_of_bodies = None

    def __init__(self, token: ApiToken):
        scopes = router.scopes()
        granted = frozenset(scopes[name].permission for name in token.scopes if name in scopes)
        body = token.organisation
        # Where memberships of a person are kept, once they were looked up.
        self._memberships = (TokenMembership(0, body.pk, body.kind, frozenset(), granted),)


def reader_of(written: str) -> Reader | None:
    """Return who reads with this token; None where it is unknown, expired or revoked.

    Its first use in an hour is an event of the trail.
    """
    token = ApiToken.objects.written_as(written)
    if token is None or not token.is_valid_on(timezone.localdate()):
        return None
    if token.note_use():
        record(Event.Kind.API, title=token.label, about=token)
    return Reader(Program(token), frozenset(token.scopes))
