"""The test suite: quick passwords, tasks at once, files in memory."""

import os

from base.management.commands.compile_translations import compile_translations
from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, DATABASES, LOCALE_PATHS, STORAGES, database_from_url

# Before Django reads them: also in a fresh clone, tests find German.
compile_translations(LOCALE_PATHS)

SECRET_KEY = "only for tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
# In memory unless told otherwise; each test process gets a database of its own.
DATABASES = {
    **DATABASES,
    "default": database_from_url(
        os.environ.get("DATABASE_URL") or "sqlite://:memory:", base_dir=BASE_DIR
    ),
}
DATABASES["default"]["CONN_MAX_AGE"] = 0

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {**STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Static files come from the finders; the middleware would warn about a folder not collected.
WHITENOISE_AUTOREFRESH = True
