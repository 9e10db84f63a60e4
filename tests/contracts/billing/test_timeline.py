"""Which edition and which terms apply when."""

from datetime import date

import pytest

from contracts.billing import Period, parse_terms, segments


def flat(key="lk", **more):
    """Terms that look back to the beginning of the contract."""
    stage = {"key": "one", "label": "One", "prices": [{"amount": "1"}]}
    return parse_terms(
        {"model": "service_complexes", "key": key, "label": key, "stages": [stage], **more}
    )


def hourly(key="fls", rates=({"amount": "60"},), **more):
    return parse_terms(
        {
            "model": "hourly_rate",
            "key": key,
            "label": key,
            "kinds": [{"key": "work"}],
            "rates": rates,
            **more,
        }
    )


def laid(editions, period, first=date(2024, 1, 1), last=None):
    run = segments(editions, Period.parse(period), first=first, last=last)
    return [(str(each.period), each.pieces[0].edition, each.counted) for each in run]


JANUARY, MARCH, MAY = date(2024, 1, 1), date(2024, 3, 1), date(2024, 5, 1)
TERM, RAISED, CUT = ((hourly(rates=({"amount": each},)),) for each in ("60", "61", "59"))


@pytest.mark.parametrize(
    ("editions", "expected"),
    [
        pytest.param([(JANUARY, 1, TERM)], [("2024-H1", 1, True)], id="one edition"),
        pytest.param(
            [(JANUARY, 1, TERM), (MAY, 2, RAISED)],
            [("2024-01-01..2024-04-30", 1, True), ("2024-05-01..2024-06-30", 2, True)],
            id="an amendment",
        ),
        pytest.param(
            [(JANUARY, 1, TERM), (MAY, 2, RAISED), (MARCH, 3, CUT)],
            [("2024-01-01..2024-02-29", 1, True), ("2024-03-01..2024-06-30", 3, True)],
            id="a retroactive amendment overrides a later part of an earlier one",
        ),
        pytest.param(
            [(JANUARY, 1, TERM), (JANUARY, 2, TERM)],
            [("2024-H1", 2, True)],
            id="replaced from the beginning",
        ),
        pytest.param(
            [(MARCH, 1, TERM)],
            [("2024-03-01..2024-06-30", 1, True)],
            id="no edition at first",
        ),
        pytest.param([(date(2025, 1, 1), 1, TERM)], [], id="not yet in force"),
        pytest.param([], [], id="no edition"),
    ],
)
def test_editions_laid_over_half_a_year(editions, expected):
    assert laid(editions, "2024-H1") == expected


def test_periods_are_cut_to_the_term():
    editions = [(date(2020, 1, 1), 1, TERM)]

    assert laid(editions, "2024", first=MARCH, last=date(2024, 4, 30)) == [
        ("2024-03-01..2024-04-30", 1, True)
    ]
    assert laid(editions, "2023", first=MARCH) == []
    assert laid(editions, "2025", first=MARCH, last=date(2024, 4, 30)) == []


def test_rates_and_validity_cut_segments():
    rates = ({"amount": "60"}, {"amount": "61", "valid_from": "2024-02-10"})
    short = hourly("extra", valid_from="2024-03-05", valid_until="2024-03-31")

    run = segments(
        [(JANUARY, 1, (hourly(rates=rates), short))], Period.parse("2024-Q2"), first=JANUARY
    )
    assert [str(each.period) for each in run] == ["2024-Q2"]

    # Each term has segments of its own: one that begins or ends cuts no other.
    run = segments(
        [(JANUARY, 1, (hourly(rates=rates), short))], Period.parse("2024-H1"), first=JANUARY
    )
    assert [(str(each.period), [term.key for term in each.terms]) for each in run] == [
        ("2024-01-01..2024-02-09", ["fls"]),
        ("2024-02-10..2024-06-30", ["fls"]),
        ("2024-03-05..2024-03-31", ["extra"]),
    ]


def test_boundaries_of_an_overridden_edition_do_not_cut():
    rates = ({"amount": "60"}, {"amount": "61", "valid_from": "2024-02-10"})

    assert laid([(JANUARY, 1, (hourly(rates=rates),)), (JANUARY, 2, TERM)], "2024-Q1") == [
        ("2024-Q1", 2, True)
    ]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param(hourly(), [], id="no balance"),
        pytest.param(
            hourly(cap={"source": "support_plan"}),
            [("2024-03-01..2024-03-14", 1, False)],
            id="month",
        ),
        pytest.param(
            hourly(cap={"source": "fixed", "per": "year", "quantity": "9"}),
            [("2024-01-01..2024-03-14", 1, False)],
            id="year",
        ),
        pytest.param(
            hourly(increment={"minutes": 60, "mode": "up", "per": "month"}),
            [("2024-03-01..2024-03-14", 1, False)],
            id="rounding of the month",
        ),
        pytest.param(flat(), [("2023-06-01..2024-03-14", 1, False)], id="whole contract"),
    ],
)
def test_look_back_reaches_as_far_as_a_balance_needs(terms, expected):
    counted = [("2024-03-15..2024-04-15", 1, True)]

    laid_out = laid(
        [(date(2020, 1, 1), 1, (terms,))], "2024-03-15..2024-04-15", first=date(2023, 6, 1)
    )

    assert laid_out == expected + counted


ENDS = {"valid_until": "2024-02-29"}
BEGINS = {"valid_from": "2024-03-01"}
STEPS = ({"amount": "60"}, {"amount": "61", "valid_from": "2023-05-01"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(hourly(), hourly(), id="word for word"),
        pytest.param(hourly(), hourly(label="Hours", clause="§ 9"), id="in other words"),
        pytest.param(hourly(), hourly(unit_label="Std."), id="with another name of the unit"),
        pytest.param(hourly(**ENDS), hourly(**BEGINS), id="handed over by validity"),
        pytest.param(hourly(rates=STEPS), hourly(rates=({"amount": "61"},)), id="a rate long past"),
        pytest.param(
            hourly(rates=({"amount": "61"},)),
            hourly(rates=({"amount": "61"}, {"amount": "70", "valid_from": "2025-01-01"})),
            id="a rate to come",
        ),
    ],
)
def test_an_edition_that_agrees_the_same_cuts_nothing(before, after):
    editions = [(JANUARY, 1, (before,)), (MARCH, 2, (after,))]

    (whole,) = segments(editions, Period.parse("2024-H1"), first=JANUARY)

    assert str(whole.period) == "2024-H1"
    assert [(str(each.days), each.edition) for each in whole.pieces] == [
        ("2024-01-01..2024-02-29", 1),
        ("2024-03-01..2024-06-30", 2),
    ]


def test_terms_that_draw_on_one_limit_have_their_segments_in_common():
    capped = {"cap": {"source": "support_plan"}}
    rates = ({"amount": "60"}, {"amount": "61", "valid_from": "2024-03-01"})
    terms = (hourly("a", rates=rates, **capped), hourly("b"), hourly("c", **capped))

    run = segments([(JANUARY, 1, terms)], Period.parse("2024-H1"), first=JANUARY)

    assert [(str(each.period), [term.key for term in each.terms]) for each in run] == [
        ("2024-01-01..2024-02-29", ["a", "c"]),
        ("2024-03-01..2024-06-30", ["a", "c"]),
        ("2024-H1", ["b"]),
    ]


def test_segments_know_the_period_asked_for():
    last = segments([(JANUARY, 1, TERM)], Period.parse("2024-Q2"), first=JANUARY)[-1]

    assert last.in_force_from == JANUARY
    assert str(last.within) == "2024-Q2"
