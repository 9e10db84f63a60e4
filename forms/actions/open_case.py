"""Open a case and record what changes over its life: placement, plan, responsibility, status."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.models import CatalogueEdition
from contracts.models import Contract
from forms.models import Case, CasePlacement, CaseStatus, Client


def open_case(
    *, number: str, client: Client, contract: Contract, assigned_on: date, agreed: bool = True, reason: str = ""
) -> Case:
    """Open a case on the day of assignment.

    Raises ValidationError when the contract is not in force that day, or a self-initiated case
    comes without a reason.
    """
    if contract.edition_on(assigned_on) is None:
        raise ValidationError(
            _("Contract %(number)s is not in force on %(day)s."),
            params={"number": contract.number, "day": assigned_on},
        )
    if not agreed and not reason:
        raise ValidationError(_("A case that was not agreed needs a reason."))
    case = Case(
        number=number, client=client, contract=contract, assigned_on=assigned_on, agreed=agreed, reason=reason
    )
    with transaction.atomic():
        case.full_clean()
        case.save()
    return case


def place_case(
    *,
    case: Case,
    valid_from: date,
    catalogue_edition: CatalogueEdition,
    need_group: str,
    combination: str,
    choices: list[str] = (),
    conditions: list[str] = (),
    add_ons: list[str] = (),
    reason: str = "",
) -> CasePlacement:
    """Place a case in a need group and combination of a catalogue edition from a day on.

    Exactly one module of each "one_of" entry must be chosen (D15). Raises ValidationError for
    keys the edition does not know and for an edition the contract does not annex on that day.
    """
    _require_annexed(case, catalogue_edition, valid_from)
    data = catalogue_edition.data
    group = next((group for group in data.need_groups if group.key == need_group), None)
    if group is None:
        _refuse(_("need group"), need_group, [group.key for group in data.need_groups])
    agreed = next((c for c in group.combinations if c.key == combination), None)
    if agreed is None:
        _refuse(_("combination"), combination, [c.key for c in group.combinations])
    _require_choices(agreed, choices)
    _require_known(_("condition"), conditions, {e.condition for m in data.modules for e in m.extras})
    _require_known(_("special module"), add_ons, {add_on.module for add_on in data.add_ons})
    placement = CasePlacement(
        case=case, valid_from=valid_from, catalogue_edition=catalogue_edition, need_group=need_group,
        combination=combination, choices=list(choices), conditions=list(conditions),
        add_ons=list(add_ons), reason=reason,
    )
    with transaction.atomic():
        placement.full_clean(exclude=["choices", "conditions", "add_ons"])
        placement.save()
    return placement


def set_status(*, case: Case, valid_from: date, status: str, reason: str = "") -> CaseStatus:
    """Record a status from a day on; closing or reopening moves the case's closing day with it."""
    row = CaseStatus(case=case, valid_from=valid_from, status=status, reason=reason)
    with transaction.atomic():
        row.full_clean()
        row.save()
        newest = case.statuses.order_by("-valid_from").first()
        closed_on = newest.valid_from if newest.status == CaseStatus.Status.CLOSED else None
        if case.closed_on != closed_on:
            case.closed_on = closed_on
            case.full_clean()
            case.save()
    return row


def _require_annexed(case: Case, edition: CatalogueEdition, day: date) -> None:
    contract_edition = case.contract.edition_on(max(day, case.assigned_on))
    annexes = contract_edition.annex_rows.filter(catalogue_edition=edition, valid_from__lte=day)
    if not any(annex.valid_until is None or annex.valid_until >= day for annex in annexes):
        raise ValidationError(
            _("%(edition)s is no annex of contract %(contract)s on %(day)s."),
            params={"edition": edition, "contract": case.contract.number, "day": day},
        )


def _require_choices(combination, choices) -> None:
    open_to_choice = [e for e in combination.entries if e.requirement != "required"]
    _require_known(_("chosen module"), choices, {key for entry in open_to_choice for key in entry.modules})
    for entry in open_to_choice:
        chosen = [key for key in entry.modules if key in choices]
        if entry.requirement == "one_of" and len(chosen) > 1:
            raise ValidationError(
                _("Only one of %(modules)s can be chosen."), params={"modules": ", ".join(entry.modules)}
            )


def _require_known(what, keys, known) -> None:
    for key in keys:
        if key not in known:
            _refuse(what, key, sorted(known))


def _refuse(what, value, allowed) -> None:
    raise ValidationError(
        _("%(what)s %(value)s is unknown; allowed: %(allowed)s."),
        params={"what": what, "value": value, "allowed": ", ".join(allowed) or "–"},
    )
