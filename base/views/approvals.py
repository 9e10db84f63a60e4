"""Approving by reading: what waits for a person, and each of it on a page of its own."""

from dataclasses import astuple

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.asking import ANSWER
from base.models import Submission
from base.scoping import strangers_to
from base.seals import seal_of
from base.studio.doors import ACCESS, address
from base.studio.home import waiting_for
from base.studio.refusals import outcome_of, refusals_of
from base.studio.review import decide, review_of
from base.workspace.registry import registry
from base.workspace.views import Crumb, ObjectFormPage, SimplePage

APPROVES, HANDS_BACK = "approve", "hand_back"
HISTORY = "history"
"""The panel that tells of the past; here it is asked what is to come."""


class ApprovalList(SimplePage):
    """What waits for the person's approval, the longest first."""

    permission_required = ACCESS
    template_name = "base/approvals/list.html"
    title = gettext_lazy("Approvals")
    menu = "approvals"

    def get_context_data(self, **kwargs):
        return super().get_context_data(rows=waiting_for(self.request.user), **kwargs)


class DecisionForm(forms.Form):
    """What becomes of a draft, and what its authors are told."""

    place = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        help_text=gettext_lazy("For the authors; needed where something is to be changed."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=2000,
    )

    def __init__(self, *args, places=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [("", _("the whole")), *((each, each) for each in places)]

    def clean(self):
        """Refuse to hand back without a word."""
        cleaned = super().clean()
        self.approves = self.data.get("decision") == APPROVES
        if not self.approves and not cleaned.get("comment", "").strip():
            self.add_error("comment", _("Please say what is to be changed."))
        return cleaned

    def words(self) -> str:
        """Return the comment, with the place it is about before it."""
        place, comment = self.cleaned_data["place"], self.cleaned_data["comment"].strip()
        return f"{place}: {comment}" if place and comment else comment


class Approval(ObjectFormPage):
    """A submitted draft: what changes by it, whom it concerns, all it says; then a decision."""

    model = Submission
    permission_required = ACCESS
    template_name = "base/approvals/approval.html"
    form_class = DecisionForm
    menu = "approvals"

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("workflow_state__requested_by", "revision__base_content_type")
        )

    def get_title(self):
        return str(self.review.draft)

    def crumbs(self):
        return (Crumb(_("Approvals"), reverse("approvals")),)

    @cached_property
    def review(self):
        """What there is to read."""
        return review_of(self.target, self.request.user)

    @property
    def told(self) -> str:
        """What says that the person has been shown this: the text, and what follows from it."""
        consequences = [astuple(each) for each in self.review.consequences]
        return seal_of({"revision": self.target.revision_id, "consequences": consequences})

    def get_form_kwargs(self):
        places = [str(passage.label) for passage in self.review.passages]
        return super().get_form_kwargs() | {"places": places}

    def act(self, form):
        if form.approves and self.request.POST.get(ANSWER) != self.told:
            raise ValidationError(
                _("What follows from it has changed meanwhile. Please look at it once more.")
            )
        try:
            return decide(
                self.target, self.request.user, approves=form.approves, comment=form.words()
            )
        except ValidationError as error:
            refused = refusals_of(error, type(self.review.draft))
            raise ValidationError(refused) from error

    def done(self, result):
        return outcome_of(result)

    def get_context_data(self, **kwargs):
        draft, user, review = self.review.draft, self.request.user, self.review
        return super().get_context_data(
            review=review,
            draft=draft,
            kind=draft._meta.verbose_name,
            submitted_by=self.target.submitted_by(strangers_to(user)),
            edit_url=address(draft),
            answer=(ANSWER, self.told),
            concerned=[
                (panel, render_to_string(panel.template, {"object": review.in_force} | found))
                for panel in registry.panels(review.in_force, user)
                if panel.key != HISTORY
                and (found := panel.context(self.request, review.in_force)) is not None
            ]
            if review.in_force
            else [],
            decisions=(APPROVES, HANDS_BACK),
            **kwargs,
        )
