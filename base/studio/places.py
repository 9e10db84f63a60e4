"""Places in content, in the words of the form: "Modules 2 › Quantities 1 › Minimum".

Problems name places as files spell them (modules[2].quantities[1].minimum, modules.m2.unit);
whoever fills in a form knows its labels.
"""

import re

from pydantic import BaseModel

from base.blocks import shown
from base.shape import Field, Shape, shape_of

WHOLE = "–: "  # what problems of the content as a whole begin with
PLACE = re.compile(r"(?P<place>[a-z_]+(?:\[\d+\]|\.[^\s:.\[\]]+)*)(?P<rest>[ :].*)", re.S)
CHOSEN = re.compile(r" \('(?P<value>[^']*)'\)(?P<rest>:.*)", re.S)
"""A value that was chosen, as files spell it."""
PARTS = re.compile(r"[^.\[\]]+")


def in_words(problem: str, model: type[BaseModel]) -> str:
    """Return a problem with the place it begins with in the words of the form."""
    problem = problem.removeprefix(WHOLE)
    found = PLACE.fullmatch(problem)
    if found is None:
        return problem
    words, last = _words(PARTS.findall(found["place"]), model)
    if not words:
        return problem
    chosen = CHOSEN.fullmatch(found["rest"]) if last and last.choices else None
    if not chosen:
        return f"{' › '.join(words)}{found['rest']}"
    choice = shown(last.choice_text(chosen["value"]))
    return f"{' › '.join(words)} („{choice}“){chosen['rest']}"


def _words(parts: list[str], model: type[BaseModel]) -> tuple[list[str], Field | None]:
    """Return the words of a place, and the field that it ends with."""
    inside = [shape_of(model)]
    if parts[0] == inside[0].tag_value:
        parts = parts[1:]
    if not parts or parts[0] not in inside[0].fields:
        return [], None
    words: list[str] = []
    field = None
    for part in parts:
        if part.isdigit():
            words[-1] += f" {part}"
        elif field := _field(part, inside):
            words.append(shown(field.caption))
            inside = _shapes_in(field)
        # Places of tagged parts name the tag, which a form shows as a heading.
        elif part not in {shape.tag_value for shape in inside}:
            words.append(part)
    return words, field


def _field(name: str, shapes: list[Shape]) -> Field | None:
    """Return the field of that name in one of the shapes, or in a part of one."""
    nested = [
        inner for shape in shapes for field in shape.fields.values() for inner in _shapes_in(field)
    ]
    found = (shape.fields[name] for shape in (*shapes, *nested) if name in shape.fields)
    return next(found, None)


def _shapes_in(field: Field) -> list[Shape]:
    return [shape_of(model) for model in field.parts.values()]
