"""What pages have in common whose answer is a file of letters to clients.

That a letter was made stands in the log, with what it is about; the same page sent twice makes
the same file, and is logged once.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.documents import DOCX, PDF, TYPES, DocumentError
from base.models import Event
from base.once import FILE
from base.trail.events import record
from base.workspace.exports import exported
from base.workspace.file_openings import why_read
from forms.letters import WRITE, Addressed, writing
from forms.views.filtered_rows import FilteredRows
from forms.views.shared import today

MOST_LETTERS = 200
"""Letters of one file: LibreOffice prints so many within ten seconds."""


class FileForm(forms.Form):
    """As which file letters are wanted."""

    suffix = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[
            (PDF, gettext_lazy("PDF, to be printed")),
            (DOCX, gettext_lazy("Word file, to be changed")),
        ],
        widget=forms.RadioSelect,
    )


class MakesLetters(ABC):
    """A form page whose answer is a file of letters; `receivers` says what they are about."""

    permission_required = WRITE
    form_class = FileForm
    stays = True
    # Known by all that it says: PDF and Word file of one page are two things asked for.
    reference = ""
    is_recorded = False

    def get_initial(self):
        return {"suffix": PDF}

    @abstractmethod
    def receivers(self) -> Sequence[Model]:
        """Return the cases or appointments whose clients are written to."""

    @abstractmethod
    def make(self, values: dict, suffix: str) -> tuple[str, bytes]:
        """Return what the file is called, and the file, from what the form says beside it."""

    def tell(self, name: str, rows: Iterable[Model], suffix: str) -> None:
        """Write down that these letters were made."""
        for row in rows:
            record(Event.Kind.DOWNLOAD, title=name, about=row, detail=why_read(self.request))

    def act(self, form):
        values = dict(form.cleaned_data)
        suffix = values.pop("suffix")
        try:
            name, content = self.make(values, suffix)
        except DocumentError as error:
            raise ValidationError(
                _("The file cannot be made now: %(reason)s"), params={"reason": error.problem}
            ) from error
        if not self.is_recorded:
            self.tell(name, self.receivers(), suffix)
        return name, TYPES[suffix], content

    def done(self, result):
        """Say nothing: the file says it, and the page stays."""
        return ""

    def answer(self, result):
        name, content_type, content = result
        headers = {
            FILE: content_disposition_header(True, name),
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(content, content_type=content_type, headers=headers)

    def sent_before(self, sent):
        """Make the same once more; on another day it is another letter."""
        self.is_recorded = timezone.localdate(sent.at) == today()
        return self.answer_first()


class MakesSeveralLetters(MakesLetters, FilteredRows):
    """Letters to all whom filters leave and who are one's own, in one file.

    It is shown first who gets one, and who is left out and why; `confirmed_by` is the template.
    """

    confirmed_by = ""

    @abstractmethod
    def own_of(self, rows: QuerySet) -> QuerySet:
        """Return about which of these rows the person may write to several at once."""

    @abstractmethod
    def addressed_of(self, rows: QuerySet) -> Addressed:
        """Return about which of these rows clients get a letter."""

    @abstractmethod
    def told_of(self, row: Model) -> str:
        """Return what has to be as it was shown when the letter is made."""

    def memberships(self):
        return writing(self.request.user)

    @cached_property
    def own(self) -> QuerySet:
        """Those of the rows found that are the person's own."""
        return self.own_of(self.found)

    def writable(self, rows: QuerySet) -> QuerySet:
        """Return about which of these rows there can be a letter at all."""
        return rows

    @cached_property
    def own_count(self) -> int:
        """About how many of them there can be a letter."""
        return self.writable(self.own).count()

    @cached_property
    def addressed(self) -> Addressed:
        """Who gets a letter; nobody where these are too many."""
        few = self.own_count <= MOST_LETTERS
        return self.addressed_of(self.own if few else self.own.none())

    def receivers(self):
        return self.addressed.rows

    def tell(self, name, rows, suffix):
        """Write down that so many left the house at once, and of each that one was made."""
        kind = suffix.removeprefix(".")
        exported.send(None, request=self.request, title=name, format=kind, rows=len(rows))
        super().tell(name, rows, suffix)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            count=len(self.addressed.rows),
            left_out=self.addressed.left_out,
            strangers=self.writable(self.found).count() - self.own_count,
            most=MOST_LETTERS,
            too_many=self.own_count if self.own_count > MOST_LETTERS else 0,
            **kwargs,
        ) | ({} if kwargs.get("confirmation") else {"button": _("Go on")})

    def require_confirmed(self, form):
        if self.own_count > MOST_LETTERS:
            raise ValidationError(
                _("At most %(most)d letters are made at once. Please narrow the list."),
                params={"most": MOST_LETTERS},
            )
        rows = self.addressed.rows
        if not rows:
            raise ValidationError(_("No client would get a letter."))
        self.ask([self.told_of(row) for row in rows], self.confirmed_by, receivers=rows)
