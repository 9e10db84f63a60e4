"""Settings with the first FIRST_APPS apps of the line only, and without addresses."""

import os

from config.settings.test import *  # noqa: F403
from config.settings.test import FALLWERK_APPS, INSTALLED_APPS

_left_out = FALLWERK_APPS[int(os.environ["FIRST_APPS"]) :]
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in _left_out]
if "cms" in _left_out:  # pictures are kept by its model
    WAGTAILIMAGES_IMAGE_MODEL = "wagtailimages.Image"
ROOT_URLCONF = "wagtail.admin.urls"
