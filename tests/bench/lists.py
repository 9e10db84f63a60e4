"""Every list of the workspace with each of its filters and each column it sorts by.

Few rows against a hundred times as many, in databases of their own; the slowest ten are printed.

Lists are walked, not named: a new one, a new filter or column is measured as soon as it exists.
"""

import gc
import math
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.db import OperationalError, connection
from django.test import RequestFactory

from base.workspace.views import ListPage
from contracts.models import Member
from contracts.roles import Role
from tests.bench import data
from tests.bench.measure import Figure
from tests.bench.pages import (
    FEW,
    MANY,
    RECORDS_PER_CASE,
    copy_database,
    drop_database,
    people,
    use,
    visitor_of,
)
from tests.invariants.rows.test_addresses import WITHOUT, Address

VISITS = 2
SHOWN = 10
ROLES = (Role.CASEWORKER, Role.PROVIDER_LEAD, Role.ADMINISTRATOR)
"""The first of them that a list serves opens it; the bench's provider has all rows there are."""


@dataclass(frozen=True)
class Visit:
    """A list as somebody asks for it."""

    role: str
    page: str
    what: str
    url: str


def lists() -> Iterator[Figure]:
    """Print how long the slowest take, and how much longer than with few rows."""
    home = connection.settings_dict["NAME"]
    names = {count: f"{home}_{count}" for count in (FEW, MANY)}
    try:
        taken = {}
        for count, name in names.items():
            copy_database(home, name)
            use(name)
            data.make_cases(count)
            data.fill_records(data.HALF_YEAR, count * RECORDS_PER_CASE)
            people()
            taken[count] = {(v.role, v.page, v.what): _seconds(v) for v in visits()}
        _print(taken[FEW], taken[MANY])
    finally:
        use(home)
        for name in names.values():
            drop_database(name)
    yield from ()


def visits() -> Iterator[Visit]:
    """Yield each list a role is served: as it is, its last page, by filter, by column."""
    opened = set()
    for role in ROLES:
        user = Member.objects.get(user__username=f"bench.{role}").user
        for page in WITHOUT:
            if not issubclass(page.view, ListPage) or not user.has_perms(_needed(page)):
                continue
            if page.name in opened:
                continue
            opened.add(page.name)
            queries = {"as it is": {}, "last page": {"page": "99999999"}}
            queries |= {f"filter {name}": sent for name, sent in _filters(page, user)}
            for name, column in page.view.table_class.base_columns.items():
                if column.orderable is not False and page.view.table_class._meta.orderable:
                    queries |= {f"by {name}": {"sort": name}, f"by -{name}": {"sort": f"-{name}"}}
            for what, query in queries.items():
                yield Visit(str(role), page.name, what, f"{page.url()}?{urlencode(query)}")


def _needed(page: Address) -> list[str]:
    needed = page.view.permission_required
    return [needed] if isinstance(needed, str) else list(needed)


def _filters(page: Address, user) -> Iterator[tuple[str, dict]]:
    """Yield each filter of a list with something to ask for."""
    request = RequestFactory().get(page.url())
    request.user = user
    view = page.view()
    view.setup(request)
    form = view.get_filterset(view.get_filterset_class()).form
    for name, field in form.fields.items():
        if (value := _value(field)) is not None:
            yield name, {name: value}


def _value(field: forms.Field) -> str | None:
    """Return something that a person may ask a field for; None where there is nothing."""
    if isinstance(field, forms.ModelChoiceField):
        found = field.queryset.first()
        return None if found is None else str(field.prepare_value(found))
    if isinstance(field, forms.ChoiceField):
        offered = [str(key) for key, _label in field.choices if key not in ("", None)]
        return offered[len(offered) // 2] if offered else None
    if isinstance(field, forms.BooleanField):
        return "on"
    if isinstance(field, forms.DateField):
        return data.MONTH.first.isoformat()
    if isinstance(field, forms.DecimalField | forms.IntegerField):
        return "14"
    return "muster7"


def _seconds(visit: Visit) -> float:
    """Return the median of some visits, after one that warms up."""
    visitor = visitor_of(visit.role)
    try:
        response = visitor.get(visit.url)
    except OperationalError:  # the database gave up (statement_timeout)
        return math.inf
    if response.status_code != 200:
        raise RuntimeError(f"{visit.url}: {response.status_code}")
    gc.collect()
    seconds = []
    for _visit in range(VISITS):
        started = time.perf_counter()
        visitor.get(visit.url)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _print(few: dict, many: dict) -> None:
    sys.stdout.write(
        f"{len(many)} lists, filters and orders; {MANY:,} cases and {MANY * RECORDS_PER_CASE:,}"
        f" records against {FEW:,}. The slowest {SHOWN}:\n"
    )
    for place in sorted(many, key=many.get, reverse=True)[:SHOWN]:
        ratio = many[place] / few[place] if place in few else float("nan")
        role, page, what = place
        sys.stdout.write(
            f"  {many[place] * 1000:6.0f} ms, {ratio:5.2f} times as long  {page}, {what} ({role})\n"
        )
    ratios = sorted(many[place] / few[place] for place in many if place in few)
    sys.stdout.write(
        f"ratios: median {statistics.median(ratios):.2f}, nine of ten up to"
        f" {ratios[len(ratios) * 9 // 10]:.2f}, at most {ratios[-1]:.2f}\n"
    )
