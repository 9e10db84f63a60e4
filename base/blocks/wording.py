"""What a content model's fields, parts and choices are called, and the help they give.

Texts are English message ids (`base.content`); `translated` gives them in the reader's language
when they are shown.
"""

import re
import typing

from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext
from pydantic import BaseModel
from pydantic.fields import FieldInfo


def _translate(text: str) -> str:
    return capfirst(gettext(text)) if text else ""


translated = lazy(_translate, str)


def caption(name: str, field: FieldInfo) -> str:
    """Return what a field is called, in English; one without a title is called by its name."""
    return field.title or name.replace("_", " ")


def model_caption(model: type[BaseModel]) -> str:
    """Return what a content model is called, in English: ServiceArea is a "service area"."""
    title = model.model_config.get("title")
    return title or re.sub(r"(?<!^)(?=[A-Z])", " ", model.__name__).lower()


def help_of(field: FieldInfo):
    """Return the help of a field, in the reader's language when it is shown."""
    return translated(field.description or "")


def is_aside(field: FieldInfo) -> bool:
    """Tell whether a field is seldom filled in, so that a form folds it away."""
    return bool(_extra(field.json_schema_extra, "aside"))


def choice_text(value, field: FieldInfo) -> str:
    """Return what a choice is called, in English."""
    texts = _extra(field.json_schema_extra, "labels") or {}
    return texts.get(value, str(value).replace("_", " "))


def choices_of(literal, field: FieldInfo) -> list[tuple]:
    """Return the choices of a field with what they are called."""
    return [(value, translated(choice_text(value, field))) for value in typing.get_args(literal)]


def summary_of(model: type[BaseModel]) -> str:
    """Return the format of the line that stands for a part: "{code} {title}"."""
    if template := _extra(model.model_config.get("json_schema_extra"), "summary"):
        return template
    names = [name for name in ("label", "title", "text", "key") if name in model.model_fields]
    return f"{{{names[0]}}}" if names else ""


def _extra(extra, key: str):
    return extra.get(key) if isinstance(extra, dict) else None
