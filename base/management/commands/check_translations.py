"""Compare the texts in code and templates with the German catalogue."""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import polib
from babel.messages.extract import extract
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

ROOTS = ("base", "cms", "contracts", "forms", "jobs", "config")

_CONTEXT_FIRST = {"pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
_PLAIN = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2), **_CONTEXT_FIRST}
KEYWORDS = {
    **_PLAIN,
    **{f"{name}_lazy": place for name, place in _PLAIN.items() if name.endswith("gettext")},
}
PLACEHOLDER = re.compile(r"%\(\w+\)[#0 +-]*\d*(?:\.\d+)?[a-z]|%[sdr]|\{\w*\}")


class Message(NamedTuple):
    """One text to translate, as code or a template gives it."""

    context: str
    singular: str
    plural: str


class Untranslated(NamedTuple):
    """What is wrong with one text."""

    kind: str
    text: str


def messages_in(root: Path, folders: Sequence[str] = ROOTS) -> dict[Message, set[str]]:
    """Return every text in the folders under `root` with the files it stands in."""
    found: dict[Message, set[str]] = {}
    for app in folders:
        for path in sorted((root / app).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                for message in _messages_of(path):
                    found.setdefault(message, set()).add(str(path.relative_to(root)))
    return found


def _messages_of(path: Path) -> Iterator[Message]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django turns a template into calls amid placeholders; the rest need not be valid Python,
        # but the tokenizer wants even indentation.
        lines = templatize(source, origin=str(path)).splitlines()
        source = "\n".join(line.lstrip() for line in lines)
    for _line, texts, _comments, context in extract(
        "python", BytesIO(source.encode()), KEYWORDS, (), {"encoding": "utf-8"}
    ):
        singular, plural = (texts, "") if isinstance(texts, str) else texts[:2]
        yield Message(context or "", singular, plural)


def problems(found: dict[Message, set[str]], catalogue: polib.POFile) -> list[Untranslated]:
    """Return what keeps `catalogue` from translating exactly the texts in `found`."""
    entries = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    result = [
        Untranslated("missing", f"{message.singular!r} ({', '.join(sorted(files))})")
        for message, files in sorted(found.items())
        if message not in entries
    ]
    for message, entry in sorted(entries.items()):
        if kind := _defect(message, entry, used=message in found):
            result.append(Untranslated(kind, repr(message.singular)))
    result += [
        Untranslated("obsolete", repr(entry.msgid)) for entry in catalogue.obsolete_entries()
    ]
    return result


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def _defect(message: Message, entry: polib.POEntry, *, used: bool) -> str | None:
    if not used:
        return "obsolete"
    if entry.fuzzy:
        return "fuzzy"
    translations = list(entry.msgstr_plural.values()) if message.plural else [entry.msgstr]
    if not translations or not all(translations):
        return "empty"
    allowed = [_placeholders(text) for text in (message.singular, message.plural) if text]
    if any(_placeholders(text) not in allowed for text in translations):
        return "other placeholders"
    return None


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def complete(catalogue: polib.POFile, found: dict[Message, set[str]], *, prune: bool) -> None:
    """Add texts that are missing, with nothing as translation; keep the existing ones.

    With `prune`, texts that no code uses any more go. Entries are ordered by text and name their
    files without lines, so that a change of code elsewhere changes nothing here.
    """
    entries = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    for message in found.keys() - entries.keys():
        entries[message] = _empty_entry(message)
    catalogue.clear()
    for message, entry in sorted(entries.items()):
        if prune and message not in found:
            continue
        entry.occurrences = [(file, "") for file in sorted(found.get(message, ()))]
        catalogue.append(entry)


def _empty_entry(message: Message) -> polib.POEntry:
    return polib.POEntry(
        msgctxt=message.context or None,
        msgid=message.singular,
        msgid_plural=message.plural,
        msgstr_plural={0: "", 1: ""} if message.plural else {},
        flags=["python-format"] if "%" in message.singular else [],
    )


def german_catalogue(path: Path) -> polib.POFile:
    """Return the catalogue at `path`, or an empty one with German plural rules."""
    catalogue = polib.pofile(path, wrapwidth=98) if path.exists() else polib.POFile(wrapwidth=98)
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": "de",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return catalogue


class Command(BaseCommand):
    help = "Fail unless every text of the interface is translated into German."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--write", action="store_true", help="add missing texts, untranslated")
        parser.add_argument("--prune", action="store_true", help="remove texts no code uses")

    def handle(self, *, write, prune, **options):
        path = Path(settings.LOCALE_PATHS[0]) / "de" / "LC_MESSAGES" / "django.po"
        found = messages_in(settings.BASE_DIR)
        catalogue = german_catalogue(path)
        if write or prune:
            complete(catalogue, found, prune=prune)
            path.parent.mkdir(parents=True, exist_ok=True)
            catalogue.save(path)
        wrong = problems(found, catalogue)
        for problem in wrong:
            self.stdout.write(f"{problem.kind}: {problem.text}")
        if wrong:
            raise CommandError(f"{len(wrong)} of {len(found)} texts lack a proper translation.")
        self.stdout.write(f"All {len(found)} texts are translated.")
