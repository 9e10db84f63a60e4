"""Files people send: which kinds are taken, how large, and under which name they are shown.

A name proves nothing: the bytes have to begin as files of that kind do. Office files are looked
into for macros, for what they fetch from elsewhere and for how much they unpack to, PDFs for what
runs. Names are cleaned of paths, control characters and what reorders text.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from base.packages import PackageError, require_inert

LARGEST = 10 * 1024 * 1024
"""Bytes; a scanned payslip has less than a tenth of it."""

LONGEST_NAME = 120

OFFICE = "application/vnd.openxmlformats-officedocument"
PACKAGE = b"PK\x03\x04"
ACTIVE_PDF = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia|ImportData|SubmitForm|EmbeddedFiles?|GoTo[RE])(?=[\s/<>()\[\]])"
)
"""Names in a PDF for scripts, programs, forms that are sent and files outside or inside of it."""


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

    Raises ValidationError for other kinds, other bytes, nothing, too much, and for what runs or
    fetches something when it is opened.
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
    is_one = content.startswith(kind.begins)
    try:
        parts = _require_inert(kind, content) if is_one else frozenset()
    except PackageError as error:
        raise ValidationError(
            _("%(name)s is not taken. %(why)s"), params={"name": name, "why": str(error)}
        ) from error
    if not is_one or (kind.part and kind.part not in parts):
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


def _require_inert(kind: FileKind, content: bytes) -> frozenset[str]:
    """Return the parts of an Office package; refuse what runs, fetches or unpacks too much."""
    if kind.part:
        return require_inert(content).parts
    if kind.suffix == ".pdf" and (found := ACTIVE_PDF.search(content)):
        raise PackageError(
            _("It asks the reading program for something: %(what)s.")
            % {"what": found[0].decode("ascii")}
        )
    return frozenset()
