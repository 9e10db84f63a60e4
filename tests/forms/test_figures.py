"""Figures of cases and work in small worlds, with numbers that are counted by hand."""

from datetime import date
from fractions import Fraction

import pytest
from django.utils.translation import override

from base.workspace.figures import Narrowing
from forms.actions.support_case import assign_owner
from forms.figures import cases, deadlines, standings, work
from forms.figures.cases import _months_before
from forms.models import Case, CasePlacement, ServiceRecord
from forms.models.case import runs
from tests.factories import (
    annex,
    make_case,
    make_catalogue,
    make_contract,
    make_deadline,
    make_member,
    make_organisation,
    make_record,
    make_team,
    somebody,
)

pytestmark = pytest.mark.django_db

TODAY = date(2024, 8, 15)
YEAR = Narrowing(date(2024, 1, 1), date(2024, 12, 31), TODAY)


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def director(contract):
    return make_member(contract.commissioning_body, roles=["director"]).user


def assigned(contract, *days: str, **values) -> list[Case]:
    return [make_case(contract, assigned_on=date.fromisoformat(day), **values) for day in days]


def said(lines) -> list[tuple]:
    return [(str(line.label), *(str(cell) for cell in line.cells)) for line in lines]


def test_running_are_assigned_and_not_closed(contract, director):
    assigned(contract, "2024-03-01", "2024-08-15", "2024-08-16")
    assigned(contract, "2024-03-01", closed_on=date(2024, 8, 15))
    assigned(contract, "2024-03-01", closed_on=date(2024, 8, 16))

    assert cases.running(director, YEAR).value == 3


def test_waiting_have_no_record_that_counts(contract, director):
    (begun, _none) = assigned(contract, "2024-03-01", "2024-03-02")
    make_record(begun, day=date(2024, 3, 4))

    assert cases.standing("waiting")(director, YEAR).value == 1


def test_silent_leave_out_the_new_ones(contract, director):
    worked, quiet, _never, _new = assigned(
        contract, "2024-03-01", "2024-03-01", "2024-07-31", "2024-08-01"
    )
    make_record(worked, day=date(2024, 8, 1))
    make_record(quiet, day=date(2024, 7, 31))

    assert cases.standing("silent")(director, YEAR).value == 2


def test_new_and_closed_are_compared_with_as_many_days_before(contract, director):
    july = Narrowing(date(2024, 7, 1), date(2024, 7, 31), TODAY)
    assigned(contract, "2024-05-31", "2024-06-01", "2024-06-30", "2024-07-01", "2024-07-31")
    assigned(contract, "2024-02-01", closed_on=date(2024, 7, 5))

    found = cases.assigned(director, july)
    assert (found.value, str(found.remark)) == (2, "3 in as many days before")
    found = cases.closed(director, july)
    assert (found.value, str(found.remark)) == (1, "0 in as many days before")


def test_what_lies_ahead_is_not_counted_yet(contract, director):
    assigned(contract, "2024-08-15", "2024-08-16", "2024-12-31")

    assert cases.assigned(director, YEAR).value == 1
    ahead = Narrowing(date(2024, 9, 1), date(2024, 12, 31), TODAY)
    assert cases.assigned(director, ahead).value == 0
    assert list(cases.by_month(director, ahead)) == []


def test_age_of_running_cases(contract, director):
    assigned(contract, "2024-08-15", "2024-05-16", "2024-05-15", "2024-02-15", "2023-08-15")
    assigned(contract, "2022-08-16", "2022-08-15", "2020-01-01")

    assert said(cases.by_age(director, YEAR)) == [
        ("under 3 months", "2"),
        ("3 to 6 months", "1"),
        ("6 to 12 months", "1"),
        ("1 to 2 years", "2"),
        ("2 years and more", "2"),
    ]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2024-08-15", 3, "2024-05-15"),
        ("2024-05-31", 3, "2024-02-29"),
        ("2024-03-31", 12, "2023-03-31"),
        ("2024-01-31", 1, "2023-12-31"),
        ("2024-12-31", 6, "2024-06-30"),
        ("2024-02-29", 24, "2022-02-28"),
    ],
)
def test_months_before(day, months, expected):
    assert _months_before(date.fromisoformat(day), months) == date.fromisoformat(expected)


def test_by_month_and_by_year(contract, director):
    assigned(contract, "2024-01-31", "2024-02-01", "2023-05-01")
    assigned(contract, "2024-02-29", closed_on=date(2024, 3, 1))

    quarter = Narrowing(date(2024, 1, 1), date(2024, 3, 31), TODAY)
    assert said(cases.by_month(director, quarter)) == [
        ("01.2024", "1", "0"), ("02.2024", "2", "0"), ("03.2024", "0", "1"),
    ]  # fmt: skip
    years = Narrowing(date(2022, 7, 1), date(2024, 12, 31), TODAY)
    assert said(cases.by_month(director, years)) == [
        ("2022", "0", "0"), ("2023", "1", "0"), ("2024", "3", "1"),
    ]  # fmt: skip


def test_by_provider_and_team(contract, director):
    other = make_contract("other", provider=make_organisation("second"))
    (owned,) = assigned(contract, "2024-03-01")
    assigned(other, "2024-03-01", "2024-08-14")
    team = make_team(contract.commissioning_body)
    caseworker = make_member(contract.commissioning_body, roles=["caseworker"])
    assign_owner(
        case=owned, valid_from=owned.assigned_on, caseworker=caseworker, team=team, by=somebody()
    )

    assert said(cases.by_provider(director, YEAR)) == [
        ("Second", "2", "2", "1"), (contract.provider.name, "1", "1", "1"),
    ]  # fmt: skip
    ((label, *numbers),) = said(cases.by_team(director, YEAR))
    assert label.startswith(team.name)
    assert numbers == ["1", "1", "1"]
    assert cases.running(director, YEAR.at("team", team.pk)).value == 1
    assert cases.running(director, YEAR.at("provider", other.provider_id)).value == 2


def test_a_provider_counts_its_own_alone(contract):
    assigned(contract, "2024-03-01")
    other = make_contract("other", provider=make_organisation("second"))
    assigned(other, "2024-03-01", "2024-03-01")
    lead = make_member(contract.provider, roles=["provider_lead"]).user

    assert cases.running(lead, YEAR).value == 1
    assert cases.by_provider(lead, YEAR) == []


def test_standings_of_missing_facts(contract, director):
    catalogue = make_catalogue()
    placed = make_contract("placed", annexes=[annex(catalogue)])
    assigned(placed, "2024-03-01", catalogue=catalogue)
    assigned(placed, "2024-03-01")
    rows = Case.objects.visible_to(director)

    assert standings.unplaced(rows, TODAY).count() == 1
    assert standings.unowned(rows, TODAY).count() == 2
    assert standings.uncounselled(rows, TODAY).count() == 2


def test_hours_by_module_against_the_plan(contract, director):
    catalogue = make_catalogue()
    placed = make_contract("placed", annexes=[annex(catalogue)])
    found = assigned(placed, "2024-03-01", "2024-03-01", catalogue=catalogue)
    assigned(placed, "2024-03-01", catalogue=catalogue, closed_on=date(2024, 4, 1))
    module = catalogue.data.modules[0]
    make_record(found[0], day=date(2024, 3, 5), minutes=90, module=module.key)
    make_record(found[1], day=date(2024, 3, 6), minutes=45, module=module.key)
    make_record(found[1], day=date(2024, 3, 7), minutes=30)

    # Two running cases, each with 2 to 7 hours of both modules; the third is closed.
    hours = work.planned_hours(CasePlacement.objects.filter(runs(TODAY, of="case__")))
    assert hours == {"m1": Fraction(14), "m2": Fraction(14)}
    lines = [[str(cell) for cell in line.cells] for line in work.by_module(director, YEAR)]
    assert lines == [
        ["2", "2:15\u00a0h", "14:00\u00a0h", "16\u00a0%"],
        ["0", "0:00\u00a0h", "14:00\u00a0h", "0\u00a0%"],
        ["1", "0:30\u00a0h", "–", "–"],
    ]
    assert work.missing_module(director, YEAR).value == 1
    assert work.without_module(ServiceRecord.objects.all()).get().minutes == 30


class TestDeadlines:
    """Five were due by the fifteenth of August: two done in time, one late, two not at all."""

    @pytest.fixture(autouse=True)
    def _due(self, contract):
        done = {"state": "done", "ending": "record"}
        due = [
            (date(2024, 4, 1), done | {"ended_on": date(2024, 4, 1)}),
            (date(2024, 8, 20), done | {"ended_on": date(2024, 8, 1)}),  # not due yet
            (date(2024, 1, 1), done | {"ended_on": date(2023, 12, 4)}),
            (date(2024, 5, 2), done | {"ended_on": date(2024, 5, 3)}),
            (date(2024, 8, 14), {}),
            (date(2024, 8, 15), {}),  # today: time is left
            (date(2024, 2, 1), {"state": "dropped", "ending": "person"}),
            (date(2023, 12, 31), {}),  # of the year before
            (None, {}),
        ]
        rows = [
            make_deadline(case, due_on=day, **values)
            for case, (day, values) in zip(
                assigned(contract, *["2023-12-01"] * len(due)), due, strict=True
            )
        ]
        (papers,) = assigned(contract, "2024-01-02")
        make_deadline(papers, due_on=date(2024, 3, 1), starts="document_received")
        self.rows = rows

    def test_kept_is_a_part_of_what_was_due(self, director):
        found = deadlines.kept(director, YEAR)
        assert (found.value, found.remark) == (2, "40\u00a0% of 5 due")

    def test_those_kept_least_often_come_first(self, director):
        assert said(deadlines.by_standard(director, YEAR)) == [
            ("document_received", "0", "0", "1", "0\u00a0%"),
            ("assignment", "2", "1", "1", "50\u00a0%"),
        ]

    def test_nothing_due_is_said_so(self, director):
        ahead = Narrowing(date(2025, 1, 1), date(2025, 12, 31), TODAY)
        assert str(deadlines.kept(director, ahead).remark) == "none was due"
        assert deadlines.by_standard(director, ahead) == []

    def test_others_deadlines_are_not_counted(self):
        stranger = make_member(
            make_organisation("housing", kind="commissioning_body"), roles=["director"]
        ).user
        assert deadlines.kept(stranger, YEAR).value == 0
        assert deadlines.by_standard(stranger, YEAR) == []

    def test_of_a_team_are_those_of_its_cases(self, contract, director):
        team = make_team(contract.commissioning_body)
        first = self.rows[0].case
        worker = make_member(contract.commissioning_body, roles=["caseworker"])
        assign_owner(
            case=first, valid_from=first.assigned_on, team=team, caseworker=worker, by=somebody()
        )
        found = deadlines.kept(director, YEAR.at("team", team.pk))
        assert (found.value, found.remark) == (1, "100\u00a0% of 1 due")
