"""A new contract begins with six questions; what is usual comes along."""

from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import count

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.studio.doors import address
from base.studio.scope import own_rows
from base.workspace.fields import DayField, FigureField
from base.workspace.views import Crumb, FormPage
from cms.models import Catalogue, Description
from contracts.actions.begin_contract import begin_contract
from contracts.dates.working_days import STATES
from contracts.first_draft import COMPLEXES, COSTS, HOURS, Annexed, Answers, first_draft
from contracts.models import Contract, ContractEdition, Organisation

HUNDRED = Decimal(100)
CYCLES = {
    "month": gettext_lazy("every month"),
    "quarter": gettext_lazy("every quarter"),
    "half": gettext_lazy("every half-year"),
    "year": gettext_lazy("every year"),
}
PAID = {
    HOURS: gettext_lazy("by the hour, EUR an hour"),
    COSTS: gettext_lazy("costs of staff, with a percentage for material costs"),
    COMPLEXES: gettext_lazy("by completed service complex, EUR each"),
}


class BeginForm(forms.Form):
    """What is asked before a contract is written."""

    commissioning_body = forms.ModelChoiceField(
        queryset=None, label=gettext_lazy("Commissioning body"), empty_label=None
    )
    provider = forms.ModelChoiceField(queryset=None, label=gettext_lazy("Provider"))
    services = forms.MultipleChoiceField(
        label=gettext_lazy("Catalogues and descriptions"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The edition in force on the first day becomes an annex."),
    )
    begins = DayField(label=gettext_lazy("First day"))
    ends = DayField(
        label=gettext_lazy("Last day of the first term"),
        required=False,
        help_text=gettext_lazy("Left empty, the contract runs until notice is given."),
    )
    renewed = forms.BooleanField(
        label=gettext_lazy("Then renewed by a year at a time"), required=False, initial=True
    )
    paid = forms.ChoiceField(
        label=gettext_lazy("What is paid"), choices=PAID.items(), widget=forms.RadioSelect
    )
    amount = FigureField(
        label=gettext_lazy("Amount or percentage"),
        min_value=Decimal("0.01"),
        max_digits=9,
        decimal_places=2,
        help_text=gettext_lazy("For example 62,40."),
    )
    cycle = forms.ChoiceField(
        label=gettext_lazy("Statements"), choices=CYCLES.items(), widget=forms.RadioSelect
    )
    reports = forms.BooleanField(
        label=gettext_lazy("With a report every half-year"), required=False, initial=True
    )
    number = forms.CharField(label=gettext_lazy("Number of the contract"), max_length=60)
    state = forms.ChoiceField(
        label=gettext_lazy("Public holidays of"),
        choices=[("", "---------"), *sorted(STATES.items(), key=lambda each: each[1])],
    )

    ASKED = (
        (gettext_lazy("With whom?"), ("commissioning_body", "provider")),
        (gettext_lazy("For which services?"), ("services",)),
        (gettext_lazy("From when, until when?"), ("begins", "ends", "renewed")),
        (gettext_lazy("How is it paid?"), ("paid", "amount")),
        (gettext_lazy("What falls due?"), ("cycle", "reports")),
        (gettext_lazy("How is it kept?"), ("number", "state")),
    )

    def __init__(self, *args, bodies, services, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = Organisation.Kind
        self.fields["commissioning_body"].queryset = bodies
        if len(bodies) == 1:
            self.fields["commissioning_body"].widget = forms.HiddenInput()
        self.fields["provider"].queryset = Organisation.objects.filter(
            kind=kinds.PROVIDER
        ).order_by("name")
        self.fields["services"].choices = services
        if not services:
            self.fields["services"].help_text = _(
                "Nothing is published yet. A contract annexes a catalogue or a description: write"
                " one first, and have it approved."
            )

    def questions(self) -> list[tuple]:
        """Return the questions with the fields that answer them."""
        return [(title, [self[name] for name in names]) for title, names in self.ASKED]

    def clean_number(self) -> str:
        """Refuse a number that another contract has."""
        number = self.cleaned_data["number"]
        if Contract.objects.filter(number=number).exists():
            raise ValidationError(_("There is a contract with this number already."))
        return number

    def clean(self):
        cleaned = super().clean()
        begins, ends = cleaned.get("begins"), cleaned.get("ends")
        if begins and ends and ends < begins:
            self.add_error("ends", _("It lies before the first day."))
        if cleaned.get("paid") == COSTS and cleaned.get("amount", 0) > HUNDRED:
            self.add_error("amount", _("At most 100 percent."))
        return cleaned


class BeginContract(FormPage):
    """Six questions; the answers become a draft, which opens in the studio."""

    permission_required = ("contracts.add_contract", "wagtailadmin.access_admin")
    menu = "contracts"
    title = gettext_lazy("New contract")
    template_name = "contracts/begin_contract.html"
    form_class = BeginForm
    button = gettext_lazy("Begin the draft")

    def crumbs(self):
        return (Crumb(_("Contracts"), reverse("contracts")),)

    @cached_property
    def today(self) -> date:
        """The day on which the form is filled in."""
        return timezone.localdate()

    @cached_property
    def bodies(self):
        """The commissioning bodies for which the person drafts."""
        bodies = Organisation.objects.filter(kind=Organisation.Kind.COMMISSIONING_BODY)
        return own_rows(bodies, self.request.user, Contract).order_by("name")

    def services(self, day: date) -> dict[str, Annexed]:
        """What can be annexed: what is published, in the edition in force on a day, else the first
        that will be."""
        found = {}
        for kind, model in (("catalogue", Catalogue), ("description", Description)):
            editions = model.edition_model._default_manager.filter(
                **{model.edition_model.subject: OuterRef("pk")}
            )
            rows = model.objects.filter(editions__number=1, live=True).annotate(
                now=Subquery(editions.in_force_on(day).values("number")[:1])
            )
            for key, title, now in rows.order_by("title").values_list("key", "title", "now"):
                found[f"{kind}:{key}"] = Annexed(kind, key, title, now or 1)
        return found

    def get_form_kwargs(self):
        services = [(value, each.title) for value, each in self.services(self.today).items()]
        return super().get_form_kwargs() | {"bodies": self.bodies, "services": services}

    def get_initial(self):
        begins = date(self.today.year + 1, 1, 1)
        return {
            "commissioning_body": self.bodies.first(),
            "begins": begins,
            "ends": date(begins.year, 12, 31),
            "paid": HOURS,
            "cycle": "month",
            "number": self._free_number(),
            "state": self._usual_state(),
        }

    def _free_number(self) -> str:
        """Return the first number of this year that no contract has: V-2026-01."""
        prefix = f"V-{self.today.year}-"
        taken = set(
            Contract.objects.filter(number__startswith=prefix).values_list("number", flat=True)
        )
        numbers = (f"{prefix}{number:02d}" for number in count(1))
        return next(number for number in numbers if number not in taken)

    def _usual_state(self) -> str:
        """Return the state of the newest contract of the person's bodies; empty without one."""
        newest = ContractEdition.objects.filter(contract__commissioning_body__in=self.bodies)
        edition = newest.order_by("-pk").first()
        return edition.content["calendar"]["state"] if edition else ""

    def act(self, form):
        values = dict(form.cleaned_data)
        known = self.services(values["begins"])
        services = [known[value] for value in values.pop("services") if value in known]
        parties = {name: values.pop(name) for name in ("commissioning_body", "provider")}
        number = values.pop("number")
        content = first_draft(Answers(services=services, **values))
        return begin_contract(number=number, content=content, by=self.request.user, **parties)

    def done(self, result):
        return _(
            "The draft is there. Complete it, present it for signature (under the three dots above"
            " it), then submit it for approval."
        )

    def get_success_url(self):
        return address(self.result)

    def get_context_data(self, **kwargs):
        empty = reverse(Contract.snippet_viewset.get_url_name("add"))
        return super().get_context_data(**kwargs) | {"empty": empty}
