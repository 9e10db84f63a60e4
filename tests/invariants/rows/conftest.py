"""A small world with rows of every model: the sample, and what it has none of.

Built once for this folder, in a transaction that is never committed; each test works in a part of
it that is undone. A new model without rows here is reported by the tests that walk all models.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction

from base.acting import acting_as
from base.editions import publish
from base.facts import withdraw
from base.immutability import opened_gate
from base.models import Event, SavedView
from base.trail.events import record
from cms.content.description import DescriptionContent
from cms.models import Description
from contracts.actions.give_notice import give_notice
from contracts.actions.upload_evidence import upload_evidence
from contracts.billing import Period
from contracts.models import (
    AccessChange,
    ClosedYear,
    Contract,
    Instalment,
    Member,
    Organisation,
    PayrollLine,
)
from contracts.rights import BODY, PROVIDER
from forms.actions.identify_client import identify_client
from forms.content import FormContent
from forms.models import Case, FormDefinition, SupportPlan
from jobs.actions.answer_report import draft_reply, submit_reply
from jobs.actions.assess_report import draft_assessment, submit_assessment
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.actions.make_document import make_report_document, make_statement_document
from jobs.models import JobRun, Lease, ReportVersion, Statement
from tests import factories
from tests.factories import issue_by_two
from tests.invariants.rows.signing_in import SESSIONS, sign_everybody_in

ADDICTION, CLEARING, DEBT = "SB-2010-01", "AC-2023-04", "SCH-2022-02"
FIRST_HALF = Period.parse("2024-H1")
ORIGINALS = {ADDICTION: "2024", CLEARING: "2024-03", DEBT: "2024-Q1"}

MIXED = {
    "mixed.finance": {"jc-lindental": "finance", "schuldnerhilfe-kompass": "counsellor"},
    "mixed.caseworker": {"housing": "caseworker", "suchthilfe-brueckenweg": "provider_lead"},
    "mixed.auditor": {"housing": "auditor", "jc-lindental": "director"},
}
"""People with two memberships, and their role in each."""


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever is written inside."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker) -> Iterator[SimpleNamespace]:
    """The contracts of the sample by name, with everything made."""
    with django_db_blocker.unblock(), undone():
        made = _build()
        sign_everybody_in()
        # PostgreSQL checks keys when it commits; nobody commits here.
        connection.check_constraints()
        with connection.cursor() as cursor:
            # Nor does anybody tell the planner how many rows there are.
            cursor.execute("ANALYZE")
        yield made
        SESSIONS.clear()


@pytest.fixture(autouse=True)
def _in_the_world(world) -> None:
    """Every test here finds these rows."""


def _build() -> SimpleNamespace:
    call_command("import_data", "sample", "--save", stdout=StringIO())
    contracts = {number: Contract.objects.get(number=number) for number in ORIGINALS}
    with acting_as(_user("manager.weber")):
        _publish_what_the_sample_lacks()
        _more_facts(contracts)
    _bill(contracts)
    _report(contracts)
    second = _second_body()
    with acting_as(_user("manager.weber")):
        for contract in (contracts[ADDICTION], contracts[CLEARING]):
            give_notice(contract=contract, given_by=contract.provider, received_on=date(2025, 3, 3))
    JobRun.objects.create(job="nothing", period="2024", outcome={"statements": [ADDICTION]})
    JobRun.objects.create(job="nothing", period="2024", scope=second.number)
    Lease.objects.create(name="nothing", holder="nobody", heartbeat_at="2024-01-01T00:00:00Z")
    owner = _user("auditor.genau")
    SavedView.objects.create(owner=owner, page="trail", name="Exports", query="kind=export")
    for name in ("lead.bruecke", "counsellor.stein", "finance.taler"):
        AccessChange.objects.create(
            user=_user(name),
            member=_user(name).memberships.get(),
            kind=AccessChange.Kind.ADDRESS,
            made_by=_user("administrator.technik"),
            made_at="2024-01-01T00:00:00Z",
        )
    record(Event.Kind.LOGIN, actor=_user("finance.taler").pk, detail={"rows": 1})
    with opened_gate("for the log"):
        pass
    return SimpleNamespace(contracts=contracts)


def _user(username: str):
    return get_user_model().objects.get(username=username)


def _publish_what_the_sample_lacks() -> None:
    persons = {"authors": [_user("manager.weber")], "approver": _user("manager.sommer")}
    standard = {"key": "contact", "label": "First contact", "event": "assignment", "days": 14}
    description = DescriptionContent(title="With standards", offer=["Help"], standards=[standard])
    question = {"key": "aim", "label": "Aim", "group": "course"}
    form = FormContent(title="Form", questions=[question])
    for draft, content in (
        (Description(key="with-standards"), description),
        (FormDefinition(key="form"), form),
    ):
        publish(draft, content, applies_from=date(2024, 1, 1), **persons)
    submitted = Description.objects.get(key="with-standards")
    submitted.save_revision(user=_user("manager.weber"))
    submitted.get_workflow().start(submitted, _user("manager.weber"))


def _more_facts(contracts: dict[str, Contract]) -> None:
    """Facts of kinds that the sample has with one provider only."""
    clearing = contracts[CLEARING]
    year = Period.parse("2024")
    # No costs are reimbursed there: a row that no path would take, and that must not be seen.
    PayrollLine.objects.create(
        contract=clearing, reference="other", day=year.first, cost_kind="other",
        label="Lohn-geheim-other", amount=Decimal("1.00"), eligible=False,
    )  # fmt: skip
    Instalment.objects.create(
        contract=clearing, reference="other", paid_on=year.first, amount=Decimal("1.00"),
        period_first=date(2023, 12, 1), period_last=date(2023, 12, 31),
    )  # fmt: skip
    ClosedYear.objects.create(
        commissioning_body=clearing.commissioning_body, year=2019, closed_on=date(2020, 2, 1)
    )
    upload_evidence(
        contract=clearing, name="other.pdf", content=b"%PDF-1.7 other", kind="other",
        day=year.first, by=_user("lead.licht"),
    )  # fmt: skip
    case = Case.objects.filter(contract=contracts[ADDICTION]).order_by("pk").first()
    SupportPlan.objects.create(
        case=case, valid_from=case.assigned_on, hours_per_month=Decimal("1.00")
    )


def _bill(contracts: dict[str, Contract]) -> None:
    """Originals issued, one correction issued, one checked, one original still a draft."""
    for number, period in ORIGINALS.items():
        original, _changed = compute_statement(contracts[number], Period.parse(period))
        make_statement_document(_issue(original))
    call_command("import_data", "sample/late", "--save", stdout=StringIO())
    issued, checked = (
        compute_statement(contracts[number], Period.parse(ORIGINALS[number]))[0]
        for number in (ADDICTION, CLEARING)
    )
    make_statement_document(_issue(issued))
    check_statement(checked, by=_user("finance.taler"))
    compute_statement(contracts[DEBT], Period.parse("2024-Q2"))


def _issue(statement: Statement) -> Statement:
    persons = _user("finance.taler"), _user("finance.groschen")
    return issue_by_two(statement, *persons, on=date(2025, 3, 14))


def _report(contracts: dict[str, Contract]) -> None:
    for contract in contracts.values():
        version, _new = compute_report(contract, FIRST_HALF)
        draft_assessment(
            version.report, by=_user("lead.bruecke"), text="All well.", figures=version.number
        )
        assessment = submit_assessment(version.report, by=_user("lead.bruecke"))
        draft_reply(assessment, by=_user("manager.weber"), text="Agreed.")
        submit_reply(assessment, by=_user("manager.weber"))
        make_report_document(version)
        _assess_again(version)


def _second_body() -> Contract:
    """Another commissioning body, with a provider of its own, one that it shares, and people.

    Two persons work in two places each: with other roles than in the other one.
    """
    body = factories.make_organisation("housing", kind="commissioning_body", code="WO")
    for role in BODY:
        person = factories.make_user(f"housing.{role}")
        factories.make_member(body, roles=[role], user=person)
    shared, own = (
        Organisation.objects.get(key="schuldnerhilfe-kompass"),
        factories.make_organisation("shelter"),
    )
    for role in PROVIDER:
        person = factories.make_user(f"shelter.{role}")
        factories.make_member(own, roles=[role], user=person)
    for username, places in MIXED.items():
        person = factories.make_user(username)
        for key, role in places.items():
            place = Organisation.objects.get(key=key)
            factories.make_member(place, roles=[role], user=person)
    terms = [factories.HOURLY, factories.COSTS]
    made = [
        factories.make_contract(number, provider=provider, body=body, remuneration=terms)
        for number, provider in (("WO-1", shared), ("WO-2", own))
    ]
    for contract in made:
        _facts_of(contract)
    _draft_of_a_contract(body, own)
    return made[0]


def _draft_of_a_contract(body: Organisation, provider: Organisation) -> None:
    """One that was never concluded."""
    Contract.objects.create(
        number="Vertrag-geheim", title="Entwurf", commissioning_body=body, provider=provider,
        applies_from=date(2026, 1, 1), live=False,
    )  # fmt: skip


def _facts_of(contract: Contract) -> None:
    """A row of every kind that a contract has."""
    by = Member.objects.filter(organisation=contract.provider).order_by("pk").first()
    case = factories.make_case(contract)
    identify_client(
        client=case.client, first_name="Vera", last_name=f"Geheim-{contract.number}",
        birth_date=None, gender="f",
    )  # fmt: skip
    factories.make_plan(case, "10.00")
    factories.make_record(case, counsellor=by, reason=f"Grund-geheim-{contract.number}")
    (attended,) = factories.make_session([case], counsellor=by)
    withdraw(attended, reason=f"Grund-geheim-{contract.number}")
    factories.make_payroll(contract, "100.00", label=f"Lohn-geheim-{contract.number}")
    factories.make_instalment(contract, "10.00", first=date(2024, 1, 1), last=date(2024, 12, 31))
    factories.make_form(case, submitted=True)
    upload_evidence(
        contract=contract, name="other.pdf", content=b"%PDF-1.7 other", kind="other",
        day=date(2024, 3, 14), by=by.user,
    )  # fmt: skip
    statement, _changed = compute_statement(contract, Period.parse("2024"))
    make_statement_document(_issue(statement))
    version, _new = compute_report(contract, FIRST_HALF)
    draft_assessment(version.report, by=by.user, text="All well.", figures=version.number)
    assessment = submit_assessment(version.report, by=by.user)
    draft_reply(assessment, by=_user("housing.manager"), text="Agreed.")
    make_report_document(version)
    give_notice(contract=contract, given_by=contract.provider, received_on=date(2025, 3, 3))


def _assess_again(version: ReportVersion) -> None:
    """Write a second assessment with a reply that is a draft yet, and begin a third."""
    lead, words = _user("lead.bruecke"), {"text": "Once more.", "figures": version.number}
    draft_assessment(version.report, by=lead, **words)
    assessment = submit_assessment(version.report, by=lead)
    draft_reply(assessment, by=_user("manager.weber"), text="Not yet.")
    draft_assessment(version.report, by=lead, **words)
