"""Filled forms: drafts by two people, locked answers, corrections, voluntary services."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import override

from base.editions import publish
from cms.content.description import DescriptionContent
from cms.models import Description
from forms.actions.fill_form import (
    EditConflict,
    begin_form,
    correct_form,
    discard_form,
    is_voluntary,
    save_form,
    submit_form,
)
from forms.models import Case, ClientIdentity, FilledForm, FormAnswer
from tests.factories import (
    amend,
    make_case,
    make_contract,
    make_definition,
    make_form,
    make_user,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_the_words_of_the_code():
    with override("en"):
        yield


@kept
def case() -> Case:
    return make_case(make_contract(), "K-1")


@pytest.fixture
def ada():
    return make_user("ada")


@pytest.fixture
def bea():
    return make_user("bea")


def save_and_submit(form: FilledForm, values: dict, *, by) -> FilledForm:
    saved = save_form(form, values, by=by, seen=form.revision).form
    return submit_form(saved, by=by, seen=saved.revision)


def problems(error) -> dict:
    return {name: len(found) for name, found in error.value.message_dict.items()}


class TestDraft:
    def test_begins_with_what_the_case_knows(self, ada, case):
        ClientIdentity.objects.create(client=case.client, first_name="Nele", last_name="Muster")
        form = begin_form(case=case, definition=make_definition(), by=ada)
        assert form.values() == {"name": "Muster"}
        assert (form.reference, form.is_draft, form.saved_by) == ("K-1/F1", True, ada)

    def test_keeps_the_edition_in_force(self, ada, case):
        definition = make_definition("report")
        first = definition.editions.get(number=1)
        form = begin_form(case=case, definition=definition, by=ada)
        make_definition("report", title="New", applies_from=date(2024, 1, 1))
        make_definition("report", title="Of the future", applies_from=date(2999, 1, 1))
        form.refresh_from_db()
        assert form.edition == first
        later = begin_form(case=case, definition=definition, by=ada)
        assert (later.title, later.sequence) == ("New", 2)

    def test_needs_an_edition_in_force(self, ada, case):
        definition = make_definition(applies_from=date(2999, 1, 1))
        with pytest.raises(ValidationError, match="no edition in force"):
            begin_form(case=case, definition=definition, by=ada)

    def test_takes_anything(self, ada, case):
        form = make_form(case, by=ada, talks="about 5", until="soon", aims=" one\r\ntwo ")
        assert form.values() == {"talks": "about 5", "until": "soon", "aims": " one\ntwo "}

    def test_only_what_changed_leaves_history(self, ada, case):
        form = make_form(case, by=ada, aims="one", health="well")
        before = FormAnswer.history.count()
        saved = save_form(form, {"aims": "two", "health": "well"}, by=ada, seen=form.revision)
        assert FormAnswer.history.count() == before + 1
        assert saved.form.revision == form.revision + 1
        again = save_form(form, {"aims": "two"}, by=ada, seen=saved.form.revision)
        assert again.form.revision == saved.form.revision
        assert FormAnswer.history.count() == before + 1

    def test_knows_its_fields(self, ada, case):
        form = make_form(case, by=ada)
        with pytest.raises(ValidationError, match="wishes.*name, talks"):
            save_form(form, {"wishes": "many"}, by=ada, seen=form.revision)

    def test_can_be_discarded_and_history_tells(self, ada, case):
        form = make_form(case, by=ada, aims="one")
        discard_form(form, by=ada, seen=form.revision)
        assert not FilledForm.objects.exists()
        assert not FormAnswer.objects.exists()
        last = FormAnswer.history.order_by("-history_id").first()
        assert (last.history_type, last.value, last.history_user) == ("-", "one", ada)

    def test_what_somebody_else_wrote_is_not_discarded_unseen(self, ada, bea, case):
        form = make_form(case, by=ada)
        save_form(form, {"aims": "new"}, by=bea, seen=form.revision)
        with pytest.raises(EditConflict):
            discard_form(form, by=ada, seen=form.revision)
        assert FormAnswer.objects.get().value == "new"


class TestTwoPeople:
    @pytest.fixture
    def form(self, ada, case) -> FilledForm:
        return make_form(case, by=ada, aims="old", health="old")

    def test_other_fields_are_taken_in(self, ada, bea, form):
        """Ada changes one field; Bea, who has not seen it, another."""
        save_form(form, {"aims": "Ada's", "health": "old"}, by=ada, seen=form.revision)
        saved = save_form(form, {"aims": "old", "health": "Bea's"}, by=bea, seen=form.revision)
        assert saved.taken_in == {"aims": "Ada's"}
        assert saved.form.values() == {"aims": "Ada's", "health": "Bea's"}

    def test_the_second_in_one_field_is_told(self, ada, bea, form):
        save_form(form, {"aims": "Ada's"}, by=ada, seen=form.revision)
        with pytest.raises(EditConflict) as conflict:
            save_form(form, {"aims": "Bea's", "health": "Bea's"}, by=bea, seen=form.revision)
        assert conflict.value.theirs == {"aims": "Ada's"}
        assert "ada" in str(conflict.value)
        assert form.values() == {"aims": "Ada's", "health": "old"}

    def test_the_second_decides_on_what_was_shown(self, ada, bea, form):
        first = save_form(form, {"aims": "Ada's"}, by=ada, seen=form.revision).form
        mine = {"aims": "Bea's", "health": "old"}
        saved = save_form(form, mine, by=bea, seen=form.revision, over=first.revision)
        assert saved.form.values() == {"aims": "Bea's", "health": "old"}

    def test_deciding_covers_nothing_that_came_later(self, ada, bea, form):
        first = save_form(form, {"aims": "Ada's"}, by=ada, seen=form.revision).form
        save_form(form, {"aims": "Ada again"}, by=ada, seen=first.revision)
        with pytest.raises(EditConflict):
            save_form(form, {"aims": "Bea's"}, by=bea, seen=form.revision, over=first.revision)

    def test_both_wrote_the_same(self, ada, bea, form):
        save_form(form, {"aims": "new"}, by=ada, seen=form.revision)
        saved = save_form(form, {"aims": "new"}, by=bea, seen=form.revision)
        assert saved.form.values()["aims"] == "new"

    def test_several_saves_of_the_other_count_as_one(self, ada, bea, form):
        first = save_form(form, {"aims": "A"}, by=ada, seen=form.revision).form
        second = save_form(form, {"aims": "old"}, by=ada, seen=first.revision).form
        saved = save_form(form, {"aims": "Bea's"}, by=bea, seen=form.revision)
        assert saved.form.revision == second.revision + 1

    def test_nothing_is_submitted_that_was_not_seen(self, ada, bea, case):
        form = make_form(case, by=ada, talks="1", aims="old")
        save_form(form, {"aims": "Ada's"}, by=ada, seen=form.revision)
        with pytest.raises(EditConflict) as conflict:
            submit_form(form, by=bea, seen=form.revision)
        assert conflict.value.theirs == {"aims": "Ada's"}
        assert FilledForm.objects.get().is_draft


class TestSubmitted:
    def test_each_wrong_answer_is_named(self, ada, case):
        form = make_form(case, by=ada)
        wrong = {"until": "31.02.2024", "aims": "kept"}
        with pytest.raises(ValidationError) as error:
            save_and_submit(form, wrong, by=ada)
        assert problems(error) == {"talks": 1, "until": 1}
        assert FilledForm.objects.get().is_draft

    def test_messages_are_translated_when_they_are_said(self, ada, case):
        form = make_form(case, by=ada)
        with override("de"), pytest.raises(ValidationError) as error:
            save_and_submit(form, {"talks": "fünf"}, by=ada)
        assert "fünf" in error.value.message_dict["talks"][0]

    def test_is_kept_in_one_spelling_by_whoever_submitted_it(self, ada, bea, case):
        form = make_form(case, by=ada)
        done = save_and_submit(form, {"talks": "1.000", "until": "1.3.2024"}, by=bea)
        assert done.values() == {"talks": "1000", "until": "01.03.2024"}
        assert (done.status, done.submitted_by) == ("submitted", bea)

    def test_neither_form_nor_answers_change_any_more(self, ada, case):
        form = make_form(case, by=ada, submitted=True)
        answer = form.answers.get()
        for rows, values in (
            (FilledForm.objects.filter(pk=form.pk), {"status": "draft"}),
            (FormAnswer.objects.filter(pk=answer.pk), {"value": "other"}),
        ):
            with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
                rows.update(**values)
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            FormAnswer.objects.bulk_create([FormAnswer(filled_form=form, field=answer.field)])
        with pytest.raises(ValidationError, match="new version"):
            save_form(form, {"talks": "2"}, by=ada, seen=form.revision)
        with pytest.raises(ValidationError, match="new version"):
            discard_form(form, by=ada, seen=form.revision)


class TestCorrection:
    def test_is_a_new_version_with_a_reason(self, ada, bea, case):
        first = make_form(case, by=ada, submitted=True, talks="2", aims="calm")
        draft = correct_form(first, by=bea, reason="miscounted")
        assert draft.values() == first.values()
        assert (draft.version, draft.reference) == (2, "K-1/F1 (2)")
        second = save_and_submit(draft, {"talks": "3"}, by=bea)
        superseded = FilledForm.objects.with_state().order_by("version")
        assert [form.is_superseded for form in superseded] == [True, False]
        assert (first.values()["talks"], second.values()["talks"]) == ("2", "3")
        assert second.history.earliest("history_id").history_change_reason == "miscounted"

    def test_the_old_version_holds_until_the_new_one_is_submitted(self, ada, case):
        first = make_form(case, by=ada, submitted=True)
        correct_form(first, by=ada, reason="miscounted")
        assert FilledForm.objects.with_state().get(pk=first.pk).is_superseded is False

    @pytest.mark.parametrize(
        ("prepare", "reason", "said"),
        [
            pytest.param(lambda form, ada: None, " ", "needs a reason", id="without a reason"),
            pytest.param(
                lambda form, ada: correct_form(form, by=ada, reason="x"),
                "again", "being corrected", id="twice",
            ),
        ],
    )  # fmt: skip
    def test_is_refused(self, ada, case, prepare, reason, said):
        form = make_form(case, by=ada, submitted=True)
        prepare(form, ada)
        with pytest.raises(ValidationError, match=said):
            correct_form(form, by=ada, reason=reason)

    def test_a_draft_needs_none(self, ada, case):
        with pytest.raises(ValidationError, match="can be changed"):
            correct_form(make_form(case, by=ada), by=ada, reason="x")

    def test_that_changes_nothing_is_refused(self, ada, case):
        first = make_form(case, by=ada, submitted=True)
        draft = correct_form(first, by=ada, reason="x")
        with pytest.raises(ValidationError, match="Nothing has changed"):
            submit_form(draft, by=ada, seen=draft.revision)

    def test_can_be_discarded_and_begun_again(self, ada, case):
        first = make_form(case, by=ada, submitted=True)
        draft = correct_form(first, by=ada, reason="x")
        discard_form(draft, by=ada, seen=draft.revision)
        assert correct_form(first, by=ada, reason="y").version == 2


class TestVoluntary:
    @pytest.fixture
    def voluntary_case(self) -> Case:
        author, approver = make_user(), make_user()
        publish(
            Description(key="outreach"),
            DescriptionContent(title="Outreach", voluntary=True, offer=["Visits"]),
            applies_from=date(2024, 1, 1), authors=[author], approver=approver,
        )  # fmt: skip
        contract = make_contract()
        case = make_case(contract)
        annex = {
            "key": "a", "label": "Annex", "kind": "description", "source": "outreach", "edition": 1,
            "valid_from": date(2024, 2, 1), "valid_until": date(2024, 12, 31),
        }  # fmt: skip
        amend(contract, applies_from=date(2024, 2, 1), annexes=[annex])
        return case

    @pytest.mark.parametrize(
        ("day", "voluntary"),
        [
            pytest.param(date(2024, 1, 31), False, id="before the annex"),
            pytest.param(date(2024, 2, 1), True, id="first day"),
            pytest.param(date(2024, 12, 31), True, id="last day"),
            pytest.param(date(2025, 1, 1), False, id="after the annex"),
        ],
    )
    def test_follows_the_contract_in_force(self, voluntary_case, day, voluntary):
        assert is_voluntary(voluntary_case, day) is voluntary

    def test_asks_nothing_about_cooperation(self, ada, case, monkeypatch):
        """Not even when somebody sends an answer: the field is not there."""
        monkeypatch.setattr("forms.actions.fill_form.is_voluntary", lambda case, day: True)
        form = make_form(case, by=ada)
        asked = [field.key for section in form.sections() for field in section.fields]
        assert "cooperation" not in asked
        with pytest.raises(ValidationError, match="cooperation"):
            save_form(form, {"cooperation": "no"}, by=ada, seen=form.revision)
