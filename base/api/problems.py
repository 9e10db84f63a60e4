"""Refusals, all of one form: problem details (RFC 9457), in English as the names of fields are."""

import logging

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback
from wagtail.api.v2.utils import BadRequestError

PROBLEM = "application/problem+json"
REALM = 'Bearer realm="Fallwerk"'

logger = logging.getLogger(__name__)

TITLES = {
    status.HTTP_400_BAD_REQUEST: "Bad request",
    status.HTTP_401_UNAUTHORIZED: "A valid token is needed",
    status.HTTP_403_FORBIDDEN: "The token does not reach this",
    status.HTTP_404_NOT_FOUND: "Not found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "Method not allowed",
    status.HTTP_406_NOT_ACCEPTABLE: "Only JSON is served",
    status.HTTP_500_INTERNAL_SERVER_ERROR: "Internal error",
}
"""What can be refused, with the title each problem of that kind has."""


def problem(code: int, detail: str, *, headers: dict[str, str] | None = None) -> Response:
    """Return a refusal that says in one sentence what was wrong and what would be right."""
    data = {"type": "about:blank", "title": TITLES[code], "status": code, "detail": detail}
    headers = {"Content-Language": "en", "Cache-Control": "no-store"} | (headers or {})
    return Response(data, status=code, headers=headers, content_type=PROBLEM)


def answer_to(exc: Exception, *, view) -> Response:
    """Return the refusal that an exception stands for; what nobody expected is logged."""
    set_rollback()
    if isinstance(exc, BadRequestError):
        return problem(status.HTTP_400_BAD_REQUEST, str(exc))
    if isinstance(exc, Http404):
        return problem(status.HTTP_404_NOT_FOUND, str(exc) or "There is nothing here.")
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
        if isinstance(exc, exceptions.NotAuthenticated):
            headers = {"WWW-Authenticate": REALM}
        return problem(status.HTTP_401_UNAUTHORIZED, str(exc.detail), headers=headers)
    if isinstance(exc, exceptions.PermissionDenied | PermissionDenied):
        detail = str(getattr(exc, "detail", exc))
        headers = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope"'}
        return problem(status.HTTP_403_FORBIDDEN, detail, headers=headers)
    if isinstance(exc, exceptions.MethodNotAllowed):
        allowed = ", ".join(view.allowed_methods)
        detail = f"{view.request.method} is not possible here; allowed: {allowed}."
        return problem(exc.status_code, detail, headers={"Allow": allowed})
    if isinstance(exc, exceptions.NotAcceptable):
        return problem(exc.status_code, "The Accept header asks for something else than JSON.")
    # As Django does for pages: told to whoever listens, and to the log with the whole story.
    got_request_exception.send(sender=type(view), request=view.request)
    logger.error("The content API failed at %s", view.request.path, exc_info=exc)
    return problem(status.HTTP_500_INTERNAL_SERVER_ERROR, "This is our fault; it was logged.")
