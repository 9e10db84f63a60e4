"""Keep a file as evidence."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from base.documents import store
from contracts.files import clean_name, kind_of
from contracts.models import Contract, Evidence, PayrollLine


def upload_evidence(
    *,
    contract: Contract,
    name: str,
    content: bytes,
    kind: str,
    day: date,
    by,
    payroll_line: PayrollLine | None = None,
    note: str = "",
) -> Evidence:
    """Store a file under its hash and name it as evidence of a cost.

    Raises ValidationError for a file of another kind or too large (contracts/files.py), one that
    is there already, and a payroll line of another contract.
    """
    shown = clean_name(name)
    found = kind_of(shown, content)
    if payroll_line and payroll_line.contract_id != contract.pk:
        raise ValidationError({"payroll_line": _("This payroll line is another contract's.")})
    # The file before the row, so that a row never names a file that was not written.
    sha256 = store(content, found.suffix)
    with transaction.atomic(), acting_as(by):
        # One at a time for each contract: two clicks are one file.
        Contract.objects.select_for_update(of=("self",)).values_list("pk").get(pk=contract.pk)
        stored = Evidence.objects.standing().filter(
            contract=contract, payroll_line=payroll_line, sha256=sha256
        )
        if there := stored.order_by("pk").first():
            raise ValidationError(
                {"file": _("This file is there already, as %(name)s.") % {"name": there.name}}
            )
        evidence = Evidence(
            contract=contract,
            payroll_line=payroll_line,
            kind=kind,
            day=day,
            name=shown,
            suffix=found.suffix,
            sha256=sha256,
            size=len(content),
            note=note,
            uploaded_at=current_time(),
            uploaded_by=by,
        )
        evidence.full_clean()
        evidence.save()
    return evidence
