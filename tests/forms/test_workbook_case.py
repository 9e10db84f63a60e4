"""Workbooks as they came: formulas that nobody computed, and a hidden list for a drop-down."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from contracts.models import Contract
from forms.models import ServiceRecord
from tests.exchange import FILES, refusal

pytestmark = pytest.mark.django_db
CASE = FILES / "excel-formula"


@pytest.fixture(scope="module", autouse=True)
def _agreed(kept_rows):
    for path in ("sample", CASE / "data.yaml"):
        call_command("import_data", path, "--save", stdout=StringIO())


def records() -> int:
    return ServiceRecord.objects.filter(contract=Contract.objects.get(number="PB-XLSX")).count()


def test_formulas_without_a_value_are_refused_with_sheet_line_and_column():
    """Each session would have been billed to three people as if each were alone."""
    problems = refusal(CASE / "formula.xlsx")
    assert [problem.place for problem in problems] == [
        f"sheet “Nachweise” line {line} participants" for line in (2, 3, 4)
    ]
    assert "cell G2 holds a formula" in problems[0].message
    with pytest.raises(CommandError):
        call_command("import_data", CASE / "formula.xlsx", "--save", stdout=StringIO())
    assert records() == 0


def test_a_hidden_sheet_is_passed_over_in_one_line():
    said = StringIO()
    with override("en"):
        call_command("import_data", CASE / "hidden.xlsx", "--save", stdout=said)
    assert said.getvalue().splitlines() == [
        "hidden.xlsx: hidden sheets are passed over: “Listen”",
        "service_records: 1",
        "Imported.",
    ]
    assert records() == 1
