"""Who looks after a case on either side, since when, and who is asked for their cases."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from forms.actions.support_case import assign_counsellor, assign_owner
from forms.models import Case, CaseOwner
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

FIRST, LATER, BEFORE = date(2024, 1, 8), date(2024, 3, 1), date(2024, 2, 29)


@kept
def contract():
    return make_contract()


@pytest.fixture
def case(contract):
    return make_case(contract, assigned_on=FIRST)


@pytest.fixture
def team():
    return make_team(make_commissioning_body())


def caseworker(organisation=None):
    return make_member(organisation or make_commissioning_body(), roles=["caseworker"])


def owned(case, member, team, day=FIRST, **values):
    return assign_owner(
        case=case, valid_from=day, team=team, caseworker=member, by=somebody(), **values
    )


class TestRules:
    def test_the_reason_and_the_day_are_kept_and_history_says_who(self, case, team):
        member = caseworker()
        row = owned(case, member, team, reason="  Elternzeit ")
        assert (row.caseworker, row.team, row.valid_from) == (member, team, FIRST)
        row.refresh_from_db()
        assert row.reason == "Elternzeit"
        assert [version.history_user for version in row.history.all()] == [somebody()]

    def test_of_one_day_there_is_one_row(self, case, team):
        one, other = caseworker(), caseworker()
        owned(case, one, team)
        owned(case, other, team)
        assert case.owners.get().caseworker == other

    @pytest.mark.parametrize("strange", ["team", "caseworker"])
    def test_both_belong_to_the_commissioning_body(self, case, team, strange):
        provider = case.contract.provider
        given = {"team": team, "caseworker": caseworker()}
        given[strange] = make_team(provider) if strange == "team" else make_member(provider)
        with pytest.raises(ValidationError, match="müssen zum Auftraggeber des Vertrags"):
            owned(case, given["caseworker"], given["team"])

    def test_nobody_of_another_commissioning_body(self, case):
        body = make_organisation("other", kind="commissioning_body")
        with pytest.raises(ValidationError, match="müssen zum Auftraggeber des Vertrags"):
            owned(case, caseworker(body), make_team(body))

    def test_not_before_the_assignment(self, case, team):
        with pytest.raises(ValidationError, match="08.01.2024|2024-01-08"):
            owned(case, caseworker(), team, date(2024, 1, 7))

    def test_nobody_who_has_left(self, case, team):
        member = caseworker()
        member.active = False
        member.save()
        with pytest.raises(ValidationError, match="nicht mehr tätig"):
            owned(case, member, team)
        assert not CaseOwner.objects.exists()

    def test_nobody_who_could_not_open_the_case(self, case, team):
        finance = make_member(make_commissioning_body(), roles=["finance"])
        with pytest.raises(ValidationError, match="betreut dort keine Fälle"):
            owned(case, finance, team)
        assert not CaseOwner.objects.exists()


class TestLookedAfter:
    def test_a_row_counts_until_the_next_one_begins(self, case, team):
        one, other = caseworker(), caseworker()
        owned(case, one, team)
        owned(case, other, team, LATER)
        for day, found in ((date(2024, 1, 7), []), (FIRST, [one]), (BEFORE, [one])):
            looked_after = [m for m in (one, other) if case_of(m, day) == [case]]
            assert looked_after == found
        assert (case_of(one, LATER), case_of(other, LATER)) == ([], [case])

    def test_both_sides_look_after_one_case(self, case, team):
        provider = case.contract.provider
        counsellor, its_team = make_member(provider), make_team(provider)
        member = caseworker()
        owned(case, member, team)
        assign_counsellor(
            case=case, valid_from=FIRST, team=its_team, counsellor=counsellor, by=somebody()
        )
        make_case(case.contract, assigned_on=FIRST)
        assert case_of(member, FIRST) == case_of(counsellor, FIRST) == [case]
        assert list(Case.objects.looked_after_by([member.pk, counsellor.pk], FIRST)) == [case]
        for each in (team, its_team):
            assert list(Case.objects.looked_after_in([each], FIRST)) == [case]
        assert list(Case.objects.looked_after_in([make_team(provider)], FIRST)) == []

    def test_nobody_looks_after_a_case_before_the_first_row(self, case, team, contract):
        owned(case, caseworker(), team, LATER)
        other = make_case(contract, assigned_on=FIRST)
        nobody = Case.objects.looked_after_by_nobody
        assert set(nobody(CaseOwner, BEFORE)) == {case, other}
        assert set(nobody(CaseOwner, LATER)) == {other}

    def test_one_question_whatever_the_number(self, case, team, django_assert_num_queries):
        members = [caseworker() for _number in range(3)]
        with django_assert_num_queries(1):
            list(Case.objects.looked_after_by(members, FIRST).order_by("number"))
        with django_assert_num_queries(1):
            Case.objects.looked_after_by(members, FIRST).looked_after_in([team], FIRST).count()


def case_of(member, day):
    return list(Case.objects.looked_after_by([member], day))
