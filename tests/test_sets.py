"""Two sets of files that share no parameter with the sample, billed without touching code.

Numbers are those computed by hand in expected.md beside the files, copied line by line.
"""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cms.models import CatalogueEdition
from cms.totals import combination_totals
from jobs.models import ReportVersion, Statement

FILES = Path(__file__).resolve().parent / "files"

COSTS = {
    "2023-H2": (
        ("lohn", "20758.33"),
        ("vorsorge", "1572.78"),
        ("material", "1944.00"),
        ("regie", "1517.19"),
        "25792.30",
        "2024-02-14",
    ),
    "2024-H1": (
        ("lohn", "37472.58"),
        ("vorsorge", "2767.98"),
        ("material", "3305.70"),
        ("regie", "2721.64"),
        "46267.90",
        "2024-08-14",
    ),
    "2024-H2": (
        ("lohn", "30102.16"),
        ("vorsorge", "2346.56"),
        ("material", "3264.30"),
        ("regie", "2232.06"),
        "37945.08",
        "2025-02-14",
    ),
}

# case, first day: units, EUR, surcharge in EUR, units documented and not billed
HOURS = {
    ("B-1", "2023-02-10"): ("2.4", "113.64", "4.26", "0.1"),
    ("B-1", "2023-03-01"): ("8", "378.80", "14.21", "0.8"),
    ("B-1", "2023-04-01"): ("4.2", "198.87", "7.46", "0"),
    ("B-1", "2023-04-16"): ("3.8", "185.63", "6.96", "1.2"),
    ("B-1", "2023-05-01"): ("4.2", "205.17", "7.69", "0"),
    ("B-2", "2023-03-01"): ("0.8", "37.88", "1.42", "0"),
    ("B-2", "2023-04-16"): ("2.2", "107.47", "4.03", "0"),
    ("B-2", "2023-05-01"): ("1.0", "48.85", "1.83", "0"),
    ("B-3", "2023-02-10"): ("1.0", "47.35", "1.78", "0"),
    ("B-3", "2023-05-01"): ("1.6", "78.16", "2.93", "0"),
}

# case, stage, day it was completed: EUR, stages documented and not billed
STAGES = {
    ("C-1", "stufe-ii", "2023-03-21"): ("388.00", "0"),
    ("C-1", "stufe-iii", "2023-05-15"): ("156.75", "0"),
    ("C-2", "stufe-i", "2023-02-22"): ("212.50", "0"),
    ("C-2", "stufe-ii", "2023-04-19"): ("401.35", "0"),
    ("C-3", "stufe-ii", "2023-04-13"): ("0.00", "1"),
    ("C-3", "stufe-i", "2023-04-26"): ("219.80", "0"),
    ("C-4", "stufe-i", "2023-03-30"): ("212.50", "0"),
}


def imported(name: str) -> None:
    """Import a set of files as a person would."""
    call_command("import_data", FILES / name, save=True, stdout=StringIO())


def run(job: str, period: str, contract: str) -> dict:
    """Run a job for a contract as a person would, and return what it says it made."""
    out = StringIO()
    options = {"period": period, "contract": contract, "json": True}
    call_command("run_job", job, **options, stdout=out, stderr=StringIO())
    (made,) = json.loads(out.getvalue())[job]
    return made


def numbers(*values) -> tuple[str, ...]:
    """Return numbers as they are written by hand: 2.4000 is 2.4."""
    return tuple(f"{value.normalize():f}" for value in values)


def written(*values: str) -> tuple[str, ...]:
    return tuple(value.rstrip("0").rstrip(".") if "." in value else value for value in values)


@pytest.fixture
def set_a(db):
    imported("set_a")


@pytest.fixture
def set_b(db):
    imported("set_b")


@pytest.mark.parametrize("period", COSTS)
def test_costs_of_set_a(set_a, period):
    *expected, total, due_on = COSTS[period]
    made = run("statements", period, "PB 17/2023")
    assert (made["total"], made["due_on"]) == (total, due_on)
    lines = Statement.objects.get(pk=made["id"]).lines.order_by("position")
    assert [(line.component, str(line.amount)) for line in lines] == expected


def test_hours_of_set_b(set_b):
    made = run("statements", "2023-02-10..2023-05-20", "EH-50/22")
    assert made["total"] == "1454.39"
    lines = Statement.objects.get(pk=made["id"]).lines.select_related("case")
    work = {
        (line.case.number, line.first.isoformat()): (line.quantity, line.amount, line.unbilled)
        for line in lines.filter(component="work").order_by("position")
    }
    surcharges = {
        (line.case.number, line.first.isoformat()): line.amount
        for line in lines.filter(component="verwaltung").order_by("position")
    }
    assert lines.count() == 2 * len(HOURS)
    found = {
        key: numbers(quantity, amount, surcharges[key], unbilled)
        for key, (quantity, amount, unbilled) in work.items()
    }
    assert found == {key: written(*values) for key, values in HOURS.items()}


def test_stages_of_set_b(set_b):
    made = run("statements", "2023-02-10..2023-05-20", "ST-3/22")
    assert made["total"] == "1590.90"
    lines = Statement.objects.get(pk=made["id"]).lines.select_related("case").order_by("position")
    found = {
        (line.case.number, line.component, line.first.isoformat()): numbers(
            line.amount, line.unbilled
        )
        for line in lines
    }
    assert found == {key: written(*values) for key, values in STAGES.items()}


def test_effort_of_set_a(set_a):
    run("reports", "2024-H1", "PB 17/2023")
    content = ReportVersion.objects.get().content
    columns = ("processed", "closed", "hours", "average")
    groups = {row["code"]: tuple(row[name] for name in columns) for row in content["groups"]}
    assert groups == {"A": (2, 0, "6.67", "3.33"), "B": (1, 1, "3.83", "3.83")}
    assert tuple(content["total"][name] for name in columns) == (3, 1, "10.50", "3.50")
    assert content["total"]["new"] == 2


def test_catalogue_totals_of_set_a(set_a):
    catalogue = CatalogueEdition.objects.get().data
    expected = {"stufe-a": ("7", "22", "6", "15"), "stufe-b": ("7", "19", "6", "9")}
    for key, values in expected.items():
        (combination,) = catalogue.need_group(key).combinations
        totals = combination_totals(catalogue, combination)
        ranges = (totals.of("einheit"), totals.of("kurs"))
        ends = [end for each in ranges for end in (each.minimum, each.maximum)]
        assert numbers(*ends) == values


def test_a_stage_completed_twice_is_refused_where_it_stands(set_b):
    with pytest.raises(CommandError) as refused:
        call_command("import_data", FILES / "set_b" / "refused", save=True)
    (_nothing_written, problem) = str(refused.value).split("\n")
    assert problem.startswith("80-repeated.csv: ")
    assert "2:" in problem and "stufe-i" in problem and "C-2" in problem


def test_a_stage_completed_twice_in_one_import_is_refused_where_it_stands(db):
    with pytest.raises(CommandError) as refused:
        call_command("import_data", FILES / "set_b", FILES / "set_b" / "refused", save=True)
    (_nothing_written, problem) = str(refused.value).split("\n")
    assert problem.startswith("80-repeated.csv: ")
