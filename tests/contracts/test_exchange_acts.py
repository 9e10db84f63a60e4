"""What files may not do in place of people: withdraw without both, close, open again, rewrite."""

from datetime import date

import pytest

from base.exchange.importing import import_files
from contracts.actions.close_year import close_year, reopen_year
from contracts.actions.pay_instalment import pay_instalment
from contracts.billing import Period
from contracts.models import ClosedYear, Instalment, Notice
from jobs.actions.compute_statement import compute_statement
from tests.exchange import altered, refusal
from tests.factories import (
    issue_by_two,
    make_case,
    make_commissioning_body,
    make_contract,
    make_record,
    make_user,
)

pytestmark = pytest.mark.django_db

CONTRACT = "40-contract.yaml"
NOTICE = "{received_on: 2024-01-10, given_by: a-traeger%s}"
WITHDRAWN = {
    "on": "2024-04-02",
    "agreed_by_body": "E. Eins",
    "agreed_by_provider": "T. Traum",
    "reason": "Another way was found.",
}
SECOND = "contracts[1] (PB 17/2023) notices[2]"


def with_notices(folder, withdrawn: dict):
    """Files of a contract with two notices, the second withdrawn like this.

    Given on 10.01.2024 with four months to a quarter's end, the contract ends on 30.06.2024.
    """
    values = "".join(f"{key}: '{value}', " for key, value in withdrawn.items())
    first = NOTICE.replace("a-traeger", "a-jobcenter") % ""
    second = NOTICE % f", withdrawn: {{{values}}}"
    line = "    provider: a-traeger\n"
    change = (CONTRACT, line, f"{line}    notices: [{first}, {second}]\n")
    files = altered(folder, "set_a", change)
    (files / "60-payroll.yaml").unlink()  # of days after the end
    return files


def test_a_withdrawal_names_both_and_is_told_once(tmp_path):
    files = with_notices(tmp_path, WITHDRAWN)
    import_files([files], save=True)
    assert import_files([files], save=True)["contracts"] == 0
    stored = Notice.objects.exclude(withdrawn_on=None).get()
    assert stored.withdrawn_on == date(2024, 4, 2)
    assert (stored.agreed_by_body, stored.agreed_by_provider) == ("E. Eins", "T. Traum")
    told = stored.history.latest().history_change_reason
    assert (told, stored.withdrawal_reason) == ("Another way was found.",) * 2


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"agreed_by_provider": "\u00a0"}, "agreed_by_provider"),
        ({"agreed_by_body": ""}, "agreed_by_body"),
        ({"reason": "   "}, "reason"),
        ({"on": "2024-01-09"}, "before it was received"),
        ({"on": "2999-01-01"}, "still to come"),
        ({"on": "2024-07-01"}, "had ended by then"),
    ],
)
def test_a_withdrawal_obeys_the_rules_of_the_act(tmp_path, other, says):
    problems = refusal(with_notices(tmp_path, WITHDRAWN | other))
    assert {problem.file for problem in problems} == {CONTRACT}
    assert all(problem.place.startswith(SECOND) for problem in problems)
    assert says in " ".join(f"{problem.place} {problem.message}" for problem in problems)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("left_out", WITHDRAWN)
def test_nor_is_one_of_them_left_out(tmp_path, left_out):
    values = {key: value for key, value in WITHDRAWN.items() if key != left_out}
    (problem,) = refusal(with_notices(tmp_path, values))
    assert left_out in f"{problem.place} {problem.message}"


def test_another_withdrawal_than_the_stored_one_is_refused(tmp_path):
    import_files([with_notices(tmp_path / "1", WITHDRAWN)], save=True)
    other = WITHDRAWN | {"agreed_by_body": "Z. Zwei"}
    (problem,) = refusal(with_notices(tmp_path / "2", other))
    assert problem.place == SECOND
    assert "E. Eins" in problem.message and "Z. Zwei" in problem.message


# --- closed years ---------------------------------------------------------------------------------

AGAIN = ", reopened_on: 2025-03-01, reopening_reason: A double entry."


@pytest.fixture
def written(tmp_path):
    """Write a document and return its path."""

    def write(text: str):
        path = tmp_path / "document.yaml"
        path.write_text(f"fallwerk: 1\n{text}", encoding="utf-8")
        return path

    return write


def years(year: int, closed_on, more: str = "") -> str:
    values = f"commissioning_body: jobcenter, year: {year}, closed_on: {closed_on}{more}"
    return f"closed_years:\n- {{{values}}}\n"


def issued():
    """A statement for March 2024 that was issued today."""
    case = make_case(make_contract("C-1"))
    make_record(case)
    statement, _changed = compute_statement(case.contract, Period.parse("2024-03"))
    return issue_by_two(statement)


def test_a_new_house_takes_closed_years_over(written):
    make_commissioning_body()
    path = written(years(2023, "2024-03-31", AGAIN))
    assert import_files([path], save=True)["closed_years"] == 1
    assert import_files([path], save=True)["closed_years"] == 0


def test_where_books_are_kept_a_file_closes_none(written):
    body = issued().contract.commissioning_body
    (problem,) = refusal(written(years(2023, "2024-03-31")))
    assert problem.place == "closed_years[1]" and "finance closes 2023" in problem.message
    closed = close_year(body, 2023, by=make_user())
    path = written(years(2023, closed.closed_on))
    assert import_files([path], save=True)["closed_years"] == 0


def test_no_file_opens_a_year_again_or_closes_it_once_more(written):
    body, person = make_commissioning_body(), make_user()
    closed = close_year(body, 2024, by=person)
    (problem,) = refusal(written(years(2024, closed.closed_on, AGAIN)))
    assert "reopened_on" in problem.message
    reopen_year(closed, by=person, reason="A double entry.")
    (problem,) = refusal(written(years(2024, closed.closed_on)))
    assert "reopened_on" in problem.message
    assert not ClosedYear.objects.get().is_closed


@pytest.mark.parametrize(
    ("year", "closed_on", "more", "says"),
    [
        (2024, "2024-12-31", "", ""),
        (2998, "2999-01-01", "", "closed_on: "),
        (2023, "2024-01-02", ", reopened_on: 2024-01-01, reopening_reason: x", "reopened_on: "),
        (2023, "2024-01-02", ", reopened_on: 2999-01-01, reopening_reason: x", "reopened_on: "),
        (2023, "2024-01-02", ", reopened_on: 2024-05-01, reopening_reason: ' '", "reason"),
        (2023, "2024-01-02", ", reopening_reason: x", "reason"),
    ],
)
def test_a_year_that_cannot_be_closed_like_this(written, year, closed_on, more, says):
    make_commissioning_body()
    problems = refusal(written(years(year, closed_on, more)))
    assert {problem.place for problem in problems} == {"closed_years[1]"}
    assert says in problems[0].message
    assert not ClosedYear.objects.exists()


def test_files_write_nothing_into_a_closed_year(written):
    contract, person = make_contract("C-1"), make_user()
    paid = {"amount": 5, "paid_on": date(2024, 3, 1), "period": Period.parse("2024-H1")}
    pay_instalment(contract, reference="A-1", by=person, **paid)
    close_year(contract.commissioning_body, 2024, by=person)

    def instalment(reference="A-1", paid_on="2024-03-01", amount="5.00"):
        values = f"reference: {reference}, contract: C-1, for_period: 2024-H1"
        text = f"instalments:\n- {{{values}, paid_on: {paid_on}, amount: '{amount}'}}\n"
        return written(text)

    for change in ({"reference": "A-2"}, {"amount": "6.00"}, {"paid_on": "2025-01-02"}):
        (problem,) = refusal(instalment(**change))
        assert problem.place.startswith("instalments[1]")
        assert "closed 2024" in problem.message
    assert import_files([instalment()], save=True)["instalments"] == 0
    assert Instalment.objects.get().paid_on == date(2024, 3, 1)
