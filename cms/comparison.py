"""Catalogues and service descriptions compared by meaning: hours, groups, modules, totals.

What is said of the parts themselves is joined by what follows from them: the totals of every
combination, computed on both sides (`cms.totals`), since a module of two hours more makes every
need group that asks for it longer.
"""

from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.blocks import registered
from base.comparison import At, Change, Comparison, Reading, compare
from base.content import Content
from base.formats import counted, day, in_words, number
from base.shape import shape_of
from base.studio.passages import file_title
from cms.content.catalogue import CatalogueContent
from cms.content.description import DescribedPhase, DescriptionContent, ServiceArea
from cms.content.effort import Extra, Quantity
from cms.content.module import Item, Module
from cms.content.need_group import AddOn, Combination, Entry, NeedGroup
from cms.content.page import (
    AppointmentPart,
    ContactPart,
    DocumentPart,
    ImagePart,
    LinkPart,
    ListPart,
    PageContent,
    TextPart,
)
from cms.content.standard import Standard
from cms.totals import Range, combination_totals


def compare_catalogues(old: CatalogueContent, new: CatalogueContent) -> list[Change]:
    """Return what differs between two catalogues, and between the totals that follow."""
    return [*compare(old, new, READINGS), *_totals(old, new)]


def compare_descriptions(old: DescriptionContent, new: DescriptionContent) -> list[Change]:
    """Return what differs between two service descriptions."""
    return compare(old, new, READINGS)


def compare_pages(old: PageContent, new: PageContent) -> list[Change]:
    """Return what differs between two contents of a page."""
    return compare(old, new, PAGE_READINGS)


def quantity_text(quantity: Quantity, catalogue: CatalogueContent) -> str:
    """Return effort as its sheet says it: 7 h, 2–6 h, up to 7 h."""
    unit = catalogue.unit(quantity.unit).short
    if quantity.minimum == 0 < quantity.maximum:
        return _("up to %(quantity)s") % {"quantity": f"{number(quantity.maximum)} {unit}"}
    return f"{Range(quantity.minimum, quantity.maximum)} {unit}"


def extra_text(extra: Extra, catalogue: CatalogueContent) -> str:
    """Return what a condition adds: (+3) h: first-time participants."""
    return f"(+{number(extra.quantity)}) {catalogue.unit(extra.unit).short}: {extra.label}"


def effort_text(module: Module, catalogue: CatalogueContent) -> str:
    """Return all a module takes: 7 h + 13 G, (+3) h: first-time participants."""
    plain = " + ".join(quantity_text(each, catalogue) for each in module.quantities)
    extras = [extra_text(each, catalogue) for each in module.extras]
    return ", ".join(filter(None, [plain, *extras]))


def module_text(key: str | None, catalogue: CatalogueContent) -> str:
    """Return what the module of a key is called; nothing for no key."""
    if not key:
        return ""
    module = catalogue.module(key)
    return f"{module.code} {module.short_title or module.title}"


def entry_text(entry: Entry, catalogue: CatalogueContent) -> str:
    """Return what an entry asks for: 1, 2; 4 or 5; 8 if needed."""
    codes = [catalogue.module(key).code for key in entry.modules]
    texts = {
        "required": ", ".join(codes),
        "one_of": _(" or ").join(codes),
        "at_least": _("at least %(number)s of %(modules)s")
        % {"number": entry.at_least, "modules": ", ".join(codes)},
        "optional": _("%(modules)s if needed") % {"modules": ", ".join(codes)},
    }
    return texts[entry.requirement]


def combination_text(combination: Combination, catalogue: CatalogueContent) -> str:
    """Return a combination by the codes of its modules: 1 + 4 or 5 + 6."""
    return " + ".join(entry_text(entry, catalogue) for entry in combination.entries)


def group_name(group: NeedGroup) -> str:
    """Return what a need group is called, with its code unless the title says it."""
    return group.title if group.code in group.title.split() else f"{group.code} {group.title}"


def combination_name(group: NeedGroup, combination: Combination) -> str:
    """Return what a need group's combination is called; the only one needs no name of its own."""
    if len(group.combinations) == 1 and not combination.label:
        return group_name(group)
    return f"{group_name(group)}: {combination.label or in_words(combination.key)}"


def totals_text(combination: Combination, catalogue: CatalogueContent) -> str:
    """Return what a combination comes to: 22 h + 13 G = 41,5 h."""
    totals = combination_totals(catalogue, combination)
    if len(totals.lines) < 2:  # noqa: PLR2004 (one unit needs no sum)
        return totals.label
    return f"{totals.label} = {totals.hours}"


def phase_length(phase: DescribedPhase) -> str:
    """Return how long a phase lasts: 4–8 weeks, at least 6 months; nothing where it is open."""
    lengths = (
        (phase.minimum_weeks, phase.maximum_weeks, "week"),
        (phase.minimum_months, phase.maximum_months, "month"),
    )
    texts = []
    for least, most, unit in lengths:
        span = f"{least}–{most}" if least and most and least != most else least or most
        if not span:
            continue
        length = _length(most or least, unit, span)
        if least and not most:
            length = _("at least %(length)s") % {"length": length}
        elif most and not least:
            length = _("at most %(length)s") % {"length": length}
        texts.append(length)
    return ", ".join(texts)


def _length(last: int, unit: str, span: str | int) -> str:
    """Say weeks or months; the figure that stands before the noun decides its number."""
    template = {
        "week": ngettext("%(number)s week", "%(number)s weeks", last),
        "month": ngettext("%(number)s month", "%(number)s months", last),
    }[unit]
    return template % {"number": span}


def phase_intensity(phase: DescribedPhase) -> str:
    """Return how intense a phase is at least."""
    if phase.minimum_hours is None:
        return _("by agreement")
    many = counted(phase.minimum_hours)
    template = {
        "weekly": ngettext(
            "at least %(hours)s hour a week", "at least %(hours)s hours a week", many
        ),
        "monthly": ngettext(
            "at least %(hours)s hour a month", "at least %(hours)s hours a month", many
        ),
    }[phase.intensity]
    return template % {"hours": number(phase.minimum_hours)}


def standard_text(standard: Standard) -> str:
    """Return when a service standard is due."""
    if standard.unit is None:
        return _("%(event)s: agreed for each case") % {"event": standard.event}
    number = standard.number
    length = {
        "days": ngettext("%(number)d day", "%(number)d days", number),
        "working_days": ngettext("%(number)d working day", "%(number)d working days", number),
        "weeks": ngettext("%(number)d week", "%(number)d weeks", number),
        "months": ngettext("%(number)d month", "%(number)d months", number),
    }[standard.unit] % {"number": number}
    return _("%(length)s from: %(event)s") % {"length": length, "event": standard.event}


def _totals(old: CatalogueContent, new: CatalogueContent) -> list[Change]:
    """Return how the totals of combinations differ that stand on both sides."""
    before = {
        (group.key, combination.key): combination
        for group in old.need_groups
        for combination in group.combinations
    }
    found = []
    for group in new.need_groups:
        for combination in group.combinations:
            earlier = before.get((group.key, combination.key))
            if earlier and _figures(earlier, old) != _figures(combination, new):
                at = At(
                    f"totals.{group.key}.{combination.key}",
                    _("Totals per need group"),
                    combination_name(group, combination),
                    _("Total effort"),
                )
                found.append(at.change(totals_text(earlier, old), totals_text(combination, new)))
    return found


def _figures(combination: Combination, catalogue: CatalogueContent) -> dict:
    """The figures a combination comes to, by unit; None stands for the hours of all units."""
    totals = combination_totals(catalogue, combination)
    lines = (*totals.lines, totals.hours)
    return {line.unit and line.unit.key: (line.total, dict(line.extras)) for line in lines}


def _entries(
    comparison: Comparison, before: tuple[Entry, ...], after: tuple[Entry, ...], at: At
) -> Iterable[Change]:
    """Say for each module of a combination how it is asked for; then, in which arrangement."""
    old, new = _asked(before, comparison.old), _asked(after, comparison.new)
    found = []
    for key in dict.fromkeys([*new, *old]):
        if old.get(key) == new.get(key):
            continue
        whole = comparison.new if key in new else comparison.old
        inner = at.inside(key, what=f"{at.what}: {module_text(key, whole)}")
        kind = "changed" if key in old and key in new else "added" if key in new else "removed"
        found.append(inner.change(old.get(key, ""), new.get(key, ""), kind=kind))
    if not found:
        texts = (
            " + ".join(_arranged(entry, comparison.old) for entry in before),
            " + ".join(_arranged(entry, comparison.new) for entry in after),
        )
        found.append(at.inside("order", what=f"{at.what}: {_('Order')}").change(*texts))
    return found


def _asked(entries: Iterable[Entry], catalogue: CatalogueContent) -> dict[str, str]:
    """Return by module how it is asked for."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        for key in entry.modules:
            found.setdefault(key, []).append(_requirement(entry, catalogue))
    return {key: "; ".join(texts) for key, texts in found.items()}


def _requirement(entry: Entry, catalogue: CatalogueContent) -> str:
    texts = {"required": _("always part of it"), "optional": _("if needed")}
    text = texts.get(entry.requirement) or entry_text(entry, catalogue)
    return f"{text} ({entry.label})" if entry.label else text


def _arranged(entry: Entry, catalogue: CatalogueContent) -> str:
    text = entry_text(entry, catalogue)
    return f"{text} ({entry.label})" if entry.label else text


def _phase_label(key: str | None, catalogue: CatalogueContent) -> str:
    return next((phase.label for phase in catalogue.phases if phase.key == key), "")


def _group_names(keys: Iterable[str], catalogue: CatalogueContent) -> str:
    return ", ".join(catalogue.need_group(key).title for key in keys)


def _of_combinations(group: NeedGroup, catalogue: CatalogueContent) -> str:
    return "; ".join(
        f"{combination_text(each, catalogue)} = {totals_text(each, catalogue)}"
        for each in group.combinations
    )


def _name_in(model: type[Content], field: str) -> Callable[[str | None, object], str]:
    """Return how to call what a field names in a register; by the key to whom it is a stranger."""

    def name(key: str | None, _whole) -> str:
        reference = shape_of(model).fields[field].reference
        return dict(registered(reference)).get(key, key or "")

    return name


PAGE_READINGS = {
    PageContent: Reading(fields={"body": _name_in(PageContent, "body")}),
    TextPart: Reading(identity=("heading",)),
    ListPart: Reading(identity=("heading",)),
    LinkPart: Reading(identity=("address",)),
    ImagePart: Reading(
        identity=("image",),
        fields={"image": lambda number, _whole: file_title("image", number)},
    ),
    DocumentPart: Reading(
        identity=("document",),
        fields={"document": lambda number, _whole: file_title("document", number)},
    ),
    ContactPart: Reading(identity=("name",)),
    AppointmentPart: Reading(
        identity=("first",), name=lambda part, _whole: f"{day(part.first)} {part.place}"
    ),
}
"""How the parts of a page are told apart: by what readers know them by, not by their place."""

READINGS = {
    CatalogueContent: Reading(fields={"entry_module": module_text}),
    Quantity: Reading(identity=("unit",), text=quantity_text),
    Extra: Reading(identity=("condition", "unit"), text=extra_text),
    Module: Reading(
        digest=effort_text, fields={"phase": _phase_label, "duplicate_of": module_text}
    ),
    Item: Reading(name=lambda part, _whole: part.number),
    Combination: Reading(
        name=lambda part, _whole: part.label or part.key,
        digest=lambda part, whole: f"{combination_text(part, whole)} = {totals_text(part, whole)}",
        parts={"entries": _entries},
    ),
    NeedGroup: Reading(name=lambda part, _whole: group_name(part), digest=_of_combinations),
    AddOn: Reading(
        identity=("module",),
        name=lambda part, whole: module_text(part.module, whole),
        digest=lambda part, _whole: part.condition,
        fields={"module": module_text, "after": module_text, "need_groups": _group_names},
    ),
    DescribedPhase: Reading(
        digest=lambda part, _whole: ", ".join(
            filter(None, [phase_length(part), phase_intensity(part)])
        )
    ),
    ServiceArea: Reading(digest=lambda part, _whole: part.frequency),
    Standard: Reading(
        digest=lambda part, _whole: standard_text(part),
        fields={name: _name_in(Standard, name) for name in ("starts_form", "fulfilled_form")},
    ),
}
