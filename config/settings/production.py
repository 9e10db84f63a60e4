"""Production: everything that must be decided comes from the environment, or it refuses to start.

Required: SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS (comma separated), BASE_URL (https://…).
Optional: ALLOW_SQLITE=1, BEHIND_PROXY=1 (the proxy sets X-Forwarded-Proto), HSTS_SECONDS,
MEDIA_ROOT, STATIC_ROOT.
"""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.database import SQLITE
from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, MEDIA_ROOT, STATIC_ROOT, STORAGES


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
CSRF_TRUSTED_ORIGINS = [WAGTAILADMIN_BASE_URL.rstrip("/")]
# Entering a domain into browsers' preload lists is up to its owner and hard to undo.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if os.environ.get("BEHIND_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_ROOT = os.environ.get("STATIC_ROOT") or STATIC_ROOT
MEDIA_ROOT = os.environ.get("MEDIA_ROOT") or MEDIA_ROOT
