"""The service description (Leistungsbeschreibung): what is offered, to whom, how and how well.

Sources: case work for landlords in three phases (A1-1 to 4), outreach (A1-5, 6), mobile
counselling (A1-7), ambulant clearing with numbered service areas (A1-8 to 11).
"""

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from base.content import (
    Content,
    Key,
    Line,
    Refusal,
    Text,
    Words,
    _,
    labels,
    require_unique,
    summary,
)
from cms.phases import PhaseRule


class Criterion(Content):
    """A condition for taking part; an unmet one needs a reason (A1-9)."""

    model_config = summary("{text}", title=_("criterion"))

    key: Key = Field(title=_("key"))
    text: Text = Field(title=_("text"))


class ServiceArea(Content):
    """A numbered part of the service (Leistungsbereich) with its frequency and scope (A1-8)."""

    model_config = summary("{number} {title}", title=_("service area"))

    key: Key = Field(title=_("key"))
    number: Line = Field(title=_("number"))
    title: Line = Field(title=_("title"))
    frequency: Words = Field("", max_length=300, title=_("frequency and scope"))
    contacts_per_week_minimum: int | None = Field(
        None, ge=0, le=100, title=_("contacts a week, at least")
    )
    contacts_per_week_maximum: int | None = Field(
        None, ge=0, le=100, title=_("contacts a week, at most")
    )
    services: tuple[Text, ...] = Field((), title=_("services"))

    @model_validator(mode="after")
    def _ordered(self):
        least, most = self.contacts_per_week_minimum, self.contacts_per_week_maximum
        if None not in (least, most) and most < least:
            raise Refusal(
                _("at most %(most)s contacts a week is less than at least %(least)s"),
                most=most,
                least=least,
            )
        return self


class DescribedPhase(Content):
    """A time-boxed part with least and greatest length and least intensity (A1-1, C9)."""

    model_config = summary("{title}", title=_("phase"))

    key: Key = Field(title=_("key"))
    title: Line = Field(title=_("title"))
    minimum_weeks: int | None = Field(None, ge=1, le=520, title=_("at least, weeks"))
    maximum_weeks: int | None = Field(None, ge=1, le=520, title=_("at most, weeks"))
    minimum_months: int | None = Field(None, ge=1, le=120, title=_("at least, months"))
    maximum_months: int | None = Field(None, ge=1, le=120, title=_("at most, months"))
    intensity: Literal["weekly", "monthly", "by_agreement"] = Field(
        "by_agreement",
        title=_("intensity"),
        **labels(weekly=_("weekly"), monthly=_("monthly"), by_agreement=_("by agreement")),
    )
    minimum_hours: Decimal | None = Field(
        None,
        ge=0,
        max_digits=6,
        decimal_places=2,
        title=_("hours, at least"),
        description=_("A week or a month; empty: by agreement."),
    )
    review: bool = Field(False, title=_("ends with a review of the goals"))
    services: tuple[Text, ...] = Field((), title=_("services"))

    @model_validator(mode="after")
    def _consistent(self):
        if (self.intensity == "by_agreement") != (self.minimum_hours is None):
            raise Refusal(_("minimum_hours goes with the intensity weekly or monthly"))
        self.rule()
        return self

    def rule(self) -> PhaseRule:
        """Return the limits for planning a case. Raises Refusal where they contradict."""
        weekly = self.minimum_hours if self.intensity == "weekly" else None
        return PhaseRule(
            key=self.key,
            min_weeks=self.minimum_weeks,
            max_weeks=self.maximum_weeks,
            min_months=self.minimum_months,
            max_months=self.maximum_months,
            min_hours_per_week=weekly,
        )


class Standard(Content):
    """A service standard (Mindeststandard): a duty with a deadline, counted from an event."""

    model_config = summary("{label}", title=_("service standard"))

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))
    event: Line = Field(title=_("counted from"))
    days: int | None = Field(
        None, ge=0, le=3650, title=_("days"), description=_("Empty: agreed for each case.")
    )


class Topic(Content):
    """A kind of help or a subject of the work, as data (A1-4, A1-6)."""

    model_config = summary("{label}", title=_("kind of help"))

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))


class DescriptionContent(Content):
    """One edition's worth of a service description."""

    title: Line = Field(title=_("title"))
    voluntary: bool = Field(
        False, title=_("voluntary"), description=_("Refusal has no consequence.")
    )
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
        for rows, place in (
            (self.eligibility, "eligibility"),
            (self.topics, "topics"),
            (self.service_areas, "service_areas"),
            (self.phases, "phases"),
            (self.standards, "standards"),
        ):
            require_unique([row.key for row in rows], place)
        return self
