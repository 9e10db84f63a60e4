"""What can be asked for: declared once, read from the address, described in OpenAPI."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from django.conf import settings
from django.db.models import Field as ModelField
from django.db.models import SlugField
from django.http import QueryDict
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from wagtail.api.v2.utils import BadRequestError

from base.content import listed

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
SLUG = "^[-a-zA-Z0-9_]+$"
PRINTED = r"^[^\x00-\x1f\x7f-\x9f]+$"
"""Letters and signs of any language: what a page can show."""

MOST_ITEMS = settings.WAGTAILAPI_LIMIT_MAX
ITEMS = 20
FURTHEST = 1_000_000


def _iso(value: object) -> object:
    """Refuse what pydantic would take for a day besides: seconds since 1970, a time of day."""
    if isinstance(value, str) and not ISO_DAY.fullmatch(value):
        raise ValueError("a day is written as 2024-07-01")
    return value


Day = Annotated[date, BeforeValidator(_iso)]


class Question(BaseModel):
    """The parameters of one kind of request."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OfDay(Question):
    """Asked for one day."""

    as_of: Day | None = Field(
        None,
        description="The edition in force on this day is meant, written as 2024-07-01; today "
        "unless given. An edition applies from its first day until the first day of a later one.",
    )


class Paged(Question):
    """Asked for a part of a list."""

    limit: int = Field(ITEMS, ge=1, le=MOST_ITEMS, description="At most so many items.")
    offset: int = Field(0, ge=0, le=FURTHEST, description="After leaving out so many items.")


def question(name: str, *bases: type[Question], **fields) -> type[Question]:
    """Return the parameters of some requests, with further fields as (type, Field)."""
    return create_model(name, __base__=bases or (Question,), **fields)


def selection(names: Iterable[str]):
    """Return the field by which an answer's fields are chosen, in Wagtail's words."""
    one = f"(?:{'|'.join(names)})"
    return Annotated[
        str | None,
        Field(
            pattern=rf"^(?:\*(?:,-{one})*|_(?:,{one})*|-?{one}(?:,-?{one})*)$",
            description="Names of fields, with commas between them, are given besides those that "
            "an answer has anyway; “-name” leaves one out; “*” first means all of them, “_” first "
            f"none but those named. There are: {listed(names)}.",
        ),
    ], None


def order(names: Iterable[str]):
    """Return the field by which a list is put in order."""
    one = f"-?(?:{'|'.join(names)})"
    return Annotated[
        str | None,
        Field(
            pattern=rf"^{one}(?:,{one})*$",
            description="By which fields the list is ordered, the first one first; “-name” turns "
            f"the order round. There are: {listed(names)}.",
        ),
    ], None


def search(of: str):
    """Return the field by which a list is searched."""
    return Annotated[
        str | None,
        Field(
            max_length=200,
            pattern=PRINTED,
            description=f"Each of these words stands somewhere in {of}, as a part of a longer "
            "word, too; small and capital letters are the same.",
        ),
    ], None


def exactly(field: ModelField, of: str):
    """Return the field for items with exactly this value of a model's field."""
    pattern = SLUG if isinstance(field, SlugField) else PRINTED
    described = f"Only what has exactly this {of}."
    return Annotated[
        str | None, Field(max_length=field.max_length, pattern=pattern, description=described)
    ], None


def read(model: type[Question], given: QueryDict) -> Question:
    """Return what a request asks for. Raises BadRequestError naming what is wrong and allowed."""
    known = model.model_fields
    if unknown := sorted(set(given) - set(known)):
        allowed = f"Allowed here: {listed(sorted(known))}" if known else "There is none here"
        raise BadRequestError(f"Unknown parameter: {listed(unknown)}. {allowed}.")
    if twice := sorted(name for name, values in given.lists() if len(values) > 1):
        raise BadRequestError(f"Given more than once: {listed(twice)}.")
    try:
        return model.model_validate(given.dict())
    except ValidationError as error:
        raise BadRequestError(" ".join(_told(model, each) for each in error.errors())) from error


def _told(model: type[Question], error: dict) -> str:
    name = str(error["loc"][0])
    told = f"{name}: {error['msg']}."
    if error["type"] == "string_pattern_mismatch":
        # The pattern says it to programs, its description to people.
        told = f"{name}: not possible. {model.model_fields[name].description}"
    return told
