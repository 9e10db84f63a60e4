"""Documents: a Word template and plain data become the bytes of a .docx file.

Templates are written in Word by people who manage contracts. So they run in a sandbox, a variable
that is missing or empty is an error that names its place, and what they print is escaped: text
with & and < arrives as it is. Context is plain data that was formatted before; templates reach no
model, no database and no settings.

The same template and context always give the same bytes, so files are kept under their hash.
"""

import hashlib
import re
import struct
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.template import engines
from django.utils.translation import gettext as _
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

MAX_UNPACKED = 32 * 1024 * 1024
"""Bytes a template may have unpacked; letters have less than one hundredth of it."""

DOCX = ".docx"

CACHED_PARTS = 64
"""Template parts (body, header, footer, property) kept compiled: about ten templates."""

LONGEST_PROPERTY = 255
FIRST_ZIP_DAY = (
    0x0021_0000  # 1980-01-01 00:00, the first moment a zip file can name: day high, time low
)
NOT_DATED = datetime(1980, 1, 1)  # noqa: DTZ001  document properties have no zone

# What XML cannot hold. Word's template engine would also turn \a and \f into paragraphs and pages.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TAG = re.compile(r"<[^>]+>")
_BROKEN_TEXT = re.compile(r"<w:t(?: [^>]*)?>[^<]*[\t\n\a\f]")
_PARAGRAPH = re.compile(r"<w:p(?=[ >])")
_ATOMS = (int, Decimal, bool, type(None))
_UNPRINTABLE = (bool, dict, list, type(None))

# What a wrong template can raise while it is opened, filled and written again.
_FAULTS = (
    TemplateError, BadZipFile, etree.LxmlError, ArithmeticError, AttributeError, LookupError,
    OSError, TypeError, ValueError,
)  # fmt: skip


class DocumentError(ValueError):
    """A document that cannot be made; names the template and the variable or place at fault."""

    def __init__(self, template: str, problem: str):
        self.template, self.problem = template, problem
        super().__init__(f"{template}: {problem}")


def find_template(name: str) -> Path:
    """Return the template of that name ("documents/statement.docx").

    Folders named in the settings (TEMPLATES DIRS) come before the apps' own, so an installation
    replaces a template by putting its own beside. Raises DocumentError where there is none.
    """
    for folder in engines["django"].template_dirs:
        if (path := Path(folder) / name).is_file():
            return path
    raise DocumentError(name, _("There is no such template."))


def render(template: Path | bytes, context: dict) -> bytes:
    """Fill a template and return the .docx file; the same arguments give the same bytes.

    `context` holds dict, list, str, int, Decimal, bool and None, nothing else. Raises
    DocumentError for other data, a missing variable, a broken template, and one whose parts have
    more than MAX_UNPACKED bytes.
    """
    name = template.name if isinstance(template, Path) else _("template")
    if (place := _foreign(context)) is not None:
        raise DocumentError(name, _("Not plain text or numbers: %s") % place)
    try:
        content = template.read_bytes() if isinstance(template, Path) else template
        _refuse_too_large(name, content)
        filled = _Template(BytesIO(content))
        filled.render(context, _environment)
        file = BytesIO()
        filled.save(file)
    except DocumentError:
        raise
    except _FAULTS as error:
        raise DocumentError(name, _described(error)) from error
    return with_fixed_dates(file.getvalue())


def with_fixed_dates(package: bytes) -> bytes:
    """Return a zip file with every entry dated 1980-01-01, without packing it again.

    The date stands twice: at byte 10 of an entry's own header, at byte 12 of its line in the
    directory, which is 46 bytes long besides name, extra field and comment.
    """
    dated = bytearray(package)
    with ZipFile(BytesIO(package)) as archive:
        entries, place = archive.infolist(), archive.start_dir
    for entry in entries:
        struct.pack_into("<I", dated, entry.header_offset + 10, FIRST_ZIP_DAY)
        struct.pack_into("<I", dated, place + 12, FIRST_ZIP_DAY)
        name = entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
        place += 46 + len(name) + len(entry.extra) + len(entry.comment)
    return bytes(dated)


def stored_path(sha256: str, suffix: str = DOCX) -> str:
    """Return where in the default storage the file with this hash is kept."""
    return f"documents/{sha256[:2]}/{sha256}{suffix}"


def store(content: bytes, suffix: str = DOCX) -> str:
    """Keep a file under its SHA-256 and return that. A file cut off by a crash is written again."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = stored_path(sha256, suffix)
    if default_storage.exists(path):
        if default_storage.size(path) == len(content):
            return sha256
        default_storage.delete(path)
    saved = default_storage.save(path, ContentFile(content))
    if saved != path:  # another process was quicker: one copy is enough
        default_storage.delete(saved)
    return sha256


def is_stored(sha256: str, suffix: str = DOCX) -> bool:
    """Tell whether the file with this hash is there."""
    return default_storage.exists(stored_path(sha256, suffix))


class _Missing(StrictUndefined):
    """A variable the context does not have: any use of it is an error that says its name."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return self._undefined_hint or _("variable “%s” is missing") % self._undefined_name


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox of all templates; keeps what it has compiled."""

    def getattr(self, obj, attribute):
        """A dot on a dict is its key, also where dicts have a method of that name ("items")."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def from_string(self, source, globals=None, template_class=None):
        return _compiled(self, source)


@lru_cache(maxsize=CACHED_PARTS)
def _compiled(environment: _Environment, source: str):
    return ImmutableSandboxedEnvironment.from_string(environment, source)


@lru_cache(maxsize=CACHED_PARTS)
def _patched(xml: str) -> str:
    return DocxTemplate(None).patch_xml(xml)


def _printable(value):
    """Refuse to print what would read "None", "True" or "{…}"."""
    if isinstance(value, _UNPRINTABLE):
        raise UndefinedError(_("%s cannot be printed") % type(value).__name__)
    return value


_environment = _Environment(autoescape=True, undefined=_Missing, finalize=_printable)
# Properties are text, not XML: python-docx escapes them.
_properties_environment = _Environment(autoescape=False, undefined=_Missing, finalize=_printable)


class _Discard:
    """Takes what a parser reads and keeps nothing: three times as quick as building a tree."""

    def close(self) -> None:
        return None


class _Template(DocxTemplate):
    """docxtpl, prepared once for each template, and strict where docxtpl lets text get lost."""

    def patch_xml(self, src_xml):
        return _patched(src_xml)

    def render_xml_part(self, src_xml, part, context, jinja_env=None):
        try:
            return super().render_xml_part(src_xml, part, context, jinja_env)
        except _FAULTS as error:
            if place := _place(error, src_xml):
                error.add_note(place)
            raise

    def resolve_listing(self, xml):
        """Turn tabulators and line breaks in text into Word's own, where there are any."""
        return super().resolve_listing(xml) if _BROKEN_TEXT.search(xml) else xml

    def fix_tables(self, xml):
        # docxtpl's own parser drops what it cannot read: read it strictly before.
        etree.fromstring(xml, etree.XMLParser(target=_Discard()))
        return super().fix_tables(xml)

    def render_properties(self, context, jinja_env=None):
        properties = self.docx.core_properties
        for name in ("title", "subject", "author", "comments", "identifier", "language"):
            text = _compiled(_properties_environment, getattr(properties, name)).render(context)
            setattr(properties, name, text[:LONGEST_PROPERTY])
        # python-docx dates a template without properties today.
        properties.modified = properties.created or NOT_DATED


def _foreign(value) -> str | None:
    """Return the place of the first value that is no plain data ("/lines/3/amount: float").

    Exact types: a str that says it is safe markup would go into the document unescaped.
    """
    if type(value) is str:
        return ": control character" if _CONTROL.search(value) else None
    if type(value) in _ATOMS:
        return None
    if type(value) is dict:
        parts = value.items()
    elif type(value) is list:
        parts = enumerate(value)
    else:
        return f": {type(value).__name__}"
    for key, item in parts:
        if (found := _foreign(item)) is not None:
            return f"/{key}{found}"
    return None


def _refuse_too_large(name: str, content: bytes) -> None:
    """Zip files are never unpacked beyond the sizes that their directory declares."""
    with ZipFile(BytesIO(content)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_UNPACKED:
        problem = _("Unpacked it has %(size)d bytes; allowed are %(limit)d.")
        raise DocumentError(name, problem % {"size": unpacked, "limit": MAX_UNPACKED})


def _described(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, BadZipFile):
        text = _("This is no Word document (.docx).")
    return " · ".join([text, *getattr(error, "__notes__", ())])


def _place(error: Exception, xml: str) -> str:
    """Return the text of the template's paragraph in which an error arose, "" where unknown."""
    line = getattr(error, "lineno", None)
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    lines = _PARAGRAPH.sub("\n<w:p", xml).splitlines()
    if line is None or line > len(lines):
        return ""
    return " ".join(_TAG.sub(" ", lines[line - 1]).split())[:200]
