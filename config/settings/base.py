"""What holds in every place Fallwerk runs. Places differ in `local`, `test`, `production`."""

import os
import tomllib
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config.database import database_from_url
from config.policy import OWN_PAGES

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]

# The order of the data: an app may import only from those before it.
FALLWERK_APPS = ["base", "cms", "contracts", "forms", "jobs"]

INSTALLED_APPS = [
    *FALLWERK_APPS,
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "base.wagtail_users.WithoutScreens",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    # Its index lives in modelsearch; listing that app as well breaks every index task silently.
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "simple_history",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_tables2",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Draws the list of public pages for search engines.
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "config.static.Collected",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.requests.Traced",
    "config.policy.ContentSecurityPolicy",
    # Before whatever asks for a session: the content API has none.
    "base.api.door.ApiDoor",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "base.accounts.middleware.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "base.pasted.PastedText",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "base.acting.ActorMiddleware",
    "base.accounts.middleware.NotStored",
    "base.accounts.middleware.IdleTimeout",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "base.accounts.middleware.SecondFactor",
    "base.accounts.middleware.StudioDoor",
    "base.studio.names.StudioNames",
    "base.studio.rooms.StudioRooms",
    "base.workspace.file_openings.AskWhy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    # Last: it asks the view, after whatever refuses.
    "base.studio.once.StudioOnce",
]

# How many proxies a request passes; what they say of it is believed (`production`).
PROXIES = 0
CSRF_FAILURE_VIEW = "config.requests.csrf_failure"

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "base.workspace.context.workspace",
                "config.requests.in_templates",
            ],
        },
    },
]

DATABASE_URL = os.environ.get("DATABASE_URL") or "sqlite:///var/fallwerk.sqlite3"
DATABASES = {"default": database_from_url(DATABASE_URL, base_dir=BASE_DIR)}
# What reads much and writes nothing reads from a copy, where one is named (`base.replica`).
if DATABASE_REPLICA_URL := os.environ.get("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = database_from_url(DATABASE_REPLICA_URL, base_dir=BASE_DIR)
    DATABASE_ROUTERS = ["base.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Throttling counts for all processes together; `migrate` makes the table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

AUTH_USER_MODEL = "base.User"
AUTHENTICATION_BACKENDS = [
    "base.accounts.backends.SigningIn",
    "contracts.backend.RolesBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}", "OPTIONS": options}
    for validator, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# Links to set a password are valid for three days.
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

# A session ends with the browser, and after so many minutes without a request.
SESSION_MINUTES = int(os.environ.get("SESSION_MINUTES") or 30)
SESSION_COOKIE_AGE = SESSION_MINUTES * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

ACCOUNT_ADAPTER = "base.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Not allauth's own: it would note e-mail addresses in a table of its own, and there they age.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    # Many people share the address of an office; what counts is the single account.
    "login": "300/m/ip",
    "login_failed": "60/m/ip,5/10m/key",
    # Programs that read somebody's calendar under a secret address (`forms.views.calendar_feed`).
    "calendar_feed": "120/m/ip",
}
ACCOUNT_FORMS = {
    "login": "base.accounts.forms.SignIn",
    "reset_password": "base.accounts.forms.RequestLink",
    "reset_password_from_key": "base.accounts.forms.NewPassword",
    "change_password": "base.accounts.forms.OtherPassword",
    "reauthenticate": "base.accounts.forms.ConfirmPassword",
}
MFA_ADAPTER = "base.accounts.adapters.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A clock may be half a minute wrong.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "base.accounts.forms.EnterCode",
    "reauthenticate": "base.accounts.forms.ConfirmCode",
    "activate_totp": "base.accounts.forms.ActivateApp",
}
# Days after which a change of somebody's access takes effect for money steps without a second
# administrator having confirmed it; the person was told at once.
ACCESS_WAITING_DAYS = int(os.environ.get("ACCESS_WAITING_DAYS") or 7)
# Whether everybody must set up an authenticator app before anything else.
SECOND_FACTOR_REQUIRED = False

CONTENT_SECURITY_POLICY = {"DIRECTIVES": OWN_PAGES}

LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
# Business dates are dates in Berlin; instants are stored in UTC.
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
# What the browser gets from npm, under names of our own.
STATICFILES_DIRS = [
    ("handbuch/bilder", BASE_DIR / "docs/handbuch/bilder"),
    ("fira-sans", BASE_DIR / "node_modules/@fontsource/fira-sans"),
    ("kern", BASE_DIR / "node_modules/@kern-ux/native/dist"),
    ("htmx", BASE_DIR / "node_modules/htmx.org/dist"),
]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "base.styles.StylesInUse",
]
DJANGO_TABLES2_TEMPLATE = "base/workspace/table.html"
FILTERS_EMPTY_CHOICE_LABEL = _("all")
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# A catalogue of a hundred modules posts about 1,700 fields; Django refuses more than 1,000.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# The program that makes PDFs of letters, and the seconds it may take for one.
LIBREOFFICE = os.environ.get("LIBREOFFICE") or "soffice"
PDF_SECONDS = int(os.environ.get("PDF_SECONDS") or 60)

# Of one file that is imported: larger ones are refused before they are read. A megabyte of YAML
# takes about ten megabytes of memory. A workbook may unpack to twice as much.
IMPORT_MOST_BYTES = int(os.environ.get("IMPORT_MOST_BYTES") or 16 * 1024 * 1024)
IMPORT_MOST_VALUES = int(os.environ.get("IMPORT_MOST_VALUES") or 500_000)

# Work that fans out waits in the database for `manage.py db_worker`, on any number of machines;
# or, where one is named, with a broker for `manage.py broker_worker`.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
if REDIS_URL := os.environ.get("REDIS_URL", ""):
    INSTALLED_APPS.append("django_rq")
    TASKS = {"default": {"BACKEND": "base.broker.Backend", "QUEUES": ["default"]}}
    RQ_QUEUES = {
        "default": {
            # Nobody who asks for work waits for the broker longer than so many seconds.
            "URL": f"{REDIS_URL}{'&' if '?' in REDIS_URL else '?'}"
            "socket_connect_timeout=5&socket_timeout=5",
            "DEFAULT_TIMEOUT": -1,  # runs end when they are done
            # Not pickled: who can write to the broker could otherwise run anything.
            "SERIALIZER": "rq.serializers.JSONSerializer",
        }
    }

# Who may read figures for monitoring; without it nobody may.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# Whatever sends an e-mail queues it; workers send it through the second of these.
EMAIL_BACKEND = "base.accounts.mails.Queue"
DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

# Items in one answer of the content API.
WAGTAILAPI_LIMIT_MAX = 100
# There is one format: "format" is a parameter like any other that there is not.
REST_FRAMEWORK = {"URL_FORMAT_OVERRIDE": None}

WAGTAIL_SITE_NAME = "Fallwerk"
WAGTAIL_DATE_FORMAT = "%d.%m.%Y"
WAGTAIL_DATETIME_FORMAT = "%d.%m.%Y %H:%M"
WAGTAILADMIN_BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8000")
WAGTAILADMIN_LOGIN_URL = LOGIN_URL
WAGTAIL_FRONTEND_LOGIN_URL = LOGIN_URL
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
# Passwords and addresses are changed where all others change them.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
# What is not for everybody is for people with an account, not for who knows a shared password.
WAGTAIL_PRIVATE_PAGE_OPTIONS = {"SHARED_PASSWORD": False}
WAGTAILDOCS_PRIVATE_COLLECTION_OPTIONS = {"SHARED_PASSWORD": False}
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "german"}
}
# Stock Wagtail calls home from the browser (releases, gravatar with a hash of the address).
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAILIMAGES_IMAGE_MODEL = "cms.PageImage"
# Whatever the store: its own address of a file asks nobody who may have it.
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "ics", "odp", "ods", "odt", "pdf", "pptx", "txt", "xlsx"]
# Content is talked about where it is approved.
WAGTAILADMIN_COMMENTS_ENABLED = False
WAGTAILEMBEDS_FINDERS = []  # nothing is embedded, and no other host asked how
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
# A catalogue of a hundred modules is posted each time.
WAGTAIL_AUTOSAVE_INTERVAL = 3000  # milliseconds
