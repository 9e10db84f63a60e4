"""What holds for every request of somebody signed in: session, second factor, language."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import translation

TOUCHED = "touched"
TOUCH_SECONDS = 60

OPEN_WITHOUT_SECOND_FACTOR = (
    "mfa_activate_totp",
    "account_reauthenticate",
    "account_logout",
    "set_language",
    "health",
)


class IdleTimeout:
    """Keeps the session of who is active; Django ends it SESSION_COOKIE_AGE after the last touch.

    Touched at most once a minute: SESSION_SAVE_EVERY_REQUEST would make every page write, and on
    SQLite wait behind whoever else writes.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now = int(time.time())
            if now - request.session.get(TOUCHED, 0) >= TOUCH_SECONDS:
                request.session[TOUCHED] = now
        return self.get_response(request)


class SecondFactorRequired:
    """Where the setting SECOND_FACTOR_REQUIRED says so, leads to its activation before all else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Answer in the view's place while the person has no authenticator app."""
        if (
            not settings.SECOND_FACTOR_REQUIRED
            or not request.user.is_authenticated
            or request.resolver_match.view_name in OPEN_WITHOUT_SECOND_FACTOR
            or is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
        ):
            return None
        if "HX-Request" in request.headers:
            # A part of a page cannot become another page: htmx leads the browser there.
            return HttpResponse(headers={"HX-Redirect": resolve_url("mfa_activate_totp")})
        return redirect("mfa_activate_totp")


class ChosenLanguage:
    """German, unless a person has chosen otherwise by the switch; browsers are not asked.

    An office's browsers are set up in many ways; the language of the office is German.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = cookie in dict(settings.LANGUAGES)
        request.LANGUAGE_CODE = cookie if known else settings.LANGUAGE_CODE
        with translation.override(request.LANGUAGE_CODE):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response
