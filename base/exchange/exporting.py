"""What is stored into files that importing reads; the same state gives the same bytes."""

import csv
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel

from base.blocks import is_tag
from base.exchange.kinds import FORMAT_VERSION, Kind, kinds


def export_files(folder: Path) -> list[Path]:
    """Write one file for each section that holds anything; return the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in kinds():
        entries = list(kind.dump())
        if entries:
            name = f"{kind.position:02d}-{kind.section.replace('_', '-')}"
            written.append((_write_table if kind.tabular else _write_document)(folder / name, kind, entries))
    return written


def _write_document(path: Path, kind: Kind, entries: Iterable[BaseModel]) -> Path:
    path = path.with_suffix(".yaml")
    document = {"fallwerk": FORMAT_VERSION, kind.section: [plain(entry) for entry in entries]}
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8")
    return path


def _write_table(path: Path, kind: Kind, entries: Iterable[BaseModel]) -> Path:
    path = path.with_suffix(".csv")
    columns = list(kind.entry.model_fields)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(columns)
        for entry in entries:
            writer.writerow([_spelled(getattr(entry, column)) for column in columns])
    return path


def plain(entry: BaseModel) -> dict:
    """Return an entry as plain data without what is merely preset; tags of unions stay."""
    return _lean(entry, entry.model_dump(mode="json"))


def _lean(value, dumped):
    if isinstance(value, BaseModel):
        return {
            name: _lean(getattr(value, name), dumped[name])
            for name, field in type(value).model_fields.items()
            if is_tag(field) or getattr(value, name) != field.default
        }
    if isinstance(value, tuple | list):
        return [_lean(*pair) for pair in zip(value, dumped, strict=True)]
    return dumped


def _spelled(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Writes long texts readably and never an alias."""

    def ignore_aliases(self, data):
        return True
