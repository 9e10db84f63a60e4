"""Office files are packages: zip files with parts. Looked into before anything unpacks them.

What a package is and holds is read from its directory and its own list of parts, not from its
name. Python's zipfile never unpacks a part beyond the size that the directory declares, so what
is refused here costs no more than reading the directory.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

MB = 1024 * 1024
MOST_UNPACKED = 64 * MB
MOST_PARTS = 2_000
"""Parts of a package; a long workbook with pictures has some dozens."""

LONGEST_LIST = 2 * MB
"""Bytes of a part that lists other parts or what they refer to."""

TYPES = "[Content_Types].xml"
MACROS = re.compile(r"(^|/)(vbaproject\.bin|vbadata\.xml)$|(^|/)(macrosheets|activex)/", re.I)
EMBEDDED = re.compile(r"(^|/)embeddings/.*\.(bin|exe|docm|xlsm|pptm|js|vbs)$", re.I)
LINKED = re.compile(r"(^|/)externallinks/", re.I)
MACRO_TYPE = re.compile(rb"macroEnabled|vbaProject|activeX", re.I)
RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>", re.S)
EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']\s*External", re.I)
HYPERLINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.I)
DECLARED = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.I)
FIELD = re.compile(
    rb"\b(DDEAUTO|DDE|INCLUDETEXT|INCLUDEPICTURE|IMPORT)\b\s", re.I
)  # fields of a text that fetch or start something
FIELD_TEXT = re.compile(rb"<w:instrText\b[^>]*>([^<]*)<|w:instr\s*=\s*\"([^\"]*)\"")


class PackageError(ValueError):
    """A package that is not opened; says why."""


@dataclass(frozen=True)
class Package:
    """The names of a package's parts."""

    parts: frozenset[str]


def opened(content: bytes | Path, *, most_unpacked: int | None = None) -> Package:
    """Return what a package holds, by its directory.

    Raises PackageError for what is no package, is encrypted, holds parts twice or too many of
    them, or would unpack to more than `most_unpacked` bytes.
    """
    limit = MOST_UNPACKED if most_unpacked is None else most_unpacked
    try:
        with ZipFile(BytesIO(content) if isinstance(content, bytes) else content) as archive:
            entries = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise PackageError(_("This is no readable office file.")) from error
    if len(entries) > MOST_PARTS:
        problem = _("It has %(count)d parts; allowed are %(limit)d.")
        raise PackageError(problem % {"count": len(entries), "limit": MOST_PARTS})
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limit:
        problem = _("Unpacked it has %(size)d bytes; allowed are %(limit)d.")
        raise PackageError(problem % {"size": unpacked, "limit": limit})
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise PackageError(_("It is encrypted."))
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise PackageError(_("It holds a part twice."))
    return Package(frozenset(names))


def require_inert(content: bytes, *, most_unpacked: int | None = None) -> Package:
    """Return what a package holds, when it holds nothing that runs or fetches something.

    Raises PackageError for macros, embedded programs and whatever refers to another file or
    address; links that a person clicks on are not meant.
    """
    package = opened(content, most_unpacked=most_unpacked)
    if any(MACROS.search(name) for name in package.parts):
        raise PackageError(_("Files with macros are not taken."))
    if any(EMBEDDED.search(name) for name in package.parts):
        raise PackageError(_("Files with programs in them are not taken."))
    if any(LINKED.search(name) for name in package.parts):
        raise PackageError(_refers())
    try:
        with ZipFile(BytesIO(content)) as archive:
            for entry in archive.infolist():
                _require_inert_part(archive, entry)
    except (BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        if isinstance(error, PackageError):
            raise
        raise PackageError(_("This is no readable office file.")) from error
    return package


def _require_inert_part(archive: ZipFile, entry) -> None:
    name = entry.filename.lower()
    if not name.endswith((".xml", ".rels")):
        return
    if name.endswith(".rels") or name == TYPES.lower():
        if entry.file_size > LONGEST_LIST:
            raise PackageError(_("Its list of parts is too long."))
        text = _plain(archive.read(entry))
        if name == TYPES.lower() and MACRO_TYPE.search(text):
            raise PackageError(_("Files with macros are not taken."))
        for relation in RELATION.findall(text):
            if EXTERNAL.search(relation) and not HYPERLINK.search(relation):
                raise PackageError(_refers())
    with archive.open(entry) as part:
        head = _plain(part.read(4096))
        if DECLARED.search(head):
            raise PackageError(_("It declares its own entities."))
        if name.startswith("word/"):
            text = head + _plain(part.read())
            for found in FIELD_TEXT.findall(text):
                if any(FIELD.search(each + b" ") for each in found):
                    raise PackageError(_refers())


def _plain(text: bytes) -> bytes:
    """Return XML of two bytes for each character as if it had one."""
    return text.replace(b"\0", b"")


def _refers() -> str:
    return _("Files that fetch something from other files or addresses are not taken.")
