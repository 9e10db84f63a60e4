"""Checked by one, released by another, numbered without gaps, frozen for good; or returned."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from base.acting import acting_as, system_actor
from base.facts import change, withdraw
from base.immutability import opened_gate
from contracts.actions.enter_payroll import enter_payroll
from contracts.actions.upload_evidence import upload_evidence
from contracts.billing import Period
from contracts.models import AccessChange, PayrollLine
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_statement import compute_statement
from jobs.actions.issue_statement import issue_statement
from jobs.actions.release_statement import release_statement
from jobs.actions.resubmit_statement import resubmit_statement
from jobs.actions.return_statement import return_statement
from jobs.integrity import issued_amounts_arise_again, statements_and_reports_match_their_seals
from jobs.models import Statement, StatementEvent, StatementLine
from tests.factories import (
    amend,
    issue_by_two,
    make_case,
    make_contract,
    make_instalment,
    make_organisation,
    make_payroll,
    make_plan,
    make_record,
    make_user,
)
from tests.jobs.running import run_one
from tests.kept import kept

MARCH = Period.parse("2024-03")
pytestmark = pytest.mark.django_db


@kept
def checker():
    return make_user("checker")


@kept
def issuer():
    return make_user("issuer")


@kept
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
def released(checked, issuer) -> Statement:
    return release_statement(checked, by=issuer)


@pytest.fixture
def issued(released, issuer) -> Statement:
    return issue_statement(released, by=issuer)


def events(statement: Statement) -> list[str]:
    return list(statement.events.order_by("pk").values_list("kind", flat=True))


def numbers(statements) -> list[int]:
    return [int(statement.number.rsplit("-", 1)[1]) for statement in statements]


def billed(provider, person, other, *, on: date) -> Statement:
    case = make_case(make_contract(provider=make_organisation(provider)))
    make_record(case)
    draft, _changed = compute_statement(case.contract, MARCH)
    return issue_by_two(draft, person, other, on=on)


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
    released = release_statement(check_statement(draft, by=checker), by=issuer, on=day)
    with pytest.raises(RuntimeError), transaction.atomic():
        issue_statement(released, by=issuer, on=day)
        raise RuntimeError
    with pytest.raises(ValidationError):
        issue_statement(released, by=checker, on=day)
    assert numbers([one, issue_statement(released, by=issuer, on=day)]) == [1, 2]


def test_issued_it_says_who_when_and_what(issued, checker, issuer):
    assert (issued.checked_by, issued.released_by, issued.issued_by) == (checker, issuer, issuer)
    assert issued.issued_on == timezone.localdate()
    assert events(issued) == ["computed", "checked", "released", "issued"]
    last = issued.events.order_by("pk").last()
    assert last.actor_number == issuer.pk
    assert issued.problems() == []


def test_a_third_person_may_issue_what_two_have_brought_so_far(released):
    third = make_user()
    assert issue_statement(released, by=third).issued_by == third


def test_who_checked_neither_releases_nor_issues(checked, checker, issuer):
    with pytest.raises(ValidationError):
        release_statement(checked, by=checker)
    checked.refresh_from_db()
    assert (checked.status, checked.released_by) == ("checked", None)
    release_statement(checked, by=issuer)
    with pytest.raises(ValidationError):
        issue_statement(checked, by=checker)
    checked.refresh_from_db()
    assert (checked.status, checked.number) == ("released", "")


def test_superusers_are_persons_like_others(draft):
    boss = make_user(is_superuser=True)
    with pytest.raises(ValidationError):
        release_statement(check_statement(draft, by=boss), by=boss)


@pytest.mark.parametrize(
    ("fixture", "action"),
    [("draft", check_statement), ("checked", release_statement), ("released", issue_statement)],
)
def test_jobs_answer_for_nothing(fixture, action, request):
    statement, status = request.getfixturevalue(fixture), fixture
    with pytest.raises(ValidationError):
        action(statement, by=system_actor("statements"))
    statement.refresh_from_db()
    assert statement.status == status


@pytest.mark.parametrize(
    ("constraint", "same"),
    [
        ("checker_does_not_release", ("checked_by", "released_by")),
        ("checker_does_not_issue", ("checked_by", "issued_by")),
        ("resubmitter_does_not_check", ("resubmitted_by", "checked_by")),
        ("resubmitter_does_not_release", ("resubmitted_by", "released_by")),
    ],
)
@pytest.mark.parametrize("bulk", [False, True])
def test_the_database_wants_two_persons_too(bulk, constraint, same, checked):
    person = make_user(is_superuser=True)
    for name in ("checked_by", *same):
        setattr(checked, name, person if name in same else checked.checked_by)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        if bulk:
            Statement.objects.bulk_update([checked], same)
        else:
            Statement.objects.filter(pk=checked.pk).update(**dict.fromkeys(same, person))


@pytest.mark.parametrize(
    ("status", "named"),
    [("checked", {}), ("released", {}), ("released", {"checked_by"}), ("issued", {"checked_by"})],
)
def test_the_database_wants_to_know_who(status, named, draft, checker):
    persons = dict.fromkeys(named, checker)
    done = {"issued_by": make_user(), "issued_on": "2024-04-02", "number": "N-1", "seal": "x"}
    with pytest.raises(IntegrityError, match="checked_and_released"), transaction.atomic():
        Statement.objects.filter(pk=draft.pk).update(status=status, **persons, **done)


def test_one_step_after_the_other(draft, checked, issuer):
    """Never two at once, and none left out."""
    for action in (issue_statement, check_statement):
        with pytest.raises(ValidationError):
            action(checked, by=issuer)
    released = release_statement(checked, by=issuer)
    for action in (release_statement, check_statement):
        with pytest.raises(ValidationError):
            action(released, by=make_user())


def test_only_what_is_checked_is_released_or_issued(draft, issuer):
    for action in (release_statement, issue_statement):
        with pytest.raises(ValidationError):
            action(draft, by=issuer)


def test_nothing_is_checked_or_issued_twice(issued, checker, issuer):
    for action in (check_statement, release_statement, issue_statement):
        with pytest.raises(ValidationError):
            action(issued, by=make_user())
    with pytest.raises(ValidationError):
        return_statement(issued, by=checker, reason="too late")
    with pytest.raises(ValidationError):
        resubmit_statement(issued, by=make_user(), note="too late")


def test_a_stale_object_changes_nothing(draft, checker, issuer):
    stale = Statement.objects.get(pk=draft.pk)
    issue_by_two(draft, checker, issuer)
    with pytest.raises(ValidationError):
        check_statement(stale, by=checker)


def test_what_was_seen_is_what_is_checked(draft, case, checker):
    """Between looking and clicking a run has taken up another record."""
    seen = draft.inputs_hash
    more(case)
    compute_statement(case.contract, MARCH)
    with pytest.raises(ValidationError):
        check_statement(draft, by=checker, seen=seen)
    draft.refresh_from_db()
    assert check_statement(draft, by=checker, seen=draft.inputs_hash).status == "checked"


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
BECOMES = {gone: ("withdrawn", "withdrawn")}
"""What makes a statement void instead of a draft, and the event that says so."""


@pytest.mark.parametrize("happens", CHANGES)
def test_changed_inputs_are_refused(happens, checked, case, issuer):
    happens(case)
    with pytest.raises(ValidationError):
        release_statement(checked, by=issuer)
    checked.refresh_from_db()
    assert checked.status == "checked"


@pytest.mark.parametrize("happens", CHANGES)
def test_changed_since_the_release_too(happens, released, case, issuer):
    happens(case)
    with pytest.raises(ValidationError):
        issue_statement(released, by=issuer)
    released.refresh_from_db()
    assert (released.status, released.number) == ("released", "")


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
    status, told = BECOMES.get(happens, ("draft", "computed"))
    assert (checked.status, checked.checked_by) == (status, None)
    assert events(checked) == ["computed", "checked", "returned", told]
    assert checked.events.get(kind="returned").reason


@pytest.mark.parametrize("happens", CHANGES)
def test_the_next_run_returns_what_was_released(happens, released, case):
    happens(case)
    run_one(case.contract, MARCH)
    released.refresh_from_db()
    status, told = BECOMES.get(happens, ("draft", "computed"))
    assert (released.status, released.checked_by, released.released_by) == (status, None, None)
    assert events(released) == ["computed", "checked", "released", "returned", told]


def test_what_does_not_matter_changes_nothing(released, case, issuer):
    make_record(case, day=date(2024, 4, 2))
    make_plan(case, "12")
    run_one(case.contract, Period.parse("2024-04"))
    assert issue_statement(released, by=issuer).total == Decimal("60.00")


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


@pytest.mark.parametrize("fixture", ["draft", "checked", "released"])
def test_returned_with_a_reason(fixture, checker, request):
    statement = request.getfixturevalue(fixture)
    with pytest.raises(ValidationError):
        return_statement(statement, by=checker, reason="  ")
    returned = return_statement(statement, by=checker, reason=" File 12 is missing. ")
    assert (returned.status, returned.checked_by, returned.released_by) == ("returned", None, None)
    event = returned.events.get(kind="returned")
    assert (event.reason, event.actor_number) == ("File 12 is missing.", checker.pk)
    assert returned.history.latest().history_change_reason == "File 12 is missing."


def test_a_reason_has_to_fit(draft, checker):
    with pytest.raises(ValidationError, match="500.*501|501.*500"):
        return_statement(draft, by=checker, reason="x" * 501)
    assert return_statement(draft, by=checker, reason="x" * 500).status == "returned"


@pytest.fixture
def returned(draft, checker) -> Statement:
    return return_statement(draft, by=checker, reason="File 12 is missing.")


def test_returned_it_waits_for_the_provider(returned, checker, issuer):
    for action in (check_statement, release_statement, issue_statement):
        with pytest.raises(ValidationError):
            action(returned, by=issuer)
    with pytest.raises(ValidationError):
        return_statement(returned, by=checker, reason="again")


def test_returned_it_follows_the_facts(returned, case):
    more(case)
    run_one(case.contract, MARCH)
    returned.refresh_from_db()
    assert (returned.status, returned.total) == ("returned", Decimal("120.00"))


def test_returned_it_keeps_no_days_from_others(returned, case):
    quarter, changed = compute_statement(case.contract, Period.parse("2024-Q1"))
    assert (changed, quarter.total) == (True, Decimal("60.00"))


def test_handed_in_again_it_is_a_draft_of_today(returned, case, checker, issuer):
    more(case)
    lead = make_user()
    with pytest.raises(ValidationError):
        resubmit_statement(returned, by=lead, note=" ")
    again = resubmit_statement(returned, by=lead, note="Added.")
    assert (again.status, again.total, again.resubmitted_by) == ("draft", Decimal("120.00"), lead)
    kinds = ["computed", "returned", "computed", "resubmitted"]
    assert events(again) == kinds
    event = again.events.get(kind="resubmitted")
    assert (event.reason, event.actor_number) == ("Added.", lead.pk)
    assert issue_by_two(again, checker, issuer).total == Decimal("120.00")


def test_handed_in_again_without_a_change(returned, checker, issuer):
    """The missing file needs no other amount."""
    again = resubmit_statement(returned, by=make_user(), note="Uploaded.")
    assert events(again) == ["computed", "returned", "resubmitted"]
    assert issue_by_two(again, checker, issuer).problems() == []


def test_only_what_was_returned_is_handed_in_again(draft, checked):
    with pytest.raises(ValidationError):
        resubmit_statement(draft, by=make_user(), note="too early")


def test_who_handed_it_in_again_neither_checks_nor_releases(returned, checker):
    """Also where a person works for both."""
    both = make_user(is_superuser=True)
    again = resubmit_statement(returned, by=both, note="Added.")
    with pytest.raises(ValidationError):
        check_statement(again, by=both)
    checked = check_statement(again, by=checker)
    with pytest.raises(ValidationError):
        release_statement(checked, by=both)


def test_a_late_instalment_is_a_correction_without_lines(issued, case, checker, issuer):
    paid(case)
    correction, changed = compute_statement(case.contract, MARCH)
    assert (changed, correction.total) == (True, Decimal("0.00"))
    assert (correction.instalments, correction.balance) == (Decimal("10.00"), Decimal("-10.00"))
    again = issue_by_two(correction, checker, issuer)
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
    assert issue_by_two(statement, checker, issuer).number


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
@pytest.mark.parametrize("fixture", ["checked", "released"])
def test_lines_are_frozen_from_the_check_on(what, fixture, request):
    with pytest.raises(IntegrityError, match="frozen: "):
        run(LOCKED[what], request.getfixturevalue(fixture))


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


def test_lines_tampered_with_after_the_check_go_no_further(checked, issuer):
    with opened_gate("a test"):
        checked.lines.update(sources="")
    with pytest.raises(ValidationError):
        release_statement(checked, by=issuer)


def test_lines_tampered_with_after_the_release_are_not_issued(released, issuer):
    with opened_gate("a test"):
        released.lines.update(sources="")
    with pytest.raises(ValidationError):
        issue_statement(released, by=issuer)


@pytest.mark.silent_writes
def test_check_history_finds_it_too(issued, capsys):
    with opened_gate("a test"):
        run(LOCKED["amount"], issued)
    with pytest.raises((CommandError, SystemExit)) as error:
        call_command("check_history")
    shown = capsys.readouterr()
    assert issued.number in f"{shown.out} {shown.err} {error.value}"


@pytest.mark.silent_writes
@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"inputs": {"version": 99}}, id="a version that is not known"),
        pytest.param({"inputs": {"version": 2, "rate": "1.00"}}, id="a field that is gone"),
        pytest.param({"inputs": {}}, id="all"),
        pytest.param(
            {"computed": Decimal("0.01"), "amount": Decimal("0.01")},
            id="an amount that is not theirs",
        ),
    ],
)
def test_check_history_computes_issued_lines_again(issued, lost):
    """Beside the seal: it holds what was kept, not that today's code still understands it."""
    assert list(issued_amounts_arise_again()) == []
    with opened_gate("a test"):
        issued.lines.filter(position=1).update(**lost)

    number = f"statement {issued.number}: line 1 does not come to its amount again"
    assert list(issued_amounts_arise_again()) == [number]


COSTS_AND_SHARES = {
    "model": "cost_reimbursement",
    "key": "costs",
    "label": "Costs",
    "clause": "§ 4",
    "components": [
        {"type": "actual", "key": "staff", "label": "Staff", "cost_kinds": ["salary", "bonus"]},
        {
            "type": "percentage",
            "key": "material",
            "label": "Material",
            "percent": "12",
            "base": [{"component": "staff"}],
            "minimum": {"amount": "5400", "proration": "twelfths"},
        },
        {
            "type": "percentage",
            "key": "other",
            "label": "Other",
            "percent": "10",
            "base": [{"component": "staff"}],
        },
    ],
}


def pay(contract, months, amount: str) -> None:
    for month in months:
        make_payroll(contract, amount, day=date(2024, month, 28))


def test_a_day_in_the_life_of_finance(checker, issuer):
    """requirements.md, E4 and C2: a payslip is missing, returned, uploaded, approved on 28 March.

    6 × 2,214.35 + 6 × 2,281.90 + 1,780.12 = 28,757.62; 12 % are 3,450.91, less than 5,400.00;
    10 % are 2,875.76; together 37,033.38.
    """
    year, lead = Period.parse("2024"), make_user("lead")
    contract = make_contract(remuneration=[COSTS_AND_SHARES])
    pay(contract, range(1, 7), "2214.35")
    pay(contract, range(7, 12), "2281.90")
    make_payroll(contract, "1780.12", day=date(2024, 11, 30), cost_kind="bonus")
    draft, _changed = compute_statement(contract, year)
    # 26,475.72 + 5,400.00 + 2,647.57
    assert (draft.total, draft.due_on) == (Decimal("34523.29"), date(2025, 3, 31))
    checked = check_statement(draft, by=checker)
    reason = "The payslip of December is missing."
    returned = return_statement(checked, by=issuer, reason=reason)
    assert returned.status == "returned"

    (december,) = enter_payroll(
        contract,
        [
            PayrollLine(
                day=date(2024, 12, 31), cost_kind="salary", label="12/2024",
                amount=Decimal("2281.90"),
            )
        ],
        by=lead,
    )  # fmt: skip
    upload_evidence(
        contract=contract, name="Gehalt 12-2024.pdf", content=b"%PDF-1.7 12/2024", kind="payslip",
        day=december.day, by=lead, payroll_line=december,
    )  # fmt: skip
    again = resubmit_statement(returned, by=lead, note="Payslip of December uploaded.")
    assert amounts(again) == ["28757.62", "5400.00", "2875.76"]
    checked = check_statement(again, by=checker)
    released = release_statement(checked, by=issuer, on=date(2025, 3, 27))
    issued = issue_statement(released, by=issuer, on=date(2025, 3, 28))
    assert (issued.total, issued.issued_on) == (Decimal("37033.38"), date(2025, 3, 28))
    assert issued.due_on == date(2025, 3, 31)
    assert events(issued) == [
        "computed", "checked", "returned", "computed", "resubmitted", "checked", "released",
        "issued",
    ]  # fmt: skip
    assert issued.events.get(kind="returned").reason == reason

    # Locked: what comes later is only a new statement.
    make_payroll(contract, "120.00", day=date(2024, 12, 31), cost_kind="bonus")
    correction, _changed = compute_statement(contract, year)
    assert (correction.corrects, correction.sequence, correction.status) == (issued, 1, "draft")
    assert amounts(correction) == ["120.00", "0.00", "12.00"]
    issued.refresh_from_db()
    assert (issued.total, issued.problems()) == (Decimal("37033.38"), [])


def amounts(statement: Statement) -> list[str]:
    return [str(line.amount) for line in statement.lines.order_by("position")]


def touch(user, *, by) -> None:
    """Change somebody's address, as an administrator does before taking the account over."""
    with acting_as(by):
        user.email = f"elsewhere.{user.pk}@amt.example"
        user.save(update_fields=["email"])


class TestOnePersonWithTwoAccounts:
    """The administrator who moves the second person's address is no second person."""

    def test_who_touched_the_checker_since_releases_nothing(self, checked, checker, issuer):
        touch(checker, by=issuer)

        with pytest.raises(ValidationError, match="zweite Person"):
            release_statement(checked, by=issuer)

    def test_nor_issues(self, released, checker):
        other = make_user("other")
        touch(checker, by=other)

        with pytest.raises(ValidationError, match="zweite Person"):
            issue_statement(released, by=other)

    @pytest.mark.parametrize("step", ["check", "release", "issue"])
    def test_account_just_changed_by_another_moves_no_money(self, step, request):
        fixture = {"check": "draft", "release": "checked", "issue": "released"}[step]
        action = {
            "check": check_statement,
            "release": release_statement,
            "issue": issue_statement,
        }[step]
        statement = request.getfixturevalue(fixture)
        taken_over, admin = make_user("taken"), make_user("admin")
        touch(taken_over, by=admin)

        with pytest.raises(ValidationError, match="elsewhere|admin"):
            action(statement, by=taken_over)
        statement.refresh_from_db()
        assert (
            statement.status == {"check": "draft", "release": "checked", "issue": "released"}[step]
        )

    @pytest.mark.silent_writes
    def test_what_was_done_before_the_check_and_confirmed_is_no_bar(self, draft, checker, issuer):
        touch(checker, by=issuer)
        AccessChange.objects.update(made_at=timezone.now() - timedelta(days=100))

        assert release_statement(check_statement(draft, by=checker), by=issuer).status == "released"
