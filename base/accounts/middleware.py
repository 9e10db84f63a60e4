"""What holds for every request of somebody signed in: session, second factor, language."""

import time
from urllib.parse import urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import translation

HTMX = "HX-Request"
TOUCHED = "touched"
TOUCH_SECONDS = 60
BACKGROUND = "X-Background"
BACKGROUND_VIEWS = ("wagtailadmin_editing_sessions:ping",)

OPEN_TO_EVERY_SESSION = ("account_logout", "set_language", "health")
OPEN_WITHOUT_SECOND_FACTOR = ("mfa_activate_totp", "account_reauthenticate")

SIGN_OUT_VIEWS = ("account_logout", "wagtailadmin_logout")

THE_SAME_FOR_ALL = (
    "health",
    "wagtailadmin_sprite",
    "wagtailadmin_javascript_catalog",
)
"""Answers that say nothing of anybody, and may be kept."""

OPEN_STUDIO_VIEWS = ("wagtailadmin_login", "wagtailadmin_logout")


class IdleTimeout:
    """Keeps the session of who is active; Django ends it SESSION_COOKIE_AGE after the last touch.

    Touched at most once a minute: SESSION_SAVE_EVERY_REQUEST would make every page write, and on
    SQLite wait behind whoever else writes. What an open page asks for by itself is no activity:
    it sends the header BACKGROUND, or is one of Wagtail's BACKGROUND_VIEWS.

    Where a part of a page is asked for after the end, the whole page goes to the login.

    Who signs out takes along what the browser has stored, drafts of typed work above all; the end
    of an idle session leaves them. So does whoever was not signed in, at the second factor say:
    what lies there is somebody else's, and nobody asked them (`base/workspace/signing_out.html`).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "signs_out", False) and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"storage"'
        to_login = response.get("Location", "").startswith(resolve_url(settings.LOGIN_URL))
        if HTMX in request.headers and to_login:
            page = urlsplit(request.headers.get("HX-Current-URL", "/"))
            return _whole_page(redirect_to_login(page._replace(scheme="", netloc="").geturl()).url)
        return response

    def process_view(self, request, view, args, kwargs):
        """Touch the session before the view answers."""
        by_itself = (
            BACKGROUND in request.headers or request.resolver_match.view_name in BACKGROUND_VIEWS
        )
        request.signs_out = (
            request.method == "POST"
            and request.user.is_authenticated
            and request.resolver_match.view_name in SIGN_OUT_VIEWS
        )
        if request.user.is_authenticated and not by_itself:
            now = int(time.time())
            if now - request.session.get(TOUCHED, 0) >= TOUCH_SECONDS:
                request.session[TOUCHED] = now


def seconds_left(request) -> int:
    """Return after how many seconds without activity the session of this request ends."""
    touched = request.session.get(TOUCHED, 0)
    return max(0, touched + settings.SESSION_COOKIE_AGE - int(time.time()))


class SecondFactor:
    """Asks the session whether it has passed the second factor, before every view.

    Whoever has one and did not give it, however the session began, is signed out. Whoever has
    none is led to its activation before all else, where SECOND_FACTOR_REQUIRED says so.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Answer in the view's place while the second factor is missing."""
        view_name = request.resolver_match.view_name
        if view_name in OPEN_TO_EVERY_SESSION or not request.user.is_authenticated:
            return None
        passed = has_passed_second_factor(request)
        if passed and not settings.SECOND_FACTOR_REQUIRED:
            return None
        has_one = is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
        if has_one and not passed and not _passed_meanwhile(request):
            logout(request)
            return _lead_to(request, redirect_to_login(request.get_full_path()).url)
        if (
            has_one
            or not settings.SECOND_FACTOR_REQUIRED
            or view_name in OPEN_WITHOUT_SECOND_FACTOR
        ):
            return None
        return _lead_to(request, resolve_url("mfa_activate_totp"))


def has_passed_second_factor(request) -> bool:
    """Return whether a code of this person was given in this session."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def _passed_meanwhile(request) -> bool:
    """Return whether the session as it is stored now has passed, and go on with that one.

    A person sets an app up while the same browser asks for something else: this request may have
    read its session before that was stored, and the app after. Both are stored in one transaction.
    """
    request.session = type(request.session)(request.session.session_key)
    return has_passed_second_factor(request)


def _lead_to(request, url: str) -> HttpResponse:
    """Answer by leading the browser to another page, where a part was asked for the whole page."""
    return _whole_page(url) if HTMX in request.headers else redirect(url)


def _view_name(request) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _whole_page(url: str) -> HttpResponse:
    """Answer a request for a part of a page by leading the browser to another page."""
    return HttpResponse(headers={"HX-Redirect": url})


class NotStored:
    """Lets no browser and no proxy keep what a person who is signed in was shown.

    Also where a view thought otherwise; what holds nothing of anybody is named.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if _view_name(request) not in THE_SAME_FOR_ALL and request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store, private"
        return response


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


class StudioDoor:
    """Tells people without access to the studio so.

    Wagtail would send them to a login they have passed already, which would send them back.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Refuse before Wagtail's views are asked; raises PermissionDenied."""
        if (
            request.user.is_authenticated
            and request.path.startswith(reverse("wagtailadmin_home"))
            and request.resolver_match.view_name not in OPEN_STUDIO_VIEWS
            and not request.user.has_perm("wagtailadmin.access_admin")
        ):
            raise PermissionDenied
