"""Adapt an annex by agreement of both parties, without a new edition of the contract (A1-51)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError as ContentError

from base.acting import acting_as, current_time
from base.problems import describe, true_errors
from contracts.adaptation_mails import tell_agreed, tell_proposed, tell_taken_back
from contracts.annexes import AnnexOnDay, annexes_on
from contracts.content.annexes import AGREEMENT, parse_annex
from contracts.dates.in_force import require_in_force
from contracts.models import AnnexAdaptation, Contract, ContractEdition, Organisation
from contracts.models.contract import named_by
from contracts.signatures import parties_of


def adapt_annex(
    contract: Contract, annex: str, own, *, by, applies_from: date, reason: str
) -> AnnexAdaptation:
    """Propose what an annex is to say from a day on; the other party is told.

    `own` is what its kind alone has: the number of an edition, the key of a file, contacts or
    steps. Who signs for a party agrees for it by that. Raises ValidationError for an annex that is
    not adapted by agreement or no part of the contract on that day, for what it says on that day
    already or what is not there, and while another adaptation of it waits.
    """
    at = current_time()
    with transaction.atomic(), acting_as(by):
        adaptation = propose(
            contract, annex, own, by=by, applies_from=applies_from, reason=reason, at=at
        )
        for party in parties_of(by, contract):
            adaptation.agree(party, by=by, at=at)
        adaptation.save()
        tell_proposed(adaptation)
    return adaptation


def propose(
    contract: Contract, annex: str, own, *, by, applies_from: date, reason: str, at, edition=None
) -> AnnexAdaptation:
    """Store what is proposed, with nobody's agreement. Raises ValidationError as above.

    Of the annex as an edition of the contract has it: the one in force on the day, if none is
    given.
    """
    _lock(contract)
    edition = edition or contract.edition_on(applies_from)
    stands = _adaptable(edition, annex, applies_from)
    require_in_force(contract, applies_from)
    try:
        part = parse_annex(stands.part.model_dump() | {stands.part.OWN: own})
    except ContentError as error:
        raise ValidationError([describe(item) for item in true_errors(error.errors())]) from error
    if part == stands.part:
        raise ValidationError(_("The annex says that already: there is nothing to agree on."))
    adaptation = AnnexAdaptation(
        contract=contract,
        read_edition=edition,
        annex=annex,
        before=stands.part.model_dump(mode="json"),
        content=part.model_dump(mode="json"),
        applies_from=applies_from,
        reason=reason.strip(),
        proposed_by=by,
        proposed_at=at,
        **named_by(part, contract.commissioning_body_id),
    )
    adaptation.sign()
    adaptation.full_clean()
    adaptation.save()
    return adaptation


def _lock(contract: Contract) -> None:
    """Let nobody amend it, or adapt an annex of it, meanwhile."""
    Contract.objects.select_for_update(of=("self",)).values_list("pk").get(pk=contract.pk)


def _adaptable(edition: ContractEdition | None, key: str, day: date) -> AnnexOnDay:
    annexes = annexes_on(edition, day) if edition else ()
    found = next((each for each in annexes if each.part.key == key), None)
    if found is None or not found.row.is_valid_on(day):
        raise ValidationError({"applies_from": _("The annex is no part of the contract that day.")})
    if found.part.adapted_by != AGREEMENT:
        raise ValidationError(_("This annex is not adapted by agreement."))
    return found


def agree_to_adaptation(adaptation: AnnexAdaptation, *, by, party: Organisation) -> AnnexAdaptation:
    """Agree for a party; with both it counts, and both are told.

    Raises ValidationError for who does not sign for the party, where it agreed already, where the
    annex does not say any more what it said when this was proposed, and where nothing waits any
    more.
    """
    with transaction.atomic(), acting_as(by):
        _lock(adaptation.contract)
        adaptation = _locked(adaptation)
        if party not in parties_of(by, adaptation.contract):
            raise ValidationError(_("You do not sign for this party."))
        _require_unamended(adaptation)
        adaptation.agree(party, by=by, at=current_time())
        adaptation.full_clean()
        adaptation.save()
        if adaptation.agreed_at:
            tell_agreed(adaptation)
    return adaptation


def _require_unamended(adaptation: AnnexAdaptation) -> None:
    """Refuse what would count from no day on: the annex has to be as it was proposed to change."""
    day = adaptation.applies_from
    stands = _adaptable(adaptation.contract.edition_on(day), adaptation.annex, day)
    require_in_force(adaptation.contract, day)
    if stands.part != parse_annex(adaptation.before):
        raise ValidationError(
            _(
                "The contract was amended meanwhile: the annex says something else on that day."
                " This has to be taken back, and proposed anew."
            )
        )


def take_back_adaptation(adaptation: AnnexAdaptation, *, by) -> AnnexAdaptation:
    """Take back what not both agreed to; who was asked is told. Raises ValidationError as above."""
    with transaction.atomic(), acting_as(by):
        adaptation = _locked(adaptation)
        adaptation.ended_by, adaptation.ended_at = by, current_time()
        adaptation.save()
        tell_taken_back(adaptation)
    return adaptation


def _locked(adaptation: AnnexAdaptation) -> AnnexAdaptation:
    rows = AnnexAdaptation.objects.select_for_update(of=("self",))
    adaptation = rows.get(pk=adaptation.pk)
    if not adaptation.is_open:
        raise ValidationError(_("This adaptation does not wait for agreement any more."))
    return adaptation
