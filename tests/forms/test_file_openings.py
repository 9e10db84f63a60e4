"""Who is asked why they open a case, how often, and what of it is kept."""

from datetime import date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.acting import acting_as
from base.models import Event
from base.trail.events import record
from base.workspace.file_openings import Why
from contracts.models import Substitution, TeamMembership
from forms.actions.support_case import assign_counsellor, assign_owner, grant_support
from tests.asked import asks_why
from tests.factories import (
    make_case,
    make_commissioning_body,
    make_contract,
    make_form,
    make_member,
    make_organisation,
    make_team,
    somebody,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

BEGINS = date(2024, 1, 1)


@kept
def case():
    return make_case(make_contract())


@pytest.fixture
def team(case):
    return make_team(case.contract.provider)


@pytest.fixture
def counsellor(case, team):
    member = make_member(case.contract.provider)
    assign_counsellor(
        case=case, valid_from=case.assigned_on, team=team, counsellor=member, by=somebody()
    )
    return member


def member_of(body, role: str):
    return make_member(body, roles=[role])


def browser(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def open_case(member, case):
    return browser(member).get(case.get_absolute_url())


def is_asked(member, case) -> bool:
    answer = open_case(member, case)
    assert answer.status_code in (200, 302)
    return asks_why(answer)


def reasons(member):
    return Event.objects.filter(kind=Event.Kind.REASON, actor_number=member.user_id)


def readings(member):
    return Event.objects.filter(kind=Event.Kind.READ, actor_number=member.user_id)


class TestProvider:
    def test_who_the_row_names_is_not_asked(self, case, counsellor):
        assert not is_asked(counsellor, case)
        assert readings(counsellor).get().detail == {}

    def test_a_colleague_of_the_same_team_stands_in(self, case, counsellor, team):
        colleague = make_member(case.contract.provider)
        TeamMembership.objects.create(team=team, member=colleague)
        assert is_asked(colleague, case)

    def test_who_leads_the_team_is_responsible_and_who_leads_another_is_not(
        self, case, counsellor, team
    ):
        leads = make_member(case.contract.provider, roles=["provider_lead"])
        other = make_member(case.contract.provider, roles=["provider_lead"])
        TeamMembership.objects.create(team=team, member=leads)
        TeamMembership.objects.create(team=make_team(case.contract.provider), member=other)
        assert (is_asked(leads, case), is_asked(other, case)) == (False, True)

    def test_the_row_of_today_decides(self, case, counsellor, team):
        next_one = make_member(case.contract.provider)
        tomorrow = timezone.localdate() + timedelta(days=1)
        assign_counsellor(
            case=case, valid_from=tomorrow, team=team, counsellor=next_one, by=somebody()
        )
        assert (is_asked(counsellor, case), is_asked(next_one, case)) == (False, True)
        assign_counsellor(
            case=case,
            valid_from=timezone.localdate(),
            team=team,
            counsellor=next_one,
            by=somebody(),
        )
        assert (is_asked(counsellor, case), is_asked(next_one, case)) == (True, False)

    def test_without_a_row_nobody_is_in_the_way(self, case):
        assert not is_asked(make_member(case.contract.provider), case)


class TestCommissioningBody:
    def test_who_decided_in_the_case_is_responsible(self, case):
        body = make_commissioning_body()
        decides, other = member_of(body, "caseworker"), member_of(body, "caseworker")
        assert (is_asked(decides, case), is_asked(other, case)) == (False, False)
        with acting_as(decides.user):
            grant_support(case=case, valid_from=case.assigned_on, hours_per_month=5, by=somebody())
        assert (is_asked(decides, case), is_asked(other, case)) == (False, True)

    def test_when_they_have_left_all_caseworkers_are(self, case):
        body = make_commissioning_body()
        gone, other = member_of(body, "caseworker"), member_of(body, "caseworker")
        with acting_as(gone.user):
            grant_support(case=case, valid_from=case.assigned_on, hours_per_month=5, by=somebody())
        gone.active = False
        gone.save()
        assert not is_asked(other, case)

    def test_who_owns_the_case_is_responsible_and_who_decided_before_is_not(self, case):
        body = make_commissioning_body()
        team = make_team(body)
        decides, owner = member_of(body, "caseworker"), member_of(body, "caseworker")
        leads, other = member_of(body, "team_lead"), member_of(body, "team_lead")
        TeamMembership.objects.create(team=team, member=leads)
        with acting_as(decides.user):
            grant_support(case=case, valid_from=case.assigned_on, hours_per_month=5, by=somebody())
        assert not is_asked(decides, case)
        assign_owner(
            case=case, valid_from=case.assigned_on, team=team, caseworker=owner, by=somebody()
        )
        asked = [is_asked(each, case) for each in (decides, owner, leads, other)]
        assert asked == [True, False, False, True]

    def test_whoever_stands_in_today_counts_as_the_owner(self, case):
        body, today = make_commissioning_body(), timezone.localdate()
        owner, stands_in = member_of(body, "caseworker"), member_of(body, "caseworker")
        auditor, late = member_of(body, "auditor"), member_of(body, "caseworker")
        team = make_team(body)
        assign_owner(
            case=case, valid_from=case.assigned_on, team=team, caseworker=owner, by=somebody()
        )
        assert is_asked(stands_in, case)
        yesterday = today - timedelta(days=1)
        for member, day, expected in (
            (stands_in, today, False),
            (auditor, today, True),
            (late, yesterday, True),
        ):
            row = Substitution.objects.create(
                member=owner, substitute=member, first_day=day, last_day=day
            )
            assert is_asked(member, case) == expected
            row.delete()

    @pytest.mark.parametrize("role", ["manager", "finance", "auditor", "director"])
    def test_who_steers_pays_or_audits_is_asked(self, case, role):
        assert is_asked(member_of(make_commissioning_body(), role), case)


class TestAsking:
    @pytest.fixture
    def auditor(self):
        return member_of(make_commissioning_body(), "auditor")

    def test_once_answered_one_goes_on_and_is_not_asked_again_today(self, case, auditor):
        client = browser(auditor)
        wanted = f"{case.get_absolute_url()}?tab=course"
        asked = client.get(wanted)

        shown = client.get(asked.url)
        given = client.post(asked.url, {"why": Why.COMPLAINT, "note": "Beschwerde vom 3.3."})

        assert str(case.client.key) not in shown.content.decode()
        assert (given.status_code, given.url) == (302, wanted)
        assert readings(auditor).count() == 0
        assert client.get(wanted).status_code == 200
        form = make_form(case, submitted=True, name="x")
        assert client.get(reverse("filled-form", args=[form.pk])).status_code == 200
        assert client.get(reverse("filled-form-document", args=[form.pk])).status_code == 200
        said = {"why": "complaint", "reason": "Beschwerde vom 3.3."}
        assert [event.detail for event in readings(auditor)] == [said, said]
        assert Event.objects.get(kind=Event.Kind.DOWNLOAD).detail == said
        assert reasons(auditor).count() == 1

    def test_another_case_is_asked_about(self, case, auditor):
        self.answer(auditor, case)
        assert not is_asked(auditor, case)
        assert is_asked(auditor, make_case(make_contract()))

    def test_the_next_day_is_another_day(self, case, auditor):
        midnight = datetime.combine(timezone.localdate(), time.min)
        last_night = timezone.make_aware(midnight) - timedelta(seconds=1)
        with acting_as(auditor.user, at=last_night):
            record(Event.Kind.REASON, about=case, detail={"why": "audit", "reason": ""})
        assert is_asked(auditor, case)
        with acting_as(auditor.user, at=last_night + timedelta(seconds=1)):
            record(Event.Kind.REASON, about=case, detail={"why": "audit", "reason": ""})
        assert not is_asked(auditor, case)

    def test_what_others_said_counts_for_nobody_else(self, case, auditor):
        other = member_of(make_commissioning_body(), "auditor")
        self.answer(other, case)
        assert is_asked(auditor, case)

    @pytest.mark.parametrize(
        "said", [{}, {"why": "other"}, {"why": "other", "note": "  "}, {"why": "curiosity"}]
    )
    def test_no_reason_is_none(self, case, auditor, said):
        answer = browser(auditor).post(reverse("case-why", args=[case.pk]), said)
        assert (answer.status_code, reasons(auditor).count()) == (200, 0)
        assert is_asked(auditor, case)

    def test_one_is_led_nowhere_else(self, case, auditor):
        url = reverse("case-why", args=[case.pk])
        answer = browser(auditor).post(f"{url}?next=https://elsewhere.example/", {"why": "audit"})
        assert answer.url == case.get_absolute_url()

    def test_a_part_of_a_page_has_the_page_ask(self, case, auditor):
        answer = browser(auditor).get(
            case.get_absolute_url(),
            headers={
                "HX-Request": "true",
                "HX-Current-URL": "http://testserver/cases/?status=open",
            },
        )
        assert answer.status_code == 204
        assert answer["HX-Redirect"] == (f"/cases/{case.pk}/why/?next=%2Fcases%2F%3Fstatus%3Dopen")

    def test_a_form_is_not_carried_out_before(self, case, counsellor):
        stands_in = make_member(case.contract.provider)
        url = reverse("case-status", args=[case.pk])
        values = {"status": "paused", "valid_from": "01.06.2024", "reason": "Kur"}
        answer = browser(stands_in).post(url, values)
        assert asks_why(answer)
        assert case.statuses.filter(status="paused").count() == 0

    def test_auditors_read_it_in_the_history(self, case, auditor, counsellor):
        stands_in = make_member(case.contract.provider)
        self.answer(stands_in, case, why="substitution", note="Urlaubsvertretung")
        open_case(stands_in, case)
        page = browser(auditor).get(reverse("trail"), {"kind": "read"}).content.decode()
        assert "Urlaubsvertretung" in page
        assert "Ich vertrete" in page
        assert f">{case.number}</a>" in page

    def answer(self, member, case, **said):
        said = {"why": "audit", "note": ""} | said
        assert browser(member).post(reverse("case-why", args=[case.pk]), said).status_code == 302


def test_a_provider_of_another_contract_is_not_even_asked(case):
    stranger = make_member(make_organisation("other"))
    assert browser(stranger).get(reverse("case-why", args=[case.pk])).status_code == 404
    assert open_case(stranger, case).status_code == 404
