"""Forms accept the fields they show and no others; and nothing grants rights but roles.

Every form of the workspace is posted as it stands, then with every column of every model in
addition: what is stored must be the same. Pages are walked, so a new form is tried by itself.
"""

from urllib.parse import urlencode

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from base.acting import acting_as
from base.history import history_model, tracked_models
from base.models import User
from base.workspace.overwriting import SEEN
from base.workspace.views import FormPage
from contracts.actions.assign_roles import assign_roles
from tests.factories import make_commissioning_body, make_member, make_user
from tests.invariants.rows.conftest import undone
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import PAGES, allowed, one_of_each_role, people
from tests.invariants.rows.test_doors import CREDENTIALS, WALKED

# Who sees and who may is found in Python, whatever the database.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

FORMS = [page for page in PAGES if issubclass(page.view, FormPage)]
UNRECORDED = {"date_joined"}
"""Moments that are not named as one."""

DRAWN = {
    ("contracts.ApiToken", "prefix"),
    ("forms.Appointment", "reference"),
    ("forms.AppointmentSeries", "reference"),
    ("forms.CalendarFeed", "prefix"),
    ("forms.Client", "key"),
    ("forms.Resource", "key"),
}
"""Columns that are drawn by lot."""

STEPPED = {
    "case-move": "Asks for the rest once the edition is chosen.",
    "record-session": "Asks for the cases once there is a module.",
}
"""Forms whose later fields are not there yet when the page opens."""

WITH_A_QUESTION = {"confirmed"}
"""Shown only with the question they answer; saying yes to what nobody asks changes nothing."""

BY_ROLE = ["person-disable"]
"""Takes roles away, and with these the groups that follow from them."""

GUESSED = (
    (forms.EmailField, "neu@amt.example"),
    (forms.DateField, "15.03.2024"),
    (forms.DecimalField, "1"),
    (forms.IntegerField, "1"),
    (forms.BooleanField, "on"),
)


AS_FORM = "application/x-www-form-urlencoded"
"""Read in half the time that the other kind of form takes, of which hundreds are sent here."""


def forged() -> dict[str, str]:
    """Every column of every model of the product, and of the tables that grant rights."""
    found = {}
    for model in apps.get_models():
        if model._meta.app_label not in (*settings.FALLWERK_APPS, "auth"):
            continue
        for field in (*model._meta.concrete_fields, *model._meta.local_many_to_many):
            value = "1" if field.is_relation or isinstance(field, models.IntegerField) else "forged"
            value = "on" if isinstance(field, models.BooleanField) else value
            found |= {field.name: value, field.get_attname() or field.name: value}
    return found


def shown(form) -> dict:
    """What a browser would post of a form: its values, and something where it needs one."""
    values = {}
    for bound in form:
        value = bound.value()
        if value in (None, "", [], False) and bound.field.required:
            value = guessed(bound.field)
        if value not in (None, False):
            values[bound.html_name] = value
    return values


def guessed(field):
    if isinstance(field, forms.ChoiceField):
        choices = [str(key) for key, _label in field.choices if key not in ("", None)]
        chosen = choices[:1]
        return chosen if isinstance(field, forms.MultipleChoiceField) else "".join(chosen)
    return next((value for kind, value in GUESSED if isinstance(field, kind)), "Text")


def newest() -> dict[str, int]:
    """Return the key of the newest history row of each model, by one statement."""
    asked = " UNION ALL ".join(
        f"SELECT '{model._meta.label}', COALESCE(MAX(history_id), 0)"  # noqa: S608
        f' FROM "{history_model(model)._meta.db_table}"'
        for model in tracked_models()
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return dict(cursor.fetchall())


def written(since: dict[str, int]) -> dict[str, list]:
    """What history says was written: values without the names of versions and their moments.

    Rows that are new have the place they came in as their key: a sequence of PostgreSQL counts on
    when what took a number is undone.
    """
    reached = newest()
    rows = {
        model: list(
            history_model(model)
            .objects.filter(history_id__gt=since[model._meta.label])
            .order_by("history_id")
            .values()
        )
        if reached[model._meta.label] > since[model._meta.label]
        else []
        for model in tracked_models()
    }
    new = {
        model: [row[model._meta.pk.attname] for row in versions if row["history_type"] == "+"]
        for model, versions in rows.items()
    }

    def named(field, value):
        keys = new.get(field.model if field.primary_key else field.related_model, [])
        return f"new {keys.index(value)}" if value in keys else value

    return {
        model._meta.label: [
            {
                field.name: named(field, row[field.attname])
                for field in model._meta.concrete_fields
                if field.attname in row
                and field.name not in UNRECORDED
                and not field.name.endswith("_at")
                and (model._meta.label, field.name) not in DRAWN
            }
            | {"history_type": row["history_type"]}
            for row in versions
        ]
        for model, versions in rows.items()
    }


def tried(page, user) -> str | None:
    """The address of a form that a person may post, of the first row there is."""
    if not page.arguments:
        return page.url()
    if page.arguments != ("pk",):
        return None
    row = page.view.model._default_manager.visible_to(user).order_by("pk").first()
    return None if row is None else page.url(row.pk)


def test_there_are_forms():
    assert len(FORMS) > 20
    assert {"is_superuser", "groups", "user_permissions", "permissions", "status"} <= set(forged())


@pytest.mark.parametrize("page", FORMS, ids=lambda page: page.name)
def test_form_takes_what_it_shows_alone(page, world):
    """Which fields a form has may hang on the role of who opens it, not on the place."""
    if not assert_takes_what_it_shows(page, one_of_each_role()):
        # What it is about may be had in few places only.
        assert_takes_what_it_shows(page, people())


def assert_takes_what_it_shows(page, persons: dict[str, object]) -> int:
    """Post the form as each of these people, with and without more; return how often."""
    extra, posted = forged(), 0
    for role, user in persons.items():
        url = tried(page, user) if allowed(page, user) else None
        if url is None:
            continue
        client = signed_in(user)
        response = client.get(url)
        if response.status_code != 200 or "form" not in (response.context or ()):
            continue
        asked = parts(response.context["form"])
        text = response.content.decode()
        names = {form.add_prefix(name) for form in asked for name in form.fields}
        hidden = [name for name in names - WITH_A_QUESTION if f'name="{name}' not in text]
        assert hidden == [] or page.name in STEPPED, role
        values = {SEEN: response.context.get("seen") or ""}
        for form in asked:
            values |= shown(form)
        if page.name in STEPPED:
            with undone():
                more = client.post(url, values, headers={"HX-Request": "true"})
            later = parts(more.context["form"]) if more.context else []
            names |= {form.add_prefix(name) for form in later for name in form.fields}
        since, stored = newest(), []
        for data in (values, {k: v for k, v in extra.items() if k not in names} | values):
            with undone():
                answer = client.post(url, urlencode(data, doseq=True), content_type=AS_FORM)
                stored.append((answer.status_code, written(since)))
        (status, plain), (other_status, more) = stored
        differing = {
            label: (plain[label], more[label]) for label in plain if plain[label] != more[label]
        }
        assert (status, differing) == (other_status, {}), role
        posted += 1
    return posted


def parts(form) -> list:
    """The forms of a page: one, or those of a table of rows."""
    return [form.management_form, *form.forms] if hasattr(form, "management_form") else [form]


class TestGrants:
    """No address, whoever posts what, edits groups, permissions or superusers."""

    @pytest.fixture
    def mighty(self):
        """Somebody with all roles and, against the odds, all permissions."""
        user = make_user("door", password=CREDENTIALS["password"], is_superuser=True)
        roles = ["manager", "administrator", "finance", "auditor"]
        assign_roles(make_member(make_commissioning_body(), roles=roles, user=user))
        return user

    def state(self) -> tuple:
        return (
            sorted(Group.objects.values_list("pk", "name")),
            sorted(Group.permissions.through.objects.values_list("group", "permission")),
            sorted(User.groups.through.objects.values_list("user", "group")),
            sorted(User.user_permissions.through.objects.values_list("user", "permission")),
            sorted(User.objects.filter(is_superuser=True).values_list("pk", flat=True)),
        )

    def test_no_address_writes_them(self, mighty):
        other = make_user("other")
        extra = forged() | CREDENTIALS
        extra |= {"username": "forger", "groups": "1", "is_superuser": "on", "id": other.pk}
        posted = urlencode(extra, doseq=True)
        session = signed_in(mighty).cookies[settings.SESSION_COOKIE_NAME].value
        before = self.state()
        writing = []
        for name, url in WALKED.items():
            with undone():
                client = Client(raise_request_exception=False)
                client.cookies[settings.SESSION_COOKIE_NAME] = session
                client.post(f"{url}?id={other.pk}", posted, content_type=AS_FORM)
                if self.state() != before:
                    writing.append(name)
        assert writing == BY_ROLE

    def test_studio_has_no_screens_for_them(self):
        named = [name for name in WALKED if name.startswith("wagtailusers")]
        assert named == []

    def test_bulk_actions_on_users_are_not_there(self, mighty):
        client = signed_in(mighty)
        for action in ("assign_role", "set_active_state", "delete"):
            url = reverse("wagtail_bulk_action", args=["base", "user", action])
            assert client.get(f"{url}?id={mighty.pk}").status_code == 404

    def test_granting_beside_roles_is_refused_on_every_path(self, mighty):
        user = make_user("anna")
        group = Group.objects.first()
        permission = Permission.objects.first()
        attempts = [
            lambda: user.groups.add(group),
            lambda: mighty.groups.clear(),
            lambda: user.user_permissions.add(permission),
            lambda: group.permissions.clear(),
            lambda: Group.objects.create(name="own"),
            lambda: User.objects.create(username="ben", is_superuser=True),
            lambda: User.objects.create_superuser("cleo", "c@amt.example", "x"),
        ]
        with acting_as(mighty):
            for attempt in attempts:
                with pytest.raises(PermissionDenied), undone():
                    attempt()

    def test_groups_and_permissions_grant_nothing(self):
        user = make_user("anna")
        user.user_permissions.set(Permission.objects.all())
        group = Group.objects.create(name="all")
        group.permissions.set(Permission.objects.all())
        user.groups.add(group)

        fresh = User.objects.get(pk=user.pk)
        assert fresh.get_all_permissions() == set()
        assert not fresh.has_perm("base.change_user")
        assert not fresh.has_module_perms("base")

    def test_superuser_from_the_shell_is_recorded(self):
        call_command("createsuperuser", username="root", email="r@amt.example", interactive=False)

        made = User.objects.get(username="root").history.latest()
        assert made.is_superuser
        assert made.history_user.username == "job:createsuperuser"
        assert made.history_change_reason == "made in the shell"
