"""What is stored into files that importing reads; the same state gives the same bytes."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import yaml
from django.db import connections, transaction
from pydantic import BaseModel

from base.exchange.kinds import FORMAT_VERSION, WHOLE, Kind, kinds, result_kinds
from base.replica import reading_from_replica, reads_from
from base.shape import Field, shape_of

RESULTS = "results"


def export_files(
    folder: Path, *, results: bool = False, protected: bool = False
) -> dict[Path, int]:
    """Write one file for each section that holds anything; return the files, each with its entries.

    With `results` also what jobs made of the facts, into a folder of its own beside them: it is
    there to compare runs, and importing refuses it. Only with `protected` also what not everybody
    may read: whoever asks for that answers for who gets the files. Files of an earlier export are
    replaced, or removed.
    """
    with reading_from_replica(), _one_moment():
        written = _write(folder, kinds(), protected)
        if results:
            written |= _write(folder / RESULTS, result_kinds(), protected)
    return written


def left_out() -> list[str]:
    """Return what an export holds only as a protected one: sections, and fields of sections."""
    return [
        kind.section if kind.protected == WHOLE else f"{kind.section} ({', '.join(kind.protected)})"
        for kind in kinds()
        if kind.protected
    ]


@contextmanager
def _one_moment() -> Iterator[None]:
    """See one state of the database throughout, whatever is written meanwhile."""
    alias = reads_from()
    connection = connections[alias]
    outermost = not connection.in_atomic_block
    with transaction.atomic(using=alias):
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _write(folder: Path, sections: Sequence[Kind], protected: bool) -> dict[Path, int]:
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for kind in sections:
        write, suffix = (_write_table, ".csv") if kind.tabular else (_write_document, ".yaml")
        path = folder / f"{kind.position:02d}-{kind.section.replace('_', '-')}{suffix}"
        if count := write(path, kind, kind.dump() if protected else kind.dump_open()):
            written[path] = count
        else:
            path.unlink(missing_ok=True)
    return written


def _write_document(path: Path, kind: Kind, found: Iterable[BaseModel]) -> int:
    entries = [plain(entry) for entry in found]
    if entries:
        document = {"fallwerk": FORMAT_VERSION, kind.section: entries}
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yaml.dump(
                document, file, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
            )
    return len(entries)


def _write_table(path: Path, kind: Kind, found: Iterable[BaseModel]) -> int:
    entries = iter(found)
    first = next(entries, None)
    if first is None:
        return 0
    columns = list(kind.entry.model_fields)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(columns)
        writer.writerow(_cells(columns, first))
        count = 1
        for entry in entries:
            writer.writerow(_cells(columns, entry))
            count += 1
    return count


def _cells(columns: list[str], entry: BaseModel) -> list[str]:
    return [_spelled(getattr(entry, column)) for column in columns]


def plain(entry: BaseModel) -> dict:
    """Return an entry as plain data without what is merely preset; tags of unions stay."""
    return _lean(entry, entry.model_dump(mode="json"))


def _lean(value, dumped):
    if isinstance(value, BaseModel):
        fields = shape_of(type(value)).fields
        return {
            name: _lean(getattr(value, name), dumped[name])
            for name in type(value).model_fields
            if name not in fields or not _preset(getattr(value, name), fields[name])
        }
    if isinstance(value, tuple | list):
        return [_lean(*pair) for pair in zip(value, dumped, strict=True)]
    return dumped


def _preset(value, field: Field) -> bool:
    """Tell whether this is the preset value, spelled as it is: 1.00 is not 1 in an edition."""
    return not field.required and repr(value) == repr(field.default)


def _spelled(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Never writes an alias."""

    def ignore_aliases(self, data):
        return True
