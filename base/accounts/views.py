"""allauth's pages where they have to do more than allauth's own."""

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView


class SetUpApp(ActivateTOTPView):
    """Setting up an authenticator app asks for a code of it: in this session it has been given."""

    def form_valid(self, form):
        """Store the app, and that this session has passed the second factor."""
        response = super().form_valid(form)
        record_authentication(
            self.request, self.request.user, "mfa", type=Authenticator.Type.TOTP.value
        )
        return response
