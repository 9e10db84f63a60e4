"""Enter payroll lines, one or many; change and withdraw them with a reason."""

from collections.abc import Sequence
from itertools import count

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.facts import Fact, change, submit, withdraw
from contracts.models import Contract, PayrollLine


def enter_payroll(contract: Contract, lines: Sequence[PayrollLine], *, by) -> list[PayrollLine]:
    """Store new payroll lines of a contract, all or none; those without a reference get one.

    Raises ValidationError for the first refused.
    """
    with transaction.atomic(), acting_as(by):
        # One at a time for each contract: references count up.
        Contract.objects.select_for_update(of=("self",)).values_list("pk").get(pk=contract.pk)
        for line in lines:
            line.contract = contract
        _give_references(contract, lines)
        for line in lines:
            line.full_clean(validate_unique=False, validate_constraints=False)
        return submit(PayrollLine, list(lines))


def change_payroll_line(line: PayrollLine, *, by, reason: str, **values) -> PayrollLine:
    """Store the next version of a payroll line; see `base.facts.change`.

    Raises ValidationError for one that was withdrawn, too.
    """
    _require_standing(line)
    with acting_as(by):
        return change(line, reason=reason, **values)


def withdraw_payroll_line(line: PayrollLine, *, by, reason: str) -> PayrollLine:
    """Withdraw a payroll line: it stays on record and counts for nothing."""
    _require_standing(line)
    with acting_as(by):
        return withdraw(line, reason=reason)


def _require_standing(line: PayrollLine) -> None:
    if PayrollLine.objects.filter(pk=line.pk, status=Fact.Status.WITHDRAWN).exists():
        raise ValidationError(_("%(line)s was withdrawn."), params={"line": line.reference})


def _give_references(contract: Contract, lines: Sequence[PayrollLine]) -> None:
    """Name nameless lines after their year: P-2024-001."""
    stored = PayrollLine.objects.filter(contract=contract, reference__startswith="P-")
    taken = set(stored.values_list("reference", flat=True)) | {line.reference for line in lines}
    for line in lines:
        if line.reference:
            continue
        names = (f"P-{line.day.year}-{number:03d}" for number in count(1))
        line.reference = next(name for name in names if name not in taken)
        taken.add(line.reference)
