"""Answers for machines, given before Django: it would look at its thread's connection first.

So they come whatever the database does, by threads that do nothing else (`config.web_worker`). They
need no host name, no https and no session.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation

from config import health, monitoring
from config.health_path import HEALTH, METRICS, WORK

SUSPICIOUS_SECONDS = 2

LINES = {
    200: "200 OK",
    401: "401 Unauthorized",
    404: "404 Not Found",
    503: "503 Service Unavailable",
}


def _answer_health(_environ: dict) -> tuple[int, str, str]:
    status, found = health.answer()
    return status, "application/json", json.dumps(found)


ANSWERS = {
    HEALTH: _answer_health,
    WORK: monitoring.answer_work,
    METRICS: monitoring.answer_metrics,
}
"""What is answered where: status, kind and text."""


class AnswersFirst:
    """A WSGI application that answers machines itself and leaves the rest to another.

    A request that asks a frozen database holds its thread until that wakes. So that not one after
    the other does, until none is left to answer here: while some request takes suspiciously long,
    the next are let in only if the database answers.
    """

    def __init__(self, application: Callable):
        self.application = application
        self._since: dict[int, float] = {}

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer one request."""
        answer = ANSWERS.get(environ.get("PATH_INFO"))
        if answer and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return _say(environ, start_response, *answer(environ))
        if self._hangs() and health.PROCESSES.begin().within(health.ANSWER_SECONDS) is None:
            with translation.override(settings.LANGUAGE_CODE):
                page = render_to_string("503.html")
            return _say(environ, start_response, 503, "text/html", page)
        this = threading.get_ident()
        self._since[this] = time.monotonic()
        try:
            return self.application(environ, start_response)
        finally:
            del self._since[this]

    def _hangs(self) -> bool:
        """Whether some request has been at it for long."""
        if connection.vendor == "sqlite":
            return False
        began = min(list(self._since.values()), default=math.inf)
        return time.monotonic() - began > SUSPICIOUS_SECONDS


def _say(
    environ: dict, start_response: Callable, status: int, kind: str, text: str
) -> Iterable[bytes]:
    content = text.encode()
    headers = [
        ("Content-Type", kind if "charset=" in kind else f"{kind}; charset=utf-8"),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
    ]
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if status == 503:
        headers.append(("Retry-After", "10"))
    start_response(LINES[status], headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]
