"""The schema of a form definition: its fields, each in a field group from the first edition on."""

from typing import Literal, NamedTuple, get_args

from pydantic import Field, model_validator

from base.content import (
    ASIDE,
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

Group = Literal["person", "course", "health", "family", "finance", "attendance", "internal"]
GROUPS: frozenset[str] = frozenset(get_args(Group))
"""What a value is about. `forms/field_rules.py` says who reads which."""


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
    group: Group = Field(
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
    required: bool = Field(False, title=_("required"))
    choices: tuple[Line, ...] = Field(
        (), title=_("choices"), description=_("One line each; only for the kind choice.")
    )
    help_text: Words = Field("", max_length=300, title=_("help"))
    heading: Words = Field(
        "",
        max_length=300,
        title=_("heading"),
        description=_("Begins a new section with this field; empty: it continues the last one."),
    )
    prefill: Literal["last_name", "first_name", "birth_date"] | None = Field(
        None,
        title=_("filled in from the case"),
        description=_("What a new form starts with; only in the field group person."),
        json_schema_extra={
            "labels": {
                "last_name": _("last name"),
                "first_name": _("first name"),
                "birth_date": _("date of birth"),
            },
            "aside": True,
        },
    )
    hidden_if_voluntary: bool = Field(
        False,
        title=_("not for voluntary services"),
        description=_("Cooperation is no duty there: the field is left out of the form."),
        **ASIDE,
    )

    @model_validator(mode="after")
    def _consistent(self):
        if self.prefill and self.group != "person":
            raise Refusal(_("only fields of the group person are filled in from the case"))
        if (self.kind == "choice") != bool(self.choices):
            raise Refusal(_("choices go with the kind choice"))
        require_unique(self.choices, "choices")
        return self


class Section(NamedTuple):
    """Fields that stand together under a heading, "" where they have none."""

    heading: str
    fields: tuple[FormField, ...]


class FormContent(Content):
    """One edition's worth of a form definition."""

    title: Line = Field(title=_("title"))
    introduction: tuple[Text, ...] = Field((), title=_("introduction"))
    questions: tuple[FormField, ...] = Field(min_length=1, title=_("fields"))

    @model_validator(mode="after")
    def _consistent(self):
        require_unique([field.key for field in self.questions], "questions")
        return self

    def sections(self, *, voluntary: bool) -> list[Section]:
        """Return the fields a form shows, by heading; what voluntary services lack is left out."""
        found: list[tuple[str, list[FormField]]] = []
        for field in self.questions:
            if field.heading or not found:
                found.append((field.heading, []))
            if not (voluntary and field.hidden_if_voluntary):
                found[-1][1].append(field)
        return [Section(heading, tuple(fields)) for heading, fields in found if fields]
