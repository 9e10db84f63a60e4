"""Production: everything that must be decided comes from the environment, or it refuses to start.

Required: SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS (comma separated), BASE_URL (https://…).
What else may be set stands in config/deploy/environment.example and, with its meaning, in
docs/operation.md.
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
PROXIES = int(os.environ.get("BEHIND_PROXY") or 0)
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Whose attempts to log in are counted: the client of the first of them, not a proxy.
    ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

# Who is told of errors; what they are told holds no personal data (`config.logs`).
ADMINS = [("", each.strip()) for each in os.environ.get("ADMINS", "").split(",") if each.strip()]
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = f"[{ALLOWED_HOSTS[0]}] "

# The level stands at the root, not at the handler, so that the worker can tell of every task.
# Django's own handlers are taken away: one of them mails requests as they came, forms and all.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json"},
        "admins": {"class": "config.logs.ByMail"},
    },
    "root": {"handlers": ["stderr", *(["admins"] if ADMINS else [])], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "fallwerk.requests": {"level": "INFO"},
    },
}

# Letters and evidence are for this account and its group; Django would let everybody read them.
PRIVATE = {"file_permissions_mode": 0o640, "directory_permissions_mode": 0o750}
STORAGES = {
    **STORAGES,
    "default": {**STORAGES["default"], "OPTIONS": PRIVATE},
    "staticfiles": {"BACKEND": "config.static.StaticFiles"},
}
if S3_BUCKET := os.environ.get("S3_BUCKET"):
    # boto3 itself asks the environment for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    STORAGES["default"] = {
        "BACKEND": "config.store.Store",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": os.environ.get("S3_ENDPOINT_URL") or None,
            "region_name": os.environ.get("S3_REGION") or None,
        },
    }
STATIC_ROOT = os.environ.get("STATIC_ROOT") or STATIC_ROOT
if (Path(STATIC_ROOT) / "staticfiles.json").exists():
    # Collected before, maybe elsewhere: the folders they came from are needed no longer.
    SILENCED_SYSTEM_CHECKS.append("staticfiles.W004")
MEDIA_ROOT = os.environ.get("MEDIA_ROOT") or MEDIA_ROOT

# Letters of their own come before those that the apps bring.
if TEMPLATES_DIR := os.environ.get("TEMPLATES_DIR"):
    if not Path(TEMPLATES_DIR).is_dir():
        raise ImproperlyConfigured(
            f"The environment variable TEMPLATES_DIR must name a folder; {TEMPLATES_DIR} is none."
        )
    TEMPLATES[0]["DIRS"] = [TEMPLATES_DIR]
