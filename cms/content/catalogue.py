"""The module catalogue (Modulkatalog): modules, need groups, what belongs together.

Sources: module sheets and need groups of an addiction service (A1-41 to 43, A4) and of a debt
counselling service (A1-52 to 54). Quantities are what a catalogue says about effort; prices are
the contract's business.
"""

from decimal import Decimal
from typing import Literal

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
    require_known,
    require_unique,
    summary,
)


class Unit(Content):
    """What effort is counted in, with its length: E-Stunde 60, Gruppensitzung 90 (D12)."""

    model_config = summary("{label}", title=_("unit"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(
        title=_("label"), description=_("As people read it, for example Einzelstunde.")
    )
    short: Line = Field(
        title=_("abbreviation"), description=_("Stands behind figures, for example E-Std.")
    )
    minutes: int = Field(
        ge=1,
        le=1440,
        title=_("minutes"),
        description=_("Length of one unit; hours are computed with it."),
    )
    setting: Literal["individual", "group"] = Field(
        "individual",
        title=_("setting"),
        description=_("Whether one client or a group takes part."),
        **labels(individual=_("individual"), group=_("in a group")),
    )


class Quantity(Content):
    """Effort in one unit: exactly 7, 2 to 6, or up to 7 (minimum 0)."""

    model_config = summary("{minimum}–{maximum} {unit}", title=_("quantity"))

    unit: Key = Field(title=_("unit"), description=_("Key of one of the units of this catalogue."))
    minimum: Decimal = Field(
        ge=0, max_digits=8, decimal_places=2, title=_("minimum"), description=_("0 for “up to”.")
    )
    maximum: Decimal = Field(
        ge=0,
        max_digits=8,
        decimal_places=2,
        title=_("maximum"),
        description=_("Equal to the minimum where exactly so much is meant."),
    )

    @model_validator(mode="after")
    def _ordered(self):
        if self.maximum < self.minimum:
            raise Refusal(
                _("maximum %(maximum)s is less than minimum %(minimum)s"),
                maximum=self.maximum,
                minimum=self.minimum,
            )
        return self


class Extra(Content):
    """Effort added where a condition on the case holds: (+3) for first-time participants."""

    model_config = summary("{quantity} {unit}: {label}", title=_("extra"))

    unit: Key = Field(title=_("unit"), description=_("Key of one of the units of this catalogue."))
    quantity: Decimal = Field(
        gt=0,
        max_digits=8,
        decimal_places=2,
        title=_("quantity"),
        description=_("How much is added, for example 3."),
    )
    condition: Key = Field(
        title=_("condition (key)"),
        description=_("Answered on the case, for example first-time-participant."),
    )
    label: Line = Field(
        title=_("condition"), description=_("The condition in words, as it is printed.")
    )


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
    )
    extendable: bool = Field(
        False,
        title=_("may be extended by agreement"),
        description=_("Ticked: more is possible where both sides agree."),
        **ASIDE,
    )
    phase: Key | None = Field(
        None, title=_("phase"), description=_("Key of the phase it belongs to."), **ASIDE
    )
    items: tuple[Item, ...] = Field(
        (), title=_("numbered points"), description=_("Points that service records can refer to.")
    )
    bookable: bool = Field(
        True,
        title=_("bookable"),
        description=_("Not ticked: kept for reading, but nobody can book it."),
        **ASIDE,
    )
    duplicate_of: Key | None = Field(
        None, title=_("duplicate of"), description=_("Key of the module it repeats."), **ASIDE
    )
    note: Words = Field(
        "",
        max_length=2000,
        title=_("note"),
        description=_("Shown below the module sheet."),
        **ASIDE,
    )


class Entry(Content):
    """What a combination asks of some modules.

    `required`: all of them; `one_of`: exactly one (the sources' "oder", D15); `at_least`: n of
    them; `optional`: if needed.
    """

    model_config = summary("{requirement} {modules}", title=_("part of the combination"))

    requirement: Literal["required", "one_of", "at_least", "optional"] = Field(
        "required",
        title=_("requirement"),
        description=_("What holds for the modules named below."),
        **labels(
            required=_("all of these modules"),
            one_of=_("exactly one of these modules"),
            at_least=_("at least so many of these modules"),
            optional=_("if needed"),
        ),
    )
    modules: tuple[Key, ...] = Field(
        min_length=1,
        title=_("modules"),
        description=_("Keys of modules of this catalogue, one per line."),
    )
    at_least: int = Field(
        1,
        ge=1,
        le=100,
        title=_("at least"),
        description=_("Counts where so many of the modules are needed."),
        **ASIDE,
    )
    label: Words = Field(
        "",
        max_length=300,
        title=_("label in this group"),
        description=_("Another name for the module within this need group."),
        **ASIDE,
    )

    @model_validator(mode="after")
    def _enough(self):
        require_unique(self.modules, "modules")
        if self.requirement == "at_least" and self.at_least > len(self.modules):
            raise Refusal(
                _("at_least %(number)s exceeds the %(named)s modules named"),
                number=self.at_least,
                named=len(self.modules),
            )
        return self


class Combination(Content):
    """Modules that belong together, in the order they are delivered."""

    model_config = summary("{key} {label}", title=_("combination"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Words = Field(
        "",
        max_length=300,
        title=_("label"),
        description=_("Tells combinations of one group apart; may stay empty where there is one."),
    )
    entries: tuple[Entry, ...] = Field(
        min_length=1,
        title=_("modules"),
        description=_("The modules in the order in which they are delivered."),
    )
    printed_total: str = Field(
        "",
        max_length=300,
        title=_("printed total"),
        description=_("Kept as a note; totals are always computed."),
    )


class NeedGroup(Content):
    """A class of severity (Hilfebedarfsgruppe) with the combinations that meet it."""

    model_config = summary("{code} {title}", title=_("need group"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    code: Line = Field(title=_("code"), description=_("As printed, for example HBG 3."))
    title: Line = Field(title=_("title"), description=_("Name of the need group."))
    criteria: tuple[Text, ...] = Field(
        (), title=_("criteria"), description=_("One per line; one of them suffices.")
    )
    combinations: tuple[Combination, ...] = Field(
        min_length=1,
        title=_("combinations"),
        description=_("Which modules the group gets. Most groups have one combination."),
    )


class AddOn(Content):
    """A special module (Sondermodul) that may join a need group, and when it is delivered."""

    model_config = summary("{module} {condition}", title=_("special module"))

    module: Key = Field(title=_("module"), description=_("Key of a module of this catalogue."))
    need_groups: tuple[Key, ...] = Field(
        (), title=_("need groups"), description=_("Keys, one per line; empty: on its own.")
    )
    timing: Literal["parallel", "before_others", "on_its_own"] = Field(
        "parallel",
        title=_("timing"),
        description=_("When it is delivered."),
        **labels(
            parallel=_("beside the others"),
            before_others=_("before the others"),
            on_its_own=_("on its own"),
        ),
    )
    after: Key | None = Field(
        None,
        title=_("after module"),
        description=_("Key of the module it follows; empty: no particular one."),
    )
    condition: Words = Field(
        "",
        max_length=1000,
        title=_("for whom"),
        description=_("For whom the special module is meant."),
    )


class Phase(Content):
    """A stretch of the work; a gated phase needs an agreement of its own (A1-53)."""

    model_config = summary("{label}", title=_("phase"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(title=_("label"), description=_("Name of the phase."))
    gated: bool = Field(
        False,
        title=_("needs a separate agreement"),
        description=_("Ticked: it begins only once it has been agreed on."),
    )
    note: Words = Field(
        "",
        max_length=2000,
        title=_("note"),
        description=_("What readers should know about the phase."),
    )


class CatalogueContent(Content):
    """One edition's worth of a module catalogue."""

    title: Line = Field(
        title=_("title"), description=_("Name under which the catalogue is found and printed.")
    )
    target: Words = Field(
        "",
        max_length=300,
        title=_("target group"),
        description=_("For whom the catalogue is meant, in one line."),
    )
    note: Words = Field(
        "",
        max_length=2000,
        title=_("note"),
        description=_("What readers should know about the whole catalogue."),
    )
    entry_module: Key | None = Field(
        None,
        title=_("entry module"),
        description=_("Key of the module to be booked before any other; empty: there is none."),
    )
    units: tuple[Unit, ...] = Field(
        min_length=1,
        title=_("units"),
        description=_(
            "What effort is counted in: hours, sessions, group sessions, each with its length."
        ),
    )
    phases: tuple[Phase, ...] = Field(
        (),
        title=_("phases"),
        description=_("Stretches of the work to which modules belong; may stay empty."),
    )
    modules: tuple[Module, ...] = Field(
        min_length=1,
        title=_("modules"),
        description=_("The module sheets, in the order in which they are printed."),
    )
    need_groups: tuple[NeedGroup, ...] = Field(
        (),
        title=_("need groups"),
        description=_(
            "Classes of severity with the modules that belong to each. The totals beside the form "
            "follow from them."
        ),
    )
    add_ons: tuple[AddOn, ...] = Field(
        (),
        title=_("special modules"),
        description=_("Modules that may join a need group where they are needed."),
    )

    def unit(self, key: str) -> Unit:
        """Return the unit of that key."""
        return next(unit for unit in self.units if unit.key == key)

    def module(self, key: str) -> Module:
        """Return the module of that key."""
        return next(module for module in self.modules if module.key == key)

    def need_group(self, key: str) -> NeedGroup:
        """Return the need group of that key."""
        return next(group for group in self.need_groups if group.key == key)

    @model_validator(mode="after")
    def _consistent(self):
        units = [unit.key for unit in self.units]
        phases = [phase.key for phase in self.phases]
        modules = [module.key for module in self.modules]
        groups = [group.key for group in self.need_groups]
        for keys, place in (
            (units, "units"),
            (phases, "phases"),
            (modules, "modules"),
            (groups, "need_groups"),
            ([item.key for module in self.modules for item in module.items], "modules.items"),
        ):
            require_unique(keys, place)
        for module in self.modules:
            place = f"modules.{module.key}"
            require_known(
                [amount.unit for amount in (*module.quantities, *module.extras)],
                units,
                f"{place}.unit",
            )
            require_known([module.phase] if module.phase else [], phases, f"{place}.phase")
            require_known(
                [module.duplicate_of] if module.duplicate_of else [],
                modules,
                f"{place}.duplicate_of",
            )
        for group in self.need_groups:
            place = f"need_groups.{group.key}"
            require_unique(
                [combination.key for combination in group.combinations], f"{place}.combinations"
            )
            for combination in group.combinations:
                for entry in combination.entries:
                    require_known(entry.modules, modules, f"{place}.modules")
        for add_on in self.add_ons:
            require_known(
                [add_on.module, *([add_on.after] if add_on.after else [])],
                modules,
                "add_ons",
            )
            require_known(add_on.need_groups, groups, f"add_ons.{add_on.module}.need_groups")
        require_known([self.entry_module] if self.entry_module else [], modules, "entry_module")
        return self
