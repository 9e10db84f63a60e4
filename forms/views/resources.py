"""Rooms and vehicles: the list, one added, one changed."""

import django_filters
import django_tables2 as tables
from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.tables import Table, badge
from base.workspace.views import Crumb, FormPage, ListPage, ObjectFormPage
from forms.actions.keep_resource import keep_resource
from forms.models import Resource
from forms.views.shared import own_members

ADD, CHANGE = "forms.add_resource", "forms.change_resource"


class ResourceTable(Table):
    """Rooms and vehicles by name."""

    name = tables.Column(gettext_lazy("Name"), linkify=("resource-change", {"pk": tables.A("pk")}))
    kind = tables.Column(gettext_lazy("Kind"))
    organisation = tables.Column(gettext_lazy("Organisation"), order_by="organisation__name")
    active = tables.Column(gettext_lazy("State"))

    class Meta(Table.Meta):
        model = Resource
        fields = ()

    def render_active(self, value):
        """Whether it can be booked, as a badge."""
        return badge(_("can be booked"), "success") if value else badge(_("not any more"))

    def value_active(self, value):
        """Whether it can be booked, in exports."""
        return _("can be booked") if value else _("not any more")


class ResourceFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=Resource.Kind.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = Resource
        fields = ()


class ResourceList(ListPage):
    """Rooms and vehicles of one's organisations."""

    model = Resource
    table_class = ResourceTable
    filterset_class = ResourceFilter
    permission_required = CHANGE
    title = gettext_lazy("Rooms and vehicles")
    menu = "appointments"
    empty_text = gettext_lazy("No room and no vehicle can be booked yet.")

    def crumbs(self):
        return [Crumb(_("Calendar"), reverse("appointments"))]

    def get_queryset(self):
        return super().get_queryset().joined("organisation").order_by("kind", "name")

    def actions(self):
        """Whoever keeps the list adds to it."""
        return [(_("Add"), reverse("resource-add"))]


class ResourceForm(forms.Form):
    """What a room or vehicle is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Resource.Kind.choices)


class ChangeResourceForm(ResourceForm):
    """And whether it can still be booked."""

    active = forms.BooleanField(
        label=gettext_lazy("can be booked"),
        required=False,
        help_text=gettext_lazy("What is booked already stays."),
    )


def crumbs():
    """Return the way to pages about rooms and vehicles."""
    return [
        Crumb(_("Calendar"), reverse("appointments")),
        Crumb(_("Rooms and vehicles"), reverse("resources")),
    ]


class AddResource(FormPage):
    """Add a room or vehicle."""

    form_class = ResourceForm
    permission_required = ADD
    title = gettext_lazy("Add a room or vehicle")
    menu = "appointments"

    def has_permission(self):
        return super().has_permission() and self.member is not None

    @cached_property
    def member(self):
        """In which of their places the person keeps the list."""
        rows = own_members(self.request.user, ADD).select_related("organisation")
        return rows.order_by("pk").first()

    def crumbs(self):
        return crumbs()

    def act(self, form):
        return keep_resource(
            organisation=self.member.organisation, **form.cleaned_data, by=self.request.user
        )


class ChangeResource(ObjectFormPage):
    """Change a room or vehicle, or take it out of use."""

    model = Resource
    form_class = ChangeResourceForm
    permission_required = CHANGE
    title = gettext_lazy("Change a room or vehicle")
    menu = "appointments"

    def get_title(self):
        """Return the heading: which room or vehicle it is."""
        return _("Change %(resource)s") % {"resource": self.target.name}

    def crumbs(self):
        return crumbs()

    def guarded(self):
        return self.target

    def get_initial(self):
        return {name: getattr(self.target, name) for name in ChangeResourceForm.base_fields}

    def act(self, form):
        return keep_resource(
            self.target,
            organisation=self.target.organisation,
            **form.cleaned_data,
            by=self.request.user,
        )
