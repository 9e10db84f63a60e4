"""A later edition of a catalogue: new figures from its day, running cases keep theirs."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from cms.content.catalogue import CatalogueContent
from cms.totals import case_totals, combination_totals
from tests.factories import amend, annex, make_case, make_catalogue, make_contract, place

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "20-catalogue-addiction.yaml"
FIRST, SECOND = date(2010, 1, 1), date(2025, 1, 1)


@pytest.fixture
def editions():
    """The sample's catalogue, and an edition from 2025 in which module 2 has 12 hours (E1)."""
    document = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    plain = document["catalogues"][0]["editions"][0]["content"]
    first = make_catalogue(
        "suchthilfe", applies_from=FIRST, content=CatalogueContent.model_validate(plain)
    )
    module = next(module for module in plain["modules"] if module["key"] == "m2")
    module["quantities"] = [{"unit": "e-stunde", "minimum": "12", "maximum": "12"}]
    second = make_catalogue(
        "suchthilfe", applies_from=SECOND, content=CatalogueContent.model_validate(plain)
    )
    return first, second


def figures(edition, group) -> tuple[str, str, str]:
    """Individual hours, what first-time participants add, group sessions."""
    content = edition.data
    totals = combination_totals(content, content.need_group(group).combinations[0])
    (hours,) = (line for line in totals.lines if line.unit.key == "e-stunde")
    return (
        str(hours.total),
        str(hours.extras.get("first-time-participant", 0)),
        str(totals.of("gruppensitzung")),
    )


# Need group: figures until 2024, figures from 2025.
ROWS = {
    "1, without module 2": ("hbg-1", ("12", "0", "13"), ("12", "0", "13")),
    "2": ("hbg-2", ("22", "0", "13"), ("24", "0", "13")),
    "3, without module 2": ("hbg-3", ("28", "3", "0"), ("28", "3", "0")),
    "4": ("hbg-4", ("38", "3", "0"), ("40", "3", "0")),
    "5": ("hbg-5", ("48", "3", "13"), ("50", "3", "13")),
}


@pytest.mark.parametrize(("group", "before", "after"), ROWS.values(), ids=ROWS.keys())
def test_totals_change_with_the_edition(editions, group, before, after):
    first, second = editions
    in_force = first.catalogue.editions.in_force_on
    assert figures(in_force(date(2024, 12, 31)).first(), group) == before
    assert figures(in_force(SECOND).first(), group) == after
    assert in_force(SECOND).first() == second


def test_a_running_case_keeps_its_edition(editions):
    """K-101, assigned on 10 December 2024 to need group 2, still has 22 hours and 13 groups."""
    first, second = editions
    contract = make_contract("A", catalogues=(first,))
    case = make_case(contract, "K-101", assigned_on=date(2024, 12, 10))
    placement = place(case, first, "hbg-2")
    amend(
        contract,
        applies_from=SECOND,
        annexes=[
            annex(first, valid_until=date(2024, 12, 31)),
            annex(second, valid_from=SECOND),
        ],
    )
    placement = case.placement_on(date(2025, 3, 1))
    totals = case_totals(placement.catalogue_edition.data, placement)
    assert (str(totals.of("e-stunde")), str(totals.of("gruppensitzung"))) == ("22", "13")
    moved = place(case, second, "hbg-2", valid_from=date(2025, 3, 1))
    assert str(case_totals(moved.catalogue_edition.data, moved).of("e-stunde")) == "24"


def test_rows_say_what_the_content_says(editions):
    first, second = editions
    for edition, hours in ((first, 10), (second, 12)):
        quantity = edition.quantity_rows.get(module="m2")
        assert (quantity.minimum, quantity.maximum, quantity.unit_minutes) == (hours, hours, 60)
        assert edition.module_rows.count() == 13
        assert edition.need_group_rows.count() == 5
        assert edition.add_on_rows.count() == 5
        assert edition.extra_rows.count() == 2
        assert edition.entry_rows.filter(need_group="hbg-3").count() == 4
        assert not edition.module_rows.get(key="m13").bookable
        assert edition.problems() == []
