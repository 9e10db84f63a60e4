"""Runs of reports look at what was written since, and come to what a full one comes to."""

import re
from contextlib import suppress
from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from base.immutability import Columns, frozen_models
from base.marking import Marks
from contracts.actions.adapt_annex import adapt_annex, agree_to_adaptation
from contracts.billing import Period
from contracts.models import ChangeMark
from forms.models import Case, CasePlacement, CaseStatus, ServiceRecord
from jobs.actions.compute_report import compute_report
from jobs.marks import is_outdated, take_up
from jobs.models import ComputedPeriod, Report
from jobs.reports import HALF_YEAR
from jobs.reports.job import JOB
from jobs.spot_checks import spot_check
from tests import factories
from tests.jobs.running import run_one

pytestmark = [pytest.mark.django_db, pytest.mark.silent_writes]

FIRST, SECOND = Period.parse("2024-H1"), Period.parse("2024-H2")
QUARTER = Period.parse("2024-Q1")
RUNS = (FIRST, SECOND, QUARTER)
HALF_YEARLY = factories.DUTIES[1]
QUARTERLY = HALF_YEARLY | {"cycle": "quarter"}


def run(period: Period) -> list[str]:
    """Do what a run of reports for a period does; return the contracts it looked at."""
    start = JOB.started(period, None)
    if start.contracts:
        JOB.begin(start.contracts, period)(start.contracts)
    return [contract.number for contract in start.contracts]


def told(period: Period) -> list[tuple]:
    """Return what a run tells of all contracts once nothing is left to do."""
    start = JOB.started(period, None)
    assert start.contracts == []
    return [(row["contract"], row["period"], row["version"]) for row in start.rows]


@pytest.fixture
def catalogue():
    return factories.make_catalogue("help", need_groups=("hbg-1", "hbg-2"), modules=("m1", "m2"))


@pytest.fixture
def case(catalogue):
    contract = factories.make_contract(catalogues=(catalogue,), duties=[HALF_YEARLY])
    return factories.make_case(contract, catalogue=catalogue)


# --- whatever happens

days = st.dates(date(2024, 1, 10), date(2024, 12, 20))
OPERATIONS = st.one_of(
    st.tuples(st.just("record"), days, st.sampled_from([30, 75])),
    st.tuples(st.just("rewrite"), st.sampled_from([15, 40])),
    st.tuples(st.just("move"), days),
    st.tuples(st.just("lose")),
    st.tuples(st.just("stand"), days, st.sampled_from(CaseStatus.Status.values)),
    st.tuples(st.just("unstand")),
    st.tuples(st.just("place"), days, st.sampled_from(["hbg-1", "hbg-2"])),
    st.tuples(st.just("unplace")),
    st.tuples(st.just("agree"), st.booleans()),
    st.tuples(st.just("assign"), st.dates(date(2023, 11, 1), date(2024, 1, 9))),
    st.tuples(st.just("another"), days),
    st.tuples(st.just("report"), days, st.sampled_from([HALF_YEARLY, QUARTERLY])),
    st.tuples(st.just("run"), st.integers(0, len(RUNS) - 1)),
    st.tuples(st.just("ask"), st.integers(0, len(RUNS) - 1)),
)


class World:
    """One contract's cases, and what happens to them, mostly beside the actions."""

    def __init__(self, case: Case, catalogue):
        self.case = Case.objects.get(pk=case.pk)  # as it is stored: examples are undone
        self.contract, self.catalogue = self.case.contract, catalogue

    def record(self, day, minutes):
        with suppress(ValidationError):  # the case is closed by then
            factories.make_record(self.case, day=day, minutes=minutes, module="m1")

    def rewrite(self, minutes):
        ServiceRecord.objects.filter(case=self.case).update(minutes=minutes)

    def move(self, day):
        ServiceRecord.objects.filter(case=self.case).update(day=day)

    def lose(self):
        ServiceRecord.objects.filter(case=self.case).delete()

    def stand(self, day, status):
        rows = CaseStatus.objects
        rows.update_or_create(case=self.case, valid_from=day, defaults={"status": status})

    def unstand(self):
        CaseStatus.objects.filter(case=self.case).delete()

    def place(self, day, need_group):
        first = CasePlacement.objects.filter(case=self.case).first()
        values = {"catalogue_edition": first.catalogue_edition, "need_group": need_group}
        CasePlacement.objects.update_or_create(
            case=self.case, valid_from=day, defaults=values | {"combination": first.combination}
        )

    def unplace(self):
        first, *others = CasePlacement.objects.filter(case=self.case).order_by("valid_from")
        CasePlacement.objects.filter(pk__in=[each.pk for each in others]).delete()

    def agree(self, agreed):
        Case.objects.filter(pk=self.case.pk).update(agreed=agreed)

    def assign(self, day):
        Case.objects.filter(pk=self.case.pk).update(assigned_on=day)

    def another(self, day):
        factories.make_case(self.contract, catalogue=self.catalogue, assigned_on=day)

    def report(self, day, duty):
        factories.amend(self.contract, applies_from=day.replace(day=1), duties=[duty])

    def run(self, place):
        run(RUNS[place])

    def ask(self, place):
        run_one(self.contract, RUNS[place], JOB)


def test_marked_runs_leave_nothing_for_a_full_one(case, catalogue):
    @settings(max_examples=max(settings.default.max_examples // 10, 5))
    @given(st.lists(OPERATIONS, min_size=3, max_size=9))
    def whatever_happens(operations):
        with transaction.atomic():
            world = World(case, catalogue)
            run(FIRST)
            for name, *values in operations:
                getattr(world, name)(*values)
            for period in RUNS:
                run(period)
            for period in sorted(RUNS):
                run(period)
            for period in RUNS:
                assert run(period) == []
                selected = {contract.number for contract in JOB.select(period, None)}
                assert {row[0] for row in told(period)} == selected
            for report in Report.objects.all():
                computed = compute_report(case.contract, report.period)
                assert computed in ((report.current(), False), (None, False))
            transaction.set_rollback(True)

    whatever_happens()


# --- what a report reads

NOT_MARKED = {
    "cms_catalogue": "a draft; its key stays",
    "cms_description": "a draft; its key stays",
    "contracts_changemark": "the marks",
    "contracts_contractfile": "read beside catalogues; no report names files",
    "contracts_contract": "a draft; number and parties are fixed once concluded (its `identity`)",
    "jobs_computedperiod": "what marks are taken up into",
    "jobs_report": "what runs write",
}


def test_all_that_a_report_reads_is_marked_or_frozen(case):
    factories.make_record(case, module="m1")
    with CaptureQueriesContext(connection) as queries:
        assert run(FIRST) == [case.contract.number]
    read = {
        table
        for query in queries.captured_queries
        if query["sql"].lstrip().startswith(("SELECT", "WITH"))
        for table in re.findall(r'(?:FROM|JOIN) "?([a-z]+_[a-z]+)"?', query["sql"])
    }
    assert {"forms_casestatus", "forms_caseplacement", "forms_servicerecord"} <= read
    wholly = {
        model._meta.db_table
        for model in apps.get_models()
        for rule in rules_of(model)
        if not rule.changed
    }
    # Rows of which only some columns are kept come to count later.
    frozen = {m._meta.db_table for m in frozen_models() if not isinstance(m.frozen, Columns)}
    known = {model._meta.db_table for model in apps.get_models()}
    assert read & known - wholly - frozen == NOT_MARKED.keys()


def rules_of(model) -> tuple[Marks, ...]:
    rules = getattr(model, "marks", ())
    return rules if isinstance(rules, tuple) else (rules,)


# --- what people see


def test_run_looks_at_a_contract_once(case):
    other = factories.make_case(factories.make_contract(duties=[HALF_YEARLY]))
    assert run(FIRST) == sorted([case.contract.number, other.contract.number])
    before = told(FIRST)
    factories.make_record(case, day=date(2024, 3, 5), module="m1")
    assert run(FIRST) == [case.contract.number]
    changed = dict((row[0], row[2]) for row in told(FIRST))
    assert changed == {row[0]: row[2] + (row[0] == case.contract.number) for row in before}


def test_run_of_later_days_restates_what_was_written_for_earlier_ones(case):
    run(FIRST)
    run(SECOND)
    factories.make_record(case, day=date(2024, 3, 5), module="m1")
    assert run(SECOND) == [case.contract.number]
    assert Report.objects.get(period_first=FIRST.first).current().number == 2
    assert Report.objects.get(period_first=SECOND.first).current().number == 1


def test_records_of_other_days_have_no_report_looked_at(case):
    run(FIRST)
    factories.make_record(case, day=date(2024, 8, 5), module="m1")
    assert run(FIRST) == []


def with_catalogue(adapted_by: str):
    """A contract with a catalogue as annex, which later editions reach as is said."""
    factories.make_catalogue("talks", modules=("m1",))
    head = {"key": "modules", "label": "Modules", "valid_from": factories.BEGINS}
    annex = {"kind": "catalogue", "source": "talks", "edition": 1, "adapted_by": adapted_by}
    contract = factories.make_contract(annexes=[head | annex], duties=[HALF_YEARLY])
    run(FIRST)
    run(SECOND)
    return contract


def test_edition_that_an_annex_follows_has_the_reports_of_its_days_restated():
    contract = with_catalogue("newest")
    factories.make_catalogue("talks", modules=("m1", "m2"), applies_from=date(2024, 7, 1))
    assert run(FIRST) == []
    assert run(SECOND) == [contract.number]
    report = Report.objects.get(contract=contract, period_first=SECOND.first)
    assert [each["key"] for each in report.current().content["modules"]] == ["m1", "m2"]


def test_edition_that_both_agreed_on_has_the_reports_of_its_days_restated():
    contract = with_catalogue("agreement")
    factories.make_catalogue("talks", modules=("m1", "m2"))
    assert run(SECOND) == []
    people = [
        factories.make_member(party, roles=[role]).user
        for party, role in (
            (contract.provider, "provider_lead"), (contract.commissioning_body, "director"),
        )
    ]  # fmt: skip
    adaptation = adapt_annex(
        contract, "modules", 2, by=people[0], applies_from=date(2024, 7, 1), reason="Both wish"
    )
    run(SECOND)
    agree_to_adaptation(adaptation, by=people[1], party=contract.commissioning_body)
    assert run(FIRST) == []
    assert run(SECOND) == [contract.number]
    report = Report.objects.get(contract=contract, period_first=SECOND.first)
    assert [each["key"] for each in report.current().content["modules"]] == ["m1", "m2"]


def test_report_that_nobody_noted_is_looked_at(case):
    """As those are that were there before anything was noted."""
    run(FIRST)
    ComputedPeriod.objects.filter(kind=HALF_YEAR.key).delete()
    run(SECOND)
    assert told(FIRST) and told(SECOND)


def test_page_says_that_a_report_is_older_than_its_facts(case, client):
    run(FIRST)
    report = Report.objects.get()
    body = case.contract.commissioning_body
    client.force_login(factories.make_member(body, roles=["manager"]).user)
    page = reverse("report", args=[report.pk])
    assert "Älter als die Angaben" not in client.get(page).content.decode()
    factories.make_record(case, day=date(2024, 3, 5), module="m1")
    assert is_outdated(report)
    assert "Älter als die Angaben" in client.get(page).content.decode()
    take_up()
    assert is_outdated(report)
    run(FIRST)
    assert "Älter als die Angaben" not in client.get(page).content.decode()


def test_spot_check_finds_a_report_that_nothing_marked(case):
    run(FIRST)
    assert spot_check() == []
    factories.make_record(case, day=date(2024, 3, 5), module="m1")
    ChangeMark.objects.all().delete()
    (found,) = spot_check()
    assert (found.kind, found.period) == (HALF_YEAR.key, FIRST)
    assert run(FIRST) == [case.contract.number]
