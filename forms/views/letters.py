"""Letters to clients: one out of a case, or to all whom a list's filters leave, as one file.

The answer to these forms is the file. What was typed is in it and nowhere else: no row holds it,
and no address.
"""

from functools import cached_property

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from base.content import cleaned
from base.workspace.views import Crumb
from contracts.models import Organisation
from forms.documents.letter import Letter, LetterKind, letter_name, make_letters
from forms.documents.letterhead import address_of, contact_of
from forms.letters import addressed, is_complete, may_write, own_to_write_to, writing
from forms.models import Case, ClientIdentity
from forms.views.case_action import CaseAction
from forms.views.filtered_rows import FilteredCases
from forms.views.making_letters import FileForm, MakesLetters, MakesSeveralLetters
from forms.views.shared import today


class LetterText(forms.CharField):
    """Several lines of a letter, with one kind of line break."""

    widget = forms.Textarea

    def to_python(self, value):
        return cleaned(super().to_python(value))


class LetterForm(FileForm):
    """What the letter says, and as which file it is wanted."""

    field_order = ("kind", "subject", "text", "enclosures", "suffix")

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=LetterKind.choices, widget=forms.RadioSelect
    )
    subject = forms.CharField(label=pgettext_lazy("letter", "Subject"), max_length=150)
    text = LetterText(
        label=gettext_lazy("Text"),
        required=False,
        max_length=6000,
        widget=forms.Textarea({"rows": 8, "class": "grows"}),
        help_text=gettext_lazy(
            "A notice needs one. Without salutation and closing: the letter has them. A blank line "
            "begins a paragraph. Fallwerk does not store the text; the file alone has it."
        ),
    )
    enclosures = LetterText(
        label=gettext_lazy("Enclosures"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 2, "class": "grows"}),
        help_text=gettext_lazy("A cover letter needs them. One on each line."),
    )

    def clean(self):
        data = super().clean()
        needs = {LetterKind.COVER: "enclosures", LetterKind.NOTICE: "text"}
        missing = needs.get(data.get("kind"))
        if missing and missing not in self.errors and not data.get(missing, "").strip():
            self.add_error(missing, self.fields[missing].default_error_messages["required"])
        return data


class MakesTypedLetters(MakesLetters):
    """Letters that say what is typed in the form."""

    form_class = LetterForm
    button = gettext_lazy("Make letter")

    def get_initial(self):
        return super().get_initial() | {"kind": LetterKind.COVER}

    house: Organisation
    """In whose name one writes."""

    def make(self, values, suffix):
        letter = Letter(**values | {"kind": LetterKind(values["kind"])})
        cases, by = self.receivers(), self.request.user
        content = make_letters(letter, cases, sender=self.house, by=by, suffix=suffix)
        return self.name_of(letter.kind, suffix), content

    def name_of(self, kind: LetterKind, suffix: str) -> str:
        """Return what the file is called."""
        return letter_name(kind, suffix)


class WriteLetter(MakesTypedLetters, CaseAction):
    """A letter to the client of one case."""

    template_name = "forms/letter.html"
    title = gettext_lazy("Letter")

    def get_queryset(self):
        """Return the cases to whose clients one may write, and whose names are known."""
        named = ClientIdentity.objects.order_by().values("client")
        rows = super().get_queryset().filter(client__in=named)
        return rows.joined("client__identity", "client__contact")

    def has_permission(self) -> bool:
        """Return whether the person writes in the name of any organisation."""
        return super().has_permission() and bool(writing(self.request.user))

    def require_seen(self):
        """Let nobody wait: nothing is changed."""

    def receivers(self):
        return [self.target]

    def name_of(self, kind, suffix):
        return letter_name(kind, suffix, self.target)

    @cached_property
    def house(self) -> Organisation:
        """The organisation in whose name one writes."""
        membership = may_write(self.request.user, self.target)
        if membership is None:
            raise Http404
        return Organisation.objects.get(pk=membership.organisation)

    def get_context_data(self, **kwargs):
        client = self.target.client
        may_reach = self.request.user.has_perm("forms.change_clientcontact", self.target)
        return super().get_context_data(
            house=self.house,
            address=address_of(client),
            is_complete=is_complete(client),
            careful=contact_of(client).reach_never,
            may_reach=may_reach,
            **kwargs,
        )


class WriteLetters(MakesTypedLetters, MakesSeveralLetters, FilteredCases):
    """Letters that say the same, to all whom the list's filters leave and who are one's own."""

    template_name = "forms/letters.html"
    confirmed_by = "forms/confirm_letters.html"
    title = gettext_lazy("Letters to several")

    def rows(self):
        return Case.objects.visible_to(self.request.user)

    def crumbs(self):
        return [Crumb(_("Cases"), reverse("cases"))]

    def own_of(self, rows):
        own = own_to_write_to(self.request.user, self.membership, today())
        return rows.filter(pk__in=own.order_by().values("pk"))

    def addressed_of(self, rows):
        return addressed(rows)

    def told_of(self, row):
        return row.number
