"""Signatures of clients under service records in files."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field

from base.content import Content, Line
from base.exchange.kinds import WHOLE, Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.people import person
from base.exchange.rows import find_by
from contracts.models import Contract
from forms.models import RecordSignature, ServiceRecord
from forms.strokes import LONGEST

Stroke = Annotated[str, Field(pattern=r"^[0-9]{1,3}( [0-9]{1,3})+$", max_length=LONGEST)]


class RecordSignatureEntry(Content):
    """A signature under one version of a service record.

    `strokes` are what was drawn, x and y by turns in a field of 600 by 300: "20 90 31 84"; `paper`
    says where a signed paper lies, `why` why there is no signature.
    """

    contract: Line
    reference: Line = Field(max_length=80)
    version: int = Field(ge=1)
    way: Literal["drawn", "paper", "none"]
    strokes: tuple[Stroke, ...] = ()
    paper: str = Field("", max_length=300)
    why: Literal["", "gone", "refused", "unable", "other"] = ""
    signed_on: date
    entered_by: Line
    entered_at: AwareDatetime


_SAID = ("way", "paper", "why", "signed_on", "entered_at")


def _load_signatures(entries: Sequence[Located]) -> int:
    return load_each(entries, _load_signature)


def _load_signature(located: Located) -> int:
    entry: RecordSignatureEntry = located.entry
    contract = find_by(located, Contract, number=entry.contract)
    record = ServiceRecord.objects.filter(contract=contract, reference=entry.reference).first()
    if record is None:
        raise ValidationError(
            _("There is no service record %(reference)s of contract %(contract)s."),
            params={"reference": entry.reference, "contract": entry.contract},
        )
    said = {
        **{name: getattr(entry, name) for name in _SAID},
        "strokes": [[*map(int, stroke.split())] for stroke in entry.strokes] or None,
        "entered_by": person(entry.entered_by),
    }
    stored = RecordSignature.objects.filter(record=record, version=entry.version).first()
    if stored is None:
        signature = RecordSignature(record=record, version=entry.version, **said)
        signature.full_clean()
        signature.save()
        return True
    if any(getattr(stored, name) != value for name, value in said.items()):
        raise ValidationError(
            _("Version %(version)s of %(record)s is stored with another signature."),
            params={"record": record.reference, "version": entry.version},
        )
    return False


def _dump_signatures():
    rows = RecordSignature.objects.select_related("record__contract", "entered_by")
    order = by_text("record__contract__number", "record__reference")
    for row in rows.order_by(*order, "version").iterator(chunk_size=500):
        said = {name: getattr(row, name) for name in _SAID}
        said["entered_at"] = timezone.localtime(row.entered_at)
        yield RecordSignatureEntry(
            contract=row.record.contract.number,
            reference=row.record.reference,
            version=row.version,
            strokes=[" ".join(map(str, stroke)) for stroke in row.strokes or ()],
            entered_by=row.entered_by.username,
            **said,
        )


register(
    Kind(
        section="record_signatures",
        position=73,
        entry=RecordSignatureEntry,
        load=_load_signatures,
        dump=_dump_signatures,
        known_by=("contract", "reference", "version"),
        protected=WHOLE,
    )
)
