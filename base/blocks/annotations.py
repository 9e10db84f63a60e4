"""The types of a content model's fields, taken apart."""

import types
import typing

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def item_of(annotation):
    """Return the type of one item, and whether the field holds many."""
    bare, _optional = without_none(annotation)
    if typing.get_origin(bare) is tuple:
        return typing.get_args(bare)[0], True
    return bare, False


def is_model(annotation) -> bool:
    """Tell whether the type is a content model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def tagged_models(annotation) -> dict[str, type[BaseModel]]:
    """Return tag → model for a discriminated union, else nothing."""
    bare, _optional = without_none(unwrap(annotation))
    members = typing.get_args(bare) if is_union(bare) else ()
    found = {}
    for member in members:
        model = unwrap(member)
        tag = tag_field(model) if is_model(model) else None
        if tag is None:
            return {}
        found[typing.get_args(model.model_fields[tag].annotation)[0]] = model
    return found


def tag_field(model: type[BaseModel]) -> str | None:
    """Return the name of the field whose only value tells this model from its siblings."""
    return next((name for name, field in model.model_fields.items() if is_tag(field)), None)


def is_tag(field: FieldInfo) -> bool:
    """Tell whether the field can hold one value only, and so names its model among others."""
    return (
        typing.get_origin(field.annotation) is typing.Literal
        and len(typing.get_args(field.annotation)) == 1
    )


def is_union(annotation) -> bool:
    """Tell whether the type is one of several."""
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def without_none(annotation):
    """Return a type as it is when there is a value, and whether there need not be one."""
    if is_union(annotation):
        rest = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        if len(rest) < len(typing.get_args(annotation)):
            return (rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]), True  # noqa: UP007
    return annotation, False


def unwrap(annotation):
    """Return a type without what is annotated to it."""
    is_annotated = typing.get_origin(annotation) is typing.Annotated
    return typing.get_args(annotation)[0] if is_annotated else annotation


def unannotated(annotation) -> tuple[typing.Any, FieldInfo]:
    """Return a type, and what is annotated to it as pydantic reads it."""
    return unwrap(annotation), FieldInfo.from_annotation(annotation)


def models_in(annotation) -> list[type[BaseModel]]:
    """Return the content models a field can hold, alone or in a list."""
    bare = unwrap(annotation)
    if is_model(bare):
        return [bare]
    inner = (arg for arg in typing.get_args(bare) if arg not in (Ellipsis, type(None)))
    return [model for arg in inner for model in models_in(arg)]
