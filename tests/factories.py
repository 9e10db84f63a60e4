"""Small things with sensible values, made the way the product makes them: by its actions.

Only what matters to a test is named there; everything else comes from here. A contract is
published by a second person and has real editions, a case is opened and placed, a record is
submitted. Numbers and keys count up, so that nothing clashes.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import count
from unittest import mock

from django.contrib.auth import get_user_model
from wagtail.signal_handlers import disable_reference_index_auto_update

from base.acting import current_actor
from base.editions import publish
from base.facts import submit
from cms.content.catalogue import CatalogueContent
from cms.content.description import DescriptionContent
from cms.models import Catalogue, CatalogueEdition, Description, DescriptionEdition
from contracts.billing import Period
from contracts.content import ContractContent
from contracts.models import (
    Contract,
    ContractEdition,
    Instalment,
    Member,
    Organisation,
    PayrollLine,
    Team,
)
from forms.actions.fill_form import begin_form, save_form, submit_form
from forms.actions.keep_resource import keep_resource
from forms.actions.open_case import open_case, place_case, set_status
from forms.actions.plan_appointment import plan_appointment
from forms.content import FormContent
from forms.models import (
    Appointment,
    Case,
    Client,
    Deadline,
    FilledForm,
    FormDefinition,
    RecordReason,
    Resource,
    ServiceRecord,
    SupportPlan,
)
from forms.series import on_the_clock
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_statement import compute_statement
from jobs.actions.issue_statement import issue_statement
from jobs.actions.release_statement import release_statement
from jobs.models import Statement

_numbers = count(1)

BEGINS = date(2010, 1, 1)
ASSIGNED = date(2024, 1, 8)
DAY = date(2024, 3, 14)

DUTIES = (
    {
        "key": "statement",
        "label": "Annual statement",
        "kind": "statement",
        "cycle": "year",
        "due": {"type": "fixed_day_following_year", "month": 3, "day": 31},
        "clause": "§ 4",
    },
    {
        "key": "report",
        "label": "Half-year report",
        "kind": "report",
        "cycle": "half",
        "due": {"type": "last_working_day_of_following_month"},
        "clause": "§ 5",
    },
)
MONTHLY_STATEMENT = {
    "key": "statement",
    "label": "Monthly statement",
    "kind": "statement",
    "cycle": "month",
    "due": {"type": "days_after", "days": 14},
    "clause": "§ 4",
}
HOURLY = {
    "model": "hourly_rate",
    "key": "hours",
    "label": "Hours",
    "clause": "§ 4",
    "kinds": [{"key": "talk"}, {"key": "group", "share": "staff"}],
    "rates": [{"amount": "60.00"}],
}
COSTS = {
    "model": "cost_reimbursement",
    "key": "costs",
    "label": "Costs",
    "clause": "§ 4",
    "components": [
        {"type": "actual", "key": "staff", "label": "Staff", "cost_kinds": ["salary"]},
        {
            "type": "percentage",
            "key": "material",
            "label": "Material",
            "percent": "12",
            "base": [{"component": "staff"}],
            "minimum": {"amount": "5400"},
        },
    ],
}


def costs_of(*kinds: str) -> dict:
    """Return COSTS that reimburse these kinds of cost."""
    staff, *shares = COSTS["components"]
    return COSTS | {"components": [staff | {"cost_kinds": list(kinds)}, *shares]}


RENEWED = {
    "begins": BEGINS,
    "first_ends": date(2010, 12, 31),
    "renews_months": 12,
    "notice_months": 6,
    "notice_to": "year_end",
}


def somebody():
    """Return who acts: whoever does so already, or a person who works nowhere."""
    found = get_user_model().objects.filter(username="somebody").first()
    return current_actor() or found or make_user("somebody")


def make_user(username: str = "", **values):
    """Return a person who can sign in."""
    username = username or f"person{next(_numbers)}"
    return get_user_model().objects.create_user(username, **values)


def make_organisation(key: str = "", *, kind: str = "provider", **values) -> Organisation:
    """Return an organisation with this key, made if it is not there."""
    key = key or f"{kind.replace('_', '-')}-{next(_numbers)}"
    defaults = {"name": key.title(), "kind": kind, **values}
    return Organisation.objects.get_or_create(key=key, defaults=defaults)[0]


def make_commissioning_body() -> Organisation:
    """Return the commissioning body of the tests that need no second one."""
    return make_organisation("jobcenter", kind="commissioning_body")


def make_member(organisation: Organisation, *, roles=("counsellor",), user=None) -> Member:
    """Return a member of an organisation, with a user of its own unless given."""
    user = user or make_user()
    return Member.objects.create(user=user, organisation=organisation, roles=list(roles))


def make_team(organisation: Organisation) -> Team:
    """Return a team of an organisation."""
    key = f"team-{next(_numbers)}"
    return Team.objects.create(key=key, organisation=organisation, name=key.title())


def catalogue_content(
    *, need_groups=("hbg-1", "hbg-2"), modules=("m1", "m2"), **values
) -> CatalogueContent:
    """Return a catalogue of these modules; each need group asks for all of them.

    "hbg-2" has the code "2" and the title "Need group 2", "m1" the code "1".
    """
    hours = [{"unit": "hour", "minimum": "2", "maximum": "7"}]
    plain = {
        "title": "Catalogue",
        "units": [
            {"key": "hour", "label": "Individual hour", "short": "h", "minutes": 60},
            {
                "key": "session",
                "label": "Group session",
                "short": "G",
                "minutes": 90,
                "setting": "group",
            },
        ],
        "modules": [
            {"key": key, "code": _code(key), "title": f"Module {_code(key)}", "quantities": hours}
            for key in modules
        ],
        "need_groups": [
            {
                "key": key,
                "code": _code(key),
                "title": f"Need group {_code(key)}",
                "combinations": [{"key": "regular", "entries": [{"modules": list(modules)}]}],
            }
            for key in need_groups
        ],
    }
    return CatalogueContent.model_validate(plain | values)


def _code(key: str) -> str:
    return key.lstrip("abcdefghijklmnopqrstuvwxyz-") or key


def make_catalogue(
    key: str = "", *, applies_from: date = BEGINS, content: CatalogueContent | None = None, **values
) -> CatalogueEdition:
    """Return the next edition of a catalogue, made if it is not there."""
    key = key or f"catalogue-{next(_numbers)}"
    content = content or catalogue_content(**values)
    draft = Catalogue.objects.filter(key=key).first() or Catalogue(key=key)
    author, approver = _two_persons()
    return _published(
        draft, content, applies_from=applies_from, authors=[author], approver=approver
    )


def make_description(
    *standards: dict, key: str = "", applies_from: date = BEGINS, topics: Sequence[dict] = ()
) -> DescriptionEdition:
    """Return the next edition of a service description with these standards and kinds of help."""
    key = key or f"description-{next(_numbers)}"
    draft = Description.objects.filter(key=key).first() or Description(key=key)
    content = DescriptionContent(
        title=key.title(), offer=["Help"], standards=standards, topics=topics
    )
    author, approver = _two_persons()
    return _published(
        draft, content, applies_from=applies_from, authors=[author], approver=approver
    )


def description_annex(
    edition: DescriptionEdition, *, valid_from: date = BEGINS, valid_until: date | None = None
) -> dict:
    """Return the annex that makes a description edition part of a contract."""
    return {
        "key": f"{edition.description.key}-{edition.number}",
        "label": str(edition.description),
        "kind": "description",
        "source": edition.description.key,
        "edition": edition.number,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def contract_content(*, parties=("jobcenter", "provider"), **values) -> ContractContent:
    """Return the content of a renewed contract by the hour, with what is given instead."""
    plain = {
        "title": "Contract",
        "clauses": [{"number": f"§ {number}", "title": "Clause"} for number in range(1, 8)],
        "term": RENEWED,
        "calendar": {"state": "NW"},
        "duties": DUTIES,
        "kinds_of_work": [
            {"key": "talk", "label": "Talk"},
            {"key": "group", "label": "Group", "setting": "group"},
        ],
        "remuneration": [HOURLY],
        "signatures": signatures(parties),
    }
    return ContractContent.model_validate(plain | values)


def signatures(parties=("jobcenter", "provider"), *, page: int = 1) -> list[dict]:
    """Return one signature of each party, to be found on a page of the file."""
    return [
        {
            "organisation": party,
            "function": "Board",
            "signed_on": "2009-12-10",
            "evidence": f"File, page {page}",
        }
        for party in parties
    ]


def make_contract(
    number: str = "",
    *,
    provider: Organisation | None = None,
    body: Organisation | None = None,
    catalogues: tuple[CatalogueEdition, ...] = (),
    applies_from: date | None = None,
    **content,
) -> Contract:
    """Return a concluded contract; `content` replaces parts of `contract_content`.

    The catalogue editions become its annexes for as long as it runs. It applies from the day its
    term begins unless told otherwise.
    """
    contract = Contract(
        number=number or f"C-{next(_numbers):04d}",
        commissioning_body=body or make_commissioning_body(),
        provider=provider or make_organisation("provider"),
    )
    content.setdefault("annexes", [annex(edition) for edition in catalogues])
    _publish(contract, applies_from, content)
    return contract


def amend(contract: Contract, *, applies_from: date, **content) -> ContractEdition:
    """Publish the next edition of a contract: the last content, with what is given instead."""
    last = contract.editions.order_by("-number").first()
    parties = (contract.commissioning_body.key, contract.provider.key)
    signed = {"signatures": signatures(parties, page=last.number + 1)}
    return _publish(contract, applies_from, last.content | signed | content)


def annex(edition: CatalogueEdition, *, valid_from: date = BEGINS, valid_until=None) -> dict:
    """Return the annex that makes a catalogue edition part of a contract."""
    return {
        "key": f"{edition.catalogue.key}-{edition.number}",
        "label": str(edition.catalogue),
        "kind": "catalogue",
        "source": edition.catalogue.key,
        "edition": edition.number,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def _publish(contract: Contract, applies_from: date | None, values: dict) -> ContractEdition:
    parties = (contract.commissioning_body.key, contract.provider.key)
    content = contract_content(parties=parties, **values)
    author, approver = _two_persons()
    return _published(
        contract,
        content,
        applies_from=applies_from or content.term.begins,
        authors=[author],
        approver=approver,
    )


def _published(draft, content, **options):
    """Publish without telling Wagtail's search and its index of references: a third of the work.

    Who looks for what was made there publishes it by itself.
    """
    with (
        disable_reference_index_auto_update(),
        mock.patch("modelsearch.signal_handlers.insert_or_update_object_task"),
    ):
        return publish(draft, content, **options)


def _two_persons() -> list:
    made = get_user_model().objects.get_or_create
    return [made(username=name)[0] for name in ("test.author", "test.approver")]


def make_deadline(
    case: Case, *, due_on: date | None = DAY, starts: str = "assignment", **values
) -> Deadline:
    """Return a deadline whose day is agreed for the case, as a standard of its contract has it."""
    key = starts.replace("_", "-")
    standards = [
        {"key": each.replace("_", "-"), "label": each, "event": each, "starts": each}
        for each in ("assignment", "document_received")
    ]
    edition = DescriptionEdition.objects.filter(description__key="deadlines").first()
    edition = edition or make_description(*standards, key="deadlines")
    return Deadline.objects.create(
        case=case,
        standard=edition.standard_rows.get(key=key),
        side=values.pop("side", "provider"),
        starts=starts,
        started_on=case.assigned_on if starts == "assignment" else None,
        extended_to=due_on,
        due_on=due_on,
        lead_on=due_on and due_on + timedelta(days=values.pop("lead_after", 7)),
        **values,
    )


def make_client() -> Client:
    """Return a client, known by key alone."""
    return Client.objects.create(key=f"client-{next(_numbers)}")


def make_case(
    contract: Contract,
    number: str = "",
    *,
    assigned_on: date = ASSIGNED,
    closed_on: date | None = None,
    agreed: bool = True,
    catalogue: CatalogueEdition | None = None,
    need_group: str = "",
    placed_from: date | None = None,
) -> Case:
    """Return a case; with a catalogue it is placed in a need group (the first unless named)."""
    case = open_case(
        number=number or f"K-{next(_numbers):05d}",
        client=make_client(),
        contract=contract,
        assigned_on=assigned_on,
        agreed=agreed,
        reason="" if agreed else "walked in",
        by=somebody(),
    )
    if closed_on != assigned_on:
        set_status(case=case, valid_from=assigned_on, status="open", by=somebody())
    if catalogue is not None:
        place(case, catalogue, need_group, valid_from=placed_from)
    if closed_on is not None:
        set_status(case=case, valid_from=closed_on, status="closed", reason="done", by=somebody())
    return case


def place(
    case: Case, catalogue: CatalogueEdition, need_group: str = "", *, valid_from: date | None = None
):
    """Place a case in a need group from a day on (from its assignment unless named)."""
    group = catalogue.data.need_group(need_group) if need_group else catalogue.data.need_groups[0]
    return place_case(
        case=case,
        valid_from=valid_from or case.assigned_on,
        catalogue_edition=catalogue,
        need_group=group.key,
        combination=group.combinations[0].key,
        by=somebody(),
    )


def make_plan(case: Case, hours: str, *, valid_from: date | None = None, valid_until=None):
    """Return a support plan of so many hours per month."""
    return SupportPlan.objects.create(
        case=case,
        valid_from=valid_from or case.assigned_on,
        valid_until=valid_until,
        hours_per_month=Decimal(hours),
    )


def record_of(
    case: Case, *, day: date = DAY, minutes: int = 60, answered: bool = True, **values
) -> ServiceRecord:
    """Return a service record that is not stored yet: an hour of talk unless told otherwise.

    One like another is meant, unless `answered` says no.
    """
    values = {"kind": "group" if values.get("session") else "talk"} | values
    values.setdefault("reference", f"R-{next(_numbers):06d}")
    record = ServiceRecord(contract=case.contract, case=case, day=day, minutes=minutes, **values)
    record.answered = answered
    return record


def make_record(case: Case, **values) -> ServiceRecord:
    """Return a submitted service record; values as in `record_of`."""
    return submit(ServiceRecord, [record_of(case, **values)])[0]


def reason(key: str) -> RecordReason:
    """Return one of the reasons that are offered to begin with."""
    return RecordReason.objects.get(key=key)


def make_session(cases: list[Case], *, session: str = "", **values) -> list[ServiceRecord]:
    """Return the records of a group session (90 minutes) that these cases attended."""
    values = {"minutes": 90, "participants": len(cases)} | values
    session = session or f"G-{next(_numbers)}"
    return submit(ServiceRecord, [record_of(case, session=session, **values) for case in cases])


def make_resource(organisation: Organisation, *, kind: str = "room") -> Resource:
    """Return a room of an organisation."""
    name = f"{kind}-{next(_numbers)}"
    return keep_resource(organisation=organisation, name=name, kind=kind, by=somebody())


def make_appointment(
    *members: Member, day: date = DAY, at: str = "09:00", minutes: int = 60, **values
) -> Appointment:
    """Return an appointment of these people, in the calendar of the first one's organisation."""
    begins = on_the_clock(day, time.fromisoformat(at))
    return plan_appointment(
        organisation=members[0].organisation,
        begins=begins,
        ends=begins + timedelta(minutes=minutes),
        members=members,
        **values,
        by=somebody(),
    )


def make_payroll(
    contract: Contract, amount: str, *, day: date = DAY, cost_kind: str = "salary", **values
) -> PayrollLine:
    """Return a submitted payroll line of so many EUR."""
    values = {"reference": f"P-{next(_numbers):05d}", "label": "Salary"} | values
    line = PayrollLine(
        contract=contract, day=day, cost_kind=cost_kind, amount=Decimal(amount), **values
    )
    return submit(PayrollLine, [line])[0]


def make_instalment(
    contract: Contract, amount: str, *, first: date, last: date, paid_on: date | None = None
) -> Instalment:
    """Return an instalment of so many EUR for a period."""
    return Instalment.objects.create(
        contract=contract,
        reference=f"A-{next(_numbers):05d}",
        amount=Decimal(amount),
        paid_on=paid_on or first,
        period_first=first,
        period_last=last,
    )


def issue_by_two(
    statement: Statement, checker=None, releaser=None, *, on: date | None = None
) -> Statement:
    """Let two persons check, release and issue a statement; the second does the latter two."""
    checker, releaser = checker or make_user(), releaser or make_user()
    checked = check_statement(statement, by=checker)
    released = release_statement(checked, by=releaser, on=on)
    return issue_statement(released, by=releaser, on=on)


def bill_months_of_2024(contract: Contract, *months: int) -> Case:
    """Issue the statements of months with an hour of work in each; return the case."""
    case = make_case(contract)
    for month in months:
        make_record(case, day=date(2024, month, 20))
        statement, _changed = compute_statement(contract, Period.parse(f"2024-{month:02}"))
        issue_by_two(statement)
    return case


FORM_QUESTIONS = (
    {"key": "name", "label": "Name", "group": "person", "prefill": "last_name"},
    {"key": "talks", "label": "Talks", "kind": "number", "group": "attendance", "required": True},
    {"key": "until", "label": "Until", "kind": "date", "group": "attendance"},
    {"key": "aims", "label": "Aims", "kind": "text", "group": "course", "heading": "2 Course"},
    {"key": "health", "label": "Health", "kind": "text", "group": "health"},
    {
        "key": "cooperation", "label": "Cooperation", "kind": "yes_no", "group": "course",
        "heading": "3 Other", "hidden_if_voluntary": True,
    },
)  # fmt: skip


def make_definition(
    key: str = "", *, questions=FORM_QUESTIONS, title: str = "Report", applies_from: date = BEGINS
) -> FormDefinition:
    """Return a form definition with one more edition, made if it is not there."""
    key = key or f"form-{next(_numbers)}"
    draft = FormDefinition.objects.filter(key=key).first() or FormDefinition(key=key)
    author, approver = _two_persons()
    content = FormContent(title=title, questions=questions)
    _published(draft, content, applies_from=applies_from, authors=[author], approver=approver)
    return draft


def make_form(
    case: Case, *, by=None, definition: FormDefinition | None = None, submitted=False, **values
) -> FilledForm:
    """Return a form for a case with these answers by key: a draft, or submitted."""
    by = by or make_user()
    form = begin_form(case=case, definition=definition or make_definition(), by=by)
    if submitted:
        values = {"talks": "1"} | values
    form = save_form(form, values, by=by, seen=form.revision).form
    return submit_form(form, by=by, seen=form.revision) if submitted else form
