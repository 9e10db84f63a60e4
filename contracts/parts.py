"""The parts of what a contract says, by which people say what they mean: § 4, a rate, a duty."""

from base.blocks import shown
from base.comparison import Wording
from base.shape import shape_of
from contracts.comparison import READINGS
from contracts.content import ContractContent

Parts = list[tuple[str, list[tuple[str, str]]]]

LEFT_OUT = ("signatures",)


def parts_of(content: ContractContent) -> Parts:
    """Return chapters with the parts they have: each with a stable key and what it is called.

    "clauses.§ 4" and "§ 4 Costs"; what has no parts of its own is one itself: "term".
    """
    wording, found = Wording(READINGS), []
    for name, field in shape_of(ContractContent).fields.items():
        value, title = getattr(content, name), shown(field.caption)
        if not field.parts or not value or name in LEFT_OUT:
            continue
        if not field.many:
            found.append((title, [(name, title)]))
            continue
        parts = [
            (f"{name}.{_identity(wording, part)}", _called(wording, part, content))
            for part in value
        ]
        found.append((title, parts))
    return found


def part_called(content: ContractContent, key: str) -> str:
    """Return what a part is called; empty where there is none of this key."""
    return next(
        (label for _t, parts in parts_of(content) for each, label in parts if each == key), ""
    )


def _identity(wording: Wording, part) -> str:
    names = wording.reading_of(type(part)).identity
    return "-".join(str(getattr(part, name)) for name in names)


def _called(wording: Wording, part, content: ContractContent) -> str:
    name, digest = wording.name(part, content), wording.digest(part, content)
    return name if digest in ("", name) else f"{name}: {digest}"
