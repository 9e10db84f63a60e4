"""Places in content, in the words of the form: "Modules 2 › Quantities 1 › Minimum".

Problems name places as files spell them (modules[2].quantities[1].minimum, modules.m2.unit);
whoever fills in a form knows its labels.
"""

import re

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from pydantic import BaseModel

from base.blocks import caption
from base.blocks.annotations import models_in

WHOLE = "–: "  # what problems of the content as a whole begin with
PLACE = re.compile(r"(?P<place>[a-z_]+(?:\[\d+\]|\.[^\s:.\[\]]+)*)(?P<rest>[ :].*)", re.S)
PARTS = re.compile(r"[^.\[\]]+")


def in_words(problem: str, model: type[BaseModel]) -> str:
    """Return a problem with the place it begins with in the words of the form."""
    problem = problem.removeprefix(WHOLE)
    found = PLACE.fullmatch(problem)
    if found is None:
        return problem
    words = _words(PARTS.findall(found["place"]), model)
    return f"{' › '.join(words)}{found['rest']}" if words else problem


def _words(parts: list[str], model: type[BaseModel]) -> list[str]:
    if parts[0] in _tags(model):
        parts = parts[1:]
    if not parts or parts[0] not in model.model_fields:
        return []
    words: list[str] = []
    inside = [model]
    for part in parts:
        if part.isdigit():
            words[-1] += f" {part}"
            continue
        info = _field(part, inside)
        if info is not None:
            words.append(capfirst(_(caption(part, info))))
            inside = models_in(info.annotation)
        elif not any(part in _tags(each) for each in inside):
            words.append(part)
    return words


def _field(name: str, models: list[type[BaseModel]]):
    """Return the field of that name in one of the models, or in a part of one."""
    nested = [
        inner
        for model in models
        for info in model.model_fields.values()
        for inner in models_in(info.annotation)
    ]
    for model in (*models, *nested):
        if name in model.model_fields:
            return model.model_fields[name]
    return None


def _tags(model: type[BaseModel]) -> set:
    """Return what tells the model from its siblings; places of tagged parts name it."""
    return {info.default for info in model.model_fields.values() if isinstance(info.default, str)}
