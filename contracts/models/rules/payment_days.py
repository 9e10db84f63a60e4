"""When a payment on account is plausible, and for what time: the one answer for all paths.

A time shortly before the contract or after its end is: the first or the last statement settles
it (`jobs.statements.instalments`), and what was paid is known before the end is.
"""

from datetime import MAXYEAR, MINYEAR, date

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contracts.billing import Period
from contracts.dates.obligations import obligations_of
from contracts.models import Contract

AROUND, AHEAD = 1, 2
"""Years: before the contract and after its end; from the payment to the end of its time."""


def require_plausible(contract: Contract, paid_on: date, period: Period) -> None:
    """Raise ValidationError for a payment on a day, or for a time, that has nothing to do with it.

    Of notices those count that had been received when it was paid.
    """
    obliged = obligations_of([contract], known_on=paid_on).get(contract.pk)
    if obliged is None:
        raise ValidationError(
            _("Contract %(number)s is not concluded."), params={"number": contract.number}
        )
    earliest = _years_from(obliged.first, -AROUND)
    if min(paid_on, period.last) < earliest:
        raise ValidationError(
            _(
                "Contract %(number)s begins on %(first)s: nothing is paid before %(earliest)s, nor"
                " for a time that ends before."
            ),
            params={"number": contract.number, "first": obliged.first, "earliest": earliest},
        )
    if period.last > (latest := _years_from(paid_on, AHEAD)):
        raise ValidationError(
            _("What is paid on %(day)s is for a time that ends by %(latest)s."),
            params={"day": paid_on, "latest": latest},
        )
    if obliged.last is not None and period.first > _years_from(obliged.last, AROUND):
        raise ValidationError(
            _("Contract %(number)s ends on %(last)s: nothing is paid for a time so long after."),
            params={"number": contract.number, "last": obliged.last},
        )


def _years_from(day: date, years: int) -> date:
    return day + relativedelta(year=min(max(day.year + years, MINYEAR), MAXYEAR))
