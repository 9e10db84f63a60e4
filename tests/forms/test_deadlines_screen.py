"""Deadlines on screen: the list, the page of a case, what is decided there and by whom."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from forms.actions.change_deadline import (
    drop_deadline,
    enter_event,
    extend_deadline,
    reopen_deadline,
)
from forms.actions.open_case import set_status
from forms.actions.reach_client import reach_client
from forms.actions.support_case import assign_counsellor, assign_owner
from forms.due import WINDOWS, counts_of, end_of_week, in_window, reasons_of, standing_of
from forms.models import Deadline
from forms.views.home import team_idle
from forms.views.waiting_deadlines import late_in_team, own_deadlines
from tests.factories import (
    description_annex,
    make_case,
    make_contract,
    make_deadline,
    make_description,
    make_member,
    make_organisation,
    make_team,
    somebody,
)
from tests.forms.test_deadlines import (
    FIRST_TALK,
    INDIVIDUAL,
    PAPERS,
    REFERRAL,
    RESULT,
    case_with,
    only,
)

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 6, 3)


@pytest.fixture
def case():
    return case_with(FIRST_TALK)


def make_owned(case, worker):
    team = make_team(worker.organisation)
    assign_owner(
        case=case, valid_from=case.assigned_on, team=team, caseworker=worker, by=somebody()
    )


def signed_in(client, organisation, role):
    member = make_member(organisation, roles=[role])
    client.force_login(member.user)
    return member.user


def caseworker(client, case):
    return signed_in(client, case.contract.commissioning_body, "caseworker")


@pytest.mark.parametrize(
    ("due_on", "window"),
    [
        pytest.param("2024-06-02", "overdue", id="yesterday"),
        pytest.param("2024-06-03", "today", id="today"),
        pytest.param("2024-06-04", "week", id="tomorrow"),
        pytest.param("2024-06-09", "week", id="Sunday"),
        pytest.param("2024-06-10", "later", id="Monday after"),
        pytest.param(None, "undated", id="no day"),
    ],
)
def test_each_stands_in_one_window(case, due_on, window):
    row = only(case)
    row.due_on = due_on and date.fromisoformat(due_on)
    row.save()
    found = [each for each in WINDOWS if Deadline.objects.filter(in_window(each, MONDAY)).exists()]
    assert found == [window]
    assert counts_of(Deadline.objects.all(), MONDAY)[window] == 1


@pytest.mark.parametrize("day", [MONDAY + timedelta(days=each) for each in range(7)])
def test_week_ends_on_its_sunday(day):
    assert end_of_week(day) == date(2024, 6, 9)


@pytest.mark.parametrize(
    ("day", "word"),
    [
        pytest.param("2024-05-22", "offen", id="before the target"),
        pytest.param("2024-05-23", "bald fällig", id="on the target's day: amber"),
        pytest.param("2024-05-31", "heute fällig", id="on the last day"),
        pytest.param("2024-06-01", "überfällig", id="a day later: red"),
    ],
)
def test_amber_comes_before_red(case, day, word):
    assert standing_of(only(case), date.fromisoformat(day)).word == word


def test_why_ends_with_the_day_that_counts(case):
    rows = Deadline.objects.select_related("case", "standard__edition")
    assert list(reasons_of(rows).values()) == [
        [
            (REFERRAL, "Zuweisung"),
            (date(2024, 5, 30), "14 Kalendertage später"),
            (date(2024, 5, 30), "kein Arbeitstag: Fronleichnam"),
            (date(2024, 5, 31), "nächster Arbeitstag"),
        ]
    ]


def test_list_shows_what_is_open_unless_asked(client, case):
    caseworker(client, case)
    ended = case_with(INDIVIDUAL)
    only_ended = only(ended)
    only_ended.end("done", "person", MONDAY)
    only_ended.save()

    def shown(**query):
        response = client.get(reverse("deadlines"), query)
        return [row.case.number for row in response.context["table"].data]

    assert shown() == [case.number]
    assert shown(when="ended") == [ended.number]
    assert shown(when="overdue", side="provider") == [case.number]
    assert shown(side="body") == []


def test_contracts_stand_in_the_same_list(client, case):
    """The annual statement of the year before is due on 31 March, the reports a month later."""
    caseworker(client, case)
    response = client.get(reverse("deadlines"), {"what": "contracts"})
    found = [(row.what, row.about) for row in response.context["table"].data]
    assert ("Half-year report", case.contract.number) in found
    days = [row.due_on for row in response.context["table"].data]
    assert days == sorted(days)
    exported = client.get(reverse("deadlines"), {"what": "contracts", "export": "csv"})
    assert case.contract.number in b"".join(exported).decode("utf-8-sig")


def test_stranger_sees_nothing(client, case):
    signed_in(client, make_organisation(), "counsellor")
    assert list(client.get(reverse("deadlines")).context["table"].data) == []
    address = reverse("deadline-extend", args=[only(case).pk])
    assert client.get(address).status_code == 404


def test_case_page_says_why_and_what_can_be_decided(client):
    case = case_with(FIRST_TALK, PAPERS)
    signed_in(client, case.contract.provider, "counsellor")
    page = client.get(case.get_absolute_url(), {"tab": "deadlines"}).content.decode()
    assert "kein Arbeitstag: Fronleichnam" in page
    own, other = (case.deadlines.get(standard__key=key) for key in ("first-talk", "papers"))
    assert reverse("deadline-extend", args=[own.pk]) in page
    assert reverse("deadline-finish", args=[own.pk]) not in page
    assert reverse("deadline-event", args=[other.pk]) not in page
    assert client.get(reverse("deadline-event", args=[other.pk])).status_code == 404


def test_day_is_agreed_on_once_the_document_is_there(client):
    """Of papers whose answer has no fixed time: first they come, then a day is agreed on."""
    case = case_with({key: PAPERS[key] for key in ("key", "label", "event", "starts", "side")})
    user = caseworker(client, case)
    agree = reverse("deadline-agree", args=[only(case).pk])

    def offered():
        page = client.get(case.get_absolute_url(), {"tab": "deadlines"}).content.decode()
        there = client.get(agree).status_code == 200
        assert (agree in page) == there
        return there, "wartet auf Unterlagen" in page

    assert offered() == (False, True)
    enter_event(only(case), by=user, on=REFERRAL)
    assert offered() == (True, False)


def test_client_is_found_by_the_offices_number_by_who_may_know_it(client, case):
    reach_client(client=case.client, customer_number="355A000777", by=somebody())
    counts = {}
    for role, place in (
        ("caseworker", case.contract.commissioning_body),
        ("finance", case.contract.commissioning_body),
        ("counsellor", case.contract.provider),
    ):
        signed_in(client, place, role)
        listed = client.get(reverse("deadlines"), {"q": "355a 000777"}).context["table"].data
        counts[role] = len(listed)
    assert counts == {"caseworker": 1, "finance": 0, "counsellor": 0}


def test_extension_is_made_on_its_page(client, case):
    caseworker(client, case)
    address = reverse("deadline-extend", args=[only(case).pk])
    page = client.get(address)
    hidden = {
        "_reference": page.context["reference"],
        "_seen": page.context["seen"],
    }
    refused = client.post(address, hidden | {"until": "2024-05-01", "reason": "x"})
    assert "Ohne Verlängerung" in refused.content.decode()
    hidden["_reference"] = refused.context["reference"]
    assert client.post(address, hidden | {"until": "2024-06-14", "reason": "x"}).status_code == 302
    assert only(case).due_on == date(2024, 6, 14)


def test_an_extension_is_taken_back_on_its_page(client, case):
    user = caseworker(client, case)
    address = reverse("deadline-take-back", args=[only(case).pk])
    assert client.get(address).status_code == 404
    ruled = only(case).due_on
    extend_deadline(only(case), by=user, until=date(2024, 6, 14), reason="Holiday")
    shown = client.get(case.get_absolute_url(), {"tab": "deadlines"}).content.decode()
    assert address in shown
    page = client.get(address)
    assert f"endet dann wieder am {ruled:%d.%m.%Y}" in page.content.decode()
    sent = {"_reference": page.context["reference"], "_seen": page.context["seen"]}
    assert client.post(address, sent | {"reason": "Falscher Fall"}).status_code == 302
    assert only(case).due_on == ruled
    shown = client.get(case.get_absolute_url(), {"tab": "deadlines"}).content.decode()
    assert address not in shown
    assert "Letzte Entscheidung: Falscher Fall" in shown


def test_a_reason_is_told_of_the_last_decision_and_of_no_other(client, case):
    user = caseworker(client, case)
    extend_deadline(only(case), by=user, until=date(2024, 6, 14), reason="Holiday")
    drop_deadline(only(case), by=user, reason="Known")
    reopen_deadline(only(case), by=user, reason="A mistake")
    page = client.get(case.get_absolute_url(), {"tab": "deadlines"})
    assert "Letzte Entscheidung: A mistake" in page.content.decode()
    (shown,) = page.context["open"]
    assert shown.why[-1] == (date(2024, 6, 14), "verlängert")
    assert (
        "A mistake" in client.get(reverse("deadline-extend", args=[shown.row.pk])).content.decode()
    )


def test_own_cases_tell_what_ones_side_has_to_do_and_what_the_other_is_late_with():
    contract = make_contract(annexes=[description_annex(make_description(FIRST_TALK))])
    case = make_case(contract, assigned_on=timezone.localdate() - timedelta(days=60))
    case.deadlines.all().delete()
    worker = make_member(contract.commissioning_body, roles=["caseworker"])
    counsellor = make_member(contract.provider, roles=["counsellor"])
    lead = make_member(contract.provider, roles=["provider_lead"])
    make_owned(case, worker)
    assign_counsellor(
        case=case, valid_from=case.assigned_on, team=make_team(contract.provider),
        counsellor=counsellor, by=somebody(),
    )  # fmt: skip
    sees = {}
    for side in ("body", "provider"):
        for days in (8, 7, 0, -1, -7, -8):
            case.deadlines.all().delete()
            make_deadline(case, due_on=timezone.localdate() + timedelta(days=days), side=side)
            sees[side, days] = [
                own_deadlines(worker.user).exists(),
                own_deadlines(counsellor.user).exists(),
                late_in_team(lead.user).exists(),
            ]
    stranger = make_member(contract.commissioning_body, roles=["caseworker"])
    assert not own_deadlines(stranger.user).exists()
    assert sees == {
        ("body", 8): [False, False, False],
        ("body", 7): [True, False, False],
        ("body", 0): [True, False, False],
        ("body", -1): [True, False, False],
        ("body", -7): [True, False, False],
        ("body", -8): [True, False, False],
        ("provider", 8): [False, False, False],
        ("provider", 7): [False, True, False],
        ("provider", 0): [False, True, False],
        ("provider", -1): [True, True, False],
        ("provider", -7): [True, True, False],
        ("provider", -8): [True, True, True],
    }


def test_leads_are_told_what_is_late_after_a_case_was_closed():
    case = case_with(RESULT)
    closed = timezone.localdate() - timedelta(days=40)
    lead = make_member(case.contract.provider, roles=["provider_lead"])
    counsellor = make_member(case.contract.provider, roles=["counsellor"])
    assign_counsellor(
        case=case, valid_from=REFERRAL, team=make_team(case.contract.provider),
        counsellor=counsellor, by=somebody(),
    )  # fmt: skip
    assert not late_in_team(lead.user).exists()
    set_status(case=case, valid_from=closed, status="closed", reason="Work", by=somebody())
    assert list(late_in_team(lead.user)) == [only(case)]
    assert list(own_deadlines(counsellor.user)) == [only(case)]
    assert not team_idle(lead.user).exists()


def test_the_lead_is_told_as_soon_as_the_standard_says(case):
    lead = make_member(case.contract.provider, roles=["provider_lead"])
    assign_counsellor(
        case=case, valid_from=case.assigned_on, team=make_team(case.contract.provider),
        counsellor=make_member(case.contract.provider, roles=["counsellor"]), by=somebody(),
    )  # fmt: skip
    case.deadlines.all().delete()
    yesterday = timezone.localdate() - timedelta(days=1)
    row = make_deadline(case, due_on=yesterday, lead_after=0)
    assert list(late_in_team(lead.user)) == [row]
    row.lead_on = None
    row.save()
    assert not late_in_team(lead.user).exists()


def test_what_is_late_in_the_leads_own_cases_waits_once(case):
    lead = make_member(case.contract.provider, roles=["counsellor", "provider_lead"])
    assign_counsellor(
        case=case, valid_from=case.assigned_on, team=make_team(case.contract.provider),
        counsellor=lead, by=somebody(),
    )  # fmt: skip
    case.deadlines.all().delete()
    row = make_deadline(case, due_on=timezone.localdate() - timedelta(days=30))
    assert list(own_deadlines(lead.user)) == [row]
    assert list(late_in_team(lead.user)) == []
