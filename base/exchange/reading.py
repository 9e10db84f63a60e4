"""Files into checked entries. Every wrong place is found before anything is done."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from pydantic import ValidationError as ContentError

from base.exchange.kinds import FORMAT_VERSION, Kind, Located, kinds
from base.exchange.problems import ExchangeError, Problem, allowed, place_of

SUFFIXES = (".yaml", ".yml", ".json", ".csv", ".xlsx")


def read(paths: Sequence[Path]) -> dict[str, list[Located]]:
    """Return the entries of all files by section. Raises ExchangeError naming every wrong place."""
    found: dict[str, list[Located]] = {kind.section: [] for kind in kinds()}
    problems: list[Problem] = []
    for path in files_in(paths):
        try:
            for kind, place, raw in _raw_entries(path):
                try:
                    entry = kind.entry.model_validate(raw)
                except ContentError as error:
                    problems += _problems(path, place, error)
                else:
                    found[kind.section].append(Located(entry, path.name, place))
        except ExchangeError as error:
            problems += error.problems
    if problems:
        raise ExchangeError(problems)
    return found


def files_in(paths: Sequence[Path]) -> list[Path]:
    """Return the files named, those of folders in order of their names."""
    files = []
    for path in paths:
        if path.is_dir():
            files += sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        elif not path.exists():
            raise ExchangeError([Problem(str(path), "", _("there is no such file"))])
        elif path.suffix not in SUFFIXES:
            raise ExchangeError([Problem(path.name, "", _("allowed: %s") % ", ".join(SUFFIXES))])
        else:
            files.append(path)
    return files


def _raw_entries(path: Path) -> Iterator[tuple[Kind, str, dict]]:
    if path.suffix == ".csv":
        yield from _table(path, csv.reader(_csv_lines(path), delimiter=_delimiter(path)))
    elif path.suffix == ".xlsx":
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
        yield from _table(path, ([_cell(value) for value in row] for row in sheet.values))
    else:
        yield from _document(path)


def _document(path: Path) -> Iterator[tuple[Kind, str, dict]]:
    """Yield the entries of a YAML file; JSON is YAML."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = _("line %d") % (mark.line + 1) if mark else ""
        raise ExchangeError([Problem(path.name, place, _("this is not readable as YAML"))]) from error
    if not isinstance(document, dict) or document.get("fallwerk") != FORMAT_VERSION:
        message = _("the first entry must be “fallwerk: %d”") % FORMAT_VERSION
        raise ExchangeError([Problem(path.name, "fallwerk", message)])
    sections = {kind.section: kind for kind in kinds()}
    for section, entries in document.items():
        if section == "fallwerk":
            continue
        if section not in sections:
            message = _("no such section; allowed: %s") % ", ".join(sections)
            raise ExchangeError([Problem(path.name, str(section), message)])
        for position, raw in enumerate(entries or [], 1):
            yield sections[section], _place(section, position, raw), raw


def _table(path: Path, rows: Iterator[list[str]]) -> Iterator[tuple[Kind, str, dict]]:
    """Yield the rows of a table; its first line names the columns and so the kind."""
    header = [column.strip() for column in next(iter(rows), [])]
    kind = _kind_of_table(path, header)
    for number, row in enumerate(rows, 2):
        if any(row):
            raw = {column: value for column, value in zip(header, row, strict=False) if value != ""}
            yield kind, _("line %d") % number, raw


def _kind_of_table(path: Path, header: list[str]) -> Kind:
    tabular = [kind for kind in kinds() if kind.tabular]
    for kind in tabular:
        fields = kind.entry.model_fields
        required = {name for name, field in fields.items() if field.is_required()}
        if required <= set(header) <= set(fields):
            return kind
    expected = "; ".join(f"{kind.section}: {', '.join(kind.entry.model_fields)}" for kind in tabular)
    raise ExchangeError([Problem(path.name, _("line %d") % 1, _("unknown columns; allowed: %s") % expected)])


def _csv_lines(path: Path) -> io.StringIO:
    return io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")


def _delimiter(path: Path) -> str:
    first = path.read_text(encoding="utf-8-sig").split("\n", 1)[0]
    return ";" if ";" in first else ","


def _cell(value) -> str:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)


def _place(section: str, position: int, raw) -> str:
    names = ("key", "number", "reference", "username")
    name = next((str(raw[n]) for n in names if n in raw), "") if isinstance(raw, dict) else ""
    return f"{section}[{position}]" + (f" ({name})" if name else "")


def _problems(path: Path, place: str, error: ContentError) -> Iterator[Problem]:
    for item in error.errors():
        value = item.get("input")
        simple = not isinstance(value, dict | list | tuple) and item["type"] != "missing"
        message = f"{value!r}: {allowed(item)}" if simple and value is not None else allowed(item)
        inner = place_of(item["loc"]) if item["loc"] else ""
        yield Problem(path.name, f"{place} {inner}".strip(), message)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads numbers as they are written, so that 62.40 stays 62.40, and refuses a key given twice."""


def _as_written(loader, node):
    return loader.construct_scalar(node)


def _mapping(loader, node, deep=False):
    loader.flatten_mapping(node)
    pairs = [(loader.construct_object(key, deep=True), loader.construct_object(value, deep=True))
             for key, value in node.value]
    keys = [key for key, _value in pairs]
    if twice := {str(key) for key in keys if keys.count(key) > 1}:
        raise yaml.constructor.ConstructorError(None, None, f"{', '.join(twice)} twice", node.start_mark)
    return dict(pairs)


_Loader.add_constructor("tag:yaml.org,2002:float", _as_written)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
