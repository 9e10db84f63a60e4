"""Tokens of the content API: who reads with which, given, shown once, revoked."""

from datetime import timedelta

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.accounts.secrets import decrypted, encrypted
from base.workspace.fields import DayField
from base.workspace.tables import DayColumn, LinkColumn, MomentColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, FormPage, ListPage, ObjectFormPage
from contracts.actions.give_api_token import give_api_token, revoke_api_token
from contracts.api_scopes import SCOPES, scope_labels
from contracts.models import ApiToken, Organisation
from contracts.models.api_token import MOST_DAYS

ACCESS = gettext_lazy("Access for programs")
SHOWN_ONCE = "given_api_token"
"""Under this name a session keeps tokens by key, encrypted, until their pages have shown them."""

SOON = timedelta(days=30)
VALID, ENDING, EXPIRED, REVOKED = "valid", "ending", "expired", "revoked"
STATES = {
    VALID: gettext_lazy("valid"),
    ENDING: gettext_lazy("ends soon"),
    EXPIRED: gettext_lazy("expired"),
    REVOKED: gettext_lazy("revoked"),
}
TONES = {VALID: "success", ENDING: "warning", EXPIRED: "info", REVOKED: "danger"}


def with_state(rows):
    """Annotate `state` (a key of STATES) as of today; join body and people."""
    today = timezone.localdate()
    return rows.select_related("organisation", "given_by", "revoked_by").annotate(
        state=Case(
            When(Q(revoked_at__isnull=False), then=Value(REVOKED)),
            When(Q(expires_on__lt=today), then=Value(EXPIRED)),
            When(Q(expires_on__lte=today + SOON), then=Value(ENDING)),
            default=Value(VALID),
        )
    )


class ApiTokenTable(Table):
    """Tokens, the newest first."""

    label = LinkColumn(
        verbose_name=gettext_lazy("For"), linkify=("api-token", {"pk": tables.A("pk")})
    )
    organisation = tables.Column(gettext_lazy("Commissioning body"), order_by="organisation__name")
    scopes = tables.Column(gettext_lazy("May read"), orderable=False)
    state = tables.Column(gettext_lazy("State"), orderable=False)
    expires_on = DayColumn(verbose_name=gettext_lazy("Valid until"))
    last_used_at = MomentColumn(verbose_name=gettext_lazy("Last used"))
    given_by = tables.Column(
        gettext_lazy("Given by"),
        accessor="given_by__display_name",
        order_by=("given_by__last_name", "given_by__first_name"),
    )

    class Meta(Table.Meta):
        model = ApiToken
        fields = ()

    def render_scopes(self, value):
        """Kinds of content by their names."""
        return scope_labels(value)

    def value_scopes(self, value):
        """Kinds of content in exports."""
        return scope_labels(value)

    def render_state(self, value):
        """The state as a badge."""
        return badge(STATES[value], TONES[value])

    def value_state(self, value):
        """The state in exports."""
        return str(STATES[value])


class ApiTokenFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=list(STATES.items()))
    organisation = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Commissioning body"),
        queryset=lambda request: bodies_of(request.user, "contracts.view_apitoken"),
    )

    class Meta:
        model = ApiToken
        fields = ()


def bodies_of(user, permission: str):
    """Return the commissioning bodies in which the person may do this."""
    rows = Organisation.objects.visible_to(user, permission)
    return rows.filter(kind=Organisation.Kind.COMMISSIONING_BODY).order_by("name")


class ApiTokenList(ListPage):
    """All tokens of one's commissioning bodies."""

    model = ApiToken
    table_class = ApiTokenTable
    filterset_class = ApiTokenFilter
    permission_required = "contracts.view_apitoken"
    title = ACCESS
    menu = "api-tokens"
    empty_text = gettext_lazy("No program has access yet.")

    def get_queryset(self):
        return with_state(super().get_queryset()).order_by("-given_at", "-pk")

    def actions(self):
        """Administrators give tokens."""
        if self.request.user.has_perm("contracts.add_apitoken"):
            return [(_("Give access"), reverse("api-token-give"))]
        return ()


class ApiTokenPage(DetailPage):
    """One token: what it opens, who gave it, whether it is used; itself only once."""

    model = ApiToken
    template_name = "contracts/api_tokens/token.html"
    permission_required = "contracts.view_apitoken"
    menu = "api-tokens"

    def get_queryset(self):
        return with_state(super().get_queryset())

    def crumbs(self):
        return [Crumb(ACCESS, reverse("api-tokens"))]

    def get_context_data(self, **kwargs):
        token = self.object
        return super().get_context_data(
            scopes=scope_labels(token.scopes),
            state=STATES[token.state],
            tone=TONES[token.state],
            revocable=token.revoked_at is None,
            written=self._shown_once(),
            address=self.request.build_absolute_uri(reverse("api:index")),
            **kwargs,
        )

    def _shown_once(self) -> str:
        """Return the token where it was given in this session just now, and forget it."""
        kept = self.request.session.get(SHOWN_ONCE, {})
        written = kept.pop(str(self.object.pk), "")
        if not written:
            return ""
        self.request.session[SHOWN_ONCE] = kept
        return decrypted(written)


class GiveForm(forms.Form):
    """What a token is for."""

    label = forms.CharField(
        label=gettext_lazy("For"),
        max_length=100,
        help_text=gettext_lazy("Which program reads with it, for example: website of the town."),
    )
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Commissioning body"),
        queryset=Organisation.objects.none(),
        empty_label="–",
        help_text=gettext_lazy("The program reads what this body may see, and nothing else."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May read"),
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Module catalogues and service descriptions are public: they need no access."
        ),
    )
    expires_on = DayField(
        label=gettext_lazy("Valid until"), help_text=gettext_lazy("At most a year ahead.")
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        own = bodies_of(user, "contracts.add_apitoken")
        self.fields["organisation"].queryset = own
        if len(found := list(own[:2])) == 1:
            self.fields["organisation"].initial = found[0]


class ApiTokenGive(FormPage):
    """Give a program access."""

    form_class = GiveForm
    permission_required = "contracts.add_apitoken"
    title = gettext_lazy("Give access")
    button = gettext_lazy("Give access")
    menu = "api-tokens"

    def crumbs(self):
        return [Crumb(ACCESS, reverse("api-tokens"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        return {"expires_on": timezone.localdate() + timedelta(days=MOST_DAYS - 1)}

    def act(self, form):
        token, written = give_api_token(**form.cleaned_data, by=self.request.user)
        kept = self.request.session.get(SHOWN_ONCE, {})
        self.request.session[SHOWN_ONCE] = kept | {str(token.pk): encrypted(written)}
        return token

    def done(self, result):
        return ""

    def get_success_url(self):
        return reverse("api-token", args=[self.result.pk])


class RevokeForm(forms.Form):
    """Why; kept in the history."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, help_text=gettext_lazy("Kept in the history.")
    )


class ApiTokenRevoke(ObjectFormPage):
    """Take access back."""

    model = ApiToken
    form_class = RevokeForm
    permission_required = "contracts.change_apitoken"
    title = gettext_lazy("Revoke access")
    button = gettext_lazy("Revoke")
    warning = gettext_lazy(
        "The program is refused from now on. This cannot be undone; you can give a new access."
    )
    menu = "api-tokens"

    def crumbs(self):
        return [
            Crumb(ACCESS, reverse("api-tokens")),
            Crumb(str(self.target), reverse("api-token", args=[self.target.pk])),
        ]

    def act(self, form):
        return revoke_api_token(self.target, by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("The access “%(label)s” is revoked.") % {"label": result}
