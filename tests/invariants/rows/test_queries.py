"""No page asks the database more often because there are more rows, nor twice for the same.

Pages are walked, not listed. What is added is of every kind that a list, a menu's count or a
section of the home page shows.
"""

import re
from collections import Counter
from datetime import date

import pytest
from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from base.models import Event
from base.trail.events import record
from cms.models import CatalogueEdition
from contracts.actions.upload_evidence import upload_evidence
from contracts.billing import Period
from contracts.models import Contract, Member, Team, TeamMembership
from contracts.roles import Role
from forms.actions.sign_record import sign_record
from forms.actions.support_case import assign_counsellor, assign_owner
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.models import JobRun
from tests import factories
from tests.factories import somebody
from tests.invariants.rows.conftest import FIRST_HALF
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import WITHOUT, allowed

# Django asks as often, whatever the database.
pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.counting]

FEW, MORE = 1, 3
ABOUT_THE_READER = {
    "contracts_member",
    "contracts_organisation",
    "contracts_team",
    "jobs_statement",
}
"""Tables of which no page asks for the same twice; the last is the one with most rows of them."""
EXCEPT = {
    # The organisations there are to choose from, and the one that was chosen.
    ("close-year", "contracts_organisation"),
    # Those to choose from, and those a breakdown has a line for.
    ("figures", "contracts_organisation"),
}
PAGES = [page for page in WITHOUT if hasattr(page.view, "get")]


def people() -> dict[str, object]:
    """One person of each role; those of providers are the ones to whom rows are added."""
    members = Member.objects.select_related("user").order_by("pk")
    provider = Team.objects.get(key="suchtberatung").organisation
    found = {}
    for member in members:
        for role in member.roles:
            if role not in (Role.COUNSELLOR, Role.PROVIDER_LEAD) or (
                member.organisation_id == provider.pk
            ):
                found.setdefault(role, member.user)
    return found


class Growth:
    """Adds rows, of each kind as many at a time."""

    def __init__(self):
        self.persons = people()
        self.counsellor = Member.objects.get(user=self.persons[Role.COUNSELLOR])
        self.team = Team.objects.get(key="suchtberatung")
        self.body_team = factories.make_team(factories.make_commissioning_body())
        self.caseworker = self._colleague()
        self.catalogue = CatalogueEdition.objects.filter(catalogue__key="suchthilfe").latest("pk")
        self.definition = factories.make_definition()

    def add(self, count: int) -> None:
        for _number in range(count):
            self._contract()
            self._person()
            self._run()

    def _contract(self) -> None:
        provider = self.team.organisation
        contract = factories.make_contract(
            provider=provider,
            catalogues=(self.catalogue,),
            duties=(factories.MONTHLY_STATEMENT, factories.DUTIES[1]),
            remuneration=[factories.HOURLY, factories.COSTS],
            records_signed=True,
        )
        for _number in range(2):
            self._case(contract)
        factories.make_payroll(contract, "10.00")
        factories.make_instalment(contract, "5.00", first=date(2024, 3, 1), last=date(2024, 3, 31))
        upload_evidence(
            contract=contract, name="pay.pdf", content=b"%PDF-1.7 pay", kind="other",
            day=factories.DAY, by=self.persons[Role.PROVIDER_LEAD],
        )  # fmt: skip
        compute_statement(contract, Period.parse("2024-03"))
        compute_report(contract, FIRST_HALF)

    def _case(self, contract: Contract) -> None:
        case = factories.make_case(contract, catalogue=self.catalogue)
        assign_counsellor(
            case=case,
            valid_from=case.assigned_on,
            team=self.team,
            counsellor=self.counsellor,
            by=somebody(),
        )
        assign_owner(
            case=case,
            valid_from=case.assigned_on,
            team=self.body_team,
            caseworker=self.caseworker,
            by=somebody(),
        )
        for day in (factories.DAY, timezone.localdate()):
            factories.make_record(case, day=day, counsellor=self.counsellor, minutes=10)
        (attended,) = factories.make_session([case], counsellor=self.counsellor, minutes=10)
        sign_record(attended, by=self.counsellor.user, version=1, strokes=[[1, 2, 3, 4]])
        for submitted in (False, True):
            factories.make_form(
                case, by=self.counsellor.user, definition=self.definition, submitted=submitted
            )
        factories.make_case(contract, assigned_on=timezone.localdate())

    def _person(self) -> None:
        for team in (self.team, self.body_team):
            factories.make_member(team.organisation)
            factories.make_team(team.organisation)
        self._colleague()

    def _colleague(self) -> Member:
        """One more who owns cases."""
        colleague = factories.make_member(self.body_team.organisation, roles=["caseworker"])
        TeamMembership.objects.create(team=self.body_team, member=colleague)
        return colleague

    def _run(self) -> None:
        key = factories.make_definition().key
        factories.make_catalogue(key=key)
        JobRun.objects.create(job="nothing", period=key, status=JobRun.Status.FAILED)
        for user in self.persons.values():
            record(Event.Kind.LOGIN, actor=user.pk)


def visits(persons: dict[str, object]) -> dict[tuple[str, str], list[str]]:
    """Return what each page asks for each person who may open it."""
    found = {}
    for role, user in persons.items():
        client = signed_in(user)
        for page in PAGES:
            if allowed(page, user):
                reset_queries()  # of all pages together there are more than the log holds
                with CaptureQueriesContext(connection) as queries:
                    client.get(page.url())
                found[page.name, role] = [query["sql"] for query in queries.captured_queries]
    return found


def repeated(asked: list[str]) -> set[str]:
    """Tables of which the very same was asked more than once."""
    counts = Counter(asked)
    selects = [sql for sql, count in counts.items() if count > 1 and sql.startswith("SELECT")]
    return {re.search(r'FROM "(\w+)"', sql)[1] for sql in selects}


def test_no_page_asks_more_often_because_there_are_more_rows(world, monkeypatch):
    """Nor twice for a person's memberships, organisations and teams: once, whoever needs them."""
    # Once a minute a session notes that somebody is there: on a slow machine, at any page.
    monkeypatch.setattr("base.accounts.middleware.TOUCH_SECONDS", 60 * 60)
    growth = Growth()
    # What is remembered between requests, the first person of a page looks up; the others are
    # counted without it.
    growth.add(FEW)
    few = visits(growth.persons)
    growth.add(MORE)
    many = visits(growth.persons)

    assert {role for _page, role in few} == set(Role)
    grown = {
        place: (len(few[place]), len(many[place]))
        for place in few
        if len(many[place]) > len(few[place])
    }
    assert grown == {}

    # By now a process remembers what it looks up but once.
    twice = {
        (page, table)
        for (page, _role), asked in many.items()
        for table in repeated(asked) & ABOUT_THE_READER
    }
    assert len(many) > 100
    assert twice <= EXCEPT
