"""Files that are too large, too deep or made to be too much: refused at once, with the place.

Nothing here is large: limits are lowered, and what unpacks to much only says that it does.
"""

import json
import struct
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.utils.translation import override
from openpyxl import Workbook

from base.exchange.checking import checked_entries
from base.exchange.documents import DEEPEST, document_of
from base.exchange.workbooks import MOST_ELEMENTS
from base.problems import MOST_PROBLEMS, ExchangeError, Problem

HEAD = "fallwerk: 1\n"
DIGITS = "9" * 5_000
COLUMNS = "reference;contract;day;cost_kind;label;amount"


def refused(tmp_path, name: str, content: str | bytes) -> list[Problem]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with override("en"), pytest.raises(ExchangeError) as error:
        checked_entries([path])
    return error.value.problems


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("name", "content", "place", "says"),
    [
        pytest.param(
            "a.yaml", HEAD + "teams: *a\n", "line 2", "names nothing", id="alias of nothing"
        ),
        pytest.param(
            "a.yaml", HEAD + "teams: &a [1, *a]\n", "line 2", "names nothing", id="alias of itself"
        ),
        pytest.param(
            "a.yaml", f"{HEAD}a: &a {nested(DEEPEST - 2)}\nteams: [[*a]]\n", "line 3",
            "too deeply", id="deep by an alias",
        ),
        pytest.param(
            "a.yaml", f"{HEAD}teams: {nested(DEEPEST + 1)}", "line 2", "too deeply", id="deep"
        ),
        pytest.param(
            "a.json", f'{{"fallwerk": 1, "teams": {nested(DEEPEST + 1)}}}', "", "too deeply",
            id="deep JSON",
        ),
        pytest.param("a.json", nested(50_000), "", "too deeply", id="very deep JSON"),
        pytest.param("a.yaml", nested(50_000), "line 1", "", id="very deep YAML"),
        pytest.param("a.yaml", f"fallwerk: {DIGITS}", "fallwerk", "fallwerk: 1", id="digits"),
        pytest.param("a.json", f'{{"fallwerk": {DIGITS}}}', "fallwerk", "fallwerk: 1",
                     id="digits in JSON"),
        pytest.param(
            "a.yaml", f"{HEAD}payroll:\n- {{reference: a, amount: {DIGITS}}}", "payroll[1] (a) ",
            "", id="digits of an amount",
        ),
        pytest.param(
            "a.yaml", f"{HEAD}service_records:\n- {{reference: a, minutes: {DIGITS}}}",
            "service_records[1] (a) ", "", id="digits of minutes",
        ),
        pytest.param("a.yaml", "fallwerk: 1\n--- \nfallwerk: 1", "line 2", "second document",
                     id="two documents"),
        pytest.param("a.yaml", "!!python/name:os.system x", "line 1", "python/name", id="tag"),
        pytest.param("a.yaml", "", "fallwerk", "fallwerk: 1", id="empty"),
        pytest.param("a.csv", "", "", "empty", id="empty table"),
        pytest.param("a.csv", "reference;" * 5_000 + "\n", "line 1", "", id="columns"),
        pytest.param(
            "a.csv", f'{COLUMNS}\n"' + ("x" * 1_000 + "\n") * 200, "line 2", "CSV",
            id="endless cell",
        ),
        pytest.param(
            "a.csv", f"{COLUMNS}\na" + ";" * 100_000, "line 2", "longer", id="endless line"
        ),
        pytest.param(
            "a.json", '{"fallwerk": 1, "teams": [{"k\\ud800": 1}]}', "teams[1]", "U+D800",
            id="half a character in a name",
        ),
    ],
)  # fmt: skip
def test_refused_with_its_place(tmp_path, name, content, place, says):
    problems = refused(tmp_path, name, content)
    assert all(problem.file == name for problem in problems)
    assert problems[0].place.startswith(place)
    assert any(says in problem.message for problem in problems)
    assert all(len(str(problem)) < 1_000 for problem in problems)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", HEAD + "teams: [1, 2, 3, 4]"),
        ("a.json", '{"fallwerk": 1, "teams": [1, 2, 3, 4, 5]}'),
    ],
)
def test_no_more_values_than_are_allowed(tmp_path, settings, name, content):
    settings.IMPORT_MOST_VALUES = 6
    (problem,) = refused(tmp_path, name, content)
    assert "more than 6 values" in problem.message


def test_what_an_alias_repeats_counts_as_often(tmp_path, settings):
    """Sixteen values, written as ten."""
    text = HEAD + "a: &a [1, 2]\nb: [*a, *a]\nteams: [*a]\n"
    settings.IMPORT_MOST_VALUES = 15
    (problem,) = refused(tmp_path, "a.yaml", text)
    assert (problem.place, "more than 15 values" in problem.message) == ("line 4", True)


def test_an_alias_is_what_it_names():
    text = "a: &a {x: [1, yes]}\nb: [*a, &b 7, *b]\n"
    found = document_of(Path("a.yaml"), "a.yaml", text)
    assert found == {"a": {"x": [1, "yes"]}, "b": [{"x": [1, "yes"]}, 7, 7]}
    assert found["a"] is not found["b"][0]


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.csv", "a.xlsx"])
def test_no_larger_than_is_allowed(tmp_path, settings, name):
    settings.IMPORT_MOST_BYTES = 1_000
    (problem,) = refused(tmp_path, name, b" " * 1_001)
    assert "1000" in problem.message.replace("\u00a0", " ")


def test_after_many_problems_nothing_is_read_further(tmp_path):
    lines = f"{COLUMNS}\n" + "a;b;c;d;e;f\n" * 2 * MOST_PROBLEMS
    problems = refused(tmp_path, "a.csv", lines)
    assert MOST_PROBLEMS < len(problems) < MOST_PROBLEMS + 10


def workbook(*rows: tuple) -> Workbook:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def packed(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def declaring(content: bytes, size: int) -> bytes:
    """Return a package whose directory says that each part unpacks to so many bytes."""
    changed, place = bytearray(content), content.find(b"PK\x01\x02")
    while place >= 0:
        struct.pack_into("<I", changed, place + 24, size)
        place = content.find(b"PK\x01\x02", place + 4)
    return bytes(changed)


def replaced(content: bytes, part: str, old: str, new: str) -> bytes:
    """Return a package with a text replaced in one of its parts."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as given, ZipFile(file, "w", ZIP_DEFLATED) as made:
        for name in given.namelist():
            text = given.read(name)
            if name == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode(), 1)
            made.writestr(name, text)
    return file.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(lambda: declaring(packed(workbook((1,))), 200_000_000), "Unpacked", id="bomb"),
        pytest.param(lambda: packed(Workbook()), "empty", id="empty"),
        pytest.param(
            lambda: replaced(packed(workbook((1,))), SHEET, 'r="1"', f'r="{DIGITS}"'), "XLSX",
            id="line of many digits",
        ),
        pytest.param(
            lambda: replaced(packed(workbook((1,))), SHEET, '<row r="1"', '<row r="999999999"'),
            "so many lines", id="line beyond every sheet",
        ),
        pytest.param(
            lambda: replaced(packed(workbook((1,))), SHEET, 'r="A1"', 'r="ZZZ1"'),
            "so many lines or columns", id="column beyond every sheet",
        ),
        pytest.param(
            lambda: replaced(packed(workbook((1,))), SHEET, "<v>1</v>", f"<v>{DIGITS}</v>"), "XLSX",
            id="number of many digits",
        ),
        pytest.param(
            lambda: replaced(packed(workbook((1,))), SHEET, "<sheetData>", "<sheetData"), "XLSX",
            id="broken off",
        ),
        pytest.param(
            lambda: replaced(
                packed(workbook((1,))), "xl/styles.xml", "</styleSheet>",
                "<xf/>" * MOST_ELEMENTS + "</styleSheet>",
            ),
            "too many entries", id="styles without end",
        ),
        pytest.param(
            lambda: replaced(
                packed(workbook(tuple(COLUMNS.split(";")))), SHEET, "</worksheet>",
                '<mergeCells>' + '<mergeCell ref="A1:A2"/>' * 2_000 + "</mergeCells></worksheet>",
            ),
            "XLSX", id="merged without end",
        ),
        pytest.param(lambda: json.dumps({"fallwerk": 1}).encode(), "XLSX", id="JSON inside"),
    ],
)  # fmt: skip
def test_workbooks_are_refused(tmp_path, content, says):
    problems = refused(tmp_path, "a.xlsx", content())
    assert says in problems[0].message
