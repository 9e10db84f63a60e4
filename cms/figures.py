"""What a catalogue comes to, for the studio: totals of each need group's combinations (C1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from base import formats
from base.studio import Figures
from cms.content.catalogue import CatalogueContent
from cms.content.need_group import Combination, NeedGroup
from cms.totals import Totals, combination_totals


@dataclass(frozen=True)
class CombinationTotal:
    """What one combination of a need group comes to."""

    combination: Combination
    modules: str
    totals: Totals

    @property
    def hours(self) -> str:
        """Hours of 60 minutes, and how many more a condition adds: 67,5 (+3)."""
        added = "".join(f" (+{extra})" for extra in self.totals.hours.extras.values())
        return f"{self.totals.hours.total}{added}"


@dataclass(frozen=True)
class GroupTotals:
    """A need group with the totals of its combinations."""

    group: NeedGroup
    combinations: tuple[CombinationTotal, ...]


class CatalogueFigures(Figures):
    """Totals per need group, for what stands in the form."""

    title = _("Totals per need group")
    toggle = _("Show or hide the totals")
    icon = "table"
    template = "cms/studio/totals.html"

    def of(self, draft) -> Mapping:
        """Return groups with their totals, what the extras mean, and special modules."""
        return totals_of(draft.content())


def totals_of(catalogue: CatalogueContent) -> dict:
    """Return what the template shows of a catalogue."""
    groups = tuple(
        GroupTotals(
            group,
            tuple(_total(catalogue, combination) for combination in group.combinations),
        )
        for group in catalogue.need_groups
    )
    return {
        "groups": groups,
        "extras": _extras(catalogue),
        "units": [(unit, formats.number(unit.minutes)) for unit in catalogue.units],
        "modules": len(catalogue.modules),
    }


def _total(catalogue: CatalogueContent, combination: Combination) -> CombinationTotal:
    codes = {module.key: module.code for module in catalogue.modules}
    parts = [_entry(entry, [codes[key] for key in entry.modules]) for entry in combination.entries]
    return CombinationTotal(
        combination, " + ".join(parts), combination_totals(catalogue, combination)
    )


def _entry(entry, codes: list[str]) -> str:
    """Spell an entry as catalogues print it: 2 + 5, 9/10, (8)."""
    if entry.requirement == "one_of":
        return "/".join(codes)
    if entry.requirement == "at_least":
        return f"≥ {entry.at_least}: {', '.join(codes)}"
    if entry.requirement == "optional":
        return f"({', '.join(codes)})"
    return " + ".join(codes)


def _extras(catalogue: CatalogueContent) -> tuple[str, ...]:
    """Say what the added quantities are for, each once."""
    labels = (extra.label for module in catalogue.modules for extra in module.extras)
    return tuple(dict.fromkeys(labels))
