"""A small world with rows of every model: the sample, and what it has none of.

Built once for this folder, in a transaction that is never committed; each test works in a part of
it that is undone. A new model without rows here is reported by the tests that walk all models.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from io import StringIO
from itertools import count
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from base.acting import acting_as
from base.editions import publish
from base.facts import withdraw
from base.immutability import opened_gate
from base.models import Event, FollowUp, MailChoice, SavedView
from base.trail.events import record
from base.workspace.worklist import Worklist
from cms.content.description import DescriptionContent
from cms.models import Description
from contracts.actions.adapt_annex import adapt_annex
from contracts.actions.change_organisation import enter_account
from contracts.actions.confirm_signature import confirm_signature
from contracts.actions.give_api_token import give_api_token
from contracts.actions.give_notice import give_notice
from contracts.actions.hand_in_file import hand_in_file
from contracts.actions.present_for_signature import present_for_signature
from contracts.actions.propose_change import propose_change
from contracts.actions.substitute_member import substitute_member
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
    TeamMembership,
)
from contracts.rights import BODY, PROVIDER
from forms.actions.identify_client import identify_client
from forms.actions.plan_appointment import plan_series
from forms.actions.reach_client import reach_client
from forms.actions.share_calendar import share_calendar
from forms.actions.sign_record import sign_record
from forms.actions.support_case import assign_counsellor, assign_owner
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
from tests.cms.pages import make_page
from tests.factories import issue_by_two, somebody
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
BOTH = ("caseworker", "team_lead")


WRITES = re.compile(
    r"""\s*(?:SAVEPOINT\ "?(?P<begun>\w+)|ROLLBACK\ TO\ SAVEPOINT\ "?(?P<undone>\w+)
    |(?:INSERT(\ OR\ \w+)?\ INTO|UPDATE|DELETE\ FROM|COPY)\ "?(?P<table>\w+))""",
    re.IGNORECASE | re.VERBOSE,
)
LOGS = ("base_event", "base_sentform", "django_session")
"""What pages write when they are merely opened."""


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
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Nor does anybody tell the planner how many rows there are. SQLite does without,
                # and would read its whole schema anew whenever a test is undone, since what it
                # found lies in a new table.
                cursor.execute("ANALYZE")
        yield made
        SESSIONS.clear()


@pytest.fixture(autouse=True)
def _in_the_world(world) -> None:
    """Every test here finds these rows."""


@pytest.fixture(scope="package")
def _state(world) -> Iterator[SimpleNamespace]:
    """A number that is another one once anything but a log was written, until it is undone."""
    state, numbers, begun = SimpleNamespace(number=0), count(1), {}

    def note(execute, sql, params, many, context):
        if found := WRITES.match(str(sql)):
            if found["begun"]:
                begun[found["begun"]] = state.number
            elif found["undone"]:
                state.number = begun.get(found["undone"])  # None: the world itself
            elif found["table"] not in LOGS:
                state.number = next(numbers)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield state


@pytest.fixture(scope="package")
def counted_once(_state) -> dict:
    """What waits for each person, while nothing is written: every page's menu says it again."""
    return {}


@pytest.fixture(autouse=True)
def _menus_count_once(request, monkeypatch) -> None:
    """Spare the walks a fifth of their time; who counts queries or what waits says `counting`."""
    if request.node.get_closest_marker("counting"):
        return
    state, kept = request.getfixturevalue("_state"), request.getfixturevalue("counted_once")
    asked = Worklist.counts.func

    def counts(worklist: Worklist) -> dict[str, int]:
        key = (state.number, worklist.user.pk, worklist.today)
        if key not in kept:
            kept[key] = asked(worklist)
        return kept[key]

    monkeypatch.setattr(Worklist, "counts", property(counts))


def _build() -> SimpleNamespace:
    call_command("import_data", "sample", "--save", stdout=StringIO())
    contracts = {number: Contract.objects.get(number=number) for number in ORIGINALS}
    with acting_as(_user("manager.weber")):
        _publish_what_the_sample_lacks()
        _more_facts(contracts)
    _bill(contracts)
    _undecided(contracts)
    _report(contracts)
    second = _second_body()
    _agree(contracts[ADDICTION], "manager.weber", "director.linde", "lead.bruecke")
    _agree(second, "housing.manager", "housing.director", "lead.kompass")
    _write(contracts[CLEARING], _user("manager.weber"))
    _write(Contract.objects.get(number="WO-2"), _user("housing.manager"))
    with acting_as(_user("manager.weber")):
        for contract in (contracts[ADDICTION], contracts[CLEARING]):
            give_notice(
                contract=contract,
                given_by=contract.provider,
                received_on=date(2025, 3, 3),
                by=somebody(),
            )
    JobRun.objects.create(job="nothing", period="2024", outcome={"statements": [ADDICTION]})
    JobRun.objects.create(job="nothing", period="2024", scope=second.number)
    Lease.objects.create(name="nothing", holder="nobody", heartbeat_at="2024-01-01T00:00:00Z")
    _give_programs_access()
    _accounts_and_files()
    owner = _user("auditor.genau")
    SavedView.objects.create(owner=owner, page="trail", name="Exports", query="kind=export")
    MailChoice.objects.create(owner=owner, overview="weekly")
    FollowUp.objects.create(
        owner=owner, work="cases-quiet", reference="1", day="2030-01-02", reason="Follow-up-secret"
    )
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


def _give_programs_access() -> None:
    """Each commissioning body has a token of its own."""
    for username in ("administrator.technik", "housing.administrator"):
        by = _user(username)
        give_api_token(
            organisation=by.memberships.get().organisation,
            label=f"Programm-geheim-{username}",
            scopes=["contracts", "forms"],
            expires_on=timezone.localdate() + timedelta(days=7),
            by=by,
        )


def _accounts_and_files() -> None:
    """Each commissioning body has handed in a file and entered another account of a provider."""
    for username, key, iban in (
        ("administrator.technik", "suchthilfe-brueckenweg", "DE89370400440532013000"),
        ("housing.administrator", "shelter", "GB82WEST12345698765432"),
    ):
        by = _user(username)
        body = by.memberships.get().organisation
        content = f"%PDF-1.4\n{username}\n".encode()
        hand_in_file(organisation=body, name=f"{key}.pdf", content=content, by=by)
        provider = Organisation.objects.get(key=key)
        enter_account(provider, iban=iban, bic="", reason="Letter", by=by)


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
    appointment = {"part": "appointment", "first": "2024-05-02", "place": "Room 1"}
    make_page(
        "training",
        author=persons["authors"][0],
        approver=persons["approver"],
        audience="staff",
        parts=[appointment],
    )
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
    for number in (ADDICTION, CLEARING, DEBT):
        each = Case.objects.filter(contract=contracts[number]).order_by("pk").first()
        factories.make_deadline(each)
    SupportPlan.objects.create(
        case=case, valid_from=case.assigned_on, hours_per_month=Decimal("1.00")
    )


def _undecided(contracts: dict[str, Contract]) -> None:
    """Deadlines about which each kind of decision can be taken."""
    cases = iter(Case.objects.filter(contract=contracts[ADDICTION]).order_by("pk")[1:4])
    factories.make_deadline(next(cases), due_on=None)
    factories.make_deadline(next(cases), due_on=None, starts="document_received")
    factories.make_deadline(
        next(cases), state="dropped", ending="person", ended_on=date(2024, 3, 14)
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


PLAN = {
    "key": "course",
    "label": "Course of a case",
    "kind": "plan",
    "valid_from": factories.BEGINS,
    "paragraphs": ["First step"],
}


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
        factories.make_contract(
            number,
            provider=provider,
            body=body,
            remuneration=terms,
            annexes=[PLAN],
            records_signed=True,
        )  # fmt: skip
        for number, provider in (("WO-1", shared), ("WO-2", own))
    ]
    for contract in made:
        _facts_of(contract)
    _draft_of_a_contract(body, own)
    return made[0]


def _agree(contract: Contract, author: str, director: str, lead: str) -> None:
    """A draft put before both parties, signed by one; and what its provider proposes to change."""
    author = _user(author)
    signing = present_for_signature(_write(contract, author), by=author)
    confirm_signature(
        signing, by=_user(director), party=contract.commissioning_body, function="Board",
        signed_on=date(2024, 3, 14), evidence="File, page 2",
    )  # fmt: skip
    for change in ("More hours", "Other duties"):
        propose_change(
            contract, by=_user(lead), change=change, reason="Needed", applies_from=date(2025, 1, 1)
        )

    annex = next(
        part for part in contract.editions.get(number=1).data.annexes if part.kind == "plan"
    )
    adapt_annex(
        contract, annex.key, ["Another step"], by=_user(lead), applies_from=date(2025, 1, 1),
        reason="Needed",
    )  # fmt: skip


def _write(contract: Contract, author) -> Contract:
    """A draft that says something else than the edition in force."""
    draft = Contract.objects.get(pk=contract.pk).get_latest_revision_as_object()
    draft.title = f"{draft.title} (neu)"
    with acting_as(author):
        draft.save_revision(user=author)
    return Contract.objects.get(pk=contract.pk)


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
        birth_date=None, gender="f", by=somebody(),
    )  # fmt: skip
    reach_client(
        client=case.client, customer_number=f"NUMMER-{contract.number}", phone="0170 1",
        reach_how=f"Weg-geheim-{contract.number}", by=somebody(),
    )  # fmt: skip
    _look_after(case, by)
    factories.make_plan(case, "10.00")
    factories.make_deadline(case)
    factories.make_record(case, counsellor=by, reason=f"Grund-geheim-{contract.number}")
    (attended,) = factories.make_session([case], counsellor=by)
    sign_record(attended, by=by.user, version=1, paper=f"Papier-geheim-{contract.number}")
    withdraw(attended, reason=f"Grund-geheim-{contract.number}")
    factories.make_payroll(contract, "100.00", label=f"Lohn-geheim-{contract.number}")
    factories.make_instalment(contract, "10.00", first=date(2024, 1, 1), last=date(2024, 12, 31))
    _calendar_of(contract, case)
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
    give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2025, 3, 3), by=somebody()
    )


def _look_after(case: Case, counsellor: Member) -> None:
    """Both sides say who is responsible, and on both somebody is away."""
    body = case.contract.commissioning_body
    caseworker, lead = (body.members.get(user__username=f"housing.{role}") for role in BOTH)
    day = {"valid_from": case.assigned_on, "by": somebody()}
    team = factories.make_team(body)
    for member in (caseworker, lead):
        TeamMembership.objects.create(team=team, member=member)
    assign_owner(case=case, team=team, caseworker=caseworker, **day)
    team = factories.make_team(case.contract.provider)
    TeamMembership.objects.create(team=team, member=counsellor)
    assign_counsellor(case=case, team=team, counsellor=counsellor, **day)
    colleague = factories.make_member(case.contract.provider)
    today = timezone.localdate()
    for member, substitute in ((caseworker, lead), (counsellor, colleague)):
        if not member.absences.exists():
            substitute_member(
                member=member, substitute=substitute, first_day=today,
                last_day=today + timedelta(days=7), by=somebody(),
            )  # fmt: skip


def _calendar_of(contract: Contract, case: Case) -> None:
    """Appointments of both sides: alone, of a series with a room, and one that both take part in.

    Everybody has a secret address. The provider's notes are for its counselling alone, as reasons.
    """
    provider, body = (
        Member.objects.filter(organisation=each).order_by("pk")
        for each in (contract.provider, contract.commissioning_body)
    )
    counsels = next(each for each in provider if {"counsellor", "provider_lead"} & {*each.roles})
    decides = next(each for each in body if "caseworker" in each.roles)
    secret = f"Grund-geheim-{contract.number}"
    for member, note in ((counsels, secret), (decides, "Unterlagen")):
        plan_series(
            organisation=member.organisation, first=date(2024, 3, 20), until=date(2024, 4, 3),
            begins=time(9), ends=time(10), frequency="weekly", interval=1, members=[member],
            resources=[factories.make_resource(member.organisation)], note=note, by=somebody(),
        )  # fmt: skip
        share_calendar(member=member, by=member.user)
        factories.make_appointment(member, at="11:00", case=case)
        factories.make_appointment(member, case=case, note=note)
    factories.make_appointment(
        counsels, decides, at="14:00", case=case, kind="three_party", note=secret
    )


def _assess_again(version: ReportVersion) -> None:
    """Write a second assessment with a reply that is a draft yet, and begin a third."""
    lead, words = _user("lead.bruecke"), {"text": "Once more.", "figures": version.number}
    draft_assessment(version.report, by=lead, **words)
    assessment = submit_assessment(version.report, by=lead)
    draft_reply(assessment, by=_user("manager.weber"), text="Not yet.")
    draft_assessment(version.report, by=lead, **words)
