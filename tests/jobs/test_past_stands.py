"""Whatever happens later: reports, statements, calendar and screens of a time before stay."""

import random
from datetime import date

import pytest

from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from contracts.dates.calendar import entries
from forms.actions.open_case import set_status
from forms.actions.support_case import assign_counsellor, grant_support
from forms.models import Case
from forms.plan_months import plan_months
from jobs.actions.compute_statement import compute_statement
from jobs.reports import half_year
from jobs.statements.unpriced import unpriced_work
from tests.factories import (
    COSTS,
    HOURLY,
    MONTHLY_STATEMENT,
    RENEWED,
    amend,
    annex,
    issue_by_two,
    make_case,
    make_catalogue,
    make_contract,
    make_instalment,
    make_member,
    make_payroll,
    make_plan,
    make_record,
    make_session,
    make_team,
    place,
    somebody,
)

pytestmark = pytest.mark.django_db

HALF, MARCH = Period.parse("2024-H1"), Period.parse("2024-03")
LAST = HALF.last
REPORT = {
    "key": "report", "label": "Half-year report", "kind": "report", "cycle": "half",
    "due": {"type": "last_working_day_of_following_month"}, "clause": "§ 5",
}  # fmt: skip
CAPPED = HOURLY | {"cap": {"source": "support_plan"}}


class World:
    """A contract with two cases and a half-year of work, and what can happen after it."""

    def __init__(self):
        self.catalogue = make_catalogue("c", need_groups=("hbg-1", "hbg-2"))
        self.contract = make_contract(
            catalogues=(self.catalogue,), duties=[MONTHLY_STATEMENT, REPORT],
            remuneration=[CAPPED, COSTS],
        )  # fmt: skip
        self.cases = [
            make_case(self.contract, catalogue=self.catalogue, need_group=group)
            for group in ("hbg-1", "hbg-2")
        ]
        for case in self.cases:
            make_plan(case, "10")
            make_record(case, day=date(2024, 3, 14), module="m1")
        make_session(self.cases, day=date(2024, 3, 20))
        set_status(
            case=self.cases[1],
            valid_from=date(2024, 5, 31),
            status="closed",
            reason="done",
            by=somebody(),
        )
        statement, _changed = compute_statement(self.contract, MARCH)
        self.issued = issue_by_two(statement)

    def told(self) -> dict:
        """What is said about the half-year and what lies in it."""
        contract = self.contract
        (obliged,) = half_year.obligations_of([contract]).values()
        return {
            "report": half_year.gather(HALF, [contract])[contract.pk].content(),
            "statement": compute_statement(contract, MARCH),
            "unpriced": unpriced_work(contract, HALF, obliged),
            "due": [
                (due.day, due.kind, due.label, due.clause, due.period, due.remind_from)
                for due in entries([contract], HALF)
            ],
            "plan": [plan_months(case, LAST) for case in self.cases],
            "running": sorted(Case.objects.running_on(LAST).values_list("number", flat=True)),
            "placed": [
                sorted(Case.objects.placed_in("c", group, LAST).values_list("number", flat=True))
                for group in ("hbg-1", "hbg-2")
            ],
            "closed": [case.closed_since(LAST) for case in self.cases],
        }

    def reopened(self):
        set_status(case=self.cases[1], valid_from=date(2024, 7, 1), status="open", by=somebody())

    def closed(self):
        set_status(
            case=self.cases[0],
            valid_from=date(2024, 12, 30),
            status="closed",
            reason="done",
            by=somebody(),
        )

    def placed_anew(self):
        place(self.cases[0], self.catalogue, "hbg-2", valid_from=date(2024, 7, 1))

    def other_plan(self):
        days = {"valid_from": date(2024, 7, 1), "valid_until": date(2024, 7, 2)}
        grant_support(case=self.cases[0], hours_per_month="1", **days, by=somebody())

    def handed_over(self):
        provider = self.contract.provider
        member, team = make_member(provider), make_team(provider)
        assign_counsellor(
            case=self.cases[0],
            valid_from=date(2024, 7, 1),
            team=team,
            counsellor=member,
            by=somebody(),
        )

    def worked_on(self):
        make_record(self.cases[0], day=date(2024, 7, 1))
        make_payroll(self.contract, "100.00", day=date(2024, 7, 31))
        later = Period.parse("2024-Q3")
        make_instalment(self.contract, "50.00", first=later.first, last=later.last)

    def joined(self):
        make_case(self.contract, catalogue=self.catalogue, assigned_on=date(2024, 7, 1))

    def amended(self):
        """Other prices, rhythms, notice and names from July on."""
        newer = make_catalogue("c", applies_from=date(2024, 7, 1), need_groups=("hbg-1",))
        quarterly = MONTHLY_STATEMENT | {"cycle": "quarter", "label": "Quarterly"}
        amend(
            self.contract, applies_from=date(2024, 7, 1), title="Another title",
            duties=[quarterly],
            term=RENEWED | {"notice_months": 3, "remind_notice_months": 5},
            remuneration=[HOURLY | {"rates": [{"amount": "90.00"}], "label": "Dearer"}],
            annexes=[annex(newer, valid_from=date(2024, 7, 1))],
            kinds_of_work=[
                {"key": "talk", "label": "Words"},
                {"key": "group", "label": "Many", "setting": "group"},
            ],
        )  # fmt: skip

    def ended(self):
        give_notice(
            contract=self.contract, given_by=self.contract.provider,
            received_on=date(2024, 7, 15), extraordinary=True, ends_on=date(2024, 12, 31),
            reason="gross breach", by=somebody(),
        )  # fmt: skip


LATER = (
    World.reopened, World.closed, World.placed_anew, World.other_plan, World.handed_over,
    World.worked_on, World.joined, World.amended, World.ended,
)  # fmt: skip


@pytest.mark.parametrize("order", range(3))
def test_what_comes_later_changes_nothing_before(order):
    world = World()
    before = world.told()
    assert before["statement"] == (None, False)
    assert before["report"]["total"]["processed"] == 2
    assert before["report"]["total"]["closed"] == 1
    assert [kind for _day, kind, *_rest in before["due"]].count("notice") == 1
    later = list(LATER)
    random.Random(order).shuffle(later)  # noqa: S311
    # Once the annex is another one, nobody is placed in the former.
    later.sort(key=lambda step: step is World.amended)
    for step in later:
        step(world)
        now = world.told()
        assert {name for name in now if now[name] != before[name]} == set(), step.__name__
