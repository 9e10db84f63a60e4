"""Keys of content are told by the titles that they had in the edition a row referred to."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.acting import acting_as
from base.facts import change
from base.trail.knowing import known
from base.trail.pages import trail_page
from base.trail.sources import Wanted
from cms.content.catalogue import CatalogueContent
from contracts.billing import Period
from jobs.actions.compute_report import compute_report
from tests.asked import Answering
from tests.factories import (
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_form,
    make_member,
    make_record,
    place,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 2, 10, tzinfo=UTC)
LATER = date(2024, 3, 1)


@pytest.fixture
def auditor(db):
    member = make_member(make_commissioning_body(), roles=["auditor"])
    return get_user_model().objects.get(pk=member.user_id)


def renamed(word: str) -> CatalogueContent:
    """Return a catalogue in which modules, groups and their combinations are called otherwise."""
    plain = catalogue_content().model_dump(mode="json")
    for thing in (*plain["modules"], *plain["need_groups"]):
        thing["title"] = f"{word} {thing['code']}x"
    for group in plain["need_groups"]:
        group["combinations"][0]["label"] = f"{word} plan"
    hours = plain["modules"][0]["quantities"][0]["unit"]
    plain["modules"][0]["extras"] = [
        {"unit": hours, "quantity": "3", "condition": "first", "label": f"{word} first time"}
    ]
    return CatalogueContent.model_validate(plain)


@pytest.fixture
def case(db):
    """A case that moves from one edition of a catalogue to the next, which renames everything."""
    old, new = (make_catalogue("addiction", content=renamed(word)) for word in ("Old", "New"))
    case = make_case(make_contract("C-1", catalogues=(old, new)), "K-1", catalogue=old)
    place(case, new, valid_from=LATER)
    return case


def values(user, case, model: str, column: str) -> list[str]:
    """Return the new values of a column, oldest first."""
    page = trail_page(Wanted(user=user, about=(case,), things=frozenset({model})), most=200)
    return [
        each.new
        for entry in reversed(page.entries)
        for each in entry.changes
        if each.what == column
    ]


def test_placements_say_the_titles_of_their_own_edition(auditor, case):
    placement = case.placements.get(valid_from=LATER)
    with acting_as(None, at=NOON):
        placement.choices, placement.conditions, placement.add_ons = ["m2", "m9"], ["first"], ["m1"]
        placement.save()

    asked = Wanted(user=auditor, about=(case,), things=frozenset({"forms.caseplacement"}))
    changed, second, first = trail_page(asked).entries
    assert first.title == "K-1 · 1 · Old 1x (08.01.2024)"
    assert second.title == "K-1 · 1 · New 1x (01.03.2024)"
    told = {str(each.what): each.new for each in changed.changes}
    # "m9" is in no edition: its key is all there is.
    assert told == {
        "Gewählte Module": "2 · New 2x, m9",
        "Erfüllte Bedingungen": "New first time",
        "Sondermodule": "1 · New 1x",
    }
    combinations = values(auditor, case, "forms.caseplacement", "Kombination")
    assert combinations == ["Old plan", "New plan"]


def test_records_say_what_was_in_force_on_their_day(auditor, case):
    make_record(case, day=date(2024, 2, 5), module="m2")
    make_record(case, day=LATER, module="m2")
    make_record(case, day=LATER, session="G-1")
    modules = values(auditor, case, "forms.servicerecord", "Modul")
    assert sorted(modules) == ["2 · New 2x", "2 · Old 2x"]
    kinds = values(auditor, case, "forms.servicerecord", "Leistungsart")
    assert sorted(kinds) == ["Group", "Talk", "Talk"]


def test_answers_kept_as_words_of_the_program_are_read_as_words(case):
    counsellor = make_member(case.contract.provider).user
    make_form(case, by=counsellor, cooperation="yes")
    reader = get_user_model().objects.get(pk=counsellor.pk)
    assert "ja" in values(reader, case, "forms.formanswer", "Cooperation")


def test_answers_written_in_one_act_are_one_entry_about_their_form(case):
    counsellor = make_member(case.contract.provider).user
    with acting_as(None, at=NOON):
        form = make_form(case, by=counsellor, talks="2", aims="to rest", health="sleeps badly")
    reader = get_user_model().objects.get(pk=counsellor.pk)
    asked = Wanted(user=reader, about=(case,), things=frozenset({"forms.formanswer"}))
    (entry,) = trail_page(asked).entries
    assert (entry.title, entry.about) == (form.reference, ("forms.filledform", form.pk))
    assert [(each.what, each.new) for each in entry.changes if each.new] == [
        ("Talks", "2"), ("Aims", "to rest"), ("Health", "sleeps badly"),
    ]  # fmt: skip
    (table,) = (each for each in known(case, NOON, reader).sections if "Aims" in str(each.rows))
    assert [form.reference, "Aims", "to rest"] in table.rows


def test_kind_of_report_has_a_label(auditor, case):
    report = compute_report(case.contract, Period.parse("2024-H1"))[0].report
    assert dict(known(report, datetime(2100, 1, 1, tzinfo=UTC), auditor).facts)["Art"] == (
        "Halbjahresbericht"
    )


def test_as_known_then_says_titles_too(auditor, case):
    with acting_as(None, at=NOON):
        make_record(case, day=date(2024, 2, 5), module="m2")
    tables = {str(each.title): each for each in known(case, NOON, auditor).sections}
    rows = [str(row) for row in tables["Leistungsnachweise"].rows]
    assert len(rows) == 1
    assert "2 · Old 2x" in rows[0]
    assert "1 · Old 1x" in str(tables["Einstufungen"].rows)


@pytest.mark.parametrize("page", ["", "known/"])
def test_queries_of_a_cases_pages_do_not_grow_with_rows(auditor, case, page):
    client = Answering()
    client.force_login(auditor)
    # Why is asked once a day.
    assert client.get(f"/history/forms.case/{case.pk}/{page}").status_code == 200

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/history/forms.case/{case.pk}/{page}").status_code == 200
        return len(queries)

    change(make_record(case, module="m1"), reason="later", minutes=29)
    make_form(case, submitted=True, cooperation="yes")
    count()  # fills what is looked up once for each process
    few = count()
    for number in range(4):
        record = make_record(case, day=LATER, module="m2")
        change(record, reason="later", minutes=30 + number)
        place(case, case.placements.last().catalogue_edition, valid_from=date(2025, 1, 1 + number))
        make_form(case, submitted=True, cooperation="no")
    assert count() <= few  # what was looked up for this page before is not looked up again
