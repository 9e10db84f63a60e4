"""Form definitions in the workspace: which forms there are, what they ask, what changed."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.comparison import label_of
from base.studio.doors import door_to_new
from base.workspace.tables import LinkColumn, Table
from base.workspace.views import Crumb, ListPage, SimplePage
from cms.views.comparison import ComparisonPage
from cms.views.editions import (
    EditionPage,
    EditionsColumn,
    OfferFilter,
    shown,
    with_edition_in_force,
)
from forms.comparison import compare_forms
from forms.models import FormDefinition, FormEdition


class FormDefinitionTable(Table):
    """Form definitions with their editions."""

    title_link = LinkColumn(
        accessor="title",
        verbose_name=gettext_lazy("form definition"),
        linkify=lambda record: reverse("form-edition", args=[shown(record).pk]),
    )
    editions = EditionsColumn(url_name="form-edition", verbose_name=gettext_lazy("Editions"))

    class Meta(Table.Meta):
        model = FormDefinition
        fields = ("title_link", "editions")


class FormDefinitionList(ListPage):
    """Form definitions that have an edition."""

    model = FormDefinition
    permission_required = "forms.view_formedition"
    title = gettext_lazy("Form definitions")
    menu = "form-definitions"
    table_class = FormDefinitionTable
    filterset_class = OfferFilter
    empty_text = gettext_lazy("No form definition has been published yet.")

    def actions(self):
        """Return the way to a new one, for who may write one."""
        return door_to_new(FormDefinition, self.request.user)

    def get_queryset(self):
        rows = super().get_queryset().order_by("title", "key")
        return with_edition_in_force(rows, FormEdition, timezone.localdate())


class FormEditionPage(EditionPage):
    """An edition of a form definition: its questions with kind and field group."""

    model = FormEdition
    permission_required = "forms.view_formedition"
    menu = "form-definitions"
    template_name = "forms/form_edition.html"
    compare_url = "form-compare"
    url_name = "form-edition"

    def crumbs(self):
        return (Crumb(_("Form definitions"), reverse("form-definitions")),)

    def content(self):
        data = self.object.data
        questions = [
            (question, label_of(question, "kind"), label_of(question, "group"))
            for question in data.questions
        ]
        return {"data": data, "questions": questions}


class FormComparison(ComparisonPage, SimplePage):
    """Two editions of a form definition."""

    model = FormDefinition
    permission_required = "forms.view_formedition"
    menu = "form-definitions"
    compare = staticmethod(compare_forms)
    url_name = "form-edition"
    list_url = "form-definitions"
