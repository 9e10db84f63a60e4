"""The document of a filled form, as one person may read it.

Different readers get different documents, so none is kept: it is made when it is asked for. What
a template can use is what `context_of` returns.
"""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from base import formats
from base.documents import DOCX, PDF, find_template, render, to_pdf
from base.legible import legible
from forms.answers import NO, YES, answer_text
from forms.content import FormField
from forms.field_rules import rules_of
from forms.models import FilledForm

TEMPLATE = "documents/filled_form.docx"
LONGEST_BESIDE = 28  # characters of a label that fit beside its answer


def make_form_document(form: FilledForm, *, reader, suffix: str = DOCX) -> bytes:
    """Return the document of a filled form as `reader` may read it, as .docx or PDF.

    Raises DocumentError for a wrong template, and PdfError for a PDF that cannot be made.
    """
    # The template is German, whatever language its reader has chosen for the screen.
    with override(settings.LANGUAGE_CODE):
        content = render(find_template(TEMPLATE), context_of(form, reader=reader))
    return to_pdf(content) if suffix == PDF else content


def document_name(form: FilledForm, suffix: str = DOCX) -> str:
    """Return what the file is called. It names case and form, nobody."""
    return f"{form.case.number}-F{form.sequence}-{form.version}{suffix}".replace("/", "-")


def context_of(form: FilledForm, *, reader) -> dict:
    """Return what the template prints: texts, and nothing the reader may not see."""
    groups = rules_of(reader).groups_in(form)
    contract, values = form.case.contract, form.values()
    sections = [
        {
            "heading": section.heading,
            "fields": [
                _field(field, values.get(field.key, ""), groups) for field in section.fields
            ],
        }
        for section in form.sections()
    ]
    return {
        "title": form.title,
        "reference": form.reference,
        "case": form.case.number,
        "contract": f"{contract.number} {contract.title}",
        "provider": _address(contract.provider),
        "body": _address(contract.commissioning_body),
        "state": _state(form),
        "draft": form.is_draft,
        "reason": form.reason,
        "sections": sections,
        "withheld": any(field["withheld"] for each in sections for field in each["fields"]),
    }


def _field(field: FormField, value: str, groups: frozenset[str]) -> dict:
    withheld = bool(value) and field.group not in groups
    text = _("filled in, not for this reader") if withheld else printed(field, value)
    return {
        "label": field.label,
        # A text stands under its label, a short answer beside it where both have room.
        "long": (field.kind == "text" and bool(value)) or len(field.label) > LONGEST_BESIDE,
        "value": text or formats.NOTHING,
        "withheld": withheld,
    }


def printed(field: FormField, value: str) -> str:
    """Return an answer as people read it; "" where there is none."""
    if field.kind == "yes_no" and value in (YES, NO):
        return _("yes") if value == YES else _("no")
    return answer_text(field, value)


def _address(organisation) -> dict:
    return {
        "name": organisation.name,
        "street": organisation.street,
        "city": f"{organisation.postcode} {organisation.city}".strip(),
        "phone": organisation.phone,
        "email": organisation.email,
    }


def _state(form: FilledForm) -> str:
    person, at = form.submitted_by, form.submitted_at
    template = _("submitted on %(moment)s by %(person)s")
    if form.is_draft:
        person, at = form.saved_by, form.saved_at
        template = _("draft, saved on %(moment)s by %(person)s")
    return template % {"moment": legible(at), "person": person}
