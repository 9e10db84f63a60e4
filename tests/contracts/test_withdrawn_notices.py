"""What a notice would change, its withdrawal by both parties, and a contract that is prolonged."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from contracts.actions.give_notice import give_notice
from contracts.actions.withdraw_notice import withdraw_notice
from contracts.billing import Period
from contracts.dates.calendar import EntryKind, entries
from contracts.dates.in_force import require_in_force
from contracts.dates.obligations import contract_period
from contracts.exchange.contracts import WithdrawalEntry
from contracts.models import Notice
from jobs.actions.compute_statement import compute_statement
from jobs.models import Statement
from jobs.statements.job import select
from tests.factories import (
    MONTHLY_STATEMENT,
    amend,
    bill_months_of_2024,
    issue_by_two,
    make_case,
    make_contract,
    make_instalment,
    make_member,
    make_record,
    make_user,
    somebody,
)
from tests.jobs.running import run_one
from tests.kept import kept

pytestmark = pytest.mark.django_db

OPEN = {"begins": "2024-01-01", "notice_months": 1, "notice_to": "month_end"}
FIXED = {"begins": "2024-01-01", "first_ends": "2024-06-30"}
AGREED = {
    "agreed_by_body": "E. Eins",
    "agreed_by_provider": "T. Traum",
    "reason": "The parties found another way.",
}


def ended(contract, day: date) -> Notice:
    return give_notice(
        contract=contract, given_by=contract.provider, received_on=day, extraordinary=True,
        ends_on=day, reason="gross breach", by=somebody(),
    )  # fmt: skip


@kept
def contract():
    """A contract billed by months; an hour of 60.00 € in February and in March, both issued."""
    contract = make_contract(duties=[MONTHLY_STATEMENT], term=OPEN)
    bill_months_of_2024(contract, 2, 3)
    return contract


@pytest.fixture
def manager(client, contract):
    person = make_user()
    make_member(contract.commissioning_body, roles=["manager"], user=person)
    client.force_login(person)
    return person


def test_the_page_shows_what_is_corrected_and_changes_nothing(client, contract, manager):
    # Late for another reason: not the notice's doing.
    make_record(make_case(contract), day=date(2024, 2, 2), minutes=30)
    asked = client.post(
        reverse("contract-notice", args=[contract.pk]),
        {
            "given_by": contract.provider.pk, "received_on": "2024-02-29", "extraordinary": "on",
            "ends_on": "2024-02-29", "reason": "gross breach",
        },
    )  # fmt: skip
    effects = asked.context["effects"]
    march = Statement.objects.get(period_first=date(2024, 3, 1))
    assert [(e.url, e.before, e.after, e.difference) for e in effects] == [
        (march.get_absolute_url(), Decimal("60.00"), Decimal("0.00"), Decimal("-60.00"))
    ]
    page = asked.content.decode()
    assert "60,00" in page
    assert not Notice.objects.exists()
    assert Statement.objects.count() == 2


def test_withdrawn_the_contract_goes_on(contract):
    notice = give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 3, 5), by=somebody()
    )
    assert contract_period(contract)[1] == date(2024, 4, 30)
    withdraw_notice(notice, on=date(2024, 4, 2), **AGREED, by=somebody())
    assert contract_period(contract)[1] is None
    require_in_force(contract, date(2024, 5, 2))
    notice.refresh_from_db()
    told = notice.history.order_by("history_id").values_list("withdrawn_on", "agreed_by_body")
    assert list(told) == [(None, ""), (date(2024, 4, 2), "E. Eins")]
    with pytest.raises(ValidationError, match="bereits zurückgenommen"):
        withdraw_notice(notice, on=date(2024, 4, 2), **AGREED, by=somebody())


@pytest.mark.parametrize(
    "other",
    [
        {"on": date(2024, 3, 4)},
        {"on": date(2024, 5, 1)},
        {"on": date(2999, 1, 1)},
        {"reason": " \u00a0"},
        {"agreed_by_body": " "},
        {"agreed_by_provider": ""},
    ],
)
def test_a_withdrawal_that_cannot_be(contract, other):
    notice = give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 3, 5), by=somebody()
    )
    with pytest.raises(ValidationError):
        withdraw_notice(notice, **({"on": date(2024, 4, 2)} | AGREED | other), by=somebody())
    notice.refresh_from_db()
    assert not notice.is_withdrawn


def test_it_is_withdrawn_on_screen(client, contract, manager):
    notice = give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 3, 5), by=somebody()
    )
    address = reverse("notice-withdraw", args=[notice.pk])
    assert address in client.get(reverse("contract", args=[contract.pk])).content.decode()
    page = client.get(address).content.decode()
    assert "Auftraggeber" in page
    values = AGREED | {"on": "02.04.2024"}
    seen = client.get(address).context["seen"]
    assert client.post(address, values | {"_seen": seen}).status_code == 302
    notice.refresh_from_db()
    assert (notice.withdrawn_on, notice.agreed_by_provider) == (date(2024, 4, 2), "T. Traum")
    assert "T. Traum" in client.get(reverse("contract", args=[contract.pk])).content.decode()


def test_a_receipt_to_come_is_refused(contract):
    with pytest.raises(ValidationError, match="in der Zukunft"):
        give_notice(
            contract=contract,
            given_by=contract.provider,
            received_on=date(2999, 1, 1),
            by=somebody(),
        )


def test_a_prolonging_amendment_brings_everything_back_in_force():
    contract = make_contract(duties=[MONTHLY_STATEMENT], term=FIXED)
    july = Period.parse("2024-07")
    case = make_case(contract)
    assert contract_period(contract)[1] == date(2024, 6, 30)
    assert contract not in select(july, None)
    with pytest.raises(ValidationError):
        make_record(case, day=date(2024, 7, 1))
    amend(contract, applies_from=date(2024, 7, 1), term=FIXED | {"first_ends": "2024-12-31"})
    assert contract_period(contract)[1] == date(2024, 12, 31)
    make_record(case, day=date(2024, 7, 1))
    make_record(make_case(contract, assigned_on=date(2024, 7, 2)), day=date(2024, 12, 31))
    assert contract in select(july, None)
    for month in range(6, 13):
        period = Period.parse(f"2024-{month:02}")
        if contract in select(period, None):
            compute_statement(contract, period)
    made = Statement.objects.filter(contract=contract)
    totals = made.order_by("period_first").values_list("period_first", "total")
    assert list(totals) == [
        (date(2024, 7, 1), Decimal("60.00")), (date(2024, 12, 1), Decimal("60.00")),
    ]  # fmt: skip
    due = entries([contract], Period(date(2024, 1, 1), date(2025, 2, 28)))
    months = [each.period.first.month for each in due if each.kind == EntryKind.STATEMENT]
    assert months == list(range(1, 13))
    assert [each.day for each in due if each.kind == EntryKind.END] == [date(2024, 12, 31)]


def test_prolonged_after_the_last_statement_was_issued_the_instalment_moves_on():
    contract = make_contract(duties=[MONTHLY_STATEMENT], term=FIXED)
    make_record(make_case(contract), day=date(2024, 6, 3))
    make_instalment(contract, "50.00", first=date(2024, 7, 1), last=date(2024, 7, 31))
    june, july = Period.parse("2024-06"), Period.parse("2024-07")
    statement, _changed = compute_statement(contract, june)
    assert issue_by_two(statement).instalments == Decimal("50.00")
    amend(contract, applies_from=date(2024, 7, 1), term=FIXED | {"first_ends": "2024-12-31"})
    run_one(contract, july)
    made = Statement.objects.filter(contract=contract)
    taken = made.order_by("period_first", "sequence").values_list("instalments")
    assert [str(amount) for (amount,) in taken] == ["50.00", "-50.00", "50.00"]


def test_files_take_every_reason_that_screens_take():
    reason = "Both parties go on, " + "as they have agreed, " * 30 + "\nand with the same prices."
    entry = WithdrawalEntry(
        on=date(2024, 3, 1), agreed_by_body="A", agreed_by_provider="B", reason=reason
    )

    assert entry.reason == reason
