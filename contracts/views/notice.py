"""Giving notice of a contract."""

from datetime import date
from functools import cached_property

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from contracts.actions.give_notice import give_notice
from contracts.dates.obligations import Obligations, obligations_of
from contracts.dates.standing import next_notice
from contracts.dates.term import ends_after_notice
from contracts.models import Contract, Organisation
from contracts.views.confirming import ShowsEffects


class NoticeForm(forms.Form):
    """A notice received in writing."""

    given_by = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label=gettext_lazy("given by")
    )
    received_on = DayField(
        label=gettext_lazy("received on"), help_text=gettext_lazy("Receipt counts, not posting.")
    )
    extraordinary = forms.BooleanField(
        required=False,
        label=gettext_lazy("Immediate termination: only for gross breach, with reasons"),
    )
    ends_on = DayField(
        required=False,
        label=gettext_lazy("ends on"),
        help_text=gettext_lazy("Only without notice: the contract's last day."),
    )
    reason = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("reasons"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, contract: Contract, **kwargs):
        super().__init__(*args, **kwargs)
        parties = (contract.commissioning_body_id, contract.provider_id)
        self.fields["given_by"].queryset = Organisation.objects.filter(pk__in=parties)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("extraordinary"):
            for name in ("ends_on", "reason"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Ending a contract at once needs this."))
        elif cleaned.get("ends_on"):
            text = _("With ordinary notice the end follows from the contract: leave this empty.")
            self.add_error("ends_on", text)
        return cleaned


class GiveNotice(ShowsEffects, ObjectFormPage):
    """Record a notice; first the page says when the contract ends by it, and what that changes."""

    model = Contract
    permission_required = "contracts.add_notice"
    menu = "contracts"
    title = gettext_lazy("Give notice")
    template_name = "contracts/contract_notice.html"
    form_class = NoticeForm
    always_asks = True
    confirmation = "contracts/confirm_notice.html"

    def get_queryset(self):
        return super().get_queryset().select_related("provider", "commissioning_body")

    @cached_property
    def obliged(self) -> Obligations:
        """What follows from the contract's editions and notices. Raises Http404 where none is."""
        found = obligations_of([self.target])
        if self.target.pk not in found:
            raise Http404
        return found[self.target.pk]

    def crumbs(self):
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(str(self.target), reverse("contract", args=[self.target.pk])),
        )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"contract": self.target}

    def get_initial(self):
        return {"received_on": timezone.localdate()}

    def ends_by(self, values: dict) -> date:
        """Return the contract's last day if this notice were recorded."""
        received = values["received_on"]
        if values["extraordinary"]:
            ends = values["ends_on"]
        else:
            ends = ends_after_notice(self.obliged.on(received).lasting, received)
        return min(filter(None, (ends, self.obliged.last)))

    def affected(self, form):
        return self.target, min(self.ends_by(form.cleaned_data), timezone.localdate())

    def told(self, form):
        values = form.cleaned_data
        before = next_notice(self.obliged, values["received_on"])
        return {"ends": self.ends_by(values), "before": before and before[0]}

    def act(self, form):
        return give_notice(contract=self.target, **form.cleaned_data, by=self.request.user)

    def done(self, result):
        ends = obligations_of([self.target])[self.target.pk].last
        return _("Notice recorded. The contract ends on %(day)s.") % {"day": german(ends)}

    def get_context_data(self, **kwargs):
        is_asked = kwargs.get("confirmation") is not None
        button = _("Record notice for good") if is_asked else _("Continue: see what follows")
        return super().get_context_data(**kwargs) | {"button": button}
