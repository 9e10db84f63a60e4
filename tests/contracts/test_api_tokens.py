"""Access of programs, given and revoked by administrators: for one body, some kinds of content."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.api.router import router
from base.history import history_model
from base.models import Event
from contracts.actions.give_api_token import give_api_token, revoke_api_token
from contracts.api_scopes import SCOPES
from contracts.models import ApiToken
from tests import factories

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, 30, tzinfo=BERLIN)
CONTRACTS = "/api/v2/contracts/"


@pytest.fixture(autouse=True)
def _on_a_day():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def body():
    return factories.make_commissioning_body()


@pytest.fixture
def administrator(body):
    return administrator_of(body)


def administrator_of(body):
    return factories.make_member(body, roles=["administrator"]).user


def give(body, by, **values) -> tuple[ApiToken, str]:
    given = {"label": "Website", "scopes": ["contracts"], "expires_on": date(2026, 3, 31)}
    return give_api_token(organisation=body, by=by, **(given | values))


def read(written: str, path: str = CONTRACTS, **parameters):
    return Client(headers={"Authorization": f"Bearer {written}"}).get(path, parameters)


class TestGiving:
    def test_secret_is_nowhere(self, body, administrator):
        token, written = give(body, administrator)
        assert re.fullmatch(r"fw_[0-9a-f]{12}_[\w-]{43}", written)
        secret = written.split("_", 2)[2]
        with connection.cursor() as cursor:
            for model in (ApiToken, history_model(ApiToken)):
                cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
                assert secret not in repr(cursor.fetchall())
        kept = history_model(ApiToken).objects.get(id=token.pk)
        assert (kept.history_user_id, kept.label) == (administrator.pk, "Website")

    @pytest.mark.parametrize(
        ("values", "at"),
        [
            pytest.param({"expires_on": date(2026, 3, 1)}, "expires_on", id="over already"),
            pytest.param({"expires_on": date(2027, 3, 4)}, "expires_on", id="367 days ahead"),
            pytest.param({"scopes": []}, "scopes", id="nothing to read"),
            pytest.param({"scopes": ["cases"]}, "scopes", id="no such kind"),
            pytest.param({"label": ""}, "label", id="for nothing"),
        ],
    )
    def test_what_cannot_be(self, body, administrator, values, at):
        with pytest.raises(ValidationError) as refused:
            give(body, administrator, **values)
        assert list(refused.value.error_dict) == [at]

    @pytest.mark.parametrize("day", [date(2026, 3, 2), date(2027, 3, 3)])
    def test_first_and_last_possible_day(self, body, administrator, day):
        assert give(body, administrator, expires_on=day)[0].expires_on == day

    def test_nobody_gives_access_to_what_is_anothers(self, body, administrator):
        other = factories.make_organisation("housing", kind="commissioning_body")
        with pytest.raises(ValidationError, match="selbst lesen"):
            give(other, administrator)
        manager = factories.make_member(body, roles=["manager"]).user
        with pytest.raises(ValidationError, match="selbst lesen"):
            give(body, manager)

    def test_no_provider_has_programs(self):
        provider = factories.make_organisation("provider")
        by = factories.make_user("root", is_superuser=True)
        with pytest.raises(ValidationError) as refused:
            give(provider, by)
        assert list(refused.value.error_dict) == ["organisation"]

    def test_scopes_are_those_of_endpoints(self):
        assert set(SCOPES) == set(router.scopes())


class TestReading:
    def test_contracts_of_its_body_alone(self, body, administrator):
        own = factories.make_contract("V-1", body=body)
        other = factories.make_organisation("housing", kind="commissioning_body")
        foreign = factories.make_contract("V-2", body=other)
        _token, written = give(body, administrator)

        found = read(written).json()
        assert [item["number"] for item in found["items"]] == ["V-1"]
        assert found["items"][0]["commissioning_body"] == "jobcenter"
        assert read(written, f"{CONTRACTS}{own.pk}/").json()["provider"] == "provider"
        for path in (f"{foreign.pk}/", f"{foreign.pk}/editions/", f"{foreign.pk}/editions/1/"):
            assert read(written, CONTRACTS + path).status_code == 404
        assert read(written, number="V-2").json()["items"] == []

    def test_asked_by_provider_and_day(self, body, administrator):
        contract = factories.make_contract("V 1/2010", body=body)
        factories.make_contract("V-2", body=body, provider=factories.make_organisation("second"))
        factories.amend(contract, applies_from=date(2024, 7, 1), title="Amended")
        _token, written = give(body, administrator)

        (item,) = read(written, provider="provider").json()["items"]
        assert (item["edition"], item["title"]) == (2, "Amended")
        (item,) = read(written, number="V 1/2010", as_of="2024-06-30").json()["items"]
        assert (item["edition"], item["title"]) == (1, "Contract")

    def test_draft_of_a_contract_is_not_there(self, body, administrator):
        contract = factories.make_contract("V-1", body=body)
        type(contract).objects.create(
            number="V-2", title="Draft", commissioning_body=body, live=False,
            provider=contract.provider, applies_from=date(2026, 1, 1),
        )  # fmt: skip
        _token, written = give(body, administrator)
        assert [item["number"] for item in read(written).json()["items"]] == ["V-1"]

    def test_what_was_concluded_stays_though_taken_off_line(self, body, administrator):
        contract = factories.make_contract("V-1", body=body)
        contract.unpublish()
        _token, written = give(body, administrator)
        assert read(written, f"{CONTRACTS}{contract.pk}/").status_code == 200

    def test_forms_with_their_scope(self, body, administrator):
        form = factories.make_definition("report")
        contracts, forms = (
            give(body, administrator, scopes=[scope])[1] for scope in ("contracts", "forms")
        )
        path = f"/api/v2/forms/{form.pk}/"
        assert read(forms, path).json()["questions"][0]["key"]
        refused = read(contracts, path)
        assert refused.status_code == 403
        assert "“forms”; it has: contracts" in refused.json()["detail"]

    def test_neither_shared_caches_nor_strangers_get_it(self, body, administrator, client):
        _token, written = give(body, administrator)
        answer = read(written)
        assert "no-store" in answer["Cache-Control"]
        assert "Authorization" in answer["Vary"]
        assert client.get(CONTRACTS).status_code == 401

    def test_tells_when_nothing_changed(self, body, administrator):
        contract = factories.make_contract("V-1", body=body)
        _token, written = give(body, administrator)
        client = Client(headers={"Authorization": f"Bearer {written}"})
        tag = client.get(CONTRACTS)["ETag"]
        assert client.get(CONTRACTS, headers={"If-None-Match": tag}).status_code == 304
        factories.amend(contract, applies_from=date(2024, 7, 1), title="Amended")
        assert client.get(CONTRACTS, headers={"If-None-Match": tag}).status_code == 200
        assert Client().get(CONTRACTS, headers={"If-None-Match": tag}).status_code == 401

    def test_number_of_queries_does_not_grow(self, body, administrator):
        _token, written = give(body, administrator)
        read(written)  # notes its use
        counted = []
        for count in (1, 9):
            for _each in range(count):
                factories.make_contract(body=body)
            with CaptureQueriesContext(connection) as queries:
                assert read(written, fields="*").status_code == 200
            counted.append(len(queries))
        assert counted == [3, 3]  # the token, the items, how many there are


class TestEnding:
    def refused(self, written: str) -> bool:
        answers = [read(written), read(written, "/api/v2/catalogues/")]
        return {answer.status_code for answer in answers} == {401}

    def test_expired(self, body, administrator):
        _token, written = give(body, administrator, expires_on=date(2026, 3, 31))
        with time_machine.travel(datetime(2026, 3, 31, 23, 59, tzinfo=BERLIN)):
            assert read(written).status_code == 200
        with time_machine.travel(datetime(2026, 4, 1, 0, 0, 1, tzinfo=BERLIN)):
            assert self.refused(written)

    def test_revoked(self, body, administrator):
        token, written = give(body, administrator)
        _other, kept = give(body, administrator)
        revoke_api_token(token, by=administrator, reason="Lost")
        assert self.refused(written)
        assert read(kept).status_code == 200
        last = history_model(ApiToken).objects.filter(id=token.pk).latest("history_id")
        assert (last.history_change_reason, last.history_user_id) == ("Lost", administrator.pk)

    def test_revoked_once_and_with_a_reason(self, body, administrator):
        token, _written = give(body, administrator)
        with pytest.raises(ValidationError, match="Grund"):
            revoke_api_token(token, by=administrator, reason=" ")
        revoke_api_token(token, by=administrator, reason="Lost")
        with pytest.raises(ValidationError, match="bereits widerrufen"):
            revoke_api_token(token, by=administrator, reason="Lost again")

    def test_revoked_by_nobody_is_no_state(self, body, administrator):
        token, _written = give(body, administrator)
        token.revoked_at = token.given_at
        with pytest.raises(IntegrityError), transaction.atomic():
            token.save()

    def test_secret_and_prefix_belong_together(self, body, administrator):
        written = [give(body, administrator)[1].split("_", 2) for _each in range(2)]
        (_fw, first, _own), (_also, _second, other) = written
        for wrong in (f"fw_{first}_{other}", f"fw_{first}_", f"fw_{'0' * 12}_{other}", other, ""):
            assert self.refused(wrong)


class TestUse:
    def test_noted_once_an_hour(self, body, administrator):
        token, written = give(body, administrator)
        for minutes in (0, 10, 29, 30, 45, 200):
            with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
                assert read(written).status_code == 200
        noted = Event.objects.filter(kind=Event.Kind.API).order_by("at")
        assert [event.at for event in noted] == [
            NOON,
            NOON + timedelta(minutes=30),
            NOON + timedelta(minutes=200),
        ]
        assert {(e.title, e.object_number, e.actor_number) for e in noted} == {
            ("Website", token.pk, None)
        }
        token.refresh_from_db()
        assert token.last_used_at == NOON + timedelta(minutes=200)

    def test_what_is_refused_is_no_use(self, body, administrator):
        token, written = give(body, administrator)
        revoke_api_token(token, by=administrator, reason="Lost")
        read(written)
        token.refresh_from_db()
        assert token.last_used_at is None
        assert not Event.objects.filter(kind=Event.Kind.API).exists()


class TestPages:
    def test_given_shown_once_revoked(self, body, administrator, client):
        client.force_login(administrator)
        page = client.get(reverse("api-token-give"))
        assert page.context["form"].fields["organisation"].initial == body
        sent = {
            "label": "Website",
            "organisation": body.pk,
            "scopes": ["contracts"],
            "expires_on": "31.03.2026",
            "_reference": page.context["reference"],
        }
        given = client.post(reverse("api-token-give"), sent)
        token = ApiToken.objects.get()
        assert given.url == reverse("api-token", args=[token.pk])
        session = repr(dict(client.session))

        shown = client.get(given.url).content.decode()
        written = re.search(r"fw_[0-9a-f]{12}_[\w-]{43}", shown)[0]
        assert read(written).status_code == 200
        assert written.split("_", 2)[2] not in session
        again = client.get(given.url).content.decode()
        assert written not in again
        assert f"fw_{token.prefix}" in again
        assert client.post(reverse("api-token-give"), sent).url == given.url
        assert ApiToken.objects.count() == 1

        client.post(reverse("api-token-revoke", args=[token.pk]), {"reason": "Lost"})
        assert read(written).status_code == 401
        assert "widerrufen" in client.get(reverse("api-tokens")).content.decode()
        told = client.get(reverse("api-token", args=[token.pk]), {"tab": "history"})
        assert "ein Programm" in told.content.decode()

    def test_of_two_given_in_two_windows_each_page_shows_its_own(self, body, administrator, client):
        client.force_login(administrator)
        sent = {"organisation": body.pk, "scopes": ["contracts"], "expires_on": "31.03.2026"}
        pages = []
        for label in ("One", "Two"):
            page = client.get(reverse("api-token-give"))
            own = {"label": label, "_reference": page.context["reference"]}
            pages.append(client.post(reverse("api-token-give"), sent | own).url)
        for label, url in zip(("One", "Two"), pages, strict=True):
            prefix = ApiToken.objects.get(label=label).prefix
            shown = client.get(url).content.decode()
            (written,) = set(re.findall(r"fw_[0-9a-f]{12}_[\w-]{43}", shown))
            assert written.startswith(f"fw_{prefix}_") and read(written).status_code == 200
            assert written not in client.get(url).content.decode()

    @pytest.mark.parametrize(
        ("day", "state"),
        [
            pytest.param(date(2026, 3, 2), "valid", id="given"),
            pytest.param(date(2026, 4, 30), "valid", id="31 days before its last"),
            pytest.param(date(2026, 5, 1), "ending", id="30 days before"),
            pytest.param(date(2026, 5, 31), "ending", id="last day"),
            pytest.param(date(2026, 6, 1), "expired", id="a day later"),
        ],
    )
    def test_state_of_a_day(self, body, administrator, client, day, state):
        give(body, administrator, expires_on=date(2026, 5, 31))
        with time_machine.travel(datetime.combine(day, NOON.timetz())):
            client.force_login(administrator)
            (row,) = client.get(reverse("api-tokens")).context["table"].rows
            assert row.record.state == state
            home = client.get(reverse("home")).content.decode()
            assert ("Website" in home) == (state == "ending")
