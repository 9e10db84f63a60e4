"""Stored values as people read them: 1.234,56 €, 31.07.2026, yes, the name of what a key names."""

from decimal import Decimal

from django.db import models
from django.utils.text import capfirst

from base import formats
from base.legible import legible
from base.trail.names import Names

IN_EUR = " in EUR"


def label_of(field: models.Field) -> str:
    """Return what a column is called; that an amount is in EUR its value says.

    A key without a name of its own is called after what it names.
    """
    name = field.verbose_name
    if field.is_relation and isinstance(name, str):  # no translation: made of the field's name
        name = field.related_model._meta.verbose_name
    return capfirst(str(name).removesuffix(IN_EUR))


def text_of(field: models.Field, value, names: Names) -> str:
    """Return a column's value as text; empty where there is none."""
    if value is None or value in ("", [], {}):
        return ""
    if field.is_relation:
        return names.name(field.related_model, value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field.name == "year":  # which one it is, not how many
        return str(value)
    if isinstance(value, Decimal) and str(field.verbose_name).endswith(IN_EUR):
        return formats.money(value)
    return legible(value)
