"""What a step about a contract makes of its statements, told before the step is taken."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from django.core.exceptions import ValidationError

from contracts.billing import Period
from contracts.effects import Effect, register
from contracts.models import Contract
from jobs.actions.compute_statement import compute_statement
from jobs.documents import formats
from jobs.models import Statement
from jobs.models.statement import NOTHING


def corrected_statements(contract: Contract, since: date, user) -> Iterator[Effect]:
    """Bring the statements from a day's year on up to date; name those that change.

    From the year on, since what is agreed per year is compared over it (D43). Writes: whoever
    only asks undoes it.
    """
    visible = Statement.objects.visible_to(user, "jobs.view_statement").filter(contract=contract)
    originals = visible.filter(sequence=0, period_last__gte=date(since.year, 1, 1))
    for original in list(originals.order_by("period_first", "period_last")):
        before = _charged(contract, original.period)
        # Days that another statement has billed stay as they are, as in a run.
        with suppress(ValidationError):
            compute_statement(contract, original.period)
        after = _charged(contract, original.period)
        if before != after:
            name = formats.period(original.period)
            label = f"{original.number} · {name}" if original.number else name
            yield Effect(label, original.get_absolute_url(), before, after)


def _charged(contract: Contract, period: Period):
    """Return what original and corrections of a period come to, in EUR."""
    totals = Statement.objects.for_period(contract, period).values_list("total", flat=True)
    return sum(totals, NOTHING)


register(corrected_statements)
