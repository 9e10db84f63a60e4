"""The half-year report, with tables added up by hand."""

import itertools
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.utils.translation import override

from base.acting import acting_as
from base.facts import change, withdraw
from base.history import create_tracked
from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from forms.models import ServiceRecord
from jobs.actions.compute_report import compute_report
from jobs.models import Report, ReportVersion
from jobs.reports import half_year, job
from tests.factories import (
    amend,
    annex,
    make_case,
    make_catalogue,
    make_contract,
    make_record,
    make_session,
    place,
    record_of,
    somebody,
)
from tests.jobs.running import run_one
from tests.kept import kept

pytestmark = pytest.mark.django_db

HALF = Period.parse("2024-H1")


def d(text):
    return date.fromisoformat(text) if text else None


@kept
def catalogue():
    groups = tuple(f"hbg-{number}" for number in range(1, 6))
    return make_catalogue("help", need_groups=groups, modules=("m1", "m2", "m3"))


@kept
def contract(kept_catalogue):
    return make_contract("SB-2010-01", catalogues=(kept_catalogue,))


def report(contract, period=HALF):
    return half_year.compute(period, contract)


def table(content, *columns):
    return {
        group["code"]: tuple(group[name] for name in columns)
        for group in content["groups"]
        if group["processed"] or group["minutes"] != "0"
    }


# need group, processed, of them new, closed, minutes of individual work in all
C5 = [
    ("hbg-1", 6, 3, 4, 3510),
    ("hbg-2", 5, 2, 2, 5760),
    ("hbg-3", 4, 1, 1, 6090),
    ("hbg-4", 3, 1, 0, 5280),
    ("hbg-5", 2, 1, 1, 5820),
]


def make_c5(contract, catalogue):
    """Stock 12, new 8, closed 8; a group's minutes stand in m1, shared as evenly as minutes can."""
    for group, processed, new, closed, minutes in C5:
        for number in range(processed):
            case = make_case(
                contract,
                assigned_on=d("2024-01-08") if number < new else d("2023-11-06"),
                closed_on=d("2024-06-30") if number < closed else None,
                catalogue=catalogue,
                need_group=group,
            )
            left = minutes // processed + (number < minutes % processed)
            for day in itertools.count(1):
                if left <= 0:
                    break
                make_record(case, day=date(2024, 2, day), minutes=min(left, 480), module="m1")
                left -= 480


def test_worked_example(contract, catalogue):
    make_c5(contract, catalogue)

    content = report(contract)

    assert table(content, "processed", "new", "closed", "minutes", "hours", "average") == {
        "1": (6, 3, 4, "3510", "58.50", "9.75"),
        "2": (5, 2, 2, "5760", "96.00", "19.20"),
        "3": (4, 1, 1, "6090", "101.50", "25.38"),
        "4": (3, 1, 0, "5280", "88.00", "29.33"),
        "5": (2, 1, 1, "5820", "97.00", "48.50"),
    }
    assert content["total"] == {
        "processed": 20, "new": 8, "closed": 8, "minutes": "26460", "hours": "441.00",
        "average": "22.05",
    }  # fmt: skip
    assert [content[name] for name in ("period", "reference_date", "due_on", "contract")] == [
        "2024-H1", "2024-06-30", "2024-07-31", "SB-2010-01",
    ]  # fmt: skip
    assert [
        (each["code"], each["cases"], each["individual_hours"], each["group_sessions"])
        for each in content["modules"]
    ] == [("1", 20, "441.00", 0), ("2", 0, "0.00", 0), ("3", 0, "0.00", 0)]


@pytest.mark.parametrize(
    ("assigned_on", "closed_on", "counts"),
    [
        pytest.param("2023-05-01", "2023-12-31", (0, 0, 0), id="closed the day before"),
        pytest.param("2023-05-01", "2024-01-01", (1, 0, 1), id="closed on the first day"),
        pytest.param("2023-05-01", "2024-06-30", (1, 0, 1), id="closed on the last day"),
        pytest.param("2023-05-01", "2024-07-01", (1, 0, 0), id="closed the day after"),
        pytest.param("2024-01-01", None, (1, 1, 0), id="assigned on the first day"),
        pytest.param("2024-06-30", None, (1, 1, 0), id="assigned on the last day"),
        pytest.param("2024-07-01", None, (0, 0, 0), id="assigned the day after"),
        pytest.param("2024-03-05", "2024-03-05", (1, 1, 1), id="one day long"),
    ],
)
def test_which_cases_count(contract, catalogue, assigned_on, closed_on, counts):
    make_case(contract, assigned_on=d(assigned_on), closed_on=d(closed_on), catalogue=catalogue)

    total = report(contract)["total"]

    assert (total["processed"], total["new"], total["closed"]) == counts
    assert total["average"] == ("0.00" if counts[0] else None)


@pytest.mark.parametrize(
    ("attendees", "counsellors", "minutes", "hours", "average"),
    [
        pytest.param(6, 1, "90", "1.50", "0.25", id="six attend, one counsellor"),
        pytest.param(6, 2, "180", "3.00", "0.50", id="six attend, two counsellors"),
        pytest.param(7, 1, "90", "1.50", "0.21", id="seven attend: sevenths add up"),
    ],
)
def test_effort_of_a_session_is_shared(
    contract, catalogue, attendees, counsellors, minutes, hours, average
):
    cases = [make_case(contract, catalogue=catalogue) for _each in range(attendees)]
    make_session(cases, counsellors=counsellors, module="m2")

    content = report(contract)

    assert table(content, "minutes", "hours", "average") == {"1": (minutes, hours, average)}
    module = content["modules"][1]
    assert (module["cases"], module["group_sessions"]) == (attendees, 1)
    assert (module["individual_hours"], module["hours"]) == ("0.00", hours)


def test_groups_and_modules_add_up_to_the_total(contract, catalogue):
    """Three thirds of 70 minutes: 0.3888… h each, 1.1666… h in all."""
    for group, module in (("hbg-1", "m1"), ("hbg-2", "m2"), ("hbg-3", "m3")):
        case = make_case(contract, catalogue=catalogue, need_group=group)
        make_record(case, minutes=70, module=module, session="G", participants=3)

    content = report(contract)

    assert content["total"]["hours"] == "1.17"
    assert [group["minutes"] for group in content["groups"][:3]] == ["70/3"] * 3
    for part in ("groups", "modules"):
        assert sum(Decimal(each["hours"]) for each in content[part]) == Decimal("1.17")


def test_placement_in_force_at_the_end_or_at_closing(contract, catalogue):
    stays = make_case(contract, catalogue=catalogue, need_group="hbg-1")
    place(stays, catalogue, "hbg-2", valid_from=d("2024-06-30"))
    place(stays, catalogue, "hbg-3", valid_from=d("2024-07-01"))
    closed = make_case(contract, catalogue=catalogue, need_group="hbg-4")
    place(closed, catalogue, "hbg-5", valid_from=d("2024-05-02"))
    closed.statuses.create(valid_from=d("2024-05-01"), status="closed")
    closed.closed_on = d("2024-05-01")
    closed.save()
    unplaced = make_case(contract)
    for case in (stays, closed, unplaced):
        make_record(case, minutes=60)

    assert table(report(contract), "processed", "hours") == {
        "2": (1, "1.00"),
        "4": (1, "1.00"),
        "": (1, "1.00"),
    }


def test_only_what_is_submitted_in_the_period_counts(contract, catalogue):
    case = make_case(contract, assigned_on=d("2023-05-01"), catalogue=catalogue)
    for day in ("2023-12-31", "2024-01-01", "2024-06-30", "2024-07-01"):
        make_record(case, day=d(day), minutes=30)
    withdraw(make_record(case, minutes=45), reason="entered twice")
    make_case(make_contract(catalogues=(catalogue,)), catalogue=catalogue)

    total = report(contract)["total"]

    assert (total["processed"], total["minutes"]) == (1, "60")


def test_work_after_closing_is_not_lost(contract, catalogue):
    case = make_case(
        contract, assigned_on=d("2023-05-01"), closed_on=d("2023-12-20"), catalogue=catalogue
    )
    # Nobody can record that any more; rows of earlier days may be there.
    late = record_of(case, day=d("2024-01-10"), minutes=30, module="m1")
    create_tracked(ServiceRecord, [late])

    content = report(contract)

    assert table(content, "processed", "hours", "average") == {"1": (0, "0.50", None)}


def test_self_initiated_cases_stand_apart(contract, catalogue):
    agreed = make_case(contract, catalogue=catalogue)
    alone = make_case(contract, catalogue=catalogue, agreed=False, closed_on=d("2024-05-01"))
    make_session([agreed, alone], module="m1", minutes=60)
    make_record(alone, minutes=60, module="m2")

    content = report(contract)

    assert content["self_initiated"] == {"processed": 1, "closed": 1, "hours": "1.50"}
    assert (content["total"]["processed"], content["total"]["hours"]) == (1, "0.50")
    assert [each["hours"] for each in content["modules"]] == ["0.50", "0.00", "0.00"]


def test_editions_of_a_catalogue_make_one_group_in_newest_words(contract, catalogue):
    newer = make_catalogue("help", applies_from=d("2024-03-01"), need_groups=("hbg-2", "hbg-9"))
    early = make_case(contract, catalogue=catalogue, need_group="hbg-2")
    leaving = make_case(contract, catalogue=catalogue, need_group="hbg-5")
    old, new = (
        annex(catalogue, valid_until=d("2024-02-29")),
        annex(newer, valid_from=d("2024-03-01")),
    )
    amend(contract, applies_from=d("2024-03-01"), annexes=[old, new])
    late = make_case(contract, assigned_on=d("2024-03-04"), catalogue=newer, need_group="hbg-2")
    for case in (early, late, leaving):
        make_record(case, day=d("2024-04-02"), minutes=60, module="m1")

    content = report(contract)

    assert [(group["key"], group["processed"]) for group in content["groups"]] == [
        ("hbg-2", 2), ("hbg-9", 0), ("hbg-5", 1),
    ]  # fmt: skip
    assert [each["key"] for each in content["modules"]] == ["m1", "m2"]


def test_contract_that_ends_is_reported_to_its_last_day(contract, catalogue):
    case = make_case(contract, catalogue=catalogue)
    for day in ("2024-03-15", "2024-03-16"):
        make_record(case, day=d(day), minutes=60)
    give_notice(
        contract=contract, given_by=contract.provider, received_on=d("2024-03-15"),
        extraordinary=True, ends_on=d("2024-03-15"), reason="breach", by=somebody(),
    )  # fmt: skip

    content = report(contract)

    assert (content["reference_date"], content["due_on"]) == ("2024-03-15", "2024-04-30")
    assert content["total"]["minutes"] == "60"
    assert report(contract, Period.parse("2024-H2")) is None
    assert compute_report(contract, Period.parse("2024-H2")) == (None, False)


@pytest.mark.parametrize(
    ("period", "due_on"),
    [
        ("2024-H2", "2025-01-31"),
        ("2024", None),
        ("2024-Q2", None),
        ("2024-01-15..2024-06-30", None),
    ],
)
def test_only_the_agreed_periods_have_a_due_date(contract, period, due_on):
    assert report(contract, Period.parse(period))["due_on"] == due_on


def test_all_contracts_at_once_give_what_each_gives_alone(contract, catalogue):
    make_c5(contract, catalogue)
    other = make_contract(catalogues=(make_catalogue(need_groups=("x-1",), modules=("x",)),))
    ended = make_contract(term={"begins": "2024-01-01", "first_ends": "2024-02-29"})
    for each in (other, ended):
        make_record(make_case(each), day=d("2024-02-01"), minutes=50)
    contracts = [contract, other, ended]

    assert half_year.compute_all(HALF, contracts) == {each.pk: report(each) for each in contracts}


def test_many_contracts_cost_as_many_queries_as_one(contract, catalogue):
    def queries(contracts):
        with connection.execute_wrapper(count):
            counted.clear()
            half_year.compute_all(HALF, contracts)
        return len(counted)

    def count(execute, sql, *args):
        if not sql.startswith("SET LOCAL"):
            counted.append(sql)
        return execute(sql, *args)

    counted = []
    others = [make_contract(catalogues=(catalogue,)) for _each in range(4)]
    for each in (contract, *others):
        make_record(make_case(each, catalogue=catalogue), module="m1")

    half_year.compute_all(HALF, [contract, *others])  # what editions agree on is read once

    assert queries([contract, *others]) == queries([contract])


def test_version_is_stored_once_and_restated_when_records_change(contract, catalogue):
    case = make_case(contract, catalogue=catalogue)
    record = make_record(case, minutes=60)

    first, made = compute_report(contract, HALF)
    again, made_again = compute_report(contract, HALF)
    change(record, reason="counted wrong", minutes=90)
    second, restated = compute_report(contract, HALF)

    assert (made, made_again, restated) == (True, False, True)
    assert again == first
    stored = Report.objects.get()
    assert (stored.period, stored.due_on) == (HALF, d("2024-07-31"))
    hours = [version.content["total"]["hours"] for version in stored.versions.order_by("number")]
    assert hours == ["1.00", "1.50"]
    assert second.number == 2
    assert [version.problems() for version in ReportVersion.objects.order_by("pk")] == [[], []]


def test_due_date_follows_what_is_known_now(contract):
    compute_report(contract, HALF)
    give_notice(
        contract=contract, given_by=contract.provider, received_on=d("2024-03-15"),
        extraordinary=True, ends_on=d("2024-03-15"), reason="breach", by=somebody(),
    )  # fmt: skip

    with acting_as(None, reason="terminated"):
        compute_report(contract, HALF)

    assert Report.objects.get().due_on == d("2024-04-30")


def test_job_selects_by_the_cycle_of_the_report_duty(contract):
    duty = contract.editions.get().content["duties"][1]
    quarterly = make_contract("Q", duties=[duty | {"cycle": "quarter"}])
    make_contract("none", duties=[])
    make_contract("over", term={"begins": "2010-01-01", "first_ends": "2020-12-31"})

    def selected(period, scope=None):
        return [each.number for each in job.select(Period.parse(period), scope)]

    assert selected("2024-H1") == ["SB-2010-01"]
    assert selected("2024-Q1") == ["Q"]
    assert selected("2024-01-15..2024-02-20") == ["Q", "SB-2010-01"]
    assert selected("2024-H1", quarterly.number) == ["Q"]
    with pytest.raises(LookupError, match="nobody"):
        selected("2024-H1", "nobody")


def test_job_restates_earlier_reports(contract, catalogue):
    case = make_case(contract, catalogue=catalogue)
    first = run_one(contract, HALF, job.JOB)
    make_record(case, minutes=60)

    second = run_one(contract, Period.parse("2024-H2"), job.JOB)
    third = run_one(contract, Period.parse("2024-H2"), job.JOB)

    def brief(rows):
        return [(row["period"], row["version"], row["changed"]) for row in rows]

    assert brief(first) == [("2024-H1", 1, True)]
    assert brief(second) == [("2024-H1", 2, True), ("2024-H2", 1, True)]
    assert brief(third) == [("2024-H2", 1, False)]
    with override("en"):
        assert job.describe(third[0]) == (
            "SB-2010-01 2024-H2: 1 cases, 0,00 hours, version 1, due 31.01.2025"
        )
