"""The web application, for gunicorn or any other WSGI server."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django_application = get_wsgi_application()

# Needs the applications that were loaded above.
application = import_module("config.health").AnswersFirst(django_application)

# What is loaded now stays as long as the process: a full collection in the middle of a request
# need not look through it (lists took twice as long in one of six visits).
import_module("config.urls")
gc.collect()
gc.freeze()
