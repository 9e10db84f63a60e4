"""Of every kind of work: what is said while nothing waits, while one thing does, when it is done.

A scene of each kind is a story with three stops: nothing waits for its person, one thing does,
nothing does any more. At each, the home page, the worklist and the count in the menu have to say
so. A kind of work without a scene fails.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from base.acting import acting_as
from base.workspace.registry import Work, registry
from base.workspace.worklist import Worklist, put_off, take_back
from contracts.actions.adapt_annex import adapt_annex, agree_to_adaptation
from contracts.actions.answer_proposal import answer_proposal
from contracts.actions.change_organisation import enter_account, withdraw_account
from contracts.actions.confirm_access import confirm_access
from contracts.actions.confirm_signature import confirm_signature
from contracts.actions.give_api_token import give_api_token, revoke_api_token
from contracts.actions.present_for_signature import present_for_signature
from contracts.actions.propose_change import propose_change
from contracts.billing import Period
from contracts.models import AccessChange, Contract
from forms.actions.change_deadline import drop_deadline
from forms.actions.fill_form import submit_form
from forms.actions.open_case import set_status
from forms.actions.settle_appointment import settle_appointment
from forms.actions.sign_record import sign_record
from forms.actions.support_case import assign_counsellor, assign_owner
from jobs.actions.assess_report import draft_assessment, submit_assessment
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.models import ComputedPeriod, JobRun
from tests import factories
from tests.factories import make_case, make_contract, make_member, make_record, somebody

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
LONG_AGO = date(2024, 3, 1)
HALF = Period.parse("2024-H1")
Scene = Callable[[], Iterator]


def body_member(contract: Contract, role: str):
    return make_member(contract.commissioning_body, roles=[role]).user


def provider_member(contract: Contract, role: str = "provider_lead"):
    return make_member(contract.provider, roles=[role])


def until(last: date) -> dict:
    """Return a term that ends by itself."""
    return {"begins": factories.BEGINS, "first_ends": last, "remind_end_days": 30}


def closed(case) -> None:
    set_status(case=case, valid_from=TODAY(), status="closed", reason="done", by=somebody())


def drafted(contract: Contract, author) -> Contract:
    """Save another rate in the contract's draft."""
    draft = contract.get_latest_revision_as_object()
    content = draft.content().model_dump()
    content["remuneration"] = [factories.HOURLY | {"rates": [{"amount": "70.00"}]}]
    draft.assign(type(draft.content()).model_validate(content))
    draft.applies_from = date(2024, 7, 1)
    draft.save_revision(user=author)
    return Contract.objects.get(pk=contract.pk)


def a_submission():
    contract = make_contract()
    author, approver = (body_member(contract, "manager") for _ in range(2))
    yield approver
    drafted(contract, author)
    draft = Contract.objects.get(pk=contract.pk)
    state = draft.get_workflow().start(draft, author)
    yield None
    state.cancel(user=author)
    yield None


def a_signature():
    contract = make_contract()
    anna, dora = (body_member(contract, role) for role in ("manager", "director"))
    yield dora
    signing = present_for_signature(drafted(contract, anna), by=anna)
    yield None
    confirm_signature(
        signing, by=dora, party=contract.commissioning_body, function="Board",
        signed_on=date(2024, 6, 3), evidence="File",
    )  # fmt: skip
    yield None


def a_signed_contract():
    contract = make_contract()
    anna, dora = (body_member(contract, role) for role in ("manager", "director"))
    paul = provider_member(contract).user
    yield anna
    signing = present_for_signature(drafted(contract, anna), by=anna)
    for person, party in ((dora, contract.commissioning_body), (paul, contract.provider)):
        confirm_signature(
            signing, by=person, party=party, function="Board", signed_on=date(2024, 6, 3),
            evidence="File",
        )  # fmt: skip
    yield None
    revision = Contract.objects.get(pk=contract.pk).latest_revision
    ben = body_member(contract, "manager")
    with acting_as(ben):
        revision.publish(user=ben, skip_permission_checks=True)
    yield None


def a_proposal():
    contract = make_contract()
    anna, paul = body_member(contract, "manager"), provider_member(contract).user
    yield anna
    proposal = propose_change(
        contract, by=paul, change="More hours", reason="Demand", applies_from=date(2024, 7, 1)
    )
    yield None
    answer_proposal(proposal, by=anna, takes_up=False, answer="Not this year")
    yield None


def an_adaptation():
    plan = {
        "key": "course", "label": "Course", "kind": "plan", "valid_from": factories.BEGINS,
        "adapted_by": "agreement", "paragraphs": ["First talk"],
    }  # fmt: skip
    contract = make_contract(annexes=[plan])
    dora, paul = body_member(contract, "director"), provider_member(contract).user
    yield dora
    adaptation = adapt_annex(
        contract, "course", ["Two talks"], by=paul, applies_from=date(2024, 7, 1), reason="Both"
    )
    yield None
    agree_to_adaptation(adaptation, by=dora, party=contract.commissioning_body)
    yield None


def an_account():
    contract = make_contract()
    ada, otto = (body_member(contract, "administrator") for _ in range(2))
    for each in (ada, otto):
        with_password(each)
    yield otto
    change = enter_account(
        contract.provider, iban="GB82WEST12345698765432", bic="", reason="Letter", by=ada
    )
    yield None
    withdraw_account(change, by=ada)
    yield None


def a_change_of_access():
    body = factories.make_commissioning_body()
    one, other = (make_member(body, roles=["administrator"]).user for _ in range(2))
    changed = make_member(body, roles=["finance"])
    yield one
    change = AccessChange.objects.create(
        user=changed.user, member=changed, kind=AccessChange.Kind.ADDRESS, made_by=other,
        made_at=timezone.now(),
    )  # fmt: skip
    yield None
    confirm_access(change.member, by=one)
    yield None


def an_invitation():
    """Users of the factories have no password to sign in with: they are invited."""
    body = factories.make_commissioning_body()
    administrator = make_member(body, roles=["administrator"]).user
    with_password(administrator)
    yield administrator
    invited = make_member(body, roles=["finance"]).user
    yield None
    with_password(invited)
    yield None


def with_password(user) -> None:
    user.set_password("Lindental-2024")
    user.save()


def an_ending_token():
    body = factories.make_commissioning_body()
    administrator = make_member(body, roles=["administrator"]).user
    yield administrator
    token, _secret = give_api_token(
        organisation=body, label="Website", scopes=["contracts"],
        expires_on=TODAY() + timedelta(days=5), by=administrator,
    )  # fmt: skip
    yield None
    revoke_api_token(token, by=administrator, reason="no longer needed")
    yield None


def a_draft():
    case = make_case(make_contract())
    counsellor = provider_member(case.contract, "counsellor").user
    yield counsellor
    form = factories.make_form(case, by=counsellor, talks="1")
    yield None
    submit_form(form, by=counsellor, seen=form.revision)
    yield None


def an_idle_case():
    contract = make_contract()
    counsellor = provider_member(contract, "counsellor")
    team = factories.make_team(contract.provider)
    yield counsellor.user
    case = make_case(contract, assigned_on=LONG_AGO)
    assign_counsellor(
        case=case, valid_from=LONG_AGO, team=team, counsellor=counsellor, by=somebody()
    )
    yield None
    make_record(case, day=TODAY(), counsellor=counsellor)
    yield None


def an_unsigned_record():
    contract = make_contract(records_signed=True)
    counsellor = provider_member(contract, "counsellor")
    yield counsellor.user
    record = make_record(make_case(contract), counsellor=counsellor)
    yield None
    sign_record(record, by=counsellor.user, version=1, paper="File", signed_on=TODAY())
    yield None


def owned(case, caseworker, day: date = LONG_AGO) -> None:
    team = factories.make_team(case.contract.commissioning_body)
    assign_owner(case=case, valid_from=day, team=team, caseworker=caseworker, by=somebody())


def an_idle_case_of_the_team():
    contract = make_contract()
    lead = provider_member(contract)
    team = factories.make_team(contract.provider)
    yield lead.user
    case = make_case(contract, assigned_on=LONG_AGO)
    counsellor = provider_member(contract, "counsellor")
    assign_counsellor(
        case=case, valid_from=LONG_AGO, team=team, counsellor=counsellor, by=somebody()
    )
    yield None
    make_record(case, day=TODAY(), counsellor=counsellor)
    yield None


def an_unowned_case():
    contract = make_contract()
    caseworker = make_member(contract.commissioning_body, roles=["caseworker"])
    yield caseworker.user
    case = make_case(contract, assigned_on=LONG_AGO)
    yield None
    owned(case, caseworker)
    yield None


def an_unplaced_case():
    contract = make_contract()
    caseworker = make_member(contract.commissioning_body, roles=["caseworker"])
    yield caseworker.user
    case = make_case(contract, assigned_on=TODAY())
    owned(case, caseworker, TODAY())
    yield None
    factories.make_plan(case, "12")
    yield None


def a_case_of_an_ended_contract():
    contract = make_contract(term=until(date(2025, 12, 31)))
    yield provider_member(contract, "counsellor").user
    case = make_case(contract, assigned_on=LONG_AGO)
    yield None
    closed(case)
    yield None


def a_deadline():
    case = make_case(make_contract())
    caseworker = make_member(case.contract.commissioning_body, roles=["caseworker"])
    owned(case, caseworker)
    make_record(case, day=TODAY())
    yield caseworker.user
    deadline = factories.make_deadline(case, due_on=TODAY(), side="body")
    yield None
    drop_deadline(deadline, by=caseworker.user, reason="Not needed")
    yield None


def a_deadline_of_the_team():
    case = make_case(make_contract())
    lead = provider_member(case.contract)
    team = factories.make_team(case.contract.provider)
    assign_counsellor(
        case=case, valid_from=case.assigned_on, team=team,
        counsellor=provider_member(case.contract, "counsellor"), by=somebody(),
    )  # fmt: skip
    make_record(case, day=TODAY())
    yield lead.user
    long_ago = TODAY() - timedelta(days=8)
    deadline = factories.make_deadline(case, due_on=long_ago, side="provider")
    yield None
    drop_deadline(deadline, by=lead.user, reason="Not needed")
    yield None


def an_appointment():
    case = make_case(make_contract())
    counsellor = provider_member(case.contract, "counsellor")
    yield counsellor.user
    appointment = factories.make_appointment(counsellor, case=case)
    yield None
    settle_appointment(appointment, by=counsellor.user, status="no_show")
    yield None


def a_statement():
    contract = make_contract()
    finance = body_member(contract, "finance")
    yield finance
    make_record(make_case(contract))
    statement = compute_statement(contract, Period.parse("2024-03"))[0]
    yield None
    check_statement(statement, by=finance)
    yield None


def a_duty():
    """A contract is to end soon; then it is agreed that it goes on."""
    contract = make_contract(term=until(TODAY() + timedelta(days=3000)))
    yield body_member(contract, "manager")
    factories.amend(
        contract, applies_from=date(2024, 2, 1), term=until(TODAY() + timedelta(days=20))
    )
    yield None
    factories.amend(
        contract, applies_from=date(2024, 3, 1), term=until(TODAY() + timedelta(days=3000))
    )
    yield None


def a_report():
    contract = make_contract(duties=[factories.DUTIES[1]])
    lead = provider_member(contract).user
    yield lead
    make_record(make_case(contract))
    report = compute_report(contract, HALF)[0].report
    yield None
    draft_assessment(report, by=lead, text="As planned", figures=1)
    submit_assessment(report, by=lead)
    yield None


def a_failed_run():
    yield make_member(factories.make_commissioning_body(), roles=["finance"]).user
    run = JobRun.objects.create(job="statements", period="2024-03", status="failed")
    yield None
    run.status = "done"
    run.save()
    yield None


def a_finding():
    contract = make_contract()
    yield body_member(contract, "finance")
    make_record(make_case(contract))
    compute_statement(contract, Period.parse("2024-03"))
    rows = ComputedPeriod.objects.filter(contract=contract)
    rows.update(forgotten_on=TODAY())
    yield None
    rows.update(forgotten_on=None)
    yield None


SCENES: dict[str, Scene] = {
    "access": a_change_of_access,
    "accounts": an_account,
    "adaptations": an_adaptation,
    "api-tokens": an_ending_token,
    "appointments-open": an_appointment,
    "approvals": a_submission,
    "cases-hand-over": a_case_of_an_ended_contract,
    "cases-idle": an_idle_case,
    "cases-team-idle": an_idle_case_of_the_team,
    "cases-unowned": an_unowned_case,
    "cases-unplaced": an_unplaced_case,
    "deadlines": a_deadline,
    "deadlines-team": a_deadline_of_the_team,
    "drafts": a_draft,
    "due": a_duty,
    "invited": an_invitation,
    "proposals": a_proposal,
    "records-unsigned": an_unsigned_record,
    "reports": a_report,
    "runs": a_failed_run,
    "signed": a_signed_contract,
    "signings": a_signature,
    "spot-checks": a_finding,
    "statements": a_statement,
}
WORKS = {item.key: item for item in registry.items if isinstance(item, Work)}


def test_every_kind_of_work_has_a_scene():
    assert set(SCENES) == set(WORKS)


@pytest.mark.parametrize("key", SCENES)
def test_home_worklist_and_menu_say_what_is_so(client, key):
    work, scene = WORKS[key], SCENES[key]()
    person = next(scene)
    client.force_login(person)
    for waits in (False, True, False):
        told(client, work, waits)
        if waits:
            put_off_and_back(client, person, work)
        next(scene, None)


def put_off_and_back(client, person, work: Work) -> None:
    """Keep it out of the worklist until tomorrow, then put it back; nobody says it is done."""
    (item,) = Worklist(person).first(work, 2)
    kept = put_off([item], TODAY() + timedelta(days=1), "Tomorrow", by=person)
    without = Worklist(person)
    assert without.counts[work.key] == 0
    assert [each for each, _follow_up in without.later()] == [item]
    for page in ("home", "worklist"):
        assert work.empty not in client.get(reverse(page)).context["done"]
    take_back(kept, by=person)
    assert Worklist(person).first(work, 2) == [item]


def told(client, work: Work, waits: bool) -> None:
    """Compare what three places say with what is so."""
    home = client.get(reverse("home"))
    shown = {each.key: (count, entries) for each, count, entries in home.context["waiting"]}
    assert (work.key in shown) == waits
    assert (work.empty in home.context["done"]) == (not waits)
    assert (str(work.empty) in unescape(home.content.decode())) == (not waits)
    assert (work.empty in client.get(reverse("worklist")).context["done"]) == (not waits)
    page = client.get(reverse("worklist"), {"kind": work.key})
    if waits:
        count, (entry,) = shown[work.key]
        assert count == "1"
        assert str(entry.title) in unescape(page.content.decode())
        ((_key, _label, count, (item,)),) = page.context["groups"]
        assert (count, item.work, item.entry) == ("1", work, entry)
    else:
        assert work.key not in {each.key for each, _count in page.context["kinds"]}
    counts = {
        item.key: count for _label, items in home.context["workspace"].menu for item, count in items
    }
    counted = sum(
        int(count) for each, (count, _entries) in shown.items() if WORKS[each].menu == work.menu
    )
    assert counts[work.menu] == (str(counted) if counted else "")
    whole = sum(int(count) for count, _entries in shown.values())
    assert counts["worklist"] == (str(whole) if whole else "")
