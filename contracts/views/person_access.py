"""What is done about a person's access: closed, opened, confirmed, helped back into."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.accounts.access import DAYS_VALID
from base.workspace.views import Crumb, ObjectFormPage
from contracts.actions.confirm_access import confirm_access
from contracts.actions.disable_member import disable_member, enable_member
from contracts.actions.restore_access import resend_link, reset_second_factor
from contracts.models import AccessChange, Member
from contracts.people import INVITED, with_access

PEOPLE = gettext_lazy("People")


class PersonAction(ObjectFormPage):
    """Something done about a person's access."""

    model = Member
    permission_required = "contracts.change_member"
    menu = "people"

    def get_queryset(self):
        return with_access(super().get_queryset())

    def crumbs(self):
        return [
            Crumb(PEOPLE, reverse("people")),
            Crumb(str(self.target), reverse("person", args=[self.target.pk])),
        ]


class ReasonForm(forms.Form):
    """Why; kept in the history."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.TextInput,
        help_text=gettext_lazy("Kept in the history."),
    )


class DisablePerson(PersonAction):
    """Close the access."""

    form_class = ReasonForm
    title = gettext_lazy("Disable access")
    button = gettext_lazy("Disable")
    warning = gettext_lazy(
        "The person is logged out at once and cannot log in any more. What they did stays, and "
        "you can enable the access again."
    )

    def act(self, form):
        return disable_member(self.target, by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("The access of %(person)s is disabled.") % {"person": result}


class EnablePerson(PersonAction):
    """Open the access again."""

    form_class = ReasonForm
    title = gettext_lazy("Enable access")
    button = gettext_lazy("Enable")

    def act(self, form):
        return enable_member(self.target, **form.cleaned_data, by=self.request.user)

    def done(self, result):
        return _("The access of %(person)s is enabled.") % {"person": result}


class ConfirmAccess(PersonAction):
    """Confirm what another administrator did to a person's access, having read what it was."""

    template_name = "contracts/people/confirm.html"
    title = gettext_lazy("Confirm changes of access")
    button = gettext_lazy("Confirm")
    warning = gettext_lazy(
        "Ask the person, not the administrator who changed it, whether the change is right. From "
        "now on the account may check, release and issue statements and approve editions again."
    )

    def get_context_data(self, **kwargs):
        changes = self.rows_of(AccessChange).filter(user=self.target.user).open()
        others = changes.exclude(made_by=self.request.user).select_related("made_by")
        return super().get_context_data(changes=others, **kwargs)

    def act(self, form):
        return confirm_access(self.target, by=self.request.user)

    def done(self, result):
        return _("The changes of the access of %(person)s are confirmed.") % {"person": self.target}


class SendLink(PersonAction):
    """Send a link to set the password; for those who have none yet, the invitation again."""

    button = gettext_lazy("Send link")

    def get_title(self):
        if self.target.state == INVITED:
            return _("Send the invitation again")
        return _("Send a link for a new password")

    def get_context_data(self, **kwargs):
        warning = _("A link goes to %(address)s. It is valid for %(days)d days.")
        return super().get_context_data(**kwargs) | {
            "warning": warning % {"address": self.target.user.email, "days": DAYS_VALID}
        }

    def act(self, form):
        return resend_link(self.target, by=self.request.user)

    def done(self, result):
        return _("The link to %(address)s is on its way.") % {"address": result.user.email}


class ResetFactor(PersonAction):
    """Take the second factor away, as for a lost phone."""

    form_class = ReasonForm
    title = gettext_lazy("Reset the second factor")
    button = gettext_lazy("Reset")
    warning = gettext_lazy(
        "Make sure that it is the person who asks. The authenticator app and the recovery codes "
        "become void, and the person is logged out."
    )

    def act(self, form):
        return reset_second_factor(self.target, **form.cleaned_data, by=self.request.user)

    def done(self, result):
        return _("The second factor of %(person)s is reset.") % {"person": result}
