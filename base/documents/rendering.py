"""Filling a Word template with plain data.

Templates are written in Word by people who manage contracts. So they run in a sandbox, a variable
that is missing or empty is an error that names its place, and what they print is escaped: text
with & and < arrives as it is. Context is plain data that was formatted before; templates reach no
model, no database and no settings.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, wraps
from io import BytesIO
from operator import add, mod, mul
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from django.template import engines
from django.utils.translation import gettext as _
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError, UndefinedError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from base.documents.reproducible import with_fixed_dates
from base.packages import PackageError, require_inert

MAX_UNPACKED = 32 * 1024 * 1024
"""Bytes a template may have unpacked; letters have less than one hundredth of it."""

MAX_TEXT = 2 * 1024 * 1024
"""Bytes of XML a template may have; its pictures are not counted."""

MAX_MADE = 16 * 1024 * 1024
"""Characters that filling a template may make: an annex of ten thousand lines has a third of it."""

MAX_TURNS = 500_000
"""Turns that all loops of a template may take together."""

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
_NUMBERS = (int, float, Decimal)

# What a wrong template can raise while it is opened, filled and written again.
_FAULTS = (
    TemplateError, BadZipFile, etree.LxmlError, ArithmeticError, AttributeError, LookupError,
    OSError, TypeError, ValueError, MemoryError, RecursionError, SyntaxError, NotImplementedError,
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
    DocumentError for other data, a missing variable, a broken template, and one that is too
    large, makes too much, or holds what runs or fetches something.
    """
    name = template.name if isinstance(template, Path) else _("template")
    if (place := _foreign(context)) is not None:
        raise DocumentError(name, _("Not plain text or numbers: %s") % place)
    try:
        content = template.read_bytes() if isinstance(template, Path) else template
        _refuse_harmful(name, content)
        filled = _Template(BytesIO(content))
        with _budget():
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


class _Budget:
    """What filling one template may still cost."""

    def __init__(self):
        self.turns, self.made = MAX_TURNS, MAX_MADE

    def turn(self, made: int) -> None:
        """Account for one turn of a loop that prints at least so many characters."""
        self.turns -= 1
        self.make(made)

    def make(self, made: int) -> None:
        """Account for characters that are made; raise TemplateError when it is too much."""
        self.made -= made
        if self.turns < 0 or self.made < 0:
            raise TemplateRuntimeError(_("this template makes too much, or never ends"))


_spent: ContextVar[_Budget] = ContextVar("budget of the template that is being filled")


@contextmanager
def _budget() -> Iterator[None]:
    token = _spent.set(_Budget())
    try:
        yield
    finally:
        _spent.reset(token)


def _make(text):
    if isinstance(text, str):
        _spent.get().make(len(text))
    return text


class _Counted:
    """What a loop goes through, each turn accounted for."""

    def __init__(self, items, weight: int):
        self.items = items if hasattr(items, "__len__") else list(items)
        self.weight = weight

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self):
        for item in self.items:
            _spent.get().turn(self.weight)
            yield item


def _with_budget(tree: nodes.Template) -> nodes.Template:
    """Return a template in which loops and joined texts are accounted for.

    Raises TemplateSyntaxError for what calls itself: letters need none of it.
    """
    for node in list(tree.find_all((nodes.Macro, nodes.CallBlock, nodes.Block))):
        raise TemplateSyntaxError(_("macros and blocks are not allowed"), node.lineno)
    for node in tree.find_all((nodes.List, nodes.Tuple, nodes.Dict)):
        parts = [p for p in node.iter_child_nodes() if not isinstance(p, nodes.Const | nodes.Pair)]
        if parts and getattr(node, "ctx", "load") == "load":
            raise TemplateSyntaxError(_("a list is taken from the data, not made"), node.lineno)
    for node in list(tree.find_all(nodes.For)):
        if node.recursive:
            raise TemplateSyntaxError(_("a loop may not call itself"), node.lineno)
        inner = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        weight = nodes.Const(inner, lineno=node.lineno)
        node.iter = nodes.Filter(
            node.iter, "counted", [weight], [], None, None, lineno=node.lineno
        ).set_environment(tree.environment)
    for parent in list(tree.find_all(nodes.Node)):
        for name, value in list(parent.iter_fields()):
            if isinstance(value, nodes.Concat):
                made = nodes.Filter(value, "made", [], [], None, None, lineno=value.lineno)
                setattr(parent, name, made.set_environment(tree.environment))
    return tree


def _limited(wanted):
    """Return a filter whose text is accounted for."""

    @wraps(wanted)
    def limited(*args, **kwargs):
        return _make(wanted(*args, **kwargs))

    return limited


FILTERS = (
    "abs", "batch", "capitalize", "count", "default", "d", "e", "escape", "first", "float", "int",
    "join", "last", "length", "list", "lower", "reject", "rejectattr", "reverse", "round",
    "select", "selectattr", "sort", "string", "sum", "title", "trim", "unique", "upper",
)  # fmt: skip
"""Filters of a template: what makes a text longer than what it is made of is not among them."""


RECKONED = {"+": add, "*": mul, "%": mod}
LARGEST_NUMBER = 10**30


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox of all templates; keeps what it has compiled.

    Templates print, choose and go through lists. Whatever could make much of little is refused
    or accounted for.
    """

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self, **options):
        super().__init__(**options)
        self.filters = {name: _limited(self.filters[name]) for name in FILTERS}
        self.filters |= {"counted": _Counted, "made": _make}
        self.globals = {}

    def _parse(self, source, name, filename):
        return _with_budget(super()._parse(source, name, filename))

    def call_binop(self, context, operator, left, right):
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _make(left + right)
        if operator not in RECKONED or not all(
            isinstance(each, _NUMBERS) and abs(each) < LARGEST_NUMBER for each in (left, right)
        ):
            raise SecurityError(_("this cannot be reckoned: %s") % operator)
        return RECKONED[operator](left, right)

    def is_safe_callable(self, obj):
        """Whether a template may call it: what a loop offers, and nothing else."""
        return isinstance(getattr(obj, "__self__", None), LoopContext)

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
    """Refuse to print what would read "None", "True" or "{…}"; account for the rest."""
    if isinstance(value, _UNPRINTABLE):
        raise UndefinedError(_("%s cannot be printed") % type(value).__name__)
    _spent.get().make(len(str(value)))
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


def _refuse_harmful(name: str, content: bytes) -> None:
    """Refuse what unpacks to too much, runs or fetches something, or is too long to be filled."""
    try:
        require_inert(content, most_unpacked=MAX_UNPACKED)
    except PackageError as error:
        raise DocumentError(name, str(error)) from error
    with ZipFile(BytesIO(content)) as archive:
        longest = sum(e.file_size for e in archive.infolist() if e.filename.endswith(".xml"))
    if longest > MAX_TEXT:
        problem = _("Its text has %(size)d bytes; allowed are %(limit)d.")
        raise DocumentError(name, problem % {"size": longest, "limit": MAX_TEXT})


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
