"""Deadlines of cases: made and met by what happens, decided on by people, never by accident."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pydantic import ValidationError as ContentError

from base.acting import acting_as
from base.editions import publish
from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.problems import ExchangeError
from cms.content.description import DescriptionContent
from contracts.actions.adapt_annex import adapt_annex, agree_to_adaptation
from contracts.dates.deadlines import DeadlineRule
from contracts.dates.working_days import Calendar
from forms.actions.change_deadline import (
    agree_day,
    drop_deadline,
    enter_event,
    extend_deadline,
    finish_deadline,
    reopen_deadline,
    take_back_extension,
)
from forms.actions.correct_record import correct_record, withdraw_record
from forms.actions.fill_form import take_over_form
from forms.actions.follow_deadlines import follow_deadlines, following_once
from forms.actions.open_case import set_status
from forms.actions.record_service import DayEntry, new_reference, record_day, record_session
from forms.models import Deadline, FormDefinition
from forms.standards import standard_of
from tests.factories import (
    amend,
    description_annex,
    make_case,
    make_contract,
    make_definition,
    make_description,
    make_member,
    make_organisation,
    make_user,
    somebody,
)

pytestmark = pytest.mark.django_db

REFERRAL = date(2024, 5, 16)  # a Thursday; 14 days later is Corpus Christi
FIRST_TALK = {
    "key": "first-talk", "label": "First talk", "event": "assignment", "starts": "assignment",
    "days": 14, "target": 7, "fulfilled_by": "first_talk",
}  # fmt: skip
FEEDBACK = {
    "key": "feedback", "label": "Feedback", "event": "assignment", "starts": "assignment",
    "days": 14, "fulfilled_by": "form", "fulfilled_form": "feedback",
}  # fmt: skip
INTERIM = {
    "key": "interim", "label": "Interim report", "event": "assignment", "starts": "assignment",
    "weeks": 6, "fulfilled_by": "form", "fulfilled_form": "feedback",
}  # fmt: skip
GROUP = {
    "key": "plan", "label": "Plan", "event": "admission", "starts": "admission",
    "working_days": 2,
}  # fmt: skip
ANSWER = {
    "key": "answer", "label": "Answer", "event": "feedback", "starts": "form",
    "starts_form": "feedback", "months": 1, "side": "body",
}  # fmt: skip
RESULT = {
    "key": "result", "label": "Result", "event": "end", "starts": "case_end", "weeks": 2,
    "fulfilled_by": "form", "fulfilled_form": "feedback",
}  # fmt: skip
INDIVIDUAL = {
    "key": "individual", "label": "Individual", "event": "assignment", "starts": "assignment",
}  # fmt: skip
PAPERS = {
    "key": "papers", "label": "Check", "event": "papers", "starts": "document_received",
    "working_days": 2, "side": "body",
}  # fmt: skip
PRINTED = {"key": "printed", "label": "Printed", "event": "assignment", "days": 3}


def contract_with(*standards):
    return make_contract(annexes=[description_annex(make_description(*standards))])


def case_with(*standards, **values):
    return make_case(contract_with(*standards), assigned_on=REFERRAL, **values)


def only(case) -> Deadline:
    return case.deadlines.select_related("standard").get()


def due(case) -> dict:
    rows = case.deadlines.select_related("standard")
    return {row.standard.key: (row.due_on, row.state) for row in rows}


def counsellor_of(case):
    return make_member(case.contract.provider)


def record(case, day, *, session=False, counsellor=None):
    counsellor = counsellor or counsellor_of(case)
    if session:
        values = {"session": new_reference(), "kind": "group", "minutes": 90, "cases": [case]}
        return record_session(by=counsellor.user, counsellor=counsellor, day=day, **values)[0][0]
    entry = DayEntry(reference=new_reference(), case=case, kind="talk", minutes=60)
    return record_day(by=counsellor.user, counsellor=counsellor, day=day, entries=[entry])[0][0]


def hand_in(case, at, *, sequence=1, definition=None):
    found = FormDefinition.objects.filter(key="feedback").first()
    definition = definition or found or make_definition("feedback")
    person = somebody()
    return take_over_form(
        case=case, edition=definition.editions.last(), sequence=sequence, answers={"talks": "1"},
        saved_by=person, saved_at=at, submitted_by=person, submitted_at=at,
    )  # fmt: skip


def at(day: date, hour: int = 12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Europe/Berlin"))


class TestMadeByEvents:
    def test_opening_a_case_makes_those_counted_from_the_assignment(self):
        case = case_with(FIRST_TALK, FEEDBACK, INTERIM, PRINTED, GROUP)
        assert due(case) == {
            "first-talk": (date(2024, 5, 31), "open"),
            "feedback": (date(2024, 5, 31), "open"),
            "interim": (date(2024, 6, 27), "open"),
        }
        first = case.deadlines.get(standard__key="first-talk")
        assert (first.target_on, first.side) == (date(2024, 5, 23), "provider")
        assert first.started_on == REFERRAL

    def test_what_is_only_printed_makes_none(self):
        assert due(case_with(PRINTED)) == {}

    def test_what_a_newer_rule_refuses_goes_on_where_it_applies(self, monkeypatch, tmp_path):
        """Its edition is frozen: cases, pages and files still read it."""
        at_once = RESULT | {"fulfilled_by": "case_end", "fulfilled_form": None}
        with pytest.raises(ContentError, match="at once"):
            make_description(at_once)
        with monkeypatch.context() as before:
            before.setattr("cms.content.standard.HAPPENED_BY_THEN", {})
            contract = contract_with(at_once, FIRST_TALK)
        case = make_case(contract, assigned_on=REFERRAL)
        by = make_member(contract.commissioning_body, roles=["caseworker"]).user
        set_status(case=case, valid_from=date(2024, 6, 3), status="closed", reason="x", by=by)
        assert due(case)["result"][0] == date(2024, 6, 17)
        followed = case.deadlines.get(standard__key="result")
        assert standard_of(followed.standard).fulfilled_by == "case_end"
        export_files(tmp_path)
        with acting_as(by):
            import_files([tmp_path], save=True)

    def test_contract_without_descriptions_makes_none(self):
        assert due(make_case(make_contract(), assigned_on=REFERRAL)) == {}

    def test_first_record_of_any_kind_is_the_admission(self):
        case = case_with(GROUP, FIRST_TALK)
        record(case, date(2024, 5, 29), session=True)
        # Two working days after a Wednesday before Corpus Christi: the Monday.
        assert due(case) == {
            "plan": (date(2024, 6, 3), "open"),
            "first-talk": (date(2024, 5, 31), "open"),
        }

    def test_form_starts_one(self):
        case = case_with(ANSWER)
        assert due(case) == {}
        hand_in(case, at(date(2024, 5, 31), 23))
        # 30 June is a Sunday.
        assert due(case) == {"answer": (date(2024, 7, 1), "open")}
        assert only(case).side == "body"

    def test_end_of_the_case_starts_one(self):
        case = case_with(RESULT)
        set_status(
            case=case, valid_from=date(2024, 6, 3), status="closed", reason="x", by=somebody()
        )
        assert due(case) == {"result": (date(2024, 6, 17), "open")}

    def test_day_follows_the_contracts_calendar(self):
        annexes = [description_annex(make_description(FIRST_TALK))]
        contract = make_contract(annexes=annexes, calendar={"state": "NI"})
        case = make_case(contract, assigned_on=REFERRAL)
        assert due(case)["first-talk"] == (date(2024, 5, 30), "open")

    def test_description_of_the_events_day_counts(self):
        """The contract was amended meanwhile: what had begun stays, what begins is counted anew."""
        before = make_description(FIRST_TALK, GROUP)
        after = make_description(
            FIRST_TALK | {"days": 30}, GROUP | {"working_days": 5}, key=before.description.key
        )
        contract = make_contract(annexes=[description_annex(before)])
        case = make_case(contract, assigned_on=REFERRAL)
        amend(contract, applies_from=date(2024, 6, 1), annexes=[description_annex(after)])
        record(case, date(2024, 6, 3), session=True)
        call_command("follow_deadlines")
        assert due(case) == {
            "first-talk": (date(2024, 5, 31), "open"),
            "plan": (date(2024, 6, 10), "open"),
        }
        assert due(make_case(contract, assigned_on=date(2024, 6, 3))) == {
            "first-talk": (date(2024, 7, 3), "open")
        }


class TestMetByEvents:
    def test_first_talk(self):
        case = case_with(FIRST_TALK)
        record(case, date(2024, 5, 21), session=True)
        assert only(case).state == "open"
        record(case, date(2024, 5, 23))
        row = only(case)
        assert (row.state, row.ending, row.ended_on) == ("done", "record", date(2024, 5, 23))
        assert not row.was_late

    def test_late_is_late(self):
        case = case_with(FIRST_TALK)
        record(case, date(2024, 6, 3))
        assert only(case).was_late

    def test_each_form_meets_what_is_due_first(self):
        case = case_with(INTERIM, FEEDBACK)
        hand_in(case, at(date(2024, 5, 20)))
        assert {key: state for key, (_day, state) in due(case).items()} == {
            "feedback": "done",
            "interim": "open",
        }
        hand_in(case, at(date(2024, 6, 20)), sequence=2)
        assert {state for _day, state in due(case).values()} == {"done"}
        interim = case.deadlines.get(standard__key="interim")
        assert (interim.form, interim.ended_on) == (f"{case.number}/F2", date(2024, 6, 20))

    def test_the_form_it_counts_from_does_not_meet_it(self):
        case = case_with(ANSWER | {"fulfilled_by": "form", "fulfilled_form": "feedback"})
        hand_in(case, at(date(2024, 5, 20)))
        assert due(case) == {"answer": (date(2024, 6, 20), "open")}
        hand_in(case, at(date(2024, 6, 19)), sequence=2)
        assert (only(case).state, only(case).form) == ("done", f"{case.number}/F2")

    def test_other_form_meets_nothing(self):
        case = case_with(FEEDBACK)
        hand_in(case, at(date(2024, 5, 20)), definition=make_definition("other"))
        assert only(case).state == "open"

    def test_withdrawn_record_reopens(self):
        case = case_with(FIRST_TALK, GROUP)
        counsellor = counsellor_of(case)
        talk = record(case, date(2024, 5, 23), counsellor=counsellor)
        withdraw_record(talk, by=counsellor.user, version=1, reason="never came")
        assert due(case) == {
            "first-talk": (date(2024, 5, 31), "open"),
            "plan": (date(2024, 5, 27), "dropped"),
        }
        assert case.deadlines.get(standard__key="plan").ending == "void"
        record(case, date(2024, 5, 27), counsellor=counsellor)
        assert due(case)["plan"] == (date(2024, 5, 29), "open")

    def test_record_of_another_day_moves(self):
        case = case_with(FIRST_TALK, GROUP)
        counsellor = counsellor_of(case)
        talk = record(case, date(2024, 5, 23), counsellor=counsellor)
        correct_record(
            talk, by=counsellor.user, version=1, reason="typed wrong", day=date(2024, 5, 22)
        )
        assert due(case)["plan"] == (date(2024, 5, 24), "open")
        assert case.deadlines.get(standard__key="first-talk").ended_on == date(2024, 5, 22)

    def test_closing_drops_what_only_records_meet(self):
        case = case_with(FIRST_TALK, FEEDBACK, INDIVIDUAL, PAPERS)
        set_status(
            case=case, valid_from=date(2024, 5, 20), status="closed", reason="moved", by=somebody()
        )
        assert {key: state for key, (_day, state) in due(case).items()} == {
            "first-talk": "dropped",
            "feedback": "open",
            "individual": "open",
            "papers": "dropped",
        }
        set_status(case=case, valid_from=date(2024, 5, 21), status="open", by=somebody())
        assert {state for _day, state in due(case).values()} == {"open"}

    def test_closing_leaves_what_was_met_before_its_day_was_entered(self):
        """Nobody entered when the papers came, but the form that answers them was handed in."""
        answered = PAPERS | {"fulfilled_by": "form", "fulfilled_form": "feedback"}
        case = case_with(answered)
        hand_in(case, at(date(2024, 5, 20)))
        set_status(
            case=case, valid_from=date(2024, 5, 27), status="closed", reason="moved", by=somebody()
        )
        row = only(case)
        assert (row.state, row.ending, row.ended_on) == ("done", "form", date(2024, 5, 20))


class TestIdempotent:
    def test_asked_again_nothing_changes(self):
        case = case_with(FIRST_TALK, FEEDBACK, INTERIM, GROUP, ANSWER, INDIVIDUAL, PAPERS)
        record(case, date(2024, 5, 23))
        hand_in(case, at(date(2024, 5, 24)))
        rows = list(case.deadlines.values())
        versions = Deadline.history.count()
        assert follow_deadlines([case.pk]) == 0
        call_command("follow_deadlines")
        assert list(case.deadlines.values()) == rows
        assert Deadline.history.count() == versions

    def test_many_cases_take_as_many_queries_as_one(self):
        contract = contract_with(FIRST_TALK, FEEDBACK, GROUP)
        counts = []
        for number in (1, 8):
            with following_once():
                cases = [make_case(contract, assigned_on=REFERRAL) for _each in range(number)]
            with CaptureQueriesContext(connection) as queries:
                assert follow_deadlines([case.pk for case in cases]) == 0
            counts.append(len(queries))
            assert Deadline.objects.filter(case__in=cases).count() == 2 * number
        assert counts[0] == counts[1]

    def test_refused_together_makes_none(self):
        contract = contract_with(FIRST_TALK)
        with pytest.raises(RuntimeError), following_once():
            make_case(contract, assigned_on=REFERRAL)
            raise RuntimeError
        assert not Deadline.objects.exists()


class TestDecisions:
    def caseworker(self, case):
        return make_member(case.contract.commissioning_body, roles=["caseworker"]).user

    def test_extension_counts_and_is_recorded(self):
        case = case_with(FIRST_TALK)
        by = counsellor_of(case).user
        row = extend_deadline(only(case), by=by, until=date(2024, 6, 14), reason="In hospital")
        assert (row.due_on, row.ruled_on) == (date(2024, 6, 14), date(2024, 5, 31))
        assert row.is_extended
        version = Deadline.history.filter(id=row.pk).latest("history_id")
        assert (version.history_change_reason, version.history_user_id) == ("In hospital", by.pk)
        record(case, date(2024, 6, 10))
        assert not only(case).was_late

    def test_extension_outlives_what_follows(self):
        case = case_with(FIRST_TALK, FEEDBACK)
        row = case.deadlines.get(standard__key="feedback")
        extend_deadline(row, by=self.caseworker(case), until=date(2024, 7, 1), reason="Agreed")
        record(case, date(2024, 5, 23))
        assert due(case)["feedback"] == (date(2024, 7, 1), "open")

    @pytest.mark.parametrize(
        ("until", "why", "field"),
        [
            pytest.param(date(2024, 6, 14), " ", "reason", id="without a reason"),
            pytest.param(date(2024, 5, 31), "x", "until", id="to its own day"),
            pytest.param(date(2024, 5, 20), "x", "until", id="to an earlier day"),
        ],
    )
    def test_extension_is_refused(self, until, why, field):
        case = case_with(FIRST_TALK)
        with pytest.raises(ValidationError) as refused:
            extend_deadline(only(case), by=self.caseworker(case), until=until, reason=why)
        assert field in refused.value.message_dict
        assert not only(case).is_extended

    def test_an_extension_is_taken_back_wholly(self):
        """Extended by mistake, it ends on the day of its rule again, and both are remembered."""
        case = case_with(FIRST_TALK)
        by = self.caseworker(case)
        ruled = only(case).ruled_on
        extend_deadline(only(case), by=by, until=date(2024, 6, 14), reason="Holiday")
        with pytest.raises(ValidationError) as refused:
            take_back_extension(only(case), by=by, reason=" ")
        assert "reason" in refused.value.message_dict
        row = take_back_extension(only(case), by=by, reason="Wrong case")
        assert (row.due_on, row.extended_to, row.is_extended) == (ruled, None, False)
        told = row.history.values_list("history_user_id", "reason", "extended_to")
        assert {(by.pk, "Holiday", date(2024, 6, 14)), (by.pk, "Wrong case", None)} <= set(told)
        with pytest.raises(ValidationError, match="Nobody extended|niemand verlängert"):
            take_back_extension(row, by=by, reason="Again")

    def test_an_agreed_day_is_taken_back(self):
        case = case_with(INDIVIDUAL)
        by = self.caseworker(case)
        agree_day(only(case), by=by, until=date(2024, 6, 28))
        row = take_back_extension(only(case), by=by, reason="Not agreed at all")
        assert row.due_on is None
        assert agree_day(row, by=by, until=date(2024, 7, 5)).due_on == date(2024, 7, 5)

    def test_receipt_is_corrected_of_papers_that_a_form_has_met(self):
        case = case_with(PAPERS | {"fulfilled_by": "form", "fulfilled_form": "feedback"})
        by = self.caseworker(case)
        enter_event(only(case), by=by, on=date(2024, 5, 29))
        hand_in(case, at(date(2024, 5, 31)))
        assert only(case).state == "done"
        with pytest.raises(ValidationError) as refused:
            enter_event(only(case), by=by, on=date(2024, 5, 28))
        assert "reason" in refused.value.message_dict
        row = enter_event(only(case), by=by, on=date(2024, 5, 28), reason="Stamp")
        assert (row.started_on, row.state, row.ended_on) == (
            date(2024, 5, 28),
            "done",
            date(2024, 5, 31),
        )
        row = enter_event(row, by=by, on=date(2024, 6, 3), reason="Second letter")
        assert (row.started_on, row.state, row.ended_on) == (date(2024, 6, 3), "open", None)

    def test_receipt_is_not_entered_of_what_somebody_ended(self):
        case = case_with(PAPERS)
        by = self.caseworker(case)
        drop_deadline(only(case), by=by, reason="Known")
        with pytest.raises(ValidationError):
            enter_event(only(case), by=by, on=date(2024, 5, 29), reason="Stamp")
        assert only(case).started_on is None

    def test_agreed_day(self):
        case = case_with(INDIVIDUAL)
        assert due(case) == {"individual": (None, "open")}
        by = self.caseworker(case)
        # Nobody works on that Sunday, but it was agreed on.
        row = agree_day(only(case), by=counsellor_of(case).user, until=date(2024, 6, 30))
        assert (row.due_on, row.is_extended) == (date(2024, 6, 30), False)
        with pytest.raises(ValidationError, match="agreed on already|bereits vereinbart"):
            agree_day(row, by=by, until=date(2024, 7, 1))
        row = finish_deadline(row, by=by, on=date(2024, 6, 20))
        assert (row.state, row.ending, row.ended_on) == ("done", "person", date(2024, 6, 20))

    def test_day_of_a_document_is_entered(self):
        """C8: submitted on 29.05.2024, to be checked by 03.06."""
        case = case_with(PAPERS)
        assert due(case) == {"papers": (None, "open")}
        row = enter_event(only(case), by=self.caseworker(case), on=date(2024, 5, 29))
        assert (row.started_on, row.due_on) == (date(2024, 5, 29), date(2024, 6, 3))
        with pytest.raises(ValidationError):
            enter_event(row, by=self.caseworker(case), on=date(2024, 5, 28))
        row = enter_event(row, by=self.caseworker(case), on=date(2024, 5, 28), reason="stamp")
        assert row.due_on == date(2024, 5, 31)

    def test_provider_does_not_decide_about_what_the_body_has_to_do(self):
        case = case_with(PAPERS)
        with pytest.raises(ValidationError):
            enter_event(only(case), by=counsellor_of(case).user, on=date(2024, 5, 29))
        assert only(case).started_on is None

    def test_stranger_decides_nothing(self):
        case = case_with(FIRST_TALK)
        stranger = make_member(make_organisation(), roles=["counsellor"]).user
        with pytest.raises(ValidationError):
            extend_deadline(only(case), by=stranger, until=date(2024, 7, 1), reason="x")

    def test_nobody_ticks_off_what_an_event_meets(self):
        case = case_with(FIRST_TALK)
        with pytest.raises(ValidationError):
            finish_deadline(only(case), by=self.caseworker(case), on=date(2024, 5, 20))
        assert only(case).state == "open"

    def test_dropped_stays_dropped_until_somebody_takes_it_back(self):
        case = case_with(FIRST_TALK)
        by = self.caseworker(case)
        drop_deadline(only(case), by=by, reason="Known from before")
        record(case, date(2024, 5, 23))
        assert (only(case).state, only(case).ending) == ("dropped", "person")
        reopen_deadline(only(case), by=by, reason="Needed after all")
        assert (only(case).state, only(case).ending) == ("done", "record")


def test_day_that_counts_is_the_one_its_rule_explains():
    """The stored day is the last step of its explanation, for each day of two years."""
    contract = contract_with(FIRST_TALK)
    with following_once(), acting_as(somebody()):
        days = [date(2024, 1, 1) + timedelta(days=each) for each in range(0, 730, 23)]
        for day in days:
            make_case(contract, assigned_on=day)
    rule, calendar = DeadlineRule(14), Calendar("NW")
    found = dict(Deadline.objects.values_list("started_on", "due_on"))
    assert found == {day: rule.steps(day, calendar)[-1].day for day in days}


class TestFiles:
    def decided(self):
        case = case_with(FIRST_TALK, INDIVIDUAL, PAPERS, FEEDBACK)
        by = make_member(case.contract.commissioning_body, roles=["caseworker"]).user
        rows = {row.standard.key: row for row in case.deadlines.select_related("standard")}
        extend_deadline(rows["first-talk"], by=by, until=date(2024, 6, 14), reason="Holiday")
        agree_day(rows["individual"], by=by, until=date(2024, 6, 28))
        enter_event(rows["papers"], by=by, on=date(2024, 5, 29))
        drop_deadline(rows["feedback"], by=by, reason="Known")
        return case

    def said(self, case):
        names = ("due_on", "state", "ending", "ended_on", "started_on", "extended_to", "reason")
        rows = case.deadlines.order_by("standard__key")
        return list(rows.values_list("standard__key", *names))

    def test_decisions_come_back(self, tmp_path):
        case = self.decided()
        said = self.said(case)
        files = export_files(tmp_path / "first")
        with acting_as(somebody()):
            for row in case.deadlines.all():
                row.delete()
            follow_deadlines([case.pk])
            assert self.said(case) != said
            import_files([tmp_path / "first" / "75-deadlines.yaml"], save=True)
        assert self.said(case) == said
        again = export_files(tmp_path / "second")
        name = "75-deadlines.yaml"
        assert {path.name: count for path, count in files.items()}[name] == 4
        assert [path.name for path in again] == [path.name for path in files]
        first, second = (tmp_path / each / name for each in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()

    @pytest.mark.parametrize("dropped", [False, True], ids=["extended", "dropped"])
    def test_decisions_come_back_also_where_their_event_does_not_count_any_more(
        self, dropped, tmp_path
    ):
        case = case_with(GROUP)
        by = make_member(case.contract.commissioning_body, roles=["caseworker"]).user
        first = record(case, date(2024, 5, 20), session=True)
        extend_deadline(only(case), by=by, until=date(2024, 6, 14), reason="Holiday")
        if dropped:
            drop_deadline(only(case), by=by, reason="Known")
        withdraw_record(first, version=first.version, reason="Double", by=by)
        file = tmp_path / "75-deadlines.yaml"
        export_files(tmp_path)
        said, stood = file.read_bytes(), (only(case).state, only(case).ending)
        only(case).delete()
        with acting_as(by):
            import_files([file], save=True)
        assert (only(case).state, only(case).ending) == stood
        export_files(tmp_path)
        assert file.read_bytes() == said
        record(case, date(2024, 5, 21))
        assert (only(case).due_on, only(case).state) == (
            date(2024, 6, 14),
            "dropped" if dropped else "open",
        )

    def test_what_nobody_decided_is_in_no_file(self, tmp_path):
        case_with(FIRST_TALK)
        assert "75-deadlines.yaml" not in [path.name for path in export_files(tmp_path)]

    @pytest.mark.parametrize("what", ["case", "standard"])
    def test_decision_about_nothing_that_the_contract_sets_is_refused(self, what, tmp_path):
        self.decided()
        export_files(tmp_path)
        file = tmp_path / "75-deadlines.yaml"
        file.write_text(re.sub(rf"\b{what}: .+", f"{what}: unknown", file.read_text(), count=1))
        with acting_as(somebody()), pytest.raises(ExchangeError, match="keine Frist"):
            import_files([file], save=True)

    def test_other_decision_than_stored_is_refused(self, tmp_path):
        case = self.decided()
        export_files(tmp_path)
        file = tmp_path / "75-deadlines.yaml"
        file.write_text(file.read_text().replace("2024-06-14", "2024-06-15"))
        with acting_as(somebody()), pytest.raises(ExchangeError):
            import_files([file], save=True)
        assert case.deadlines.get(standard__key="first-talk").due_on == date(2024, 6, 14)


def test_an_annex_that_follows_the_newest_edition_brings_its_standards_from_its_day():
    first = make_description(FIRST_TALK, key="outreach")
    contract = make_contract(annexes=[description_annex(first) | {"adapted_by": "newest"}])
    author, approver = make_user(), make_user()
    publish(
        first.description,
        DescriptionContent(title="Outreach", offer=["Help"], standards=[FIRST_TALK | {"days": 21}]),
        applies_from=date(2024, 6, 1),
        authors=[author],
        approver=approver,
    )
    before, after = (
        make_case(contract, assigned_on=day) for day in (date(2024, 5, 31), date(2024, 6, 3))
    )
    assert only(before).due_on == date(2024, 6, 14)
    assert only(after).due_on == date(2024, 6, 24)


def test_an_annex_that_both_parties_adapted_brings_what_they_agreed_on():
    first = make_description(FIRST_TALK, key="outreach")
    second = make_description(FIRST_TALK | {"days": 21}, key="outreach")
    annex = description_annex(first) | {"adapted_by": "agreement"}
    contract = make_contract(annexes=[annex])
    director = make_member(contract.commissioning_body, roles=["director"]).user
    lead = make_member(contract.provider, roles=["provider_lead"]).user
    adaptation = adapt_annex(
        contract, annex["key"], second.number, by=lead, applies_from=date(2024, 6, 1),
        reason="As both wish",
    )  # fmt: skip
    assert only(make_case(contract, assigned_on=date(2024, 6, 3))).due_on == date(2024, 6, 17)
    agree_to_adaptation(adaptation, by=director, party=contract.commissioning_body)
    before, after = (
        make_case(contract, assigned_on=day) for day in (date(2024, 5, 31), date(2024, 6, 3))
    )
    assert only(before).due_on == date(2024, 6, 14)
    assert only(after).due_on == date(2024, 6, 24)


class TestLead:
    """From when on what is overdue concerns the lead as well, as the standard says."""

    @pytest.mark.parametrize(
        ("said", "day"),
        [
            pytest.param({}, date(2024, 6, 7), id="a week where nothing else is said"),
            pytest.param({"lead_after": 2}, date(2024, 6, 2), id="days, also on a weekend"),
            pytest.param({"lead_after": 0}, date(2024, 5, 31), id="at once"),
        ],
    )
    def test_is_said_by_the_standard(self, said, day):
        assert only(case_with(FIRST_TALK | said)).lead_on == day

    def test_moves_with_an_extension(self):
        row = only(case := case_with(FIRST_TALK | {"lead_after": 2}))
        extend_deadline(
            row, by=counsellor_of(case).user, until=date(2024, 6, 14), reason="On holiday"
        )
        row.refresh_from_db()
        assert row.lead_on == date(2024, 6, 16)

    def test_follows_an_agreed_day(self):
        row = only(case := case_with(INDIVIDUAL | {"lead_after": 3}))
        assert row.lead_on is None
        agree_day(row, by=counsellor_of(case).user, until=date(2024, 6, 14))
        row.refresh_from_db()
        assert row.lead_on == date(2024, 6, 17)

    def test_of_before_it_was_said_is_made_up_for_by_the_daily_chore(self):
        row = only(case_with(FIRST_TALK))
        Deadline.objects.update(lead_on=None)
        call_command("follow_deadlines")
        row.refresh_from_db()
        assert row.lead_on == date(2024, 6, 7)
