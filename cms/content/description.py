"""The service description (Leistungsbeschreibung): what is offered, to whom, how and how well.

Sources: case work for landlords in three phases (A1-1 to 4), outreach (A1-5, 6), mobile
counselling (A1-7), ambulant clearing with numbered service areas (A1-8 to 11).
"""

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from base.content import Content, Key, Line, Text, _, require_unique


class Criterion(Content):
    """A condition for taking part; an unmet one needs a reason (A1-9)."""

    key: Key = Field(title=_("key"))
    text: Text = Field(title=_("text"))


class ServiceArea(Content):
    """A numbered part of the service (Leistungsbereich) with its frequency and scope (A1-8)."""

    key: Key = Field(title=_("key"))
    number: Line = Field(title=_("number"))
    title: Line = Field(title=_("title"))
    frequency: str = Field("", max_length=300, title=_("frequency and scope"))
    contacts_per_week_minimum: int | None = Field(None, ge=0, title=_("contacts a week, at least"))
    contacts_per_week_maximum: int | None = Field(None, ge=0, title=_("contacts a week, at most"))
    services: tuple[Text, ...] = Field((), title=_("services"))


class DescribedPhase(Content):
    """A time-boxed part with least and greatest length and least intensity (A1-1, C9)."""

    key: Key = Field(title=_("key"))
    title: Line = Field(title=_("title"))
    minimum_weeks: int | None = Field(None, ge=0, title=_("at least, weeks"))
    maximum_weeks: int | None = Field(None, ge=0, title=_("at most, weeks"))
    minimum_months: int | None = Field(None, ge=0, title=_("at least, months"))
    maximum_months: int | None = Field(None, ge=0, title=_("at most, months"))
    intensity: Literal["weekly", "monthly", "by_agreement"] = Field("by_agreement", title=_("intensity"))
    minimum_hours: Decimal | None = Field(None, ge=0, max_digits=6, decimal_places=2, title=_("hours, at least"))
    review: bool = Field(False, title=_("ends with a review of the goals"))
    services: tuple[Text, ...] = Field((), title=_("services"))

    @model_validator(mode="after")
    def _consistent(self):
        if (self.intensity == "by_agreement") != (self.minimum_hours is None):
            raise ValueError("minimum_hours goes with the intensity weekly or monthly")
        return self


class Standard(Content):
    """A service standard (Mindeststandard): a duty with its deadline, counted from an event (A1-27)."""

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))
    event: Line = Field(title=_("counted from"))
    days: int | None = Field(None, ge=0, title=_("days"), description=_("Empty: agreed for each case."))


class Topic(Content):
    """A kind of help or a subject of the work, as data (A1-4, A1-6)."""

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))


class DescriptionContent(Content):
    """One edition's worth of a service description."""

    title: Line = Field(title=_("title"))
    voluntary: bool = Field(False, title=_("voluntary"), description=_("Refusal has no consequence."))
    offer: tuple[Text, ...] = Field(min_length=1, title=_("offer"))
    target_group: tuple[Text, ...] = Field((), title=_("target group"))
    eligibility: tuple[Criterion, ...] = Field((), title=_("eligibility criteria"))
    goals: tuple[Text, ...] = Field((), title=_("goals"))
    topics: tuple[Topic, ...] = Field((), title=_("kinds of help"))
    service_areas: tuple[ServiceArea, ...] = Field((), title=_("service areas"))
    phases: tuple[DescribedPhase, ...] = Field((), title=_("phases"))
    standards: tuple[Standard, ...] = Field((), title=_("service standards"))
    framework: tuple[Text, ...] = Field((), title=_("framework"))
    quality: tuple[Text, ...] = Field((), title=_("quality"))

    @model_validator(mode="after")
    def _consistent(self):
        for rows, what in (
            (self.eligibility, "criterion"), (self.topics, "kind of help"),
            (self.service_areas, "service area"), (self.phases, "phase"), (self.standards, "standard"),
        ):
            require_unique([row.key for row in rows], what)
        return self
