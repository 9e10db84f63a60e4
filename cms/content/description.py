"""The service description (Leistungsbeschreibung): what is offered, to whom, how and how well.

Sources: case work for landlords in three phases (A1-1 to 4), outreach (A1-5, 6), mobile
counselling (A1-7), ambulant clearing with numbered service areas (A1-8 to 11).
"""

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from base.content import (
    PRINTED,
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
from cms.content.standard import Standard
from cms.phases import PhaseRule


class Criterion(Content):
    """A condition for taking part; an unmet one needs a reason (A1-9)."""

    model_config = summary("{text}", title=_("criterion"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    text: Text = Field(title=_("text"), description=_("The condition in one sentence."))


class ServiceArea(Content):
    """A numbered part of the service (Leistungsbereich) with its frequency and scope (A1-8)."""

    model_config = summary("{number} {title}", title=_("service area"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    number: Line = Field(title=_("number"), description=_("Number as printed, for example 4.2."))
    title: Line = Field(title=_("title"), description=_("Name of the service area."))
    frequency: Words = Field(
        "", max_length=300, title=_("frequency and scope"), description=_("In words, as printed.")
    )
    contacts_per_week_minimum: int | None = Field(
        None,
        ge=0,
        le=100,
        title=_("contacts a week, at least"),
        description=_("As a number; empty: not agreed."),
    )
    contacts_per_week_maximum: int | None = Field(
        None,
        ge=0,
        le=100,
        title=_("contacts a week, at most"),
        description=_("As a number; empty: not agreed."),
    )
    services: tuple[Text, ...] = Field(
        (), title=_("services"), description=_("One per line: what is done in this area.")
    )

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

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    title: Line = Field(title=_("title"), description=_("Name of the phase."))
    minimum_weeks: int | None = Field(
        None,
        ge=1,
        le=520,
        title=_("at least, weeks"),
        description=_("Either weeks or months; empty: no least length."),
    )
    maximum_weeks: int | None = Field(
        None,
        ge=1,
        le=520,
        title=_("at most, weeks"),
        description=_("Either weeks or months; empty: no greatest length."),
    )
    minimum_months: int | None = Field(
        None,
        ge=1,
        le=120,
        title=_("at least, months"),
        description=_("Either weeks or months; empty: no least length."),
    )
    maximum_months: int | None = Field(
        None,
        ge=1,
        le=120,
        title=_("at most, months"),
        description=_("Either weeks or months; empty: no greatest length."),
    )
    intensity: Literal["weekly", "monthly", "by_agreement"] = Field(
        "by_agreement",
        title=_("intensity"),
        description=_("For which stretch of time the least hours below count."),
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
    review: bool = Field(
        False,
        title=_("ends with a review of the goals"),
        description=_("Ticked: the goals are looked at together at its end."),
    )
    services: tuple[Text, ...] = Field(
        (), title=_("services"), description=_("One per line: what is done in this phase.")
    )

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


class Topic(Content):
    """A kind of help or a subject of the work, as data (A1-4, A1-6)."""

    model_config = summary("{label}", title=_("kind of help"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(
        title=_("label"), description=_("As people read it in lists and documents.")
    )


class DescriptionContent(Content):
    """One edition's worth of a service description."""

    title: Line = Field(
        title=_("title"), description=_("Name under which the service is found and printed.")
    )
    voluntary: bool = Field(
        False, title=_("voluntary"), description=_("Refusal has no consequence.")
    )
    offer: tuple[Text, ...] = Field(
        min_length=1,
        title=_("offer"),
        description=_("What is offered, a paragraph for each point."),
    )
    target_group: tuple[Text, ...] = Field(
        (), title=_("target group"), description=_("Who is meant, a paragraph for each group.")
    )
    eligibility: tuple[Criterion, ...] = Field(
        (),
        title=_("eligibility criteria"),
        description=_("Who can take part, one condition each."),
        **PRINTED,
    )
    goals: tuple[Text, ...] = Field(
        (), title=_("goals"), description=_("What is to be achieved, a paragraph for each goal.")
    )
    topics: tuple[Topic, ...] = Field(
        (),
        title=_("kinds of help"),
        description=_(
            "Subjects of the work, of which service records name one. The provider reads which."
        ),
    )
    service_areas: tuple[ServiceArea, ...] = Field(
        (),
        title=_("service areas"),
        description=_("The numbered parts of the service."),
        **PRINTED,
    )
    phases: tuple[DescribedPhase, ...] = Field(
        (),
        title=_("phases"),
        description=_("The parts of the work in time, with their length and least hours."),
        **PRINTED,
    )
    standards: tuple[Standard, ...] = Field(
        (),
        title=_("service standards"),
        description=_("What has to be done within a time after an event."),
    )
    framework: tuple[Text, ...] = Field(
        (),
        title=_("framework"),
        description=_("Place, opening hours, equipment, staff; a paragraph each."),
    )
    quality: tuple[Text, ...] = Field(
        (),
        title=_("quality"),
        description=_("How quality is kept and shown, a paragraph for each point."),
    )

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
