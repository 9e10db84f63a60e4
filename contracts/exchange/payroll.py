"""Payroll lines in files: one row for each version."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from pydantic import Field

from base.content import Key, Line
from base.exchange.facts import FactEntry, dump_versions, load_facts
from base.exchange.kinds import Kind, Located, register
from contracts.exchange.contracts import contracts_by_number
from contracts.models import Contract, PayrollLine


class PayrollEntry(FactEntry):
    """One version of a payroll line. A negative amount is money that came back."""

    contract: Line
    day: date
    cost_kind: Key
    label: Line
    amount: Decimal = Field(max_digits=12, decimal_places=2)
    eligible: bool = True
    evidence: str = ""


_FIELDS = ("day", "cost_kind", "label", "amount", "eligible", "evidence")


def _load_payroll(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)

    def values(located: Located) -> dict:
        entry: PayrollEntry = located.entry
        return {
            "contract": contracts[entry.contract],
            **{name: getattr(entry, name) for name in _FIELDS},
        }

    return load_facts(PayrollLine, entries, values)


def _dump_payroll():
    numbers = dict(Contract.objects.values_list("pk", "number"))
    for version in dump_versions(PayrollLine):
        yield PayrollEntry(
            **version.common,
            contract=numbers[version.row.contract_id],
            **{name: getattr(version.row, name) for name in _FIELDS},
        )


register(
    Kind(
        section="payroll",
        position=80,
        entry=PayrollEntry,
        load=_load_payroll,
        dump=_dump_payroll,
        tabular=True,
        known_by=("contract", "reference", "version"),
    )
)
