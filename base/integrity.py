"""Checks of what the database holds, run together by `manage.py check_history`.

An app adds its own in `AppConfig.ready()`, for example that sealed content matches its hash.
"""

from collections.abc import Callable, Iterable, Iterator

from django.apps import apps
from django.db import connection

from base.immutability import ruled, trigger_findings
from base.noting import untrue
from base.silent_writes import differences
from base.spelling import all_spellings, misspelt

Check = Callable[[], Iterable[str]]

_checks: list[Check] = []


def register(check: Check) -> Check:
    """Add a check: called without arguments, it yields one sentence per finding.

    Findings name rows and columns, never values. Usable as a decorator; registering the same
    function again changes nothing.
    """
    if check not in _checks:
        _checks.append(check)
    return check


def findings() -> Iterator[str]:
    """What all checks find, in the order of their registration."""
    for check in _checks:
        yield from check()


@register
def history_equals_live_rows() -> Iterator[str]:
    """The newest history row of every tracked row says what the row says."""
    yield from map(str, differences())


@register
def triggers_are_installed() -> Iterator[str]:
    """The database protects every frozen row."""
    yield from trigger_findings(connection)


@register
def spellings_follow_from_names() -> Iterator[str]:
    """Everybody is found by the names they bear."""
    for field in all_spellings():
        for pk, _right in misspelt(field, connection.alias):
            yield f"{field.model._meta.label} {pk}: {field.name} does not follow from the names"


@register
def notes_are_true() -> Iterator[str]:
    """Columns that say whether another row is there are right."""
    for model, rule in ruled("notes"):
        for pk in untrue(model):
            yield f"{model._meta.label} {pk}: {rule.column} is not true"


@register
def gate_is_closed() -> Iterator[str]:
    """No opening of the gate was committed without closing it."""
    for opening in apps.get_model("base", "GateOpening").objects.filter(closed_at=None):
        yield f"gate opening {opening.pk} was never closed"
