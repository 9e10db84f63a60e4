"""Drafts of forms on screen: begun, filled in while typing, submitted, discarded, corrected."""

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from base.refusals import refusal_text
from base.workspace.views import Crumb, ObjectFormPage, Page, ScopedMixin
from forms.actions.fill_form import (
    EditConflict,
    begin_form,
    checked,
    correct_form,
    discard_form,
    save_form,
    submit_form,
)
from forms.field_rules import rules_of, writable_forms
from forms.models import Case, FilledForm, FormDefinition
from forms.views.answer_form import OVER, SEEN, AnswerForm
from forms.views.filled_forms import ADD, CHANGE, JOINED, answers_for, way_to


class Writable(ScopedMixin):
    """Drafts and submitted forms of cases that the person counsels."""

    model = FilledForm

    def get_queryset(self) -> QuerySet:
        return writable_forms(self.request.user).select_related(*JOINED)


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
            refused = refusal_text(error)
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
