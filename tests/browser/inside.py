"""What runs inside a site's own process, by `manage.py shell`: questions, and opening accounts."""

import json
import os
import sys
from datetime import time
from pathlib import Path

from django.core.management import call_command

from contracts.roles import Role

MANY_MODULES = 100
FORTY = 40
PEOPLE = {
    Role.MANAGER: "manager.weber",
    Role.CASEWORKER: "caseworker.probe",
    Role.TEAM_LEAD: "teamlead.birke",
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


def give_access() -> None:
    """Give programs access, so that their pages can be looked at."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from contracts.actions.give_api_token import give_api_token
    from forms.actions.share_calendar import share_calendar

    by = get_user_model().objects.get(username=PEOPLE[Role.ADMINISTRATOR])
    give_api_token(
        organisation=by.memberships.get().organisation,
        label="Website der Stadt",
        scopes=["contracts", "forms"],
        expires_on=timezone.localdate(),
        by=by,
    )
    for role in (Role.CASEWORKER, Role.COUNSELLOR, Role.PROVIDER_LEAD):
        owner = get_user_model().objects.get(username=PEOPLE[role])
        share_calendar(member=owner.memberships.get(), by=owner)


def begin() -> None:
    """Import what lies ready, and give everybody imported the sample's password."""
    from jobs.management.commands.load_sample import Command

    call_command("import_data", Path(os.environ["BROWSER_FOLDER"]) / "begin", save=True)
    Command().open_accounts()


def give_forty_cases() -> None:
    """Let the caseworker own forty running cases; one in eight has a talk planned next week."""
    from datetime import timedelta

    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from contracts.models import Contract, TeamMembership
    from forms.actions.assign_client import assign_client
    from forms.actions.plan_appointment import plan_appointment
    from forms.handing_over import Seat
    from forms.models import Case
    from forms.series import on_the_clock

    by = get_user_model().objects.get(username=PEOPLE[Role.CASEWORKER])
    place = TeamMembership.objects.select_related("team", "member").get(member__user=by)
    today = timezone.localdate()
    contract = Contract.objects.get(number="SB-2010-01")
    own = Case.objects.looked_after_by([place.member], today).running_on(today)
    for number in range(FORTY - own.count()):
        assign_client(
            contract=contract,
            assigned_on=today - timedelta(days=30),
            person={
                "first_name": "Kim", "last_name": f"Musterfall-{number}", "birth_date": None,
                "gender": "",
            },
            number=f"V-{number:02d}",
            owner=Seat(place.team, place.member),
            by=by,
        )  # fmt: skip
    for number, case in enumerate(own.order_by("number")[::8]):
        begins = on_the_clock(today + timedelta(days=7 + number), time(9))
        plan_appointment(
            organisation=place.member.organisation,
            case=case,
            begins=begins,
            ends=begins + timedelta(hours=1),
            members=[place.member],
            by=by,
        )


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


def plan_visits() -> None:
    """Plan two visits of today for the counsellor; print what no device may hold in clear."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from forms.actions.plan_appointment import plan_appointment
    from forms.models import Case, ClientIdentity

    by = get_user_model().objects.get(username=PEOPLE[Role.COUNSELLOR])
    member, names = by.memberships.get(), []
    day = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    for number, hour in (("002", 8), ("003", 10)):
        case = Case.objects.get(
            number__endswith=f"K-{number}", contract__provider=member.organisation
        )
        plan_appointment(
            organisation=member.organisation, case=case, begins=day.replace(hour=hour),
            ends=day.replace(hour=hour + 1), members=[member], location="home",
            address="Geheimweg 7", note="Klingel defekt", by=by,
        )  # fmt: skip
        names += ClientIdentity.objects.filter(client=case.client).values_list(
            "first_name", "last_name"
        )
    json.dump([word for name in names for word in name] + ["Geheimweg", "Klingel"], sys.stdout)


def show_records() -> None:
    """Print the service records that are there, oldest first."""
    from forms.models import ServiceRecord

    columns = ("case__number", "begins", "ends", "reason", "channel", "location")
    rows = ServiceRecord.objects.order_by("begins", "pk").values_list(*columns)
    json.dump([[str(value) for value in row] for row in rows], sys.stdout)


def ask_for_signatures() -> None:
    """Let the contract of today's visits ask for the client's signature under each record."""
    from datetime import date

    from contracts.models import Contract
    from forms.models import Appointment
    from tests.factories import amend

    planned = Appointment.objects.filter(case__isnull=False)
    for contract in Contract.objects.filter(pk__in=planned.values("case__contract")):
        amend(contract, applies_from=date(2023, 12, 1), records_signed=True)


def show_signatures() -> None:
    """Print of each signature the way, the version, the day, and how many strokes it has."""
    from forms.models import RecordSignature

    rows = RecordSignature.objects.order_by("pk")
    found = [[row.way, row.version, str(row.signed_on), len(row.strokes or ())] for row in rows]
    json.dump(found, sys.stdout)
