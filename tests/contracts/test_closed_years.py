"""Years that finance has closed: nothing is dated in them, whatever the path."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from base.asking import ANSWER
from base.trail.pages import trail_page
from base.trail.sources import Wanted
from contracts.actions.close_year import close_year, reopen_year
from contracts.actions.pay_instalment import change_instalment, pay_instalment
from contracts.billing import Period
from contracts.models import ClosedYear
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_statement import compute_statement
from jobs.actions.issue_statement import issue_statement
from jobs.actions.release_statement import release_statement
from jobs.models import Statement
from tests.factories import (
    make_case,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_user,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

MARCH = Period.parse("2024-03")
DAY = date(2025, 1, 31)


@kept
def released() -> Statement:
    """A statement for March 2024, released on 31.01.2025, that somebody may issue."""
    case = make_case(make_contract())
    make_record(case)
    draft, _changed = compute_statement(case.contract, MARCH)
    return release_statement(check_statement(draft, by=make_user()), by=make_user(), on=DAY)


@pytest.fixture
def body(released):
    return released.contract.commissioning_body


def test_nothing_is_issued_in_a_closed_year(released, body):
    close_year(body, 2025, by=make_user())
    with pytest.raises(ValidationError, match="2025 abgeschlossen"):
        issue_statement(released, by=released.released_by, on=date(2025, 12, 31))
    released.refresh_from_db()
    assert (released.status, released.number) == ("released", "")
    assert issue_statement(released, by=released.released_by).issued_on == timezone.localdate()


def test_another_body_has_books_of_its_own(released):
    other = make_organisation("another-body", kind="commissioning_body")
    close_year(other, 2025, by=make_user())
    assert issue_statement(released, by=released.released_by, on=DAY).issued_on == DAY


@pytest.mark.parametrize(
    ("on", "refusal"),
    [
        (DAY - timedelta(days=1), "vor ihrer Freigabe am 2025-01-31"),
        # Midnight may pass between this line and the test.
        (timezone.localdate() + timedelta(days=2), "in der Zukunft"),
    ],
)
def test_a_day_of_issue_that_cannot_be(released, on, refusal):
    with pytest.raises(ValidationError, match=refusal):
        issue_statement(released, by=released.released_by, on=on)


def test_the_database_knows_that_release_comes_first(released):
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.filter(pk=released.pk).update(issued_on=DAY - timedelta(days=1))


def test_a_year_is_closed_once_and_only_when_over(body):
    closed = close_year(body, 2024, by=make_user())
    assert closed.closed_on == timezone.localdate()
    with pytest.raises(ValidationError, match="bereits abgeschlossen"):
        close_year(body, 2024, by=make_user())
    with pytest.raises(ValidationError, match="noch nicht vorbei"):
        close_year(body, timezone.localdate().year, by=make_user())


def test_opening_again_needs_a_reason_and_stays_on_record(body):
    person = make_user()
    closed = close_year(body, 2024, by=person)
    with pytest.raises(ValidationError, match="nur mit Begründung"):
        reopen_year(closed, by=person, reason=" \n ")
    reopen_year(closed, by=person, reason=" The audit found a double entry. ")
    closed.refresh_from_db()
    assert closed.reopening_reason == "The audit found a double entry."
    with pytest.raises(ValidationError, match="offen"):
        reopen_year(closed, by=person, reason="again")
    close_year(body, 2024, by=person)
    told = closed.history.order_by("history_id").values_list("history_user_id", "reopening_reason")
    assert list(told) == [
        (person.pk, ""), (person.pk, "The audit found a double entry."), (person.pk, ""),
    ]  # fmt: skip


def test_the_trail_calls_a_year_by_its_number(body):
    close_year(body, 2024, by=make_user())
    auditor = get_user_model().objects.get(pk=make_member(body, roles=["auditor"]).user_id)
    titles = [entry.title for entry in trail_page(Wanted(user=auditor), most=50).entries]
    assert any(title.endswith("· 2024") for title in titles)
    assert not any("2.024" in title for title in titles)


def test_no_instalment_is_dated_in_a_closed_year(released, body):
    paid = {"amount": Decimal("10.00"), "period": MARCH}
    by = make_user()
    before = pay_instalment(released.contract, paid_on=date(2024, 3, 1), by=by, **paid)
    close_year(body, 2024, by=by)
    with pytest.raises(ValidationError, match="2024 abgeschlossen"):
        pay_instalment(released.contract, paid_on=date(2024, 3, 2), by=by, **paid)
    with pytest.raises(ValidationError, match="2024 abgeschlossen"):
        change_instalment(before, by=by, reason="typo", paid_on=date(2024, 3, 2), **paid)
    again = paid | {"amount": Decimal("11.00")}
    change_instalment(before, by=by, reason="typo", paid_on=before.paid_on, **again)


def test_the_screen_says_what_is_closed_and_what_stays_open(client, released, body):
    finance = make_user()
    make_member(body, roles=["finance"], user=finance)
    client.force_login(finance)
    draft_case = make_case(released.contract)
    make_record(draft_case, day=date(2024, 4, 4))
    compute_statement(released.contract, Period.parse("2024-04"))
    asked = client.post(reverse("close-year"), {"body": body.pk, "year": "2024"})
    page = asked.content.decode()
    assert "2 Abrechnungen für dieses Jahr sind noch offen, zusammen 120,00" in page
    assert not ClosedYear.objects.exists()
    # What was told is not so any more: it is told again.
    issue_statement(released, by=released.released_by, on=DAY)
    values = {"body": body.pk, "year": "2024", ANSWER: asked.context["confirmation"].value}
    asked = client.post(reverse("close-year"), values)
    assert "1 Abrechnung für dieses Jahr ist noch offen, 60,00" in asked.content.decode()
    assert not ClosedYear.objects.exists()
    values |= {ANSWER: asked.context["confirmation"].value}
    assert client.post(reverse("close-year"), values).status_code == 302
    assert ClosedYear.objects.get().year == 2024
    assert "2024" in client.get(reverse("closed-years")).content.decode()


def test_a_provider_knows_nothing_of_it(client, released, body):
    close_year(body, 2024, by=make_user())
    lead = make_user()
    make_member(released.contract.provider, roles=["provider_lead"], user=lead)
    assert not ClosedYear.objects.visible_to(lead, "contracts.view_closedyear").exists()
    client.force_login(lead)
    assert client.get(reverse("closed-years")).status_code == 403
