"""The schema of a form definition: its fields, each in a field group from the first edition on."""

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


class FormField(Content):
    """One field of a form. Its group decides who may see the value (decision 10)."""

    model_config = summary("{label}", title=_("field"))

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))
    kind: Literal["line", "text", "number", "date", "choice", "yes_no"] = Field(
        "line",
        title=_("kind"),
        **labels(
            line=_("one line"),
            text=_("text"),
            number=_("number"),
            date=_("date"),
            choice=_("choice"),
            yes_no=_("yes or no"),
        ),
    )
    group: Literal["person", "course", "health", "family", "finance", "attendance", "internal"] = (
        Field(
            title=_("field group"),
            description=_("Decides who may see the value."),
            **labels(
                person=_("person"),
                course=_("course of the case"),
                health=_("health"),
                family=_("family"),
                finance=_("money"),
                attendance=_("attendance"),
                internal=_("internal"),
            ),
        )
    )
    required: bool = Field(False, title=_("required"))
    choices: tuple[Line, ...] = Field(
        (), title=_("choices"), description=_("One line each; only for the kind choice.")
    )
    help_text: Words = Field("", max_length=300, title=_("help"))

    @model_validator(mode="after")
    def _consistent(self):
        if (self.kind == "choice") != bool(self.choices):
            raise Refusal(_("choices go with the kind choice"))
        require_unique(self.choices, "choices")
        return self


class FormContent(Content):
    """One edition's worth of a form definition."""

    title: Line = Field(title=_("title"))
    introduction: tuple[Text, ...] = Field((), title=_("introduction"))
    questions: tuple[FormField, ...] = Field(min_length=1, title=_("fields"))

    @model_validator(mode="after")
    def _consistent(self):
        require_unique([field.key for field in self.questions], "questions")
        return self
