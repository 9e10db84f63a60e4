"""What others do to an account: send a link to set the password, end sessions, reset the factor."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage, send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

DAYS_VALID = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)


def password_link(user) -> str:
    """Return the address under which `user` can set a password, once and for DAYS_VALID days."""
    kwargs = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    path = reverse("account_reset_password_from_key", kwargs=kwargs)
    return settings.WAGTAILADMIN_BASE_URL.rstrip("/") + path


def send_password_link(user, template: str, **context) -> None:
    """Send `user` an e-mail with a link to set a password, in the language of the office.

    `template` is the beginning of two template names ("…_subject.txt", "…_message.txt").
    """
    given = {
        "user": user,
        "link": password_link(user),
        "days": DAYS_VALID,
        "address": settings.WAGTAILADMIN_BASE_URL,
        **context,
    }
    send_mail(*_written(template, given), None, [user.email])


def messages_for_forgotten(address: str) -> list[EmailMessage]:
    """Return what goes to an address whose owner has forgotten a password: links, if any.

    Asked by a worker, not by the page where the address is typed: its answer cannot depend on it.
    """
    users = get_user_model().objects.filter(email__iexact=address, is_active=True).order_by("pk")
    template = "account/email/password_reset_key"
    return [
        EmailMessage(
            *_written(
                template, {"password_reset_url": password_link(user), "username": user.username}
            ),
            to=[user.email],
        )
        for user in users
    ]


def _written(template: str, given: dict) -> tuple[str, str]:
    """Return subject and text in the language of the office."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = " ".join(render_to_string(f"{template}_subject.txt", given).split())
        return subject, render_to_string(f"{template}_message.txt", given).strip() + "\n"


def end_sessions(user) -> int:
    """Sign `user` out everywhere; return how many sessions ended."""
    own = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).order_by("pk")
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    return Session.objects.filter(pk__in=own).delete()[0]


def remove_second_factor(user) -> bool:
    """Take away authenticator app and recovery codes; return whether there were any."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])
