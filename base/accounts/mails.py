"""E-mails are tasks: no page waits for a mail server, and none tells by its answer who is known.

`Queue` is the e-mail backend of the whole product, so whatever sends an e-mail, Django's, Wagtail's
and allauth's code included, writes a row instead. Workers send it through the backend that the
setting DELIVERING_EMAIL_BACKEND names, and try again after a failure, for three days: so long are
links to set a password valid. An e-mail may arrive twice where a worker dies while it sends,
unless its kind is rather not sent than twice.
"""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from base.accounts.access import messages_for_forgotten
from base.accounts.secrets import decrypted, encrypted
from base.models.mail import Mail

log = logging.getLogger(__name__)

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
GIVEN_UP_AFTER = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
KEPT_AFTER = timedelta(days=30)

MESSAGE, FORGOTTEN = "message", "forgotten"
"""A whole message, or the address of somebody who asks for a link to set a new password."""

Compose = Callable[[Any], list[EmailMessage]]
"""Takes what was posted; returns what is to be sent now, which may be nothing any more."""

_composed: dict[str, Compose] = {FORGOTTEN: messages_for_forgotten}
_never_twice: set[str] = set()


def register(kind: str, compose: Compose, *, never_twice: bool = False) -> None:
    """Say what e-mails of a kind consist of; it is found out when they are sent.

    `never_twice`: what a worker died of is not tried again, for it may have gone.
    """
    if _composed.setdefault(kind, compose) is not compose:
        raise ValueError(f"e-mails of the kind {kind!r} are composed elsewhere")
    if never_twice:
        _never_twice.add(kind)


class Queue(BaseEmailBackend):
    """Stores messages for the workers; never fails because of a mail server."""

    def send_messages(self, email_messages):
        """Queue each message; return how many."""
        for message in email_messages:
            if message.attachments:
                raise ValueError("E-mails have no attachments: they leave the house.")
            post(
                MESSAGE,
                {
                    "subject": message.subject,
                    "body": message.body,
                    "from_email": message.from_email,
                    "to": message.to,
                    "cc": message.cc,
                    "bcc": message.bcc,
                    "alternatives": [list(each) for each in getattr(message, "alternatives", ())],
                },
            )
        return len(email_messages)


def post(kind: str, content) -> None:
    """Queue what is to be sent, in the transaction of whoever asks."""
    with transaction.atomic():
        mail = Mail.objects.create(sealed=encrypted(json.dumps([kind, content])))
        deliver.enqueue(number=mail.pk)


@task()
def deliver(number: int) -> None:
    """Send an e-mail, unless somebody else is at it or it is not due."""
    send_if_due(number)


def send_due() -> int:
    """Send what is due again, and clear away what was given up long ago; return how many went."""
    now = timezone.now()
    Mail.objects.filter(sealed="", made_at__lt=now - GIVEN_UP_AFTER - KEPT_AFTER).delete()
    due = Mail.objects.filter(next_at__lte=now).exclude(sealed="").order_by("pk")
    return sum(send_if_due(number) for number in due.values_list("pk", flat=True))


def send_if_due(number: int) -> bool:
    """Send one e-mail; return whether it went. Whoever moves its next attempt has it."""
    now = timezone.now()
    mail = Mail.objects.filter(pk=number, next_at__lte=now).exclude(sealed="").first()
    if mail is None:
        return False
    delay = DELAYS[min(mail.attempts, len(DELAYS) - 1)]
    claimed = Mail.objects.filter(pk=number, attempts=mail.attempts)
    if not claimed.update(next_at=now + delay, attempts=mail.attempts + 1, problem=""):
        return False
    # An attempt that ended without success left a problem.
    may_have_gone = mail.attempts > 0 and not mail.problem
    try:
        kind, content = json.loads(decrypted(mail.sealed))
        if not (may_have_gone and kind in _never_twice):
            _send(kind, content)
    except Exception as error:  # noqa: BLE001  whatever it was, the e-mails behind it go
        _failed(mail, error, now)
        return False
    mail.delete()
    return True


def _send(kind: str, content) -> None:
    connection = get_connection(settings.DELIVERING_EMAIL_BACKEND)
    if kind in _composed:
        messages = _composed[kind](content)
    else:
        alternatives = [tuple(each) for each in content.pop("alternatives")]
        messages = [EmailMultiAlternatives(**content, alternatives=alternatives)]
    connection.send_messages(messages)


def _failed(mail: Mail, error: Exception, now) -> None:
    """Note why; give up, and forget the text, when links in it are valid no longer."""
    problem = f"{type(error).__name__}: {error}"[: Mail._meta.get_field("problem").max_length]
    values = {"problem": problem}
    if mail.made_at < now - GIVEN_UP_AFTER:
        values["sealed"] = ""
    Mail.objects.filter(pk=mail.pk).update(**values)
    # The problem may name whom it was for; the row, which few can read, keeps it.
    log.error("E-mail %s could not be sent: %s", mail.pk, type(error).__name__)
