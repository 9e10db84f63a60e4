"""allauth's forms where their labels or fields do not suit us; named in ACCOUNT_FORMS."""

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.utils.translation import gettext_lazy as _

from base.accounts.mails import FORGOTTEN, post


class Plain:
    """Labels instead of placeholders: these vanish while one types.

    `labels` renames fields; `hints` says what to enter.
    """

    labels = {}
    hints = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")


CODE_LABELS = {"code": _("Code from your authenticator app")}


class _NumericCode(Plain):
    """Phones offer digits; authenticator apps and password managers fill in."""

    labels = CODE_LABELS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(
            {"inputmode": "numeric", "autocomplete": "one-time-code"}
        )


class SignIn(Plain, LoginForm):
    """User name or e-mail, and password."""

    labels = {"login": _("User name or e-mail address"), "password": _("Password")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs.update(
            {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        )


class RequestLink(Plain, ResetPasswordForm):
    """The e-mail address a link to set a new password goes to, if it is known."""

    labels = {"email": _("E-mail address")}

    def save(self, request, **kwargs) -> str:
        """Queue the address, known or not: a worker looks it up, so that no answer tells."""
        email = self.cleaned_data["email"]
        post(FORGOTTEN, email)
        return email


NEW_PASSWORD_LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password again"),
}
NEW_PASSWORD_HINTS = {
    "password1": _(
        "At least 12 characters, not only digits, no common password and nothing like your name."
    )
}


class _Twice(Plain):
    labels = NEW_PASSWORD_LABELS
    hints = NEW_PASSWORD_HINTS

    def clean(self):
        """Say in our words when the new password and its repetition differ."""
        cleaned = super().clean()
        repeated = self.data.get(self.add_prefix("password2"))
        if repeated and "password1" in cleaned and "password2" in self.errors:
            self.errors["password2"] = self.error_class([_("The two new passwords differ.")])
        return cleaned


class NewPassword(_Twice, ResetPasswordKeyForm):
    """The password set after following a link."""


class OtherPassword(_Twice, ChangePasswordForm):
    """The password changed by who knows the current one."""


class ConfirmPassword(Plain, ReauthenticateForm):
    """The password once more, before something about the account changes."""

    labels = {"password": _("Password")}


class EnterCode(_NumericCode, AuthenticateForm):
    """The second factor when signing in; a recovery code does as well."""


class ConfirmCode(_NumericCode, ReauthenticateByCodeForm):
    """A code once more, before something about the account changes."""


class ActivateApp(_NumericCode, ActivateTOTPForm):
    """The first code of a newly set up authenticator app."""
