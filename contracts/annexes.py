"""What the annexes of contracts say on a day: as an edition has them, adapted, or followed.

An annex is as the contract's edition in force says. Where both parties agreed on another state of
it from a day on, that counts (`AnnexAdaptation`), until an edition of the contract says something
else of the annex. One that follows the newest edition of what it names says on each day what
that edition says, from its first day on.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Q

from base.editions import Edition
from cms.models import Catalogue, CatalogueEdition, DescriptionEdition
from contracts.content import Annex
from contracts.content.annexes import NEWEST, parse_annex
from contracts.models import AnnexAdaptation, Contract, ContractEdition, ContractFile, EditionAnnex

NAMED = ("catalogue_edition__catalogue", "description_edition__description", "file")
"""What rows of annexes and adaptations name."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AnnexOnDay:
    """An annex as it is on a day, and from what it follows."""

    row: EditionAnnex
    part: Annex
    since: date
    """From when it is as it is."""
    edition: Edition | None = None
    file: ContractFile | None = None
    adaptation: AnnexAdaptation | None = None

    @property
    def follows(self) -> bool:
        """Whether it says what the newest edition says."""
        return self.row.adapted_by == NEWEST


def annexes_of(edition: ContractEdition) -> list[AnnexOnDay]:
    """Return the annexes of a contract edition as it has them itself."""
    return stated(edition, edition.annex_rows.joined(*NAMED).order_by("pk"))


def stated(edition: ContractEdition, rows: Iterable[EditionAnnex]) -> list[AnnexOnDay]:
    """Return rows of an edition, stored or not, as the edition has them itself."""
    parts = {part.key: part for part in edition.data.annexes}
    return [
        AnnexOnDay(
            row,
            parts[row.key],
            row.valid_from,
            edition=row.catalogue_edition or row.description_edition,
            file=row.file,
        )
        for row in rows
    ]


def annexes_on(edition: ContractEdition, day: date) -> list[AnnexOnDay]:
    """Return the annexes of a contract edition as they are on a day, later and past ones too."""
    agreed = _agreed([edition.contract_id], day)
    return [_on(day, each, agreed) for each in annexes_of(edition)]


def _on(day: date, stated: AnnexOnDay, agreed: Sequence[AnnexAdaptation]) -> AnnexOnDay:
    adaptation = _counting(agreed, stated.row.edition.contract_id, stated.part)
    if adaptation is not None:
        return replace(
            stated,
            part=adaptation.part,
            since=max(stated.since, adaptation.applies_from),
            edition=adaptation.catalogue_edition or adaptation.description_edition,
            file=adaptation.file,
            adaptation=adaptation,
        )
    newest = _newest(stated.row, day) if stated.follows else None
    if newest is None or newest == stated.edition:
        return stated
    return replace(
        stated,
        part=stated.part.model_copy(update={"edition": newest.number}),
        since=max(stated.since, newest.applies_from),
        edition=newest,
    )


def in_force_on(contract: Contract, day: date) -> list[AnnexOnDay]:
    """Return the annexes that are part of a contract on a day."""
    edition = contract.edition_on(day)
    if edition is None:
        return []
    return [each for each in annexes_on(edition, day) if each.row.is_valid_on(day)]


def catalogues_on(contract: Contract, day: date) -> list[CatalogueEdition]:
    """Return the editions of catalogues that are part of a contract on a day."""
    editions = (each.edition for each in in_force_on(contract, day))
    return [edition for edition in editions if isinstance(edition, CatalogueEdition)]


class Named(NamedTuple):
    """An edition, by its key, that an annex names from a day on; `last` is None while it does."""

    edition: int
    first: date
    last: date | None

    def holds(self, day: date) -> bool:
        """Whether it is named on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


def editions_of(days: Mapping[int, date], kind: str = "catalogue") -> dict[int, set[int]]:
    """Return keys of the editions that are part of contract editions, each on its day.

    By the key of the contract edition: of catalogues, or of descriptions. As many queries for all
    as for one.
    """
    return {
        edition: on_its_day
        for edition, named in named_by(list(days), kind).items()
        if (on_its_day := {each.edition for each in named if each.holds(days[edition])})
    }


def named_by(editions: Collection[int], kind: str) -> dict[int, list[Named]]:
    """Return which editions of a kind contract editions name in their annexes, and when.

    As they have them, as both parties adapted them, and as they follow the newest: by the key of
    the contract edition, whatever days it is in force itself. As many queries for all as for one.
    """
    column = f"{kind}_edition"
    rows = EditionAnnex.objects.filter(edition__in=editions, **{f"{column}__isnull": False})
    rows = list(rows.select_related(column).order_by("pk"))
    contracts = dict(ContractEdition.objects.filter(pk__in=editions).values_list("pk", "contract"))
    agreed = _agreed(contracts.values())
    adapted = {(each.contract_id, each.annex) for each in agreed}
    parts = _parts(
        {row.edition_id for row in rows if (contracts[row.edition_id], row.key) in adapted}
    )
    followed = _followed(kind, (row for row in rows if row.adapted_by == NEWEST))
    found: dict[int, list[Named]] = {}
    for row in rows:
        contract, named = contracts[row.edition_id], getattr(row, column)
        part = parts.get(row.edition_id, {}).get(row.key)
        mine = [each for each in agreed if (each.contract_id, each.annex) == (contract, row.key)]
        newer = [
            (applies_from, pk)
            for number, applies_from, pk in followed.get(getattr(named, f"{kind}_id"), ())
            if row.adapted_by == NEWEST and number >= named.number
        ]
        begun = {*(each.applies_from for each in mine), *(day for day, _pk in newer)}
        firsts = sorted({row.valid_from, *(day for day in begun if day > row.valid_from)})
        until = row.valid_until or date.max
        for first, following in pairwise([*firsts, None]):
            last = min(until, following - ONE_DAY) if following else row.valid_until
            if first <= until:
                adapted_to = part and _counting(
                    [each for each in mine if each.applies_from <= first], contract, part
                )
                edition = getattr(adapted_to, f"{column}_id") if adapted_to else named.pk
                if not adapted_to:
                    edition = next((pk for day, pk in reversed(newer) if day <= first), edition)
                found.setdefault(row.edition_id, []).append(Named(edition, first, last))
    return found


def editions_ever(contract: Contract, catalogue: Catalogue) -> dict[CatalogueEdition, date]:
    """Return the editions of a catalogue that were, are or will be part of a contract, by number.

    Each with the first day on which it can be: editions of the contract, agreements of both
    parties and what is followed bring it.
    """
    rows = EditionAnnex.objects.filter(
        edition__contract=contract, catalogue_edition__catalogue=catalogue
    ).select_related("catalogue_edition")
    first: dict[int, date] = {}

    def bring(edition: int, day: date) -> None:
        first[edition] = min(day, first.get(edition, day))

    for row in rows:
        bring(row.catalogue_edition_id, row.valid_from)
        if row.adapted_by == NEWEST:
            later = catalogue.editions.filter(number__gt=row.catalogue_edition.number)
            for pk, day in later.values_list("pk", "applies_from"):
                bring(pk, max(day, row.valid_from))
    agreed = AnnexAdaptation.objects.agreed().filter(
        contract=contract, catalogue_edition__catalogue=catalogue
    )
    for pk, day in agreed.values_list("catalogue_edition", "applies_from"):
        bring(pk, day)
    editions = catalogue.editions.filter(pk__in=first).select_related("catalogue")
    return {edition: first[edition.pk] for edition in editions.order_by("number")}


def brought_later(editions: Collection[int]) -> set[int]:
    """Return keys of catalogue editions that agreements and what is followed bring to contracts.

    To those of these contract editions, on whatever day.
    """
    rows = EditionAnnex.objects.filter(edition__in=editions, adapted_by=NEWEST)
    followed = _followed("catalogue", rows.filter(catalogue_edition__isnull=False).joined(NAMED[0]))
    agreed = AnnexAdaptation.objects.agreed().filter(
        contract__editions__in=editions, catalogue_edition__isnull=False
    )
    found = {pk for each in followed.values() for _number, _day, pk in each}
    return found | set(agreed.values_list("catalogue_edition", flat=True))


def naming(edition: CatalogueEdition | DescriptionEdition) -> Q:
    """Return the condition for annexes that name, follow, or were adapted to an edition."""
    column = "catalogue_edition" if isinstance(edition, CatalogueEdition) else "description_edition"
    subject = getattr(edition, f"{edition.subject}_id")
    adapted = AnnexAdaptation.objects.agreed().filter(**{column: edition})
    return (
        Q(**{column: edition})
        | Q(
            adapted_by=NEWEST,
            **{f"{column}__{edition.subject}": subject, f"{column}__number__lt": edition.number},
        )
        | Q(
            edition__contract__in=adapted.order_by().values("contract"),
            key__in=adapted.order_by().values("annex"),
        )
    )


def _newest(row: EditionAnnex, day: date) -> Edition | None:
    """Return the edition that an annex follows on a day; none before the one it names."""
    named = row.catalogue_edition or row.description_edition
    later = type(named).objects.filter(**{named.subject: getattr(named, f"{named.subject}_id")})
    return later.in_force_on(day).filter(number__gte=named.number).first()


def _agreed(contracts: Collection[int], day: date | None = None) -> list[AnnexAdaptation]:
    """Return adaptations that count, up to those of a day, the latest last."""
    rows = AnnexAdaptation.objects.agreed().filter(contract__in=set(contracts))
    if day is not None:
        rows = rows.filter(applies_from__lte=day)
    rows = rows.select_related("read_edition", *NAMED)
    return list(rows.order_by("applies_from", "agreed_at", "pk"))


def _counting(
    agreed: Sequence[AnnexAdaptation], contract: int, part: Annex
) -> AnnexAdaptation | None:
    """Return the last adaptation of an annex that says what it said when that was agreed."""
    for each in reversed(agreed):
        if (each.contract_id, each.annex) == (contract, part.key) and _read(each) == part:
            return each
    return None


def _read(adaptation: AnnexAdaptation) -> Annex | None:
    parts = adaptation.read_edition.data.annexes
    return next((part for part in parts if part.key == adaptation.annex), None)


def _parts(editions: Collection[int]) -> dict[int, dict[str, Annex]]:
    contents = ContractEdition.objects.filter(pk__in=editions).values_list("pk", "content__annexes")
    return {pk: {part.key: part for part in map(parse_annex, annexes)} for pk, annexes in contents}


def _followed(kind: str, rows: Iterable[EditionAnnex]) -> dict[int, list[tuple]]:
    """Return number, first day and key of the editions that are followed, by what they are of."""
    subjects = {getattr(getattr(row, f"{kind}_edition"), f"{kind}_id") for row in rows}
    model = CatalogueEdition if kind == "catalogue" else DescriptionEdition
    editions = model.objects.filter(**{f"{kind}__in": subjects}).order_by("number")
    found: dict[int, list[tuple]] = {}
    for subject, *edition in editions.values_list(kind, "number", "applies_from", "pk"):
        found.setdefault(subject, []).append(tuple(edition))
    return found
