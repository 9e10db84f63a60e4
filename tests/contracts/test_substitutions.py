"""Who stands in for whom: what is refused, and for whom a person works on a day."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from contracts.actions.substitute_member import substitute_member, withdraw_substitution
from contracts.models import Substitution, TeamMembership
from contracts.standing_in import absences_entered_by, members_stood_in_for
from tests.factories import (
    make_commissioning_body,
    make_member,
    make_organisation,
    make_team,
    somebody,
)

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2024, 7, 1), date(2024, 7, 14)


@pytest.fixture
def absent():
    return make_member(make_commissioning_body(), roles=["caseworker"])


@pytest.fixture
def other():
    return make_member(make_commissioning_body(), roles=["caseworker"])


def entered(member, substitute, first=FIRST, last=LAST, **values):
    return substitute_member(
        member=member,
        substitute=substitute,
        first_day=first,
        last_day=last,
        by=somebody(),
        **values,
    )


class TestRefused:
    def test_oneself(self, absent):
        with pytest.raises(ValidationError, match="Niemand vertritt sich selbst"):
            entered(absent, absent)

    def test_somebody_of_another_organisation(self, absent):
        with pytest.raises(ValidationError, match="arbeitet nicht dort, wo"):
            entered(absent, make_member(make_organisation("other")))

    def test_who_has_left(self, absent, other):
        other.active = False
        other.save()
        with pytest.raises(ValidationError, match="ist nicht mehr tätig und vertritt niemanden"):
            entered(absent, other)

    def test_an_end_before_the_beginning(self, absent, other):
        with pytest.raises(ValidationError) as refused:
            entered(absent, other, LAST, FIRST)
        assert list(refused.value.error_dict) == ["last_day"]

    @pytest.mark.parametrize(
        ("first", "last", "taken"),
        [
            (LAST, LAST + timedelta(days=5), True),
            (FIRST - timedelta(days=5), FIRST, True),
            (FIRST + timedelta(days=1), FIRST + timedelta(days=2), True),
            (FIRST - timedelta(days=5), LAST + timedelta(days=5), True),
            (LAST + timedelta(days=1), LAST + timedelta(days=5), False),
            (FIRST - timedelta(days=5), FIRST - timedelta(days=1), False),
        ],
    )
    def test_a_second_one_on_the_same_day(self, absent, other, first, last, taken):
        entered(absent, other)
        third = make_member(make_commissioning_body(), roles=["caseworker"])
        if not taken:
            entered(absent, third, first, last)
            assert Substitution.objects.count() == 2
            return
        with pytest.raises(ValidationError, match="01.07.2024|2024-07-01"):
            entered(absent, third, first, last)
        assert Substitution.objects.get().substitute == other


class TestDays:
    def test_from_the_first_to_the_last_day(self, absent, other):
        entered(absent, other)
        days = [FIRST - timedelta(days=1), FIRST, LAST, LAST + timedelta(days=1)]
        found = [list(members_stood_in_for(other.user, day)) for day in days]
        assert found == [[], [absent.pk], [absent.pk], []]

    def test_chains_are_not_followed(self, absent, other):
        third = make_member(make_commissioning_body(), roles=["caseworker"])
        entered(absent, other)
        entered(other, third)
        assert list(members_stood_in_for(third.user, FIRST)) == [other.pk]

    def test_one_may_stand_in_for_several(self, absent, other):
        third = make_member(make_commissioning_body(), roles=["caseworker"])
        entered(absent, other)
        entered(third, other)
        assert set(members_stood_in_for(other.user, LAST)) == {absent.pk, third.pk}

    def test_changed_and_withdrawn_with_history(self, absent, other):
        row = entered(absent, other)
        row = entered(absent, other, FIRST, FIRST, substitution=row)
        assert (row.last_day, Substitution.objects.count()) == (FIRST, 1)
        withdraw_substitution(row, by=somebody())
        assert not Substitution.objects.exists()
        kinds = Substitution.history.order_by("history_id").values_list("history_type", flat=True)
        assert list(kinds) == ["+", "~", "-"]
        with pytest.raises(ValidationError, match="schon zurückgenommen"):
            withdraw_substitution(row, by=somebody())

    def test_in_one_question_for_a_request(self, absent, other, django_assert_num_queries):
        entered(absent, other)
        user = type(other.user).objects.get(pk=other.user_id)
        members_stood_in_for(user, FIRST)
        with django_assert_num_queries(0):
            assert list(members_stood_in_for(user, FIRST)) == [absent.pk]


class TestVisible:
    def test_only_in_the_same_house(self, absent, other):
        provider = make_organisation("provider")
        counsellor, stands_in = make_member(provider), make_member(provider)
        own, theirs = entered(absent, other), entered(counsellor, stands_in)
        assert list(Substitution.objects.visible_to(other.user)) == [own]
        assert list(Substitution.objects.visible_to(counsellor.user)) == [theirs]
        finance = make_member(make_commissioning_body(), roles=["finance"])
        assert not Substitution.objects.visible_to(finance.user).exists()
        assert timezone.localdate() > LAST


class TestWhoEnters:
    @pytest.fixture
    def team(self, absent):
        team = make_team(absent.organisation)
        TeamMembership.objects.create(team=team, member=absent)
        return team

    def may(self, member, absent) -> bool:
        return absent in set(absences_entered_by(member.user))

    def test_oneself_and_who_leads_the_team_or_the_house(self, absent, other, team):
        body = absent.organisation
        lead, strange, admin, finance = (
            make_member(body, roles=[role])
            for role in ("team_lead", "team_lead", "administrator", "finance")
        )
        TeamMembership.objects.create(team=team, member=lead)
        for member, expected in (
            (absent, True), (other, False), (lead, True), (strange, False), (admin, True),
            (finance, False), (make_member(make_organisation("p"), roles=["provider_lead"]), False),
        ):  # fmt: skip
            assert self.may(member, absent) == expected, member.roles

    def test_a_providers_lead_for_everybody_there(self):
        provider = make_organisation("provider")
        lead, counsellor = make_member(provider, roles=["provider_lead"]), make_member(provider)
        assert self.may(lead, counsellor) and not self.may(counsellor, lead)

    def test_others_are_refused_on_screen_in_words(self, client, absent, other):
        row = entered(absent, other)
        client.force_login(other.user)
        page = client.get(reverse("substitution-change", args=[row.pk]))
        values = page.context["form"].initial | {"_seen": page.context["seen"]}
        values |= {"last_day": FIRST.isoformat(), "first_day": FIRST.isoformat()}
        refused = client.post(reverse("substitution-change", args=[row.pk]), values)
        assert "trägt diese Person selbst ein" in refused.content.decode()
        withdrawn = client.post(reverse("substitution-withdraw", args=[row.pk]))
        assert "trägt diese Person selbst ein" in withdrawn.content.decode()
        row.refresh_from_db()
        assert row.last_day == LAST

    def test_one_enters_for_oneself(self, client, absent, other):
        client.force_login(absent.user)
        today = timezone.localdate().isoformat()
        values = {"substitute": str(other.pk), "first_day": today, "last_day": today}
        answer = client.post(reverse("substitution-add"), values)
        assert answer.status_code == 302
        row = Substitution.objects.get()
        assert (row.member, row.substitute) == (absent, other)
        shown = client.get("/").content.decode()
        assert str(other) in shown and "vertritt Sie bis zum genannten Tag" in shown
