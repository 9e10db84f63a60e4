"""Worked examples of hourly rates, and facts that show what given terms come to."""

from datetime import date
from decimal import Decimal

from contracts.billing.facts import Work
from contracts.billing.hourly_rate.terms import (
    Cap,
    HourlyRate,
    Increment,
    PersonLimit,
    PricedKind,
    Rate,
    Surcharge,
)
from contracts.billing.period import Period
from contracts.billing.scheme import Example


def _hours(*rates: tuple[str | None, str], kinds=None, **more) -> HourlyRate:
    return HourlyRate(
        key="fls",
        label="Fachleistungsstunden",
        clause="§ 5",
        kinds=kinds or (PricedKind(key="individual"),),
        rates=tuple(Rate(valid_from=start, amount=amount) for start, amount in rates),
        **more,
    )


def _worked(month: str, minutes: int, *, plan: int | None = None, **more) -> Work:
    days = Period.parse(month)
    cap = None if plan is None else Decimal(plan)
    values = {"kind": "individual", "case": "F-1", "cap_minutes": cap, **more}
    return Work(first=days.first, last=days.last, minutes=minutes, **values)


EXAMPLES = (
    Example(
        name="11.25 h within a plan of 12 h",
        terms=_hours((None, "62.40"), cap=Cap(source="support_plan")),
        period=Period.parse("2024-03"),
        facts=(_worked("2024-03", 675, plan=720),),
        amounts={"work": "702.00"},
        total="702.00",
        source="C10",
    ),
    Example(
        name="14.5 h under a plan of 12 h: 2.5 h stay unbilled",
        terms=_hours((None, "62.40"), cap=Cap(source="support_plan")),
        period=Period.parse("2024-03"),
        facts=(_worked("2024-03", 870, plan=720),),
        amounts={"work": "748.80"},
        total="748.80",
        source="C10, D21",
    ),
    Example(
        name="the rate changes inside the year",
        terms=_hours((None, "62.40"), ("2024-07-01", "64.80")),
        period=Period.parse("2024"),
        facts=(_worked("2024-06", 600), _worked("2024-07", 600)),
        amounts={
            "fls.work|F-1|2024-06-01": "624.00",
            "fls.work|F-1|2024-07-01": "648.00",
        },
        total="1272.00",
        source="A1-10",
    ),
    Example(
        name="group session of 90 min, one counsellor, six present",
        terms=_hours((None, "62.40"), kinds=(PricedKind(key="group", share="staff"),)),
        period=Period.parse("2024-03"),
        facts=(_worked("2024-03", 90, kind="group", participants=6),),
        amounts={"work": "15.60"},
        total="15.60",
        source="C5, D13",
    ),
    Example(
        name="each of three records rounded up to 15 min, 10 % surcharge",
        terms=_hours(
            (None, "60.00"),
            increment=Increment(minutes=15, mode="up", per="record"),
            surcharges=(Surcharge(key="evening", label="Abendzuschlag", percent=10),),
        ),
        period=Period.parse("2024-03"),
        facts=(_worked("2024-03", 20, count=3),),
        amounts={"work": "90.00", "evening": "9.00"},
        total="99.00",
        source="order of stages, decision 4",
    ),
    Example(
        name="two cases of a person share a limit of ten hours a year",
        terms=_hours((None, "60.00"), person_limit=PersonLimit(quantity=10, per="year")),
        period=Period.parse("2024-03"),
        facts=(
            _worked("2024-03", 480, person="P-1"),
            _worked("2024-03", 360, person="P-1", case="F-2"),
        ),
        # Both on one day: 480 and 360 of 840 minutes share the 600 there are.
        amounts={"fls.work|F-1|2024-03-01": "342.86", "fls.work|F-2|2024-03-01": "257.14"},
        total="600.00",
        source="D52",
    ),
    Example(
        name="a limit of 500 EUR a person",
        terms=_hours((None, "62.40"), person_limit=PersonLimit(amount=500, per="contract")),
        period=Period.parse("2024-Q1"),
        facts=(_worked("2024-02", 420), _worked("2024-03", 420)),
        amounts={"fls.work|F-1|2024-02-01": "436.80", "fls.work|F-1|2024-03-01": "63.20"},
        total="500.00",
        source="D52",
    ),
)

RECORDS, MINUTES = 12, 50  # ten hours, in records that rounding changes
PLANNED = 9  # units: less than ten hours, so that a plan's cap shows
PRESENT = 6


def example_facts(terms: HourlyRate, day: date) -> tuple[Work, ...]:
    """Work that shows what the terms come to: ten hours of each kind, in records of 50 minutes.

    Done on `day` and on each later day from which another rate applies; where the support plan
    is the cap, it grants nine units a month.
    """
    per = terms.increment.per if terms.increment else "month"
    minutes = MINUTES if per == "record" else MINUTES * RECORDS
    by_plan = terms.cap is not None and terms.cap.source == "support_plan"
    later = {rate.valid_from for rate in terms.rates if rate.valid_from and rate.valid_from > day}
    return tuple(
        Work(
            kind=kind.key,
            case="1",
            first=each,
            last=each,
            minutes=minutes,
            count=RECORDS,
            participants=PRESENT if kind.share == "staff" else 1,
            cap_minutes=PLANNED * terms.unit_minutes if by_plan else None,
        )
        for each in sorted({day, *later})
        for kind in terms.kinds
    )
