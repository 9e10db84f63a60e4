"""Files people send: which kinds are taken, how large, and under which name they are shown.

A name proves nothing: the bytes have to begin as files of that kind do. Office files are looked
into for macros. Names are cleaned of paths, control characters and what reorders text.
"""

import unicodedata
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

LARGEST = 10 * 1024 * 1024
"""Bytes; a scanned payslip has less than a tenth of it."""

LONGEST_NAME = 120

OFFICE = "application/vnd.openxmlformats-officedocument"
PACKAGE = b"PK\x03\x04"


@dataclass(frozen=True)
class FileKind:
    """A kind of file that is taken.

    `begins` is how its bytes begin; `part` names the part that an Office package of this kind has.
    """

    suffix: str
    mime: str
    begins: bytes
    part: str = ""


KINDS = {
    kind.suffix: kind
    for kind in (
        FileKind(".pdf", "application/pdf", b"%PDF-"),
        FileKind(".png", "image/png", b"\x89PNG\r\n\x1a\n"),
        FileKind(".jpg", "image/jpeg", b"\xff\xd8\xff"),
        FileKind(".docx", f"{OFFICE}.wordprocessingml.document", PACKAGE, "word/document.xml"),
        FileKind(".xlsx", f"{OFFICE}.spreadsheetml.sheet", PACKAGE, "xl/workbook.xml"),
    )
}
SAME = {".jpeg": ".jpg"}
ACCEPTED = (*KINDS, *SAME)
"""Endings a person may choose from."""


def clean_name(name: str) -> str:
    """Return a file's name as it may be shown: no path, no control or invisible characters.

    Normalised (NFC), cut to LONGEST_NAME with its ending kept. Raises ValidationError where
    nothing but the ending is left.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    normal = unicodedata.normalize("NFC", last)
    # Categories C…: control, format (also those that turn the reading direction), unassigned.
    shown = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in normal)
    stem, dot, ending = " ".join(shown.split()).strip(". ").rpartition(".")
    if not dot or not stem.strip():
        raise ValidationError(_("The file has no name with an ending such as .pdf."))
    ending = ending.lower()
    return f"{stem.strip()[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def kind_of(name: str, content: bytes) -> FileKind:
    """Return the kind a file is of by its name, once its bytes bear that out.

    Raises ValidationError for other kinds, other bytes, nothing, too much, and macros.
    """
    if not content:
        raise ValidationError(_("The file is empty."))
    require_size(len(content))
    ending = "." + name.rpartition(".")[2].lower()
    kind = KINDS.get(SAME.get(ending, ending))
    if kind is None:
        raise ValidationError(
            _("Files of kind %(ending)s are not taken; allowed: %(allowed)s."),
            params={"ending": ending, "allowed": ", ".join(ACCEPTED)},
        )
    if not content.startswith(kind.begins) or (kind.part and not _has_part(content, kind.part)):
        raise ValidationError(
            _("%(name)s is no %(ending)s file inside, whatever its name says."),
            params={"name": name, "ending": kind.suffix},
        )
    return kind


def require_size(size: int) -> None:
    """Raise ValidationError for files that are too large."""
    if size > LARGEST:
        raise ValidationError(
            _("The file has %(size)s; allowed are %(limit)s."),
            params={"size": filesizeformat(size), "limit": filesizeformat(LARGEST)},
        )


def _has_part(content: bytes, part: str) -> bool:
    """Tell whether an Office package has the part that makes it what it says; refuse macros."""
    try:
        with ZipFile(BytesIO(content)) as package:
            names = set(package.namelist())
    except BadZipFile:
        return False
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise ValidationError(_("Files with macros are not taken."))
    return part in names
