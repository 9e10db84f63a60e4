"""The reasons chosen for changed and withdrawn records, beside the causes of a correction."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.facts import change, withdraw
from contracts.billing import Period
from contracts.rights import GRANTS
from forms.models import RecordReason
from jobs.actions.compute_statement import compute_statement
from jobs.documents.statement import statement_context
from jobs.explanation.amounts import explain, sees_all_sources
from jobs.explanation.reasons import captions_of
from tests.factories import (
    HOURLY,
    amend,
    issue_by_two,
    make_case,
    make_commissioning_body,
    make_contract,
    make_member,
    make_record,
    reason,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2024-03")
RECORDS = "forms.view_servicerecord"
NOTE = "Frau M. rief dreimal an"


def user_of(member):
    """The person as they sign in, without what was looked up for another one."""
    return type(member.user).objects.get(pk=member.user.pk)


@kept
def contract():
    return make_contract()


@pytest.fixture
def correction(contract):
    """Of two cases, one record was changed twice and one withdrawn; a third came late."""
    one, two = make_case(contract, "F-1"), make_case(contract, "F-2")
    changed = make_record(one, day=date(2024, 3, 4), minutes=60)
    gone = make_record(two, day=date(2024, 3, 4), minutes=60)
    issue_by_two(compute_statement(contract, MARCH)[0])
    changed = change(changed, chosen_reason=reason("queried"), minutes=75)
    change(changed, chosen_reason=reason("mistyped"), reason=NOTE, minutes=90)
    withdraw(gone, chosen_reason=reason("recorded-twice"), reason=NOTE)
    make_record(make_case(contract, "F-3"), day=date(2024, 3, 5), minutes=30)
    return compute_statement(contract, MARCH)[0]


def captions(statement) -> dict:
    lines = list(statement.lines.select_related("case"))
    found = captions_of(statement, lines)
    return {line.case.number: found.get(line.pk, "") for line in lines}


def words(*keys) -> str:
    return ", ".join(RecordReason.objects.get(key=key).label for key in keys)


def test_each_line_names_the_reasons_of_the_versions_since_it_was_charged(correction):
    assert captions(correction) == {
        "F-1": words("queried", "mistyped"),
        "F-2": words("recorded-twice"),
        "F-3": "",
    }


def test_the_letter_and_the_printed_explanation_say_them_and_never_the_note(correction):
    letter = {
        line["details"][-3:]: line["cause"] for line in statement_context(correction)["lines"]
    }
    text = "\n".join(explain(correction))

    assert letter["F-2"].endswith(f"({words('recorded-twice')})")
    assert "(" not in letter["F-3"]
    assert f"gewählter Grund: {words('queried', 'mistyped')}" in text
    assert NOTE not in text and NOTE not in str(letter)


@pytest.mark.parametrize("explained", ["", "?explained=1"])
def test_finance_reads_the_caption_and_not_the_note(client, correction, explained):
    member = make_member(make_commissioning_body(), roles=["finance"])
    client.force_login(member.user)

    page = client.get(reverse("statement", args=[correction.pk]) + explained).content.decode()

    assert words("recorded-twice") in page and NOTE not in page
    line = correction.lines.get(case__number="F-2")
    page = client.get(reverse("statement-line", args=[line.pk])).content.decode()
    assert words("recorded-twice") in page and NOTE not in page


def test_who_may_not_see_records_reads_no_caption(client, correction, monkeypatch):
    """Whatever roles are granted: the right to the source decides."""
    granted = [role for role in GRANTS[RECORDS] if role != "finance"]
    monkeypatch.setitem(GRANTS, RECORDS, type(GRANTS[RECORDS])(granted))
    member = make_member(make_commissioning_body(), roles=["finance"])
    client.force_login(member.user)

    line = correction.lines.get(case__number="F-2")
    pages = [
        client.get(reverse("statement", args=[correction.pk]) + "?explained=1"),
        client.get(reverse("statement-line", args=[line.pk])),
    ]

    assert all(words("recorded-twice") not in page.content.decode() for page in pages)


def test_a_letter_that_says_why_records_went_is_for_who_may_see_records(correction, monkeypatch):
    correction.lines.exclude(case__number="F-2").delete()
    assert correction.lines.get().sources == ""
    granted = [role for role in GRANTS[RECORDS] if role != "finance"]
    monkeypatch.setitem(GRANTS, RECORDS, type(GRANTS[RECORDS])(granted))
    body = make_commissioning_body()
    may = {
        role: sees_all_sources(correction, user_of(make_member(body, roles=[role])))
        for role in ("finance", "manager")
    }
    assert may == {"finance": False, "manager": True}


def test_a_caption_stays_as_it_read_when_the_statement_was_computed(correction):
    before = captions(correction)
    changed = reason("recorded-twice")
    changed.label = "etwas anderes"
    changed.save()

    assert captions(correction) == before


def test_what_is_changed_after_the_correction_is_not_its_reason(contract, correction):
    record = contract.service_records.get(case__number="F-1")
    change(record, chosen_reason=reason("other"), reason=NOTE, minutes=95)

    assert captions(correction)["F-1"] == words("queried", "mistyped")


def test_a_change_that_was_charged_in_another_line_is_no_reason(contract):
    """The record was changed and billed so; then another rate made its days a line of their own."""
    case = make_case(contract, "F-1")
    record = make_record(case, day=date(2024, 3, 20), minutes=60)
    record = change(record, chosen_reason=reason("mistyped"), minutes=75)
    issue_by_two(compute_statement(contract, MARCH)[0])
    amend(
        contract,
        applies_from=date(2024, 3, 16),
        remuneration=[HOURLY | {"rates": [{"amount": "66.00"}]}],
    )
    again = compute_statement(contract, MARCH)[0]

    lines = list(again.lines.order_by("first"))
    assert [(line.first.day, line.amount) for line in lines] == [
        (1, Decimal("-75.00")),
        (16, Decimal("82.50")),
    ]
    assert captions_of(again, lines) == {}

    change(record, chosen_reason=reason("queried"), minutes=60)
    again = compute_statement(contract, MARCH)[0]

    found = captions_of(again, list(again.lines.all()))
    assert set(found.values()) == {words("queried")}


def test_however_few_keys_one_query_takes_the_words_are_the_same(correction, monkeypatch):
    known = statement_context(correction), list(explain(correction))
    monkeypatch.setattr("base.history.BATCH", 1)

    assert (statement_context(correction), list(explain(correction))) == known


def test_an_original_has_none(contract, correction):
    assert captions(correction.corrects) == {"F-1": "", "F-2": ""}


def test_the_printed_explanation_asks_once_what_was_charged(correction):
    """Sources are asked for by line: there may be many. The rest is not."""
    asked = []
    for position in (1, None):
        with CaptureQueriesContext(connection) as queries:
            list(explain(correction, position))
        asked.append(sum('FROM "jobs_statementline"' in query["sql"] for query in queries))
    assert asked[0] == asked[1] == 2


def test_queries_do_not_grow_with_lines(contract, correction):
    lines = list(correction.lines.all())
    asked = []
    for some in (lines[:1], lines):
        with CaptureQueriesContext(connection) as queries:
            captions_of(correction, some)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 5
