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

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))
    short: Line = Field(title=_("abbreviation"))
    minutes: int = Field(ge=1, le=1440, title=_("minutes"))
    setting: Literal["individual", "group"] = Field(
        "individual",
        title=_("setting"),
        **labels(individual=_("individual"), group=_("in a group")),
    )


class Quantity(Content):
    """Effort in one unit: exactly 7, 2 to 6, or up to 7 (minimum 0)."""

    model_config = summary("{minimum}–{maximum} {unit}", title=_("quantity"))

    unit: Key = Field(title=_("unit"))
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

    unit: Key = Field(title=_("unit"))
    quantity: Decimal = Field(gt=0, max_digits=8, decimal_places=2, title=_("quantity"))
    condition: Key = Field(
        title=_("condition (key)"),
        description=_("Answered on the case, for example first-time-participant."),
    )
    label: Line = Field(title=_("condition"))


class Item(Content):
    """A numbered point of a module; the number is kept as printed, even where it repeats (D36)."""

    model_config = summary("{number} {text}", title=_("numbered point"))

    key: Key = Field(title=_("key"))
    number: Line = Field(title=_("printed number"))
    text: Text = Field(title=_("text"))


class Module(Content):
    """A bookable part of the service (Leistungsmodul) as its sheet describes it."""

    model_config = summary("{code} {title}", title=_("module"))

    key: Key = Field(
        title=_("key"), description=_("Stable name; it carries use over to later editions.")
    )
    code: Line = Field(title=_("code"), description=_("As printed, for example 4 or J4."))
    title: Line = Field(title=_("title"))
    short_title: Words = Field("", max_length=300, title=_("short title"))
    aims: tuple[Text, ...] = Field((), title=_("aims"))
    services: tuple[Text, ...] = Field((), title=_("services"))
    delivery: tuple[Text, ...] = Field((), title=_("delivery"))
    place: Words = Field("", max_length=300, title=_("place"))
    quantities: tuple[Quantity, ...] = Field((), title=_("quantities"))
    extras: tuple[Extra, ...] = Field((), title=_("extras"))
    months: int | None = Field(None, ge=1, le=120, title=_("period in months"))
    extendable: bool = Field(False, title=_("may be extended by agreement"), **ASIDE)
    phase: Key | None = Field(
        None, title=_("phase"), description=_("Key of the phase it belongs to."), **ASIDE
    )
    items: tuple[Item, ...] = Field((), title=_("numbered points"))
    bookable: bool = Field(True, title=_("bookable"), **ASIDE)
    duplicate_of: Key | None = Field(
        None, title=_("duplicate of"), description=_("Key of the module it repeats."), **ASIDE
    )
    note: Words = Field("", max_length=2000, title=_("note"), **ASIDE)


class Entry(Content):
    """What a combination asks of some modules.

    `required`: all of them; `one_of`: exactly one (the sources' "oder", D15); `at_least`: n of
    them; `optional`: if needed.
    """

    model_config = summary("{requirement} {modules}", title=_("part of the combination"))

    requirement: Literal["required", "one_of", "at_least", "optional"] = Field(
        "required",
        title=_("requirement"),
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
    label: Words = Field("", max_length=300, title=_("label in this group"), **ASIDE)

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

    key: Key = Field(title=_("key"))
    label: Words = Field("", max_length=300, title=_("label"))
    entries: tuple[Entry, ...] = Field(min_length=1, title=_("modules"))
    printed_total: str = Field(
        "",
        max_length=300,
        title=_("printed total"),
        description=_("Kept as a note; totals are always computed."),
    )


class NeedGroup(Content):
    """A class of severity (Hilfebedarfsgruppe) with the combinations that meet it."""

    model_config = summary("{code} {title}", title=_("need group"))

    key: Key = Field(title=_("key"))
    code: Line = Field(title=_("code"))
    title: Line = Field(title=_("title"))
    criteria: tuple[Text, ...] = Field(
        (), title=_("criteria"), description=_("One per line; one of them suffices.")
    )
    combinations: tuple[Combination, ...] = Field(min_length=1, title=_("combinations"))


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
        **labels(
            parallel=_("beside the others"),
            before_others=_("before the others"),
            on_its_own=_("on its own"),
        ),
    )
    after: Key | None = Field(None, title=_("after module"))
    condition: Words = Field("", max_length=1000, title=_("for whom"))


class Phase(Content):
    """A stretch of the work; a gated phase needs an agreement of its own (A1-53)."""

    model_config = summary("{label}", title=_("phase"))

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))
    gated: bool = Field(False, title=_("needs a separate agreement"))
    note: Words = Field("", max_length=2000, title=_("note"))


class CatalogueContent(Content):
    """One edition's worth of a module catalogue."""

    title: Line = Field(title=_("title"))
    target: Words = Field("", max_length=300, title=_("target group"))
    note: Words = Field("", max_length=2000, title=_("note"))
    entry_module: Key | None = Field(
        None, title=_("entry module"), description=_("To be booked before any other.")
    )
    units: tuple[Unit, ...] = Field(min_length=1, title=_("units"))
    phases: tuple[Phase, ...] = Field((), title=_("phases"))
    modules: tuple[Module, ...] = Field(min_length=1, title=_("modules"))
    need_groups: tuple[NeedGroup, ...] = Field((), title=_("need groups"))
    add_ons: tuple[AddOn, ...] = Field((), title=_("special modules"))

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
