"""Payments on account: on which days they are paid and for what time, on screen as in files."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from contracts.actions.give_notice import give_notice
from contracts.actions.pay_instalment import change_instalment, pay_instalment
from contracts.billing import Period
from contracts.models import Contract, Instalment
from tests.exchange import refusal
from tests.factories import make_contract, make_user, somebody

pytestmark = pytest.mark.django_db

ONE_YEAR = {"begins": "2024-01-01", "first_ends": "2024-12-31"}
OPEN = {"begins": "2024-01-01", "notice_months": 1, "notice_to": "month_end"}

PAID = {
    "before it begins": ("2023-12-15", "2024-01", ""),
    "for a time before it": ("2024-01-02", "2023-12", ""),
    "a year before, to the day": ("2023-01-01", "2023-01-01..2023-01-01", ""),
    "earlier": ("2022-12-31", "2024-01", "nothing is paid before 2023-01-01"),
    "for an earlier time": ("2024-01-02", "2022", "nothing is paid before 2023-01-01"),
    "long after it has ended": ("2026-05-04", "2024-12", ""),
    "for a time after it": ("2025-02-01", "2025", ""),
    "for a time that begins a year after it": ("2025-02-01", "2025-12-31..2026-12-31", ""),
    "for a later time": ("2025-02-01", "2026-01-01..2026-01-01", "ends on 2024-12-31"),
    "for two years": ("2024-02-29", "2024-02-29..2026-02-28", ""),
    "for more": ("2024-02-29", "2024-02-29..2026-03-01", "ends by 2026-02-28"),
    "in far years": ("2080-01-02", "2080", "still to come"),
}


@pytest.mark.parametrize("name", PAID)
def test_what_is_plausible_is_so_on_both_paths(tmp_path, name):
    paid_on, period, says = PAID[name]
    make_contract("C-1", term=ONE_YEAR)
    path = tmp_path / "60-instalments.yaml"
    path.write_text(
        "fallwerk: 1\ninstalments:\n- {reference: A, contract: C-1, amount: '5.00',"
        f" paid_on: {paid_on}, for_period: {period!r}}}\n"
    )
    paid = {
        "contract": Contract.objects.get(), "reference": "B", "amount": Decimal("5.00"),
        "paid_on": date.fromisoformat(paid_on), "period": Period.parse(period), "by": make_user(),
    }  # fmt: skip
    if says:
        assert any(says in problem.message for problem in refusal(path))
        with override("en"), pytest.raises(ValidationError, match=says):
            pay_instalment(**paid)
    else:
        import_files([path], save=True)
        pay_instalment(**paid)
    assert Instalment.objects.count() == (0 if says else 2)


def test_what_was_paid_before_a_notice_was_known_is_left_as_it_was(tmp_path):
    contract, person = make_contract("C-1", term=OPEN), make_user()
    values = {"amount": Decimal("5.00"), "period": Period.parse("2026-01"), "by": person}
    paid = pay_instalment(contract, paid_on=date(2024, 6, 3), **values)
    give_notice(
        contract=contract, given_by=contract.provider, received_on=date(2024, 6, 4), by=somebody()
    )
    with override("en"), pytest.raises(ValidationError, match="ends on 2024-07-31"):
        pay_instalment(contract, paid_on=date(2024, 6, 4), **values)
    export_files(tmp_path)
    (path,) = tmp_path.glob("*instalments*")
    Instalment.objects.all().delete()
    assert import_files([path], save=True)["instalments"] == 1
    paid = Instalment.objects.get()
    again = values | {"amount": Decimal("6.00"), "paid_on": paid.paid_on}
    assert change_instalment(paid, reason="mistyped", **again).amount == Decimal("6.00")


def test_what_was_taken_back_is_in_no_export(tmp_path):
    contract, person = make_contract("C-1", term=OPEN), make_user()
    values = {"paid_on": date(2024, 6, 3), "period": Period.parse("2024-06"), "by": person}
    paid = pay_instalment(contract, amount=Decimal("5.00"), **values)
    with override("en"), pytest.raises(ValidationError, match="not less than nothing"):
        change_instalment(paid, reason="back", amount=Decimal("-0.01"), **values)
    change_instalment(paid, reason="back", amount=Decimal(0), **values)
    export_files(tmp_path)
    assert not list(tmp_path.glob("*instalments*"))


def test_a_contract_that_is_not_concluded_is_paid_nothing():
    parties = make_contract("C-1")
    draft = Contract.objects.create(
        number="C-2", provider=parties.provider, commissioning_body=parties.commissioning_body,
        applies_from=date(2024, 1, 1),
    )  # fmt: skip
    with override("en"), pytest.raises(ValidationError, match="C-2 is not concluded"):
        pay_instalment(
            draft, amount=Decimal("5.00"), paid_on=date(2024, 6, 3),
            period=Period.parse("2024-06"), by=make_user(),
        )  # fmt: skip
