"""Move a case to a later edition of its catalogue: explicit, previewed, recorded (D17).

Whatever was done stays done: service records name modules by their stable keys, and these carry
the use over. What changes is the plan from a day on. The placement goes along where the later
edition knows its parts; what it does not know any more has to be decided anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.comparison import Change
from base.facts import Fact
from cms.comparison import compare_catalogues
from cms.content.catalogue import CatalogueContent
from cms.models import CatalogueEdition
from contracts.annexes import catalogues_on
from forms.actions.open_case import place_case
from forms.models import Case, CasePlacement
from forms.usage import OUTSIDE, CaseUsage, ModuleUsage, usage, work_of


@dataclass(frozen=True)
class MovedModule:
    """One module before and after: planned on both sides, new, or gone from plan or catalogue."""

    key: str
    before: ModuleUsage | None
    after: ModuleUsage | None
    state: Literal["same", "changed", "new", "left", "unknown"]
    """left: not planned any more; unknown: the later edition has no such module."""

    @property
    def shown(self) -> ModuleUsage:
        """The module as the later edition calls it, or as it was called."""
        return self.after or self.before


@dataclass(frozen=True)
class Move:
    """What moving a case would change, before anything is stored."""

    case: Case
    valid_from: date
    before: CasePlacement
    after: CasePlacement
    modules: tuple[MovedModule, ...]
    usage_before: CaseUsage
    usage_after: CaseUsage
    dropped: tuple[str, ...]
    """Chosen modules, special modules and conditions that the later edition does not know."""
    changes: tuple[Change, ...]
    """What differs between the editions themselves."""


def later_editions(case: Case, day: date) -> list[CatalogueEdition]:
    """Return the editions a case can be moved to on a day, the newest first.

    They are later ones of the same catalogue, annexed by the contract on that day.
    """
    placement = case.placement_on(day)
    if placement is None:
        return []
    current = placement.catalogue_edition
    found = {
        edition.number: edition
        for edition in catalogues_on(case.contract, day)
        if edition.catalogue_id == current.catalogue_id and edition.number > current.number
    }
    return [found[number] for number in sorted(found, reverse=True)]


def plan_move(
    *,
    case: Case,
    catalogue_edition: CatalogueEdition,
    valid_from: date,
    need_group: str = "",
    combination: str = "",
    choices: Sequence[str] | None = None,
) -> Move:
    """Return what a move would change; nothing is stored.

    What is not given stays as it was. Raises ValidationError where the case cannot be moved: to
    an edition that is not a later one, not after its last placement, in a need group the edition
    does not know, or with work already recorded that the edition does not know.
    """
    before = _placement_before(case, catalogue_edition, valid_from)
    after, dropped = _carried_over(before, catalogue_edition, need_group, combination, choices)
    after.valid_from = valid_from
    old, new = before.catalogue_edition.data, catalogue_edition.data
    _require_combination(after, new)
    _require_records_known(case, new, valid_from)
    work = work_of([case.pk]).get(case.pk, {})
    usage_before = usage(old, before, work)
    usage_after = usage(new, after, work, earlier=[old])
    return Move(
        case=case,
        valid_from=valid_from,
        before=before,
        after=after,
        modules=_moved(usage_before, usage_after, new),
        usage_before=usage_before,
        usage_after=usage_after,
        dropped=tuple(dropped),
        changes=tuple(compare_catalogues(old, new)),
    )


def move_case(
    *,
    by,
    case: Case,
    catalogue_edition: CatalogueEdition,
    valid_from: date,
    reason: str,
    need_group: str = "",
    combination: str = "",
    choices: Sequence[str] | None = None,
) -> CasePlacement:
    """Move a case to a later edition of its catalogue from a day on, and return its placement.

    Raises ValidationError without a reason, and as `plan_move` and `place_case` do.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Moving a case to a later edition needs a reason.")})
    with transaction.atomic(), acting_as(by):
        # Whoever moves the same case at the same time waits here, and is refused by what is then.
        Case.objects.select_for_update().get(pk=case.pk)
        move = plan_move(
            case=case,
            catalogue_edition=catalogue_edition,
            valid_from=valid_from,
            need_group=need_group,
            combination=combination,
            choices=choices,
        )
        return place_case(
            case=case,
            valid_from=valid_from,
            catalogue_edition=catalogue_edition,
            need_group=move.after.need_group,
            combination=move.after.combination,
            choices=move.after.choices,
            conditions=move.after.conditions,
            add_ons=move.after.add_ons,
            reason=reason.strip(),
            by=by,
        )


def _placement_before(case: Case, edition: CatalogueEdition, day: date) -> CasePlacement:
    before = case.placements.select_related("catalogue_edition__catalogue").last()
    if before is None:
        raise ValidationError(_("Case %(case)s is not placed yet."), params={"case": case.number})
    if closed := case.closed_since(day):
        raise _refused(_("The case is closed since %(day)s."), day=closed)
    if day <= before.valid_from:
        text = _("The case has been placed on %(day)s; it can be moved from the day after on.")
        raise _refused(text, day=before.valid_from)
    current = before.catalogue_edition
    if edition.catalogue_id != current.catalogue_id or edition.number <= current.number:
        raise ValidationError(
            _("%(edition)s is no later edition of %(current)s."),
            params={"edition": edition, "current": current},
        )
    if edition not in later_editions(case, day):
        text = _("%(edition)s is no annex of contract %(contract)s on %(day)s.")
        raise _refused(text, edition=edition, contract=case.contract.number, day=day)
    return before


def _carried_over(
    before: CasePlacement,
    edition: CatalogueEdition,
    need_group: str,
    combination: str,
    choices: Sequence[str] | None,
) -> tuple[CasePlacement, list[str]]:
    """Return the placement in the later edition, and what of it could not be carried over."""
    old, new = before.catalogue_edition.data, edition.data
    group = need_group or before.need_group
    to_choose = _to_choose(new, group, combination or before.combination)
    known = {
        "choices": to_choose,
        "conditions": {extra.condition for module in new.modules for extra in module.extras},
        "add_ons": {
            add_on.module
            for add_on in new.add_ons
            if not add_on.need_groups or group in add_on.need_groups
        },
    }
    kept = {name: [key for key in getattr(before, name) if key in known[name]] for name in known}
    dropped = [
        _label(old, key)
        for name in known
        for key in getattr(before, name)
        if key not in kept[name] and not (name == "choices" and choices is not None)
    ]
    if choices is not None:
        kept["choices"] = list(choices)
    after = CasePlacement(
        case=before.case,
        catalogue_edition=edition,
        need_group=group,
        combination=combination or before.combination,
        **kept,
    )
    return after, dropped


def _to_choose(content: CatalogueContent, group: str, combination: str) -> set[str]:
    """Return the modules a person chooses among in a combination."""
    return {
        key
        for each in content.need_groups
        if each.key == group
        for part in each.combinations
        if part.key == combination
        for entry in part.entries
        if entry.requirement != "required"
        for key in entry.modules
    }


def _label(content: CatalogueContent, key: str) -> str:
    """What a module or a condition is called."""
    for module in content.modules:
        if module.key == key:
            return f"{module.code} {module.short_title or module.title}"
    extras = (extra for module in content.modules for extra in module.extras)
    return next((extra.label for extra in extras if extra.condition == key), key)


def _require_combination(after: CasePlacement, content: CatalogueContent) -> None:
    known = {
        (group.key, combination.key)
        for group in content.need_groups
        for combination in group.combinations
    }
    if (after.need_group, after.combination) not in known:
        text = _("This edition does not know the case's need group: choose one of its own.")
        raise ValidationError({"need_group": text})


def _require_records_known(case: Case, content: CatalogueContent, day: date) -> None:
    """Work recorded from the day on has to stand in the catalogue that will apply to it."""
    bookable = {module.key for module in content.modules if module.bookable}
    later = case.service_records.filter(status=Fact.Status.SUBMITTED, day__gte=day)
    used = later.exclude(module="").order_by().values_list("module", flat=True).distinct()
    if unknown := sorted(set(used) - bookable):
        text = _(
            "From %(day)s on there are records of modules this edition does not have: %(keys)s."
        )
        raise _refused(text, day=day, keys=", ".join(unknown))


def _refused(message, **params) -> ValidationError:
    return ValidationError({"valid_from": ValidationError(message, params=params)})


def _moved(
    before: CaseUsage, after: CaseUsage, content: CatalogueContent
) -> tuple[MovedModule, ...]:
    known = {module.key for module in content.modules}
    keys = dict.fromkeys(module.key for module in (*after.modules, *before.modules))
    return tuple(_moved_module(key, before.module(key), after.module(key), known) for key in keys)


def _moved_module(key, before, after, known) -> MovedModule:
    planned_before, planned_after = _is_planned(before), _is_planned(after)
    if planned_after and not planned_before:
        state = "new"
    elif key not in known:
        state = "unknown"
    elif planned_before and not planned_after:
        state = "left"
    else:
        state = "same" if _plan_of(before) == _plan_of(after) else "changed"
    return MovedModule(key, before, after, state)


def _is_planned(module: ModuleUsage | None) -> bool:
    return module is not None and module.requirement != OUTSIDE


def _plan_of(module: ModuleUsage | None) -> list[tuple]:
    amounts = module.amounts if module else ()
    return [(amount.unit.key, amount.least, amount.guide) for amount in amounts]
