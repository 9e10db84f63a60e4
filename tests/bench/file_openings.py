"""The page of a case with the log of openings, and the question why, against the page without."""

import time
from collections.abc import Iterator
from unittest.mock import patch

from django.test import Client
from django.urls import reverse

from base.acting import acting_as
from base.models import Event
from base.trail.events import record
from base.workspace.file_openings import Why
from contracts.models import Member
from contracts.roles import Role
from forms.models import Case
from tests.bench import data
from tests.bench.measure import Figure, Side
from tests.bench.pages import people

VISITS, REPETITIONS = 5, 30
LOGGING = ("require_reason", "announce")
"""What views ask and announce, by the names under which they do."""


def openings() -> Iterator[Figure]:
    """Visits of somebody responsible, who is not asked, and of somebody who has said why."""
    data.fill_records(data.HALF_YEAR, data.RECORDS // 10)
    people()
    case = Case.objects.order_by("-pk").first()
    auditor = Member.objects.get(user__username=f"bench.{Role.AUDITOR}").user
    with acting_as(auditor):
        record(Event.Kind.REASON, about=case, detail={"why": Why.AUDIT, "reason": ""})
    for role in (Role.COUNSELLOR, Role.CASEWORKER, Role.AUDITOR):
        yield Figure(
            name=f"case page with the log against without ({role})",
            product=_side(case, role),
            bare=_side(case, role, logged=False),
            aim=1.1,
            clock=time.process_time,
            repetitions=REPETITIONS,
        )


def _side(case: Case, role: str, *, logged: bool = True) -> Side:
    visitor = Client(raise_request_exception=True)
    visitor.force_login(Member.objects.get(user__username=f"bench.{role}").user)
    address = reverse("case", args=[case.pk])

    def visit() -> None:
        for _number in range(VISITS):
            response = visitor.get(address)
            if response.status_code != 200:
                raise RuntimeError(f"{address}: {response.status_code}")

    def visit_unlogged() -> None:
        with (
            patch(f"base.workspace.views.{LOGGING[0]}", lambda *given: None),
            patch(f"base.workspace.views.{LOGGING[1]}", lambda *given: None),
        ):
            visit()

    return Side(work=visit if logged else visit_unlogged)
