"""Presenting a draft for signature, confirming that one has signed, taking it back."""

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.studio.doors import address
from base.studio.refusals import refusals_of
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from contracts.actions.confirm_signature import confirm_signature
from contracts.actions.present_for_signature import present_for_signature, signing_now
from contracts.actions.withdraw_signing import withdraw_signing
from contracts.models import Contract, Organisation, Signing
from contracts.models.contract import DRAFTING
from contracts.models.signing import PRESENT, SIGN
from contracts.signatures import parties_of
from contracts.signing_states import changes_of


class PresentForm(forms.Form):
    """Which state of the draft the person was shown."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class PresentForSignature(ObjectFormPage):
    """Put a draft before both parties: what they will be shown, and how many have to sign."""

    model = Contract
    permission_required = (DRAFTING, PRESENT)
    menu = "signings"
    template_name = "contracts/present_for_signature.html"
    form_class = PresentForm
    button = gettext_lazy("Present for signature")

    def get_queryset(self):
        return super().get_queryset().select_related("provider", "commissioning_body")

    def get_title(self):
        return _("Present %(contract)s for signature") % {"contract": self.target.number}

    def crumbs(self):
        return (Crumb(_("Signatures"), reverse("signings")),)

    def back(self):
        return address(self.target)

    @cached_property
    def draft(self) -> Contract:
        """The draft as it was saved last."""
        stored = self.target
        return stored.get_latest_revision_as_object() if stored.latest_revision_id else stored

    def get_initial(self):
        return {"revision": self.target.latest_revision_id}

    def act(self, form):
        try:
            return present_for_signature(self.target, by=self.request.user, **form.cleaned_data)
        except ValidationError as error:
            raise ValidationError(refusals_of(error, Contract)) from error

    def done(self, result):
        return _("Presented for signature. Those who may sign are told by e-mail.")

    def get_success_url(self):
        return reverse("signing", args=[self.result.pk])

    def get_context_data(self, **kwargs):
        stands = self.target.signings.standing().first()
        context: dict = {"draft": self.draft, "stands": stands, "refusals": ()}
        try:
            signing = signing_now(self.draft, by=self.request.user)
            context |= {"signing": signing, "changes": changes_of(signing)}
        except ValidationError as error:
            context["refusals"] = refusals_of(error, Contract)
        return super().get_context_data(**context | kwargs)


class ConfirmForm(forms.Form):
    """What somebody says who has signed."""

    party = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label=gettext_lazy("Signed for")
    )
    function = forms.CharField(
        label=gettext_lazy("Signed as"),
        help_text=gettext_lazy("Name of the office or function, for example management."),
        max_length=300,
    )
    signed_on = DayField(label=gettext_lazy("Signed on"))
    evidence = forms.CharField(
        label=gettext_lazy("Where the signed paper is kept"),
        help_text=gettext_lazy("For example: contract file AC-2024-01, page 7."),
        max_length=300,
    )
    signed = forms.BooleanField(
        label=gettext_lazy("I have signed just this text on paper."),
    )

    def __init__(self, *args, parties, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["party"].queryset = Organisation.objects.filter(
            pk__in=[party.pk for party in parties]
        )
        if len(parties) == 1:
            self.fields["party"].widget = forms.HiddenInput()
            self.fields["party"].initial = parties[0].pk


class ConfirmSignature(ObjectFormPage):
    """Confirm that one has signed for one's own party."""

    model = Signing
    permission_required = SIGN
    menu = "signings"
    title = gettext_lazy("Confirm your signature")
    template_name = "contracts/confirm_signature.html"
    form_class = ConfirmForm
    button = gettext_lazy("Confirm signature")

    def get_queryset(self):
        own = Signing.objects.awaiting(self.request.user).order_by().values("pk")
        rows = super().get_queryset().filter(pk__in=own)
        return rows.select_related("contract__provider", "contract__commissioning_body")

    def crumbs(self):
        return (
            Crumb(_("Signatures"), reverse("signings")),
            Crumb(self.target.named, reverse("signing", args=[self.target.pk])),
        )

    def get_form_kwargs(self):
        parties = parties_of(self.request.user, self.target.contract)
        return super().get_form_kwargs() | {"parties": parties}

    def get_initial(self):
        return {"signed_on": timezone.localdate()}

    def act(self, form):
        values = {name: value for name, value in form.cleaned_data.items() if name != "signed"}
        return confirm_signature(self.target, by=self.request.user, **values)

    def done(self, result):
        return _("Your signature is confirmed.")


class WithdrawForm(forms.Form):
    """What both parties are told."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Both parties are told it."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WithdrawSigning(ObjectFormPage):
    """Take back what was presented."""

    model = Signing
    permission_required = "contracts.change_signing"
    menu = "signings"
    title = gettext_lazy("Withdraw from signature")
    form_class = WithdrawForm
    button = gettext_lazy("Withdraw from signature")
    warning = gettext_lazy(
        "Signatures that were confirmed count no more. The draft stays as it is and can be"
        " presented again."
    )

    def get_queryset(self):
        return super().get_queryset().standing().joined("contract")

    def crumbs(self):
        return (
            Crumb(_("Signatures"), reverse("signings")),
            Crumb(self.target.named, reverse("signing", args=[self.target.pk])),
        )

    def act(self, form):
        return withdraw_signing(self.target, by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("No longer presented for signature.")
