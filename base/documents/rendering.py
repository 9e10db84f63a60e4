"""Filling a Word template with plain data.

Templates are written in Word by people who manage contracts. So they run in a sandbox, a variable
that is missing or empty is an error that names its place, and what they print is escaped: text
with & and < arrives as it is. Context is plain data that was formatted before; templates reach no
model, no database and no settings.
"""

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from django.template import engines
from django.utils.translation import gettext as _
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from base.documents.reproducible import with_fixed_dates

MAX_UNPACKED = 32 * 1024 * 1024
"""Bytes a template may have unpacked; letters have less than one hundredth of it."""

CACHED_PARTS = 64
"""Template parts (body, header, footer, property) kept compiled: about ten templates."""

LONGEST_PROPERTY = 255  # characters; python-docx refuses more
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
