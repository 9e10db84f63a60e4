"""People with an account: who they are, what they may do, and how they get in."""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.accounts.access import DAYS_VALID
from base.workspace.tables import LinkColumn, MomentColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, FormPage, ListPage
from contracts.actions.change_member import change_member
from contracts.actions.invite_member import invite_member
from contracts.models import AccessChange, Member, Organisation
from contracts.models.rules.possible_roles import roles_in
from contracts.people import STATES, TONES, named, role_labels, with_access
from contracts.rights import BODY
from contracts.roles import Role
from contracts.views.person_access import PEOPLE, PersonAction


class PeopleTable(Table):
    """Members with their access."""

    name = LinkColumn(
        verbose_name=gettext_lazy("Name"),
        accessor="user__display_name",
        linkify=("person", {"pk": tables.A("pk")}),
        order_by=("user__last_name", "user__first_name", "user__username"),
    )
    username = tables.Column(gettext_lazy("User name"), accessor="user__username")
    organisation = tables.Column(gettext_lazy("Organisation"), order_by="organisation__name")
    roles = tables.Column(gettext_lazy("Roles"), orderable=False)
    state = tables.Column(gettext_lazy("Access"))
    has_factor = tables.Column(gettext_lazy("Second factor"))
    last_login = MomentColumn(verbose_name=gettext_lazy("Last login"), accessor="user__last_login")

    class Meta(Table.Meta):
        model = Member
        fields = ()

    def render_roles(self, value):
        """Roles by their names."""
        return role_labels(value)

    def value_roles(self, value):
        """Roles in exports."""
        return role_labels(value)

    def render_state(self, value):
        """The state as a badge."""
        return badge(STATES[value], TONES[value])

    def value_state(self, value):
        """The state in exports."""
        return str(STATES[value])

    def render_has_factor(self, value):
        """Yes or no."""
        return _("yes") if value else _("no")

    def value_has_factor(self, value):
        """Yes or no in exports."""
        return _("yes") if value else _("no")


class PeopleFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    q = django_filters.CharFilter(
        label=gettext_lazy("Name, user name or e-mail"), method="by_text", max_length=100
    )
    organisation = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Organisation"),
        queryset=lambda request: Organisation.objects.visible_to(
            request.user, "contracts.view_member"
        ),
    )
    role = django_filters.ChoiceFilter(
        label=gettext_lazy("Role"), choices=Role.choices, method="by_role"
    )
    state = django_filters.ChoiceFilter(label=gettext_lazy("Access"), choices=list(STATES.items()))
    has_factor = django_filters.BooleanFilter(
        label=gettext_lazy("Second factor"),
        widget=forms.Select(
            choices=[
                ("", gettext_lazy("all")),
                ("true", gettext_lazy("yes")),
                ("false", gettext_lazy("no")),
            ]
        ),
    )

    class Meta:
        model = Member
        fields = ()

    def by_text(self, rows, name, value):
        """Each word in one of the names or the address."""
        return named(rows, value)

    def by_role(self, rows, name, value):
        """One of possibly several roles; SQLite cannot ask JSON for it."""
        texts = rows.annotate(roles_text=Cast("roles", TextField()))
        return texts.filter(roles_text__contains=f'"{value}"')


class People(ListPage):
    """Everybody with an account, by name."""

    model = Member
    table_class = PeopleTable
    filterset_class = PeopleFilter
    permission_required = "contracts.view_member"
    title = PEOPLE
    menu = "people"

    def get_queryset(self):
        return with_access(super().get_queryset()).order_by(
            "user__last_name", "user__first_name", "user__username", "pk"
        )

    def actions(self):
        """Administrators invite."""
        if self.request.user.has_perm("contracts.add_member"):
            return [(_("Invite a person"), reverse("person-invite"))]
        return ()


class Person(DetailPage):
    """One membership of a person, with what can be done about their access."""

    model = Member
    template_name = "contracts/people/person.html"
    permission_required = "contracts.view_member"
    menu = "people"

    def get_queryset(self):
        return with_access(super().get_queryset())

    def crumbs(self):
        return [Crumb(People.title, reverse("people"))]

    def get_context_data(self, **kwargs):
        member = self.object
        others = self.rows_of(Member).filter(user=member.user)
        changes = self.rows_of(AccessChange).filter(user=member.user)
        open_changes = list(changes.open().select_related("made_by"))
        return super().get_context_data(
            roles=role_labels(member.roles),
            teams=[row.team for row in member.team_memberships.select_related("team")],
            others=with_access(others.exclude(pk=member.pk)).order_by("organisation__name"),
            state=STATES[member.state],
            tone=TONES[member.state],
            oneself=member.user_id == self.request.user.pk,
            days=DAYS_VALID,
            open_changes=open_changes,
            confirmable=any(
                self.request.user.pk not in (change.made_by_id, change.user_id)
                for change in open_changes
            ),
            **kwargs,
        )


class PersonFields(forms.Form):
    """What is known of a person."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=150)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=150)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("Links to set a password go there; one can log in with it."),
    )
    qualification = forms.CharField(
        label=gettext_lazy("Qualification"), max_length=300, required=False
    )


class InviteForm(PersonFields):
    """A new person, and where and as what they work."""

    field_order = (
        "first_name", "last_name", "email", "username", "organisation", "roles", "qualification",
    )  # fmt: skip

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        help_text=gettext_lazy("Letters, digits and the signs . - _ + @; it stays for ever."),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Organisation"), queryset=Organisation.objects.none(), empty_label="–"
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.visible_to(
            user, "contracts.add_member"
        )
        self.fields["roles"].choices = [
            (role, _place_of(role)) for role in sorted(Role, key=lambda role: role not in BODY)
        ]


def _place_of(role: Role) -> str:
    text = _("%(role)s (commissioning body)") if role in BODY else _("%(role)s (provider)")
    return text % {"role": role.label}


class Invite(FormPage):
    """Take a person on."""

    form_class = InviteForm
    permission_required = "contracts.add_member"
    title = gettext_lazy("Invite a person")
    button = gettext_lazy("Send invitation")
    menu = "people"

    def crumbs(self):
        return [Crumb(People.title, reverse("people"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def act(self, form):
        return invite_member(**form.cleaned_data, by=self.request.user)

    def done(self, result):
        return _("The invitation to %(address)s is on its way.") % {"address": result.user.email}

    def get_success_url(self):
        return reverse("person", args=[self.result.pk])


class ChangeForm(PersonFields):
    """A person as they are now, with the roles possible in their organisation."""

    field_order = ("first_name", "last_name", "email", "roles", "qualification")

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, organisation, oneself, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [(role, role.label) for role in roles_in(organisation)]
        if oneself:
            del self.fields["roles"]


class ChangePerson(PersonAction):
    """Change name, address, roles, qualification."""

    form_class = ChangeForm
    title = gettext_lazy("Change person")

    def guarded(self):
        return self.target

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "organisation": self.target.organisation,
            "oneself": self.target.user_id == self.request.user.pk,
        }

    def get_initial(self):
        user = self.target.user
        return {
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "roles": self.target.roles,
            "qualification": self.target.qualification,
        }

    def act(self, form):
        return change_member(
            self.target, **{"roles": self.target.roles} | form.cleaned_data, by=self.request.user
        )
