"""What we decide where allauth asks: named in the settings ACCOUNT_ADAPTER and MFA_ADAPTER."""

import time

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.accounts.secrets import decrypted, encrypted

WRONG_LOGIN = _("The user name or the password is wrong.")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation alone, and no answer tells whether one exists."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG_LOGIN,
        "email_password_mismatch": WRONG_LOGIN,
        "too_many_login_attempts": _(
            "Too many failed attempts. Please wait ten minutes, then try again."
        ),
        "rate_limited": _("Too many attempts. Please wait a few minutes, then try again."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "incorrect_code": _("This code is not valid. Please wait for the next one and enter it."),
    }

    def is_open_for_signup(self, request):
        """Nobody signs up: an administrator invites."""
        return False

    def is_ajax(self, request):
        """No page of ours is answered in JSON, which a form carried out once could not repeat."""
        return False

    def is_reauthentication_required(self, *, app, **kwargs):
        """Not within minutes of logging in: the password was given just now."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        records = get_authentication_records(self.request, self.request.user)
        recently = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        return not any(record["at"] > recently for record in records)

    def get_password_change_redirect_url(self, request):
        """After a new password: where the account is managed."""
        return reverse("mfa_index")


class SecondFactorAdapter(DefaultMFAAdapter):
    """The shared secret of an authenticator app is stored encrypted."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

    def get_totp_label(self, user):
        """The name an authenticator app shows: the user name, which stays when e-mails change."""
        return user.get_username()

    def get_totp_issuer(self):
        """The product the code is for."""
        return settings.WAGTAIL_SITE_NAME

    def encrypt(self, text):
        """See `base.accounts.secrets`."""
        return encrypted(text)

    def decrypt(self, encrypted_text):
        """See `base.accounts.secrets`."""
        return decrypted(encrypted_text)
