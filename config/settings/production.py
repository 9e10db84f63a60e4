"""Production: everything that must be decided comes from the environment, or it refuses to start.

Required: SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS (comma separated), BASE_URL (https://…).
Optional: ALLOW_SQLITE=1, BEHIND_PROXY=1 (the proxy sets X-Forwarded-Proto and X-Forwarded-For),
DATABASE_REPLICA_URL (exports read from this copy), REDIS_URL (tasks wait with this broker, not
in the database), HSTS_SECONDS, MEDIA_ROOT, STATIC_ROOT, TEMPLATES_DIR, SESSION_MINUTES (idle, 30
unless set), SECOND_FACTOR_REQUIRED=0 (where another gate asks for it already), EMAIL_HOST,
EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS=0, EMAIL_FROM.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.database import SQLITE
from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, MEDIA_ROOT, STATIC_ROOT, STORAGES, TEMPLATES


def _required(name: str, meaning: str) -> str:
    """Return the environment variable `name`; raise ImproperlyConfigured saying what it is for."""
    if value := os.environ.get(name, "").strip():
        return value
    raise ImproperlyConfigured(f"Set the environment variable {name}: {meaning}.")


DEBUG = False
SECRET_KEY = _required("SECRET_KEY", "50 or more random characters, kept secret")
_required("DATABASE_URL", "postgresql://user:password@host:5432/name")
ALLOWED_HOSTS = [
    host.strip()
    for host in _required("ALLOWED_HOSTS", "the host names users type, comma separated").split(",")
]
WAGTAILADMIN_BASE_URL = _required("BASE_URL", "the address users type, such as https://host.name")
if urlsplit(WAGTAILADMIN_BASE_URL).scheme != "https":
    raise ImproperlyConfigured(
        f"The environment variable BASE_URL must start with https://, not {WAGTAILADMIN_BASE_URL}."
    )
if DATABASES["default"]["ENGINE"] == SQLITE and os.environ.get("ALLOW_SQLITE") != "1":
    raise ImproperlyConfigured(
        "DATABASE_URL names SQLite, which serves to try the product. "
        "Set a postgresql:// url, or ALLOW_SQLITE=1 if you mean it."
    )

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_HSTS_SECONDS = int(os.environ.get("HSTS_SECONDS") or 365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
SECOND_FACTOR_REQUIRED = os.environ.get("SECOND_FACTOR_REQUIRED") != "0"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

# Invitations and links to set a password. Nobody waits longer than so many seconds for the server.
EMAIL_HOST = os.environ.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = int(os.environ.get("EMAIL_PORT") or (587 if os.environ.get("EMAIL_HOST") else 25))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = EMAIL_HOST != "localhost" and os.environ.get("EMAIL_USE_TLS") != "0"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM") or f"fallwerk@{ALLOWED_HOSTS[0]}"

CSRF_TRUSTED_ORIGINS = [WAGTAILADMIN_BASE_URL.rstrip("/")]
# Entering a domain into browsers' preload lists is up to its owner and hard to undo.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if os.environ.get("BEHIND_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Whose attempts to log in are counted: the proxy's client, not the proxy.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

# Django's own rules print only where DEBUG is on: what fails here goes to standard error. The level
# stands at the root, not at the handler, so that the worker can tell of every task.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_ROOT = os.environ.get("STATIC_ROOT") or STATIC_ROOT
MEDIA_ROOT = os.environ.get("MEDIA_ROOT") or MEDIA_ROOT

# Letters of their own come before those that the apps bring.
if TEMPLATES_DIR := os.environ.get("TEMPLATES_DIR"):
    if not Path(TEMPLATES_DIR).is_dir():
        raise ImproperlyConfigured(
            f"The environment variable TEMPLATES_DIR must name a folder; {TEMPLATES_DIR} is none."
        )
    TEMPLATES[0]["DIRS"] = [TEMPLATES_DIR]
