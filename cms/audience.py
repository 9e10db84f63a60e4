"""Who belongs where, as far as it decides who reads a page: a later app knows.

This app knows no organisations. It keeps the key of the commissioning body a page is for.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Belonging:
    """Where somebody belongs: `staff` of a commissioning body, and which `bodies` they deal with.

    `bodies` are keys of commissioning bodies: their own ones, and those their organisation has
    contracts with. `everything`: nothing is hidden from them.
    """

    everything: bool = False
    staff: bool = False
    bodies: frozenset[str] = frozenset()


NOWHERE = Belonging()
Finder = Callable[..., Belonging]
_finders: list[Finder] = []


def register_belonging(find: Finder) -> Finder:
    """Say where people belong: `find(user, *permissions)`, by memberships that hold all of them."""
    _finders[:] = [find]
    return find


def belonging_of(user, *permissions: str) -> Belonging:
    """Return where a person belongs who may do all this there; nowhere for who is not signed in."""
    if not user.is_authenticated or not user.is_active or not _finders:
        return NOWHERE
    return _finders[0](user, *permissions)
