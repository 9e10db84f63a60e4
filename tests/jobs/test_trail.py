"""Statements, reports and runs in the trail, and a statement as it was known."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model

from base.acting import acting_as
from base.trail.knowing import known
from base.trail.pages import trail_page
from base.trail.registry import find
from base.trail.sources import Wanted
from contracts.billing import Period
from jobs import runs
from jobs.actions.assess_report import draft_assessment, submit_assessment
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.actions.return_statement import return_statement
from jobs.models import Statement
from tests.factories import (
    issue_by_two,
    make_case,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_user,
)

MARCH = Period.parse("2024-03")
NOON = datetime(2031, 5, 2, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def person(role: str, organisation=None):
    member = make_member(organisation or make_commissioning_body(), roles=[role])
    return get_user_model().objects.get(pk=member.user_id)


def told(user, **wanted):
    return trail_page(Wanted(user=user, **wanted)).entries


@pytest.fixture
def auditor():
    return person("auditor")


@pytest.fixture
def case():
    case = make_case(make_contract("C-1"))
    make_record(case, minutes=60)
    return case


@pytest.fixture
def draft(case) -> Statement:
    with acting_as(None, at=NOON):
        return compute_statement(case.contract, MARCH)[0]


def test_check_and_return_are_one_entry_each(auditor, draft):
    """The event, with what it changed in the statement: by whom, from which state, why."""
    checker = make_user("checker", first_name="Cleo", last_name="Prüfer")
    with acting_as(None, at=NOON + timedelta(days=1)):
        check_statement(draft, by=checker)
    with acting_as(None, at=NOON + timedelta(days=2)):
        return_statement(draft, by=checker, reason="hours of K-1 are missing")

    returned, checked = told(auditor, about=(draft,))[:2]

    assert (checked.kind, checked.actor) == ("statement_checked", "Cleo Prüfer")
    assert ("Entwurf", "geprüft") in [(c.old, c.new) for c in checked.changes]
    assert (returned.kind, returned.reason) == (
        "statement_returned",
        "hours of K-1 are missing",
    )


def test_statement_is_found_by_its_number(auditor, draft):
    with acting_as(None, at=NOON + timedelta(days=1)):
        issued = issue_by_two(draft)
    assert find(auditor, issued.number.lower()) == (issued,)
    assert find(person("provider_lead", make_organisation("foreign")), issued.number) == ()


class TestKnown:
    def sections(self, statement, days, user):
        found = known(statement, NOON + timedelta(days=days), user)
        return found, {str(section.title): section for section in found.sections}

    def test_before_it_was_computed(self, auditor, draft):
        found, _sections = self.sections(draft, -1, auditor)
        assert found.facts == []

    def test_draft_computed_again_since_has_lost_its_lines(self, auditor, case, draft):
        make_record(case, minutes=120)
        with acting_as(None, at=NOON + timedelta(days=2)):
            compute_statement(case.contract, MARCH)

        then, sections_then = self.sections(draft, 1, auditor)
        now, sections_now = self.sections(draft, 2, auditor)

        assert dict(then.facts)["Gesamtbetrag"] == "60,00\u00a0€"
        assert dict(now.facts)["Gesamtbetrag"] == "180,00\u00a0€"
        lines_then, lines_now = (list(s.values())[0] for s in (sections_then, sections_now))
        assert (list(lines_then.rows), bool(lines_then.note)) == ([], True)
        assert [row[-1] for row in lines_now.rows] == ["180,00\u00a0€"]

    def test_events_until_then_alone(self, auditor, draft):
        with acting_as(None, at=NOON + timedelta(days=1)):
            check_statement(draft, by=make_user())
        counts = []
        for days in (0, 1):
            _found, sections = self.sections(draft, days, auditor)
            counts.append(len(list(sections.values())[1].rows))
        assert counts == [1, 2]


def test_run_tells_what_it_did(auditor, case):
    run = runs.claim("statements", MARCH, case.contract.number, holder=runs.new_holder())
    runs.carry_out(run)
    (entry,) = told(auditor, kinds=frozenset({"run"}))
    assert "März 2024 · C-1" in entry.title
    assert entry.about is None
    assert told(person("provider_lead", case.contract.provider), kinds=frozenset({"run"})) == []


def test_what_was_written_before_submission_stays_the_writers(auditor, case):
    """Whoever sees a submitted assessment does not see its drafts."""
    lead = person("provider_lead", case.contract.provider)
    report = compute_report(case.contract, Period.parse("2024-H1"))[0].report
    draft_assessment(report, by=lead, text="a first thought", figures=1)
    things = frozenset({"jobs.assessment"})
    assert len(told(lead, things=things)) == 1
    assert told(auditor, things=things) == []

    draft_assessment(report, by=lead, text="what we say", figures=1)
    submit_assessment(report, by=lead)

    assert len(told(lead, things=things)) == 3
    (seen,) = told(auditor, things=things)
    assert "a first thought" not in str(seen.changes)
