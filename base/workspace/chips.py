"""The filters that are set, in words: what they say, and the address without them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.forms import BooleanField, Form, ModelChoiceField
from django.http import HttpRequest

from base.formats import day
from base.workspace.registry import Text


@dataclass(frozen=True)
class Chip:
    """One filter that is set. `value` is empty where the label says all."""

    label: Text
    value: str
    url: str


def chips_of(request: HttpRequest, form: Form, names: Iterable[str]) -> list[Chip]:
    """Return a chip for each of the fields, with the address of the list without it."""
    found = []
    for name in names:
        query = request.GET.copy()
        for gone in (name, "page", "before", "export"):
            query.pop(gone, None)
        url = f"{request.path}?{query.urlencode()}" if query else request.path
        found.append(Chip(form[name].label, _in_words(form, name), url))
    return found


def _in_words(form: Form, name: str) -> str:
    """Return what was chosen as the field calls it, with the group it stands in."""
    field, value = form.fields[name], form[name].value()
    form.is_valid()  # fills in what is right, whatever is wrong with other fields
    chosen = form.cleaned_data.get(name)
    if isinstance(field, ModelChoiceField):
        return field.label_from_instance(chosen) if chosen else str(value)
    if isinstance(chosen, date):
        return day(chosen)
    if in_words := getattr(field, "in_words", None):
        return in_words(chosen) if chosen else str(value)
    # Those of the widget, in which what is asked for late has been asked for.
    if (choices := getattr(field.widget, "choices", None)) is not None:
        wanted = {str(each) for each in (value if isinstance(value, list) else [value])}
        return ", ".join(label for key, label in _flat(choices) if key in wanted) or str(value)
    if isinstance(field, BooleanField) or str(value) in ("True", "on"):
        return ""
    return str(value)


def _flat(choices) -> Iterator[tuple[str, str]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from ((inner, f"{key}: {text}") for inner, text in _flat(label))
        else:
            yield str(key), str(label)
