"""Short names, made of what something is called: nobody has to type one."""

from collections.abc import Collection
from itertools import count

from django.utils.text import slugify

from base.spelling import one_spelling

ROOM_FOR_NUMBER = 4


def short_name(text: str, longest: int) -> str:
    """Return a text as a key with room for a number: small letters, digits, hyphens.

    Cut between words where it can be. Empty where the text has no letter and no digit.
    """
    name, room = slugify(one_spelling(text)).replace("_", "-"), longest - ROOM_FOR_NUMBER
    if len(name) > room:
        whole, _hyphen, _cut = name[: room + 1].rpartition("-")
        name = whole or name[:room]
    return name.strip("-")


def free(name: str, taken: Collection[str]) -> str:
    """Return a name, numbered where it is taken."""
    numbered = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(each for each in numbered if each not in taken)
