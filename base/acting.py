"""Who acts, why, and as of when: the context every history row is attributed to."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.utils import timezone


@dataclass(frozen=True)
class _Acting:
    actor: AbstractBaseUser | None = None
    reason: str = ""
    at: datetime | None = None


NOBODY = _Acting()
_acting: ContextVar[_Acting] = ContextVar("acting", default=NOBODY)


@contextmanager
def acting_as(
    actor: AbstractBaseUser | None, *, reason: str = "", at: datetime | None = None
) -> Iterator[None]:
    """Attribute every history row written inside to `actor`, with `reason`, dated `at`.

    Nests: what is not given (None, empty reason) stays as in the surrounding context.
    `at` must be aware, and later than the newest history of the rows changed inside: history
    is ordered by its dates, so an older date would leave an outdated row as the newest one.
    Raises ValueError for a naive `at`.
    """
    if at is not None and timezone.is_naive(at):
        raise ValueError("acting_as() needs an aware datetime")
    outer = _acting.get()
    given = {"actor": actor, "reason": reason.strip() or None, "at": at}
    inner = replace(outer, **{key: value for key, value in given.items() if value is not None})
    token = _acting.set(inner)
    try:
        yield
    finally:
        _acting.reset(token)


def current_actor() -> AbstractBaseUser | None:
    """The person or job acting now; None outside any context and for anonymous visitors."""
    actor = _acting.get().actor
    return actor if actor is not None and actor.is_authenticated else None


def current_actor_id() -> int | None:
    """The primary key of `current_actor()`, as history and logs store it."""
    actor = current_actor()
    return None if actor is None else actor.pk


def somebody_acts() -> bool:
    """Tell whether a person or a stranger acts, rather than a job or who has the shell."""
    actor = _acting.get().actor
    return actor is not None and not getattr(actor, "is_system", False)


def current_reason() -> str:
    """The reason given for what happens now, or an empty string."""
    return _acting.get().reason


def current_time() -> datetime:
    """The moment history rows written now are dated: `at` of the context, else the clock."""
    return _acting.get().at or timezone.now()


def is_told_later() -> bool:
    """Tell whether what happens now is dated otherwise than by the clock: it happened before."""
    return _acting.get().at is not None


def system_actor(name: str) -> AbstractBaseUser:
    """The user a job acts as, made when first asked for.

    `system_actor("statements")` is the user "job:statements": inactive, without a usable
    password. The colon keeps the name out of reach of every form that creates people.
    """
    User = get_user_model()
    made = {"is_system": True, "is_active": False, "password": make_password(None)}
    user, _created = User.objects.get_or_create(username=f"job:{name}", defaults=made)
    return user


class ActorMiddleware:
    """Attributes what happens during a request to who sent it; after AuthenticationMiddleware.

    The user stays unevaluated until something is written: pages that need no user cost none.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with acting_as(request.user):
            return self.get_response(request)
