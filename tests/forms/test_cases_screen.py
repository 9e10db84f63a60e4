"""Cases on screen: the list and its filters, one case on one page, and what is done with it."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from base.facts import withdraw
from contracts.models import Member, TeamMembership
from forms.actions.assign_client import similar_clients
from forms.actions.open_case import set_status
from forms.actions.support_case import assign_counsellor, assign_owner
from forms.models import Case, CaseStatus, ClientIdentity
from forms.views import shared
from tests.factories import (
    amend,
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_plan,
    make_record,
    make_session,
    make_team,
    place,
    somebody,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db


def signed_in(client, member: Member):
    client.force_login(member.user)
    return client


@kept
def catalogue():
    return make_catalogue()


@kept
def contract(kept_catalogue):
    return make_contract(catalogues=(kept_catalogue,))


@pytest.fixture
def case(contract, catalogue):
    case = make_case(contract, "K-100", catalogue=catalogue)
    ClientIdentity.objects.create(
        client=case.client, first_name="Otto", last_name="Probe", birth_date=date(1985, 11, 7)
    )
    return case


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


@pytest.fixture
def caseworker():
    return make_member(make_commissioning_body(), roles=("caseworker",))


@pytest.fixture
def auditor():
    return make_member(make_commissioning_body(), roles=("auditor",))


def numbers(client, **query) -> set[str]:
    page = client.get(reverse("cases"), query)
    assert page.status_code == 200
    return {row.record.number for row in page.context["table"].rows}


# The list.


def test_a_provider_sees_its_own_cases_alone(client, case, counsellor):
    foreign = make_case(make_contract(provider=make_organisation("other")), "K-200")
    assert numbers(signed_in(client, counsellor)) == {"K-100"}
    for name in ("case", "case-status", "case-placement", "case-responsibility"):
        assert client.get(reverse(name, args=[foreign.pk])).status_code == 404


def test_names_are_for_those_who_counsel(client, case, counsellor, auditor):
    assert b"Probe" in signed_in(client, counsellor).get(reverse("cases")).content
    assert numbers(client, q="prob") == {"K-100"}
    seen = signed_in(client, auditor).get(reverse("cases"))
    assert b"Probe" not in seen.content and b"K-100" in seen.content
    assert numbers(client, q="prob") == set()
    assert b"Probe" not in client.get(reverse("case", args=[case.pk])).content
    assert b"Probe" not in client.get(reverse("cases"), {"export": "csv"}).content
    assert b"Probe" not in client.get(reverse("case-suggestions"), {"q": "K-1"}).content


DOORS = {
    "cases": lambda page: [row.record.number for row in page.context["table"].rows],
    "search": lambda page: re.findall(r"K-\d+", page.content.decode()),
    "case-suggestions": lambda page: [case["number"] for case in page.json()["cases"]],
}
"""Where cases are looked for by name, and which ones an answer names."""


@pytest.mark.parametrize("door", DOORS)
def test_a_name_is_found_however_it_is_written(door, client, contract, case, counsellor):
    """What is one spelling is tried in `tests/base/test_spelling.py`."""
    found = make_case(contract, "K-300")
    ClientIdentity.objects.create(
        client=found.client, first_name="Ayşe-Renée", last_name="Özdemir Weiß"
    )
    page = signed_in(client, counsellor)
    for text in ("özdemir", "OEZDEMIR", "weiss, ayse", "Renee Özdemir-Weiß"):
        assert set(DOORS[door](page.get(reverse(door), {"q": text}))) == {"K-300"}, text
    for text in ("Ozdemir", "weis ayse x"):
        assert "K-300" not in DOORS[door](page.get(reverse(door), {"q": text})), text


@pytest.fixture
def several(contract, catalogue, counsellor):
    """Cases that differ in what can be filtered by."""
    today = timezone.localdate()
    team = make_team(contract.provider)
    paused = make_case(contract, "PAUSED", catalogue=catalogue, need_group="hbg-2")
    set_status(
        case=paused, valid_from=date(2024, 2, 1), status=CaseStatus.Status.PAUSED, by=somebody()
    )
    again = make_case(contract, "AGAIN", catalogue=catalogue, need_group="hbg-2")
    set_status(
        case=again, valid_from=date(2024, 2, 1), status=CaseStatus.Status.PAUSED, by=somebody()
    )
    set_status(
        case=again, valid_from=date(2024, 3, 1), status=CaseStatus.Status.OPEN, by=somebody()
    )
    place(again, catalogue, "hbg-1", valid_from=date(2024, 3, 1))
    make_case(contract, "CLOSED", catalogue=catalogue, closed_on=date(2024, 6, 1))
    mine = make_case(contract, "MINE", assigned_on=date(2024, 5, 2))
    assign_counsellor(
        case=mine, valid_from=date(2024, 5, 2), team=team, counsellor=counsellor, by=somebody()
    )
    given_away = make_case(contract, "GIVEN", assigned_on=date(2024, 5, 1))
    for day, member in ((date(2024, 5, 1), counsellor), (date(2024, 5, 3), make_member(
        contract.provider))):  # fmt: skip
        assign_counsellor(
            case=given_away, valid_from=day, team=team, counsellor=member, by=somebody()
        )
    make_record(again, day=today - timedelta(days=5))
    withdraw(make_record(mine, day=today - timedelta(days=2)), reason="entered twice")
    return counsellor


FILTERS = {
    "status=paused": {"PAUSED"},
    "status=open": {"AGAIN", "MINE", "GIVEN"},
    "status=closed": {"CLOSED"},
    "q=pau": {"PAUSED"},
    "mine=on": {"MINE"},
    "assigned_from=2024-05-01": {"MINE", "GIVEN"},
    "assigned_until=2024-05-01": {"PAUSED", "AGAIN", "CLOSED", "GIVEN"},
    "idle=6": {"PAUSED", "MINE", "GIVEN"},
    "idle=5": {"PAUSED", "AGAIN", "MINE", "GIVEN"},
}


@pytest.mark.parametrize("query", FILTERS)
def test_filters(query, client, several):
    signed_in(client, several)
    assert numbers(client, **dict([query.split("=")])) == FILTERS[query]


def test_need_group_is_that_of_today(client, several, catalogue):
    signed_in(client, several)
    key = catalogue.catalogue.key
    assert numbers(client, need_group=f"{key}:hbg-2") == {"PAUSED"}
    assert numbers(client, need_group=f"{key}:hbg-1") == {"AGAIN", "CLOSED"}


def test_a_filter_that_is_set_says_whose_need_group_it_is(client, several, catalogue):
    signed_in(client, several)
    key, title = catalogue.catalogue.key, catalogue.catalogue.title
    page = client.get(reverse("cases"), {"need_group": f"{key}:hbg-2", "status": "paused"})
    chips = page.context["chips"]
    assert {chip.url for chip in chips} == {
        f"/cases/?{urlencode({'need_group': f'{key}:hbg-2'})}",
        "/cases/?status=paused",
    }
    assert any(chip.value.startswith(f"{title}: ") for chip in chips)
    assert '<details class="filters">' in page.content.decode()


def test_a_day_that_is_set_is_told_as_people_write_it(client, several):
    signed_in(client, several)
    page = client.get(reverse("cases"), {"assigned_from": "2024-01-31", "closed_until": "gestern"})
    assert [chip.value for chip in page.context["chips"]] == ["31.01.2024", "gestern"]


def test_filter_by_counsellor_and_team(client, several, contract):
    signed_in(client, several)
    team = several.organisation.teams.get()
    assert numbers(client, counsellor=several.pk) == {"MINE"}
    assert numbers(client, team=team.pk) == {"MINE", "GIVEN"}


def test_a_row_says_where_the_case_stands(client, case, counsellor):
    make_record(case, module="m1", minutes=240, day=date(2024, 3, 4))
    make_record(case, day=date(2024, 3, 5))
    table = signed_in(client, counsellor).get(reverse("cases")).context["table"]
    (row,) = table.paginated_rows
    where = row.record.overview
    assert (where.status, where.client, where.need_group) == ("open", "Probe, Otto", "1")
    assert where.last_record == date(2024, 3, 5)
    # Two modules of up to seven hours: 4 of 14 hours.
    assert where.usage.percent == 28


def test_the_list_costs_the_same_for_one_row_and_for_many(client, case, catalogue, caseworker):
    signed_in(client, caseworker)
    client.get(reverse("cases"))
    with CaptureQueriesContext(connection) as one:
        assert len(numbers(client)) == 1
    for number in range(9):
        other = make_case(case.contract, catalogue=catalogue)
        ClientIdentity.objects.create(client=other.client, first_name="A", last_name=str(number))
        make_record(other, module="m1")
    with CaptureQueriesContext(connection) as many:
        assert len(numbers(client)) == 10
    assert len(many) == len(one)


def test_an_export_holds_what_the_list_shows(client, case, counsellor):
    answer = signed_in(client, counsellor).get(reverse("cases"), {"export": "csv"})
    heads, row = answer.content.decode("utf-8-sig").splitlines()
    assert len(heads.split(";")) == len(row.split(";"))
    assert "K-100" in row and "Probe, Otto" in row and "08.01.2024" in row


# One case on one page.


def test_a_case_on_one_page(client, case, counsellor):
    make_record(case, module="m1", minutes=390)
    make_record(case, module="m2", minutes=420)
    page = signed_in(client, counsellor).get(reverse("case", args=[case.pk]))
    text = page.content.decode()
    assert "6,5" in text and "0,5" in text
    assert [module.key for module in page.context["where"].usage.warnings] == ["m2"]
    assert 'style="' not in text


def test_support_plan_by_month_on_the_page(client, counsellor):
    case = make_case(make_contract(provider=counsellor.organisation))
    make_plan(case, "12")
    page = signed_in(client, counsellor).get(reverse("case", args=[case.pk]))
    assert [month.granted for month in page.context["months"]] == [12] * 6


def test_tabs_show_records_and_course(client, case, counsellor):
    record = make_record(case, module="m1")
    address = reverse("case", args=[case.pk])
    records = signed_in(client, counsellor).get(address, {"tab": "records"})
    assert reverse("record", args=[record.pk]) in records.content.decode()
    assert "1 Module 1" in records.content.decode()
    course = client.get(address, {"tab": "course"}).content.decode()
    assert "1 Need group 1" in course and "08.01.2024" in course


def test_the_page_costs_the_same_whatever_there_is(client, case, counsellor):
    address = reverse("case", args=[case.pk])
    make_record(case, module="m1")
    make_session([case], module="m2")
    signed_in(client, counsellor).get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for day in range(1, 9):
        make_record(case, module="m1", day=date(2024, 3, day))
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_an_auditor_finds_nothing_to_change(client, case, auditor):
    page = signed_in(client, auditor).get(reverse("case", args=[case.pk]))
    assert reverse("case-status", args=[case.pk]) not in page.content.decode()
    for name in ("case-status", "case-placement", "case-responsibility", "case-support-plan"):
        assert client.get(reverse(name, args=[case.pk])).status_code == 403


# What is done with a case.


def seen(client, address: str) -> dict:
    """Return what a form on that page sends along: which state of the case the person saw."""
    return {"_seen": client.get(address).context["seen"]}


def test_closing_needs_a_reason_and_is_recorded(client, case, counsellor):
    signed_in(client, counsellor)
    address = reverse("case-status", args=[case.pk])
    posted = {"status": "closed", "valid_from": "31.05.2024", "reason": ""}
    posted |= seen(client, address)
    refused = client.post(address, posted)
    assert refused.context["form"].errors["reason"]
    case.refresh_from_db()
    assert case.closed_on is None
    assert client.post(address, posted | {"reason": "Ziele erreicht"}).status_code == 302
    case.refresh_from_db()
    assert case.closed_on == date(2024, 5, 31)
    assert case.history.latest().history_user == counsellor.user


def test_refusals_spell_days_as_people_do(client, case, counsellor):
    signed_in(client, counsellor)
    posted = {"status": "paused", "valid_from": "2024-01-05", "reason": ""}
    address = reverse("case-status", args=[case.pk])
    refused = client.post(address, posted | seen(client, address))
    (problem,) = refused.context["form"].errors["valid_from"]
    assert "05.01.2024" in problem and "08.01.2024" in problem and "2024-01" not in problem


def test_a_case_with_later_records_is_not_closed_on_screen(client, case, counsellor):
    make_record(case, day=date(2024, 6, 3), reference="R-7")
    signed_in(client, counsellor)
    address = reverse("case-status", args=[case.pk])
    posted = {"status": "closed", "valid_from": "31.05.2024", "reason": "Ziele erreicht"}
    posted |= seen(client, address)
    (problem,) = client.post(address, posted).context["form"].errors["valid_from"]
    assert "K-100" in problem and "03.06.2024" in problem and "R-7" in problem
    assert client.post(address, posted | {"valid_from": "03.06.2024"}).status_code == 302


def test_who_pauses_a_case_is_told_that_it_was_closed(client, case, counsellor):
    """Two people have the form open: the second decides knowingly, and nothing typed is lost."""
    signed_in(client, counsellor)
    address = reverse("case-status", args=[case.pk])
    posted = {"valid_from": "31.05.2024", "reason": "Kur"} | seen(client, address)
    assert client.post(address, posted | {"status": "closed"}).status_code == 302
    late = client.post(address, posted | {"status": "paused"})
    assert late.context["overwritten"].newest.status == "closed"
    shown = [now for _label, _then, now in late.context["overwritten"].changes]
    assert CaseStatus.Status.CLOSED.label in shown and "closed" not in shown
    assert late.context["form"]["reason"].value() == "Kur"
    assert case.statuses.get(valid_from=date(2024, 5, 31)).status == "closed"
    again = posted | {"status": "paused"} | {"_seen": late.context["seen"]}
    assert client.post(address, again).status_code == 302
    assert case.statuses.get(valid_from=date(2024, 5, 31)).status == "paused"


def test_responsible_can_be_made_who_counsels(client, case, counsellor):
    provider = case.contract.provider
    lead, _auditor = (make_member(provider, roles=[role]) for role in ("provider_lead", "auditor"))
    signed_in(client, counsellor)
    form = client.get(reverse("case-responsibility", args=[case.pk])).context["form"]
    assert {key for key, _name in form.fields["counsellor"].choices} == {counsellor.pk, lead.pk}


def test_who_changes_the_responsibility_is_told_of_another_change(client, case, counsellor):
    team = make_team(case.contract.provider)
    other = make_member(case.contract.provider)
    address = reverse("case-responsibility", args=[case.pk])
    signed_in(client, counsellor)
    assign_counsellor(
        case=case, valid_from=date(2024, 1, 9), team=team, counsellor=counsellor, by=somebody()
    )
    before = {"valid_from": "2024-02-01", "team": team.pk} | seen(client, address)
    assert client.post(address, before | {"counsellor": counsellor.pk}).status_code == 302
    late = client.post(address, before | {"counsellor": other.pk})
    assert late.context["overwritten"].newest.counsellor_id == counsellor.pk
    assert case.responsibilities.count() == 2


ALTERNATIVES = [
    {
        "key": "hbg-4",
        "code": "4",
        "title": "Four",
        "combinations": [
            {
                "key": "regular",
                "entries": [
                    {"modules": ["m1"]},
                    {"requirement": "one_of", "modules": ["m2", "m3"]},
                    {"requirement": "optional", "modules": ["m4"]},
                ],
            }
        ],
    }
]


@pytest.fixture
def choosing(contract, counsellor, catalogue):
    content = catalogue_content(modules=("m1", "m2", "m3", "m4"), need_groups=())
    content = type(content).model_validate(
        content.model_dump(mode="json") | {"need_groups": ALTERNATIVES}
    )
    edition = make_catalogue("choosing", content=content)
    agreed = make_contract(provider=contract.provider, catalogues=(edition,))
    return make_case(agreed, "K-300"), edition


def test_placing_a_case_asks_for_what_is_to_be_chosen(client, choosing, counsellor):
    case, edition = choosing
    address = reverse("case-placement", args=[case.pk])
    signed_in(client, counsellor)
    chosen = {"valid_from": "2024-02-01", "need_group": f"{edition.pk}:hbg-4"}
    asked = client.post(address, chosen, headers={"HX-Request": "true"})
    assert {"combination", "choice_1", "choice_2"} <= set(asked.context["form"].fields)
    # m1 and one of two: up to seven hours each; the optional module is not chosen.
    assert asked.context["form"].preview.hours.total.maximum == 14
    assert not case.placements.exists()
    more = chosen | {"combination": "regular", "choice_1": "m3", "choice_2": ["m4"]}
    preview = client.post(address, more, headers={"HX-Request": "true"}).context["form"].preview
    assert preview.hours.total.maximum == 21
    incomplete = client.post(address, chosen | {"combination": "regular"})
    assert incomplete.context["form"].errors["choice_1"]
    assert client.post(address, more).status_code == 302
    placement = case.placements.get()
    assert (placement.need_group, placement.choices) == ("hbg-4", ["m3", "m4"])


def test_taking_another_alternative_needs_a_reason(client, choosing, counsellor):
    case, edition = choosing
    address = reverse("case-placement", args=[case.pk])
    signed_in(client, counsellor)
    posted = {
        "valid_from": "2024-02-01",
        "need_group": f"{edition.pk}:hbg-4",
        "combination": "regular",
        "choice_1": "m2",
    }
    client.post(address, posted)
    before = seen(client, address)
    stored = case.placements.get()
    stored.choices = ["m3"]
    stored.save()
    told = client.post(address, posted | before | {"valid_from": "2024-02-15"})
    assert (["m2"], ["m3"]) in [each[1:] for each in told.context["overwritten"].changes]
    stored.choices = ["m2"]
    stored.save()
    swap = posted | {"valid_from": "2024-03-01", "choice_1": "m3"} | seen(client, address)
    assert client.post(address, swap).context["form"].non_field_errors()
    assert client.post(address, swap | {"reason": "anders als gedacht"}).status_code == 302
    assert case.placements.count() == 2


def test_only_annexed_catalogues_can_be_chosen(client, case, counsellor, choosing):
    _other, edition = choosing
    posted = {"valid_from": "2024-02-01", "need_group": f"{edition.pk}:hbg-4"}
    address = reverse("case-placement", args=[case.pk])
    refused = signed_in(client, counsellor).post(address, posted | seen(client, address))
    assert refused.context["form"].errors["need_group"]


def test_responsibility_stays_within_the_provider(client, case, counsellor):
    team = make_team(case.contract.provider)
    stranger = make_member(make_organisation("other"))
    address = reverse("case-responsibility", args=[case.pk])
    signed_in(client, counsellor)
    posted = {"valid_from": "2024-02-01", "team": team.pk, "counsellor": stranger.pk}
    assert client.post(address, posted).context["form"].errors["counsellor"]
    assert client.post(address, posted | {"counsellor": counsellor.pk}).status_code == 302
    row = case.responsibilities.get()
    assert (row.team, row.counsellor) == (team, counsellor)


def test_a_support_plan_is_granted_by_the_jobcenter(client, case, caseworker, counsellor):
    address = reverse("case-support-plan", args=[case.pk])
    posted = {"valid_from": "2024-02-01", "valid_until": "", "hours_per_month": "12,5"}
    assert signed_in(client, counsellor).post(address, posted).status_code == 403
    assert signed_in(client, caseworker).post(address, posted).status_code == 302
    assert str(case.support_plans.get().hours_per_month) == "12.50"


def test_two_people_correcting_one_name(client, case, caseworker):
    """The second is told what the first did, and nothing is lost."""
    address = reverse("case-identity", args=[case.pk])
    signed_in(client, caseworker)
    seen = client.get(address).context["seen"]
    posted = {"first_name": "Otto", "last_name": "Prober", "gender": "m", "_seen": seen}
    assert client.post(address, posted).status_code == 302
    late = client.post(address, posted | {"last_name": "Proben"})
    assert late.context["overwritten"].newest.last_name == "Prober"
    assert late.context["form"]["last_name"].value() == "Proben"
    assert case.client.identity.__class__.objects.get().last_name == "Prober"


# A new case.


def new_case(contract, **values) -> dict:
    return {
        "contract": contract.pk,
        "assigned_on": "2024-04-02",
        "first_name": "Hilde",
        "last_name": "Muster",
        "agreed": "on",
    } | values


def test_a_new_person_gets_a_case_placed_in_one_go(client, contract, catalogue, caseworker):
    posted = new_case(contract, need_group=f"{catalogue.pk}:hbg-2", combination="regular")
    answer = signed_in(client, caseworker).post(reverse("case-new"), posted)
    case = Case.objects.get()
    assert answer.url == case.get_absolute_url()
    assert case.number == "PROVIDER-K-2024-0001"
    assert str(case.client.identity) == "Muster, Hilde"
    assert "muster" not in case.client.key
    assert case.placement_on(date(2024, 4, 2)).need_group == "hbg-2"
    assert case.statuses.get().status == "open"
    client.post(reverse("case-new"), new_case(contract, first_name="Olga"))
    assert Case.objects.order_by("number").last().number == "PROVIDER-K-2024-0002"


def test_a_new_case_gets_the_owner_that_is_chosen(client, contract, caseworker):
    body = make_commissioning_body()
    team, colleague = make_team(body), make_member(body, roles=("caseworker",))
    for member in (caseworker, colleague):
        TeamMembership.objects.create(team=team, member=member)
    shown = signed_in(client, caseworker).get(reverse("case-new")).context["form"]
    assert shown["owner"].initial == f"{team.pk}:{caseworker.pk}"
    refused = client.post(reverse("case-new"), new_case(contract))
    assert "owner" in refused.context["form"].errors
    stranger = make_member(contract.provider)
    foreign = f"{make_team(contract.provider).pk}:{stranger.pk}"
    refused = client.post(reverse("case-new"), new_case(contract, owner=foreign))
    assert "owner" in refused.context["form"].errors and not Case.objects.exists()
    client.post(reverse("case-new"), new_case(contract, owner=f"{team.pk}:{colleague.pk}"))
    row = Case.objects.get().owners.get()
    assert (row.caseworker, row.team) == (colleague, team)
    assert row.valid_from == date(2024, 4, 2)


def test_the_list_is_narrowed_by_who_looks_after_a_case(client, contract, caseworker, counsellor):
    body = make_commissioning_body()
    own, theirs = make_team(body), make_team(contract.provider)
    for number in ("K-301", "K-302", "K-303"):
        make_case(contract, number)
    one, two, _three = Case.objects.order_by("number")
    first = {"valid_from": one.assigned_on, "by": somebody()}
    assign_owner(case=one, team=own, caseworker=caseworker, **first)
    assign_counsellor(case=two, team=theirs, counsellor=counsellor, **first)
    signed_in(client, caseworker)
    assert numbers(client, mine="on") == numbers(client, caseworker=caseworker.pk) == {"K-301"}
    assert numbers(client, caseworker="nobody") == {"K-302", "K-303"}
    assert numbers(client, team=own.pk) == {"K-301"}
    assert numbers(client, team=theirs.pk) == numbers(client, counsellor=counsellor.pk) == {"K-302"}
    table = client.get(reverse("cases"), {"export": "csv"}).content.decode("utf-8-sig")
    heads, *rows = (line.split(";") for line in table.splitlines())
    place = heads.index("Zuständige Fachkraft")
    assert sorted(row[place] for row in rows) == ["", "", str(caseworker)]
    signed_in(client, counsellor)
    assert numbers(client, mine="on") == {"K-302"}
    assert "Zuständige Fachkraft" not in client.get(reverse("cases")).content.decode()


def test_a_person_who_seems_known_is_asked_about(client, case, contract, caseworker):
    posted = new_case(contract, first_name="otto", last_name="PROBE")
    asked = signed_in(client, caseworker).post(reverse("case-new"), posted)
    assert [person.client for person in asked.context["similar"]] == [case.client]
    assert Case.objects.count() == 1
    client.post(reverse("case-new"), posted | {"client": case.client_id})
    assert case.client.cases.count() == 2
    client.post(reverse("case-new"), posted | {"is_new": "on"})
    assert ClientIdentity.objects.filter(last_name="PROBE").count() == 1


@pytest.mark.parametrize(
    ("first", "last", "born", "known"),
    [
        ("AYSE", "Oezdemir", "", True),
        ("Fatma", "özdemir", "1985-11-07", True),
        ("Fatma", "özdemir", "1985-11-08", False),
        ("Ayşe", "Ozdemir", "1985-11-07", False),
        ("Ayşe", "Özde", "1985-11-07", False),
    ],
)
def test_a_person_is_known_however_the_name_is_written(first, last, born, known, case):
    identity = ClientIdentity.objects.get(client=case.client)
    identity.first_name, identity.last_name = "Ayşe", "Özdemir"
    identity.save()
    found = similar_clients(
        first_name=first,
        last_name=last,
        birth_date=date.fromisoformat(born) if born else None,
        among=ClientIdentity.objects.all(),
    )
    assert (found == [identity]) is known


def test_a_self_initiated_case_needs_a_reason(client, contract, caseworker):
    posted = new_case(contract)
    del posted["agreed"]
    refused = signed_in(client, caseworker).post(reverse("case-new"), posted)
    assert refused.context["form"].non_field_errors()
    assert not Case.objects.exists() and not ClientIdentity.objects.exists()


def test_a_day_before_the_contract(client, contract, caseworker):
    amend(contract, applies_from=date(2024, 1, 1))
    refused = signed_in(client, caseworker).post(
        reverse("case-new"), new_case(contract, assigned_on="2009-12-31")
    )
    (problem,) = refused.context["form"].non_field_errors()
    assert "31.12.2009" in problem


def test_only_caseworkers_open_cases(client, counsellor):
    assert signed_in(client, counsellor).get(reverse("case-new")).status_code == 403


# Home and search.


def test_home_names_quiet_cases_and_spent_modules(client, contract, catalogue, counsellor):
    team = make_team(contract.provider)
    quiet, busy = (make_case(contract, number, catalogue=catalogue) for number in ("Q-1", "B-1"))
    for case in (quiet, busy):
        day = case.assigned_on
        assign_counsellor(
            case=case, valid_from=day, team=team, counsellor=counsellor, by=somebody()
        )
    make_record(quiet, day=date(2024, 2, 1))
    make_record(busy, day=timezone.localdate(), minutes=420, module="m1", counsellor=counsellor)
    # Beside the hours, which are reached, a group session that nobody planned.
    make_session([busy], module="m1", day=timezone.localdate(), reason="offen")
    page = signed_in(client, counsellor).get(reverse("home"))
    shown = [*page.context["sections"], *((w, e) for w, _count, e in page.context["waiting"])]
    found = {each.key: [str(entry.title) for entry in entries] for each, entries in shown}
    assert found["cases-idle"] == ["Q-1"]
    assert found["modules-spent"] == ["B-1 · 1 Module 1"]
    (spent,) = [
        entry
        for section, entries in page.context["sections"]
        for entry in entries
        if section.key == "modules-spent"
    ]
    assert "7" in spent.note and "0" not in spent.note
    assert found["records-today"][1:] == ["B-1"]


def test_search_finds_by_number_and_by_name_where_allowed(client, case, counsellor, auditor):
    assert b"K-100" in signed_in(client, counsellor).get(reverse("search"), {"q": "prob"}).content
    signed_in(client, auditor)
    assert b"K-100" not in client.get(reverse("search"), {"q": "prob"}).content
    assert b"K-100" in client.get(reverse("search"), {"q": "k-10"}).content


@pytest.mark.parametrize("few", [0, 5], ids=["many", "few"])
def test_cases_are_found_by_a_part_of_a_number_however_many(few, client, contract, monkeypatch):
    """Few are named by their keys, many by the condition: the same are found, in the same order."""
    monkeypatch.setattr(shared, "FEW", few)
    for number in ("K-0077", "K-0177", "K-0200"):
        make_case(contract, number)
    page = signed_in(client, make_member(contract.provider, roles=["provider_lead"]))

    rows = page.get(reverse("cases"), {"q": "77", "sort": "number"}).context["table"].rows

    assert [row.record.number for row in rows] == ["K-0077", "K-0177"]
