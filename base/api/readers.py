"""Who asks: a program that shows a token, or anybody. Whose token it is a later app knows."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission

from base.api.problems import REALM

SCHEME = "bearer"


@dataclass(frozen=True)
class Reader:
    """Who reads with a token: stands where a person stands for `visible_to`; has these scopes."""

    user: object
    scopes: frozenset[str]


FindReader = Callable[[str], Reader | None]
_find: list[FindReader] = []


def register_readers(find: FindReader) -> FindReader:
    """Say who reads with a token.

    `find` returns None for a token that is unknown, expired or revoked, and notes the use of any
    other.
    """
    _find[:] = [find]
    return find


def reading(request, scope: str):
    """Return who reads, as far as a token has the scope: without it, somebody who is nobody."""
    auth = request.auth
    return request.user if auth is not None and scope in auth.scopes else AnonymousUser()


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer …`: nothing else says who asks, no session and no password."""

    def authenticate(self, request):
        """Return the reader, or None without a token. Raises AuthenticationFailed for a wrong one.

        Also where nobody has to show one: a program learns at once that its token has ended.
        """
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != SCHEME:
            raise exceptions.AuthenticationFailed(
                "The Authorization header must be “Bearer”, a space, and the token."
            )
        reader = _find[0](token.strip()) if _find else None
        if reader is None:
            raise exceptions.AuthenticationFailed(
                "The token is unknown, has expired or was revoked."
            )
        return reader.user, reader

    def authenticate_header(self, request):
        """Return what a 401 says is wanted."""
        return REALM


class HasScope(BasePermission):
    """What is not for everybody is for tokens with its scope."""

    def has_permission(self, request, view):
        """Return whether it may be read. Raises PermissionDenied naming the scope it lacks."""
        if not view.scope:
            return True
        if request.auth is None:
            raise exceptions.NotAuthenticated(
                f"This needs a token with the scope “{view.scope}”, sent as “Authorization: "
                "Bearer …”. An administrator gives one."
            )
        if view.scope not in request.auth.scopes:
            held = ", ".join(sorted(request.auth.scopes))
            raise exceptions.PermissionDenied(
                f"The token has no scope “{view.scope}”; it has: {held}."
            )
        return True
