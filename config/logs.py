"""What processes say of themselves: one JSON object a line, in UTC, without personal data.

Whoever reads logs may not read cases. So an exception is named by its kind and by where it was
raised; its text stays out, unless it is of a kind that speaks of machines and code alone. Reports
by e-mail (`ByMail`) say the same and nothing more.

Nothing here needs Django to be set up: gunicorn's master logs by it, too.
"""

import json
import logging
import re
import threading
import time
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from smtplib import SMTPException

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered (`config.requests`); empty outside of one."""

ROOT = Path(__file__).resolve().parent.parent
OWN_FIELDS = ("method", "route", "status", "milliseconds")
QUERY = re.compile(r"\?[^\s'\"]+")
PAGE = re.compile(r"(https?://[^/\s'\"]+)/[^\s'\"]*")
SPEAKING_LOGGERS = ("django.security.csrf", "django.security.DisallowedHost")
"""Of what Django says about requests, these name what an operator set up; the others, what a
person typed."""
SPEAKING_ERRORS = {
    "ImproperlyConfigured", "OperationalError", "InterfaceError", "InternalError",
    "TemplateDoesNotExist",
    "AttributeError", "NameError", "ImportError", "ModuleNotFoundError", "TypeError",
}  # fmt: skip
"""Kinds of exceptions whose first line speaks of machines and code; so do those of the system."""
MOST_FRAMES = 40

REPEATED_AFTER = 3600.0
MOST_REPORTS = 20
"""Of one fault, one e-mail in so many seconds; of all, so many in that time from one process."""


class JsonLines(logging.Formatter):
    """Formats a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps(told(record), ensure_ascii=False)


def told(record: logging.LogRecord) -> dict:
    """Return what may be said of a record."""
    at = datetime.fromtimestamp(record.created, UTC)
    found = {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname,
        "logger": record.name,
        "message": _message(record),
        "process": record.process,
    }
    request = getattr(record, "request", None)
    if number := request_id.get() or getattr(request, "id", ""):
        found["request_id"] = number
    if match := getattr(request, "resolver_match", None):
        found["route"] = match.route
    if isinstance(status := getattr(record, "status_code", None), int):
        found["status"] = status
    found |= {name: getattr(record, name) for name in OWN_FIELDS if hasattr(record, name)}
    if record.exc_info and (error := record.exc_info[1]):
        found["error"] = _error(error)
    return found


def _message(record: logging.LogRecord) -> str:
    if hasattr(record, "request") and not record.name.startswith(SPEAKING_LOGGERS):
        # "Not Found: /path": a path is what somebody typed, and may be a name.
        status = getattr(record, "status_code", None)
        return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Request"
    text = record.getMessage()
    if path := getattr(getattr(record, "request", None), "path", ""):
        text = text.replace(path, "…")
    return QUERY.sub("?…", PAGE.sub(r"\1/…", text))


def _error(error: BaseException) -> list[dict]:
    """Return kind and places of an exception and of those that led to it, the first cause last."""
    found = []
    while error is not None and len(found) < 5:
        frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
        entry = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
        if speaks_of_machines(error):
            entry["text"] = str(error).partition("\n")[0]
        entry["where"] = [f"{_place(each.filename)}:{each.lineno} {each.name}" for each in frames]
        found.append(entry)
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
    return found


def speaks_of_machines(error: BaseException) -> bool:
    """Tell whether the text of an exception holds no values of rows, forms and addresses."""
    if isinstance(error, SMTPException):  # names who was written to
        return False
    return isinstance(error, OSError) or type(error).__name__ in SPEAKING_ERRORS


def _place(filename: str) -> str:
    path = Path(filename)
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


class ByMail(logging.Handler):
    """Reports errors to the setting ADMINS, each kind at most once an hour and process.

    Not through the queue in the database: that may be what is wrong. A page does not wait for the
    mail server; a worker or scheduler, which nobody waits for, does.
    """

    def __init__(self, level: int = logging.ERROR):
        super().__init__(level)
        self._sent: dict[tuple, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Report a record, unless its kind was just reported or the asker is at fault."""
        try:
            self._report(record)
        except Exception:  # noqa: BLE001  as Python's own handlers: it breaks nothing
            self.handleError(record)

    def _report(self, record: logging.LogRecord) -> None:
        if getattr(record, "status_code", 500) < 500:
            return
        found = told(record)
        errors = found.get("error") or [{"type": "", "where": [""]}]
        place = (errors[0]["where"] or [""])[-1]
        if not self._is_new((record.name, str(record.msg), errors[0]["type"], place)):
            return
        subject = " ".join(word for word in (record.name, errors[0]["type"], place) if word)
        text = json.dumps(found, ensure_ascii=False, indent=2)
        if threading.current_thread() is threading.main_thread():
            _send(subject, text)
        else:
            threading.Thread(target=_send, args=[subject, text]).start()

    def _is_new(self, kind: tuple) -> bool:
        now = time.monotonic()
        self._sent = {
            each: sent for each, sent in self._sent.items() if now - sent < REPEATED_AFTER
        }
        if kind in self._sent or len(self._sent) >= MOST_REPORTS:
            return False
        self._sent[kind] = now
        return True


def _send(subject: str, text: str) -> None:
    # Here: logging is set up before Django's settings are complete.
    from django.conf import settings
    from django.core.mail import get_connection, mail_admins

    try:
        mail_admins(subject, text, connection=get_connection(settings.DELIVERING_EMAIL_BACKEND))
    except OSError as error:
        # A warning: an error would be reported again.
        logging.getLogger(__name__).warning("No report by e-mail: %s", type(error).__name__)
