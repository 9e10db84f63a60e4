"""The test suite: quick passwords, tasks at once, files in memory."""

import os

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, STORAGES, database_from_url

SECRET_KEY = "only for tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
# In memory unless told otherwise; each test process gets a database of its own.
DATABASES = {
    "default": database_from_url(
        os.environ.get("DATABASE_URL") or "sqlite://:memory:", base_dir=BASE_DIR
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = 0

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {**STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Static files come from the finders; the middleware would warn about a folder not collected.
WHITENOISE_AUTOREFRESH = True
