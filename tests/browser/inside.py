"""What runs inside a site's own process, by `manage.py shell`: questions, and opening accounts."""

import json
import os
import sys
from pathlib import Path

from django.core.management import call_command

from contracts.models.organisation import Role

MANY_MODULES = 100
PEOPLE = {
    Role.MANAGER: "manager.weber",
    Role.CASEWORKER: "caseworker.probe",
    Role.COUNSELLOR: "counsellor.stein",
    Role.PROVIDER_LEAD: "lead.bruecke",
    Role.FINANCE: "finance.taler",
    Role.AUDITOR: "auditor.genau",
    Role.DIRECTOR: "director.linde",
    Role.ADMINISTRATOR: "administrator.technik",
}


def show_keys() -> None:
    """Print, as JSON, for each role the arguments of a page it may open, by name of the page."""
    from django.contrib.auth import get_user_model

    from base.scoping import ScopedQuerySet
    from contracts.models import Organisation
    from forms.models import Case
    from tests.invariants.rows.test_addresses import OF_ANYTHING, OF_OBJECTS

    found: dict[str, dict] = {}
    for role, username in PEOPLE.items():
        user = get_user_model().objects.get(username=username)
        for page in OF_OBJECTS:
            rows = page.view.model._default_manager.all()
            needed = page.view.permission_required
            needed = [needed] if isinstance(needed, str) else needed
            own = rows.asked(()) if isinstance(rows, ScopedQuerySet) else ()
            if row := rows.visible_to(user, *own, *needed).order_by("pk").first():
                found.setdefault(str(role), {})[page.name] = [row.pk]
        for page in OF_ANYTHING:
            for model in (Case, Organisation):  # administrators see no cases
                if row := model.objects.visible_to(user).order_by("pk").first():
                    found.setdefault(str(role), {})[page.name] = [model._meta.label, row.pk]
                    break
    json.dump(found, sys.stdout)


def begin() -> None:
    """Import what lies ready, and give everybody imported the sample's password."""
    from jobs.management.commands.load_sample import Command

    call_command("import_data", Path(os.environ["BROWSER_FOLDER"]) / "begin", save=True)
    Command().open_accounts()


def enlarge_catalogue() -> None:
    """Let the first catalogue's draft have 100 modules: its own again and again, each with a key
    and a code of its own."""
    from cms.models import Catalogue

    catalogue = Catalogue.objects.order_by("pk").first().get_latest_revision_as_object()
    stream = catalogue.modules
    raw = [{"type": child["type"], "value": child["value"]} for child in stream.raw_data]
    many = []
    for place in range(MANY_MODULES):
        value = dict(raw[place % len(raw)]["value"])
        if turn := place // len(raw):
            value |= {"key": f"{value['key']}-{turn}", "code": f"{value['code']}-{turn}"}
        many.append({"type": raw[0]["type"], "value": value})
    catalogue.modules = stream.stream_block.to_python(many)
    catalogue.save_revision()
