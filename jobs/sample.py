"""A sample of what runs take for up to date, computed unasked: a mark may have been forgotten.

Whatever is found different is looked at by the next run, and people are told (`jobs.waiting`).
"""

import logging
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from jobs.actions.compute_statement import compute_statement
from jobs.marks import lock_contracts, take_up
from jobs.models import ComputedPeriod

SIZE = 50
"""Periods of contracts each night."""

log = logging.getLogger(__name__)


def recompute_sample(size: int = SIZE) -> list[ComputedPeriod]:
    """Compute some periods that nothing marked, at random; return and note those that differ."""
    current = ComputedPeriod.objects.filter(outdated=False, due=True).select_related("contract")
    different = [row for row in current.order_by("?")[:size] if _differs(row)]
    for row in different:
        log.error("Nothing marked %s, but it comes out differently.", row)
    ComputedPeriod.objects.filter(pk__in=[row.pk for row in different]).update(
        outdated=True, forgotten_on=timezone.localdate()
    )
    return different


def _differs(row: ComputedPeriod) -> bool:
    """Whether a period comes out differently, though nothing has been written since."""
    with transaction.atomic():
        lock_contracts([row.contract_id])
        take_up(row.contract)
        changed = False
        if ComputedPeriod.objects.filter(pk=row.pk, outdated=False).exists():
            # A draft whose days another statement has billed stays as it is.
            with suppress(ValidationError):
                _statement, changed = compute_statement(row.contract, row.period)
        transaction.set_rollback(True)
    return changed
