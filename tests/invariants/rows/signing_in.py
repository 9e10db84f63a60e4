"""Browsers of the people of the small world: signed in once, when the world is made."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from tests.asked import Answering

SESSIONS: dict[int, str] = {}
"""The session of each person by the person's key."""

LASTS = 12 * 60 * 60
"""Seconds, longer than the walks take on any machine: what a page writes to keep its session is
undone with all else."""


def sign_everybody_in() -> None:
    """Begin a session for everybody who can sign in."""
    for user in get_user_model().objects.filter(is_active=True).order_by("pk"):
        client = Client()
        client.force_login(user)
        session = client.session
        session.set_expiry(LASTS)
        session.save()
        SESSIONS[user.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value


def signed_in(user) -> Client:
    """Return a browser of its own in which a person is signed in, and answers what is asked."""
    client = Answering()
    if user.pk in SESSIONS:
        client.cookies[settings.SESSION_COOKIE_NAME] = SESSIONS[user.pk]
    else:
        client.force_login(user)
    return client
