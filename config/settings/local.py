"""Trying and developing Fallwerk on one's own machine; DEBUG=1 shows Django's error pages."""

import os
import secrets

from config.settings.base import *  # noqa: F403
from config.settings.base import VAR_DIR

DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
WAGTAILADMIN_BASE_URL = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"

VAR_DIR.mkdir(mode=0o700, exist_ok=True)


def _own_secret_key() -> str:
    """Return this installation's key: made once, so that logins survive a restart."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = os.environ.get("SECRET_KEY") or _own_secret_key()

# Static files straight from the apps: nothing to collect before the first page.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# The task worker shares the terminal: it tells of problems, not of every task.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"problems": {"class": "logging.StreamHandler", "level": "WARNING"}},
    "loggers": {name: {"handlers": ["problems"]} for name in ("django_tasks", "django_tasks_db")},
}
DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# Everybody in the sample logs in with this; no other settings have it, so none load the sample.
SAMPLE_PASSWORD = "Lindental-2024"  # noqa: S105
