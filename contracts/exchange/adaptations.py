"""Adaptations of annexes in files: they stand with their contract."""

from dataclasses import replace
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, model_validator

from base.acting import acting_as
from base.content import Content, Key, Words
from base.exchange.exporting import plain
from base.exchange.kinds import Located, in_place
from base.exchange.people import person
from base.exchange.rows import find_by, require_same
from contracts.actions.adapt_annex import propose
from contracts.models import AnnexAdaptation, Contract, ContractEdition

SIDES = ("body", "provider")


class AgreementEntry(Content):
    """Who agreed for a party, or took it back, and when."""

    by: str
    at: AwareDatetime


class AdaptationEntry(Content):
    """What an annex says from a day on, without a new edition of the contract.

    `edition` is the contract's, of whose annex it was agreed; `says` is what its kind alone has:
    `edition`, `file`, `contacts` or `paragraphs`.
    """

    edition: int = Field(ge=1)
    annex: Key
    applies_from: date
    says: dict
    reason: Words = Field(min_length=1)
    proposed_by: str
    proposed_at: AwareDatetime
    body: AgreementEntry | None = None
    provider: AgreementEntry | None = None
    taken_back: AgreementEntry | None = None

    @model_validator(mode="after")
    def _standing(self):
        if len(self.says) != 1:
            raise ValueError(_("says holds one field of the annex"))
        if self.taken_back and self.body and self.provider:
            raise ValueError(_("what both parties agreed to is not taken back"))
        return self


def load_adaptations(located: Located, contract: Contract) -> int:
    """Store the adaptations of an entry's contract that are not stored; return how many.

    Raises EntryErrors for those that are stored otherwise, or that the page would refuse.
    """
    made = 0
    for number, entry in enumerate(located.entry.adaptations, 1):
        at = replace(located, place=f"{located.place} adaptations[{number}]")
        with in_place(at):
            made += _load(at, contract, entry)
    return made


def _load(located: Located, contract: Contract, entry: AdaptationEntry) -> bool:
    (name, own), author = next(iter(entry.says.items())), person(entry.proposed_by)
    known_by = {
        "annex": entry.annex,
        "applies_from": entry.applies_from,
        "proposed_by": author,
        "proposed_at": entry.proposed_at,
    }
    agreements = _agreements(entry)
    stored = contract.adaptations.filter(**known_by).first()
    if stored is not None:
        require_same(located, stored, {"reason": entry.reason, **agreements})
        return False
    with acting_as(author):
        given = known_by | {"reason": entry.reason}
        at, by, annex = given.pop("proposed_at"), given.pop("proposed_by"), given.pop("annex")
        edition = find_by(located, ContractEdition, contract=contract, number=entry.edition)
        adaptation = propose(contract, annex, own, by=by, at=at, edition=edition, **given)
        if name != adaptation.part.OWN:
            raise ValidationError(
                _("says: %(name)s is unknown; allowed: %(allowed)s"),
                params={"name": name, "allowed": adaptation.part.OWN},
            )
        for column, value in agreements.items():
            setattr(adaptation, column, value)
        adaptation.full_clean()
        adaptation.save()
    return True


def _agreements(entry: AdaptationEntry) -> dict:
    """Return what the columns say of who agreed when."""
    found = {}
    for side in SIDES:
        given = getattr(entry, side)
        found[f"{side}_agreed_by"] = given and person(given.by)
        found[f"{side}_agreed_at"] = given and given.at
    both = [found[f"{side}_agreed_at"] for side in SIDES]
    found["agreed_at"] = max(both) if all(both) else None
    found["ended_by"] = entry.taken_back and person(entry.taken_back.by)
    found["ended_at"] = entry.taken_back and entry.taken_back.at
    return found


def dump_adaptations(contract: Contract) -> tuple[AdaptationEntry, ...]:
    """Return the adaptations of a contract's annexes in the order in which they were proposed."""
    people = ("read_edition", "proposed_by", "body_agreed_by", "provider_agreed_by", "ended_by")
    rows = contract.adaptations.select_related(*people).order_by("proposed_at", "pk")
    return tuple(map(_dumped, rows))


def _dumped(row: AnnexAdaptation) -> AdaptationEntry:
    own = row.part.OWN
    return AdaptationEntry(
        edition=row.read_edition.number,
        annex=row.annex,
        applies_from=row.applies_from,
        says={own: plain(row.part)[own]},
        reason=row.reason,
        proposed_by=row.proposed_by.username,
        proposed_at=timezone.localtime(row.proposed_at),
        body=_agreement(row.body_agreed_by, row.body_agreed_at),
        provider=_agreement(row.provider_agreed_by, row.provider_agreed_at),
        taken_back=_agreement(row.ended_by, row.ended_at),
    )


def _agreement(by, at) -> AgreementEntry | None:
    return AgreementEntry(by=by.username, at=timezone.localtime(at)) if by else None
