"""Pages of the workspace: few cases against many, each in a database of its own."""

import statistics
import sys
import time
from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.urls import reverse

from contracts.models import Member
from contracts.roles import Role
from forms.models import Case, CaseOwner, CaseResponsibility
from tests import factories
from tests.bench import data
from tests.bench.measure import Figure, Side
from tests.invariants.rows.test_addresses import OF_OBJECTS, WITHOUT

FEW, MANY = 1_000, 100_000
RECORDS_PER_CASE = 10
OWN_CASES = 60
VISITS = 20
LIMIT = 0.300  # seconds, for 95 of 100 visits


def pages() -> Iterator[Figure]:
    """Case list, case page and search, with a hundred times the cases and records."""
    home = connection.settings_dict["NAME"]
    names = {count: f"{home}_{count}" for count in (FEW, MANY)}
    for name in names.values():
        copy_database(home, name)
    try:
        for count, name in names.items():
            use(name)
            data.make_cases(count)
            data.fill_records(data.HALF_YEAR, count * RECORDS_PER_CASE)
            data.plan_cases()
            data.analyze()
            people()
        _tell_of_slow_pages()
        for label, path, aim in (
            ("case list", reverse("cases"), 1.3),
            ("case list filtered by name", f"{reverse('cases')}?q=muster77", None),
            ("case page", None, None),
            ("search", f"{reverse('search')}?q=muster77", None),
        ):
            yield Figure(
                name=f"{label}: {MANY:,} cases and {MANY * RECORDS_PER_CASE:,} records"
                f" against {FEW:,}",
                product=_side(names[MANY], path),
                bare=_side(names[FEW], path),
                aim=aim,
            )
    finally:
        use(home)
        for name in names.values():
            drop_database(name)


def drop_database(name: str) -> None:
    """Remove a database of this run."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_database(original: str, name: str) -> None:
    """Make another database with the same rows."""
    use("postgres")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')


def use(name: str) -> None:
    """Connect to another database of the same server."""
    connection.close()
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()


def people() -> None:
    """Make one person of each role; counsellor and caseworker look after the newest cases."""
    body, provider = factories.make_commissioning_body(), factories.make_organisation("provider")
    for role in Role:
        own = provider if role in (Role.COUNSELLOR, Role.PROVIDER_LEAD) else body
        factories.make_member(own, roles=[role], user=factories.make_user(f"bench.{role}"))
    counsellor = Member.objects.get(user__username=f"bench.{Role.COUNSELLOR}")
    newest = Case.objects.order_by("-pk").values("pk")[:OWN_CASES]
    CaseResponsibility.objects.filter(case__in=newest).update(counsellor=counsellor)
    caseworker = Member.objects.get(user__username=f"bench.{Role.CASEWORKER}")
    CaseOwner.objects.filter(case__in=newest).update(caseworker=caseworker)


def visitor_of(role: str) -> Client:
    """Sign in the person of a role."""
    visitor = Client(raise_request_exception=True)
    visitor.force_login(Member.objects.get(user__username=f"bench.{role}").user)
    return visitor


def _side(name: str, path: str | None) -> Side:
    """Visit a page ten times as a caseworker, who sees all cases and their names."""

    def prepare():
        use(name)
        middle = Case.objects.order_by("pk")[Case.objects.count() // 2]
        return visitor_of(Role.CASEWORKER), path or reverse("case", args=[middle.pk])

    def visit(prepared) -> None:
        visitor, address = prepared
        for _number in range(10):
            response = visitor.get(address)
            if response.status_code != 200:
                raise RuntimeError(f"{address}: {response.status_code}")

    return Side(work=visit, prepare=prepare)


def _tell_of_slow_pages() -> None:
    """Write how long each page takes at the 95th percentile, the slowest first."""
    found = []
    for role in Role:
        visitor = visitor_of(role)
        user = Member.objects.get(user__username=f"bench.{role}").user
        for page in [*WITHOUT, *OF_OBJECTS]:
            needed = page.view.permission_required
            needed = [needed] if isinstance(needed, str) else needed
            if not user.has_perms(needed) or not hasattr(page.view, "get"):
                continue
            arguments = []
            if page.arguments:
                row = page.view.model._default_manager.visible_to(user).order_by("-pk").first()
                if row is None:
                    continue
                arguments = [row.pk]
            url = page.url(*arguments)
            visitor.get(url)  # what a process looks up once, it has
            seconds = [_timed(visitor, url) for _visit in range(VISITS)]
            slowest = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
            found.append((slowest, page.name, str(role)))
    slow = [entry for entry in sorted(found, reverse=True) if entry[0] > LIMIT]
    sys.stdout.write(
        f"{len(found)} pages visited {VISITS} times each with {MANY:,} cases:"
        f" {len(found) - len(slow)} within {LIMIT * 1000:.0f} ms at the 95th percentile\n"
    )
    for taken, name, role in sorted(found, reverse=True)[: max(len(slow), 10)]:
        sys.stdout.write(f"  {taken * 1000:6.0f} ms  {name} ({role})\n")


def _timed(visitor: Client, url: str) -> float:
    started = time.perf_counter()
    visitor.get(url)
    return time.perf_counter() - started
