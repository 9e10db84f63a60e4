"""What people decide about one deadline, each on a page of its own."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from forms.actions.change_deadline import (
    agree_day,
    drop_deadline,
    enter_event,
    extend_deadline,
    finish_deadline,
    reopen_deadline,
    take_back_extension,
)
from forms.due import reasons_of
from forms.models import Case, Deadline
from forms.models.deadline import CHANGE
from forms.views.shared import today

BOTH_READ = gettext_lazy("Both sides of the contract read it: nothing about health or family.")


def _reason(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, required=required, help_text=BOTH_READ
    )


class UntilForm(forms.Form):
    """Until when, and why."""

    until = DayField(label=gettext_lazy("Until"))
    reason = _reason(required=True)


class AgreedForm(forms.Form):
    """Until when, with a remark."""

    until = DayField(label=gettext_lazy("Until"))
    reason = _reason(required=False)


class OnForm(forms.Form):
    """On which day."""

    on = DayField(label=gettext_lazy("Day"))
    reason = _reason(required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = _reason(required=True)


class DeadlineDecision(ObjectFormPage):
    """Something decided about one deadline; what cannot be decided as it is, is not there."""

    model = Deadline
    permission_required = CHANGE
    menu = "cases"
    template_name = "forms/deadline_decision.html"

    def get_queryset(self):
        rows = (
            super()
            .get_queryset()
            .changeable_by(self.request.user)
            .select_related("case", "standard__edition")
        )
        return self.sensible(rows)

    def sensible(self, rows):
        """Leave the rows about which this can be decided."""
        return rows.open()

    def guarded(self):
        return self.target

    def require_seen(self):
        # Two people who decide at once are let in one after the other.
        Case.objects.filter(pk=self.target.case_id).lock()
        super().require_seen()

    def crumbs(self):
        case = self.target.case
        return [
            Crumb(_("Cases"), reverse("cases")),
            Crumb(_("Case %s") % case.number, case.get_absolute_url()),
            Crumb(_("Deadlines"), self.target.get_absolute_url()),
        ]

    def get_title(self):
        return f"{self.title}: {self.target.standard.label}"

    def get_context_data(self, **kwargs):
        why = reasons_of([self.target])[self.target.pk]
        return super().get_context_data(row=self.target, why=why, **kwargs)

    def act(self, form):
        return type(self).decide(self.target, **form.cleaned_data, by=self.request.user)

    def done(self, result):
        if result.due_on is None or result.state != Deadline.State.OPEN:
            return _("Saved.")
        return _("The deadline ends on %s.") % german(result.due_on)


class ExtendDeadline(DeadlineDecision):
    """Give more time."""

    title = gettext_lazy("Extend")
    form_class = UntilForm
    decide = staticmethod(extend_deadline)

    def sensible(self, rows):
        return rows.open().filter(due_on__isnull=False)


class TakeBackExtension(DeadlineDecision):
    """Take back an extension, or a day that was agreed on, as a whole."""

    title = gettext_lazy("Take the extension back")
    form_class = ReasonForm
    decide = staticmethod(take_back_extension)

    def sensible(self, rows):
        return rows.extended()

    def get_title(self):
        if self.target.ruled_on:
            return super().get_title()
        return f"{_('Take the day back')}: {self.target.standard.label}"

    @property
    def warning(self):
        """What counts then."""
        if day := self.target.ruled_on:
            return _("It is due on %s again, as its rule says.") % german(day)
        return _("It has no day any more, until one is agreed on.")


class AgreeDeadline(DeadlineDecision):
    """Set the day that is agreed for this case."""

    title = gettext_lazy("Agree on a day")
    form_class = AgreedForm
    decide = staticmethod(agree_day)

    def sensible(self, rows):
        # What counts from a document waits for it first, then for being agreed on.
        return rows.open().filter(due_on=None, started_on__isnull=False)


class EnterEvent(DeadlineDecision):
    """Say on which day the document was received."""

    title = gettext_lazy("Enter the day of receipt")
    form_class = OnForm
    decide = staticmethod(enter_event)

    def sensible(self, rows):
        return rows.awaiting_receipt()

    @property
    def warning(self):
        """Whether it is met can change."""
        if self.target.state == Deadline.State.OPEN:
            return ""
        return _("It is met already; by another day it may have to be done again. Please say why.")

    def get_initial(self):
        return {"on": self.target.started_on or today()}


class FinishDeadline(DeadlineDecision):
    """Say that it is done."""

    title = gettext_lazy("Done")
    form_class = OnForm
    decide = staticmethod(finish_deadline)

    def get_initial(self):
        return {"on": today()}

    def done(self, result):
        return _("Noted as done on %s.") % german(result.ended_on)


class DropDeadline(DeadlineDecision):
    """Say that it is not needed in this case."""

    title = gettext_lazy("Not needed")
    form_class = ReasonForm
    decide = staticmethod(drop_deadline)
    warning = gettext_lazy("Nobody is reminded of it any more, until somebody reopens it.")

    def done(self, result):
        return _("The deadline is dropped.")


class ReopenDeadline(DeadlineDecision):
    """Take back that somebody ended it."""

    title = gettext_lazy("Reopen")
    form_class = ReasonForm
    decide = staticmethod(reopen_deadline)

    def sensible(self, rows):
        return rows.filter(ending=Deadline.Ending.PERSON)

    def done(self, result):
        return _("The deadline follows the case again.")
