"""Files into checked entries. Every wrong place is found before anything is done."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from pydantic import ValidationError as ContentError

from base.content import UNPRINTABLE
from base.exchange.csv_files import entries_of_csv
from base.exchange.documents import document_of
from base.exchange.kinds import FORMAT_VERSION, Kind, Located, kinds, result_kinds
from base.problems import (
    MOST_PROBLEMS,
    ExchangeError,
    Problem,
    allowed,
    place_of,
    shown_value,
    true_errors,
)

SUFFIXES = (".yaml", ".yml", ".json", ".csv", ".xlsx")
NAMES = ("key", "number", "reference", "username")

Raw = tuple[Kind, str, dict]
"""A section, a place in a file, and what stands there."""


def checked_entries(
    paths: Sequence[Path], notes: list[Problem] | None = None
) -> dict[str, list[Located]]:
    """Return the entries of all files by section. Raises ExchangeError naming every wrong place.

    What is passed over is added to `notes`. After MOST_PROBLEMS wrong places no more is read.
    """
    notes = [] if notes is None else notes
    found: dict[str, list[Located]] = {kind.section: [] for kind in kinds()}
    problems: list[Problem] = []
    for path, label in _labelled(files_in(paths)):
        try:
            for kind, place, raw in _raw_entries(path, label, notes):
                if len(problems) > MOST_PROBLEMS:
                    raise ExchangeError(problems)
                if wrong := list(_wrong_texts(label, place, raw)):
                    problems += wrong
                    continue
                try:
                    entry = kind.entry.model_validate(raw)
                except ContentError as error:
                    problems += _problems(label, place, error)
                else:
                    found[kind.section].append(Located(entry, label, place))
        except ExchangeError as error:
            if len(problems) > MOST_PROBLEMS:
                raise
            problems += error.problems
    problems += _repeated(found)
    if problems:
        raise ExchangeError(problems)
    return found


def files_in(paths: Sequence[Path]) -> list[Path]:
    """Return the files named, each once, those of folders in order of their names."""
    files: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = [file for file in path.iterdir() if _is_exchange_file(file)]
            if not inside:
                message = _("no file in this folder; allowed: %s") % ", ".join(SUFFIXES)
                raise ExchangeError([Problem(str(path), "", message)])
            for file in sorted(inside, key=lambda file: file.name):
                files.setdefault(file.resolve(), file)
        elif not path.exists():
            raise ExchangeError([Problem(str(path), "", _("there is no such file"))])
        elif path.suffix.lower() not in SUFFIXES:
            raise ExchangeError([Problem(path.name, "", _("allowed: %s") % ", ".join(SUFFIXES))])
        else:
            files.setdefault(path.resolve(), path)
    return list(files.values())


def _is_exchange_file(path: Path) -> bool:
    # Office programs leave "~$name.xlsx" beside a file that is open.
    hidden = path.name.startswith((".", "~"))
    return path.is_file() and path.suffix.lower() in SUFFIXES and not hidden


def _labelled(files: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield files with what they are called in messages: the name, the path where names repeat."""
    names = [path.name for path in files]
    for path in files:
        yield path, path.name if names.count(path.name) == 1 else str(path)


def _raw_entries(path: Path, label: str, notes: list[Problem]) -> Iterator[Raw]:
    _require_size(path, label)
    match path.suffix.lower():
        case ".xlsx":
            from base.exchange.workbooks import entries_of_workbook  # openpyxl takes its time

            return entries_of_workbook(path, label, notes)
        case ".csv":
            return entries_of_csv(label, _text(path, label))
        case _:
            return _sections(label, document_of(path, label, _text(path, label)))


def _require_size(path: Path, label: str) -> None:
    """Refuse what is too large before it is read."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ExchangeError([Problem(label, "", error.strerror or str(error))]) from error
    if size > settings.IMPORT_MOST_BYTES:
        message = _("this file has %(size)s; at most %(limit)s are read, please divide it")
        sizes = {
            "size": filesizeformat(size),
            "limit": filesizeformat(settings.IMPORT_MOST_BYTES),
        }
        raise ExchangeError([Problem(label, "", message % sizes)])


def _text(path: Path, label: str) -> str:
    """Return a file's text, line ends as they are."""
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ExchangeError([Problem(label, "", error.strerror or str(error))]) from error
    except UnicodeDecodeError as error:
        place = _("line %d") % (content.count(b"\n", 0, error.start) + 1)
        message = _("this file is not UTF-8; in Excel choose “CSV UTF-8” when saving")
        raise ExchangeError([Problem(label, place, message)]) from error


def _sections(label: str, document) -> Iterator[Raw]:
    version = document.get("fallwerk") if isinstance(document, dict) else None
    if version != FORMAT_VERSION or version is True:
        message = _("the first entry must be “fallwerk: %d”") % FORMAT_VERSION
        raise ExchangeError([Problem(label, "fallwerk", message)])
    sections = {kind.section: kind for kind in kinds()}
    results = {kind.section for kind in result_kinds()}
    for section, entries in document.items():
        if section == "fallwerk":
            continue
        if section in results:
            message = _("results are computed from facts; they are exported and never imported")
            raise ExchangeError([Problem(label, section, message)])
        if section not in sections:
            message = _("no such section; allowed: %s") % ", ".join(sections)
            raise ExchangeError([Problem(label, str(section), message)])
        if not isinstance(entries, list | None):
            raise ExchangeError([Problem(label, section, _("a list is needed"))])
        for position, raw in enumerate(entries or [], 1):
            yield sections[section], _place(section, position, raw), raw


def _place(section: str, position: int, raw) -> str:
    name = next((str(raw[n]) for n in NAMES if n in raw), "") if isinstance(raw, dict) else ""
    return f"{section}[{position}]" + (f" ({name})" if name else "")


def _wrong_texts(label: str, place: str, raw, inner: tuple = ()) -> Iterator[Problem]:
    if isinstance(raw, str):
        if found := UNPRINTABLE.search(raw):
            message = _("the character U+%04X is not allowed in a text") % ord(found[0])
            where = f"{place} {place_of(inner)}" if inner else place
            yield Problem(label, where, message)
    elif isinstance(raw, dict):
        for name, value in raw.items():
            if isinstance(name, str) and UNPRINTABLE.search(name):
                yield from _wrong_texts(label, place, name, inner)
            yield from _wrong_texts(label, place, value, (*inner, name))
    elif isinstance(raw, list):
        for position, value in enumerate(raw):
            yield from _wrong_texts(label, place, value, (*inner, position))


def _problems(label: str, place: str, error: ContentError) -> Iterator[Problem]:
    for item in true_errors(error.errors()):
        message = ": ".join(part for part in (shown_value(item), allowed(item)) if part)
        inner = place_of(item["loc"]) if item["loc"] else ""
        yield Problem(label, f"{place} {inner}".strip(), message)


def _repeated(found: dict[str, list[Located]]) -> Iterator[Problem]:
    """Yield entries that say again, or otherwise, what an entry of these files said before."""
    for kind in kinds():
        seen: dict[tuple, Located] = {}
        for located in found[kind.section] if kind.known_by else ():
            known = tuple(getattr(located.entry, name) for name in kind.known_by)
            first = seen.setdefault(known, located)
            if first is not located:
                what = ", ".join(
                    f"{name} {value}" for name, value in zip(kind.known_by, known, strict=True)
                )
                message = _("%(what)s stands already in %(file)s, %(place)s")
                names = {"what": what, "file": first.file, "place": first.place}
                yield Problem(located.file, located.place, message % names)
