"""The document of a contract's edition: clauses, what they agree on, annexes, signatures.

Whoever may read the edition may have it; it is made when it is asked for, the same each time:
parties are called what they were called when the edition was published.
What a template can use is what `context_of` returns. Contracts are German.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from base import formats
from base.blocks import shown
from base.documents import DOCX, PDF, find_template, render, to_pdf
from base.formats import NO_BREAK
from base.outline import Row
from base.shape import shape_of
from base.studio.passages import Part, Passage, passages_of
from contracts.annexes import AnnexOnDay, annexes_on
from contracts.comparison import contact_text
from contracts.models import ContractEdition, Organisation
from contracts.sheets import contract_sheet

TEMPLATE = "documents/contract.docx"
DEEPEST_HEADING = 3
SHORT = 120  # characters of a text that stands on the line of its label


def make_contract_document(
    edition: ContractEdition, *, suffix: str = DOCX, on: date | None = None
) -> bytes:
    """Return an edition of a contract with its annexes, as .docx or PDF.

    With the annexes as the edition has them, or as they are on a day. Raises DocumentError for a
    wrong template, and PdfError for a PDF that cannot be made.
    """
    with override(settings.LANGUAGE_CODE):
        content = render(find_template(TEMPLATE), context_of(edition, on=on))
    return to_pdf(content) if suffix == PDF else content


def document_name(edition: ContractEdition, suffix: str = DOCX, *, on: date | None = None) -> str:
    """Return what the file is called: AC-1-Fassung-2.docx, AC-1-Stand-2024-03-01.pdf."""
    which = f"Stand-{on.isoformat()}" if on else f"Fassung-{edition.number}"
    return f"{edition.contract.number}-{which}{suffix}".replace("/", "-")


def context_of(edition: ContractEdition, *, on: date | None = None) -> dict:
    """Return what the template prints: `rows` and each annex's rows are texts with their kind.

    A row has a "text" and a "kind": "heading" (with its "level", 1 to 3), "label" of what follows,
    "text", "item" of a list, or "pair" (with the "label" before its text).
    """
    contract, sheet = edition.contract, contract_sheet(edition)
    data = sheet["data"]
    annexes = sheet["annexes"]
    if on is not None:
        annexes = [each for each in annexes_on(edition, on) if each.row.is_valid_on(on)]
    return {
        "title": data.title,
        "number": contract.number,
        "edition": {"number": edition.number, "applies_from": formats.day(edition.applies_from)},
        "body": _party(contract.commissioning_body.at(edition.frozen_at)),
        "provider": _party(contract.provider.at(edition.frozen_at)),
        "legal_basis": "; ".join(data.legal_basis),
        "clauses": [
            {"title": f"{clause.number} {clause.title}", "paragraphs": list(clause.paragraphs)}
            for clause in data.clauses
        ],
        "rows": list(_agreed(sheet)),
        "signed": [
            {
                "party": name or signature.organisation,
                "function": signature.function,
                "day": formats.day(signature.signed_on),
                "evidence": signature.evidence,
            }
            for name, signature in sheet["signatures"]
        ],
        "annexes": [_annex(annex) for annex in annexes],
    }


def _party(organisation: Organisation) -> dict:
    place = f"{organisation.postcode} {organisation.city}".strip()
    return {
        "name": organisation.name,
        "address": ", ".join(filter(None, (organisation.street, place))),
    }


def _agreed(sheet: dict) -> Iterator[dict]:
    """What is agreed besides the words of the clauses, section by section."""
    data = sheet["data"]
    for title, rows in (
        (_("Term and notice"), sheet["term"]),
        (_("Working days"), sheet["calendar"]),
    ):
        yield _heading(1, title)
        yield from _outlined(rows)
    for terms, rows in sheet["remuneration"]:
        clause = f" ({terms.clause})" if terms.clause else ""
        yield _heading(1, f"{_('Remuneration')}: {terms.label}{clause}")
        yield from _outlined(rows)
    yield _heading(1, _("Payment"))
    yield _text(sheet["payment"])
    if sheet["records"]:
        yield _heading(1, _("Service records"))
        yield _text(sheet["records"])
    if sheet["duties"]:
        yield _heading(1, _("Reports and statements due"))
    for duty, text in sheet["duties"]:
        clause = f" ({duty.clause})" if duty.clause else ""
        yield _pair(f"{duty.label}{clause}", text)
    if data.kinds_of_work:
        yield _heading(1, _("Kinds of work"))
        yield from (_item(kind.label) for kind in data.kinds_of_work)
    if data.staffing:
        yield _heading(1, _("Staff"))
    for post in data.staffing:
        said = (formats.number(post.share, most=3), post.qualification, post.pay_scale)
        yield _pair(post.role, ", ".join(filter(None, said)))


def _outlined(rows: Sequence[Row]) -> Iterator[dict]:
    for row in rows:
        if row.text:
            yield _pair(row.label, row.text)
        else:
            yield _label(row.label)
            yield from map(_item, row.texts)


def _annex(annex: AnnexOnDay) -> dict:
    """An annex: what it is, from when, and all that it says; of a file, which one it is."""
    row = annex.row
    valid = _("from %(day)s") % {"day": formats.day(row.valid_from)}
    if row.valid_until:
        days = {"first": formats.day(row.valid_from), "last": formats.day(row.valid_until)}
        valid = _("%(first)s to %(last)s") % days
    if annex.adaptation:
        agreed = {"valid": valid, "day": formats.day(annex.since)}
        valid = _("%(valid)s, adapted by agreement from %(day)s") % agreed
    title, said, rows = _said_by(annex)
    if annex.follows:
        said = _("%(edition)s, follows the newest edition") % {"edition": said}
    return {
        "label": annex.part.label,
        "title": title,
        "edition": said,
        "valid": valid,
        "rows": rows,
    }


def _said_by(annex: AnnexOnDay) -> tuple[str, str, list[dict]]:
    """Return the title of an annex, what exactly it is, and its rows."""
    part = annex.part
    if annex.edition:
        content = annex.edition.content
        passages = passages_of(annex.edition.content_model, content, leave_out=("title",))
        number = _("Edition %(number)d") % {"number": annex.edition.number}
        return content["title"], number, list(_rows(passages, 1))
    kind = capfirst(shown(shape_of(type(part)).caption))
    if annex.file:
        size = filesizeformat(annex.file.size).replace(NO_BREAK, " ")
        rows = [
            _text(_("This annex is a file of its own and belongs to the contract unchanged.")),
            _pair(_("File name"), annex.file.name),
            _pair(_("Size"), size),
            _pair(_("Check sum (SHA-256)"), annex.file.sha256),
        ]
        return kind, annex.file.name, rows
    if part.kind == "contacts":
        many = ngettext("%(n)d contact", "%(n)d contacts", len(part.contacts))
        rows = [_item(contact_text(contact)) for contact in part.contacts]
    else:
        many = ngettext("%(n)d step", "%(n)d steps", len(part.paragraphs))
        rows = [_item(text) for text in part.paragraphs]
    return kind, many % {"n": len(rows)}, rows


def _rows(passages: Iterable[Passage], level: int) -> Iterator[dict]:
    """The fields of a content, its parts and theirs, one below the other."""
    for passage in passages:
        if passage.parts and not any(part.passages for part in passage.parts):
            yield _pair(passage.label, "; ".join(part.title for part in passage.parts))
        elif passage.parts:
            yield _heading(level, passage.label)
            for part in passage.parts:
                yield from _part(part, level + 1)
        elif passage.lines:
            yield _label(passage.label)
            yield from map(_item, passage.lines)
        elif len(passage.text) <= SHORT:
            yield _pair(passage.label, passage.text)
        else:
            yield _label(passage.label)
            yield from map(_text, passage.text.split("\n"))


def _part(part: Part, level: int) -> Iterator[dict]:
    if not part.passages:
        yield _item(part.title)
        return
    yield _heading(level, part.title)
    yield from _rows(part.passages, level + 1)


def _heading(level: int, text: str) -> dict:
    """A heading; what lies deeper than headings go is a text that stands out."""
    if level > DEEPEST_HEADING:
        return _label(text)
    return {"kind": "heading", "level": level, "text": text}


def _label(text: str) -> dict:
    return {"kind": "label", "text": text}


def _text(text: str) -> dict:
    return {"kind": "text", "text": text}


def _item(text: str) -> dict:
    return {"kind": "item", "text": text}


def _pair(label: str, text: str) -> dict:
    return {"kind": "pair", "label": label, "text": text}
