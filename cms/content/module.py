"""Modules (Leistungsmodule) of a catalogue, as their sheets describe them (A1-41 to 43)."""

from pydantic import Field

from base.content import ASIDE, PRINTED, PRINTED_ASIDE, Content, Key, Line, Text, Words, _, summary
from cms.content.effort import Extra, Quantity
from cms.content.keys import ModuleKey, PhaseKey


class Item(Content):
    """A numbered point of a module; the number is kept as printed, even where it repeats (D36)."""

    model_config = summary("{number} {text}", title=_("numbered point"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    number: Line = Field(
        title=_("printed number"),
        description=_("Number as printed, even where it repeats, for example 1.2."),
    )
    text: Text = Field(
        title=_("text"), description=_("What is done at this point, in one paragraph.")
    )


class Module(Content):
    """A bookable part of the service (Leistungsmodul) as its sheet describes it."""

    model_config = summary("{code} {title}", title=_("module"))

    key: Key = Field(
        title=_("key"), description=_("Stable name; it carries use over to later editions.")
    )
    code: Line = Field(title=_("code"), description=_("As printed, for example 4 or J4."))
    title: Line = Field(title=_("title"), description=_("Title of the module sheet."))
    short_title: Words = Field(
        "",
        max_length=300,
        title=_("short title"),
        description=_("For lists and forms where the title is too long."),
    )
    aims: tuple[Text, ...] = Field(
        (), title=_("aims"), description=_("One per line: what the module is to achieve.")
    )
    services: tuple[Text, ...] = Field(
        (), title=_("services"), description=_("One per line: what is done in the module.")
    )
    delivery: tuple[Text, ...] = Field(
        (),
        title=_("delivery"),
        description=_("One per line: how it is delivered, by whom, in which form."),
    )
    place: Words = Field(
        "", max_length=300, title=_("place"), description=_("Where the module takes place.")
    )
    quantities: tuple[Quantity, ...] = Field(
        (),
        title=_("quantities"),
        description=_("How much effort the module takes, a line for each unit."),
    )
    extras: tuple[Extra, ...] = Field(
        (), title=_("extras"), description=_("What is added on a condition, printed as (+3).")
    )
    months: int | None = Field(
        None,
        ge=1,
        le=120,
        title=_("period in months"),
        description=_("Within how many months the module is delivered; empty: not limited."),
        **PRINTED,
    )
    extendable: bool = Field(
        False,
        title=_("may be extended by agreement"),
        description=_("Ticked: more is possible where both sides agree."),
        **PRINTED_ASIDE,
    )
    phase: PhaseKey | None = Field(
        None, title=_("phase"), description=_("The phase it belongs to."), **ASIDE
    )
    items: tuple[Item, ...] = Field(
        (),
        title=_("numbered points"),
        description=_("Points of the module sheet, with their numbers."),
        **PRINTED,
    )
    bookable: bool = Field(
        True,
        title=_("bookable"),
        description=_("Not ticked: kept for reading, but nobody can book it."),
        **ASIDE,
    )
    duplicate_of: ModuleKey | None = Field(
        None, title=_("duplicate of"), description=_("The module it repeats."), **PRINTED_ASIDE
    )
    note: Words = Field(
        "",
        max_length=2000,
        title=_("note"),
        description=_("Shown below the module sheet."),
        **ASIDE,
    )
