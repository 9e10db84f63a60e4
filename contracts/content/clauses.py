"""What a contract says in words: clauses, annexes, signatures."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from base.content import (
    Content,
    Key,
    Line,
    NamedIn,
    Refusal,
    Text,
    _,
    labels,
    summary,
)


class Clause(Content):
    """A numbered clause (Paragraph) of the contract."""

    model_config = summary("{number} {title}", title=_("clause"))

    number: Line = Field(
        title=_("number"),
        description=_("As printed, for example § 4. Remuneration and duties refer to it."),
    )
    title: Line = Field(title=_("title"), description=_("Heading of the clause."))
    paragraphs: tuple[Text, ...] = Field(
        (), title=_("text"), description=_("One per line: one paragraph of the clause.")
    )


class Annex(Content):
    """An edition that is part of the contract from a day on (Anlage).

    A new edition of a catalogue reaches a contract only by being annexed (decision 1).
    """

    model_config = summary("{label}", title=_("annex"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(
        title=_("label"), description=_("As printed, for example Anlage 1: Modulkatalog.")
    )
    kind: Literal["catalogue", "description"] = Field(
        title=_("kind"),
        description=_("What is annexed."),
        **labels(catalogue=_("module catalogue"), description=_("service description")),
    )
    source: Annotated[Key, NamedIn("catalogues and descriptions")] = Field(
        title=_("catalogue or description"), description=_("What the annex is an edition of.")
    )
    edition: int = Field(
        ge=1,
        le=32_767,
        title=_("edition"),
        description=_(
            "Number of its edition. A later edition counts only once it is annexed here."
        ),
    )
    valid_from: date = Field(
        title=_("valid from"),
        description=_("First day on which the annex is part of the contract."),
    )
    valid_until: date | None = Field(
        None,
        title=_("valid until"),
        description=_("Last day; empty: as long as the contract runs."),
    )

    @model_validator(mode="after")
    def _ordered(self):
        if self.valid_until and self.valid_until < self.valid_from:
            template = _("valid_until %(until)s lies before valid_from %(start)s")
            raise Refusal(template, until=self.valid_until, start=self.valid_from)
        return self


class Signature(Content):
    """Evidence that a party signed: without both, no contract (§ 56 SGB X)."""

    model_config = summary("{organisation} {signed_on}", title=_("signature"))

    organisation: Annotated[Key, NamedIn("organisations")] = Field(
        title=_("party"), description=_("Which of the two parties signed.")
    )
    function: Line = Field(
        title=_("signed as"),
        description=_("Name of the office or function, for example management."),
    )
    signed_on: date = Field(title=_("signed on"), description=_("Day of the signature."))
    evidence: Line = Field(title=_("evidence"), description=_("Where the signed paper is kept."))
