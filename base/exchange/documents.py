"""YAML and JSON files as plain data, with nothing guessed that the file does not say.

YAML 1.1 would turn 01067 into 567, 12:30 into 750, `no` into false, and 62.40 into 62.4. Only
plain whole numbers and true and false are more than text here; the schema of an entry decides
what a text means.
"""

import json
import re
from collections import Counter
from pathlib import Path

import yaml
from django.utils.translation import gettext as _

from base.problems import ExchangeError, Problem

WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")


def document_of(path: Path, label: str, text: str):
    """Return what a YAML or JSON file holds. Raises ExchangeError with the line it breaks in."""
    try:
        if path.suffix.lower() == ".json":
            return json.loads(text, object_pairs_hook=_object, parse_float=str, parse_constant=str)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader
    except _Twice as error:
        place = _("line %d") % error.line if error.line else ""
        message = _("%r stands twice; one of the two must go") % error.name
        raise ExchangeError([Problem(label, place, message)]) from error
    except yaml.YAMLError as error:
        raise ExchangeError([_unreadable_yaml(label, error)]) from error
    except json.JSONDecodeError as error:
        message = _("this is not readable as JSON (%s)") % error.msg
        raise ExchangeError([Problem(label, _("line %d") % error.lineno, message)]) from error
    except RecursionError as error:
        raise ExchangeError([Problem(label, "", _("this is nested too deeply"))]) from error


def _unreadable_yaml(label: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or ""
    place = _("line %d") % (mark.line + 1) if mark else ""
    message = _("this is not readable as YAML")
    return Problem(label, place, f"{message} ({what})" if what else message)


class _Twice(Exception):
    """A name stands twice in one group of entries."""

    def __init__(self, name: str, line: int | None = None):
        self.name, self.line = name, line
        super().__init__(name)


def _object(pairs: list[tuple[str, object]]) -> dict:
    for name, times in Counter(name for name, _value in pairs).items():
        if times > 1:
            raise _Twice(name)
    return dict(pairs)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads scalars as they are written, and refuses a name given twice."""


def _as_written(loader, node):
    return loader.construct_scalar(node)


def _whole_number(loader, node):
    text = loader.construct_scalar(node)
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text


def _truth(loader, node):
    text = loader.construct_scalar(node)
    return {"true": True, "false": False}.get(text.lower(), text)


def _mapping(loader, node):
    loader.flatten_mapping(node)
    found = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a name must be a text", key_node.start_mark
            )
        key = loader.construct_object(key_node)
        if key in found:
            raise _Twice(str(key), key_node.start_mark.line + 1)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


for _tag, _construct in (
    ("float", _as_written),
    ("binary", _as_written),
    ("timestamp", _as_written),
    ("int", _whole_number),
    ("bool", _truth),
    ("map", _mapping),
):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct)
