"""Catalogues and descriptions laid out for readers: texts ready to be shown, totals computed.

Pages of the workspace and public pages show the same sheets. Pure: reads content, asks no
database.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.comparison import label_of
from base.formats import counted
from cms.comparison import (
    combination_name,
    combination_text,
    effort_text,
    group_name,
    module_text,
    phase_intensity,
    phase_length,
    standard_text,
    totals_text,
)
from cms.content.catalogue import CatalogueContent
from cms.content.description import DescriptionContent, ServiceArea
from cms.content.module import Module
from cms.content.need_group import AddOn, NeedGroup


@dataclass(frozen=True)
class ModuleSheet:
    """One module with everything its sheet says."""

    module: Module
    effort: str
    period: str
    phase: str
    duplicate_of: str

    @property
    def anchor(self) -> str:
        """Where on the page it stands."""
        return f"modul-{self.module.key}"


@dataclass(frozen=True)
class CombinationSheet:
    """A combination by the codes of its modules, and what it comes to."""

    name: str
    modules: str
    total: str
    printed: str


@dataclass(frozen=True)
class GroupSheet:
    """A need group with its criteria and combinations."""

    group: NeedGroup
    name: str
    combinations: tuple[CombinationSheet, ...]


@dataclass(frozen=True)
class AddOnSheet:
    """A special module: for whom, when."""

    add_on: AddOn
    name: str
    timing: str
    after: str
    groups: str


@dataclass(frozen=True)
class CatalogueSheet:
    """A whole catalogue."""

    content: CatalogueContent
    entry_module: str
    modules: tuple[ModuleSheet, ...]
    groups: tuple[GroupSheet, ...]
    add_ons: tuple[AddOnSheet, ...]


@dataclass(frozen=True)
class DescriptionSheet:
    """A whole service description: what is counted, in words."""

    content: DescriptionContent
    areas: tuple[tuple[ServiceArea, str], ...]
    phases: tuple[tuple, ...]
    """Phase, length, intensity."""
    standards: tuple[tuple, ...]
    """Service standard, when it is due."""


def catalogue_sheet(content: CatalogueContent) -> CatalogueSheet:
    """Return a catalogue as it is read."""
    return CatalogueSheet(
        content=content,
        entry_module=module_text(content.entry_module, content),
        modules=tuple(_module(module, content) for module in content.modules),
        groups=tuple(_group(group, content) for group in content.need_groups),
        add_ons=tuple(_add_on(add_on, content) for add_on in content.add_ons),
    )


def description_sheet(content: DescriptionContent) -> DescriptionSheet:
    """Return a service description as it is read."""
    return DescriptionSheet(
        content=content,
        areas=tuple((area, _contacts(area)) for area in content.service_areas),
        phases=tuple(
            (phase, phase_length(phase), phase_intensity(phase)) for phase in content.phases
        ),
        standards=tuple((standard, standard_text(standard)) for standard in content.standards),
    )


def _module(module: Module, content: CatalogueContent) -> ModuleSheet:
    period = ""
    if module.months:
        template = ngettext("up to %(number)s month", "up to %(number)s months", module.months)
        period = template % {"number": module.months}
        if module.extendable:
            period = _("%(period)s, may be extended by agreement") % {"period": period}
    phase = next((phase.label for phase in content.phases if phase.key == module.phase), "")
    return ModuleSheet(
        module=module,
        effort=effort_text(module, content),
        period=period,
        phase=phase,
        duplicate_of=module_text(module.duplicate_of, content),
    )


def _group(group: NeedGroup, content: CatalogueContent) -> GroupSheet:
    combinations = tuple(
        CombinationSheet(
            name=combination_name(group, each),
            modules=combination_text(each, content),
            total=totals_text(each, content),
            printed=each.printed_total,
        )
        for each in group.combinations
    )
    return GroupSheet(group, group_name(group), combinations)


def _add_on(add_on: AddOn, content: CatalogueContent) -> AddOnSheet:
    groups = [group_name(content.need_group(key)) for key in add_on.need_groups]
    everywhere = len(groups) == len(content.need_groups)
    return AddOnSheet(
        add_on=add_on,
        name=module_text(add_on.module, content),
        timing=label_of(add_on, "timing"),
        after=module_text(add_on.after, content),
        groups=_("all need groups") if everywhere else ", ".join(groups) or "–",
    )


def _contacts(area: ServiceArea) -> str:
    """Return how many contacts a week an area asks for."""
    least, most = area.contacts_per_week_minimum, area.contacts_per_week_maximum
    if least is None and most is None:
        return ""
    if least is None:
        template = ngettext(
            "at most %(number)s contact a week",
            "at most %(number)s contacts a week",
            counted(most),
        )
        return template % {"number": most}
    if most is None:
        template = ngettext(
            "at least %(number)s contact a week",
            "at least %(number)s contacts a week",
            counted(least),
        )
        return template % {"number": least}
    span = str(least) if least == most else f"{least}–{most}"
    template = ngettext("%(number)s contact a week", "%(number)s contacts a week", counted(most))
    return template % {"number": span}
