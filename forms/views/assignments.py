"""A new case: the client, the contract, the day, the placement, in one go."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.fields import DayField, DayInput
from base.workspace.views import Crumb, FormPage
from contracts.models import Contract
from contracts.reach import memberships_of
from forms.actions.assign_client import assign_client, similar_clients
from forms.handing_over import Seat, seat_choices, seats
from forms.models import CaseOwner, Client, ClientIdentity
from forms.views.case_changes import PersonFields
from forms.views.placements import (
    annexed,
    placement_fields,
    placement_names,
    placement_of,
    planned_preview,
    while_choosing,
)
from forms.views.shared import IDENTITY, day_of, own_members, today

RELOADS = {
    "hx-post": "",
    "hx-trigger": "change",
    "hx-target": "#choosing",
    "hx-include": "closest form",
}
"""What can be chosen of the placement follows from these fields."""


class NewCaseForm(PersonFields):
    """A client's assignment: the person, the contract, the day, the placement."""

    placement_required = False
    field_order = (
        "contract", "assigned_on", "owner", "client", "first_name", "last_name", "birth_date",
        "gender", "agreed", "reason",
    )  # fmt: skip

    contract = forms.ChoiceField(label=gettext_lazy("Contract"), widget=forms.Select(attrs=RELOADS))
    assigned_on = DayField(label=gettext_lazy("Assigned on"), widget=DayInput(attrs=RELOADS))
    owner = forms.ChoiceField(label=gettext_lazy("Responsible in this office"))
    client = forms.CharField(required=False, widget=forms.HiddenInput)
    is_new = forms.BooleanField(
        label=gettext_lazy("This is another person"), required=False, widget=forms.HiddenInput
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("Agreed between client and Jobcenter"),
        required=False,
        initial=True,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Needed where the case is self-initiated; it is counted apart."),
    )
    number = forms.CharField(
        label=gettext_lazy("Case number"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Left empty, the next number is given out."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["contract"].choices = [("", "–"), *_contract_choices(user)]
        self.seats = {seat.key: seat for seat in _seats_of(user)}
        self.fields["owner"].choices = seat_choices(self.seats.values())
        if not self.seats:
            del self.fields["owner"]
        data = self.data if self.is_bound else self.initial
        self.contract = _visible_contract(user, data.get("contract"))
        day = day_of(data.get("assigned_on")) or today()
        self.contents = annexed(self.contract, day) if self.contract else {}
        self.preview = None
        if self.contents:
            placement_fields(self, self.contents, data)
            self.preview = planned_preview(self, self.contents, data)
        self.existing = self._existing(data.get("client"))
        if self.existing:
            for name in PersonFields.base_fields:
                self.fields[name].required = False

    def _existing(self, key) -> Client | None:
        if not key or not str(key).isdecimal():
            return None
        clients = Client.objects.visible_to(self.user, IDENTITY).select_related("identity")
        return clients.filter(pk=key).first()

    def about_case(self) -> list[forms.BoundField]:
        """Return the visible fields but those of the placement."""
        placement = placement_names(self)
        return [field for field in self.visible_fields() if field.name not in placement]

    def about_placement(self) -> list[forms.BoundField]:
        """Return the fields of the placement that can be asked so far."""
        placement = placement_names(self)
        return [field for field in self.visible_fields() if field.name in placement]

    def similar(self) -> list[ClientIdentity]:
        """Return persons who may be the one entered."""
        data = self.cleaned_data
        return similar_clients(
            first_name=data["first_name"],
            last_name=data["last_name"],
            birth_date=data.get("birth_date"),
            among=ClientIdentity.objects.visible_to(self.user, IDENTITY),
        )


def _seats_of(user) -> list[Seat]:
    """Return who may own the cases that the person opens."""
    bodies = [each.organisation for each in memberships_of(user) if each.grants("forms.add_case")]
    return [seat for body in bodies for seat in seats(body, CaseOwner)]


def _contract_choices(user) -> list[tuple]:
    rows = Contract.objects.visible_to(user, "forms.add_case").order_by("number")
    return [
        (pk, f"{number} · {provider}: {title}")
        for pk, number, provider, title in rows.values_list(
            "pk", "number", "provider__name", "title"
        )
    ]


def _visible_contract(user, key) -> Contract | None:
    if not str(key or "").isdecimal():
        return None
    return Contract.objects.visible_to(user, "forms.add_case").filter(pk=key).first()


class NewCase(FormPage):
    """Assign a client to a contract; a person who seems to be known is asked about first."""

    permission_required = "forms.add_case"
    form_class = NewCaseForm
    template_name = "forms/case_new.html"
    title = gettext_lazy("New case")
    button = gettext_lazy("Open case")
    menu = "cases"
    similar: list = []

    def crumbs(self):
        return [Crumb(_("Cases"), reverse("cases"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        own = own_members(self.request.user).values_list("pk", flat=True)
        seat = next((s for s in _seats_of(self.request.user) if s.member.pk in own), None)
        return {
            "assigned_on": today(),
            "client": self.request.GET.get("client", ""),
            "owner": seat and seat.key,
        }

    def post(self, request, *args, **kwargs):
        if request.headers.get("HX-Request"):
            return self.render_to_response(self.get_context_data(form=while_choosing(self)))
        return super().post(request, *args, **kwargs)

    def get_template_names(self):
        choosing = self.request.headers.get("HX-Request")
        return ["forms/new_case_placement.html" if choosing else self.template_name]

    def form_valid(self, form):
        data = form.cleaned_data
        if not form.existing and not data["is_new"] and (found := form.similar()):
            self.similar = found
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)

    def get_context_data(self, **kwargs):
        return super().get_context_data(similar=self.similar, **kwargs)

    def act(self, form):
        data = form.cleaned_data
        person = {name: data[name] for name in PersonFields.base_fields}
        return assign_client(
            contract=form.contract,
            assigned_on=data["assigned_on"],
            client=form.existing,
            person=None if form.existing else person,
            number=data["number"],
            agreed=data["agreed"],
            reason=data["reason"],
            placement=placement_of(form),
            owner=form.seats.get(data.get("owner")),
            by=self.request.user,
        )

    def done(self, result):
        return _("Case %s is open.") % result.number

    def get_success_url(self):
        return self.result.get_absolute_url()
