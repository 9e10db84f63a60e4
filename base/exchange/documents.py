"""YAML and JSON files as plain data, with nothing guessed that the file does not say.

YAML 1.1 would turn 01067 into 567, 12:30 into 750, `no` into false, and 62.40 into 62.4. Only
plain whole numbers and true and false are more than text here; the schema of an entry decides
what a text means.

A document is built from the parser's events, one after the other: what is too deep or too much is
refused where it stands, before it takes memory. What an alias repeats counts as often as it does.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import yaml
from django.conf import settings
from django.utils.translation import gettext as _

from base.problems import LONGEST_VALUE, ExchangeError, Problem

WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
"""With more digits than databases count in, it stays text."""

DEEPEST = 64
"""Levels of lists and groups inside each other; the content of editions has about ten."""

SCALARS = ("str", "int", "float", "bool", "null", "binary", "timestamp", "merge", "value")
TAG = "tag:yaml.org,2002:"
NULL = ("", "~", "null", "Null", "NULL")
TRUTH = {"true": True, "false": False}


def document_of(path: Path, label: str, text: str):
    """Return what a YAML or JSON file holds. Raises ExchangeError with the line it breaks in."""
    try:
        if path.suffix.lower() == ".json":
            return _json(text)
        return _built(yaml.parse(text, Loader=_Parser))
    except _Wrong as error:
        place = _("line %d") % error.line if error.line else ""
        raise ExchangeError([Problem(label, place, str(error))]) from error
    except yaml.YAMLError as error:
        raise ExchangeError([_unreadable_yaml(label, error)]) from error
    except json.JSONDecodeError as error:
        message = _("this is not readable as JSON (%s)") % error.msg
        raise ExchangeError([Problem(label, _("line %d") % error.lineno, message)]) from error
    except RecursionError as error:
        raise ExchangeError([Problem(label, "", _too_deep())]) from error


def _unreadable_yaml(label: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or ""
    place = _("line %d") % (mark.line + 1) if mark else ""
    message = _("this is not readable as YAML")
    return Problem(label, place, f"{message} ({what})" if what else message)


class _Wrong(Exception):
    """What a document must not have, and the line where it has it."""

    def __init__(self, message: str, line: int | None = None):
        self.line = line
        super().__init__(message)


def _too_deep() -> str:
    return _("this is nested too deeply")


def _too_much() -> str:
    return _("this file has more than %d values; please divide it") % settings.IMPORT_MOST_VALUES


def _twice(name) -> str:
    shown = repr(name)
    return _("%s stands twice; one of the two must go") % (
        shown if len(shown) <= LONGEST_VALUE else f"{shown[:LONGEST_VALUE]}…"
    )


def _json(text: str):
    # Counted before anything is built; what stands in texts counts too.
    if sum(map(text.count, ",[{")) > settings.IMPORT_MOST_VALUES:
        raise _Wrong(_too_much())
    found = json.loads(
        text, object_pairs_hook=_object, parse_float=str, parse_constant=str, parse_int=_number
    )
    level, depth = [found], 0
    while level := [
        inner
        for value in level
        if isinstance(value, dict | list)
        for inner in (value.values() if isinstance(value, dict) else value)
    ]:
        if (depth := depth + 1) > DEEPEST:
            raise _Wrong(_too_deep())
    return found


def _object(pairs: list[tuple[str, object]]) -> dict:
    for name, times in Counter(name for name, _value in pairs).items():
        if times > 1:
            raise _Wrong(_twice(name))
    return dict(pairs)


def _number(text: str) -> int | str:
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text


class _Parser(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads what stands in a file, and makes nothing of it."""


class _Group:
    """A list or group of entries that is being read; `name` waits for its value.

    `anchor` is what aliases call it, `before` how many values came before it, `depth` how many
    levels are inside it so far.
    """

    def __init__(self, made: list | dict, *, anchor: str | None = None, before: int = 0):
        self.made, self.name, self.is_named = made, None, False
        self.anchor, self.before, self.depth = anchor, before, 1

    def take(self, value, event) -> None:
        if isinstance(self.made, list):
            self.made.append(value)
        elif self.is_named:
            self.made[self.name], self.is_named = value, False
        else:
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                message = _("this is not readable as YAML")
                raise _Wrong(f"{message} (a name must be a text)", line)
            if value in self.made:
                raise _Wrong(_twice(str(value)), line)
            self.name, self.is_named = value, True


def _built(events: Iterator[yaml.Event]):
    """Return the one document that these events tell of; None for none."""
    found, count = _Group([]), 0
    inside = [found]
    anchored: dict[str, tuple[object, int, int]] = {}  # the value, how many in it, its levels
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1
            if event.anchor not in anchored:
                # It would also be a part of itself.
                message = _("the reference *%s names nothing that stands before it")
                raise _Wrong(message % event.anchor[:LONGEST_VALUE], line)
            value, values, levels = anchored[event.anchor]
            if (count := count + values) > settings.IMPORT_MOST_VALUES:
                raise _Wrong(_too_much(), line)
            if len(inside) + levels - 1 > DEEPEST:
                raise _Wrong(_too_deep(), line)
            inside[-1].depth = max(inside[-1].depth, 1 + levels)
            inside[-1].take(deepcopy(value), event)
            continue
        if isinstance(event, yaml.DocumentStartEvent) and found.made:
            message = _("this is not readable as YAML")
            raise _Wrong(f"{message} (a second document)", event.start_mark.line + 1)
        if isinstance(event, yaml.NodeEvent):
            if (count := count + 1) > settings.IMPORT_MOST_VALUES:
                raise _Wrong(_too_much(), event.start_mark.line + 1)
            if isinstance(event, yaml.ScalarEvent):
                value = _scalar(event)
                if event.anchor:
                    anchored[event.anchor] = value, 1, 0
                inside[-1].take(value, event)
                continue
            _require_plain(event, "seq" if isinstance(event, yaml.SequenceStartEvent) else "map")
            if len(inside) > DEEPEST:
                raise _Wrong(_too_deep(), event.start_mark.line + 1)
            made = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            group = _Group(made, anchor=event.anchor, before=count - 1)
            inside[-1].take(group.made, event)
            inside.append(group)
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = inside.pop()
            inside[-1].depth = max(inside[-1].depth, 1 + ended.depth)
            if ended.anchor:
                anchored[ended.anchor] = ended.made, count - ended.before, ended.depth
    return found.made[0] if found.made else None


def _scalar(event: yaml.ScalarEvent):
    """Return what a scalar means: as it is written, but for plain numbers and truths."""
    _require_plain(event, *SCALARS)
    text, tag = event.value, (event.tag or "").removeprefix(TAG)
    if event.implicit[0] or tag in ("int", "bool", "null"):
        if text in NULL:
            return None
        return TRUTH.get(text.lower(), None) if text.lower() in TRUTH else _number(text)
    return text


def _require_plain(event: yaml.NodeEvent, *allowed: str) -> None:
    """Refuse tags that say what to make of a value."""
    tag = event.tag
    if tag and tag != "!" and tag not in [TAG + name for name in allowed]:
        message = _("this is not readable as YAML")
        raise _Wrong(f"{message} ({tag[:LONGEST_VALUE]})", event.start_mark.line + 1)
