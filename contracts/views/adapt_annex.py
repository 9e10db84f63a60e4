"""Propose what an annex is to say from a day on: a form for each kind of annex."""

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from contracts.actions.adapt_annex import adapt_annex
from contracts.adaptation_mails import PROPOSE
from contracts.annexes import AnnexOnDay, annexes_on
from contracts.content.annexes import AGREEMENT
from contracts.models import Contract, ContractFile, EditionAnnex

MORE_CONTACTS = 1
"""So many contacts can be added at once."""

CONTACT_FIELDS = (
    ("name", gettext_lazy("Name"), 300),
    ("party", gettext_lazy("Party"), 60),
    ("task", gettext_lazy("Responsible for"), 200),
    ("phone", gettext_lazy("Phone"), 50),
    ("email", gettext_lazy("E-mail"), 200),
)


class AdaptForm(forms.Form):
    """From when, why, and what: the last follows from the kind of the annex."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    applies_from = DayField(label=gettext_lazy("From when"))

    def __init__(self, *args, annex: AnnexOnDay, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.annex = annex
        own = getattr(self, f"_{annex.part.kind}")(user)
        self.fields = {**own, **self.fields}

    def _catalogue(self, _user) -> dict:
        edition = self.annex.edition
        editions = type(edition).objects.filter(
            **{edition.subject: getattr(edition, f"{edition.subject}_id")}
        )
        words = _("Edition %(number)d, applies from %(day)s")
        choices = [
            (each.number, words % {"number": each.number, "day": day(each.applies_from)})
            for each in editions.order_by("-number")
        ]
        field = forms.TypedChoiceField(choices=choices, coerce=int, label=_("Edition"))
        field.initial = edition.number
        return {"edition": field}

    _description = _catalogue

    def _document(self, user) -> dict:
        files = ContractFile.objects.visible_to(user, "contracts.view_contract")
        body = self.annex.row.edition.contract.commissioning_body_id
        files = files.filter(organisation=body).order_by("name")
        field = forms.ChoiceField(
            choices=list(files.values_list("key", "name")),
            label=_("File"),
            help_text=_("Handed in before by the commissioning body."),
            initial=self.annex.part.file,
        )
        return {"file": field}

    def _contacts(self, _user) -> dict:
        contract = self.annex.row.edition.contract
        parties = (contract.commissioning_body, contract.provider)
        choices = [("", "–"), *((party.key, party.name) for party in parties)]
        rows = [contact.model_dump() for contact in self.annex.part.contacts]
        found: dict[str, forms.Field] = {}
        for place in range(len(rows) + MORE_CONTACTS):
            given = rows[place] if place < len(rows) else {}
            number = place + 1
            for name, label, longest in CONTACT_FIELDS:
                text = f"{label} ({number})"
                field = forms.CharField(label=text, max_length=longest, required=False)
                if name == "name":
                    field.help_text = _("Empty: this contact is left out.")
                if name == "party":
                    field = forms.ChoiceField(label=text, choices=choices, required=False)
                field.initial = given.get(name) or ""
                found[f"contact-{place}-{name}"] = field
        return found

    def _plan(self, _user) -> dict:
        field = forms.CharField(
            label=_("Steps"),
            help_text=_("One per line: one step, in their order."),
            widget=forms.Textarea(attrs={"rows": 10}),
            initial="\n".join(self.annex.part.paragraphs),
        )
        return {"paragraphs": field}

    def clean(self):
        """Refuse to leave out every contact."""
        cleaned = super().clean()
        if self.annex.part.kind == "contacts" and not self.own():
            self.add_error("contact-0-name", _("Please name somebody to turn to."))
        return cleaned

    def own(self):
        """Return what the annex is to say, as its kind has it."""
        data, name = self.cleaned_data, self.annex.part.OWN
        if name == "paragraphs":
            return [line.strip() for line in data["paragraphs"].splitlines() if line.strip()]
        if name != "contacts":
            return data[name]
        places = range(len(self.annex.part.contacts) + MORE_CONTACTS)
        rows = (
            {each: data.get(f"contact-{place}-{each}") for each, *_rest in CONTACT_FIELDS}
            for place in places
        )
        return [
            {name: value for name, value in row.items() if value} for row in rows if row["name"]
        ]


class AdaptAnnex(ObjectFormPage):
    """Propose what an annex is to say from a day on."""

    model = EditionAnnex
    permission_required = PROPOSE
    menu = "contracts"
    template_name = "contracts/adapt_annex.html"
    form_class = AdaptForm
    button = gettext_lazy("Send to the other party")
    warning = gettext_lazy(
        "The annex is adapted once both parties have agreed, without a new edition of the contract."
        " Who signs for a party agrees for it; all that is agreed stays to be read."
    )

    def get_queryset(self):
        parties = ("edition__contract__commissioning_body", "edition__contract__provider")
        return super().get_queryset().filter(adapted_by=AGREEMENT).joined(*parties)

    @property
    def contract(self) -> Contract:
        """The contract that the annex belongs to."""
        return self.target.edition.contract

    @cached_property
    def annex(self) -> AnnexOnDay:
        """The annex as it is today; 404 where the edition in force does not have it like that."""
        today = timezone.localdate()
        edition = self.contract.edition_on(today) or self.target.edition
        for each in annexes_on(edition, today):
            if each.part.key == self.target.key and each.part.adapted_by == AGREEMENT:
                return each
        raise Http404

    def get_title(self):
        return _("Adapt %(annex)s") % {"annex": self.annex.part.label}

    def crumbs(self):
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(str(self.contract), reverse("contract", args=[self.contract.pk])),
        )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"annex": self.annex, "user": self.request.user}

    def get_initial(self):
        return {"applies_from": max(timezone.localdate(), self.annex.row.valid_from)}

    def act(self, form):
        return adapt_annex(
            self.contract,
            self.annex.part.key,
            form.own(),
            by=self.request.user,
            applies_from=form.cleaned_data["applies_from"],
            reason=form.cleaned_data["reason"],
        )

    def done(self, result):
        return _("Sent. It applies once both parties have agreed.")

    def get_success_url(self):
        return reverse("adaptation", args=[self.result.pk])
