"""The steps of a statement's life as pages: look once more, then confirm."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.refusals import refusal_text
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_statement import compute_statement
from jobs.actions.issue_statement import issue_statement
from jobs.actions.release_statement import release_statement
from jobs.actions.resubmit_statement import resubmit_statement
from jobs.actions.return_statement import return_statement
from jobs.documents import formats
from jobs.documents.statement import statement_title
from jobs.models import Statement, StatementEvent
from jobs.statements.steps import (
    CHECK,
    ISSUE,
    LONGEST_REASON,
    RELEASE,
    RESUBMIT,
    RETURN,
    StatementStep,
    require_possible,
)
from jobs.tasks import make_letter
from jobs.views.statements import TONES


class SeenForm(forms.Form):
    """Carries what the person looked at: the hash of the inputs."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class IssueForm(SeenForm):
    """The day a statement bears."""

    on = DayField(
        label=gettext_lazy("Issued on"),
        help_text=gettext_lazy("The date of the letter; its year is in the number."),
    )


class ReasonForm(SeenForm):
    """Why a statement goes back."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("The provider reads this: say what is missing or wrong."),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class NoteForm(SeenForm):
    """What the provider has done."""

    note = forms.CharField(
        label=gettext_lazy("What was added or corrected"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class StepPage(ObjectFormPage):
    """One step: shows what it is about, and carries it out.

    Where `step` cannot be taken as the statement stands, its page says why instead.
    """

    model = Statement
    template_name = "jobs/statement_step.html"
    form_class = SeenForm
    menu = "statements"
    message = ""
    step: StatementStep | None = None

    def get(self, request, *args, **kwargs):
        """Show the form, or why it could only be refused."""
        try:
            if self.step:
                require_possible(self.target, self.step, by=request.user)
        except ValidationError as refusal:
            messages.error(request, refusal_text(refusal))
            return HttpResponseRedirect(self.target.get_absolute_url())
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        return super().get_queryset().joined("contract__provider", "corrects")

    def get_initial(self):
        seen = self.request.GET.get("seen") or self.target.inputs_hash
        return super().get_initial() | {"seen": seen}

    def crumbs(self):
        return [
            Crumb(_("Billing statements"), reverse("statements")),
            Crumb(statement_title(self.target), self.target.get_absolute_url()),
        ]

    def done(self, result):
        return self.message

    def get_context_data(self, **kwargs):
        returned = self.target.events.filter(kind=StatementEvent.Kind.RETURNED)
        return super().get_context_data(
            **{
                "statement": self.target,
                "tone": TONES[self.target.status],
                "period_name": formats.period(self.target.period),
                "lines": self.target.lines.count(),
                "returned": returned.order_by("at", "pk").last(),
            }
            | kwargs
        )

    def seen(self, form) -> str:
        """Return the hash of the inputs that the person looked at."""
        return form.cleaned_data["seen"]


class CheckPage(StepPage):
    """Say that facts and arithmetic are right."""

    permission_required = "jobs.check_statement"
    step = CHECK
    title = gettext_lazy("Check statement")
    button = gettext_lazy("Mark as checked")
    message = gettext_lazy("Checked. A second person releases it.")

    def act(self, form):
        return check_statement(self.target, by=self.request.user, seen=self.seen(form))


class ReleasePage(StepPage):
    """Release for payment what another person checked."""

    permission_required = "jobs.release_statement"
    step = RELEASE
    title = gettext_lazy("Release statement")
    button = gettext_lazy("Release")
    message = gettext_lazy("Released. It can be issued now.")

    def act(self, form):
        return release_statement(self.target, by=self.request.user, seen=self.seen(form))


class IssuePage(StepPage):
    """Number and freeze what was released."""

    permission_required = "jobs.issue_statement"
    step = ISSUE
    form_class = IssueForm
    title = gettext_lazy("Issue statement")
    button = gettext_lazy("Issue")
    warning = gettext_lazy(
        "It gets its number and never changes again. What becomes known later is settled by a"
        " correction statement."
    )

    def get_initial(self):
        return super().get_initial() | {"on": timezone.localdate()}

    def act(self, form):
        on = form.cleaned_data["on"]
        issued = issue_statement(self.target, by=self.request.user, on=on, seen=self.seen(form))
        make_letter.enqueue(statement=issued.pk)
        return issued

    def done(self, result):
        return _("Issued with the number %(number)s.") % {"number": result.number}


class ReturnPage(StepPage):
    """Send it back to the provider."""

    permission_required = "jobs.return_statement"
    step = RETURN
    form_class = ReasonForm
    title = gettext_lazy("Return statement")
    button = gettext_lazy("Return to the provider")
    message = gettext_lazy("Returned to the provider.")

    def act(self, form):
        reason = form.cleaned_data["reason"]
        return return_statement(self.target, by=self.request.user, reason=reason)


class ResubmitPage(StepPage):
    """Hand in again what was returned."""

    permission_required = "jobs.resubmit_statement"
    step = RESUBMIT
    form_class = NoteForm
    title = gettext_lazy("Hand in statement again")
    button = gettext_lazy("Hand in again")

    def act(self, form):
        note = form.cleaned_data["note"]
        return resubmit_statement(self.target, by=self.request.user, note=note)

    def done(self, result):
        return _("Handed in again. It comes to %(total)s now.") % {
            "total": formats.money(result.total)
        }


class ComputePage(StepPage):
    """Compute a statement from the facts as they are now."""

    permission_required = "jobs.start_jobrun"
    title = gettext_lazy("Compute statement again")
    button = gettext_lazy("Compute again")

    def act(self, form):
        return compute_statement(self.target.contract, self.target.period)

    def done(self, result):
        statement, changed = result
        if not changed:
            return _("Nothing has changed since it was computed.")
        return _("Computed again. It comes to %(total)s now.") % {
            "total": formats.money(statement.total)
        }
