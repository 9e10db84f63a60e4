"""Keep a file that contracts can have as an annex."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from base.documents import store
from contracts.files import clean_name, kind_of
from contracts.models import ContractFile, Organisation
from contracts.models.contract_file import KEY_LENGTH


def hand_in_file(*, organisation: Organisation, name: str, content: bytes, by) -> ContractFile:
    """Store a file under its hash, for the contracts of a commissioning body.

    Raises ValidationError for a file of another kind or too large (contracts/files.py), and for one
    that is there already.
    """
    shown = clean_name(name)
    found = kind_of(shown, content)
    # The file before the row, so that a row never names a file that was not written.
    sha256 = store(content, found.suffix)
    key = sha256[:KEY_LENGTH]
    there = ContractFile.objects.filter(organisation=organisation, key=key).first()
    if there is not None:
        raise ValidationError(
            {"file": _("This file is there already, as %(name)s.") % {"name": there.name}}
        )
    file = ContractFile(
        organisation=organisation,
        key=key,
        name=shown,
        suffix=found.suffix,
        sha256=sha256,
        size=len(content),
        uploaded_at=current_time(),
        uploaded_by=by,
    )
    with transaction.atomic(), acting_as(by):
        file.full_clean()
        file.save()
    return file
