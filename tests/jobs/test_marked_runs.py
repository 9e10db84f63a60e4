"""Runs look at what was written since, on whatever path, and come to what a full one comes to."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from base.immutability import frozen_models
from base.marking import Marks
from contracts.actions.withdraw_notice import withdraw_notice
from contracts.billing import Period
from contracts.dates.obligations import obligations_of
from contracts.models import Contract, Instalment, Notice, PayrollLine
from forms.models import ServiceRecord, SupportPlan
from jobs.actions.compute_statement import compute_statement
from jobs.marks import outdated_originals
from jobs.models import ComputedPeriod, Statement
from jobs.statements.job import select
from tests import factories
from tests.factories import somebody
from tests.jobs import test_property as world
from tests.jobs.running import run, run_one, told

pytestmark = pytest.mark.django_db

MARCH, APRIL = Period.parse("2024-03"), Period.parse("2024-04")
QUARTERS = [Period.parse("2024-Q1"), Period.parse("2024-Q2")]
RUNS = [*QUARTERS, *(Period.parse(f"2024-{month:02}") for month in range(1, 7))]
MONTHLY = factories.MONTHLY_STATEMENT
QUARTERLY = MONTHLY | {"cycle": "quarter"}
ONE_OF_EACH = ("hours under a plan", "costs, minimum in twelfths", "service complexes in order")


# --- whatever happens


@dataclass
class Marked(world.World):
    """Also what is written beside the actions, and runs that look at marked contracts alone."""

    def run(self, place):
        run(RUNS[place % len(RUNS)])

    def ask(self, place):
        run_one(self.contract, RUNS[place % len(RUNS)])

    def bill(self, applies_from, rhythm):
        factories.amend(self.contract, applies_from=applies_from, duties=[rhythm])

    def replan(self, case, hours):
        SupportPlan.objects.filter(case=self.cases[case]).update(hours_per_month=hours)

    def unplan(self, case):
        SupportPlan.objects.filter(case=self.cases[case]).delete()

    def repay(self, amount):
        Instalment.objects.filter(contract=self.contract).update(amount=amount)

    def rewrite(self, minutes):
        ServiceRecord.objects.filter(contract=self.contract).update(minutes=minutes)
        PayrollLine.objects.filter(contract=self.contract).update(amount=minutes)

    def lose(self, place):
        if self.facts:
            fact = self.facts.pop(place % len(self.facts))
            type(fact).objects.filter(pk=fact.pk).delete()

    def go_on(self, day):
        for notice in Notice.objects.standing().filter(contract=self.contract):
            withdraw_notice(
                notice,
                on=day,
                agreed_by_body="A",
                agreed_by_provider="B",
                reason="goes on",
                by=somebody(),
            )


BESIDE = [
    *world.LATER,
    st.tuples(st.just("run"), st.integers(0, 7)),
    st.tuples(st.just("ask"), st.integers(0, 7)),
    st.tuples(st.just("bill"), world.days, st.sampled_from([MONTHLY, QUARTERLY])),
    st.tuples(st.just("bill"), world.days, st.sampled_from([MONTHLY, QUARTERLY])),
    st.tuples(st.just("replan"), st.integers(0, 2), st.sampled_from(["0.5", "7"])),
    st.tuples(st.just("unplan"), st.integers(0, 2)),
    st.tuples(st.just("repay"), st.sampled_from(["5", "70"])),
    st.tuples(st.just("rewrite"), st.sampled_from([15, 40])),
    st.tuples(st.just("lose"), world.places),
    st.tuples(st.just("go_on"), world.days),
]
SEQUENCES = st.builds(
    lambda first, later: [*first, *later],
    st.lists(world.RECORDS, min_size=2, max_size=4),
    st.lists(st.sampled_from(BESIDE).flatmap(lambda one: one), min_size=4, max_size=8),
)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_marked_runs_leave_nothing_for_a_full_one(name):
    concluded, *amendments = world.AGREED[name]
    kinds = [{"key": key, "label": key.title()} for key in ("talk", "group", "drive")]
    contract = factories.make_contract(
        remuneration=concluded, kinds_of_work=kinds, duties=[QUARTERLY]
    )
    cases = [factories.make_case(contract, assigned_on=world.FIRST) for _ in range(3)]
    if "plan" in name:
        factories.make_plan(cases[0], "3.5", valid_from=world.FIRST)
    persons = (factories.make_user(), factories.make_user())

    @settings(max_examples=max(settings.default.max_examples // 20, 5))
    @given(SEQUENCES)
    def whatever_happens(operations):
        with transaction.atomic():
            seen = Marked(contract, cases, persons, [concluded, *amendments], periods=QUARTERS)
            for operation in operations:
                seen.act(*operation)
            for period in RUNS:
                run(period)
            for period in RUNS:
                assert told(period) == [each.number for each in select(period, None)]
                assert run(period) == [] or is_refused(contract, period)
            for row in ComputedPeriod.objects.filter(outdated=False):
                stated = Statement.objects.for_period(contract, row.period)
                # A draft whose days another statement has billed stays as it is.
                with suppress(ValidationError):
                    own = row.due and not row.instead
                    changed = (own or stated) and compute_statement(contract, row.period)[1]
                    assert not changed
            transaction.set_rollback(True)

    whatever_happens()


def is_refused(contract: Contract, period: Period) -> bool:
    """Whether another statement has billed days that a run for a period is to compute.

    Nothing can be done about that, and it is tried again each time.
    """
    billed = obligations_of([contract])[contract.pk].to_bill(period) or [period]
    for each in {*billed, *outdated_originals().get(contract.pk, ())}:
        try:
            compute_statement(contract, each)
        except ValidationError:
            return True
    return False


# --- what a run reads

NOT_MARKED = {
    "contracts_changemark": "the marks",
    "jobs_computedperiod": "what they are taken up into",
    "jobs_statement": "what runs write; what others do to it, they compute in full before",
    "jobs_statementline": "lines of what was issued never change",
    "contracts_contract": "a draft; number and parties are fixed once concluded (its `identity`)",
    "forms_case.id": "a key",
    "forms_recordreason": "words of a reason",
}
"""Tables, and columns of those that leave marks for some columns or none."""


def test_all_that_a_run_reads_is_marked():
    read: set[tuple[str, str]] = set()
    for name, (concluded, amended, _last) in world.AGREED.items():
        kinds = [{"key": key, "label": key.title()} for key in ("talk", "group", "drive")]
        contract = factories.make_contract(
            remuneration=concluded, kinds_of_work=kinds, duties=[MONTHLY]
        )
        case = factories.make_case(contract, assigned_on=world.FIRST)
        factories.make_plan(case, "3.5", valid_from=date(2024, 3, 12))
        factories.make_instalment(contract, "10.00", first=MARCH.first, last=MARCH.last)
        seen = Marked(contract, [case] * 3, (factories.make_user(), factories.make_user()), [])
        seen.record(0, date(2024, 3, 5), 45, (6, 1), 1)
        seen.record(0, date(2024, 3, 6), 45, (1, 1), 3)
        if contract.editions.get().data.remuneration[0].model == "hourly_rate":
            own = {"day": date(2024, 3, 7), "session": name, "participants": 2, "kind": "group"}
            factories.make_record(case, **own)
        with CaptureQueriesContext(connection):
            assert run(MARCH) == [contract.number], name
            statement = Statement.objects.get(contract=contract)
            factories.issue_by_two(statement, *seen.persons)
            factories.amend(contract, applies_from=MARCH.first, remuneration=amended)
        with CaptureQueriesContext(connection) as queries:
            run(MARCH)
            run(APRIL)
        for query in queries.captured_queries:
            if query["sql"].startswith("SELECT"):
                read |= columns_in(query["sql"])
    marking = [(model, rule) for model, rule in marks() if not rule.about.get("reports_only")]
    marked, frozen = set(), set()
    for model, rule in marking:
        fields = map(model._meta.get_field, rule.changed or names_of(model))
        marked |= {(model._meta.db_table, field.column) for field in fields}
    for model in frozen_models():
        names = getattr(model.frozen, "names", names_of(model))
        frozen |= {(model._meta.db_table, model._meta.get_field(name).column) for name in names}
    assert {model._meta.db_table for model, _rule in marking} <= {table for table, _column in read}
    unmarked = {
        f"{table}.{column}" for table, column in read - marked - frozen if table not in NOT_MARKED
    }
    assert unmarked - NOT_MARKED.keys() == set()


def marks() -> list[tuple[type, Marks]]:
    """The models that leave marks, with each of their rules; their histories leave none."""
    return [
        (model, rule)
        for model in apps.get_models()
        if (rules := getattr(model, "marks", None)) and not hasattr(model, "instance_type")
        for rule in (rules if isinstance(rules, tuple) else (rules,))
    ]


def names_of(model) -> list[str]:
    return [field.name for field in model._meta.concrete_fields]


def columns_in(sql: str) -> set[tuple[str, str]]:
    """The columns that a query names, with their tables."""
    tables = re.findall(r'(?:FROM|JOIN) "(\w+)"(?: "?([A-Z]\w*\d)"?)?', sql)
    names = {alias or table: table for table, alias in tables}
    columns = re.findall(r'"?(\w+)"?\."(\w+)"', sql)
    return {(names[name], column) for name, column in columns}
