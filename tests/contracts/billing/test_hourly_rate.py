"""Hourly rate: C10, rates over time, caps, increments, shares and their order."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.billing import (
    Attended,
    BillingError,
    Grain,
    Period,
    Work,
    compute,
    evaluate,
    explain,
    facts_within,
    model_of,
    parse_terms,
    segments,
)

PLAN = {"source": "support_plan"}
BEGIN = date(2024, 1, 1)


def hourly(rate="62.40", **more):
    values = {
        "model": "hourly_rate",
        "key": "fls",
        "label": "Hours",
        "clause": "§ 5",
        "kinds": [{"key": "single"}],
        "rates": [{"amount": rate}],
    }
    return parse_terms(values | more)


def work(minutes, day="2024-03-05", *, kind="single", case="A", plan_hours=None, **more):
    day = date.fromisoformat(day)
    cap = None if plan_hours is None else Decimal(plan_hours) * 60
    return Work(kind=kind, case=case, first=day, last=day, minutes=minutes, cap_minutes=cap, **more)


def bill(terms, facts, period="2024-03", editions=None):
    run = segments(editions or [(BEGIN, 1, (terms,))], Period.parse(period), first=BEGIN)
    return compute(run, facts_within(facts))


def shown(lines):
    return [(str(line.quantity), str(line.amount), str(line.unbilled)) for line in lines]


@pytest.mark.parametrize(
    ("minutes", "plan", "expected"),
    [
        pytest.param(675, 12, ("11.2500", "702.00", "0.0000"), id="11.25 h of 12 h"),
        pytest.param(870, 12, ("12.0000", "748.80", "2.5000"), id="14.5 h of 12 h"),
        pytest.param(720, 12, ("12.0000", "748.80", "0.0000"), id="exactly the plan"),
        pytest.param(721, 12, ("12.0000", "748.80", "0.0167"), id="a minute over the plan"),
        pytest.param(50, 12, ("0.8333", "52.00", "0.0000"), id="exact hours, rounded once"),
        pytest.param(90, 0, ("0.0000", "0.00", "1.5000"), id="a plan of nothing"),
        pytest.param(90, None, ("0.0000", "0.00", "1.5000"), id="no plan"),
    ],
)
def test_hours_under_a_support_plan(minutes, plan, expected):
    assert shown(bill(hourly(cap=PLAN), [work(minutes, plan_hours=plan)])) == [expected]


@pytest.mark.parametrize(
    ("minutes", "amount"),
    [
        pytest.param([60], "61.40", id="one full hour"),
        pytest.param([20, 20, 20], "61.40", id="summed before rounding"),
        pytest.param([50], "51.17", id="rounded half up"),
    ],
)
def test_minutes_are_summed_before_rounding(minutes, amount):
    lines = bill(hourly("61.40"), [work(each, kind="single") for each in minutes])

    assert [str(line.amount) for line in lines] == [amount]


def test_a_rate_change_inside_a_month_makes_two_lines():
    rates = [{"amount": "62.40"}, {"amount": "64.80", "valid_from": "2024-03-16"}]
    facts = [work(600, "2024-03-15"), work(600, "2024-03-16"), work(60, "2024-04-01")]

    lines = bill(hourly(rates=rates), facts, "2024")

    assert [(line.first.isoformat(), line.last.isoformat()) for line in lines] == [
        ("2024-03-01", "2024-03-15"),
        ("2024-03-16", "2024-03-31"),
        ("2024-04-01", "2024-04-30"),
    ]
    assert [str(line.amount) for line in lines] == ["624.00", "648.00", "64.80"]


def test_the_earlier_part_of_a_month_uses_the_plan_first():
    rates = [{"amount": "60"}, {"amount": "66", "valid_from": "2024-03-16"}]
    facts = [work(600, "2024-03-02", plan_hours=12), work(300, "2024-03-20", plan_hours=12)]

    lines = bill(hourly(rates=rates, cap=PLAN), facts)

    assert shown(lines) == [("10.0000", "600.00", "0.0000"), ("2.0000", "132.00", "3.0000")]


def test_half_month_periods_share_the_plan_of_the_month():
    facts = [work(600, "2024-03-02", plan_hours=12), work(300, "2024-03-20", plan_hours=12)]
    terms = hourly(cap=PLAN)

    early = bill(terms, facts, "2024-03-01..2024-03-15")
    late = bill(terms, facts, "2024-03-16..2024-03-31")

    assert shown(early) == [("10.0000", "624.00", "0.0000")]
    assert shown(late) == [("2.0000", "124.80", "3.0000")]
    assert sum(line.amount for line in (*early, *late)) == bill(terms, facts)[0].amount


def test_a_cap_per_year_is_used_up_month_by_month():
    terms = hourly("60", cap={"source": "fixed", "per": "year", "quantity": "10"})
    facts = [
        work(360, "2023-12-31", case="B"),
        work(480, "2024-02-10"),
        work(240, "2024-03-10"),
        work(60, "2024-04-10"),
        work(60, "2024-04-11", case="B"),
        work(60, "2025-01-11"),
    ]

    lines = bill(terms, facts, "2024-03")
    assert shown(lines) == [("2.0000", "120.00", "2.0000")]

    lines = bill(terms, facts, "2024-03-01..2025-01-31")
    assert [(line.case, str(line.quantity)) for line in lines] == [
        ("A", "2.0000"),
        ("A", "0.0000"),
        ("B", "1.0000"),
        ("A", "1.0000"),
    ]


def test_an_amendment_in_the_month_goes_on_with_what_is_used():
    editions = [
        (BEGIN, 1, (hourly(cap={"source": "fixed", "quantity": "10"}),)),
        (date(2024, 3, 16), 2, (hourly(cap={"source": "fixed", "quantity": "12"}),)),
    ]
    facts = [work(660, "2024-03-02"), work(300, "2024-03-20")]

    lines = bill(None, facts, editions=editions)

    assert [(str(line.quantity), str(line.unbilled)) for line in lines] == [
        ("10.0000", "1.0000"),
        ("2.0000", "3.0000"),
    ]


def test_a_cap_brought_in_during_the_month_counts_what_came_before():
    editions = [
        (BEGIN, 1, (hourly(),)),
        (date(2024, 3, 16), 2, (hourly(cap={"source": "fixed", "quantity": "12"}),)),
    ]
    facts = [work(780, "2024-03-02"), work(60, "2024-03-20")]

    lines = bill(None, facts, editions=editions)

    assert [str(line.quantity) for line in lines] == ["13.0000", "0.0000"]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        # 100 minutes at 64.90 are 108.1666...; in two lines it would be 54.08 + 54.08
        pytest.param("64.90", [("1.6667", "108.17", [1, 2])], id="same terms"),
        pytest.param("66.00", [("0.8333", "54.08", None), ("0.8333", "55.00", None)], id="raised"),
    ],
)
def test_an_edition_inside_a_month_cuts_it_where_terms_change(rate, expected):
    editions = [(BEGIN, 1, (hourly("64.90"),)), (date(2024, 3, 16), 2, (hourly(rate),))]

    lines = bill(None, [work(50, "2024-03-02"), work(50, "2024-03-20")], editions=editions)

    found = [(str(x.quantity), str(x.amount), x.inputs.get("editions")) for x in lines]
    assert found == expected


def test_a_retroactive_amendment_differs_line_by_line():
    facts = [work(600, "2024-03-02"), work(300, "2024-03-20")]
    amended = [(BEGIN, 1, (hourly(),)), (date(2024, 3, 16), 2, (hourly("66.00"),))]

    original = {line.key: line.amount for line in bill(hourly(), facts)}
    fresh = {line.key: line.amount for line in bill(None, facts, editions=amended)}

    differences = {key: fresh[key] - original.get(key, 0) for key in fresh}
    assert {key: str(amount) for key, amount in differences.items()} == {
        "fls.work|A|2024-03-01": "-312.00",
        "fls.work|A|2024-03-16": "330.00",
    }


@pytest.mark.parametrize(
    ("participants", "counsellors", "share", "quantity"),
    [
        pytest.param(6, 1, "staff", "0.2500", id="staff effort shared by six"),
        pytest.param(6, 2, "staff", "0.5000", id="two counsellors"),
        pytest.param(7, 1, "staff", "0.2143", id="a seventh, exact until shown"),
        pytest.param(6, 1, "participant", "1.5000", id="each attends the whole session"),
    ],
)
def test_group_sessions(participants, counsellors, share, quantity):
    terms = hourly(kinds=[{"key": "group", "share": share}])
    fact = work(90, kind="group", participants=participants, counsellors=counsellors)

    assert str(bill(terms, [fact])[0].quantity) == quantity


def shared(participants=7, cases=None, minutes=90, session="G-1", **more):
    return [
        work(minutes, kind="group", case=case, participants=participants, session=session, **more)
        for case in range(participants if cases is None else cases)
    ]


GROUP = [{"key": "group", "share": "staff"}, {"key": "single"}]


def test_shares_of_all_participants_are_the_session():
    lines = bill(hourly("48.00", kinds=GROUP), shared())

    # 72.00 / 7 = 10.2857...: seven times 10.29 would be 72.03
    assert [str(line.amount) for line in lines] == ["10.29"] * 4 + ["10.28"] * 3
    assert [explain(hourly("48.00", kinds=GROUP), line)[-1].result for line in lines] == [
        line.amount for line in lines
    ]


def test_what_one_does_alone_is_rounded_beside_the_session():
    alone = [work(50, case=case) for case in range(7)]

    lines = bill(hourly("48.30", kinds=GROUP), [*shared(), *alone])

    # 72.45 / 7 = 10.35; 50 minutes are 40.25
    assert {str(line.amount) for line in lines} == {"50.60"}
    lines = bill(hourly("48.00", kinds=GROUP), [*shared(), *alone])
    assert sum(line.amount for line in lines) == 72 + 7 * 40


def test_each_of_several_sessions_foots():
    facts = [*shared(), *shared(session="G-2", minutes=45), *shared(session="G-3")]

    lines = bill(hourly("48.00", kinds=GROUP), facts)

    assert sum(line.amount for line in lines) == 72 + 36 + 72


def test_a_session_foots_whatever_kind_of_work_it_was_for_each():
    """What kind it was is each record's own; where both are priced alike it is one cost."""
    kinds = [*GROUP, {"key": "class", "share": "staff"}]
    facts = [
        replace(fact, kind="class") if fact.case % 2 else fact for fact in shared(participants=7)
    ]

    lines = bill(hourly("48.00", kinds=kinds), facts)

    assert [str(line.amount) for line in lines] == ["10.29"] * 4 + ["10.28"] * 3


def test_a_share_follows_from_the_place_among_all_who_attended():
    """Of seven, the second, fifth and seventh are billed here, the others elsewhere."""
    placed = {1: 1, 4: 4, 6: 6}
    facts = [replace(fact, place=placed[fact.case]) for fact in shared() if fact.case in placed]

    lines = bill(hourly("48.00", kinds=GROUP), facts)

    assert [str(line.amount) for line in lines] == ["10.29", "10.28", "10.28"]


def test_whoever_comes_late_changes_nobody_elses_share():
    terms = hourly("48.00", kinds=GROUP)

    six, seven = bill(terms, shared(cases=6)), bill(terms, shared())

    assert [line.amount for line in six] == [line.amount for line in seven][:6]


@given(
    st.integers(1, 300),
    st.integers(2, 12),
    st.integers(1, 3),
    st.decimals("0.01", "99", places=2),
    st.sampled_from(["1", "0.5", "1.25"]),
    st.sampled_from([45, 60, 90]),
)
def test_the_parts_of_a_session_sum_to_it(minutes, participants, staff, rate, weight, unit):
    kinds = [{"key": "group", "share": "staff", "weight": weight}]
    terms = hourly(str(rate), kinds=kinds, unit_minutes=unit)

    lines = bill(terms, shared(participants, minutes=minutes, counsellors=staff))

    whole = bill(terms, [work(minutes, kind="group", counsellors=staff)])[0]
    assert sum(line.amount for line in lines) == whole.amount
    assert max(line.amount for line in lines) - min(line.amount for line in lines) <= Decimal(
        "0.01"
    )


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 5), st.integers(1, 3)), max_size=6))
def test_sessions_summed_up_are_the_sessions_apart(sessions):
    """Whoever attended several of one size has one row of them, with its place in each."""
    apart, sums = [], {}
    for number, (minutes, participants, counsellors) in enumerate(sessions):
        apart += shared(
            participants, minutes=minutes, counsellors=counsellors, session=f"G-{number}"
        )
        for case in range(participants):
            parts = sums.setdefault((case, participants, counsellors), [])
            parts.append(Attended(minutes, place=case, times=1))
    summed = [
        work(
            sum(part.minutes for part in parts), kind="group", case=case, count=len(parts),
            participants=participants, counsellors=counsellors, attended=parts,
        )
        for (case, participants, counsellors), parts in sums.items()
    ]  # fmt: skip
    terms = hourly("48.01", kinds=GROUP)

    assert bill(terms, summed) == bill(terms, apart)


def planned(minutes, day, hours, days):
    """Work under a plan of so many hours that holds from one day of March to another."""
    first, last = days
    plan = Period(date(2024, 3, first), date(2024, 3, last))
    return work(minutes, day, plan_hours=hours, plan_days=plan)


# Eighteen hours until 19 March, an hour on the 31st; rate 60.
CHANGES = {
    "20 h until the 30th, 5 h on the 31st": ((20, (1, 30)), (5, (31, 31))),
    "5 h until the 30th, 20 h on the 31st": ((5, (1, 30)), (20, (31, 31))),
    "12 h until the 30th, none on the 31st": ((12, (1, 30)), (None, (31, 31))),
    "none until the 30th, 12 h on the 31st": ((None, (1, 30)), (12, (31, 31))),
}


@pytest.mark.parametrize(
    ("name", "change", "amount", "unbilled"),
    [
        # 20 x 30/31 = 19.35 h have room for 18; 5 x 1/31 of an hour for the 31st: 9.68
        ("20 h until the 30th, 5 h on the 31st", "by_days", "1089.68", "0.8387"),
        # 5 x 30/31 = 4.8387 h, 20 x 1/31 = 0.6452 h
        ("5 h until the 30th, 20 h on the 31st", "by_days", "329.03", "13.5161"),
        ("12 h until the 30th, none on the 31st", "by_days", "696.77", "7.3871"),
        ("none until the 30th, 12 h on the 31st", "by_days", "23.23", "18.6129"),
        # 18 of 20 h; on the 31st 18 h are more than 5 already
        ("20 h until the 30th, 5 h on the 31st", "plan_of_day", "1080.00", "1.0000"),
        # 5 h, then one of the 15 that are left
        ("5 h until the 30th, 20 h on the 31st", "plan_of_day", "360.00", "13.0000"),
        ("12 h until the 30th, none on the 31st", "plan_of_day", "720.00", "7.0000"),
        ("none until the 30th, 12 h on the 31st", "plan_of_day", "60.00", "18.0000"),
    ],
)
def test_a_plan_that_changes_inside_a_month(name, change, amount, unbilled):
    (before, early), (after, late) = CHANGES[name]
    terms = hourly("60", cap=PLAN | {"plan_change": change})
    days = ["2024-03-05", "2024-03-12", "2024-03-19"]
    facts = [planned(360, day, before, early) for day in days]
    facts.append(planned(60, "2024-03-31", after, late))

    (line,) = bill(terms, facts)
    assert (str(line.amount), str(line.unbilled)) == (amount, unbilled)
    assert explain(terms, line)[-1].result == line.amount

    # Billed in two parts, the balance of the plan goes on.
    parts = [*bill(terms, facts, "2024-03-01..2024-03-14")]
    parts += bill(terms, facts, "2024-03-15..2024-03-31")
    assert abs(sum(part.amount for part in parts) - line.amount) <= Decimal("0.01")


def test_two_terms_fill_one_plan_once():
    """12 h of the plan: talks come first, journeys have the room that is left."""
    talks = hourly("60", key="talks", kinds=[{"key": "single"}], cap=PLAN)
    trips = hourly("30", key="trips", kinds=[{"key": "travel"}], cap=PLAN)
    facts = [work(600, plan_hours=12), work(300, kind="travel", plan_hours=12)]

    lines = bill(None, facts, editions=[(BEGIN, 1, (talks, trips))])
    assert shown(lines) == [("10.0000", "600.00", "0.0000"), ("2.0000", "60.00", "3.0000")]

    lines = bill(None, facts, editions=[(BEGIN, 1, (trips, talks))])
    assert shown(lines) == [("5.0000", "150.00", "0.0000"), ("7.0000", "420.00", "3.0000")]


def test_only_kinds_of_the_terms_are_selected_and_weighted():
    terms = hourly("10", kinds=[{"key": "single"}, {"key": "travel", "weight": "0.5"}])
    facts = [work(60), work(60, kind="travel"), work(600, kind="phone")]

    assert shown(bill(terms, facts)) == [("1.5000", "15.00", "0.0000")]


def increment(minutes, mode, per):
    return {"increment": {"minutes": minutes, "mode": mode, "per": per}}


@pytest.mark.parametrize(
    ("rule", "facts", "minutes"),
    [
        pytest.param(increment(15, "up", "record"), [work(20, count=3)], 90, id="each record up"),
        pytest.param(increment(15, "down", "record"), [work(20, count=3)], 45, id="down"),
        pytest.param(increment(15, "half_up", "record"), [work(20, count=3)], 45, id="to nearest"),
        pytest.param(increment(15, "half_up", "record"), [work(38)], 45, id="above the half"),
        pytest.param(increment(5, "half_up", "record"), [work(35)], 35, id="a multiple stays"),
        pytest.param(
            increment(15, "up", "day"),
            [work(20, "2024-03-05"), work(20, "2024-03-05"), work(20, "2024-03-06")],
            75,
            id="each day up",
        ),
        pytest.param(
            increment(60, "up", "month"),
            [work(20, "2024-03-05"), work(50, "2024-03-06")],
            120,
            id="the month up",
        ),
    ],
)
def test_increments(rule, facts, minutes):
    line = bill(hourly("60", **rule), facts)[0]

    assert line.amount == minutes


def test_the_grain_is_that_of_the_increments():
    grains = [
        model_of(terms).grain(terms)
        for terms in (
            hourly(),
            hourly(**increment(15, "up", "record")),
            hourly(**increment(15, "up", "day")),
            hourly(**increment(15, "up", "month")),
        )
    ]

    assert grains == [Grain.MONTH, Grain.RECORD, Grain.DAY, Grain.MONTH]


KINDS = [{"key": "single", "weight": "1.5"}, {"key": "phone", "weight": "0.5"}]


@pytest.mark.parametrize(
    ("order", "per", "minutes"),
    [
        # 20 x 1.5 = 30 and 20 x 0.5 = 10
        pytest.param("weight increment cap", "record", 45, id="record: 30 -> 30, 10 -> 15"),
        pytest.param("weight increment cap", "day", 45, id="day: 40 -> 45"),
        pytest.param("weight increment cap", "month", 45, id="month: 40 -> 45"),
        # 20 -> 30 each, then x 1.5 and x 0.5
        pytest.param("increment weight cap", "record", 60, id="record: 45 + 15"),
        pytest.param("increment weight cap", "day", 60, id="day by kind: 45 + 15"),
        pytest.param("increment weight cap", "month", 60, id="month by kind: 45 + 15"),
    ],
)
def test_order_of_weight_and_increment(order, per, minutes):
    terms = hourly("60", kinds=KINDS, order=order.split(), **increment(15, "up", per))

    assert bill(terms, [work(20), work(20, kind="phone")])[0].amount == minutes


@pytest.mark.parametrize(
    ("order", "minutes", "unbilled"),
    [
        # 100 min, weight 2, cap 110 min, rounded up to 60
        pytest.param("weight increment cap", 110, "2.1667", id="200, 240, 110"),
        pytest.param("weight cap increment", 120, "1.5000", id="200, 110, 120"),
        pytest.param("cap weight increment", 240, "0.0000", id="100, 200, 240"),
        pytest.param("increment cap weight", 220, "0.1667", id="120, 110, 220"),
        pytest.param("cap increment weight", 240, "0.0000", id="100, 120, 240"),
        pytest.param("increment weight cap", 110, "2.1667", id="120, 240, 110"),
    ],
)
def test_every_order_of_stages(order, minutes, unbilled):
    terms = hourly(
        "60",
        kinds=[{"key": "single", "weight": "2"}],
        cap={"source": "fixed", "quantity": "1.8333333333333333333333333333"},
        order=order.split(),
        **increment(60, "up", "month"),
    )
    line = bill(terms, [work(100)])[0]

    assert (line.amount, str(line.unbilled)) == (minutes, unbilled)


def test_a_month_cut_in_two_is_rounded_up_once():
    terms = hourly("60", **increment(60, "up", "month"))
    facts = [work(20, "2024-03-02"), work(50, "2024-03-20"), work(10, "2024-03-25")]

    early = bill(terms, facts, "2024-03-01..2024-03-15")
    late = bill(terms, facts, "2024-03-16..2024-03-31")

    assert [str(line.amount) for line in (*early, *late)] == ["60.00", "60.00"]
    assert bill(terms, facts)[0].amount == 120
    assert explain(terms, late[0])[-1].result == 60


def test_surcharges_are_lines_of_their_own():
    surcharges = [
        {"key": "evening", "label": "Evening", "percent": "12.5"},
        {"key": "rural", "label": "Rural", "percent": "3"},
    ]

    lines = bill(hourly("60.01", surcharges=surcharges), [work(60, sources="4.2")])

    # 12.5 % of 60.01 is 7.50125, 3 % is 1.8003
    assert [(line.component, str(line.amount)) for line in lines] == [
        ("work", "60.01"),
        ("evening", "7.50"),
        ("rural", "1.80"),
    ]
    assert {line.sources for line in lines} == {"4.2"}


def test_lines_come_by_month_and_case_and_name_their_sources():
    facts = [
        work(60, "2024-04-01", case=10, sources="30.1"),
        work(60, "2024-03-01", case=10, sources="9.1 10.1"),
        work(60, "2024-03-09", case=10, sources="8.3", participants=2),
        work(60, "2024-03-31", case=9, sources="7.1"),
    ]

    lines = bill(hourly(), facts, "2024-Q1")

    assert [(line.key, line.sources) for line in lines] == [
        ("fls.work|9|2024-03-01", "7.1"),
        ("fls.work|10|2024-03-01", "8.3 9.1 10.1"),
    ]


@pytest.mark.parametrize(
    ("terms", "fact", "message"),
    [
        pytest.param(
            hourly(rates=[{"amount": "1", "valid_from": "2024-04-01"}]),
            [work(60)],
            "fls.work: 2024-03-01 .*days from 2024-04-01",
            id="before the first rate",
        ),
        pytest.param(hourly(), [work(-1)], "minutes from 0", id="negative minutes"),
        pytest.param(
            hourly(kinds=[{"key": "single", "share": "staff"}]),
            [work(60, participants=0)],
            "one participant",
            id="nobody there",
        ),
        pytest.param(
            hourly(cap=PLAN),
            [work(60, plan_hours=1), work(60, plan_hours=2)],
            "one cap per case",
            id="two caps",
        ),
    ],
)
def test_facts_that_cannot_be_billed(terms, fact, message):
    with pytest.raises(BillingError, match=message):
        bill(terms, fact)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        pytest.param({"rates": []}, "at least one amount", id="no rate"),
        pytest.param({"rates": [{"amount": "1"}, {"amount": "2"}]}, "same day", id="two rates"),
        pytest.param({"rates": [{"amount": "-1"}]}, "greater than or equal", id="negative rate"),
        pytest.param({"kinds": []}, "kinds", id="no kinds"),
        pytest.param({"kinds": [{"key": "a"}] * 2}, "kinds: a stands more", id="kind twice"),
        pytest.param({"unit_minutes": 0}, "greater than 0", id="unit of nothing"),
        pytest.param({"cap": {"source": "fixed"}}, "needs a quantity", id="cap without quantity"),
        pytest.param({"cap": {**PLAN, "quantity": 3}}, "brings its own", id="plan with quantity"),
        pytest.param({"cap": {**PLAN, "per": "year"}}, "per month", id="plan per year"),
        pytest.param(
            {"order": ["weight", "cap", "cap"]}, "order: cap stands more", id="stage twice"
        ),
        pytest.param(
            {
                "cap": PLAN,
                "order": ["weight", "cap", "increment"],
                **increment(15, "up", "record"),
            },
            "comes before it",
            id="cap before rounding of records",
        ),
        pytest.param(
            {"cap": PLAN, "order": ["cap", "weight", "increment"], "kinds": KINDS},
            "leaves open",
            id="cap before different weights",
        ),
        pytest.param(
            {"surcharges": [{"key": "work", "label": "x", "percent": 1}]},
            "surcharges: work stands more",
            id="surcharge called work",
        ),
        pytest.param(
            {"valid_from": "2024-02-01", "valid_until": "2024-01-31"}, "before", id="swapped"
        ),
        pytest.param({"colour": "red"}, "Extra inputs", id="unknown field"),
        pytest.param({"key": "a.b"}, "pattern", id="key with a dot"),
    ],
)
def test_terms_that_make_no_sense_are_refused(more, message):
    with pytest.raises(ValidationError, match=message):
        hourly(**more)


def records(participants):
    return st.builds(
        lambda day, kind, case, minutes, number: work(
            minutes,
            date.fromordinal(date(2024, 1, 1).toordinal() + day).isoformat(),
            kind=kind,
            case=case,
            plan_hours=3,
            participants=number,
            sources=f"{day * 1000 + minutes}.1",
        ),
        st.integers(0, 365),
        st.sampled_from(["single", "group", "other"]),
        st.integers(1, 3),
        st.integers(1, 600),
        participants,
    )


TERMS = st.builds(
    lambda cap, rule, order: hourly(
        kinds=[{"key": "single"}, {"key": "group", "share": "staff", "weight": "1.25"}],
        rates=[{"amount": "62.40"}, {"amount": "64.85", "valid_from": "2024-05-17"}],
        cap=cap,
        increment=rule,
        order=order,
        surcharges=[{"key": "rural", "label": "Rural", "percent": "7.5"}],
    ),
    st.sampled_from([None, PLAN, {"source": "fixed", "per": "year", "quantity": "20"}]),
    st.builds(
        lambda per, mode: {"minutes": 15, "mode": mode, "per": per},
        st.sampled_from(["record", "day", "month"]),
        st.sampled_from(["up", "half_up", "down"]),
    )
    | st.none(),
    st.sampled_from([["weight", "increment", "cap"], ["increment", "weight", "cap"]]),
)


@settings(deadline=None)
@given(TERMS, st.lists(records(st.integers(1, 7)), max_size=12), st.integers(0, 99))
def test_a_year_is_the_sum_of_its_months_whatever_the_order_of_facts(terms, facts, seed):
    year = bill(terms, facts, "2024")
    shuffled = random.Random(seed).sample(facts, len(facts))

    by_month = [
        line for month in range(1, 13) for line in bill(terms, shuffled, f"2024-{month:02}")
    ]

    assert sorted(by_month, key=lambda line: line.key) == sorted(year, key=lambda line: line.key)


@settings(deadline=None)
@given(TERMS, st.lists(records(st.integers(1, 7)), max_size=12))
def test_every_line_explains_itself(terms, facts):
    for line in bill(terms, facts, "2024"):
        steps = explain(terms, line)

        assert steps[-1].result == line.amount
        assert all(evaluate(step) == step.result for step in steps)


@settings(deadline=None)
@given(TERMS, st.lists(records(st.integers(1, 7)), max_size=12), st.integers(2, 365))
def test_quantities_of_a_year_cut_anywhere_add_up(terms, facts, day):
    """Amounts are rounded per line, quantities are not: a cut moves no minute."""
    cut = date.fromordinal(date(2024, 1, 1).toordinal() + day)
    before = date.fromordinal(cut.toordinal() - 1)

    whole = bill(terms, facts, "2024")
    parts = [
        *bill(terms, facts, f"2024-01-01..{before}"),
        *bill(terms, facts, f"{cut}..2024-12-31"),
    ]

    def hours(lines):
        return sum(line.quantity for line in lines if line.component == "work")

    assert abs(hours(whole) - hours(parts)) <= Decimal("0.0001") * len(parts)
