"""Service standards (Mindeststandards): duties with a deadline, counted from an event."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from base.content import (
    ASIDE,
    Content,
    Key,
    Line,
    NamedIn,
    Refusal,
    _,
    is_frozen,
    labels,
    summary,
)

StandardEvent = Literal[
    "assignment", "first_talk", "admission", "form", "case_end", "document_received"
]
"""What a deadline counts from. Whoever keeps cases says on which day it happened."""
Fulfilment = Literal["first_talk", "admission", "form", "case_end"]
Side = Literal["body", "provider"]

_HAPPENINGS = {
    "first_talk": _("first talk: the first individual record"),
    "admission": _("admission: the first record of any kind"),
    "case_end": _("end of the case"),
}
FormKey = Annotated[Key, NamedIn("form definitions")]

HAPPENED_BY_THEN = {
    "admission": {"admission"},
    "first_talk": {"admission", "first_talk"},
    "case_end": {"admission", "first_talk", "case_end"},
}
"""What has happened at the latest when a deadline begins: it would be met in that moment."""

COUNTED = ("days", "working_days", "weeks", "months")


class Standard(Content):
    """A service standard (Mindeststandard): a duty with a deadline, counted from an event.

    Without `starts` it is only printed, as all standards were at first. Without a number its day
    is agreed for each case.
    """

    model_config = summary("{label}", title=_("service standard"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(
        title=_("label"), description=_("What has to be done, for example first talk.")
    )
    event: Line = Field(
        title=_("counted from"),
        description=_("The event in words, for example assignment. This is only printed."),
    )
    starts: StandardEvent | None = Field(
        None,
        title=_("deadline in each case from"),
        description=_(
            "With this event each case gets the deadline. Empty: the standard is only printed, "
            "and nobody is reminded of it."
        ),
        **labels(
            assignment=_("assignment"),
            form=_("a form was handed in"),
            document_received=_("a document was received; its day is entered in the case"),
            **_HAPPENINGS,
        ),
    )
    starts_form: FormKey | None = Field(
        None,
        title=_("form that starts it"),
        description=_("Only where it counts from a form, for example the interim report."),
    )
    days: int | None = Field(
        None,
        ge=0,
        le=3650,
        title=_("calendar days"),
        description=_(
            "Days, working days, weeks or months, only one of them. "
            "Empty all four: agreed for each case."
        ),
    )
    working_days: int | None = Field(
        None, ge=0, le=730, title=_("working days"), description=_("Without weekends and holidays.")
    )
    weeks: int | None = Field(
        None, ge=1, le=520, title=_("weeks"), description=_("Of seven calendar days.")
    )
    months: int | None = Field(
        None,
        ge=1,
        le=120,
        title=_("months"),
        description=_("To the day that is called like the first, or to the end of the month."),
    )
    target: int | None = Field(
        None,
        ge=0,
        title=_("internal target"),
        description=_(
            "A smaller number of the same days, weeks or months. From that day on the deadline "
            "is shown as due soon. Not printed."
        ),
    )
    by_post: bool = Field(
        False,
        title=_("the event is a letter"),
        description=_("Ticked: counted from the day on which it is deemed received."),
        **ASIDE,
    )
    moves: bool = Field(
        True,
        title=_("moves to the next working day"),
        description=_("Ticked: where the last day is free. Holidays are those of the contract."),
        **ASIDE,
    )
    side: Side = Field(
        "provider",
        title=_("who has to do it"),
        description=_("Who is late with it. This side and the commissioning body can extend it."),
        **labels(body=_("commissioning body"), provider=_("provider")),
    )
    lead_after: int = Field(
        7,
        ge=0,
        le=365,
        title=_("days until the lead is told"),
        description=_(
            "Overdue for longer than so many days, it stands in the worklist of the lead as well. "
            "Not printed."
        ),
        **ASIDE,
    )
    fulfilled_by: Fulfilment | None = Field(
        None,
        title=_("fulfilled by"),
        description=_("What meets the deadline by itself. Empty: somebody says in the case so."),
        **labels(form=_("a form is handed in"), **_HAPPENINGS),
    )
    fulfilled_form: FormKey | None = Field(
        None,
        title=_("form that fulfils it"),
        description=_("Only where a form fulfils it, for example the feedback."),
    )

    @field_validator("fulfilled_by")
    @classmethod
    def _comes_later(cls, value, info: ValidationInfo):
        starts = info.data.get("starts")
        if value in HAPPENED_BY_THEN.get(starts, ()) and not is_frozen(info):
            raise Refusal(
                _(
                    "this has happened when the deadline begins, and would meet it at once: choose"
                    " what comes later, or nothing"
                )
            )
        return value

    @model_validator(mode="after")
    def _consistent(self):
        counted = [name for name in COUNTED if getattr(self, name) is not None]
        if len(counted) > 1:
            raise Refusal(_("only one of days, working days, weeks and months can be agreed"))
        if self.target is not None and not (counted and self.target <= self.number):
            raise Refusal(_("target: a number is needed that is not smaller"))
        for event, form, place in (
            (self.starts, self.starts_form, "starts_form"),
            (self.fulfilled_by, self.fulfilled_form, "fulfilled_form"),
        ):
            if (event == "form") != (form is not None):
                raise Refusal(_("%(place)s: a form goes with the event form"), place=place)
        return self

    @property
    def unit(self) -> str | None:
        """Of what it counts a number: a name in `COUNTED`; None where agreed for each case."""
        return next((name for name in COUNTED if getattr(self, name) is not None), None)

    @property
    def number(self) -> int | None:
        """How many of its unit; None where agreed for each case."""
        return getattr(self, self.unit) if self.unit else None
