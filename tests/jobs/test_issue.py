"""Checked by one person, issued by another, numbered without gaps, frozen for good."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from base.facts import change, withdraw
from base.immutability import opened_gate
from contracts.billing import Period
from jobs.actions.compute_statement import compute_statement
from jobs.actions.issue_statement import check_statement, issue_statement, return_statement
from jobs.integrity import statements_and_reports_match_their_seals
from jobs.models import Statement, StatementEvent, StatementLine
from jobs.statements import run_one
from tests.factories import (
    amend,
    make_case,
    make_contract,
    make_instalment,
    make_organisation,
    make_plan,
    make_record,
    make_user,
)

MARCH = Period.parse("2024-03")
pytestmark = pytest.mark.django_db


@pytest.fixture
def checker():
    return make_user("checker")


@pytest.fixture
def issuer():
    return make_user("issuer")


@pytest.fixture
def case():
    case = make_case(make_contract())
    make_record(case)
    return case


@pytest.fixture
def draft(case) -> Statement:
    return compute_statement(case.contract, MARCH)[0]


@pytest.fixture
def checked(draft, checker) -> Statement:
    return check_statement(draft, by=checker)


@pytest.fixture
def issued(checked, issuer) -> Statement:
    return issue_statement(checked, by=issuer)


def events(statement: Statement) -> list[str]:
    return list(statement.events.order_by("pk").values_list("kind", flat=True))


def numbers(statements) -> list[int]:
    return [int(statement.number.rsplit("-", 1)[1]) for statement in statements]


def billed(provider, person, other, *, on: date) -> Statement:
    case = make_case(make_contract(provider=make_organisation(provider)))
    make_record(case)
    draft, _changed = compute_statement(case.contract, MARCH)
    return issue_statement(check_statement(draft, by=person), by=other, on=on)


def test_numbers_count_by_provider_and_year(checker, issuer):
    days = [date(2024, 4, 2), date(2025, 1, 3), date(2024, 4, 1)]
    first = [billed("p-one", checker, issuer, on=day) for day in days]
    second = [billed("p-two", checker, issuer, on=day) for day in days]
    assert numbers(first) == numbers(second) == [1, 1, 2]
    assert len({statement.number for statement in (*first, *second)}) == 6
    assert ["-2024-" in statement.number for statement in first] == [True, False, True]


def test_a_refused_statement_takes_no_number(checker, issuer):
    day = date(2024, 4, 2)
    one = billed("p-one", checker, issuer, on=day)
    case = make_case(make_contract(provider=one.contract.provider))
    make_record(case)
    draft, _changed = compute_statement(case.contract, MARCH)
    checked = check_statement(draft, by=checker)
    with pytest.raises(RuntimeError), transaction.atomic():
        issue_statement(checked, by=issuer, on=day)
        raise RuntimeError
    with pytest.raises(ValidationError):
        issue_statement(checked, by=checker, on=day)
    assert numbers([one, issue_statement(checked, by=issuer, on=day)]) == [1, 2]


def test_issued_it_says_who_when_and_what(issued, checker, issuer):
    assert (issued.checked_by, issued.issued_by) == (checker, issuer)
    assert issued.issued_on == timezone.localdate()
    assert events(issued) == ["computed", "checked", "issued"]
    last = issued.events.order_by("pk").last()
    assert last.actor_number == issuer.pk
    assert issued.problems() == []


def test_two_persons(checked, checker):
    with pytest.raises(ValidationError):
        issue_statement(checked, by=checker)
    checked.refresh_from_db()
    assert (checked.status, checked.number) == ("checked", "")


def test_the_database_wants_two_persons_too(checked, checker):
    with pytest.raises(IntegrityError, match="checker_does_not_issue"):
        with transaction.atomic():
            Statement.objects.filter(pk=checked.pk).update(issued_by=checker)


def test_only_what_is_checked_is_issued(draft, issuer):
    with pytest.raises(ValidationError):
        issue_statement(draft, by=issuer)


def test_nothing_is_checked_or_issued_twice(issued, checker, issuer):
    for action in (check_statement, issue_statement):
        with pytest.raises(ValidationError):
            action(issued, by=make_user())
    with pytest.raises(ValidationError):
        return_statement(issued, by=checker, reason="too late")


def test_a_stale_object_changes_nothing(draft, checker, issuer):
    stale = Statement.objects.get(pk=draft.pk)
    issue_statement(check_statement(draft, by=checker), by=issuer)
    with pytest.raises(ValidationError):
        check_statement(stale, by=checker)


def test_where_nothing_was_done_there_is_no_statement():
    assert compute_statement(make_contract(), MARCH) == (None, False)


def test_without_lines_nothing_is_checked(draft, case, checker):
    gone(case)
    empty, _changed = compute_statement(case.contract, MARCH)
    assert (empty.pk, empty.lines.count()) == (draft.pk, 0)
    with pytest.raises(ValidationError):
        check_statement(empty, by=checker)


def more(case):
    make_record(case)


def other_minutes(case):
    change(case.service_records.get(), reason="mistyped", minutes=61)


def gone(case):
    withdraw(case.service_records.get(), reason="entered twice")


def new_edition(case):
    terms = case.contract.editions.get().content["remuneration"][0]
    amend(
        case.contract, applies_from=date(2024, 2, 1),
        remuneration=[terms | {"rates": [{"amount": "61.00"}]}],
    )  # fmt: skip


def paid(case):
    make_instalment(case.contract, "10.00", first=MARCH.first, last=MARCH.last)


CHANGES = [more, other_minutes, gone, new_edition, paid]


@pytest.mark.parametrize("happens", CHANGES)
def test_changed_inputs_are_refused(happens, checked, case, issuer):
    happens(case)
    with pytest.raises(ValidationError):
        issue_statement(checked, by=issuer)
    checked.refresh_from_db()
    assert checked.status == "checked"


@pytest.mark.parametrize("happens", CHANGES)
def test_a_draft_is_checked_as_it_is_today(happens, draft, case, checker):
    happens(case)
    with pytest.raises(ValidationError):
        check_statement(draft, by=checker)


@pytest.mark.parametrize("happens", CHANGES)
@pytest.mark.parametrize("period", ["2024-03", "2024-04"])
def test_the_next_run_returns_what_was_checked(happens, period, checked, case):
    happens(case)
    run_one(case.contract, Period.parse(period))
    checked.refresh_from_db()
    assert (checked.status, checked.checked_by) == ("draft", None)
    assert events(checked) == ["computed", "checked", "returned", "computed"]
    assert checked.events.get(kind="returned").reason


def test_what_does_not_matter_changes_nothing(checked, case, issuer):
    make_record(case, day=date(2024, 4, 2))
    make_plan(case, "12")
    run_one(case.contract, Period.parse("2024-04"))
    assert issue_statement(checked, by=issuer).total == Decimal("60.00")


def test_a_run_is_repeated_without_a_trace(case):
    first = run_one(case.contract, MARCH)
    before = [list(model.objects.order_by("pk").values()) for model in STORED]
    second = run_one(case.contract, MARCH)
    assert [list(model.objects.order_by("pk").values()) for model in STORED] == before
    assert ([row["changed"] for row in first], [row["changed"] for row in second]) == (
        [True], [False],
    )  # fmt: skip
    assert [row | {"changed": True} for row in second] == first


STORED = (Statement, StatementLine, StatementEvent, Statement.history.model)


def test_returned_with_a_reason(checked, checker):
    with pytest.raises(ValidationError):
        return_statement(checked, by=checker, reason="  ")
    returned = return_statement(checked, by=checker, reason="File 12 is missing.")
    assert (returned.status, returned.checked_by) == ("draft", None)
    event = returned.events.get(kind="returned")
    assert (event.reason, event.actor_number) == ("File 12 is missing.", checker.pk)
    assert returned.history.latest().history_change_reason == "File 12 is missing."
    assert check_statement(returned, by=checker).status == "checked"


def test_a_late_instalment_is_a_correction_without_lines(issued, case, checker, issuer):
    paid(case)
    correction, changed = compute_statement(case.contract, MARCH)
    assert (changed, correction.total) == (True, Decimal("0.00"))
    assert (correction.instalments, correction.balance) == (Decimal("10.00"), Decimal("-10.00"))
    again = issue_statement(check_statement(correction, by=checker), by=issuer)
    assert again.problems() == []
    assert compute_statement(case.contract, MARCH) == (None, False)


@pytest.mark.parametrize(
    ("first", "last", "month"),
    [
        (date(2024, 3, 1), date(2024, 3, 31), "2024-03"),
        (date(2024, 1, 1), date(2024, 3, 31), "2024-03"),
        (date(2024, 3, 15), date(2024, 4, 14), "2024-04"),
    ],
)
def test_an_instalment_is_settled_once_where_its_time_ends(case, first, last, month):
    make_instalment(case.contract, "10.10", first=first, last=last)
    make_instalment(case.contract, "0.20", first=first, last=last)
    for name in ("2024-02", "2024-03", "2024-04", "2024-05"):
        compute_statement(case.contract, Period.parse(name))
    settled = Statement.objects.exclude(instalments=0).get()
    assert (str(settled.period), settled.instalments) == (month, Decimal("10.30"))


def test_what_was_paid_for_nothing_is_shown(checker, issuer):
    contract = make_contract()
    make_instalment(contract, "10.00", first=MARCH.first, last=MARCH.last)
    statement, _changed = compute_statement(contract, MARCH)
    assert statement.balance == Decimal("-10.00")
    assert issue_statement(check_statement(statement, by=checker), by=issuer).number


LOCKED = {
    "total": "UPDATE jobs_statement SET total = total + 1 WHERE id = %s",
    "status": "UPDATE jobs_statement SET status = 'draft' WHERE id = %s",
    "statement": "DELETE FROM jobs_statement WHERE id = %s",
    "amount": "UPDATE jobs_statementline SET quantity = 7 WHERE statement_id = %s",
    "lines": "DELETE FROM jobs_statementline WHERE statement_id = %s",
    "away": "UPDATE jobs_statementline SET statement_id = NULL WHERE statement_id = %s",
    "events": "DELETE FROM jobs_statementevent WHERE statement_id = %s",
    "history": "UPDATE jobs_historicalstatement SET total = 0 WHERE id = %s",
}


def run(sql: str, statement: Statement) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [statement.pk])


@pytest.mark.parametrize("what", LOCKED)
def test_issued_it_is_frozen(what, issued):
    with pytest.raises(IntegrityError, match="frozen: "):
        run(LOCKED[what], issued)


@pytest.mark.parametrize("what", ["amount", "lines"])
def test_checked_lines_are_frozen(what, checked):
    with pytest.raises(IntegrityError, match="frozen: "):
        run(LOCKED[what], checked)


def test_no_line_is_added_to_what_is_issued(issued):
    line = issued.lines.get()
    line.pk, line.key = None, "another"
    with pytest.raises(IntegrityError, match="frozen: "), transaction.atomic():
        line.save()


@pytest.mark.silent_writes
@pytest.mark.parametrize("what", ["total", "amount", "lines"])
def test_past_the_gate_the_broken_seal_is_found(what, issued):
    assert list(statements_and_reports_match_their_seals()) == []
    with opened_gate("a test"):
        run(LOCKED[what], issued)
    found = list(statements_and_reports_match_their_seals())
    assert len(found) == 1 and issued.number in found[0]


def test_lines_tampered_with_after_the_check_are_not_issued(checked, issuer):
    with opened_gate("a test"):
        checked.lines.update(sources="")
    with pytest.raises(ValidationError):
        issue_statement(checked, by=issuer)


@pytest.mark.silent_writes
def test_check_history_finds_it_too(issued, capsys):
    with opened_gate("a test"):
        run(LOCKED["amount"], issued)
    with pytest.raises((CommandError, SystemExit)) as error:
        call_command("check_history")
    shown = capsys.readouterr()
    assert issued.number in f"{shown.out} {shown.err} {error.value}"
