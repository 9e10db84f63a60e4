"""What a contract says in words: clauses, and who signed."""

from datetime import date
from typing import Annotated

from pydantic import Field

from base.content import (
    Content,
    Key,
    Line,
    NamedIn,
    Text,
    _,
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


class Signature(Content):
    """Evidence that somebody signed for a party: without both, no contract (§ 56 SGB X)."""

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
