"""allauth's forms are carried out once for each reference, as all others are.

What a form makes (a password and the mail that tells of it, an app, recovery codes) would be made
again by whoever presses twice: codes that were just written down would be void.
"""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.translation import gettext as _

from base.once import Once

OF_THIS_BROWSER = {
    "account_login": "Begins the session of the browser that is answered.",
    "account_logout": "Ends the session of the browser that asks.",
    "account_reauthenticate": "Notes in the session that it was asked again.",
    "mfa_authenticate": "Begins the session of the browser that is answered.",
    "mfa_reauthenticate": "Notes in the session that it was asked again.",
}
"""Forms that make nothing but a session. A browser whose first request was cut off needs its own
answer to the second: that of the first would leave it outside."""


class OnceOfAccount(Once):
    """One person's forms wait for each other, so that two open pages do not make two of a thing.

    What a refused request has written stays: the attempts that allauth counts are stored, too.
    """

    undoes_refused = False

    def answer_first(self, *args, **kwargs) -> HttpResponse:
        """Answer with what allauth looks at as it is now, and nobody else changes meanwhile.

        What the session learns by it is stored with it: whoever sees the app sees that this
        session has given its code.
        """
        if key := self.request.user.pk:
            people = get_user_model().objects.select_for_update(no_key=True)
            self.request.user = people.get(pk=key)
        response = super().answer_first(*args, **kwargs)
        if self.request.session.modified:
            self.request.session.save()
        return response

    def sent_otherwise(self) -> HttpResponse:
        """Show the page anew. allauth's views know themselves only after they were asked."""
        messages.warning(
            self.request,
            _(
                "This page was sent before, with other values. To store these as well,"
                " please send them again."
            ),
        )
        return HttpResponseRedirect(self.request.get_full_path())


def carried_out_once(patterns: list[URLPattern]) -> list[URLPattern]:
    """Return addresses whose forms are carried out once, but for those OF_THIS_BROWSER."""
    for pattern in patterns:
        view = pattern.callback
        if hasattr(view.view_class, "post") and pattern.name not in OF_THIS_BROWSER:
            view_class = type(view.view_class.__name__, (OnceOfAccount, view.view_class), {})
            pattern.callback = view_class.as_view(**view.view_initkwargs)
    return patterns
