"""Each request has an id: in its answer, in the log, in the log of the proxy, on pages of errors.

Who reports a fault names it, and who looks finds everything that was logged for that request. What
is logged says which kind of page was asked for and how it went, never what was asked: paths hold
what people type, queries hold names.
"""

import logging
import re
import secrets
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseServerError
from django.template import loader

from config.logs import request_id

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")
NO_ROUTE = "-"

log = logging.getLogger("fallwerk.requests")


class Traced:
    """Gives each request its id (the proxy's, where there is one) and logs how it went."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and log method, route, status and milliseconds."""
        began = time.monotonic()
        request.id = _id_of(request)
        token = request_id.set(request.id)
        try:
            response = self.get_response(request)
            log.info(
                "%s %s",
                request.method,
                route_of(request),
                extra={
                    "method": request.method,
                    "route": route_of(request),
                    "status": response.status_code,
                    "milliseconds": round(1000 * (time.monotonic() - began)),
                },
            )
        finally:
            request_id.reset(token)
        response.headers[HEADER] = request.id
        return response


def _id_of(request: HttpRequest) -> str:
    """Return what the proxy calls it; what a browser says itself is not believed."""
    given = request.headers.get(HEADER, "")
    if settings.PROXIES and WELL_FORMED.fullmatch(given):
        return given
    return secrets.token_hex(16)


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address: which page, not which row, nor what was typed."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else NO_ROUTE


def in_templates(request: HttpRequest) -> dict:
    """Context processor: `request_id`."""
    return {"request_id": getattr(request, "id", "")}


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours with a page that names the request (Django's own has no context)."""
    page = loader.get_template("500.html").render({"request_id": request_id.get()})
    return HttpResponseServerError(page)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without its token; `reason` is for the log alone.

    The header tells a script that it is the token, not the person, that was refused.
    """
    page = loader.get_template("403_csrf.html").render(None, request)
    return HttpResponseForbidden(page, headers={"X-Refused": "token"})
