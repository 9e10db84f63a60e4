"""Some of what runs take for up to date, computed unasked: a mark may have been forgotten.

Whatever is found different is looked at by the next run, and people are told (`jobs.waiting`).
"""

import logging
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.marks import lock_contracts, take_up
from jobs.models import ComputedPeriod
from jobs.models.computed_period import STATEMENTS

SIZE = 50
"""Periods of contracts each night."""

log = logging.getLogger(__name__)


def spot_check(size: int = SIZE) -> list[ComputedPeriod]:
    """Compute some periods that nothing marked, at random; return and note those that differ.

    One contract after the other: whatever goes wrong with one keeps nothing from being found.
    """
    current = ComputedPeriod.objects.filter(outdated=False, due=True).select_related("contract")
    # What is computed instead of a period has rows of its own.
    current = current.filter(Q(instead=[]) | Q(instead=None))
    different = []
    for row in current.order_by("?")[:size]:
        try:
            found = _differs(row)
        except Exception:
            log.exception("%s could not be computed.", row)
            continue
        if found:
            log.error("Nothing marked %s, but it comes out differently.", row)
            different.append(row)
    return different


def _differs(row: ComputedPeriod) -> bool:
    """Note and tell whether a period comes out differently, though nothing was written since."""
    with transaction.atomic():
        lock_contracts([row.contract_id])
        take_up(row.contract)
        current = ComputedPeriod.objects.filter(pk=row.pk, outdated=False)
        if not current.exists() or not _changes(row):
            return False
        current.update(outdated=True, forgotten_on=timezone.localdate())
        return True


def _changes(row: ComputedPeriod) -> bool:
    """Whether computing a period changes its statement or report; nothing of it is kept."""
    changed = False
    with transaction.atomic():
        if row.kind != STATEMENTS:
            _version, changed = compute_report(row.contract, row.period, row.kind)
        else:
            # A draft whose days another statement has billed stays as it is.
            with suppress(ValidationError):
                _statement, changed = compute_statement(row.contract, row.period)
        transaction.set_rollback(True)
    return changed
