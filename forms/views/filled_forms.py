"""Forms of cases on screen: found, read as the person may read them, printed."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy
from django.views.generic import View

from base.documents import DOCX, TYPES, DocumentError, PdfError
from base.models import Event
from base.trail.events import record
from base.views.stored_file import say_no_pdf, say_unmade
from base.workspace.file_openings import why_read
from base.workspace.tables import LinkColumn, MomentColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, ListPage, ScopedMixin
from forms.documents.filled_form import document_name, make_form_document, printed
from forms.field_rules import masked, readable_forms, rules_of
from forms.models import Case, FilledForm, FormDefinition

JOINED = ("case__contract__provider", "edition__definition", "saved_by", "submitted_by")
TONES = {"draft": "info", "submitted": "success", "superseded": ""}
VIEW, ADD, CHANGE = (f"forms.{verb}_filledform" for verb in ("view", "add", "change"))


class Readable(ScopedMixin):
    """Forms that the person may read."""

    model = FilledForm

    def get_queryset(self) -> QuerySet:
        return readable_forms(self.request.user).select_related(*JOINED)


def way_to(form: FilledForm, *, inside: bool = True) -> list[Crumb]:
    """Return the way to a form, itself included where the page is one below it."""
    way = [
        Crumb(form.case.number, f"{reverse('case', args=[form.case_id])}?tab=forms"),
        Crumb(f"{form.title} {form.sequence}", reverse("filled-form", args=[form.pk])),
    ]
    return way if inside else way[:1]


class FormFilter(django_filters.FilterSet):
    """Narrow the list of forms."""

    case__number = django_filters.CharFilter(
        lookup_expr="icontains", label=gettext_lazy("Case number")
    )
    edition__definition = django_filters.ModelChoiceFilter(
        queryset=FormDefinition.objects.order_by("title"), label=gettext_lazy("Form")
    )
    status = django_filters.ChoiceFilter(
        choices=FilledForm.Status.choices, label=gettext_lazy("Status")
    )
    outdated = django_filters.BooleanFilter(
        method="with_outdated",
        widget=forms.CheckboxInput,
        label=gettext_lazy("Show superseded versions"),
    )

    class Meta:
        model = FilledForm
        fields = ()

    def with_outdated(self, rows, name, value):
        """Leave all rows: `filter_queryset` has left superseded versions out unless asked."""
        return rows

    def filter_queryset(self, queryset):
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("outdated") else rows.filter(is_superseded=False)


class FormTable(Table):
    """Forms with their state."""

    form = LinkColumn(
        accessor="title",
        order_by="edition__definition__title",
        verbose_name=gettext_lazy("Form"),
        linkify=lambda record: page_of(record),
    )
    case = LinkColumn(
        accessor="case__number",
        verbose_name=gettext_lazy("Case"),
        linkify=("case", {"pk": tables.A("case_id")}),
    )
    reference = tables.Column(
        verbose_name=gettext_lazy("Number"), order_by=("case__number", "sequence", "version")
    )
    state = tables.Column(order_by=("status", "is_superseded"), verbose_name=gettext_lazy("Status"))
    saved_at = MomentColumn(verbose_name=gettext_lazy("Last saved"))
    saved_by = tables.Column(verbose_name=gettext_lazy("Saved by"))

    class Meta(Table.Meta):
        model = FilledForm
        fields = ()
        sequence = ("form", "case", "reference", "state", "saved_at", "saved_by")

    def render_state(self, record):
        return badge(record.state_label, TONES[record.state])

    def value_state(self, record):
        return record.state_label


def page_of(form: FilledForm) -> str:
    """Return where one goes on with a form: drafts are shown to those who write them alone."""
    return reverse("filled-form-edit" if form.is_draft else "filled-form", args=[form.pk])


class FormList(Readable, ListPage):
    """All forms the person may read, drafts first."""

    permission_required = VIEW
    title = gettext_lazy("Forms and reports")
    menu = "forms"
    table_class = FormTable
    filterset_class = FormFilter
    empty_text = gettext_lazy("No forms yet. They are begun on the page of a case.")

    def get_queryset(self):
        return super().get_queryset().order_by("status", "-saved_at")


class FormDetail(Readable, DetailPage):
    """One form as the person may read it, with its versions."""

    permission_required = VIEW
    menu = "forms"
    template_name = "forms/filled_form.html"

    def crumbs(self):
        return way_to(self.object, inside=False)

    def get_title(self):
        return self.object.title

    def get_context_data(self, **kwargs):
        form, user = self.object, self.request.user
        writes = form.case.contract.provider_id in rules_of(user).writes_for()
        versions = readable_forms(user).filter(case=form.case_id, sequence=form.sequence)
        versions = list(versions.select_related(*JOINED).order_by("-version"))
        sections = answers_for(form, user)
        return super().get_context_data(**kwargs) | {
            "form": form,
            "sections": sections,
            "withheld": any(row["withheld"] for _heading, rows in sections for row in rows),
            "tone": TONES[form.state],
            "versions": versions if len(versions) > 1 else [],
            "writes": writes,
            "may_correct": writes and not form.is_draft and versions[0].pk == form.pk,
        }


def answers_for(form: FilledForm, user) -> list[tuple[str, list[dict]]]:
    """Return headings and answers as the person may read them, with what a correction replaced."""
    groups, values = rules_of(user).groups_in(form), form.values()
    before = form.supersedes.values() if form.supersedes_id else values
    sections = []
    for heading, fields in form.sections():
        rows = []
        for field in fields:
            now, then = values.get(field.key, ""), before.get(field.key, "")
            rows.append(
                {
                    "label": field.label,
                    "long": field.kind == "text",
                    "value": masked(printed(field, now), field.group, groups),
                    "withheld": bool(now) and field.group not in groups,
                    "changed": now != then,
                    "before": masked(printed(field, then), field.group, groups),
                }
            )
        sections.append((heading, rows))
    return sections


class FormDocument(Readable, PermissionRequiredMixin, View):
    """The form as .docx or PDF, as the person may read it; the download is recorded."""

    permission_required = VIEW
    raise_exception = True
    http_method_names = ["get"]
    suffix = DOCX

    def get(self, request, *args, **kwargs):
        form = self.target
        try:
            content = make_form_document(form, reader=request.user, suffix=self.suffix)
        except PdfError as error:
            docx = reverse("filled-form-document", args=[form.pk])
            return say_no_pdf(request, error, docx=docx)
        except DocumentError as error:
            return say_unmade(request, document_name(form, self.suffix), error)
        record(Event.Kind.DOWNLOAD, title=str(form), about=form, detail=why_read(request))
        name = document_name(form, self.suffix)
        headers = {"Content-Disposition": content_disposition_header(True, name)}
        return HttpResponse(content, content_type=TYPES[self.suffix], headers=headers)


def forms_of_case(request, case: Case) -> dict:
    """Return what the panel on the page of a case shows."""
    rows = readable_forms(request.user).filter(case=case)
    writes = case.contract.provider_id in rules_of(request.user).writes_for()
    return {
        "forms": [
            (form, page_of(form), TONES[form.state])
            for form in rows.select_related(*JOINED).order_by("-sequence", "-version")
        ],
        "begins": writes and request.user.has_perm(ADD, case),
    }
