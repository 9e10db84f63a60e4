"""What providers propose to change of contracts, in files: as it was sent, and what came of it."""

from datetime import date
from typing import Literal

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, model_validator

from base.acting import acting_as
from base.content import Content, Line, Refusal, Words
from base.exchange.kinds import Kind, Located, in_place, load_each, register
from base.exchange.people import person
from base.exchange.rows import find_by, require_same
from contracts.dates.obligations import Obligations, obligations
from contracts.models import ChangeProposal, Contract, ContractEdition
from contracts.parts import part_called
from contracts.proposal_rules import require_answerer, require_before_end, require_proposer

State = ChangeProposal.State


class ChangeProposalEntry(Content):
    """What a provider proposed, and what the commissioning body answered.

    `edition` is the contract's that was in force then, `part` the key of what it is about, such as
    "clauses.§ 4"; without it, the whole contract.
    """

    contract: Line
    proposed_by: Line = Field(max_length=150)
    proposed_at: AwareDatetime
    edition: int = Field(ge=1)
    part: Words = Field("", max_length=400)
    change: Words = Field(min_length=1, max_length=4000)
    reason: Words = Field(min_length=1, max_length=4000)
    applies_from: date
    state: Literal["open", "taken_up", "declined", "taken_back"] = "open"
    answer: Words = Field("", max_length=4000)
    answered_by: Words = Field("", max_length=150)
    answered_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _answered(self):
        given = bool(self.answered_by), self.answered_at is not None
        if set(given) != {self.state != State.OPEN} or (self.answer and self.state == State.OPEN):
            raise Refusal(_("answered_by and answered_at go with a state that is not open"))
        if self.answered_at and self.answered_at < self.proposed_at:
            raise Refusal(_("answered_at: nothing is answered before it was proposed"))
        return self


def _load_proposal(located: Located) -> int:
    entry: ChangeProposalEntry = located.entry
    contract = find_by(located, Contract, number=entry.contract)
    edition = find_by(located, ContractEdition, contract=contract, number=entry.edition)
    with in_place(located):
        author, answers = person(entry.proposed_by), _answer(entry)
        _require_by_now(entry)
        label = part_called(edition.data, entry.part) if entry.part else ""
        if entry.part and not label:
            raise ValidationError({"part": _("The contract has no such part.")})
    known_by = {"contract": contract, "made_by": author, "made_at": entry.proposed_at}
    said = {
        "read_edition": edition,
        "part": entry.part,
        "change": entry.change,
        "reason": entry.reason,
        "applies_from": entry.applies_from,
    }
    row = ChangeProposal.objects.filter(**known_by).first()
    if row is None:
        row = ChangeProposal(**known_by, **said, part_label=label)
        _require_proposed(located, row, entry)
        _save(located, row, by=author)
    else:
        require_same(located, row, said)
        if row.state == entry.state == State.OPEN:
            return 0
        if not row.is_open:
            require_same(located, row, answers)
            return 0
    if entry.state != State.OPEN:
        _require_answered(located, row, answers)
        for name, value in answers.items():
            setattr(row, name, value)
        _save(located, row, by=row.answered_by)
    return 1


def _save(located: Located, row: ChangeProposal, *, by) -> None:
    with in_place(located), acting_as(by):
        row.full_clean()
        row.save()


def _require_proposed(located: Located, row: ChangeProposal, entry: ChangeProposalEntry) -> None:
    """Refuse who never worked for the provider, and what waits but came too late."""
    with in_place(located):
        require_proposer(row.contract, row.made_by)
        if entry.state == State.OPEN:
            require_before_end(_known_then(row), row.applies_from)


def _known_then(row: ChangeProposal) -> Obligations:
    """Return what was agreed when it was made.

    Amendments and notices that came later, or were noted later, do not undo a proposal: what an
    installation exports is imported elsewhere.
    """
    known = row.contract.editions.filter(
        Q(number__lte=row.read_edition.number) | Q(frozen_at__lte=row.made_at)
    )
    keys = set(known.order_by().values_list("pk", flat=True))
    editions = obligations(row.contract).editions
    return Obligations(tuple(each for each in editions if each.pk in keys))


def _require_answered(located: Located, row: ChangeProposal, answers: dict) -> None:
    """Refuse who was not on the side that answers, or takes back."""
    with in_place(located):
        if answers["state"] == State.TAKEN_BACK:
            require_proposer(row.contract, answers["answered_by"])
        else:
            require_answerer(row, answers["answered_by"])


def _answer(entry: ChangeProposalEntry) -> dict:
    return {
        "state": entry.state,
        "answer": entry.answer,
        "answered_by": person(entry.answered_by) if entry.answered_by else None,
        "answered_at": entry.answered_at,
    }


def _require_by_now(entry: ChangeProposalEntry) -> None:
    if max(entry.proposed_at, entry.answered_at or entry.proposed_at) > timezone.now():
        raise ValidationError(_("Nothing was proposed or answered at a time to come."))


def _dump_proposals():
    people = ("contract", "read_edition", "made_by", "answered_by")
    rows = ChangeProposal.objects.select_related(*people)
    # As Python orders numbers: databases differ.
    for row in sorted(rows, key=lambda row: (row.contract.number, row.made_at, row.pk)):
        yield ChangeProposalEntry(
            contract=row.contract.number,
            proposed_by=row.made_by.username,
            proposed_at=timezone.localtime(row.made_at),
            edition=row.read_edition.number,
            part=row.part,
            change=row.change,
            reason=row.reason,
            applies_from=row.applies_from,
            state=row.state,
            answer=row.answer,
            answered_by=row.answered_by.username if row.answered_by else "",
            answered_at=row.answered_at and timezone.localtime(row.answered_at),
        )


register(
    Kind(
        section="change_proposals",
        position=41,
        entry=ChangeProposalEntry,
        load=lambda entries: load_each(entries, _load_proposal),
        dump=_dump_proposals,
        known_by=("contract", "proposed_by", "proposed_at"),
    )
)
