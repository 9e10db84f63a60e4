#!/usr/bin/env bash
# Guess: history of a model that is drafted in Wagtail (DraftStateMixin) tells what the live row was:
#   a draft that nobody published leaves no trace in it, since the row's own columns do not change.
# Seen (django-simple-history 3.13.0, Wagtail 7.4.4, 29 November 2026): saving a draft saves the
#   object, with the draft's values on it, for the sake of two columns about the draft. History
#   copies the whole object: the rate of 75 that nobody approved stands there as the live value of
#   that day, while the row never said anything but 60.
# So: no history rows for drafted models, or history that copies rows in the database.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'django==5.2.19' 'wagtail==7.4.4' 'django-simple-history==3.13.0'
mkdir "$folder/rates"
touch "$folder/rates/__init__.py"
cat > "$folder/rates/models.py" <<'END'
from django.db import models
from simple_history.models import HistoricalRecords
from wagtail.models import DraftStateMixin, RevisionMixin


class Rate(DraftStateMixin, RevisionMixin, models.Model):
    amount = models.IntegerField()
    history = HistoricalRecords()
END
cd "$folder"
PYTHONPATH="$folder" "$folder/venv/bin/python" - <<'END'
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only here",
    INSTALLED_APPS=[
        "rates", "simple_history", "wagtail.users", "wagtail.images", "wagtail.documents",
        "wagtail.admin", "wagtail", "modelcluster", "taggit", "django.contrib.auth",
        "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="/static/",
    WAGTAIL_SITE_NAME="Rates",
    WAGTAILADMIN_BASE_URL="http://localhost",
)
django.setup()

from importlib.metadata import version

from django.core.management import call_command
from rates.models import Rate

call_command("migrate", run_syncdb=True, verbosity=0)
rate = Rate.objects.create(amount=60)
rate.save_revision().publish()
rate = Rate.objects.get()
rate.amount = 75
rate.save_revision()  # a draft
live = Rate.objects.get().amount
told = rate.history.latest().amount
print("django-simple-history", version("django-simple-history"), "Wagtail", version("wagtail"))
print(f"  the row says {live}, its newest history says {told}")
assert (live, told) == (60, 75)
END
