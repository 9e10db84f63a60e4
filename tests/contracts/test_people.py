"""Inviting people, changing and closing their access: the actions, and their pages."""

import re
from datetime import UTC, date, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.accounts.secrets import encrypted
from base.acting import acting_as
from base.exchange.importing import import_files
from base.models import User
from contracts.actions.assign_roles import assign_roles
from contracts.actions.change_member import change_member
from contracts.actions.disable_member import disable_member, enable_member
from contracts.actions.invite_member import invite_member
from contracts.actions.restore_access import resend_link, reset_second_factor
from contracts.models import Member
from contracts.people import named
from contracts.trail import people_named
from tests.factories import (
    make_commissioning_body,
    make_member,
    make_organisation,
    make_user,
    somebody,
)

pytestmark = pytest.mark.django_db

PASSWORD = "Gelbe-Tasse-42"


@pytest.fixture
def administrator() -> Member:
    return make_member(
        make_commissioning_body(),
        roles=["administrator"],
        user=make_user("admin", password=PASSWORD, email="admin@amt.example"),
    )


@pytest.fixture
def counsellor() -> Member:
    """A counsellor with a password."""
    user = make_user("carla", password=PASSWORD, email="carla@traeger.example", first_name="Carla")
    return make_member(make_organisation("bridge"), user=user)


@pytest.fixture
def office(client, administrator):
    """A browser in which the administrator is logged in."""
    client.force_login(administrator.user)
    return client


def invitation(**values) -> dict:
    return {
        "username": "neu",
        "first_name": "Nele",
        "last_name": "Neu-Muster",
        "email": "Nele@Traeger.example",
        "organisation": make_organisation("bridge"),
        "roles": ["counsellor"],
        **values,
    }


def give_second_factor(user) -> None:
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=user, type=kind, data={"secret": encrypted("ABC")})


def refused(field: str | None = None):
    """Expect a refusal at a field, or above the form."""
    return (
        pytest.raises(ValidationError)
        if field is None
        else pytest.raises(ValidationError, check=lambda error: set(error.message_dict) == {field})
    )


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestInvitation:
    def test_makes_an_account_that_waits_for_its_password(self):
        member = invite_member(**invitation(), by=somebody())

        assert member.roles == ["counsellor"]
        assert member.user.email == "nele@traeger.example"
        assert not member.user.has_usable_password()
        assert not member.user.is_superuser
        assert Client().login(username="neu", password="") is False

    def test_link_of_the_email_sets_the_password(self, client, settings):
        settings.WAGTAILADMIN_BASE_URL = "https://fallwerk.example/"
        invite_member(**invitation(), by=somebody())

        (message,) = mail.outbox
        (link,) = re.findall(r"https://fallwerk\.example(/accounts/\S+)", message.body)
        form = client.get(link, follow=True)
        (address, _status) = form.redirect_chain[-1]
        client.post(address, {"password1": PASSWORD, "password2": PASSWORD})

        assert message.to == ["nele@traeger.example"]
        assert message.subject == "Ihr Konto bei Fallwerk"
        assert "Ihr Benutzername: neu" in message.body
        login = {"login": "neu", "password": PASSWORD}
        assert client.post(reverse("account_login"), login).url == "/"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            pytest.param({"username": "CARLA"}, "username", id="name taken, in other capitals"),
            pytest.param({"username": "job:report"}, "username", id="name of a job"),
            pytest.param({"email": "CARLA@traeger.example"}, "email", id="address taken"),
            pytest.param({"email": ""}, "email", id="no address"),
            pytest.param({"email": "nele"}, "email", id="half an address"),
            pytest.param({"roles": []}, "roles", id="no role"),
            pytest.param({"roles": ["finance"]}, "roles", id="not a provider's role"),
        ],
    )
    def test_refusals_name_the_field_and_leave_nothing(self, counsellor, values, field):
        by, users = somebody(), User.objects.count()

        with refused(field):
            invite_member(**invitation(**values), by=by)

        assert User.objects.count() == users
        assert mail.outbox == []

    def test_commissioning_body_counsels_nobody(self):
        with refused("roles"):
            invite_member(
                **invitation(organisation=make_commissioning_body(), roles=["counsellor"]),
                by=somebody(),
            )

    def test_history_names_who_invited(self, administrator):
        with acting_as(administrator.user):
            member = invite_member(**invitation(), by=somebody())

        users, members = member.user.history.get(), member.history.get()
        assert users.history_user_id == members.history_user_id == administrator.user_id


class TestRolesInTheStudio:
    def groups(self, member) -> set[str]:
        return set(member.user.groups.values_list("name", flat=True))

    def permissions(self, name: str) -> set[str]:
        codes = Group.objects.get(name=name).permissions.values_list(
            "content_type__app_label", "codename"
        )
        return {f"{app}.{code}" for app, code in codes}

    def test_managers_edit_content(self):
        member = make_member(make_commissioning_body(), roles=["manager"])
        assign_roles(member)

        assert self.groups(member) == {"Studio"}
        granted = self.permissions("Studio")
        assert {"wagtailadmin.access_admin", "cms.change_catalogue"} <= granted
        assert "auth.change_group" not in granted

    def test_administrators_settle_the_studio_and_are_no_superusers(self, administrator):
        assign_roles(administrator)
        administrator.user.refresh_from_db()

        assert self.groups(administrator) == {"Administrators"}
        assert not administrator.user.is_superuser
        granted = self.permissions("Administrators")
        assert {
            "wagtailadmin.access_admin",
            "wagtailcore.change_workflow",
            "wagtailcore.change_site",
            "cms.view_catalogue",
        } <= granted
        other = {"cms.change_catalogue", "cms.publish_catalogue", "base.change_user"}
        assert granted & (other | {"auth.change_group", "wagtailcore.add_task"}) == set()

    def test_superusers_of_last_resort_stay(self):
        member = make_member(
            make_commissioning_body(), roles=["finance"], user=make_user(is_superuser=True)
        )
        assign_roles(member)

        member.user.refresh_from_db()
        assert member.user.is_superuser

    def test_other_roles_do_not_enter(self, counsellor):
        assign_roles(counsellor)

        assert self.groups(counsellor) == set()

    @pytest.mark.parametrize("change", [{"roles": ["finance"]}, {"active": False}], ids=str)
    def test_lost_with_the_role(self, change):
        member = make_member(make_commissioning_body(), roles=["manager"])
        assign_roles(member)
        for name, value in change.items():
            setattr(member, name, value)
        member.save()

        assign_roles(member)

        assert self.groups(member) == set()

    def test_kept_by_another_membership(self):
        member = make_member(make_commissioning_body(), roles=["manager"])
        other = make_member(make_organisation("bridge"), user=member.user)

        assign_roles(other)

        assert self.groups(member) == {"Studio"}


class TestChanges:
    def test_names_address_roles_and_qualification(self, counsellor):
        change_member(
            counsellor,
            first_name="Karla",
            last_name="Kahn",
            email="Karla@Traeger.example",
            roles=["provider_lead", "counsellor"],
            qualification="Psychologin",
            by=somebody(),
        )

        counsellor.refresh_from_db()
        assert counsellor.user.display_name == "Karla Kahn"
        assert counsellor.user.email == "karla@traeger.example"
        assert counsellor.roles == ["counsellor", "provider_lead"]
        assert counsellor.qualification == "Psychologin"
        assert counsellor.history.count() == counsellor.user.history.count() == 2

    def test_last_administrator_stays_one(self, administrator):
        values = {"first_name": "A", "last_name": "B", "email": "admin@amt.example"}

        with pytest.raises(ValidationError, match="letzte"):
            change_member(administrator, **values, roles=["finance"], by=somebody())

        # Somebody else's administrator does not reach these people.
        housing = make_organisation("housing", kind="commissioning_body")
        make_member(housing, roles=["administrator"])
        with pytest.raises(ValidationError, match="letzte"):
            change_member(administrator, **values, roles=["finance"], by=somebody())

        make_member(make_commissioning_body(), roles=["administrator"])
        change_member(administrator, **values, roles=["finance"], by=somebody())
        administrator.refresh_from_db()
        assert administrator.roles == ["finance"]


class TestDisabling:
    def test_ends_sessions_and_logins_and_keeps_the_history(
        self, client, counsellor, administrator
    ):
        client.force_login(counsellor.user)
        assert client.get(reverse("mfa_index")).status_code == 200

        disable_member(counsellor, by=administrator.user, reason="Has left")

        assert client.get(reverse("mfa_index")).status_code == 302
        assert client.login(username="carla", password=PASSWORD) is False
        newest = counsellor.user.history.order_by("-history_id").first()
        assert (newest.is_active, newest.history_change_reason) == (False, "Has left")
        assert (
            counsellor.history.order_by("-history_id").first().history_change_reason == "Has left"
        )

    def test_old_session_does_not_come_back(self, client, counsellor, administrator):
        client.force_login(counsellor.user)
        disable_member(counsellor, by=administrator.user, reason="Mistake")

        enable_member(counsellor, reason="Was a mistake", by=somebody())

        assert client.get(reverse("mfa_index")).status_code == 302
        assert client.login(username="carla", password=PASSWORD) is True

    def test_account_with_another_membership_stays_open(self, counsellor, administrator):
        make_member(make_organisation("other"), user=counsellor.user)

        disable_member(counsellor, by=administrator.user, reason="Works elsewhere")

        counsellor.user.refresh_from_db()
        assert (counsellor.active, counsellor.user.is_active) == (False, True)

    @pytest.mark.parametrize("elsewhere", [False, True])
    def test_a_file_ends_it_as_a_page_does(self, client, counsellor, tmp_path, elsewhere):
        """At once: sessions, and without another membership the account; and a file opens it."""
        if elsewhere:
            make_member(make_organisation("other"), user=counsellor.user)
        client.force_login(counsellor.user)
        user, path = counsellor.user, tmp_path / "members.yaml"
        for active, signed_in in (("true", 200), ("false", 302), ("true", 302)):
            path.write_text(
                "fallwerk: 1\nmembers:\n"
                f"- {{username: {user.username}, organisation: {counsellor.organisation.key},"
                f" roles: [counsellor], active: {active}}}\n"
            )
            import_files([path], save=True)
            user.refresh_from_db()
            assert user.is_active == (active == "true" or elsewhere)
            assert client.get(reverse("mfa_index")).status_code == signed_in

    def test_whoever_comes_back_by_another_door_is_let_in(self, counsellor, administrator):
        disable_member(counsellor, by=administrator.user, reason="Has left")
        make_member(make_organisation("other"), user=counsellor.user)
        counsellor.user.refresh_from_db()
        assert counsellor.user.is_active

    def test_not_oneself(self, administrator):
        make_member(make_commissioning_body(), roles=["administrator"])

        with pytest.raises(ValidationError, match="eigene"):
            disable_member(administrator, by=administrator.user, reason="Holidays")

    def test_not_the_last_administrator(self, administrator):
        closed = make_member(make_commissioning_body(), roles=["administrator"])
        disable_member(closed, by=administrator.user, reason="Has left")
        housing = make_organisation("housing", kind="commissioning_body")
        make_member(housing, roles=["administrator"])

        with pytest.raises(ValidationError, match="letzte"):
            disable_member(administrator, by=make_user(is_superuser=True), reason="Has left")

    def test_not_without_a_reason(self, counsellor, administrator):
        with refused("reason"):
            disable_member(counsellor, by=administrator.user, reason=" ")


class TestRestoring:
    def test_link_for_a_new_password_leaves_the_old_one(self, client, counsellor, administrator):
        with acting_as(administrator.user):
            resend_link(counsellor, by=somebody())

        (message,) = mail.outbox
        assert message.subject == "Fallwerk: neues Passwort setzen"
        assert client.login(username="carla", password=PASSWORD)
        newest = counsellor.user.history.order_by("-history_id").first()
        assert newest.history_change_reason == "Link für ein neues Passwort gesendet"
        assert newest.history_user_id == administrator.user_id

    def test_invitation_can_be_sent_again(self):
        member = invite_member(**invitation(), by=somebody())
        resend_link(member, by=somebody())

        assert [message.subject for message in mail.outbox] == ["Ihr Konto bei Fallwerk"] * 2

    def test_disabled_accounts_get_no_link(self, counsellor, administrator):
        disable_member(counsellor, by=administrator.user, reason="Has left")
        mail.outbox.clear()  # which told of that

        with refused():
            resend_link(counsellor, by=somebody())
        assert mail.outbox == []

    def test_second_factor_of_a_lost_phone(self, client, counsellor, administrator):
        give_second_factor(counsellor.user)
        client.force_login(counsellor.user)

        with acting_as(administrator.user):
            reset_second_factor(counsellor, reason="Phone lost", by=somebody())

        assert not Authenticator.objects.exists()
        assert client.get(reverse("mfa_index")).status_code == 302
        newest = counsellor.user.history.order_by("-history_id").first()
        assert newest.history_change_reason == "Zweiter Faktor zurückgesetzt: Phone lost"

    def test_nothing_to_reset(self, counsellor):
        with refused():
            reset_second_factor(counsellor, reason="Phone lost", by=somebody())


class TestPages:
    def names(self, response) -> list[str]:
        return [str(row.record.user.username) for row in response.context["table"].rows]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            pytest.param("", {"admin", "carla", "neu"}, id="all"),
            pytest.param("q=traeger nel", {"neu"}, id="words"),
            pytest.param("role=administrator", {"admin"}, id="role"),
            pytest.param("state=invited", {"neu"}, id="invited"),
            pytest.param("state=disabled", set(), id="disabled"),
            pytest.param("has_factor=true", {"carla"}, id="with second factor"),
            pytest.param("has_factor=false", {"admin", "neu"}, id="without"),
        ],
    )
    def test_list_is_narrowed(self, office, counsellor, query, found):
        invite_member(**invitation(), by=somebody())
        give_second_factor(counsellor.user)

        response = office.get(f"{reverse('people')}?{query}")

        assert set(self.names(response)) == found

    def test_who_was_invited_after_midnight_was_invited_that_day(self, office):
        member = invite_member(**invitation(), by=somebody())
        member.user.date_joined = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)
        member.user.save()

        groups = office.get(reverse("worklist"), {"kind": "invited"}).context["groups"]

        assert [item.entry.day for *_group, items in groups for item in items] == [date(2026, 8, 1)]

    def test_list_says_what_matters(self, office, counsellor):
        text = words(office.get(reverse("people")))

        assert "Carla" in text
        assert "Beratungskraft" in text
        assert "Bridge" in text

    def test_list_does_not_query_per_row(self, office):
        office.get(reverse("people"))
        with CaptureQueriesContext(connection) as few:
            office.get(reverse("people"))
        for _number in range(5):
            make_member(make_organisation("bridge"))
        with CaptureQueriesContext(connection) as many:
            office.get(reverse("people"))

        assert len(many) == len(few)

    def test_export_holds_what_the_list_shows(self, office, counsellor):
        response = office.get(f"{reverse('people')}?export=csv")

        assert ";carla;Bridge;Beratungskraft;aktiv;nein;" in response.content.decode("utf-8-sig")

    def test_inviting(self, office, administrator):
        values = invitation() | {"organisation": make_organisation("bridge").pk}

        response = office.post(reverse("person-invite"), values)

        member = Member.objects.get(user__username="neu")
        assert response.url == reverse("person", args=[member.pk])
        assert member.history.get().history_user_id == administrator.user_id
        assert "eingeladen" in words(office.get(response.url))

    def test_refusal_is_shown_at_its_field(self, office):
        values = invitation() | {
            "organisation": make_organisation("bridge").pk,
            "roles": ["director"],
        }

        response = office.post(reverse("person-invite"), values)

        assert list(response.context["form"].errors) == ["roles"]

    def test_whole_life_of_an_account(self, office, counsellor):
        """Change, disable, enable, new link, reset: each by its page."""
        give_second_factor(counsellor.user)
        page = reverse("person", args=[counsellor.pk])
        for name, values in (
            ("person-disable", {"reason": "On leave"}),
            ("person-enable", {"reason": "Is back"}),
            ("person-link", {}),
            ("person-factor", {"reason": "New phone"}),
        ):
            address = reverse(name, args=[counsellor.pk])
            assert f'href="{address}"' in office.get(page).content.decode()
            assert office.get(address).status_code == 200
            assert office.post(address, values).url == page

        counsellor.refresh_from_db()
        assert counsellor.active and counsellor.user.is_active
        assert len(mail.outbox) == 4  # the link, and what else was done to the access
        assert not Authenticator.objects.exists()

    def test_changing_keeps_what_somebody_else_stored_meanwhile(self, office, counsellor):
        address = reverse("person-change", args=[counsellor.pk])
        seen = office.get(address).context["seen"]
        counsellor.qualification = "changed meanwhile"
        counsellor.save()
        values = {
            "first_name": "Carla", "last_name": "C", "email": "c@traeger.example",
            "roles": ["counsellor"], "qualification": "mine", "_seen": seen,
        }  # fmt: skip

        response = office.post(address, values)

        assert "changed meanwhile" in words(response)
        counsellor.refresh_from_db()
        assert counsellor.qualification == "changed meanwhile"

    @pytest.mark.parametrize("role", ["manager", "finance", "auditor", "director", "caseworker"])
    @pytest.mark.parametrize("name", ["people", "person-invite"])
    def test_are_for_administrators(self, client, role, name):
        client.force_login(make_member(make_commissioning_body(), roles=[role]).user)

        assert client.get(reverse(name)).status_code == 403

    def test_nothing_is_offered_against_oneself(self, office, administrator):
        page = office.get(reverse("person", args=[administrator.pk])).content.decode()

        assert reverse("person-disable", args=[administrator.pk]) not in page

    def test_search_finds_people(self, office, counsellor):
        assert "Carla" in words(office.get(f"{reverse('search')}?q=carla"))

    @pytest.mark.parametrize("text", ["özdemir", "oezdemir carla", "TRAEGER.example", "carl"])
    def test_they_are_found_however_names_are_written(self, administrator, counsellor, text):
        counsellor.user.last_name = "Özdemir"
        counsellor.user.save()
        assert list(named(Member.objects.all(), text)) == [counsellor]
        assert list(people_named(administrator.user, text)) == [counsellor.user] * ("." not in text)
