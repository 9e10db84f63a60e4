"""Contracts laid out for readers: texts ready to be shown. Pages and documents show the same."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.outline import Row, outline
from contracts.annexes import AnnexOnDay, annexes_of, stated
from contracts.billing import Terms
from contracts.comparison import READINGS, duty_text
from contracts.content import ContractContent
from contracts.models import ContractEdition, Organisation, Signing
from contracts.models.contract import EditionAnnex


def contract_sheet(edition: ContractEdition) -> dict:
    """Return what the templates of a contract's content need: its parts in words."""
    return sheet_of(edition.data, annexes_of(edition), at=edition.frozen_at)


def presented_sheet(signing: Signing) -> dict:
    """Return the same of a text that was presented for signature."""
    edition = ContractEdition(contract=signing.contract, content=signing.content)
    annexes = stated(edition, (row for row in edition.rows() if isinstance(row, EditionAnnex)))
    return sheet_of(signing.data, annexes, at=signing.presented_at)


def sheet_of(data: ContractContent, annexes: list[AnnexOnDay], *, at: datetime) -> dict:
    """Return content in words, with its annexes; parties are called what they were called then."""
    signing = {signature.organisation for signature in data.signatures}
    parties = Organisation.objects.filter(key__in=signing)
    names = {party.key: party.at(at).name for party in parties}
    return {
        "data": data,
        "annexes": annexes,
        "duties": [(duty, duty_text(duty)) for duty in data.duties],
        "term": outline(data.term, data, READINGS),
        "calendar": outline(data.calendar, data, READINGS),
        "remuneration": remuneration(data),
        "payment": ngettext(
            "A statement is paid within %(days)s calendar day of its date.",
            "A statement is paid within %(days)s calendar days of its date.",
            data.payment_days,
        )
        % {"days": data.payment_days},
        "records": _("The client signs each service record.") if data.records_signed else "",
        "signatures": [(names.get(each.organisation), each) for each in data.signatures],
    }


def remuneration(data: ContractContent) -> list[tuple[Terms, list[Row]]]:
    """Return the blocks of remuneration, each with what it says in words."""
    left_out = ("label", "clause")
    return [
        (terms, outline(terms, data, READINGS, without=left_out)) for terms in data.remuneration
    ]
