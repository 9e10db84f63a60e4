"""A month of somebody's cases: planned, recorded, in the calendar and left, worked out by hand."""

import csv
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.facts import withdraw
from cms.models import CatalogueEdition
from contracts.billing import Period
from contracts.models import Substitution, TeamMembership
from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.open_case import set_status
from forms.actions.settle_appointment import settle_appointment
from forms.actions.support_case import assign_counsellor, assign_owner
from forms.models import CaseOwner, CaseResponsibility
from forms.month_sums import Sums, Whose, day_meant, month_of, months_to_see
from forms.plan_months import plan_months
from forms.views.shared import names_known_to
from tests.factories import (
    ASSIGNED,
    HOURLY,
    make_appointment,
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
    somebody,
)

pytestmark = pytest.mark.django_db

MARCH = Period.parse("2024-03")
NOON = datetime(2024, 3, 20, 12, tzinfo=UTC)
KINDS = [
    {"key": "talk", "label": "Talk"},
    {"key": "group", "label": "Group", "setting": "group"},
    {"key": "journey", "label": "Journey"},
]
PLANNED = HOURLY | {"cap": {"source": "support_plan"}}
"""Talks in full and parts in groups count under the plan, journeys do not."""


def on(day: int) -> date:
    return date(2024, 3, day)


@pytest.fixture
def contract():
    return make_contract(
        remuneration=[PLANNED], kinds_of_work=KINDS, catalogues=[make_catalogue("modules")]
    )


@pytest.fixture
def team(contract):
    return make_team(contract.provider)


def worker(team, *roles):
    member = make_member(team.organisation, roles=roles or ["counsellor"])
    TeamMembership.objects.create(team=team, member=member)
    return member


@pytest.fixture
def counsellor(team):
    return worker(team)


def given(contract, team, member, number, **values):
    """A case of a counsellor, or of a caseworker where the team is one of the Jobcenter."""
    case = make_case(contract, number, **values)
    if team.organisation_id == contract.provider_id:
        assign_counsellor(
            case=case, valid_from=case.assigned_on, team=team, counsellor=member, by=somebody()
        )
    else:
        assign_owner(
            case=case, valid_from=case.assigned_on, team=team, caseworker=member, by=somebody()
        )
    return case


def month(member, row=None, side=CaseResponsibility, period=MARCH, now=NOON):
    names = names_known_to(member.user)
    return month_of(member.user, Whose(row or member, side), period, now, names=names)


def rows_of(*args, **kwargs):
    return {row.case.number: row for each in month(*args, **kwargs) for row in each.rows}


class TestHours:
    def test_a_month_worked_out_by_hand(self, contract, team, counsellor):
        """The plan changes on the 16th: 12 h for 15 of 31 days, then 6 h for 16 of 31."""
        mine = given(contract, team, counsellor, "A-1")
        full = given(contract, team, counsellor, "A-2")
        catalogue = CatalogueEdition.objects.get(catalogue__key="modules")
        plain = given(contract, team, counsellor, "A-3", catalogue=catalogue)
        other = given(contract, team, worker(team), "B-1")
        make_plan(mine, "12", valid_until=on(15))
        make_plan(mine, "6", valid_from=on(16))
        make_plan(full, "1")
        make_record(mine, day=on(3), minutes=120)
        make_session([mine, full, other], day=on(10))  # 90 minutes for three: half an hour each
        make_record(mine, day=on(11), minutes=60, kind="journey")
        withdraw(make_record(mine, day=on(12), minutes=60), reason="entered twice")
        make_record(mine, day=date(2024, 2, 29), minutes=60)
        make_record(plain, day=on(4), minutes=45)
        recorded = make_appointment(counsellor, day=on(18), minutes=90, case=mine)
        make_record(mine, day=on(18), minutes=90, reference=recorded.reference)
        make_appointment(counsellor, day=on(12), minutes=30, case=mine)
        make_appointment(counsellor, day=on(25), minutes=60, case=mine, work="talk")
        make_appointment(counsellor, day=on(26), minutes=90, case=mine, kind="group")
        make_appointment(counsellor, day=on(28), minutes=45, case=mine, work="journey")
        make_appointment(counsellor, day=date(2024, 4, 2), case=mine)
        make_appointment(counsellor, day=on(27), minutes=120, case=full)
        cancelled = make_appointment(counsellor, day=on(27), at="13:00", case=mine)
        cancel_appointment(cancelled, reason="verreist", by=somebody())
        in_vain = make_appointment(counsellor, day=on(14), case=mine)
        settle_appointment(in_vain, status="no_show", by=somebody())
        caseworker = make_member(make_commissioning_body(), roles=["caseworker"])
        make_appointment(caseworker, day=on(26), case=mine)

        (person,) = month(counsellor)
        found = {row.case.number: row for row in person.rows}

        assert list(found) == ["A-1", "A-2", "A-3"]
        one, two, three = found.values()
        granted = Fraction(12 * 15 + 6 * 16, 31)
        # 2 h, half an hour in the group, 1 h of journey, 1.5 h of the appointment.
        assert (one.planned, one.recorded, one.counted) == (granted, 5, 4)
        # To come: 1 h of talk, three quarters of a journey; half an hour waits for its record.
        assert (one.coming, one.overdue, one.groups) == (Fraction(9, 4), Fraction(1, 2), 1)
        assert (one.left, one.over) == (granted - 4 - Fraction(3, 2), 0)
        assert (two.planned, two.recorded, two.coming) == (1, Fraction(1, 2), 2)
        assert (two.left, two.over) == (0, Fraction(3, 2))
        assert (three.planned, three.left, three.over) == (None, None, None)
        assert (three.recorded, three.coming) == (Fraction(3, 4), 0)
        assert three.overview.usage.planned_hours == 14
        sums = person.sums
        assert (sums.planned, sums.recorded) == (granted + 1, Fraction(25, 4))
        assert (sums.without_plan, sums.coming) == (Fraction(3, 4), Fraction(17, 4))
        # The journey is recorded and counts under no plan.
        assert (sums.counted, sums.counts_otherwise) == (Fraction(9, 2), True)
        assert (sums.left, sums.over) == (granted - Fraction(11, 2), Fraction(3, 2))

    def test_each_plan_has_room_on_its_own_days(self, contract, team, counsellor):
        """16 h where the first plan grants 15, none where the second grants 32."""
        case = given(contract, team, counsellor, "A-1")
        make_plan(case, "31", valid_until=on(15))
        make_plan(case, "62", valid_from=on(16))
        make_record(case, day=on(2), minutes=960)
        (row,) = rows_of(counsellor).values()
        assert (row.planned, row.left, row.over) == (47, 32, 1)

    def test_recorded_is_the_effort_of_the_records(self, contract, team, counsellor):
        case = given(contract, team, counsellor, "A-1")
        records = [
            make_record(case, day=on(5), minutes=50),
            *make_session([case], day=on(6), participants=7, counsellors=2),
        ]
        (row,) = rows_of(counsellor).values()
        assert row.recorded == sum(each.effort_hours for each in records)
        assert row.recorded == Fraction(50, 60) + Fraction(3, 7)

    @pytest.mark.parametrize("in_turns", [False, True])
    def test_the_month_says_what_the_page_of_the_case_says(self, team, counsellor, in_turns):
        """Also where two hours are paid before the plan is asked; 1 h of it is still to come."""
        fixed = HOURLY | {"cap": {"source": "fixed", "quantity": "2"}}
        after = PLANNED | {"key": "rest", "label": "Rest", "after": ["hours"]}
        terms = [fixed, after] if in_turns else [PLANNED]
        contract = make_contract(provider=team.organisation, remuneration=terms)
        case = given(contract, team, counsellor, "A-1")
        make_plan(case, "3")
        make_record(case, day=on(4), minutes=240)
        make_appointment(counsellor, day=on(25), minutes=120, case=case)
        (shown,) = plan_months(case, MARCH.last, months=1)
        (row,) = rows_of(counsellor).values()
        assert row.plan.now == shown
        assert row.counted == (2 if in_turns else 4)
        assert (row.left, row.over) == (0, 1 if in_turns else 3)

    def test_a_rounded_line_counts_as_what_is_recorded(self, team, counsellor):
        """50 minutes are 0.8333 h in a statement, and both read 0.83; of 2 h the plan pays 1.5."""
        after = HOURLY | {"key": "rest", "label": "Rest", "after": ["hours"]}
        contract = make_contract(provider=team.organisation, remuneration=[PLANNED, after])
        case = given(contract, team, counsellor, "A-1")
        make_plan(case, "5")
        make_record(case, day=on(4), minutes=50)
        (row,) = rows_of(counsellor).values()
        assert (row.recorded, row.counted) == (Fraction(5, 6), Fraction("0.8333"))
        assert not row.counts_otherwise and not Sums([row]).counts_otherwise
        other = given(contract, team, counsellor, "A-2")
        make_plan(other, "1.5")
        make_record(other, day=on(4), minutes=120)
        rows = rows_of(counsellor)
        assert rows["A-2"].counts_otherwise and Sums(list(rows.values())).counts_otherwise

    def test_a_plan_of_other_months_is_none(self, contract, team, counsellor):
        case = given(contract, team, counsellor, "A-1")
        make_plan(case, "8", valid_until=date(2024, 2, 29))
        assert rows_of(counsellor)["A-1"].planned is None
        assert Sums(list(rows_of(counsellor).values())).planned is None


class TestWhoseCases:
    def test_who_is_responsible_on_the_day_next_to_today(self, contract, team, counsellor):
        colleague = worker(team)
        case = given(contract, team, counsellor, "A-1")
        assign_counsellor(
            case=case, valid_from=on(25), team=team, counsellor=colleague, by=somebody()
        )
        april = NOON + timedelta(days=20)
        assert list(rows_of(counsellor)) == ["A-1"]
        assert rows_of(counsellor, colleague) == {}
        assert rows_of(counsellor, now=april) == {}
        assert list(rows_of(counsellor, colleague, now=april)) == ["A-1"]
        assert [day_meant(MARCH, day) for day in (date(2024, 2, 1), on(20), date(2024, 5, 1))] == [
            on(1), on(20), on(31),
        ]  # fmt: skip

    def test_cases_that_ran_in_the_month(self, contract, team, counsellor):
        given(contract, team, counsellor, "ended", closed_on=on(1))
        given(contract, team, counsellor, "inside", closed_on=on(12))
        given(contract, team, counsellor, "later", assigned_on=date(2024, 4, 1))
        worked = given(contract, team, counsellor, "last-day")
        make_record(worked, day=on(1))
        set_status(case=worked, valid_from=on(1), status="closed", reason="x", by=somebody())
        again = given(contract, team, counsellor, "again", closed_on=date(2024, 2, 1))
        set_status(case=again, valid_from=on(18), status="open", reason="x", by=somebody())
        found = rows_of(counsellor)
        assert set(found) == {"inside", "last-day", "again"}
        assert found["inside"].overview.status == "closed"

    def test_a_team_by_person(self, contract, team, counsellor):
        lead, other = worker(team, "provider_lead"), make_team(team.organisation)
        given(contract, team, counsellor, "A-1")
        given(contract, team, lead, "A-2")
        given(contract, other, counsellor, "A-3")
        found = month(lead, team)
        assert {each.name: [row.case.number for row in each.rows] for each in found} == {
            str(counsellor): ["A-1"],
            str(lead): ["A-2"],
        }
        assert list(rows_of(lead, counsellor)) == ["A-1", "A-3"]

    def test_the_jobcenter_sees_hours_and_not_the_calendar(self, contract, team, counsellor):
        body_team = make_team(contract.commissioning_body)
        caseworker = worker(body_team, "caseworker")
        case = given(contract, team, counsellor, "A-1")
        assign_owner(
            case=case, valid_from=ASSIGNED, team=body_team, caseworker=caseworker, by=somebody()
        )
        make_plan(case, "3")
        make_record(case, day=on(4))
        make_appointment(counsellor, caseworker, day=on(25), case=case, kind="three_party")
        (row,) = rows_of(caseworker, side=CaseOwner).values()
        assert (row.planned, row.recorded, row.coming, row.left) == (3, 1, 0, 2)
        (row,) = rows_of(counsellor).values()
        assert (row.coming, row.left) == (1, 1)


class TestWhoSeesWhom:
    def test_counsellors_see_their_own_and_whom_they_stand_in_for(self, team, counsellor):
        colleague, today = worker(team), timezone.localdate()
        assert [each.row for each in months_to_see(counsellor.user, today)] == [counsellor]
        Substitution.objects.create(
            member=colleague, substitute=counsellor, first_day=today, last_day=today
        )
        found = months_to_see(type(counsellor.user).objects.get(pk=counsellor.user_id), today)
        assert [(each.row, each.stood_in_for) for each in found] == [
            (counsellor, False),
            (colleague, True),
        ]

    def test_leads_see_those_whose_caseload_they_see(self, contract, team, counsellor):
        today, other = timezone.localdate(), make_team(team.organisation)
        elsewhere = worker(other)
        foreign_team = make_team(make_organisation())
        worker(foreign_team)
        lead = worker(team, "provider_lead")
        found = {each.row for each in months_to_see(lead.user, today)}
        assert found == {lead, counsellor, elsewhere, team, other}

    def test_team_leads_of_the_jobcenter_see_their_own_teams(self, contract, team, counsellor):
        today, body = timezone.localdate(), contract.commissioning_body
        led, other = make_team(body), make_team(body)
        lead, colleague = worker(led, "team_lead"), worker(led, "caseworker")
        worker(other, "caseworker")
        found = months_to_see(lead.user, today)
        assert {each.row for each in found} == {lead, colleague, led}
        assert {each.side for each in found} == {CaseOwner}

    @pytest.mark.parametrize("role", ["manager", "finance", "auditor", "director", "administrator"])
    def test_who_looks_after_no_cases_has_no_month(self, client, contract, role):
        member = make_member(contract.commissioning_body, roles=[role])
        assert months_to_see(member.user, timezone.localdate()) == []
        client.force_login(member.user)
        assert client.get(reverse("record-month")).status_code == 403


class TestPage:
    def test_words_beside_bars_and_nothing_of_colleagues(self, client, contract, team, counsellor):
        today = timezone.localdate()
        colleague = worker(team)
        mine = given(contract, team, counsellor, "A-1")
        given(contract, team, counsellor, "A-2")
        given(contract, team, colleague, "B-1")
        make_plan(mine, "1", valid_from=today.replace(day=1))
        make_record(mine, day=today, minutes=90)
        client.force_login(counsellor.user)
        for who in ("", f"p{colleague.pk}", f"t{team.pk}", "p", "x9"):
            text = client.get(reverse("record-month"), {"who": who}).content.decode()
            assert "0,5 h über Plan" in text
            assert "kein Hilfeplan" in text
            assert "A-1" in text
            assert "B-1" not in text

    def test_files_have_a_row_for_each_case(self, client, contract, team, counsellor):
        case = given(contract, team, counsellor, "A-1")
        given(contract, team, counsellor, "A-2")
        make_plan(case, "12", valid_until=on(15))
        make_record(case, day=on(3), minutes=50)
        client.force_login(counsellor.user)
        query = {"month": "2024-03", "export": "csv"}
        text = client.get(reverse("record-month"), query).content.decode("utf-8-sig")
        one, two = csv.DictReader(StringIO(text), delimiter=";")
        # 12 h for 15 of 31 days are 5.81 h.
        assert (one["Fall"], one["Geplant (h)"], one["Erfasst (h)"]) == ("A-1", "5,81", "0,83")
        assert (one["Noch im Kalender (h)"], one["Noch frei (h)"]) == ("0,00", "4,97")
        assert (two["Hilfeplan"], two["Geplant (h)"]) == ("kein Hilfeplan", "")
        content = client.get(reverse("record-month"), query | {"export": "xlsx"}).content
        sheet = openpyxl.load_workbook(BytesIO(content)).active
        assert [cell.value for cell in sheet["B"]] == ["Fall", "A-1", "A-2"]

    @pytest.mark.parametrize(
        "given", ["2024-13", "x", "2024-03-09", "0001-01", "9999-12", "9998-12", "0002-01", "-"]
    )
    def test_any_month_that_is_typed(self, client, counsellor, given):
        client.force_login(counsellor.user)
        answer = client.get(reverse("record-month"), {"month": given})
        assert answer.status_code == 200
        assert "für keinen Fall zuständig" in answer.content.decode()

    def test_as_many_queries_for_many_cases(self, client, team, counsellor):
        fixed = HOURLY | {"cap": {"source": "fixed", "quantity": "2"}}
        after = PLANNED | {"key": "rest", "label": "Rest", "after": ["hours"]}
        client.force_login(counsellor.user)
        asked = []
        for number in (2, 5):
            for each in range(number):
                for terms in ([PLANNED], [fixed, after]):
                    contract = make_contract(provider=team.organisation, remuneration=terms)
                    case = given(contract, team, counsellor, f"{number}-{each}-{len(terms)}")
                    make_plan(case, "8", valid_until=on(15))
                    make_plan(case, "6", valid_from=on(16))
                    make_record(case, day=on(4), minutes=150)
                    make_session([case], day=on(5), participants=2, minutes=30)
                    make_appointment(counsellor, day=on(27), case=case)
            client.get(reverse("record-month"), {"month": "2024-03"})
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("record-month"), {"month": "2024-03"})
            asked.append(len(queries))
        assert asked[0] == asked[1]
