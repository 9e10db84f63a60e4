"""Pages about accounts and sessions that have to do more than allauth's and Django's own."""

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.shortcuts import redirect
from django.views import defaults


class SetUpApp(ActivateTOTPView):
    """Setting up an authenticator app asks for a code of it: in this session it has been given."""

    def form_valid(self, form):
        """Store the app, and that this session has passed the second factor."""
        response = super().form_valid(form)
        record_authentication(
            self.request, self.request.user, "mfa", type=Authenticator.Type.TOTP.value
        )
        return response


def bad_request(request, exception):
    """Answer what Django refuses; whose session ended meanwhile is led to sign in.

    Of two requests at once the first may end the session, as by a new password: the second is no
    worse than one that comes a moment later.
    """
    if isinstance(exception, SessionInterrupted):
        return redirect(settings.LOGIN_URL)
    return defaults.bad_request(request, exception)
