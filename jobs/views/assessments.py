"""What is said about a report: the provider's assessment, the commissioning body's reply."""

from functools import cached_property

from django.core.exceptions import ValidationError
from django.forms import CharField, Form, IntegerField, Textarea
from django.forms.widgets import HiddenInput
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.workspace.views import (
    Crumb,
    ObjectFormPage,
)
from jobs.actions.answer_report import draft_reply, submit_reply
from jobs.actions.assess_report import confirm_assessment, draft_assessment, submit_assessment
from jobs.documents.report import report_title
from jobs.models import Assessment, Reply, ReportVersion
from jobs.models.report_text import LONGEST_TEXT
from jobs.views.reports import ANSWER, ASSESS, OfReport, figures


class AssessmentForm(Form):
    """How the provider judges the half-year."""

    figures = IntegerField(widget=HiddenInput)
    text = CharField(
        label=gettext_lazy("Joint assessment"),
        help_text=gettext_lazy(
            "How the work went, what the figures show, where they come from. No names of clients."
        ),
        max_length=LONGEST_TEXT,
        widget=Textarea(attrs={"rows": 12}),
    )
    proposals = CharField(
        label=gettext_lazy("Proposed changes"),
        help_text=gettext_lazy("What should change in the service, its scope or its conditions."),
        max_length=LONGEST_TEXT,
        required=False,
        widget=Textarea(attrs={"rows": 6}),
    )


class ReplyForm(Form):
    """What the commissioning body says to it."""

    text = CharField(
        label=gettext_lazy("Reply"),
        help_text=gettext_lazy(
            "To the assessment and to each proposed change. No names of clients."
        ),
        max_length=LONGEST_TEXT,
        widget=Textarea(attrs={"rows": 10}),
    )


class ReportForm(OfReport, ObjectFormPage):
    """A form about one report; leads back to it."""

    template_name = "jobs/report_form.html"

    def crumbs(self):
        name = f"{report_title(self.version)} · {self.target.contract.number}"
        return [
            Crumb(_("Reports"), reverse("reports")),
            Crumb(name, reverse("report", args=[self.target.pk])),
        ]

    @cached_property
    def version(self) -> ReportVersion:
        """The newest figures."""
        return self.target.current()

    @cached_property
    def texts(self) -> list[Assessment]:
        """The assessments the person may see, the newest first."""
        rows = Assessment.objects.visible_to(self.request.user).filter(report=self.target)
        return list(rows.select_related("figures", "submitted_by", "report").order_by("-number"))

    @property
    def last_submitted(self) -> Assessment | None:
        """The newest assessment that was submitted."""
        return next((each for each in self.texts if not each.is_draft), None)

    @property
    def draft(self) -> Assessment | None:
        """The provider's draft."""
        return next((each for each in self.texts if each.is_draft), None)

    def shown(self) -> dict:
        """Return which texts stand beside the form."""
        return {}

    def get_context_data(self, **kwargs):
        shown = {"shown_assessment": None, "shown_reply": None} | self.shown()
        context = super().get_context_data(
            version=self.version, **figures(self.version), **shown, **kwargs
        )
        # Who was overtaken needs the other's words to decide, also those of a first draft.
        other = context["overwritten"] and self.guarded()
        stored = other and {"text": other.text, "proposals": getattr(other, "proposals", "")}
        return context | {"stored": stored}


class AssessmentEdit(ReportForm):
    """Write the draft of an assessment, from the last one's words where there is one."""

    permission_required = ASSESS
    title = gettext_lazy("Write the assessment")
    form_class = AssessmentForm
    button = gettext_lazy("Save draft")

    def guarded(self):
        return self.draft

    def get_initial(self):
        source = self.draft or self.last_submitted
        texts = {"text": source.text, "proposals": source.proposals} if source else {}
        return {"figures": self.version.number, **texts}

    def act(self, form):
        return draft_assessment(self.target, by=self.request.user, **form.cleaned_data)

    def form_invalid(self, form):
        """Let the person save for the figures that the page now shows."""
        form.data = form.data.copy()
        form.data["figures"] = self.version.number
        return super().form_invalid(form)

    def done(self, result):
        return _("The draft is saved. It is not submitted yet.")


class AssessmentSubmit(ReportForm):
    """Hand the draft in."""

    permission_required = ASSESS
    title = gettext_lazy("Submit the assessment")
    button = gettext_lazy("Submit")
    warning = gettext_lazy(
        "The commissioning body will read it from now on. It can no longer be changed."
    )

    def guarded(self):
        return self.draft

    def shown(self):
        return {"shown_assessment": self.draft}

    def act(self, form):
        return submit_assessment(self.target, by=self.request.user)

    def done(self, result):
        return submitted_message(result)


class AssessmentConfirm(ReportForm):
    """Say that the last assessment holds for the newest figures."""

    permission_required = ASSESS
    title = gettext_lazy("Confirm the assessment")
    button = gettext_lazy("Confirm for these figures")

    @property
    def warning(self):
        """Say what is confirmed."""
        return _(
            "The figures have changed since the assessment was submitted. Confirming submits the"
            " same words for version %(number)d."
        ) % {"number": self.version.number}

    def shown(self):
        return {"shown_assessment": self.last_submitted}

    def act(self, form):
        return confirm_assessment(self.target, by=self.request.user)

    def done(self, result):
        return submitted_message(result)


def submitted_message(assessment: Assessment) -> str:
    """Return that it was submitted, and whether in time."""
    late = assessment.days_late
    if not late:
        return _("The assessment is submitted.")
    return ngettext(
        "The assessment is submitted, %(days)d day late.",
        "The assessment is submitted, %(days)d days late.",
        late,
    ) % {"days": late}


class ReplyToReport(ReportForm):
    """What the pages of the reply have in common."""

    permission_required = ANSWER

    @cached_property
    def reply(self) -> Reply | None:
        """The reply to the newest assessment."""
        return Reply.objects.filter(assessment=self.last_submitted).first()

    def guarded(self):
        return self.reply

    def answered(self) -> Assessment:
        """Return the assessment that is answered. Raises ValidationError where there is none."""
        if self.last_submitted is None:
            raise ValidationError(_("The provider has not submitted an assessment yet."))
        return self.last_submitted


class ReplyEdit(ReplyToReport):
    """Write the draft of the reply."""

    title = gettext_lazy("Write the reply")
    form_class = ReplyForm
    button = gettext_lazy("Save draft")

    def get_initial(self):
        return {"text": self.reply.text} if self.reply else {}

    def shown(self):
        return {"shown_assessment": self.last_submitted}

    def act(self, form):
        return draft_reply(self.answered(), by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("The draft is saved. It is not submitted yet.")


class ReplySubmit(ReplyToReport):
    """Send the reply."""

    title = gettext_lazy("Submit the reply")
    button = gettext_lazy("Submit")
    warning = gettext_lazy("The provider will read it from now on. It can no longer be changed.")

    def shown(self):
        return {"shown_assessment": self.last_submitted, "shown_reply": self.reply}

    def act(self, form):
        return submit_reply(self.answered(), by=self.request.user)

    def done(self, result):
        return _("The reply is submitted.")
