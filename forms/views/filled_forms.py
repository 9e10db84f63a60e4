"""Forms of cases on screen: begin, fill in while typing, submit, correct, print."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from base.models import Event
from base.trail.events import record
from base.workspace.tables import LinkColumn, MomentColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, ListPage, ObjectFormPage, Page, ScopedMixin
from forms.actions.fill_form import (
    EditConflict,
    begin_form,
    checked,
    correct_form,
    discard_form,
    save_form,
    submit_form,
)
from forms.documents.filled_form import document_name, make_form_document, printed
from forms.field_rules import masked, readable_forms, rules_of, writable_forms
from forms.models import Case, FilledForm, FormDefinition
from forms.views.answer_form import OVER, SEEN, AnswerForm

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
JOINED = ("case__contract__provider", "edition__definition", "saved_by", "submitted_by")
TONES = {"draft": "info", "submitted": "success", "superseded": ""}
VIEW, ADD, CHANGE = (f"forms.{verb}_filledform" for verb in ("view", "add", "change"))


class Readable(ScopedMixin):
    """Forms that the person may read."""

    model = FilledForm

    def get_queryset(self) -> QuerySet:
        return readable_forms(self.request.user).select_related(*JOINED)


class Writable(ScopedMixin):
    """Drafts and submitted forms of cases that the person counsels."""

    model = FilledForm

    def get_queryset(self) -> QuerySet:
        return writable_forms(self.request.user).select_related(*JOINED)


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


class FormBegin(ObjectFormPage):
    """Choose which form to begin for a case."""

    model = Case
    permission_required = ADD
    menu = "cases"
    title = gettext_lazy("New form")
    button = gettext_lazy("Begin")

    def get_queryset(self):
        providers = rules_of(self.request.user).writes_for()
        return super().get_queryset().filter(contract__provider__in=providers)

    def get_form_class(self):
        return ChooseForm

    def crumbs(self):
        return [Crumb(self.target.number, f"{reverse('case', args=[self.target.pk])}?tab=forms")]

    def act(self, form):
        definition = form.cleaned_data["definition"]
        return begin_form(case=self.target, definition=definition, by=self.request.user)

    def done(self, result):
        return ""

    def get_success_url(self):
        return reverse("filled-form-edit", args=[self.result.pk])


class ChooseForm(forms.Form):
    """Which form to begin."""

    definition = forms.ModelChoiceField(
        FormDefinition.objects.none(),
        label=gettext_lazy("Form"),
        widget=forms.RadioSelect,
        empty_label=None,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        in_force = FormDefinition.objects.filter(editions__applies_from__lte=timezone.localdate())
        self.fields["definition"].queryset = in_force.distinct().order_by("title")


class FormEdit(Writable, Page, TemplateView):
    """Fill in a draft. It saves itself while one types; submitting is a page of its own."""

    permission_required = CHANGE
    menu = "forms"
    template_name = "forms/filled_form_edit.html"

    def get_title(self):
        return self.target.title

    def crumbs(self):
        return way_to(self.target, inside=False)

    def get(self, request, *args, **kwargs):
        form = self.target
        if not form.is_draft:
            return HttpResponseRedirect(reverse("filled-form", args=[form.pk]))
        return self.drawn(AnswerForm(form, form.values()))

    def post(self, request, *args, **kwargs):
        sent = AnswerForm.sent(self.target, request.POST)
        try:
            saved = save_sent(sent, request).form
        except EditConflict as conflict:
            return self.drawn(sent, conflict=conflict)
        except ValidationError as error:
            sent.refuse(error)
            return self.drawn(sent)
        if "check" not in request.POST:
            messages.success(request, _("The draft is saved."))
            return HttpResponseRedirect(request.path)
        stored = AnswerForm(saved, saved.values())
        try:
            checked(saved, saved.values())
        except ValidationError as error:
            stored.refuse(error)
            return self.drawn(stored)
        return HttpResponseRedirect(reverse("filled-form-submit", args=[saved.pk]))

    def drawn(self, answers: AnswerForm, *, conflict: EditConflict | None = None):
        """Draw the page with the values given, whatever is stored."""
        return self.render_to_response(
            self.get_context_data(
                answers=answers, form=answers.filled, **state_of(answers, conflict=conflict)
            )
        )


class FormSave(Writable, PermissionRequiredMixin, View):
    """Save a draft while its writer goes on typing; answers with the parts that changed."""

    permission_required = CHANGE
    raise_exception = True
    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        sent, taken_in, conflict, refused = AnswerForm.sent(self.target, request.POST), {}, None, ""
        seen = _number(request.POST.get(SEEN))
        try:
            saved = save_sent(sent, request)
            sent, taken_in = AnswerForm(saved.form, saved.form.values()), saved.taken_in
            seen = saved.form.revision
        except EditConflict as error:
            conflict = error
        except ValidationError as error:
            refused = " ".join(error.messages)
        context = state_of(sent, conflict=conflict) | {
            "form": sent.filled,
            "seen": seen,
            "refused": refused,
            "taken_in": (fields := [field for field, _value in sent.chosen(taken_in)]),
            "taken_in_labels": ", ".join(field.label for field in fields),
        }
        return render(request, "forms/filled_form_saved.html", context)


def save_sent(sent: AnswerForm, request):
    """Save what a browser sent; what the person saw and decided comes with it."""
    return save_form(
        sent.filled,
        sent.values,
        by=request.user,
        seen=_number(request.POST.get(SEEN)),
        over=_number(request.POST.get(OVER)) or None,
    )


def state_of(answers: AnswerForm, *, conflict: EditConflict | None) -> dict:
    """Return what the page says about saving."""
    return {
        "conflict": conflict,
        "theirs": answers.chosen(conflict.theirs) if conflict else [],
        # Only who decides over the newest state overwrites it.
        "over": conflict.form.revision if conflict else "",
    }


def _number(text: str | None) -> int:
    """Return a number sent along; 0, a state nobody saw, where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


class SeenForm(forms.Form):
    """Carries which saved state the person decides about."""

    seen = forms.IntegerField(widget=forms.HiddenInput)


class DraftDecision(Writable, ObjectFormPage):
    """A decision about a draft as the person sees it."""

    permission_required = CHANGE
    menu = "forms"
    form_class = SeenForm

    def get_queryset(self):
        return super().get_queryset().drafts()

    def crumbs(self):
        return way_to(self.target)

    def get_initial(self):
        return {SEEN: self.target.revision}

    def back(self):
        return reverse("filled-form-edit", args=[self.target.pk])

    def act(self, form):
        try:
            return self.decide(form.cleaned_data[SEEN])
        except EditConflict as conflict:
            message = _("%(who)s Please look at the form again.") % {"who": conflict.message}
            raise ValidationError(message) from conflict


class FormSubmit(DraftDecision):
    """Look at the draft once more, then hand it in."""

    template_name = "forms/filled_form_submit.html"
    title = gettext_lazy("Submit")
    button = gettext_lazy("Submit")
    warning = gettext_lazy(
        "Once submitted, nothing can be changed any more; corrections become new versions."
    )

    def get_context_data(self, **kwargs):
        sections = answers_for(self.target, self.request.user)
        return super().get_context_data(sections=sections, **kwargs)

    def decide(self, seen):
        """Submit what was seen."""
        try:
            return submit_form(self.target, by=self.request.user, seen=seen)
        except ValidationError as error:
            if hasattr(error, "error_dict"):
                # Which fields, says the page where they can be filled in.
                message = _("Answers are missing or cannot be read. Go back and check the form.")
                raise ValidationError(message) from error
            raise

    def done(self, result):
        return _("“%(form)s” is submitted.") % {"form": result.title}

    def get_success_url(self):
        return reverse("filled-form", args=[self.target.pk])


class FormDiscard(DraftDecision):
    """Throw a draft away."""

    title = gettext_lazy("Discard draft")
    button = gettext_lazy("Discard draft")
    warning = gettext_lazy("The draft and everything written in it will be gone from this place.")

    def decide(self, seen):
        """Discard what was seen."""
        discard_form(self.target, by=self.request.user, seen=seen)

    def done(self, result):
        return _("The draft is discarded.")

    def get_success_url(self):
        return f"{reverse('case', args=[self.target.case_id])}?tab=forms"


class ReasonForm(forms.Form):
    """Why a submitted form is corrected."""

    reason = forms.CharField(
        max_length=500,
        label=gettext_lazy("Reason for the correction"),
        help_text=gettext_lazy("Everybody who may see the form reads it: nothing confidential."),
    )


class FormCorrect(Writable, ObjectFormPage):
    """Begin a new version of a submitted form."""

    permission_required = CHANGE
    menu = "forms"
    title = gettext_lazy("Correct by a new version")
    button = gettext_lazy("Begin the correction")
    form_class = ReasonForm

    def get_queryset(self):
        return super().get_queryset().submitted()

    def crumbs(self):
        return way_to(self.target)

    def act(self, form):
        return correct_form(self.target, by=self.request.user, reason=form.cleaned_data["reason"])

    def done(self, result):
        return _("This is the new version; the old one holds until you submit it.")

    def get_success_url(self):
        return reverse("filled-form-edit", args=[self.result.pk])


class FormDocument(Readable, PermissionRequiredMixin, View):
    """The form as a Word file, as the person may read it; the download is recorded."""

    permission_required = VIEW
    raise_exception = True
    http_method_names = ["get"]

    def get(self, request, *args, **kwargs):
        form = self.target
        content = make_form_document(form, reader=request.user)
        record(Event.Kind.DOWNLOAD, title=str(form), about=form)
        name = f'attachment; filename="{document_name(form)}"'
        return HttpResponse(content, content_type=DOCX, headers={"Content-Disposition": name})


def forms_of_case(request, case: Case) -> dict:
    """Return what the panel on the page of a case shows."""
    rows = readable_forms(request.user).filter(case=case)
    writes = case.contract.provider_id in rules_of(request.user).writes_for()
    return {
        "forms": [
            (form, page_of(form), TONES[form.state])
            for form in rows.select_related(*JOINED).order_by("-sequence", "-version")
        ],
        "begins": writes and request.user.has_perm(ADD),
    }
