"""Phases of a case: which of them need an agreement, whether they have it, what came before it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Model, QuerySet

from base.trail.registry import Titles
from cms.content.catalogue import Phase
from forms.models import Case, CasePlacement, PhaseAgreement
from forms.usage import catalogue_contents


@dataclass(frozen=True)
class PhaseState:
    """One phase of the catalogue in force; `ahead` counts records before it was agreed on."""

    phase: Phase
    agreement: PhaseAgreement | None
    ahead: int


def gated_phases(case: Case) -> list[Phase]:
    """Return the phases that need an agreement, of all editions the case was placed in.

    The latest edition comes first and says what a phase is called.
    """
    placed = case.placements.order_by("-valid_from").values_list("catalogue_edition", flat=True)
    editions = list(dict.fromkeys(placed))
    contents = catalogue_contents(editions)
    found: dict[str, Phase] = {}
    for edition in editions:
        for phase in contents[edition].phases:
            if phase.gated:
                found.setdefault(phase.key, phase)
    return list(found.values())


def agreed_phases(cases: Collection[int], day: date) -> dict[int, set[str]]:
    """Return the phases agreed on by a day, by the cases' keys."""
    found: dict[int, set[str]] = {}
    rows = PhaseAgreement.objects.filter(case__in=cases, agreed_on__lte=day)
    for case, phase in rows.values_list("case", "phase"):
        found.setdefault(case, set()).add(phase)
    return found


def records_in(case: Case, phase: str) -> QuerySet:
    """Return the counting records of a case in modules of a phase.

    To be careful a module counts that belongs to the phase in any of the case's editions.
    """
    placed = set(case.placements.order_by().values_list("catalogue_edition", flat=True))
    modules = {
        module.key
        for content in catalogue_contents(placed).values()
        for module in content.modules
        if module.phase == phase
    }
    return case.service_records.counting().filter(module__in=modules)


def phases_of(case: Case, day: date) -> list[PhaseState]:
    """Return the phases of the catalogue in force on a day, in its order; none without a gate."""
    placement = case.placement_on(day)
    if placement is None:
        return []
    edition = placement.catalogue_edition_id
    content = catalogue_contents([edition])[edition]
    if not any(phase.gated for phase in content.phases):
        return []
    agreements = {row.phase: row for row in case.phase_agreements.order_by("phase")}
    return [
        PhaseState(phase, agreements.get(phase.key), _ahead(case, phase, agreements))
        for phase in content.phases
    ]


def titles_of_agreements(versions: Sequence[Model]) -> Titles:
    """Return what calls the phases of agreements as the case's latest edition does."""
    cases = {version.case_id for version in versions}
    placed = CasePlacement.objects.filter(case__in=cases).order_by("valid_from")
    rows = list(placed.values_list("case", "catalogue_edition"))
    contents = catalogue_contents({edition for _case, edition in rows})
    labels = {
        (case, phase.key): phase.label
        for case, edition in rows
        for phase in contents[edition].phases
    }

    def title(version: Model, column: str) -> str | None:
        return labels.get((version.case_id, version.phase)) if column == "phase" else None

    return title


def _ahead(case: Case, phase: Phase, agreements: dict[str, PhaseAgreement]) -> int:
    if not phase.gated:
        return 0
    records = records_in(case, phase.key)
    if agreement := agreements.get(phase.key):
        records = records.filter(day__lt=agreement.agreed_on)
    return records.count()
