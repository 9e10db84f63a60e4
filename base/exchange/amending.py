"""What an edition amends in the one before, as a file says it: fields, and parts of lists.

A field that is named is replaced, a list as a whole. To change one part of a list, the list is
given as a mapping: what the part is known by, and the fields of it that are replaced. So one
number changes by itself:

    remuneration: {hours: {rates: [{amount: "62.40"}]}}
"""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from base.content import listed

KNOWN_BY = ("key", "number", "organisation")
"""By which of its fields a part of a list is known, the first that it has."""


def amended(before: Mapping, changes: Mapping) -> dict:
    """Return content with changes; `before` stays as it is.

    Raises ValidationError naming the place of a part that is not there, and those that are; and
    of one that could be several: two people who sign for one organisation.
    """
    return _amended(before, changes, "")


def _amended(before: Mapping, changes: Mapping, place: str) -> dict:
    result = dict(before)
    for name, value in changes.items():
        at, present = f"{place}{name}", before.get(name)
        if isinstance(present, list | tuple) and isinstance(value, Mapping):
            value = _with_parts(present, value, at)
        result[name] = value
    return result


def _with_parts(parts, changes: Mapping, place: str) -> list:
    """Return a list in which the parts that are named have changed, in the same order."""
    names = [_name_of(part) for part in parts]
    found = list(parts)
    for name, change in changes.items():
        if str(name) not in names:
            known = listed(filter(None, names))
            raise ValidationError(
                _("%(place)s: %(values)s is unknown; allowed: %(allowed)s"),
                params={"place": place, "values": name, "allowed": known},
            )
        if names.count(str(name)) > 1:
            raise ValidationError(
                _("%(place)s: there is more than one %(values)s; give the whole list"),
                params={"place": place, "values": name},
            )
        if not isinstance(change, Mapping):
            raise ValidationError(
                _("%(place)s: the fields that change are required"),
                params={"place": f"{place}.{name}"},
            )
        at = names.index(str(name))
        found[at] = _amended(parts[at], change, f"{place}.{name}.")
    return found


def _name_of(part) -> str:
    if not isinstance(part, Mapping):
        return ""
    return next((str(part[name]) for name in KNOWN_BY if part.get(name) is not None), "")
