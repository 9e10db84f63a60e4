"""Handing cases over: whose they are to give, to whom they go, and that all go or none."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from base.acting import acting_as
from contracts.models import Substitution, TeamMembership
from contracts.reach import memberships_of
from forms.actions.hand_over_cases import hand_over_cases
from forms.actions.open_case import set_status
from forms.actions.support_case import assign_counsellor, assign_owner
from forms.handing_over import Seat, handing_over, seats, to_hand_over
from forms.models import Case, CaseOwner, CaseResponsibility
from tests.factories import (
    make_case,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_team,
    somebody,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

FIRST = date(2024, 1, 8)
LATER = date(2024, 6, 3)


@kept
def contract():
    return make_contract()


@pytest.fixture
def team():
    return make_team(make_commissioning_body())


def worker(team, role="caseworker"):
    member = make_member(team.organisation, roles=[role])
    TeamMembership.objects.create(team=team, member=member)
    return member


def owned(contract, member, team, **values):
    case = make_case(contract, assigned_on=FIRST, **values)
    assign_owner(case=case, valid_from=FIRST, team=team, caseworker=member, by=somebody())
    return case


def own(member):
    (found,) = memberships_of(member.user)
    return found


def theirs(member) -> set:
    return set(to_hand_over(member.user, own(member), timezone.localdate()))


def hand_over(by, cases, *to, valid_from=LATER, reason="Elternzeit"):
    return hand_over_cases(
        by=by.user,
        membership=own(by),
        cases=Case.objects.filter(pk__in=[case.pk for case in cases]),
        valid_from=valid_from,
        to=[Seat(team, member) for team, member in to],
        reason=reason,
    )


class TestWhose:
    def test_a_caseworkers_own_alone_also_not_as_a_substitute(self, contract, team):
        one, other = worker(team), worker(team)
        mine, hers = owned(contract, one, team), owned(contract, other, team)
        today = timezone.localdate()
        Substitution.objects.create(member=other, substitute=one, first_day=today, last_day=today)
        assert (theirs(one), theirs(other)) == ({mine}, {hers})

    def test_a_team_leads_teams_and_what_nobody_owns(self, contract, team):
        lead, strange = worker(team, "team_lead"), make_team(team.organisation)
        case = owned(contract, worker(team), team)
        owned(contract, worker(strange), strange)
        unowned = make_case(contract, assigned_on=FIRST)
        assert theirs(lead) == {case, unowned}

    def test_an_administrators_all_that_run(self, contract, team):
        admin = make_member(team.organisation, roles=["administrator"])
        case = owned(contract, worker(team), team)
        owned(contract, worker(team), team, closed_on=LATER)
        assert theirs(admin) == {case}

    def test_a_provider_leads_whole_house_on_its_own_side(self, contract, team):
        provider_team = make_team(contract.provider)
        lead, counsellor = (
            worker(provider_team, "provider_lead"),
            worker(provider_team, "counsellor"),
        )
        case = owned(contract, worker(team), team)
        assert (theirs(lead), theirs(counsellor)) == ({case}, set())
        assign_counsellor(
            case=case, valid_from=FIRST, team=provider_team, counsellor=counsellor, by=somebody()
        )
        assert (theirs(lead), theirs(counsellor)) == ({case}, {case})
        other = make_contract(provider=make_organisation("other"))
        make_case(other, assigned_on=FIRST)
        assert theirs(lead) == {case}

    @pytest.mark.parametrize("role", ["manager", "finance", "auditor", "director"])
    def test_who_steers_pays_or_audits_hands_nothing_over(self, contract, team, role):
        owned(contract, worker(team), team)
        assert handing_over(make_member(team.organisation, roles=[role]).user) == []

    def test_seats_are_those_who_work_on_cases_and_are_there(self, team):
        here, gone = worker(team), worker(team)
        worker(team, "finance")
        gone.active = False
        gone.save()
        found = seats(team.organisation_id, CaseOwner)
        assert [seat.member for seat in found if seat.team == team] == [here]


class TestHandingOver:
    def test_all_from_the_first_day_on_with_reason_and_history(
        self, contract, team, django_assert_max_num_queries
    ):
        one, other = worker(team), worker(team)
        cases = [owned(contract, one, team) for _number in range(7)]
        with django_assert_max_num_queries(25):
            shares = hand_over(one, cases, (team, other))
        assert [(seat.member, len(keys)) for seat, keys in shares] == [(other, 7)]
        before = LATER - timedelta(days=1)
        assert Case.objects.looked_after_by([one], before).count() == 7
        assert set(Case.objects.looked_after_by([other], LATER)) == set(cases)
        rows = CaseOwner.objects.filter(valid_from=LATER)
        assert {row.reason for row in rows} == {"Elternzeit"}
        versions = CaseOwner.history.filter(valid_from=LATER)
        assert {(v.history_type, v.history_user) for v in versions} == {("+", one.user)}
        assert versions.count() == 7

    def test_spread_evenly_and_a_clients_cases_together(self, contract, team):
        lead, two, three = worker(team, "team_lead"), worker(team), worker(team)
        cases = [owned(contract, lead, team) for _number in range(5)]
        cases[1].client = cases[0].client
        cases[1].save()
        shares = hand_over(lead, cases, (team, two), (team, three))
        assert sorted(len(keys) for _seat, keys in shares) == [2, 3]
        (together,) = (keys for _seat, keys in shares if cases[0].pk in keys)
        assert cases[1].pk in together

    def test_no_more_cases_change_hands_than_an_even_share_asks_for(self, contract, team):
        lead, one, two, three = worker(team, "team_lead"), worker(team), worker(team), worker(team)
        holding = [one, two, one, two, one, two, lead]
        cases = [owned(contract, holder, team) for holder in holding]
        shares = hand_over(lead, cases, (team, one), (team, two), (team, three))
        assert [(seat.member, len(keys)) for seat, keys in shares] == [(three, 2)]
        have = [Case.objects.looked_after_by([member], LATER).count() for member in (one, two)]
        assert sorted(have) == [2, 3]
        with pytest.raises(ValidationError, match="nicht schon haben"):
            hand_over(lead, cases, (team, one), (team, two), (team, three))

    def test_a_row_of_the_same_day_is_replaced(self, contract, team):
        one, other, third = worker(team), worker(team), worker(team, "team_lead")
        case = owned(contract, one, team)
        hand_over(one, [case], (team, other))
        hand_over(third, [case], (team, third), reason="Doch anders")
        row = case.owners.get(valid_from=LATER)
        assert (row.caseworker, row.reason) == (third, "Doch anders")
        kinds = row.history.order_by("history_id").values_list("history_type", flat=True)
        assert list(kinds) == ["+", "~"]

    def test_what_is_closed_by_then_stays(self, contract, team):
        one, other = worker(team), worker(team)
        closing, going_on = owned(contract, one, team), owned(contract, one, team)
        tomorrow = timezone.localdate() + timedelta(days=1)
        set_status(case=closing, valid_from=tomorrow, status="closed", reason="Ende", by=somebody())
        shares = hand_over(one, [closing, going_on], (team, other), valid_from=tomorrow)
        assert [keys for _seat, keys in shares] == [[going_on.pk]]
        assert closing.owners.count() == 1

    def test_who_has_a_case_already_is_handed_nothing(self, contract, team):
        one = worker(team)
        case = owned(contract, one, team)
        with pytest.raises(ValidationError, match="nicht schon haben"):
            hand_over(one, [case], (team, one))

    def test_one_that_is_not_ones_own_stops_all(self, contract, team):
        one, other = worker(team), worker(team)
        mine, hers = owned(contract, one, team), owned(contract, other, team)
        with pytest.raises(ValidationError, match="nicht übergeben"):
            hand_over(one, [mine, hers], (team, other))
        assert CaseOwner.objects.filter(valid_from=LATER).count() == 0

    def test_refused_without_a_reason_or_anybody_or_elsewhere(self, contract, team):
        one, other = worker(team), worker(team)
        case = owned(contract, one, team)
        elsewhere = make_team(contract.provider)
        for to, reason, says in (
            ([(team, other)], "  ", "Warum"),
            ([], "Grund", "wer die Fälle bekommt"),
            ([(elsewhere, other)], "Grund", "betreut dort keine Fälle"),
            ([(team, make_member(contract.provider))], "Grund", "betreut dort keine Fälle"),
            ([(make_team(team.organisation), other)], "Grund", "betreut dort keine Fälle"),
            ([(team, worker(team, "finance"))], "Grund", "betreut dort keine Fälle"),
        ):
            with pytest.raises(ValidationError, match=says):
                hand_over(one, [case], *to, reason=reason)
        other.active = False
        other.save()
        with pytest.raises(ValidationError, match="nicht mehr tätig"):
            hand_over(one, [case], (team, other))

    def test_the_provider_side_likewise(self, contract):
        provider_team = make_team(contract.provider)
        lead, one, two = (
            worker(provider_team, role) for role in ("provider_lead", "counsellor", "counsellor")
        )
        cases = [make_case(contract, assigned_on=FIRST) for _number in range(4)]
        for case in cases:
            assign_counsellor(
                case=case, valid_from=FIRST, team=provider_team, counsellor=one, by=somebody()
            )
        hand_over(lead, cases, (provider_team, two))
        assert CaseResponsibility.objects.filter(valid_from=LATER, counsellor=two).count() == 4
        assert not CaseOwner.objects.exists()


class TestOnScreen:
    def post(self, client, member, query, **values):
        client.force_login(member.user)
        address = f"{reverse('cases-reassign')}?{query}"
        values = {"valid_from": LATER.isoformat(), "reason": "Urlaub"} | values
        return client.post(address, values), address, values

    def test_it_asks_first_and_says_how_many(self, client, contract, team):
        lead, one, other = worker(team, "team_lead"), worker(team), worker(team)
        cases = [owned(contract, one, team) for _number in range(3)]
        kept_by = owned(contract, other, team)
        asked, address, values = self.post(
            client, lead, f"caseworker={one.pk}", to=f"{team.pk}:{other.pk}"
        )
        assert asked.status_code == 200
        assert "3 Fälle werden ab dem 03.06.2024 übergeben" in asked.content.decode()
        assert CaseOwner.objects.filter(valid_from=LATER).count() == 0
        confirmation = asked.context["confirmation"]
        values[confirmation.name] = confirmation.value
        done = client.post(address, values, follow=True)
        assert "3 Fälle sind ab dem 03.06.2024 übergeben" in done.content.decode()
        assert set(Case.objects.looked_after_by([other], LATER)) == {*cases, kept_by}

    def test_it_asks_again_when_a_case_came_meanwhile(self, client, contract, team):
        one, other = worker(team), worker(team)
        owned(contract, one, team)
        asked, address, values = self.post(client, one, "", to=f"{team.pk}:{other.pk}")
        values[asked.context["confirmation"].name] = asked.context["confirmation"].value
        owned(contract, one, team)
        again = client.post(address, values)
        assert "2 Fälle werden" in again.content.decode()

    def test_an_administrator_reads_numbers_of_no_case(self, client, contract, team):
        admin = make_member(team.organisation, roles=["administrator"])
        one, other = worker(team), worker(team)
        case = owned(contract, one, team)
        client.force_login(admin.user)
        page = client.get(reverse("person", args=[one.pk])).content.decode()
        assert f"{reverse('cases-reassign')}?caseworker={one.pk}" in page
        asked, _address, _values = self.post(
            client, admin, f"caseworker={one.pk}", to=f"{team.pk}:{other.pk}"
        )
        assert "1 Fall wird" in asked.content.decode()
        assert case.number not in asked.content.decode()

    def test_one_case_by_whom_it_is_not_is_refused_in_words(self, client, contract, team):
        one, other = worker(team), worker(team)
        case = owned(contract, one, team)
        with acting_as(other.user):
            set_status(case=case, valid_from=LATER, status="open", by=other.user)
        values = {
            "valid_from": LATER.isoformat(), "to": f"{team.pk}:{other.pk}", "reason": "Tausch",
        }  # fmt: skip
        Substitution.objects.create(
            member=one,
            substitute=other,
            first_day=timezone.localdate(),
            last_day=timezone.localdate(),
        )
        for member, expected in ((other, one), (one, other)):
            client.force_login(member.user)
            page = client.get(reverse("case-owner", args=[case.pk]))
            seen = {"_seen": page.context["seen"]}
            answer = client.post(reverse("case-owner", args=[case.pk]), values | seen)
            row = case.owners.order_by("-valid_from").first()
            assert row.caseworker == expected
            assert ("gibt die zuständige Fachkraft weiter" in answer.content.decode()) == (
                member is other
            )

    def test_who_works_in_the_other_house_is_told_to_nobody(self, client, contract, team):
        """A counsellor hands over as well, on the other side of the same case."""
        case = owned(contract, worker(team), team)
        counsellor = worker(make_team(contract.provider), "counsellor")
        client.force_login(counsellor.user)
        assert client.get(case.get_absolute_url()).status_code == 200
        assert client.get(reverse("case-owner", args=[case.pk])).status_code == 404


class TestLead:
    def test_who_has_how_many_and_how_many_are_silent(self, client, contract, team):
        lead, one, other = worker(team, "team_lead"), worker(team), worker(team)
        for member in (one, one, other):
            owned(contract, member, team)
        owned(contract, one, team, closed_on=LATER)
        elsewhere = make_team(team.organisation)
        owned(contract, worker(elsewhere), elsewhere)
        client.force_login(lead.user)
        (found,) = client.get(reverse("caseload")).context["teams"]
        counts = {load.member: (load.running, load.silent) for load in found.loads}
        assert counts == {lead.pk: (0, 0), one.pk: (2, 2), other.pk: (1, 1)}
        assert (found.running, found.silent) == (3, 3)

    def test_each_number_leads_to_its_cases(self, client, contract, team):
        lead, one = worker(team, "team_lead"), worker(team)
        owned(contract, one, team)
        owned(contract, one, team, closed_on=LATER)
        fresh = make_case(contract, assigned_on=timezone.localdate())
        assign_owner(
            case=fresh, valid_from=fresh.assigned_on, team=team, caseworker=one, by=somebody()
        )
        client.force_login(lead.user)
        page = client.get(reverse("caseload"))
        (load,) = (load for load in page.context["teams"][0].loads if load.member == one.pk)
        assert (load.running, load.silent) == (2, 1)
        links = [
            part.split('"')[0].replace("&amp;", "&")
            for part in page.content.decode().split('href="')
            if part.startswith(f"{reverse('cases')}?caseworker={one.pk}")
        ]
        counts = [len(client.get(link).context["table"].rows) for link in links]
        assert counts == [2, 1]

    @pytest.mark.parametrize("role", ["caseworker", "manager", "director"])
    def test_for_nobody_else(self, client, team, role):
        client.force_login(worker(team, role).user)
        assert client.get(reverse("caseload")).status_code == 403


class TestStanding:
    @pytest.fixture
    def pair(self, contract, team):
        one, other = worker(team), worker(team)
        return one, other, owned(contract, one, team)

    def absent(self, one, other, day):
        Substitution.objects.create(
            member=one, substitute=other, first_day=day, last_day=day + timedelta(days=1)
        )

    def sees_as_own(self, client, member) -> bool:
        client.force_login(member.user)
        listed = client.get(reverse("cases"), {"mine": "on"}).context["table"].rows
        home = client.get("/").context["waiting"]
        waiting = [
            entry.title
            for work, _count, entries in home
            if work.key == "cases-idle"
            for entry in entries
        ]
        assert bool(waiting) == bool(len(listed))
        return bool(waiting)

    def test_the_absent_persons_cases_are_found_as_ones_own(self, client, pair):
        one, other, _case = pair
        today = timezone.localdate()
        assert (self.sees_as_own(client, one), self.sees_as_own(client, other)) == (True, False)
        self.absent(one, other, today)
        assert (self.sees_as_own(client, one), self.sees_as_own(client, other)) == (True, True)

    def test_only_while_it_is_in_force(self, client, pair):
        one, other, _case = pair
        self.absent(one, other, timezone.localdate() - timedelta(days=2))
        assert not self.sees_as_own(client, other)

    def test_it_widens_no_right(self, client, pair, team):
        one, _other, case = pair
        finance = worker(team, "administrator")
        self.absent(one, finance, timezone.localdate())
        client.force_login(finance.user)
        assert client.get(reverse("case", args=[case.pk])).status_code in (403, 404)
        assert client.get(reverse("cases")).status_code == 403
