"""How long a contract runs, how it ends, and on which days the office works."""

from dataclasses import fields
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from base.content import (
    ASIDE,
    Content,
    RefersTo,
    Words,
    _,
    labels,
    require_unique,
    summary,
)
from contracts.dates.duties import LONGEST_REMINDER_DAYS
from contracts.dates.term import Term
from contracts.dates.working_days import STATES, Calendar, LocalHolidays

LONGEST_MONTHS = 1200  # a hundred years; dates beyond the year 9999 cannot be computed
LONGEST_DAYS = 36_500
LONGEST_REMINDER_MONTHS = 36


class AgreedTerm(Content):
    """How long the contract runs and how it ends; notice goes to the term's end (A1-50)."""

    model_config = summary("{begins}", title=_("term"))

    begins: date = Field(title=_("begins"), description=_("First day of the contract."))
    first_ends: date | None = Field(
        None, title=_("first term ends"), description=_("Last day; empty: open-ended.")
    )
    renews_months: int | None = Field(
        None,
        ge=1,
        le=LONGEST_MONTHS,
        title=_("renewed by months"),
        description=_("Empty: ends with its first term."),
    )
    notice_months: int = Field(
        0,
        ge=0,
        le=LONGEST_MONTHS,
        title=_("notice in months"),
        description=_("How many months before the end notice has to arrive; 0: no such time."),
    )
    notice_days: int = Field(
        0,
        ge=0,
        le=LONGEST_DAYS,
        title=_("notice in days"),
        description=_("Instead of months: days, counted from the day after receipt."),
    )
    notice_weeks: int = Field(
        0,
        ge=0,
        le=LONGEST_DAYS // 7,
        title=_("notice in weeks"),
        description=_("Instead of months: weeks of seven days."),
    )
    notice_years: int = Field(
        0,
        ge=0,
        le=LONGEST_MONTHS // 12,
        title=_("notice in years"),
        description=_("Instead of months: whole years."),
    )
    notice_to: Literal["term_end", "year_end", "half_end", "quarter_end", "month_end"] = Field(
        "term_end",
        title=_("notice to"),
        description=_("The days on which notice can end the contract."),
        **labels(
            term_end=_("end of the term"),
            year_end=_("end of a year"),
            half_end=_("end of a half-year"),
            quarter_end=_("end of a quarter"),
            month_end=_("end of a month"),
        ),
    )
    notice_in_first_term: bool = Field(
        False,
        title=_("notice within the first term"),
        description=_("Otherwise notice ends the contract with its first term at the earliest."),
    )
    remind_notice_months: int = Field(
        3,
        ge=1,
        le=LONGEST_REMINDER_MONTHS,
        title=_("reminder of notice in months"),
        description=_("How many months before the last day for notice people are reminded of it."),
        **ASIDE,
    )
    remind_end_days: int = Field(
        90,
        ge=0,
        le=LONGEST_REMINDER_DAYS,
        title=_("reminder of the end in days"),
        description=_("How many days before the contract ends people are reminded of it."),
        **ASIDE,
    )
    clause: Annotated[Words, RefersTo("clauses", by="number")] = Field(
        "",
        max_length=40,
        title=_("clause"),
        description=_("The clause on term and notice."),
    )

    @model_validator(mode="after")
    def _consistent(self):
        _read = self.lasting
        return self

    @cached_property
    def lasting(self) -> Term:
        """The term that is agreed on. Raises Refusal where its values contradict each other."""
        names = (field.name for field in fields(Term))
        return Term(**{name: getattr(self, name) for name in names})


class AgreedCalendar(Content):
    """Which days are working days: those of a place in a state, plus and minus days (D6)."""

    model_config = summary("{state}", title=_("working days"))

    state: Literal[
        "BW",
        "BY",
        "BE",
        "BB",
        "HB",
        "HH",
        "HE",
        "MV",
        "NI",
        "NW",
        "RP",
        "SL",
        "SN",
        "ST",
        "SH",
        "TH",
    ] = Field(
        title=_("federal state"),
        description=_("Its public holidays are no working days."),
        **labels(**STATES),
    )
    local_holidays: LocalHolidays = Field(
        "none",
        title=_("local holidays"),
        description=_(
            "Holidays, every year, that are kept in this place and not in the whole state."
        ),
        **labels(
            none=_("none beside those of the state"),
            catholic=_(
                "mostly Catholic municipality: Mariä Himmelfahrt in Bavaria, "
                "Fronleichnam in Saxony and Thuringia"
            ),
            augsburg=_("Augsburg: Friedensfest and Mariä Himmelfahrt"),
        ),
    )
    holidays: tuple[date, ...] = Field(
        (),
        title=_("further days off"),
        description=_("Single days on which nobody works, beside public holidays."),
    )
    working_days: tuple[date, ...] = Field(
        (), title=_("further working days"), description=_("Worked although otherwise free.")
    )
    christmas_eve_off: bool = Field(
        False, title=_("24 December off"), description=_("Ticked: not counted as a working day.")
    )
    new_years_eve_off: bool = Field(
        False, title=_("31 December off"), description=_("Ticked: not counted as a working day.")
    )

    @model_validator(mode="after")
    def _consistent(self):
        require_unique(self.holidays, "holidays")
        require_unique(self.working_days, "working_days")
        _read = self.working_calendar
        return self

    @cached_property
    def working_calendar(self) -> Calendar:
        """The working days that are agreed on. Raises Refusal where days contradict each other."""
        return Calendar(
            state=self.state,
            extra_holidays=frozenset(self.holidays),
            working_days=frozenset(self.working_days),
            christmas_eve_off=self.christmas_eve_off,
            new_years_eve_off=self.new_years_eve_off,
            local_holidays=self.local_holidays,
        )
