"""The module catalogue (Modulkatalog): units, phases, modules, need groups, what belongs together.

Sources: module sheets and need groups of an addiction service (A1-41 to 43) and of a debt
counselling service (A1-52 to 54). Modules, need groups and their effort have modules of their own
beside this one.
"""

from collections.abc import Iterable

from pydantic import Field, model_validator

from base.content import (
    Content,
    Key,
    Line,
    Words,
    _,
    require_known,
    require_unique,
    summary,
)
from cms.content.effort import Unit
from cms.content.keys import ModuleKey
from cms.content.module import Module
from cms.content.need_group import AddOn, NeedGroup


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
    entry_module: ModuleKey | None = Field(
        None,
        title=_("entry module"),
        description=_("The module to be booked before any other; empty: there is none."),
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
        self._require_unique_keys()
        self._check_modules()
        self._check_need_groups()
        self._check_add_ons()
        require_known(_given(self.entry_module), _keys(self.modules), "entry_module")
        return self

    def _require_unique_keys(self) -> None:
        items = [item for module in self.modules for item in module.items]
        for parts, place in (
            (self.units, "units"),
            (self.phases, "phases"),
            (self.modules, "modules"),
            (self.need_groups, "need_groups"),
            (items, "modules.items"),
        ):
            require_unique(_keys(parts), place)

    def _check_modules(self) -> None:
        units, phases, modules = _keys(self.units), _keys(self.phases), _keys(self.modules)
        for module in self.modules:
            place = f"modules.{module.key}"
            counted = [amount.unit for amount in (*module.quantities, *module.extras)]
            require_known(counted, units, f"{place}.unit")
            require_known(_given(module.phase), phases, f"{place}.phase")
            require_known(_given(module.duplicate_of), modules, f"{place}.duplicate_of")

    def _check_need_groups(self) -> None:
        modules = _keys(self.modules)
        for group in self.need_groups:
            place = f"need_groups.{group.key}"
            require_unique(_keys(group.combinations), f"{place}.combinations")
            for combination in group.combinations:
                for entry in combination.entries:
                    require_known(entry.modules, modules, f"{place}.modules")

    def _check_add_ons(self) -> None:
        modules, groups = _keys(self.modules), _keys(self.need_groups)
        for add_on in self.add_ons:
            require_known(_given(add_on.module, add_on.after), modules, "add_ons")
            require_known(add_on.need_groups, groups, f"add_ons.{add_on.module}.need_groups")


def _keys(parts: Iterable) -> list[str]:
    return [part.key for part in parts]


def _given(*keys: str | None) -> list[str]:
    return [key for key in keys if key]
