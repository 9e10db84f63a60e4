"""Nobody asks half of "may this membership do this to this row": sources are walked for it.

`user.has_perm(permission)` without a row says whether a person has such a right anywhere. That
decides whether a page, a list or an entry of the menu is there; about a row it says nothing.
"""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
APPS = ("base", "cms", "contracts", "forms", "jobs")

WHETHER_AT_ALL = {
    "base/accounts/middleware.py": "The studio's door; not about a row.",
    "base/models/approval.py": "Drafts of the studio, by its own permissions.",
    "base/models/event.py": "Whether a trail is there; its rows are narrowed below.",
    "base/scoping.py": "Rows that are the same for everybody.",
    "base/studio/doors.py": "The studio's doors, by its own permissions; drafts are scoped.",
    "base/trail/content.py": "Whether a source is read at all; its rows are scoped.",
    "base/trail/editions.py": "Whether a source is read at all; its rows are scoped.",
    "base/trail/histories.py": "Whether a source is read at all; its rows are scoped.",
    "base/trail/sources.py": "Whether a source is read at all; its rows are scoped.",
    "base/views/trail_object.py": "Whether such rows are told at all; the row is found by scope.",
    "base/workspace/registry.py": "Menu, home page, search: no row; panels ask again with theirs.",
    "cms/page_rights.py": "Pages in the studio, by its own permissions; pages are scoped.",
    "cms/views/pages.py": "A list's button; the studio asks again.",
    "cms/wagtail_hooks.py": "An entry of the studio's menu; pages are scoped.",
    "contracts/trail.py": "Whether a text is looked up at all; the rows found are scoped.",
    "contracts/views/api_tokens.py": "A list's button; places are narrowed by the permission.",
    "contracts/views/contract_files.py": "A list's button; places are narrowed by the permission.",
    "contracts/views/contracts.py": "A list's button; the page behind asks again.",
    "contracts/views/evidence.py": "A column of a list; the page behind it asks for the row.",
    "contracts/views/instalments.py": "A list's button and column; the page behind asks again.",
    "contracts/views/payroll.py": "Buttons of a list; contracts are narrowed by the permission.",
    "contracts/views/people.py": "A list's button; places are narrowed by the permission.",
    "forms/trail.py": "Whether a text is looked up at all; the rows found are scoped.",
    "forms/views/calendar.py": "Buttons of a calendar; the pages behind narrow by the permission.",
    "forms/views/cases.py": "A list's button; contracts are narrowed by the permission.",
    "forms/views/handing_over.py": "Where a page leads to; the cases are narrowed by the rule.",
    "forms/views/deadlines.py": "A filter of a list; its rows are scoped.",
    "forms/views/records.py": "A list's button; cases are narrowed by the permission.",
    "jobs/views/closed_years.py": "A list's button and column; the page behind asks again.",
    "jobs/trail.py": "Whether a text or source is read at all; the rows are scoped.",
    "jobs/views/runs.py": "A list's button, and the trace of runs one sees the whole of.",
    "jobs/views/statements.py": "Which steps there are; each is narrowed by its permission.",
}
"""Files that ask whether a right is held anywhere, with what they do not decide by it."""


def asked_without_a_row(path: Path) -> list[int]:
    """Lines on which a person's right is asked for without a row."""
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("has_perm", "has_perms")
        and len(call.args) + len(call.keywords) == 1
    ]


def test_no_code_asks_for_a_right_without_a_row_but_where_there_is_none():
    found = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if asked_without_a_row(path)
    }
    assert found == set(WHETHER_AT_ALL)


def test_no_template_asks_for_a_right_without_a_row():
    """`{{ perms }}` knows no row: `{% may "…" row as … %}` does."""
    found = [
        (str(path.relative_to(ROOT)), line.strip())
        for app in APPS
        for path in (ROOT / app / "templates").rglob("*")
        if path.suffix in (".html", ".txt")
        for line in path.read_text().splitlines()
        if "perms." in line and "perms.wagtailadmin.access_admin" not in line
    ]
    assert found == []


def test_reasons_are_sentences():
    assert [path for path, reason in WHETHER_AT_ALL.items() if not reason.endswith(".")] == []
