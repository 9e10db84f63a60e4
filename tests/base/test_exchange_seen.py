"""What is imported from a table is what is seen in it: no preset stands in for a value."""

from io import BytesIO

import pytest
from django.utils.translation import override
from openpyxl import Workbook

from base.exchange.checking import checked_entries
from base.problems import ExchangeError, Problem
from tests.base.test_exchange_limits import SHEET, packed, replaced

COLUMNS = ("reference", "contract", "day", "cost_kind", "label", "amount", "eligible")
ROWS = (
    ("P-1", "C", "2024-01-31", "lohn", "Lohn", 10, "ja"),
    ("P-2", "C", "2024-02-29", "lohn", "Lohn", 20, "nein"),
    ("P-3", "C", "2024-03-31", "lohn", "Lohn", 30, "ja"),
)


def book() -> Workbook:
    made = Workbook()
    made.active.title = "Lohn"
    for row in (COLUMNS, *ROWS):
        made.active.append(row)
    return made


def problems_of(tmp_path, content: bytes) -> list[Problem]:
    (tmp_path / "a.xlsx").write_bytes(content)
    with override("en"), pytest.raises(ExchangeError) as error:
        checked_entries([tmp_path / "a.xlsx"])
    return error.value.problems


def formula(found: Workbook) -> None:
    found.active["G3"] = '=IF(F3>10,"nein","ja")'


def merged(found: Workbook) -> None:
    found.active.merge_cells("G3:G4")


def hidden_column(found: Workbook) -> None:
    found.active.column_dimensions["G"].hidden = True


def hidden_line(found: Workbook) -> None:
    found.active.row_dimensions[3].hidden = True


def filtered(found: Workbook) -> None:
    found.active.auto_filter.ref = "A1:G4"
    found.active.auto_filter.add_filter_column(6, ["ja"])
    found.active.row_dimensions[3].hidden = True


def unknown_column(found: Workbook) -> None:
    found.active["H1"], found.active["H3"] = "bemerkung", "x"


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        (formula, "sheet “Lohn” line 3 eligible", "cell G3 holds a formula"),
        (merged, "sheet “Lohn” line 3 eligible", "cells G3:G4 are merged"),
        (hidden_column, "sheet “Lohn” line 1 eligible", "column G is hidden"),
        (
            hidden_line,
            "sheet “Lohn” line 3",
            "lines with values are hidden, by a filter or by hand (1)",
        ),
        (
            filtered,
            "sheet “Lohn” line 3",
            "lines with values are hidden, by a filter or by hand (1)",
        ),
        (unknown_column, "sheet “Lohn” line 1", "column 'bemerkung' is unknown"),
    ],
)
def test_what_is_not_seen_or_not_there_is_refused(tmp_path, change, place, says):
    changed = book()
    change(changed)
    (problem,) = problems_of(tmp_path, packed(changed))
    assert problem.place == place
    assert says in problem.message


def test_errors_of_formulas_are_no_texts(tmp_path):
    content = replaced(
        packed(book()), SHEET, '<c r="F3" t="n"><v>20</v></c>', '<c r="F3" t="e"><v>#REF!</v></c>'
    )
    (problem,) = problems_of(tmp_path, content)
    assert problem.place == "sheet “Lohn” line 3 amount"
    assert "cell F3 shows an error" in problem.message


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ('<c r="F3"><f>10+11</f><v>21</v></c>', "21"),
        ('<c r="F3" t="str"><f>"2"&amp;"2"</f><v>22</v></c>', "22"),
    ],
)
def test_formulas_that_were_computed_have_their_value(tmp_path, cell, amount):
    content = replaced(packed(book()), SHEET, '<c r="F3" t="n"><v>20</v></c>', cell)
    (tmp_path / "a.xlsx").write_bytes(content)
    entries = [located.entry for located in checked_entries([tmp_path / "a.xlsx"])["payroll"]]
    assert [str(entry.amount) for entry in entries] == ["10", amount, "30"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_passed_over_and_named_in_one_line(tmp_path, state):
    made = book()
    for title in ("Listen", "Arten"):
        sheet = made.create_sheet(title)
        sheet.append(["Arten"])
        sheet["A2"] = "=1+1"
        sheet.sheet_state = state
    made.save(tmp_path / "a.xlsx")
    notes: list[Problem] = []
    with override("en"):
        assert len(checked_entries([tmp_path / "a.xlsx"], notes)["payroll"]) == 3
    assert [str(note) for note in notes] == [
        "a.xlsx: hidden sheets are passed over: “Listen”, “Arten”"
    ]


@pytest.mark.parametrize("first", ["sep=;", "SEP=,", '"sep=;"', "sep=\t", "sep=|"])
def test_the_separator_may_be_named(tmp_path, first):
    mark = first.strip('"')[-1]
    lines = [first, *(mark.join(map(str, row)) for row in (COLUMNS, *ROWS))]
    (tmp_path / "a.csv").write_text("\r\n".join(lines), encoding="utf-8-sig")
    found = checked_entries([tmp_path / "a.csv"])["payroll"]
    assert [located.entry.reference for located in found] == ["P-1", "P-2", "P-3"]
    assert [located.place for located in found] == [f"line {line}" for line in (3, 4, 5)] or (
        "Zeile" in found[0].place and found[0].place.endswith("3")
    )


def test_sheets_without_lines_to_see_are_empty(tmp_path):
    made = Workbook()
    made.create_sheet("Listen")
    made["Listen"].sheet_state = "hidden"
    made["Listen"].append(["x"])
    file = BytesIO()
    made.save(file)
    (problem,) = problems_of(tmp_path, file.getvalue())
    assert "empty" in problem.message
