"""Which service records a client has to sign, as their contracts say, and which are signed."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from contracts.models import ContractEdition
from forms.models import RecordSignature, ServiceRecord


def asking_editions(providers: Collection[int] | None = None) -> QuerySet:
    """Return the editions of contracts that ask for signatures: of all, or of these providers'."""
    rows = ContractEdition.objects.order_by()
    if providers is not None:
        rows = rows.filter(contract__provider__in=providers)
    return rows.filter(content__records_signed=True)


def asks_for_signature(contract: int, day: date) -> bool:
    """Whether records of a contract, given by key, are signed that are of this day."""
    editions = ContractEdition.objects.filter(contract=contract).in_force_on(day)
    return editions.values_list("content__records_signed", flat=True).first() is True


def to_sign(rows: QuerySet, *, providers: Collection[int] | None = None) -> QuerySet:
    """Return the counting records among these that a client has to sign, signed or not.

    Of each record decides the edition of its contract that was in force on its day. Who knows
    whose records they are names the providers: then fewer contracts are looked at.
    """
    asking = asking_editions(providers)
    then = ContractEdition.objects.filter(
        contract=OuterRef("contract"), applies_from__lte=OuterRef("day")
    ).order_by("-number")
    rows = rows.counting().filter(contract__in=asking.values("contract"))
    return rows.alias(agreed=Subquery(then.values("pk")[:1])).filter(agreed__in=asking.values("pk"))


def without_signature(rows: QuerySet, *, providers: Collection[int] | None = None) -> QuerySet:
    """Return the records among these that a client has to sign and has not signed as they are.

    Of which it is noted that there is no signature, nobody waits for one.
    """
    signed = RecordSignature.objects.filter(record=OuterRef("pk"), version=OuterRef("version"))
    return to_sign(rows, providers=providers).filter(~Exists(signed))


def signature_of(record: ServiceRecord) -> RecordSignature | None:
    """Return the signature under a record as it is, or the note that there is none; else None."""
    rows = RecordSignature.objects.filter(record=record, version=record.version)
    return rows.select_related("entered_by").first()


def unsigned_among(records: Collection[ServiceRecord]) -> set[int]:
    """Return which of these records lack a signature, by key."""
    keys = [record.pk for record in records]
    rows = without_signature(ServiceRecord.objects.filter(pk__in=keys))
    return set(rows.order_by().values_list("pk", flat=True))


def ways_of(records: Collection[ServiceRecord]) -> dict[int, str]:
    """Return by record's key, of those that are signed or noted as not signed, in which way."""
    rows = RecordSignature.objects.filter(record__in=[record.pk for record in records]).current()
    return {row.record_id: row.get_way_display() for row in rows.only("record", "way")}


def signatures_before(record: ServiceRecord) -> list[RecordSignature]:
    """Return those under earlier versions of a record, the newest first: they say nothing of it.

    One that was carried on from version to version is found once, or not if it still holds.
    """
    rows = RecordSignature.objects.filter(record=record).select_related("entered_by")
    given: dict[datetime, RecordSignature] = {}
    for row in rows.order_by("-version"):
        given.setdefault(row.entered_at, row)
    return [
        row
        for row in given.values()
        if row.version < record.version and row.way != RecordSignature.Way.NONE
    ]
