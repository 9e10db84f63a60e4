"""Totals of combinations: C1 on the sample's catalogue, and the rules of alternatives by hand."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from cms.content.catalogue import CatalogueContent
from cms.totals import Range, case_totals, combination_totals, planned

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
FIRST_TIME = "first-time-participant"
HOURS, GROUPS, SESSIONS = "e-stunde", "gruppensitzung", "sitzung"


def read(name: str) -> CatalogueContent:
    document = yaml.safe_load((SAMPLE / name).read_text(encoding="utf-8"))
    return CatalogueContent.model_validate(document["catalogues"][0]["editions"][0]["content"])


@pytest.fixture(scope="module")
def addiction() -> CatalogueContent:
    return read("20-catalogue-addiction.yaml")


@pytest.fixture(scope="module")
def debt() -> CatalogueContent:
    return read("21-catalogue-debt.yaml")


def of_group(catalogue, key, **options):
    return combination_totals(catalogue, catalogue.need_group(key).combinations[0], **options)


def added_by(totals, condition: str, unit: str) -> Range:
    """Return how much more of a unit it is where a condition holds."""
    (line,) = (line for line in totals.lines if line.unit.key == unit)
    return line.extras.get(condition, Range())


def ends(amount) -> tuple[str, str]:
    """Both ends as text, so that 5 and 5.0 are told from 5.5 and nothing else."""
    return tuple(f"{end:.1f}" for end in (amount.minimum, amount.maximum))


# C1: need group, individual hours, extra for first-time participants, group sessions, hours in
# all (a group session at 1.5), the same with the extra.
GROUP_ROWS = {
    "need group 1": ("hbg-1", "12.0", "0.0", "13.0", "31.5", "31.5"),
    "need group 2": ("hbg-2", "22.0", "0.0", "13.0", "41.5", "41.5"),
    "need group 3": ("hbg-3", "28.0", "3.0", "0.0", "28.0", "31.0"),
    "need group 4": ("hbg-4", "38.0", "3.0", "0.0", "38.0", "41.0"),
    "need group 5, printed without its (+3)": ("hbg-5", "48.0", "3.0", "13.0", "67.5", "70.5"),
}


@pytest.mark.parametrize("row", GROUP_ROWS.values(), ids=GROUP_ROWS.keys())
def test_c1_need_groups(addiction, row):
    key, hours, extra, groups, all_hours, all_with_extra = row
    totals = of_group(addiction, key)
    assert ends(totals.of(HOURS)) == (hours, hours)
    assert ends(added_by(totals, FIRST_TIME, HOURS)) == (extra, extra)
    assert ends(totals.of(GROUPS)) == (groups, groups)
    assert ends(totals.hours.total) == (all_hours, all_hours)
    added = totals.hours.extras.get(FIRST_TIME)
    assert f"{totals.hours.total.maximum + (added.maximum if added else 0):.1f}" == all_with_extra


# C1, add-ons: need group, special module, individual hours, extra, group sessions, hours in all.
ADD_ON_ROWS = {
    "2 with 10": ("hbg-2", "m10", ("25.0", "25.0"), "0.0", "28.0", ("67.0", "67.0")),
    "1 with 9": ("hbg-1", "m9", ("14.0", "18.0"), "0.0", "16.0", ("38.0", "42.0")),
    "3 with 8": ("hbg-3", "m8", ("30.0", "30.0"), "3.0", "10.0", ("45.0", "45.0")),
}


@pytest.mark.parametrize("row", ADD_ON_ROWS.values(), ids=ADD_ON_ROWS.keys())
def test_c1_add_ons(addiction, row):
    group, add_on, hours, extra, groups, all_hours = row
    totals = of_group(addiction, group, add_ons=[add_on])
    assert ends(totals.of(HOURS)) == hours
    assert ends(added_by(totals, FIRST_TIME, HOURS)) == (extra, extra)
    assert ends(totals.of(GROUPS)) == (groups, groups)
    assert ends(totals.hours.total) == all_hours


LABELS = {
    "need group 1": ("hbg-1", [], "12 E-Std. + 13 Grp.-Sitzg.", "31,5 h"),
    "need group 5": ("hbg-5", [], "48 (+3) E-Std. + 13 Grp.-Sitzg.", "67,5 (+3) h"),
    "1 with 9, a range": ("hbg-1", ["m9"], "14–18 E-Std. + 16 Grp.-Sitzg.", "38–42 h"),
    "3 with 8": ("hbg-3", ["m8"], "30 (+3) E-Std. + 10 Grp.-Sitzg.", "45 (+3) h"),
    "1 with 11, up to seven sessions": (
        "hbg-1",
        ["m11"],
        "12 E-Std. + 13 Grp.-Sitzg. + 0–7 Sitzung",
        "31,5–38,5 h",
    ),
}


@pytest.mark.parametrize("row", LABELS.values(), ids=LABELS.keys())
def test_labels_read_as_in_print(addiction, row):
    group, add_ons, label, hours = row
    short = {HOURS: "E-Std.", GROUPS: "Grp.-Sitzg."}
    units = tuple(
        unit.model_copy(update={"short": short.get(unit.key, unit.short)})
        for unit in addiction.units
    )
    totals = of_group(addiction.model_copy(update={"units": units}), group, add_ons=add_ons)
    assert totals.label == label
    assert str(totals.hours) == hours


def test_debt_optional_module_adds_to_no_quantity_where_none_is_given(debt):
    assert of_group(debt, "hbg-3").label == ""


def catalogue(*modules, entries, **values) -> CatalogueContent:
    """A catalogue of modules given as (key, hours from, to, group sessions), one combination."""
    plain = {
        "title": "Catalogue",
        "units": [
            {"key": "hour", "label": "Hour", "short": "h", "minutes": 60},
            {"key": "group", "label": "Group", "short": "G", "minutes": 90, "setting": "group"},
        ],
        "modules": [
            {
                "key": key,
                "code": key,
                "title": key,
                "quantities": [
                    {"unit": "hour", "minimum": least, "maximum": most},
                    *([{"unit": "group", "minimum": groups, "maximum": groups}] if groups else []),
                ],
                "extras": [
                    {"unit": "hour", "quantity": "2", "condition": f"cond-{key}", "label": "more"}
                ],
            }
            for key, least, most, groups in modules
        ],
        "need_groups": [
            {
                "key": "g",
                "code": "1",
                "title": "Group",
                "combinations": [{"key": "c", "entries": entries}],
            }
        ],
    }
    return CatalogueContent.model_validate(plain | values)


A, B, C = ("a", "4", "6", 0), ("b", "1", "9", 2), ("c", "3", "3", 0)
ALL = ["a", "b", "c"]

# Requirement, choices (None: nothing decided), hours, group sessions, hours in all.
RULES = {
    "required: all of them": (
        "required",
        1,
        None,
        ("8.0", "18.0"),
        ("2.0", "2.0"),
        ("11.0", "21.0"),
    ),
    "one of: least to greatest": (
        "one_of",
        1,
        None,
        ("1.0", "9.0"),
        ("0.0", "2.0"),
        ("3.0", "12.0"),
    ),
    "one of, the chosen one": ("one_of", 1, ["b"], ("1.0", "9.0"), ("2.0", "2.0"), ("4.0", "12.0")),
    "one of, another chosen": ("one_of", 1, ["a"], ("4.0", "6.0"), ("0.0", "0.0"), ("4.0", "6.0")),
    "at least two: two smallest to all": (
        "at_least",
        2,
        None,
        ("4.0", "18.0"),
        ("0.0", "2.0"),
        ("7.0", "21.0"),
    ),
    "at least two, one chosen: one more": (
        "at_least",
        2,
        ["a"],
        ("5.0", "15.0"),
        ("0.0", "2.0"),
        ("7.0", "18.0"),
    ),
    "at least two, all chosen": (
        "at_least",
        2,
        ALL,
        ("8.0", "18.0"),
        ("2.0", "2.0"),
        ("11.0", "21.0"),
    ),
    "optional: to the maximum only": (
        "optional",
        1,
        None,
        ("0.0", "18.0"),
        ("0.0", "2.0"),
        ("0.0", "21.0"),
    ),
    "optional, none chosen": ("optional", 1, [], ("0.0", "0.0"), ("0.0", "0.0"), ("0.0", "0.0")),
    "optional, one chosen": ("optional", 1, ["c"], ("3.0", "3.0"), ("0.0", "0.0"), ("3.0", "3.0")),
}


@pytest.mark.parametrize("row", RULES.values(), ids=RULES.keys())
def test_rules_of_entries(row):
    requirement, at_least, choices, hours, groups, all_hours = row
    content = catalogue(
        A, B, C, entries=[{"requirement": requirement, "modules": ALL, "at_least": at_least}]
    )
    totals = of_group(content, "g", choices=choices)
    assert ends(totals.of("hour")) == hours
    assert ends(totals.of("group")) == groups
    assert ends(totals.hours.total) == all_hours


def test_an_extra_of_one_alternative_adds_to_its_end_only():
    """a is 4 to 6 (+2), c is 3 (+2), so 3 to 6; with the condition of a 3 to 8, of c 4 to 6."""
    content = catalogue(A, C, entries=[{"requirement": "one_of", "modules": ["a", "c"]}])
    totals = of_group(content, "g")
    assert ends(totals.of("hour")) == ("3.0", "6.0")
    assert ends(added_by(totals, "cond-a", "hour")) == ("0.0", "2.0")
    assert totals.label == "3–6 (+0–2) (+0–1) h"


@dataclass
class Placed:
    need_group: str = "g"
    combination: str = "regel"
    choices: list = field(default_factory=list)
    conditions: list = field(default_factory=list)
    add_ons: list = field(default_factory=list)


def plan_of(content, placement):
    """(module, requirement, open, hours) of each planned module."""
    return [
        (part.module.key, part.requirement, part.is_open, *ends(part.hours))
        for part in planned(content, placement)
    ]


def test_alternatives_stay_open_until_one_is_chosen(addiction):
    assert plan_of(addiction, Placed("hbg-3")) == [
        ("m1", "required", False, "7.0", "7.0"),
        ("m4", "one_of", True, "14.0", "14.0"),
        ("m5", "one_of", True, "14.0", "14.0"),
        ("m6", "required", False, "7.0", "7.0"),
    ]
    assert ends(case_totals(addiction, Placed("hbg-3")).hours.total) == ("28.0", "28.0")


def test_a_choice_and_a_condition_decide(addiction):
    placement = Placed("hbg-3", choices=["m5"], conditions=[FIRST_TIME])
    assert plan_of(addiction, placement) == [
        ("m1", "required", False, "7.0", "7.0"),
        ("m5", "one_of", False, "17.0", "17.0"),
        ("m6", "required", False, "7.0", "7.0"),
    ]
    totals = case_totals(addiction, placement)
    assert ends(totals.of(HOURS)) == ("31.0", "31.0")
    assert totals.hours.extras == {}


def test_special_modules_stand_where_their_timing_puts_them(addiction):
    """M9 follows the basic counselling and precedes the others, M8 runs beside them (A1-43)."""
    plan = plan_of(addiction, Placed("hbg-2", add_ons=["m8", "m9"]))
    assert [row[:2] for row in plan] == [
        ("m1", "required"),
        ("m9", "before_others"),
        ("m2", "required"),
        ("m3", "required"),
        ("m8", "parallel"),
    ]
    assert plan[1][3:] == ("6.5", "10.5")  # 2 to 6 hours and three groups of 1.5


def test_the_entry_module_comes_first_and_optional_ones_only_when_chosen(debt):
    keys = [part.module.key for part in planned(debt, Placed("hbg-1"))]
    assert keys == ["eingangsberatung", "basisberatung", "existenzsicherung"]
    keys = [
        part.module.key for part in planned(debt, Placed("hbg-1", choices=["forderungspruefung"]))
    ]
    assert keys[-1] == "forderungspruefung"
    assert ends(case_totals(debt, Placed("hbg-1")).hours.total) == ("1.0", "1.0")


def test_planned_modules_sum_to_the_totals_of_the_case(addiction):
    for group in addiction.need_groups:
        placement = Placed(
            group.key, choices=["m4"], conditions=[FIRST_TIME], add_ons=["m9", "m10"]
        )
        hours = [part.hours for part in planned(addiction, placement)]
        total = case_totals(addiction, placement).hours.total
        assert sum((part.minimum for part in hours), Decimal(0)) == total.minimum
        assert sum((part.maximum for part in hours), Decimal(0)) == total.maximum


@pytest.mark.parametrize(
    "placement",
    [Placed("hbg-9"), Placed("hbg-1", combination="other"), Placed("hbg-1", add_ons=["m99"])],
    ids=["need group", "combination", "special module"],
)
def test_unknown_keys_are_refused(addiction, placement):
    with pytest.raises(KeyError):
        planned(addiction, placement)
