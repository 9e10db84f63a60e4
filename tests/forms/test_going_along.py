"""Planned appointments that go along when a case gets somebody else, on either side."""

from datetime import time, timedelta

import pytest
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from base.history import history_model
from contracts.actions.assign_roles import assign_roles
from contracts.models import TeamMembership
from contracts.reach import memberships_of
from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.hand_over_cases import hand_over_cases
from forms.actions.support_case import assign_counsellor, assign_owner
from forms.going_along import conflicts_along, going_along
from forms.handing_over import Seat
from forms.models import AppointmentMember, Case, CaseOwner
from forms.series import on_the_clock
from tests.factories import (
    make_appointment,
    make_case,
    make_commissioning_body,
    make_contract,
    make_member,
    make_record,
    make_team,
    somebody,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
FIRST = TODAY - timedelta(days=90)
BEFORE, FROM, LATER, NEXT = (TODAY + timedelta(days=days) for days in (3, 7, 9, 20))


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def team():
    return make_team(make_commissioning_body())


def worker(team, role="caseworker"):
    member = make_member(team.organisation, roles=[role])
    TeamMembership.objects.create(team=team, member=member)
    assign_roles(member)
    return member


def owned(contract, member, team, **values):
    case = make_case(contract, assigned_on=FIRST, **values)
    assign_owner(case=case, valid_from=FIRST, team=team, caseworker=member, by=somebody())
    return case


def hand_over(by, cases, *to, with_appointments=True, valid_from=FROM):
    (membership,) = memberships_of(by.user)
    return hand_over_cases(
        by=by.user, membership=membership, valid_from=valid_from, reason="Elternzeit",
        cases=Case.objects.filter(pk__in=[case.pk for case in cases]),
        to=[Seat(team, member) for team, member in to], with_appointments=with_appointments,
    )  # fmt: skip


def people(appointment) -> set:
    return {each.member for each in appointment.participants.select_related("member")}


def test_from_the_first_day_on_who_receives_takes_part(contract, team):
    one, other, third = worker(team), worker(team), worker(team)
    case, others = owned(contract, one, team), owned(contract, third, team)
    before = make_appointment(one, day=BEFORE, case=case)
    first = make_appointment(one, third, day=FROM, at="00:00", case=case)
    later = make_appointment(one, day=LATER, case=case)
    cancelled = make_appointment(one, day=LATER, at="11:00", case=case)
    cancel_appointment(cancelled, reason="verreist", by=somebody())
    without = make_appointment(third, day=LATER, case=case)
    of_other = make_appointment(one, day=LATER, at="13:00", case=others)
    caseless = make_appointment(one, day=LATER, at="15:00", kind="team")
    hand_over(one, [case], (team, other))
    assert people(first) == {other, third}
    assert people(later) == {other}
    assert people(without) == {third}
    for row in (before, cancelled, of_other, caseless):
        assert people(row) == {one}


def test_without_being_asked_for_they_stay(contract, team):
    one, other = worker(team), worker(team)
    case = owned(contract, one, team)
    row = make_appointment(one, day=LATER, case=case)
    hand_over(one, [case], (team, other), with_appointments=False)
    assert people(row) == {one}


def test_what_has_begun_or_is_recorded_stays(contract, team):
    provider_team = make_team(contract.provider)
    lead, one, other = (
        worker(provider_team, role) for role in ("provider_lead", "counsellor", "counsellor")
    )
    case = make_case(contract, assigned_on=FIRST)
    assign_counsellor(
        case=case, valid_from=FIRST, team=provider_team, counsellor=one, by=somebody()
    )
    over = make_appointment(one, day=TODAY - timedelta(days=1), case=case)
    recorded = make_appointment(one, day=LATER, case=case)
    make_record(case, day=TODAY, reference=recorded.reference)
    hand_over(lead, [case], (provider_team, other), valid_from=TODAY - timedelta(days=2))
    assert people(over) == {one}
    assert people(recorded) == {one}


def test_who_takes_part_already_does_so_once(contract, team):
    one, other = worker(team), worker(team)
    case = owned(contract, one, team)
    row = make_appointment(one, other, day=LATER, case=case)
    hand_over(one, [case], (team, other))
    assert [each.member for each in row.participants.all()] == [other]


def test_a_talk_of_three_in_the_other_sides_calendar_goes_along(contract, team):
    one, other = worker(team), worker(team)
    counsellor = worker(make_team(contract.provider), "counsellor")
    case = owned(contract, one, team)
    row = make_appointment(counsellor, one, day=LATER, case=case, kind="three_party")
    hand_over(one, [case], (team, other))
    assert people(row) == {counsellor, other}
    row.refresh_from_db()
    assert row.organisation == contract.provider


def test_up_to_the_day_on_which_yet_somebody_else_has_the_case(contract, team):
    one, other, third = worker(team), worker(team), worker(team)
    case = owned(contract, one, team)
    assign_owner(case=case, valid_from=NEXT, team=team, caseworker=third, by=somebody())
    sooner = make_appointment(one, day=LATER, case=case)
    last = make_appointment(one, day=NEXT, case=case)
    hand_over(one, [case], (team, other))
    assert people(sooner) == {other}
    assert people(last) == {one}


def test_a_change_of_team_alone_moves_nothing(contract, team):
    one = worker(team, "team_lead")
    case = owned(contract, one, team)
    second = make_team(team.organisation)
    TeamMembership.objects.create(team=second, member=one)
    row = make_appointment(one, day=LATER, case=case)
    hand_over(one, [case], (second, one))
    assert people(row) == {one}


def test_history_says_who_did_it(contract, team):
    one, other = worker(team), worker(team)
    case = owned(contract, one, team)
    both = make_appointment(one, other, day=LATER, at="08:00", case=case)
    alone = make_appointment(one, day=LATER, case=case)
    hand_over(one, [case], (team, other))
    versions = history_model(AppointmentMember).objects.filter(history_user_id=one.user_id)
    found = versions.values_list("appointment", "member", "history_type")
    assert set(found) == {(alone.pk, other.pk, "~"), (both.pk, one.pk, "-")}


def test_many_take_no_more_questions_than_one(contract, team, django_assert_max_num_queries):
    one, two, three = worker(team), worker(team), worker(team)
    cases = [owned(contract, one, team) for _number in range(8)]
    rows = [
        make_appointment(one, day=LATER, at=f"{8 + number:02d}:00", case=case)
        for number, case in enumerate(cases)
    ]
    with django_assert_max_num_queries(32):
        shares = hand_over(one, cases, (team, two), (team, three))
    of_case = {case: seat.member for seat, keys in shares for case in keys}
    assert [people(row) for row in rows] == [{of_case[row.case_id]} for row in rows]
    assert {member.pk for member in of_case.values()} == {two.pk, three.pk}


class TestTwoPlaces:
    """Who would be in two places once the appointments have gone along."""

    def told(self, *shares):
        shares = [(Seat(team, member), [case.pk]) for team, member, case in shares]
        found = conflicts_along(going_along(CaseOwner, shares, FROM, timezone.now()))
        return [(each.member, timezone.localtime(each.begins).hour) for each in found]

    def test_one_takes_part_already_in_what_goes_along(self, contract, team):
        one, other, third = worker(team), worker(team), worker(team)
        first, second = owned(contract, one, team), owned(contract, one, team)
        make_appointment(one, other, day=LATER, at="09:30", case=first)
        make_appointment(one, day=LATER, at="10:00", case=second)
        for to in (other, third):
            assert self.told((team, to, first), (team, other, second)) == [(other, 9)]

    def test_what_one_leaves_is_in_nobodys_way(self, contract, team):
        one, other, third = worker(team), worker(team), worker(team)
        first, gone = owned(contract, one, team), owned(contract, other, team)
        make_appointment(one, day=LATER, at="09:00", case=first)
        make_appointment(other, day=LATER, at="09:30", case=gone)
        assert self.told((team, other, first)) == [(other, 9)]
        assert self.told((team, other, first), (team, third, gone)) == []


class TestOnScreen:
    def send(self, client, member, address, values, **more):
        client.force_login(member.user)
        page = client.get(address)
        values = {"reason": "Urlaub", **values, "_seen": page.context["seen"]}
        return client.post(address, values | more), values

    def confirm(self, client, address, values, asked, **more):
        confirmation = asked.context["confirmation"]
        return client.post(address, values | {confirmation.name: confirmation.value} | more)

    def test_several_are_told_how_many_and_who_is_in_two_places(self, client, contract, team):
        lead, one, other = worker(team, "team_lead"), worker(team), worker(team)
        cases = [owned(contract, one, team) for _number in range(2)]
        row = make_appointment(one, day=LATER, at="09:00", case=cases[0])
        make_appointment(one, day=LATER, at="11:00", case=cases[1])
        make_appointment(other, day=LATER, at="09:30", kind="team")
        address = f"{reverse('cases-reassign')}?caseworker={one.pk}"
        values = {"valid_from": FROM.isoformat(), "to": f"{team.pk}:{other.pk}"}
        asked, values = self.send(client, lead, address, values, appointments="on")
        text = asked.content.decode()
        assert "2 geplante Termine gehen mit über." in text
        assert "2 Fälle, 2 Termine" in text
        conflicts = [(each.member, each.begins) for each in asked.context["conflicts"]]
        assert conflicts == [(other, on_the_clock(LATER, time(9, 30)))]
        assert people(row) == {one}
        stays, _values = self.send(client, lead, address, values)
        text = stays.content.decode()
        assert "2 geplante Termine bleiben bei den bisher zuständigen Personen." in text
        assert stays.context["conflicts"] == []
        assert "2 Fälle," not in text
        # What was told with them does not count as told without.
        again = self.confirm(client, address, values, asked)
        assert again.status_code == 200
        done = self.confirm(client, address, values, asked, appointments="on")
        assert done.status_code == 302
        assert people(row) == {other}

    def test_two_that_come_together_are_told(self, client, contract, team):
        lead, one, two, other = (
            worker(team, role) for role in ("team_lead", "caseworker", "caseworker", "caseworker")
        )
        make_appointment(one, day=LATER, at="09:00", case=owned(contract, one, team))
        make_appointment(two, day=LATER, at="09:30", case=owned(contract, two, team))
        make_appointment(two, day=LATER, at="10:30", case=owned(contract, two, team))
        values = {"valid_from": FROM.isoformat(), "to": f"{team.pk}:{other.pk}"}
        asked, _values = self.send(
            client, lead, reverse("cases-reassign"), values, appointments="on"
        )
        conflicts = [(each.member, each.begins) for each in asked.context["conflicts"]]
        assert conflicts == [(other, on_the_clock(LATER, time(9, 30)))]

    def test_who_receives_in_two_teams_is_told_of_each(self, client, contract, team):
        lead, one, other = worker(team, "team_lead"), worker(team), worker(team)
        second = make_team(team.organisation)
        TeamMembership.objects.create(team=second, member=other)
        for number in range(4):
            case = owned(contract, one, team)
            for hour in range(number):
                make_appointment(one, day=LATER, at=f"{8 + hour:02d}:00", case=case)
        seats = [f"{team.pk}:{other.pk}", f"{second.pk}:{other.pk}"]
        values = {"valid_from": FROM.isoformat(), "to": seats}
        address = f"{reverse('cases-reassign')}?caseworker={one.pk}"
        asked, _values = self.send(client, lead, address, values, appointments="on")
        planned = dict(
            Case.objects.annotate(planned=Count("appointments")).values_list("number", "planned")
        )
        told = [
            (count, sum(planned[number] for number in numbers))
            for _seat, _count, numbers, count in asked.context["shares"]
        ]
        assert len(told) == 2
        assert all(count == counted for count, counted in told)
        assert sum(count for count, _counted in told) == 6

    def test_one_case_of_the_body(self, client, contract, team):
        one, other = worker(team), worker(team)
        case = owned(contract, one, team)
        row = make_appointment(one, day=LATER, case=case)
        address = reverse("case-owner", args=[case.pk])
        values = {"valid_from": FROM.isoformat(), "to": f"{team.pk}:{other.pk}"}
        asked, values = self.send(client, one, address, values, appointments="on")
        assert "1 geplanter Termin geht mit an" in asked.content.decode()
        assert case.owners.count() == 1
        done = self.confirm(client, address, values, asked, appointments="on")
        assert done.status_code == 302, done.context["form"].errors
        assert people(row) == {other}
        assert case.owners.count() == 2

    def test_one_case_of_the_provider(self, client, contract):
        team = make_team(contract.provider)
        lead, one, other = (
            worker(team, role) for role in ("provider_lead", "counsellor", "counsellor")
        )
        case = make_case(contract, assigned_on=FIRST)
        assign_counsellor(case=case, valid_from=FIRST, team=team, counsellor=one, by=somebody())
        row = make_appointment(one, day=LATER, case=case)
        make_appointment(other, day=LATER, kind="team")
        address = reverse("case-responsibility", args=[case.pk])
        values = {"valid_from": FROM.isoformat(), "team": team.pk, "counsellor": other.pk}
        asked, values = self.send(client, lead, address, values, appointments="on")
        text = asked.content.decode()
        assert "1 geplanter Termin geht mit an" in text
        assert "Zur selben Zeit gibt es schon einen anderen Termin:" in text
        done = self.confirm(client, address, values, asked, appointments="on")
        assert done.status_code == 302, done.context["form"].errors
        assert people(row) == {other}

    def test_the_body_sees_nothing_of_the_providers_calendar(self, client, contract):
        team, own = make_team(contract.provider), make_team(contract.commissioning_body)
        one, other = worker(team, "counsellor"), worker(team, "counsellor")
        caseworker = worker(own)
        case = make_case(contract, assigned_on=FIRST)
        assign_counsellor(case=case, valid_from=FIRST, team=team, counsellor=one, by=somebody())
        assign_owner(case=case, valid_from=FIRST, team=own, caseworker=caseworker, by=somebody())
        alone = [make_appointment(one, day=LATER, at=at, case=case) for at in ("08:07", "14:17")]
        both = make_appointment(
            one, caseworker, day=LATER, at="10:27", case=case, kind="three_party"
        )
        make_appointment(other, day=LATER, at="10:37", kind="team")
        address = reverse("case-responsibility", args=[case.pk])
        values = {"valid_from": FROM.isoformat(), "team": team.pk, "counsellor": other.pk}
        asked, values = self.send(client, caseworker, address, values, appointments="on")
        text = asked.content.decode()
        assert "3 geplante Termine gehen mit an" in text
        assert "In einem Kalender, den Sie nicht einsehen: 2" in text
        assert "10:27–11:27" in text
        for hidden in ("08:07", "14:17", "10:37", "anderen Termin"):
            assert hidden not in text
        done = self.confirm(client, address, values, asked, appointments="on")
        assert done.status_code == 302, done.context["form"].errors
        assert [people(row) for row in alone] == [{other}, {other}]
        assert people(both) == {other, caseworker}

    def test_where_nothing_is_planned_nothing_is_asked(self, client, contract, team):
        one, other = worker(team), worker(team)
        case = owned(contract, one, team)
        address = reverse("case-owner", args=[case.pk])
        values = {"valid_from": FROM.isoformat(), "to": f"{team.pk}:{other.pk}"}
        done, _values = self.send(client, one, address, values, appointments="on")
        assert done.status_code == 302
        assert CaseOwner.objects.filter(case=case, caseworker=other).exists()
