"""The fields of every section as Markdown, read from the schemas themselves."""

from collections.abc import Iterator

from pydantic import BaseModel

from base.blocks.wording import ONLY_PRINTED
from base.content import NamedIn
from base.exchange.kinds import kinds
from base.shape import Field, models_within, shape_of

HEADING = """# Fields of the exchange format

Generated from the schemas by `manage.py describe_format`; a test compares the two. What sections
and values mean is said in [exchange.md](exchange.md). A field in **bold** is needed; others show
what counts when they are left out.
"""

LIMITS = {
    "ge": "at least %s",
    "gt": "more than %s",
    "le": "at most %s",
    "lt": "less than %s",
    "min_length": "not fewer than %s",
    "max_length": "no longer than %s",
    "decimal_places": "%s decimal places",
    "pattern": "matches `%s`",
}


def describe_format() -> str:
    """Return the reference of all fields."""
    described: set[type[BaseModel]] = set()
    parts = [HEADING]
    for kind in kinds():
        tables = ", CSV and XLSX" if kind.tabular else ""
        entry, *inner = models_within(*filter(None, (kind.entry, kind.content)))
        parts += [f"\n## `{kind.section}` (YAML, JSON{tables})\n", *_model(entry)]
        for model in inner:
            if model not in described:
                described.add(model)
                parts += [f"\n### {model.__name__}\n", *_model(model)]
    return "\n".join(parts) + "\n"


def _model(model: type[BaseModel]) -> Iterator[str]:
    yield " ".join((model.__doc__ or "").split()) + "\n"
    yield "| field | value | left out |"
    yield "|---|---|---|"
    shape = shape_of(model)
    for name in model.model_fields:
        # A tag tells one model from others, so it is needed wherever there are others.
        field = shape.fields.get(name, shape.tag)
        needed = field.required or field is shape.tag
        said = f"**`{name}`**" if needed else f"`{name}`"
        yield f"| {said} | {_value(field)} | {'' if needed else _left_out(field.default)} |"


def _value(field: Field) -> str:
    value = ", ".join([_named(field), *_limits(field), *_referred(field)])
    only = ONLY_PRINTED if field.printed else ""
    said = " ".join(filter(None, (": ".join(filter(None, (field.title, field.help))), only)))
    return _cell(f"{value} ({said})" if said else value)


def _named(field: Field) -> str:
    """Return what kind of value it is."""
    named = "fields as below" if field.kind == "mapping" else field.kind
    if field.choices:
        named = " or ".join(f"`{value}`" for value, _text in field.choices)
    if field.parts:
        names = [model.__name__ for model in field.parts.values()]
        named = " or ".join(f"[{name}](#{name.lower()})" for name in names)
    return f"list of {named}" if field.many else named


def _referred(field: Field) -> Iterator[str]:
    """Yield what a key refers to."""
    if isinstance(field.reference, NamedIn):
        yield f"of one of the {field.reference.register}"
    elif field.reference:
        yield f"`{field.reference.by}` of one of the `{field.reference.parts}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _left_out(value) -> str:
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, BaseModel):
        return "preset"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _limits(field: Field) -> Iterator[str]:
    """Yield what limits a value, or how many there are. What a key looks like is said once."""
    limits = field.count if field.many else field.limits if field.kind != "key" else {}
    for name, value in limits.items():
        if name == "min_length" and value == 1:
            yield "not empty"
        elif name in LIMITS:
            yield LIMITS[name] % value
