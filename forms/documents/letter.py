"""Letters to clients that are no invitation: what goes along with papers, and what is made known.

They name the client and say what somebody has typed: neither letters nor their texts are kept,
they are made when they are asked for. All letters of one file say the same, each to another
client. What a template can use is what `context_of` returns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from base import formats
from base.documents import DOCX, PDF, find_template, render, to_pdf
from contracts.models import Organisation
from forms.documents.letterhead import address_of, salutation_of, sender_of
from forms.models import Case

BLANK_LINES = re.compile(r"\n\s*\n")


class LetterKind(TextChoices):
    """What a letter is for; each kind has a template of its own."""

    COVER = "cover_letter", _("Cover letter")
    NOTICE = "notice", pgettext_lazy("letter", "Notice")


@dataclass(frozen=True)
class Letter:
    """What a letter says, whoever receives it: blank lines part its paragraphs.

    `enclosures` has a line for each paper that goes along.
    """

    kind: LetterKind
    subject: str
    text: str
    enclosures: str = ""


def make_letters(
    letter: Letter, cases: Sequence[Case], *, sender: Organisation, by, suffix: str = DOCX
) -> bytes:
    """Return a letter to the client of each case in one file, signed by whoever asks for it.

    Each begins a page of its own. The clients' names have to be known. Raises DocumentError for
    a wrong template, and PdfError for a PDF that cannot be made.
    """
    template = find_template(f"documents/{letter.kind}.docx")
    # The template is German, whatever language its reader has chosen for the screen.
    with override(settings.LANGUAGE_CODE):
        content = render(template, context_of(letter, cases, sender=sender, by=by))
    return to_pdf(content) if suffix == PDF else content


def letter_name(kind: LetterKind, suffix: str, case: Case | None = None) -> str:
    """Return what the file is called. It names case, if it is about one, and day, nobody."""
    with override(settings.LANGUAGE_CODE):
        parts = (case.number if case else "", str(kind.label), f"{timezone.localdate()}")
    return "-".join(part for part in parts if part).replace("/", "-") + suffix


def context_of(letter: Letter, cases: Sequence[Case], *, sender: Organisation, by) -> dict:
    """Return what the template prints: texts alone."""
    return {
        "sender": sender_of(sender),
        "letters": [
            {
                "address": address_of(case.client),
                "salutation": salutation_of(case.client.identity),
                "case": case.number,
            }
            for case in cases
        ],
        "subject": letter.subject,
        "paragraphs": [part.strip() for part in BLANK_LINES.split(letter.text) if part.strip()],
        "enclosures": [line.strip() for line in letter.enclosures.split("\n") if line.strip()],
        "date": formats.day(timezone.localdate()),
        "person": by.display_name,
        "phone": sender.phone,
        "email": sender.email,
        "signature": by.display_name,
    }
