"""Service standards: what they may say, how they read, and that stored ones stay as they are."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError as Refused
from django.utils import translation
from pydantic import ValidationError

from base.editions import publish
from base.editions.draft import read_content
from base.seals import seal_of
from base.studio.places import in_words
from cms.comparison import compare_descriptions, standard_text
from cms.content.description import DescriptionContent
from cms.content.standard import Standard
from cms.models import Description, DescriptionEdition
from tests.factories import make_user

FIRST_SHAPE = {"key": "contact", "label": "First talk", "event": "assignment", "days": 14}
LIVE = FIRST_SHAPE | {"starts": "assignment", "fulfilled_by": "first_talk"}


def standard(**values) -> Standard:
    return Standard.model_validate(FIRST_SHAPE | values)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        pytest.param({}, "14 days from: assignment", id="days"),
        pytest.param({"days": 1}, "1 day from: assignment", id="one"),
        pytest.param({"days": None, "working_days": 2}, "2 working days from: assignment", id="w"),
        pytest.param({"days": None, "weeks": 26}, "26 weeks from: assignment", id="weeks"),
        pytest.param({"days": None, "months": 1}, "1 month from: assignment", id="months"),
        pytest.param({"days": None}, "assignment: agreed for each case", id="agreed"),
        pytest.param({"target": 7}, "14 days from: assignment", id="target is not printed"),
    ],
)
def test_what_is_printed(values, text):
    with translation.override("en"):
        assert standard_text(standard(**values)) == text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"weeks": 2}, "only one of", id="two counts"),
        pytest.param({"target": 15}, "not smaller", id="target after the limit"),
        pytest.param({"days": None, "target": 7}, "not smaller", id="target of what is agreed"),
        pytest.param({"starts": "form"}, "starts_form: a form goes", id="which form starts it"),
        pytest.param({"starts_form": "report"}, "starts_form: a form goes", id="starts without"),
        pytest.param({"fulfilled_by": "form"}, "fulfilled_form: a form goes", id="which form"),
        pytest.param(
            {"starts": "first_talk", "fulfilled_by": "first_talk"}, "at once", id="the same"
        ),
        pytest.param(
            {"starts": "first_talk", "fulfilled_by": "admission"}, "at once", id="is no later"
        ),
        pytest.param({"starts": "case_end", "fulfilled_by": "admission"}, "at once", id="the end"),
        pytest.param({"starts": "referral"}, "Input should be", id="unknown event"),
    ],
)
def test_what_contradicts_itself_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        standard(**values)


def test_what_comes_later_or_comes_again_can_meet_a_deadline():
    assert standard(starts="admission", fulfilled_by="first_talk").fulfilled_by == "first_talk"
    again = {"starts_form": "report", "fulfilled_form": "report"}
    assert standard(starts="form", fulfilled_by="form", **again).fulfilled_form == "report"


def test_what_would_be_met_at_once_is_refused_at_its_field_and_read_where_it_applies():
    """An edition that was frozen before the rule came stays readable."""
    content = {
        "title": "Help",
        "offer": ["Help"],
        "standards": [FIRST_SHAPE | {"starts": "case_end", "fulfilled_by": "case_end"}],
    }
    with translation.override("de"), pytest.raises(Refused) as refused:
        read_content(DescriptionContent, content)
    (message,) = refused.value.messages
    assert in_words(message, DescriptionContent) == (
        "Mindeststandards 1 › Erfüllt durch („Ende des Falls“): Das ist schon geschehen, wenn die"
        " Frist beginnt, und würde sie sofort erfüllen."
        " Bitte wählen Sie, was später kommt, oder nichts."
    )
    assert DescriptionEdition(content=content).data.standards[0].fulfilled_by == "case_end"


def test_standard_of_the_first_shape_is_only_printed():
    plain = standard()
    assert (plain.starts, plain.fulfilled_by, plain.unit, plain.number) == (None, None, "days", 14)


@pytest.mark.django_db
def test_edition_stored_in_the_first_shape_keeps_its_seal_and_is_no_new_one():
    """Its content has none of the later fields; a later draft that says the same is no edition."""
    author, approver = make_user(), make_user()
    draft = Description(key="help")
    content = DescriptionContent(title="Help", offer=["Help"], standards=[FIRST_SHAPE])
    publish(draft, content, applies_from=date(2024, 1, 1), authors=[author], approver=approver)
    (edition,) = draft.editions.all()
    stored = edition.content | {"standards": [FIRST_SHAPE]}
    old = DescriptionEdition(
        description=draft, number=2, applies_from=date(2024, 1, 1), content=stored, authors=[],
        approved_by=approver, revision=edition.revision, frozen_at=edition.frozen_at,
    )  # fmt: skip
    old.seal = seal_of(old.sealed())
    old.save()
    for row in old.rows():
        row.save()
    old = DescriptionEdition.objects.get(pk=old.pk)
    assert old.problems() == []
    assert old.content["standards"] == [FIRST_SHAPE]
    assert old.data == edition.data
    persons = {"authors": [author], "approver": approver}
    with pytest.raises(Refused, match="gilt bereits"):
        publish(draft, content, applies_from=date(2024, 1, 1), **persons)


def test_comparison_says_what_became_of_a_deadline():
    old, new = (
        DescriptionContent(title="Help", offer=["Help"], standards=[values])
        for values in (FIRST_SHAPE, LIVE | {"days": None, "weeks": 2, "target": 1})
    )
    with translation.override("en"):
        found = {(each.what, each.old, each.new) for each in compare_descriptions(old, new)}
    assert {("Weeks", "", "2"), ("Calendar days", "14", ""), ("Internal target", "", "1")} <= found
    assert ("Deadline in each case from", "", "assignment") in found
