"""Instalments in files."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from base.content import Content, Line
from base.exchange.kinds import EntryError, Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import stored_or_new
from contracts.billing import Period
from contracts.exchange.contracts import contracts_by_number
from contracts.models import ClosedYear, Instalment

FORMS = "2024-03, 2024-Q1, 2024-H1, 2024, 2024-01-15..2024-02-20"
"""How a period may be written, named where it is not."""


class InstalmentEntry(Content):
    """A payment on account for a period: 2024, 2024-H1, 2024-Q1, 2024-03 or first..last."""

    reference: Line = Field(max_length=80)
    contract: Line
    paid_on: date
    amount: Decimal = Field(gt=0, max_digits=12, decimal_places=2)
    for_period: str


def _load_instalment(located: Located) -> int:
    entry: InstalmentEntry = located.entry
    contract = contracts_by_number([located])[entry.contract]
    try:
        period = Period.parse(entry.for_period)
    except ValueError as error:
        message = _("for_period: %(value)s is no period; allowed: %(forms)s")
        params = {"value": entry.for_period, "forms": FORMS}
        raise EntryError(located, ValidationError(message, params=params)) from error
    known_by = {"contract": contract, "reference": entry.reference}
    stored = Instalment.objects.filter(**known_by).first()
    values = {
        "paid_on": entry.paid_on,
        "amount": entry.amount,
        "period_first": period.first,
        "period_last": period.last,
    }
    if stored and any(getattr(stored, name) != value for name, value in values.items()):
        # On its page it can be corrected with a reason, which files do not give.
        ClosedYear.objects.require_open(contract.commissioning_body_id, stored.paid_on)
    return stored_or_new(Instalment, located, known_by, values)


def _dump_instalments():
    # One that was taken back is none any more; only history tells of it.
    rows = Instalment.objects.select_related("contract").exclude(amount=0)
    for row in rows.order_by(*by_text("contract__number", "reference")):
        yield InstalmentEntry(
            reference=row.reference,
            contract=row.contract.number,
            paid_on=row.paid_on,
            amount=row.amount,
            for_period=str(Period(row.period_first, row.period_last)),
        )


register(
    Kind(
        section="instalments",
        position=81,
        entry=InstalmentEntry,
        load=lambda entries: load_each(entries, _load_instalment),
        dump=_dump_instalments,
        known_by=("contract", "reference"),
    )
)
