"""Open a case and record what changes over its life: placement, status."""

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.content import duplicates
from cms.content.catalogue import CatalogueContent
from cms.content.need_group import Combination, Entry, NeedGroup
from cms.models import CatalogueEdition
from contracts.annexes import catalogues_on
from contracts.dates.in_force import require_in_force
from contracts.models import Contract
from forms.actions.cancel_appointment import cancel_appointments_of
from forms.actions.follow_deadlines import follow_deadlines
from forms.models import Case, CasePlacement, CaseStatus, Client


def open_case(
    *,
    by,
    number: str,
    client: Client,
    contract: Contract,
    assigned_on: date,
    agreed: bool = True,
    reason: str = "",
) -> Case:
    """Open a case on the day of assignment.

    Raises ValidationError when the contract is not in force that day, or a self-initiated case
    comes without a reason.
    """
    require_in_force(contract, assigned_on)
    if not agreed and not reason.strip():
        raise ValidationError(_("A case that was not agreed needs a reason."))
    case = Case(
        number=number,
        client=client,
        contract=contract,
        assigned_on=assigned_on,
        agreed=agreed,
        reason=reason,
    )
    with transaction.atomic(), acting_as(by):
        case.full_clean()
        case.save()
        follow_deadlines([case.pk])
    return case


def place_case(
    *,
    by,
    case: Case,
    valid_from: date,
    catalogue_edition: CatalogueEdition,
    need_group: str,
    combination: str,
    choices: Sequence[str] = (),
    conditions: Sequence[str] = (),
    add_ons: Sequence[str] = (),
    reason: str = "",
) -> CasePlacement:
    """Place a case in a need group and combination of a catalogue edition from a day on.

    A placement is decided: of each "one_of" entry exactly one module is chosen, of each
    "at_least" entry at least so many (D15). Changing one's mind is a later placement; one that
    takes another module of the same "one_of" entry needs a reason. Raises ValidationError for
    that, for keys the edition does not know, for days before the case was assigned, and for an
    edition the contract does not annex on that day.
    """
    placement = CasePlacement(
        case=case,
        valid_from=valid_from,
        catalogue_edition=catalogue_edition,
        need_group=need_group,
        combination=combination,
        choices=list(choices),
        conditions=list(conditions),
        add_ons=list(add_ons),
        reason=reason,
    )
    # Before a case there may be no contract either, whose annexes could be asked.
    placement.full_clean(exclude=["choices", "conditions", "add_ons"])
    _require_annexed(case, catalogue_edition, valid_from)
    data: CatalogueContent = catalogue_edition.data
    group = _need_group(data, need_group)
    agreed = _combination(group, combination)
    _require_choices(agreed, choices)
    _require_known(
        _("condition"), conditions, {e.condition for m in data.modules for e in m.extras}
    )
    _require_known(_("special module"), add_ons, _add_ons(data, need_group))
    _require_reason_for_swap(placement, agreed)
    with transaction.atomic(), acting_as(by):
        placement.save()
    return placement


def set_status(*, by, case: Case, valid_from: date, status: str, reason: str = "") -> CaseStatus:
    """Record a status from a day on; closing or reopening moves the case's closing day with it.

    A status of the same day is replaced. Raises ValidationError for days before the assignment,
    where a case would be closed without a reason or before its last record, and where it would
    go on after the end of its contract.
    """
    with transaction.atomic(), acting_as(by):
        Case.objects.filter(pk=case.pk).lock()
        row = case.statuses.filter(valid_from=valid_from).first()
        row = row or CaseStatus(case=case, valid_from=valid_from)
        goes_on = status != CaseStatus.Status.CLOSED and (row.pk is None or row.status != status)
        row.status, row.reason = status, reason
        row.full_clean()
        if goes_on:
            # Nobody would pay for what goes on after the contract has ended.
            require_in_force(case.contract, valid_from)
        row.save()
        if status == CaseStatus.Status.CLOSED:
            _require_nothing_later(row)
            cancel_appointments_of(case, valid_from, by=by)
        newest = case.statuses.order_by("-valid_from").first()
        closed_on = newest.valid_from if newest.status == CaseStatus.Status.CLOSED else None
        case.refresh_from_db(fields=["closed_on"])
        if case.closed_on != closed_on:
            case.closed_on = closed_on
            case.full_clean()
            case.save(update_fields=["closed_on"])
        follow_deadlines([case.pk])
    return row


def _require_nothing_later(closing: CaseStatus) -> None:
    """Refuse to close a case while records that count lie after the day, until it opens again."""
    case = closing.case
    later = case.service_records.counting().filter(day__gt=closing.valid_from)
    opening = case.statuses.filter(valid_from__gt=closing.valid_from)
    opening = opening.exclude(status=CaseStatus.Status.CLOSED).order_by("valid_from").first()
    if opening:
        later = later.filter(day__lt=opening.valid_from)
    last = later.order_by("-day", "reference").first()
    if last is None:
        return
    message = _(
        "Case %(case)s has a record on %(day)s (%(reference)s): it can be closed from that day on,"
        " not on %(closing)s."
    )
    params = {
        "case": case.number,
        "day": last.day,
        "reference": last.reference,
        "closing": closing.valid_from,
    }
    raise ValidationError({"valid_from": ValidationError(message, params=params)})


def _require_annexed(case: Case, edition: CatalogueEdition, day: date) -> None:
    if edition not in catalogues_on(case.contract, day):
        raise ValidationError(
            _("%(edition)s is no annex of contract %(contract)s on %(day)s."),
            params={"edition": edition, "contract": case.contract.number, "day": day},
        )


def _need_group(data: CatalogueContent, key: str) -> NeedGroup:
    for group in data.need_groups:
        if group.key == key:
            return group
    return _refuse(_("need group"), key, [group.key for group in data.need_groups])


def _combination(group: NeedGroup, key: str) -> Combination:
    for combination in group.combinations:
        if combination.key == key:
            return combination
    return _refuse(_("combination"), key, [each.key for each in group.combinations])


def _add_ons(data: CatalogueContent, need_group: str) -> set[str]:
    """Return the special modules that may join the need group, or stand on their own."""
    return {
        add_on.module
        for add_on in data.add_ons
        if not add_on.need_groups or need_group in add_on.need_groups
    }


def _require_choices(combination: Combination, choices: Sequence[str]) -> None:
    to_choose = [entry for entry in combination.entries if entry.requirement != "required"]
    known = {key for entry in to_choose for key in entry.modules}
    _require_known(_("chosen module"), choices, known)
    for entry in to_choose:
        chosen = _chosen(entry, choices)
        params = {"modules": ", ".join(entry.modules), "chosen": ", ".join(chosen) or "–"}
        if entry.requirement == "one_of" and len(chosen) != 1:
            message = _("Exactly one of %(modules)s must be chosen, not: %(chosen)s.")
            raise ValidationError(message, params=params)
        if entry.requirement == "at_least" and len(chosen) < entry.at_least:
            message = _("At least %(least)d of %(modules)s must be chosen, not only: %(chosen)s.")
            raise ValidationError(message, params=params | {"least": entry.at_least})


def _chosen(entry: Entry, choices: Sequence[str]) -> list[str]:
    return [key for key in entry.modules if key in choices]


def _require_reason_for_swap(placement: CasePlacement, combination: Combination) -> None:
    """Taking another alternative than before is documented (D15)."""
    before = placement.case.placement_on(placement.valid_from)
    if before is None or placement.reason:
        return
    same = ("catalogue_edition_id", "need_group", "combination")
    if any(getattr(before, name) != getattr(placement, name) for name in same):
        return
    for entry in combination.entries:
        old, new = _chosen(entry, before.choices), _chosen(entry, placement.choices)
        if entry.requirement == "one_of" and old != new:
            raise ValidationError(
                _("Taking %(new)s instead of %(old)s needs a reason."),
                params={"new": ", ".join(new), "old": ", ".join(old) or "–"},
            )


def _require_known(what, keys, known) -> None:
    for key in keys:
        if key not in known:
            _refuse(what, key, sorted(known))
    if twice := duplicates(keys):
        raise ValidationError(
            _("%(what)s %(value)s stands more than once."),
            params={"what": what, "value": ", ".join(twice)},
        )


def _refuse(what, value, allowed):
    raise ValidationError(
        _("%(what)s %(value)s is unknown; allowed: %(allowed)s."),
        params={"what": what, "value": value, "allowed": ", ".join(allowed) or "–"},
    )
