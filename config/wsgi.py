"""The web application, for gunicorn or any other WSGI server."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

# What is loaded now stays as long as the process. To look through it for garbage while it grows
# would be a sixth of the start; and a full collection in the middle of a request need not look
# through it either (lists took twice as long in one of six visits).
gc.disable()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django_application = get_wsgi_application()

# Needs the applications that were loaded above.
application = import_module("config.answering").AnswersFirst(django_application)

import_module("config.urls")
gc.collect()
gc.freeze()
gc.enable()
