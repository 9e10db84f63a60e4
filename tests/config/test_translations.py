"""The check of translations finds texts, and what is wrong with their translation."""

import ast

import polib
import pytest
from django.conf import settings

from base.management.commands.check_translations import (
    Message,
    complete,
    messages_in,
    problems,
)
from base.management.commands.compile_translations import compile_translations

CODE = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext_lazy

A = _("From code, "
      "in two parts")
B = gettext_lazy("Lazy")
C = ngettext("%(n)d case", "%(n)d cases", 2)
D = pgettext_lazy("month", "May")
E = "Not a text"
"""
TEMPLATE = """{% load i18n %}
<h1>{% translate "It's a heading" %}</h1>
    <p title="{{ _('A title') }}">Unmarked (</p>
  {% blocktranslate count n=rows|length trimmed %}
    One row of {{ total }}
  {% plural %}
    {{ n }} rows of {{ total }}
  {% endblocktranslate %}
{% translate "May" context "permission" %}
"""


@pytest.fixture
def project(tmp_path):
    """A project with one module and one template."""
    (tmp_path / "jobs" / "templates").mkdir(parents=True)
    (tmp_path / "jobs" / "code.py").write_text(CODE)
    (tmp_path / "jobs" / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def test_texts_are_found_in_code_and_templates(project):
    assert messages_in(project).keys() == {
        Message("", "From code, in two parts", ""),
        Message("", "Lazy", ""),
        Message("", "%(n)d case", "%(n)d cases"),
        Message("month", "May", ""),
        Message("", "It's a heading", ""),
        Message("", "A title", ""),
        Message("", "One row of %(total)s", "%(n)s rows of %(total)s"),
        Message("permission", "May", ""),
    }


ONE = Message("", "one %(kind)s", "")
MANY = Message("", "%(n)d row", "%(n)d rows")


@pytest.mark.parametrize(
    ("message", "entry", "kind"),
    [
        pytest.param(ONE, {"msgstr": "ein %(kind)s"}, None, id="translated"),
        pytest.param(ONE, {"msgstr": ""}, "empty", id="empty"),
        pytest.param(ONE, {"msgstr": "ein %(art)s"}, "other placeholders", id="renamed"),
        pytest.param(ONE, {"msgstr": "eine Art"}, "other placeholders", id="dropped"),
        pytest.param(ONE, {"msgstr": "ein %(kind)s", "flags": ["fuzzy"]}, "fuzzy", id="fuzzy"),
        pytest.param(MANY, {0: "%(n)d Zeile", 1: "%(n)d Zeilen"}, None, id="plural"),
        pytest.param(MANY, {0: "%(n)d Zeile", 1: ""}, "empty", id="half a plural"),
    ],
)
def test_defects_are_named(message, entry, kind):
    plural = {"msgstr_plural": entry} if message.plural else entry
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid=message.singular, msgid_plural=message.plural, **plural))

    assert [problem.kind for problem in problems({message: {"x.py"}}, catalogue)] == (
        [kind] if kind else []
    )


def test_missing_and_obsolete_texts_are_told_apart():
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Old", msgstr="Alt"))

    found = problems({Message("", "New", ""): {"x.py"}}, catalogue)

    assert [(problem.kind, "New" in problem.text) for problem in found] == [
        ("missing", True),
        ("obsolete", False),
    ]


@pytest.mark.parametrize(
    ("prune", "texts"),
    [
        pytest.param(False, {"Old": "Alt", "New": ""}, id="nothing is lost"),
        pytest.param(True, {"New": ""}, id="unused ones go when asked"),
    ],
)
def test_missing_texts_are_added(prune, texts):
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Old", msgstr="Alt"))

    complete(catalogue, {Message("", "New", ""): {"x.py"}}, prune=prune)

    assert {entry.msgid: entry.msgstr for entry in catalogue} == texts


# Where the rules of content stand; money and periods are no content.
CONTENT = (
    "base/content.py",
    "*/content.py",
    "*/content/*.py",
    "cms/phases.py",
    "contracts/dates/duties.py",
    "contracts/dates/term.py",
    "contracts/dates/working_days.py",
    "contracts/billing/**/*.py",
)
FOR_PROGRAMS = {f"contracts/billing/{name}.py" for name in ("kept", "money", "period")}
FOUND = {
    path.relative_to(settings.BASE_DIR).as_posix()
    for part in CONTENT
    for path in settings.BASE_DIR.glob(part)
}


@pytest.mark.parametrize("path", sorted(FOUND - FOR_PROGRAMS))
def test_what_content_refuses_can_be_translated(path):
    source = ast.parse((settings.BASE_DIR / path).read_text("utf-8"))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call)]
    untold = [call.lineno for call in calls if _name(call) == "ValueError"]
    unmarked = [
        call.lineno
        for call in calls
        if _name(call) in {"Refusal", "BillingError"}
        and isinstance(call.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)
    ]

    assert (untold, unmarked) == ([], [])


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_only_what_changed_is_compiled(tmp_path):
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid "yes"\nmsgstr "ja"\n')

    assert compile_translations([tmp_path]) == [folder / "django.mo"]
    assert compile_translations([tmp_path]) == []
    assert [entry.msgstr for entry in polib.mofile(folder / "django.mo")] == ["ja"]
