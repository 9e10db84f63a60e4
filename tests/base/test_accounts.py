"""Signing in: password, second factor, throttling, session, language, and what pages may load."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from base.accounts.access import end_sessions, password_link, send_password_link
from base.accounts.drafts import draft_key, draft_owner
from base.accounts.secrets import decrypted, encrypted
from base.models import User
from tests.factories import make_user

PASSWORD = "Blaue-Lampe-17"
NEW_PASSWORD = "Gelbe-Tasse-42"
WRONG = "Der Benutzername oder das Passwort ist falsch."
TOO_MANY = "Zu viele Fehlversuche. Bitte warten Sie zehn Minuten"

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user("anna", password=PASSWORD, email="anna@amt.example", first_name="Anna")


def log_in(client, login="anna", password=PASSWORD, **kwargs):
    return client.post(reverse("account_login"), {"login": login, "password": password}, **kwargs)


def user_of(client) -> str | None:
    return client.session.get("_auth_user_id")


def totp(secret: str, *, at: float | None = None) -> str:
    """RFC 6238 with its defaults: SHA-1, steps of 30 seconds, six digits."""
    step = int(time.time() if at is None else at) // 30
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def set_up_second_factor(client) -> str:
    """Go through the pages as a person does; return the secret the app now holds."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    (secret,) = re.findall(r"<code class=\"code\">([A-Z2-7=]+)</code>", page)
    client.post(reverse("mfa_activate_totp"), {"code": totp(secret)})
    return secret


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_computed_codes_are_those_of_the_standard():
    """RFC 6238, appendix B (its eight digits end in these six)."""
    secret = base64.b32encode(b"12345678901234567890").decode()

    assert [totp(secret, at=at) for at in (59, 1111111109, 2000000000)] == [
        "287082",
        "081804",
        "279037",
    ]


class TestLogin:
    @pytest.mark.parametrize("login", ["anna", "ANNA", "anna@amt.example", "Anna@Amt.Example"])
    def test_by_user_name_or_email(self, client, anna, login):
        log_in(client, login)

        assert user_of(client) == str(anna.pk)

    def test_leads_where_one_wanted_to_go(self, client, anna):
        response = log_in(client, query_params={"next": "/studio/"})

        assert response.url == "/studio/"

    def test_leads_to_no_other_host(self, client, anna):
        response = log_in(client, query_params={"next": "https://evil.example/"})

        assert response.url == "/"

    def test_disabled_account_is_told_so_only_with_the_right_password(self, client, anna):
        anna.is_active = False
        anna.save(update_fields=["is_active"])

        assert WRONG in words(log_in(client, password="wrong"))
        assert log_in(client).url == reverse("account_inactive")
        assert "Konto gesperrt" in words(client.get(reverse("account_inactive")))
        assert user_of(client) is None

    def test_logging_out_takes_a_click(self, client, anna):
        log_in(client)

        assert "Möchten Sie sich abmelden?" in words(client.get(reverse("account_logout")))
        assert user_of(client)
        assert client.post(reverse("account_logout")).url == reverse("account_login")
        assert user_of(client) is None

    def test_studio_has_no_login_of_its_own(self, client, anna):
        """Wagtail's would ask for no second factor and count no attempts."""
        response = client.post("/studio/login/?next=/studio/", {"username": "anna"})

        assert response.url == "/accounts/login/?next=/studio/"
        assert client.get("/studio/password_reset/").status_code == 404

    def test_studio_says_no_to_who_has_no_access(self, client, anna):
        """Wagtail's own answer, its login, would send them back for ever."""
        log_in(client)

        assert client.get("/studio/").status_code == 403
        assert client.get("/studio/login/?next=/studio/").url == "/accounts/login/?next=/studio/"
        assert client.get("/accounts/login/?next=/studio/").url == "/studio/"

    @pytest.mark.parametrize("name", ["account_signup", "account_email", "socialaccount_login"])
    def test_nobody_signs_up_or_adds_addresses(self, client, name):
        with pytest.raises(NoReverseMatch):
            reverse(name)

    @pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "login/code/"])
    def test_addresses_of_unused_pages_are_empty(self, client, path):
        assert client.get(f"/accounts/{path}").status_code == 404


class TestThrottling:
    @pytest.mark.parametrize("login", ["anna", "nobody"])
    def test_sixth_wrong_password_is_refused_alike_for_known_and_unknown(self, client, anna, login):
        answers = [words(log_in(client, login, "wrong")) for _attempt in range(6)]

        assert [WRONG in answer for answer in answers] == [True] * 5 + [False]
        assert TOO_MANY in answers[5]

    def test_then_the_right_password_is_refused_too(self, client, anna):
        for _attempt in range(5):
            log_in(client, password="wrong")

        assert TOO_MANY in words(log_in(client))
        assert user_of(client) is None

    def test_others_log_in_all_the_same(self, client, anna):
        ben = make_user("ben", password=PASSWORD)
        for _attempt in range(6):
            log_in(client, password="wrong")

        log_in(client, "ben")

        assert user_of(client) == str(ben.pk)

    def test_is_counted_where_all_processes_see_it(self, client, anna, django_assert_num_queries):
        log_in(client, password="wrong")

        with django_assert_num_queries(1) as queries:
            cache.get("anything")
        assert "django_cache" in queries.captured_queries[0]["sql"]


class TestNewPassword:
    def test_link_by_email_sets_it_once(self, client, anna):
        response = client.post(reverse("account_reset_password"), {"email": "anna@amt.example"})
        (message,) = mail.outbox
        (link,) = re.findall(r"https?://\S+", message.body)

        assert response.url == reverse("account_reset_password_done")
        assert message.subject == "Fallwerk: neues Passwort setzen"
        assert "Ihr Benutzername: anna" in message.body
        self.follow(client, link)
        assert log_in(client, password=NEW_PASSWORD).url == "/"
        client.logout()
        assert "Dieser Link gilt nicht mehr" in words(client.get(link, follow=True))

    def follow(self, client, link):
        form = client.get(link, follow=True)
        assert "Passwort setzen" in words(form)
        (address, _status) = form.redirect_chain[-1]
        given = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        assert "Ihr Passwort ist gesetzt" in words(client.post(address, given, follow=True))

    def test_unknown_address_gets_the_same_answer_and_no_email(self, client, anna):
        known = client.post(
            reverse("account_reset_password"), {"email": "anna@amt.example"}, follow=True
        )
        unknown = client.post(
            reverse("account_reset_password"), {"email": "nobody@amt.example"}, follow=True
        )

        assert words(known) == words(unknown)
        assert [message.to for message in mail.outbox] == [["anna@amt.example"]]

    def test_link_ends_after_three_days(self, client, anna, settings):
        link = password_link(anna)
        settings.PASSWORD_RESET_TIMEOUT = -1

        assert "Dieser Link gilt nicht mehr" in words(client.get(link, follow=True))

    @pytest.mark.parametrize(
        ("password", "problem"),
        [
            pytest.param("kurz-1", "mindestens 12 Zeichen", id="short"),
            pytest.param("anna@amt.example", "zu ähnlich", id="like the address"),
            pytest.param("836492018374", "komplett numerisch", id="digits"),
            pytest.param("password1234", "zu üblich", id="common"),
        ],
    )
    def test_weak_passwords_are_refused(self, client, anna, password, problem):
        log_in(client)

        page = client.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": password, "password2": password},
        )

        assert problem in words(page)

    def test_two_different_ones_are_refused_politely(self, client, anna):
        log_in(client)

        page = client.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": "Andere-Tasse-4"},
        )

        assert "Die beiden neuen Passwörter stimmen nicht überein." in words(page)

    def test_changing_it_ends_other_sessions_and_tells_the_owner(self, client, anna):
        elsewhere = Client()
        log_in(client)
        log_in(elsewhere)

        client.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )

        assert client.get(reverse("mfa_index")).status_code == 200
        assert elsewhere.get(reverse("mfa_index")).status_code == 302
        (message,) = mail.outbox
        assert "Das Passwort Ihres Kontos bei Fallwerk wurde geändert." in message.body

    def test_link_speaks_the_language_of_the_office(self, anna):
        send_password_link(anna, "contracts/people/new_password")

        (message,) = mail.outbox
        assert message.to == ["anna@amt.example"]
        assert "Guten Tag Anna," in message.body
        assert "Er gilt 3 Tage" in message.body


class TestSecondFactor:
    def test_code_is_asked_for_after_the_password(self, client, anna):
        log_in(client)
        secret = set_up_second_factor(client)
        client.post(reverse("account_logout"))

        response = log_in(client)
        assert response.url == reverse("mfa_authenticate")
        assert user_of(client) is None
        assert "Zweiter Faktor" in words(client.get(response.url))
        # The code of setting up may not be used twice: the app's next one.
        client.post(response.url, {"code": totp(secret, at=time.time() + 30)})

        assert user_of(client) == str(anna.pk)

    def test_wrong_codes_are_throttled(self, client, anna):
        log_in(client)
        secret = set_up_second_factor(client)
        client.post(reverse("account_logout"))
        log_in(client)
        valid = {totp(secret, at=time.time() + shift) for shift in (-60, -30, 0, 30, 60)}
        wrong = next(f"{n:06d}" for n in range(6) if f"{n:06d}" not in valid)

        answers = [
            words(client.post(reverse("mfa_authenticate"), {"code": wrong})) for _n in range(6)
        ]

        assert "Dieser Code gilt nicht." in answers[4]
        assert TOO_MANY in answers[5]
        assert user_of(client) is None

    def test_recovery_code_works_once(self, client, anna):
        log_in(client)
        set_up_second_factor(client)
        page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
        codes = re.findall(r"<code class=\"code\">(\d+)</code>", page)
        assert len(set(codes)) == 10

        for works in (True, False):
            client.post(reverse("account_logout"))
            log_in(client)
            client.post(reverse("mfa_authenticate"), {"code": codes[0]})
            assert bool(user_of(client)) is works

    def test_secret_is_not_readable_in_the_database(self, client, anna):
        log_in(client)
        secret = set_up_second_factor(client)

        stored = Authenticator.objects.get(user=anna, type=Authenticator.Type.TOTP)

        assert secret not in str(stored.data)
        assert decrypted(stored.data["secret"]) == secret

    def test_old_secret_key_still_reads(self, settings):
        stored = encrypted("ABC")
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "a new one"

        assert decrypted(stored) == "ABC"

    def test_password_is_asked_again_when_the_login_is_long_ago(self, client, anna, settings):
        log_in(client)
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
        page = reverse("mfa_activate_totp")

        asked = client.get(page)
        assert asked.url.startswith(reverse("account_reauthenticate"))
        assert "Sind Sie es?" in words(client.get(asked.url))
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
        assert "Das ist nicht Ihr Passwort." in words(client.post(asked.url, {"password": "no"}))
        assert client.post(asked.url, {"password": PASSWORD}).url == page

    def test_one_may_switch_it_off(self, client, anna):
        log_in(client)
        set_up_second_factor(client)

        client.post(reverse("mfa_deactivate_totp"))

        assert not Authenticator.objects.filter(user=anna).exists()


class TestRequiredSecondFactor:
    @pytest.fixture(autouse=True)
    def _required(self, settings):
        settings.SECOND_FACTOR_REQUIRED = True

    @pytest.mark.parametrize("path", ["/", "/studio/", "/accounts/2fa/", "/studio/workflows/list/"])
    def test_setting_it_up_comes_before_all_else(self, client, anna, path):
        log_in(client)

        assert client.get(path).url == reverse("mfa_activate_totp")

    def test_post_does_nothing_either(self, client, anna):
        log_in(client)

        response = client.post(reverse("account_change_password"), {"oldpassword": PASSWORD})

        assert response.url == reverse("mfa_activate_totp")

    def test_parts_of_pages_lead_the_whole_page_there(self, client, anna):
        log_in(client)

        response = client.get("/", headers={"HX-Request": "true"})

        assert response.headers["HX-Redirect"] == reverse("mfa_activate_totp")

    def test_what_is_needed_stays_open(self, client, anna):
        log_in(client)

        assert client.get("/health").status_code == 200
        assert client.get(reverse("mfa_activate_totp")).status_code == 200
        assert client.post(reverse("set_language"), {"language": "en"}).status_code == 302
        client.post(reverse("account_logout"))
        assert user_of(client) is None

    def test_strangers_see_the_login(self, client):
        assert client.get(reverse("account_login")).status_code == 200

    def test_afterwards_everything_is_open(self, client, anna):
        log_in(client)
        set_up_second_factor(client)

        assert client.get(reverse("mfa_index")).status_code == 200


class TestSession:
    def test_ends_with_the_browser_and_after_half_an_hour(self, client, anna, settings):
        log_in(client)

        assert settings.SESSION_COOKIE_AGE == 30 * 60
        assert client.cookies["sessionid"]["max-age"] == ""
        (session,) = Session.objects.all()
        left = session.expire_date - timezone.now()
        assert 29 * 60 < left.total_seconds() <= 30 * 60

    def test_use_prolongs_it(self, client, anna, monkeypatch):
        log_in(client)
        client.get(reverse("mfa_index"))
        later = time.time() + 20 * 60
        Session.objects.update(expire_date=timezone.now() + timezone.timedelta(minutes=10))
        monkeypatch.setattr("base.accounts.middleware.time.time", lambda: later)

        client.get(reverse("mfa_index"))

        (session,) = Session.objects.all()
        assert (session.expire_date - timezone.now()).total_seconds() > 29 * 60

    def test_many_requests_write_it_once_a_minute(self, client, anna):
        log_in(client)
        client.get(reverse("mfa_index"))
        marked = timezone.now() + timezone.timedelta(minutes=1)
        Session.objects.update(expire_date=marked)

        client.get(reverse("mfa_index"))

        assert Session.objects.get().expire_date == marked

    def test_what_a_page_asks_by_itself_does_not_prolong_it(self, client, anna):
        """An open tab that looks for news is nobody at work."""
        log_in(client)
        ending = timezone.now() + timezone.timedelta(minutes=1)
        Session.objects.update(expire_date=ending)

        client.get(reverse("mfa_index"), headers={"X-Background": "true"})

        assert Session.objects.get().expire_date == ending

    def test_part_of_a_page_asked_for_after_the_end_leads_the_page_to_the_login(self, client):
        response = client.get(
            reverse("mfa_index"),
            headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/people/?q=a"},
        )

        assert response.status_code == 200
        assert response.headers["HX-Redirect"] == "/accounts/login/?next=/people/%3Fq%3Da"

    def test_ended_from_outside(self, client, anna):
        log_in(client)
        other = Client()
        other.force_login(make_user("ben"))

        assert end_sessions(anna) == 1

        assert client.get(reverse("mfa_index")).status_code == 302
        assert other.get(reverse("mfa_index")).status_code == 200


class TestLanguage:
    def test_is_german_whatever_the_browser_says(self, client):
        response = client.get(reverse("account_login"), headers={"Accept-Language": "en-GB,en"})

        assert response.headers["Content-Language"] == "de"
        assert "Anmelden" in words(response)

    def test_can_be_chosen(self, client):
        chosen = client.post(
            reverse("set_language"), {"language": "en", "next": reverse("account_login")}
        )

        response = client.get(chosen.url)
        assert response.headers["Content-Language"] == "en"
        assert "Log in" in words(response)

    def test_unknown_ones_are_german(self, client, settings):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "xx"

        assert client.get(reverse("account_login")).headers["Content-Language"] == "de"

    def test_studio_follows(self, client):
        client.force_login(make_user("root", is_superuser=True))
        client.post(reverse("set_language"), {"language": "en"})

        assert '<html lang="en"' in client.get("/studio/").content.decode()


class TestContentSecurityPolicy:
    def policy(self, response) -> dict[str, str]:
        header = response.headers["Content-Security-Policy"]
        return dict(part.strip().split(" ", 1) for part in header.split(";"))

    def test_own_pages_run_nothing_inline_and_load_nothing_from_elsewhere(self, client):
        response = client.get(reverse("account_login"))

        assert self.policy(response) == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "font-src": "'self'",
            "connect-src": "'self'",
            "form-action": "'self'",
            "frame-src": "'none'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
            "object-src": "'none'",
        }
        assert response.headers["X-Frame-Options"] == "DENY"

    @pytest.mark.parametrize("name", ["account_login", "account_reset_password", "mfa_index"])
    def test_they_hold_nothing_the_policy_forbids(self, client, anna, name):
        if name == "mfa_index":
            log_in(client)
        page = client.get(reverse(name)).content.decode()

        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", page) == []
        assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page) == []

    def test_studio_may_run_what_wagtail_writes_inline(self, client):
        client.force_login(make_user("root", is_superuser=True))

        policy = self.policy(client.get("/studio/"))

        assert policy["script-src"] == "'self' 'unsafe-inline'"
        assert policy["style-src"] == "'self' 'unsafe-inline'"
        assert policy["frame-ancestors"] == "'self'"
        assert policy["default-src"] == "'none'"


class TestSessionThatHasNotPassed:
    def test_ends_where_the_factor_was_set_up_elsewhere_since(self, client, anna):
        elsewhere = Client()
        log_in(elsewhere)
        log_in(client)
        set_up_second_factor(client)

        assert client.get(reverse("mfa_index")).status_code == 200
        assert elsewhere.get("/").url == "/accounts/login/?next=/"
        assert user_of(elsewhere) is None

    def test_parts_of_pages_lead_the_whole_page_to_the_login(self, client, anna):
        elsewhere = Client()
        log_in(elsewhere)
        log_in(client)
        set_up_second_factor(client)

        response = elsewhere.get("/", headers={"HX-Request": "true"})

        assert response.headers["HX-Redirect"].startswith(reverse("account_login"))


class TestTypedWork:
    """What pages need to keep typed work on the device, and to say when the session ends."""

    def test_asking_how_long_it_lasts_puts_the_end_off_unless_the_page_asks_by_itself(
        self, client, anna, monkeypatch
    ):
        log_in(client)
        begin = int(time.time())
        client.get(reverse("home"))
        monkeypatch.setattr("base.accounts.middleware.time.time", lambda: begin + 20 * 60)
        asked = [
            client.get(reverse("session-end"), headers=headers).json()["seconds"]
            for headers in ({"X-Background": "true"}, {"X-Background": "true"}, {})
        ]
        assert [round(seconds / 60) for seconds in asked] == [10, 10, 30]

    def test_after_the_end_a_script_is_told_so(self, client):
        assert client.get(reverse("session-end")).status_code == 403

    def test_each_person_has_a_key_of_their_own_that_lasts(self, client, anna):
        log_in(client)
        page = client.get(reverse("home"))
        assert f'data-draft-key="{draft_key(anna)}"' in page.content.decode()
        assert page.headers["Cache-Control"] == "no-store, private"
        ben = make_user("ben")
        assert len(base64.b64decode(draft_key(anna))) == 32
        assert draft_key(anna) == draft_key(User.objects.get(pk=anna.pk))
        assert draft_key(anna) != draft_key(ben)
        assert draft_owner(anna) != draft_owner(ben)

    @pytest.mark.parametrize("name", ["account_logout", "wagtailadmin_logout"])
    def test_signing_out_takes_along_what_the_browser_has_stored(self, client, name):
        # The studio's own is for those it lets in alone.
        client.force_login(make_user("studio", is_superuser=True))
        assert "Clear-Site-Data" not in client.get(reverse("account_logout")).headers
        answer = client.post(reverse(name))
        assert answer.headers["Clear-Site-Data"] == '"storage"'
        assert "Clear-Site-Data" not in client.get(reverse("home")).headers

    @pytest.mark.parametrize("name", ["account_logout", "wagtailadmin_logout"])
    def test_who_is_not_signed_in_takes_nothing_along(self, client, name):
        assert "Clear-Site-Data" not in client.post(reverse(name)).headers

    def test_giving_up_at_the_second_factor_takes_nothing_along(self, client, anna):
        log_in(client)
        set_up_second_factor(client)
        client.post(reverse("account_logout"))
        asked = log_in(client)
        assert asked.url == reverse("mfa_authenticate")
        assert "Clear-Site-Data" not in client.post(reverse("account_logout")).headers

    def test_signing_out_that_is_refused_takes_nothing_along(self, anna):
        client = Client(enforce_csrf_checks=True)
        client.force_login(anna)
        refused = client.post(reverse("account_logout"))
        assert refused.status_code == 403
        assert "Clear-Site-Data" not in refused.headers

    def test_every_way_to_sign_out_asks_first(self, client):
        """The workspace, the studio, where a second factor is set up, the page that asks itself."""
        make_user("studio", password=PASSWORD, is_superuser=True)
        log_in(client, "studio")
        studio = reverse("wagtailadmin_home")
        pages = [reverse("home"), studio, reverse("mfa_activate_totp"), reverse("account_logout")]
        for page in pages:
            shown = client.get(page).content.decode()
            asked = re.search(r'data-loses [^>]*data-at="([^"]*)"', shown)[1].split()
            # The studio draws its own way out by script; nobody else gets its address.
            own = [reverse("wagtailadmin_logout")] if page == studio else []
            assert asked == [reverse("account_logout"), *own], page
            assert re.search(r"base/(waiting|workspace)\.js", shown), page
