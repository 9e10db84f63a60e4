"""What belongs to a contract beside its clauses: annexes of five kinds, each with its own rule.

Sources: the annex of an addiction contract with contacts and course-of-case plan, which "can be
adapted at any time by agreement" (A1-45, 51), beside catalogue and description.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, TypeAdapter, model_validator

from base.content import (
    Content,
    Key,
    Line,
    NamedIn,
    Refusal,
    Text,
    Words,
    _,
    labels,
    summary,
)

AMENDMENT, AGREEMENT, NEWEST = "amendment", "agreement", "newest"
ADAPTED_BY = {
    AMENDMENT: _("amendment of the contract"),
    AGREEMENT: _("agreement of both parties"),
}
"""How an annex is adapted; where it follows what it is an edition of: `NEWEST`."""
ADAPTED_BY_EDITION = ADAPTED_BY | {NEWEST: _("its newest edition")}


class Annex(Content):
    """A part of the contract from a day on (Anlage). Subclasses say of what kind it is.

    `adapted_by` says how it comes to say something else: by an amendment of the contract alone, or
    also by agreement of both parties without one (`contracts.models.AnnexAdaptation`).
    """

    OWN: ClassVar[str]
    """The field that an adaptation changes; all others are the contract's."""

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(
        title=_("label"), description=_("As printed, for example Anlage 1: Modulkatalog.")
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
    adapted_by: Literal["amendment", "agreement"] = Field(
        AMENDMENT,
        title=_("adapted by"),
        description=_(
            "How it comes to say something else: by a new edition of the contract alone, or at any"
            " time as both parties agree."
        ),
        **labels(**ADAPTED_BY),
    )

    @model_validator(mode="after")
    def _ordered(self):
        if self.valid_until and self.valid_until < self.valid_from:
            template = _("valid_until %(until)s lies before valid_from %(start)s")
            raise Refusal(template, until=self.valid_until, start=self.valid_from)
        return self


class EditionAnnex(Annex):
    """An edition of a catalogue or description.

    A new edition reaches a contract as its annex says: by being annexed (decision 1), as both
    parties agree, or from its first day on where the annex follows the newest.
    """

    OWN: ClassVar[str] = "edition"

    source: Key
    edition: int = Field(
        ge=1,
        le=32_767,
        title=_("edition"),
        description=_("Number of its edition; of one that follows the newest, the first one."),
    )
    adapted_by: Literal["amendment", "agreement", "newest"] = Field(
        AMENDMENT,
        title=_("adapted by"),
        description=_(
            "How a later edition comes to count: annexed by a new edition of the contract, as both"
            " parties agree, or each from its first day on."
        ),
        **labels(**ADAPTED_BY_EDITION),
    )


class CatalogueAnnex(EditionAnnex):
    """A module catalogue."""

    model_config = summary("{label}", title=_("module catalogue"))

    kind: Literal["catalogue"] = "catalogue"
    source: Annotated[Key, NamedIn("catalogues")] = Field(
        title=_("catalogue"), description=_("What the annex is an edition of.")
    )


class DescriptionAnnex(EditionAnnex):
    """A service description."""

    model_config = summary("{label}", title=_("service description"))

    kind: Literal["description"] = "description"
    source: Annotated[Key, NamedIn("descriptions")] = Field(
        title=_("service description"), description=_("What the annex is an edition of.")
    )


class DocumentAnnex(Annex):
    """A file, as it was handed in: its key begins its hash, so it names just these bytes."""

    OWN: ClassVar[str] = "file"

    model_config = summary("{label}", title=_("document"))

    kind: Literal["document"] = "document"
    file: Annotated[Key, NamedIn("files of contracts")] = Field(
        title=_("file"),
        description=_("Handed in before in the workspace, under “Files of contracts”."),
    )


class Contact(Content):
    """Somebody whom the contract names to turn to."""

    model_config = summary("{name}", title=_("contact"))

    name: Line = Field(title=_("name"), description=_("A person, a team or an office."))
    party: Annotated[Key, NamedIn("organisations")] | None = Field(
        None, title=_("party"), description=_("For which of the two parties; may be empty.")
    )
    task: Words = Field(
        "", max_length=200, title=_("responsible for"), description=_("May be empty.")
    )
    phone: Words = Field("", max_length=50, title=_("phone"), description=_("May be empty."))
    email: Words = Field("", max_length=200, title=_("e-mail"), description=_("May be empty."))


class ContactsAnnex(Annex):
    """Whom to turn to on either side."""

    OWN: ClassVar[str] = "contacts"

    model_config = summary("{label}", title=_("contacts"))

    kind: Literal["contacts"] = "contacts"
    contacts: tuple[Contact, ...] = Field(
        min_length=1, title=_("contacts"), description=_("Whom to turn to on either side.")
    )
    adapted_by: Literal["amendment", "agreement"] = Field(
        AGREEMENT,
        title=_("adapted by"),
        description=_(
            "How it comes to say something else: by a new edition of the contract alone, or at any"
            " time as both parties agree."
        ),
        **labels(**ADAPTED_BY),
    )


class PlanAnnex(Annex):
    """How cases run their course (Fallverlaufsplan), in words."""

    OWN: ClassVar[str] = "paragraphs"

    model_config = summary("{label}", title=_("course-of-case plan"))

    kind: Literal["plan"] = "plan"
    paragraphs: tuple[Text, ...] = Field(
        min_length=1, title=_("steps"), description=_("One per line: one step, in their order.")
    )
    adapted_by: Literal["amendment", "agreement"] = Field(
        AGREEMENT,
        title=_("adapted by"),
        description=_(
            "How it comes to say something else: by a new edition of the contract alone, or at any"
            " time as both parties agree."
        ),
        **labels(**ADAPTED_BY),
    )


AnyAnnex = Annotated[
    CatalogueAnnex | DescriptionAnnex | DocumentAnnex | ContactsAnnex | PlanAnnex,
    Field(discriminator="kind"),
]

_ADAPTER = TypeAdapter(AnyAnnex)


def parse_annex(data: dict) -> Annex:
    """Return the annex of whichever kind the data names. Raises pydantic's ValidationError."""
    return _ADAPTER.validate_python(data)
