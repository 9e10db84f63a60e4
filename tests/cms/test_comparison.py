"""Catalogues and descriptions compared by meaning: E1 on the sample, every kind by hand."""

import copy
from pathlib import Path

import pytest
import yaml
from django.utils import translation

from cms.comparison import compare_catalogues, compare_descriptions
from cms.content.catalogue import CatalogueContent
from cms.content.description import DescriptionContent

SAMPLE = Path(__file__).resolve().parents[2] / "sample"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def plain(name: str, section: str) -> dict:
    document = yaml.safe_load((SAMPLE / name).read_text(encoding="utf-8"))
    return document[section][0]["editions"][0]["content"]


@pytest.fixture(scope="module")
def addiction() -> dict:
    return plain("20-catalogue-addiction.yaml", "catalogues")


@pytest.fixture(scope="module")
def landlords() -> dict:
    return plain("30-descriptions.yaml", "descriptions")


def of(values, key: str) -> dict:
    return next(value for value in values if value["key"] == key)


def changed(content: dict, change) -> list:
    """What a change of a catalogue's content is compared to: (kind, place, old, new)."""
    later = copy.deepcopy(content)
    change(later)
    found = compare_catalogues(
        CatalogueContent.model_validate(content), CatalogueContent.model_validate(later)
    )
    return [(each.kind, each.place, each.old, each.new) for each in found]


def test_e1_two_hours_more_in_module_2_make_three_need_groups_longer(addiction):
    def longer(content):
        of(content["modules"], "m2")["quantities"][0] |= {"minimum": "12", "maximum": "12"}

    assert changed(addiction, longer) == [
        ("changed", "modules.m2.quantities.e-stunde", "10 E-Stunde", "12 E-Stunde"),
        (
            "changed",
            "totals.hbg-2.regel",
            "22 E-Stunde + 13 Grp-Sitzung = 41,5 h",
            "24 E-Stunde + 13 Grp-Sitzung = 43,5 h",
        ),
        ("changed", "totals.hbg-4.regel", "38 (+3) E-Stunde", "40 (+3) E-Stunde"),
        (
            "changed",
            "totals.hbg-5.regel",
            "48 (+3) E-Stunde + 13 Grp-Sitzung = 67,5 (+3) h",
            "50 (+3) E-Stunde + 13 Grp-Sitzung = 69,5 (+3) h",
        ),
    ]


def test_changes_say_in_german_where_they_stand(addiction):
    later = copy.deepcopy(addiction)
    of(later["modules"], "m2")["title"] = "Motivation"
    with translation.override("de"):
        [change] = compare_catalogues(
            CatalogueContent.model_validate(addiction), CatalogueContent.model_validate(later)
        )
    assert (change.section, change.subject, change.what) == ("Module", "2 Motivation", "Titel")


def test_module_added_and_removed_with_its_effort(addiction):
    def exchanged(content):
        content["modules"] = [m for m in content["modules"] if m["key"] != "m12"]
        content["add_ons"] = [a for a in content["add_ons"] if a["module"] != "m12"]
        content["modules"].append(
            {
                "key": "m14",
                "code": "14",
                "title": "Nachsorge",
                "quantities": [{"unit": "e-stunde", "minimum": "2", "maximum": "4"}],
            }
        )

    found = changed(addiction, exchanged)
    assert ("added", "modules.m14", "", "2–4 E-Stunde") in found
    assert [kind for kind, place, *_texts in found if place == "modules.m12"] == ["removed"]
    assert not [place for _kind, place, *_texts in found if place.startswith("totals")]


def test_alternative_made_required_is_said_for_each_module(addiction):
    def decided(content):
        combination = of(content["need_groups"], "hbg-3")["combinations"][0]
        combination["entries"][1] = {"requirement": "required", "modules": ["m4"]}

    place = "need_groups.hbg-3.combinations.regel.entries"
    found = changed(addiction, decided)
    assert found[:2] == [
        ("changed", f"{place}.m4", "4 or 5", "always part of it"),
        ("removed", f"{place}.m5", "4 or 5", ""),
    ]


def test_only_the_order_of_delivery_differs(addiction):
    def turned(content):
        entries = of(content["need_groups"], "hbg-2")["combinations"][0]["entries"]
        entries.reverse()

    assert changed(addiction, turned) == [
        (
            "changed",
            "need_groups.hbg-2.combinations.regel.entries.order",
            "1 + 2 + 3",
            "3 + 2 + 1",
        )
    ]


def test_parts_are_known_by_their_keys_wherever_they_stand(addiction):
    def moved(content):
        content["units"].append(content["units"].pop(0))

    [(kind, place, old, new)] = changed(addiction, moved)
    assert (kind, place) == ("changed", "units")
    assert old == "Einzelberatungsstunde, Gruppensitzung, Sitzung"
    assert new == "Gruppensitzung, Sitzung, Einzelberatungsstunde"


def test_longer_unit_changes_the_hours_of_every_group_that_has_it(addiction):
    def longer(content):
        of(content["units"], "gruppensitzung")["minutes"] = 120

    found = changed(addiction, longer)
    assert found[0] == ("changed", "units.gruppensitzung.minutes", "90", "120")
    # 13 sessions of two hours are 26 hours: 12 + 26, 22 + 26, 48 + 26.
    hours = {place: new for _kind, place, _old, new in found[1:]}
    assert hours == {
        "totals.hbg-1.regel": "12 E-Stunde + 13 Grp-Sitzung = 38 h",
        "totals.hbg-2.regel": "22 E-Stunde + 13 Grp-Sitzung = 48 h",
        "totals.hbg-5.regel": "48 (+3) E-Stunde + 13 Grp-Sitzung = 74 (+3) h",
    }


def test_words_that_differ_are_marked_on_both_sides(addiction):
    later = copy.deepcopy(addiction)
    of(later["modules"], "m1")["delivery"][2] = (
        "In der Regel acht Beratungsstunden, zuzüglich etwaiger medizinischer Untersuchungen."
    )
    [change] = compare_catalogues(
        CatalogueContent.model_validate(addiction), CatalogueContent.model_validate(later)
    )
    assert [text for gone, text in change.old_words if gone] == ["sieben"]
    assert [text for came, text in change.new_words if came] == ["acht"]
    assert "".join(text for _mark, text in change.new_words) == change.new


def test_phase_of_a_description_by_its_limits(landlords):
    later = copy.deepcopy(landlords)
    phase = later["phases"][0]
    assert (phase["minimum_weeks"], phase["maximum_weeks"]) == (4, 8)
    phase |= {"maximum_weeks": 10, "minimum_hours": "3.5"}
    found = compare_descriptions(
        DescriptionContent.model_validate(landlords), DescriptionContent.model_validate(later)
    )
    assert [(change.what, change.old, change.new) for change in found] == [
        ("At most, weeks", "8", "10"),
        ("Hours, at least", "3", "3,5"),
    ]


def leaves(value, path=()):
    """Every text, number and truth value of a content, by the way to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:3]):
            yield from leaves(inner, (*path, place))
    else:
        yield path, value


def altered(content: dict, path: tuple, value) -> dict:
    later = copy.deepcopy(content)
    target = later
    for step in path[:-1]:
        target = target[step]
    if isinstance(value, bool):
        target[path[-1]] = not value
    elif isinstance(value, int):
        target[path[-1]] = value + 1
    else:
        target[path[-1]] = f"{value}1" if str(value).isdecimal() else f"{value}-x"
    return later


@pytest.mark.parametrize(
    ("name", "section", "model", "compare"),
    [
        ("20-catalogue-addiction.yaml", "catalogues", CatalogueContent, compare_catalogues),
        ("21-catalogue-debt.yaml", "catalogues", CatalogueContent, compare_catalogues),
        ("30-descriptions.yaml", "descriptions", DescriptionContent, compare_descriptions),
    ],
)
def test_whatever_differs_is_told_and_what_is_equal_is_not(name, section, model, compare):
    content = plain(name, section)
    before = model.model_validate(content)
    assert compare(before, model.model_validate(copy.deepcopy(content))) == []
    tried = 0
    for path, value in leaves(content):
        try:
            after = model.model_validate(altered(content, path, value))
        except ValueError:
            continue
        tried += 1
        assert compare(before, after), path
    assert tried > 30
