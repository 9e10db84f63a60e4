"""Organisations: what letters name of them, changed by administrators, the account by two."""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day
from base.scoping import name_for, strangers_to
from base.workspace.registry import WaitingEntry
from base.workspace.tables import LinkColumn, Table
from base.workspace.views import Crumb, DetailPage, ListPage, ObjectFormPage
from contracts.actions.change_organisation import (
    FIELDS,
    change_organisation,
    confirm_account,
    enter_account,
    withdraw_account,
)
from contracts.models import BankChange, Organisation
from contracts.models.access_change import waiting_time

ORGANISATIONS = gettext_lazy("Organisations")
VIEW, CHANGE = "contracts.view_organisation", "contracts.change_organisation"
CONFIRM = "contracts.change_bankchange"


class OrganisationFilter(django_filters.FilterSet):
    """What organisations are looked for by."""

    q = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", label=gettext_lazy("Name contains")
    )
    kind = django_filters.ChoiceFilter(
        choices=Organisation.Kind.choices, label=gettext_lazy("kind")
    )


class OrganisationTable(Table):
    """Organisations with how they are reached."""

    name = LinkColumn(
        verbose_name=gettext_lazy("name"),
        linkify=lambda record: reverse("organisation", args=[record.pk]),
    )
    kind = tables.Column(verbose_name=gettext_lazy("kind"))
    city = tables.Column(verbose_name=gettext_lazy("city"))
    phone = tables.Column(verbose_name=gettext_lazy("phone"), orderable=False)

    class Meta(Table.Meta):
        model = Organisation
        fields = ("name", "kind", "city", "phone")


class OrganisationList(ListPage):
    """One's own commissioning body, and its providers."""

    model = Organisation
    permission_required = VIEW
    title = ORGANISATIONS
    menu = "organisations"
    table_class = OrganisationTable
    filterset_class = OrganisationFilter
    empty_text = gettext_lazy("No organisation fits these filters.")

    def get_queryset(self):
        return super().get_queryset().order_by("name", "pk")


class OrganisationPage(DetailPage):
    """What letters name of an organisation today, and an account that waits."""

    model = Organisation
    permission_required = VIEW
    menu = "organisations"
    template_name = "contracts/organisations/organisation.html"

    def crumbs(self):
        return (Crumb(ORGANISATIONS, reverse("organisations")),)

    def get_context_data(self, **kwargs):
        changes = BankChange.objects.visible_to(self.request.user)
        change = changes.filter(organisation=self.object).open().select_related("made_by").first()
        strangers = strangers_to(self.request.user)
        return super().get_context_data(
            change=change,
            made_by=change and name_for(change.made_by, strangers),
            own=change is not None and change.made_by_id == self.request.user.pk,
            **kwargs,
        )


class OrganisationStep(ObjectFormPage):
    """Something that is changed of an organisation."""

    model = Organisation
    permission_required = CHANGE
    menu = "organisations"

    def crumbs(self):
        return (
            Crumb(ORGANISATIONS, reverse("organisations")),
            Crumb(self.target.name, reverse("organisation", args=[self.target.pk])),
        )


REASON = forms.CharField(
    label=gettext_lazy("Reason"),
    max_length=500,
    widget=forms.TextInput,
    help_text=gettext_lazy("Kept in the history."),
)


class OrganisationForm(forms.ModelForm):
    """What is changed at once."""

    reason = REASON

    class Meta:
        model = Organisation
        fields = FIELDS

    def _post_clean(self):
        """Leave the rules of the row to the action, which asks them of the row as it is stored."""


class ChangeOrganisation(OrganisationStep):
    """Change address, contact, tax number and the like: letters name them from now on."""

    title = gettext_lazy("Change address, contact and taxes")
    form_class = OrganisationForm
    button = gettext_lazy("Save")

    def guarded(self):
        return self.target

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"instance": self.target}

    def act(self, form):
        values = {name: form.cleaned_data[name] for name in FIELDS}
        reason = form.cleaned_data["reason"]
        return change_organisation(self.target, values, by=self.request.user, reason=reason)

    def done(self, result):
        return _("Saved. Letters that are made from now on name it.")


class AccountForm(forms.Form):
    """Another account."""

    iban = forms.CharField(label=gettext_lazy("IBAN"), max_length=42)
    bic = forms.CharField(label=gettext_lazy("BIC"), max_length=11, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.TextInput,
        help_text=gettext_lazy("For example: letter of the provider of 12.03.2024."),
    )


class EnterAccount(OrganisationStep):
    """Enter another account: it counts once a second administrator has confirmed it."""

    title = gettext_lazy("Enter another account")
    form_class = AccountForm
    button = gettext_lazy("Enter")
    warning = gettext_lazy(
        "Letters go on naming the old account until a second administrator has confirmed the new"
        " one. The organisation and those who look after its money are told by e-mail."
    )

    def act(self, form):
        return enter_account(self.target, by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("Entered. A second administrator confirms it.")


class AccountStep(ObjectFormPage):
    """What is done about an account that waits."""

    model = BankChange
    permission_required = CONFIRM
    menu = "organisations"

    def get_queryset(self):
        return super().get_queryset().open().joined("organisation")

    def back(self):
        return reverse("organisation", args=[self.target.organisation_id])

    def crumbs(self):
        return (
            Crumb(ORGANISATIONS, reverse("organisations")),
            Crumb(self.target.organisation.name, self.back()),
        )


class ConfirmAccount(AccountStep):
    """Let the account count, having asked whose it is."""

    title = gettext_lazy("Confirm the account")
    template_name = "contracts/organisations/confirm_account.html"
    button = gettext_lazy("Confirm")
    warning = gettext_lazy(
        "Ask the organisation under a number that you know, not one from the letter about the"
        " account. From now on letters name the new account."
    )

    def act(self, form):
        return confirm_account(self.target, by=self.request.user)

    def done(self, result):
        return _("The account counts from now on.")


class WithdrawAccount(AccountStep):
    """Take an account back that does not count yet."""

    title = gettext_lazy("Take the account back")
    button = gettext_lazy("Take back")
    warning = gettext_lazy("Letters go on naming the old account.")

    def act(self, form):
        return withdraw_account(self.target, by=self.request.user)

    def done(self, result):
        return _("The account is taken back.")


def to_confirm(user) -> QuerySet:
    """Return accounts that a person can confirm: others', and their own once the time is over."""
    too_early = Q(made_by=user.pk, made_at__gt=timezone.now() - waiting_time())
    return BankChange.objects.visible_to(user, CONFIRM).open().exclude(too_early)


def accounts_to_confirm(user) -> QuerySet:
    """Return changed accounts that a person can confirm, the longest waiting first."""
    return to_confirm(user).joined("organisation").order_by("made_at", "pk")


def account_entries(rows, user) -> list[WaitingEntry]:
    """Return changed accounts as lines of a list."""
    return [
        WaitingEntry(
            title=str(row.organisation),
            url=reverse("organisation", args=[row.organisation_id]),
            note=_("another account, entered on %(day)s")
            % {"day": day(timezone.localdate(row.made_at))},
            tone="warning",
        )
        for row in rows
    ]
