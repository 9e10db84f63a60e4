"""What an amendment may do to the days on which its contract is in force."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from base.exchange.importing import import_files
from contracts.actions.give_notice import give_notice
from contracts.dates.obligations import contract_period, obligations_of
from contracts.dates.standing import next_notice, term_text
from contracts.models import Contract, ContractEdition
from tests.exchange import FILES, refusal
from tests.factories import amend, make_contract, somebody

pytestmark = pytest.mark.django_db

FIXED = {"begins": "2024-01-01", "first_ends": "2024-06-30"}
RENEWED = {
    "begins": "2022-01-01", "first_ends": "2022-12-31", "renews_months": 12, "notice_months": 3,
}  # fmt: skip
OPEN = {"begins": "2024-01-01", "notice_months": 1, "notice_to": "month_end"}
JULY = date(2024, 7, 1)


def refused(contract, applies_from: date, term: dict) -> str:
    """Amend a contract in vain; return what is said, in the words of the code."""
    with override("en"):
        with pytest.raises(ValidationError) as told:
            # One of its own: what was refused is undone in the database, not in memory.
            amend(Contract.objects.get(pk=contract.pk), applies_from=applies_from, term=term)
        (message,) = told.value.messages
    return message


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        pytest.param(FIXED, FIXED | {"first_ends": "2024-06-29"}, "2024-07-01", id="shortened"),
        pytest.param(OPEN, FIXED, "2024-07-01", id="no longer open-ended"),
        pytest.param(RENEWED, RENEWED | {"renews_months": None}, "2024-07-01", id="not renewed"),
    ],
)
def test_no_amendment_ends_its_contract_before_it_applies(before, after, allowed):
    contract = make_contract(term=before)
    runs_until = contract_period(contract)[1]
    message = refused(contract, JULY, after)
    assert message.startswith("Term: ")
    assert f"{allowed} or later" in message
    assert contract_period(contract)[1] == runs_until
    assert ContractEdition.objects.count() == 1


def test_nor_before_it_began_whatever_day_of_beginning_it_claims():
    contract = make_contract(term=OPEN)
    told = refused(contract, date(2020, 1, 1), {"begins": "2020-01-01", "first_ends": "2023-12-31"})
    assert "2024-01-01 or later" in told


def test_the_first_edition_is_no_exception():
    with pytest.raises(ValidationError, match="2024-07-01"):
        make_contract(term=FIXED, applies_from=JULY)


def test_it_can_end_it_on_the_first_day_on_which_it_applies():
    contract = make_contract(term=OPEN)
    amend(contract, applies_from=JULY, term=FIXED | {"first_ends": "2024-07-01"})
    assert contract_period(contract)[1] == JULY


def test_what_has_ended_is_prolonged_without_a_gap_or_not_at_all():
    contract = make_contract(term=FIXED)
    longer = FIXED | {"first_ends": "2024-12-31"}
    told = refused(contract, date(2024, 7, 2), longer)
    assert "ends on 2024-06-30" in told
    assert "2024-07-01 or earlier" in told
    amend(contract, applies_from=JULY, term=longer)
    assert contract_period(contract)[1] == date(2024, 12, 31)


def test_what_was_given_notice_of_is_not_revived_later():
    contract = make_contract(term=OPEN)
    give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 3, 5), by=somebody()
    )
    assert "2024-04-30" in refused(contract, JULY, OPEN)
    amend(contract, applies_from=date(2024, 5, 1), term=OPEN)
    assert contract_period(contract)[1] == date(2024, 4, 30)


def test_an_import_obeys_and_says_where(tmp_path):
    import_files([FILES / "set_a"], save=True)
    path = tmp_path / "amended.yaml"
    path.write_text(
        "fallwerk: 1\n"
        "contracts:\n"
        "- number: PB 17/2023\n"
        "  commissioning_body: a-jobcenter\n"
        "  provider: a-traeger\n"
        "  editions:\n"
        "  - number: 2\n"
        "    applies_from: 2024-07-01\n"
        "    authors: [a.manager.zwei]\n"
        "    approved_by: a.manager.eins\n"
        "    amends:\n"
        "      term: {begins: 2023-09-15, first_ends: 2024-06-30, clause: '7'}\n"
        "      signatures: {a-jobcenter: {evidence: Akte 2}, a-traeger: {evidence: Akte 2}}\n",
        encoding="utf-8",
    )
    (problem,) = refusal(path)
    assert problem.place == "contracts[1] (PB 17/2023)"
    assert "Edition 2: Term: " in problem.message
    assert "2024-07-01 or later" in problem.message
    assert ContractEdition.objects.count() == 1


def test_until_an_amendment_applies_notice_is_given_by_the_edition_before():
    """Six months to the end of a year; from 2025 on three: the last of June 2024 has passed."""
    term = {"begins": "2010-01-01", "first_ends": "2010-12-31", "renews_months": 12}
    contract = make_contract(term=term | {"notice_months": 6})
    amend(contract, applies_from=date(2025, 1, 1), term=term | {"notice_months": 3})
    obliged = obligations_of([contract])[contract.pk]
    assert next_notice(obliged, date(2024, 7, 15)) == (date(2025, 6, 30), date(2025, 12, 31))
    assert next_notice(obliged, date(2025, 7, 15)) == (date(2025, 9, 30), date(2025, 12, 31))
    assert term_text(obliged, date(2024, 7, 15)).startswith("31.12.2025")
    assert term_text(obliged, date(2025, 7, 15)).startswith("31.12.2025")
