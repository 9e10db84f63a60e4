"""Files of contracts in files: what they are, not their bytes, which move with the store."""

from typing import Literal

from django.utils import timezone
from pydantic import AwareDatetime, Field

from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.people import person
from base.exchange.rows import find_by, require_same, stored_or_new
from contracts.files import KINDS
from contracts.models import ContractFile, Organisation
from contracts.models.contract_file import KEY_LENGTH


class ContractFileEntry(Content):
    """A file that contracts of a commissioning body can have as an annex."""

    organisation: Key
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    name: Line = Field(max_length=120)
    suffix: Literal[*KINDS]
    size: int = Field(ge=1)
    uploaded_by: str
    uploaded_at: AwareDatetime


_VALUES = ("name", "suffix", "size", "uploaded_at")


def _load(located: Located) -> int:
    entry: ContractFileEntry = located.entry
    organisation = find_by(located, Organisation, key=entry.organisation)
    known_by = {"organisation": organisation, "key": entry.sha256[:KEY_LENGTH]}
    values = {name: getattr(entry, name) for name in _VALUES}
    values |= {"sha256": entry.sha256, "uploaded_by": person(entry.uploaded_by)}
    stored = ContractFile.objects.filter(**known_by).first()
    if stored is not None:
        require_same(located, stored, values)
    return stored_or_new(ContractFile, located, known_by, values)


def _dump():
    rows = ContractFile.objects.select_related("organisation", "uploaded_by")
    for row in rows.order_by(*by_text("organisation__key", "key")):
        yield ContractFileEntry(
            organisation=row.organisation.key,
            sha256=row.sha256,
            name=row.name,
            suffix=row.suffix,
            size=row.size,
            uploaded_by=row.uploaded_by.username,
            uploaded_at=timezone.localtime(row.uploaded_at),
        )


register(
    Kind(
        section="contract_files",
        position=38,
        entry=ContractFileEntry,
        load=lambda entries: load_each(entries, _load),
        dump=_dump,
        known_by=("organisation", "sha256"),
    )
)
