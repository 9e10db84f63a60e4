"""The content API: what is published, for everybody, in all its editions."""

import json
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import parse_http_date

from base.editions import publish
from cms.content.catalogue import CatalogueContent
from cms.models import Catalogue, ContentPage
from contracts.actions.give_api_token import give_api_token
from tests.cms.pages import AS_OF, make_page
from tests.factories import (
    make_catalogue,
    make_commissioning_body,
    make_member,
    make_organisation,
    make_user,
)

pytestmark = pytest.mark.django_db

ROOT = "/api/v2/"
LIST = f"{ROOT}catalogues/"
BERLIN = ZoneInfo("Europe/Berlin")


def ask(client: Client, path: str, *, status: int = 200, **parameters) -> dict:
    """Return what the API answers."""
    response = client.get(f"{path}?{urlencode(parameters)}" if parameters else path)
    assert response.status_code == status, response.content
    return response.json()


def refusal(client: Client, path: str, *, status: int = 400, **parameters) -> str:
    """Return why the API refuses; a refusal says so in the one form there is."""
    response = client.get(f"{path}?{urlencode(parameters)}" if parameters else path)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem.keys()) == (status, {"type", "title", "status", "detail"})
    return problem["detail"]


@pytest.fixture
def addiction():
    """A catalogue in three editions; the last one is to come. Returns its address."""
    make_catalogue("addiction", applies_from=date(2010, 1, 1))
    make_catalogue(
        "addiction", applies_from=date(2024, 7, 1), modules=("m1", "m2", "m3"), title="Suchthilfe"
    )
    make_catalogue("addiction", applies_from=date(2999, 1, 1), modules=("m1",))
    return f"{LIST}{Catalogue.objects.get(key='addiction').pk}/"


class TestLists:
    def test_each_in_the_edition_in_force_by_key(self, client, addiction):
        make_catalogue("zeal", title="Zeal")
        found = ask(client, LIST)

        assert found["meta"] == {"total_count": 2}
        first, second = found["items"]
        assert (first["key"], first["title"], first["edition"]) == ("addiction", "Suchthilfe", 2)
        assert (second["key"], second["edition"]) == ("zeal", 1)
        assert first["meta"]["type"] == "cms.Catalogue"
        assert first["meta"]["detail_url"] == f"http://testserver{addiction}"
        assert "modules" not in first

    @pytest.mark.parametrize(
        ("day", "edition"),
        [
            pytest.param("2010-01-01", 1, id="first day"),
            pytest.param("2024-06-30", 1, id="last day of the first"),
            pytest.param("2024-07-01", 2, id="first day of the second"),
            pytest.param("2999-01-01", 3, id="to come"),
        ],
    )
    def test_as_of_a_day(self, client, addiction, day, edition):
        (item,) = ask(client, LIST, as_of=day)["items"]
        assert item["edition"] == ask(client, addiction, as_of=day)["edition"] == edition

    def test_before_its_first_day_it_is_not_there(self, client, addiction):
        assert ask(client, LIST, as_of="2009-12-31") == {"meta": {"total_count": 0}, "items": []}
        told = refusal(client, addiction, status=404, as_of="2009-12-31")
        assert "2009-12-31" in told
        assert "2010-01-01" in told

    def test_parts_of_a_list(self, client):
        for number in range(5):
            make_catalogue(f"c{number}")
        found = ask(client, LIST, limit=2, offset=3, fields="_,key")
        assert found == {"meta": {"total_count": 5}, "items": [{"key": "c3"}, {"key": "c4"}]}

    def test_order(self, client):
        for key, title in (("a", "Same"), ("b", "Other"), ("c", "Same")):
            make_catalogue(key, title=title)
        by_title = ask(client, LIST, order="-title,-key", fields="_,key")["items"]
        assert [item["key"] for item in by_title] == ["c", "a", "b"]

    def test_search_finds_words_in_the_title_of_that_day(self, client, addiction):
        make_catalogue("debt", title="Schuldnerberatung im Kreis")
        found = ask(client, LIST, search="kreis beratung", fields="_,key")["items"]
        assert found == [{"key": "debt"}]
        assert ask(client, LIST, search="suchthilfe")["meta"]["total_count"] == 1
        then = ask(client, LIST, search="suchthilfe", as_of="2024-06-30")
        assert then["meta"]["total_count"] == 0

    def test_one_by_its_key(self, client, addiction):
        make_catalogue("addiction-2")
        found = ask(client, LIST, key="addiction", fields="_,key")
        assert found == {"meta": {"total_count": 1}, "items": [{"key": "addiction"}]}

    def test_all_fields_of_all(self, client, addiction):
        (item,) = ask(client, LIST, fields="*,-detail_url", as_of="2010-01-01")["items"]
        assert [module["key"] for module in item["modules"]] == ["m1", "m2"]
        assert "detail_url" not in item["meta"]

    @pytest.mark.parametrize("fields", ["", "*"])
    def test_number_of_queries_does_not_grow(self, client, fields):
        counted = []
        for count in (1, 9):
            for _each in range(count):
                make_catalogue()
            with CaptureQueriesContext(
                connection,
            ) as queries:
                ask(client, LIST, **({"fields": fields} if fields else {}))
            counted.append(len(queries))
        assert counted == [2, 2]  # the items, and how many there are


class TestEditions:
    def test_all_there_are_without_their_contents(self, client, addiction):
        found = ask(client, f"{addiction}editions/")
        assert found["meta"]["total_count"] == 3
        assert [item["edition"] for item in found["items"]] == [1, 2, 3]
        assert found["items"][1]["applies_from"] == "2024-07-01"
        assert found["items"][2]["meta"] == {
            "edition_url": f"http://testserver{addiction}editions/3/"
        }

    def test_one_by_its_number(self, client, addiction):
        third = ask(client, f"{addiction}editions/3/")
        assert (third["edition"], third["applies_from"]) == (3, "2999-01-01")
        assert third["id"] == Catalogue.objects.get().pk
        assert refusal(client, f"{addiction}editions/4/", status=404) == "There is no such edition."

    def test_a_program_reads_a_whole_catalogue_as_of_a_day(self, client, addiction):
        """As another program would: it begins at the index and follows addresses from there."""
        index = ask(client, ROOT)
        (catalogues,) = [each for each in index["endpoints"] if each["name"] == "catalogues"]
        (found,) = ask(client, catalogues["url"], key="addiction")["items"]
        whole = ask(client, found["meta"]["detail_url"], as_of="2024-06-30")

        stored = Catalogue.objects.get(key="addiction").editions.get(number=1)
        names = CatalogueContent.model_fields
        assert CatalogueContent.model_validate({name: whole[name] for name in names}) == stored.data
        assert (whole["seal"], whole["key"]) == (stored.seal, "addiction")

    def test_nobody_is_named(self, client, addiction):
        for path in (LIST, addiction, f"{addiction}editions/"):
            assert "test.author" not in json.dumps(ask(client, path))


class TestOnlyWhatIsPublished:
    def test_taken_off_line(self, client, addiction):
        Catalogue.objects.get(key="addiction").unpublish()
        assert ask(client, LIST)["items"] == []
        for path in (addiction, f"{addiction}editions/", f"{addiction}editions/1/"):
            refusal(client, path, status=404)

    def test_draft_of_what_is_published(self, client, addiction):
        draft = Catalogue.objects.get(key="addiction")
        draft.title = "Entwurf"
        draft.save_revision()
        assert ask(client, addiction)["title"] == "Suchthilfe"
        assert ask(client, LIST, search="Entwurf")["items"] == []

    def test_never_published(self, client):
        draft = Catalogue.objects.create(
            key="new", title="New", applies_from=date(2010, 1, 1), live=False
        )
        assert ask(client, LIST)["items"] == []
        refusal(client, f"{LIST}{draft.pk}/", status=404)

    @pytest.mark.parametrize("path", [f"{LIST}9223372036854775808/", f"{LIST}0/", f"{LIST}x/"])
    def test_what_is_not_there(self, client, path):
        refusal(client, path, status=404)


class TestAskingAgain:
    @pytest.mark.parametrize("path", ["", "catalogues/", "openapi.json"])
    def test_who_has_it_already_gets_nothing_again(self, client, addiction, path):
        tag = client.get(ROOT + path)["ETag"]
        again = client.get(ROOT + path, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        other = client.get(ROOT + path, headers={"If-None-Match": '"other"'})
        assert other.status_code == 200

    def test_tag_changes_when_an_edition_is_published(self, client, addiction):
        before = {path: client.get(path)["ETag"] for path in (LIST, addiction)}
        old = client.get(f"{addiction}editions/1/")["ETag"]
        make_catalogue("addiction", applies_from=date(2025, 1, 1), modules=("m9",))
        for path, tag in before.items():
            response = client.get(path, headers={"If-None-Match": tag})
            assert response.status_code == 200
            assert response["ETag"] != tag
        assert client.get(f"{addiction}editions/1/")["ETag"] == old

    def test_changes_when_the_day_has_come_on_which_an_edition_applies(self, client):
        with time_machine.travel(datetime(2024, 3, 14, 12, tzinfo=BERLIN)):
            make_catalogue("c", applies_from=date(2024, 1, 1))
            make_catalogue("c", applies_from=date(2024, 7, 1), modules=("m3",))
        path = f"{LIST}{Catalogue.objects.get().pk}/"
        with time_machine.travel(datetime(2024, 6, 30, 23, 59, tzinfo=BERLIN)):
            before = client.get(path)
        with time_machine.travel(datetime(2024, 7, 1, 0, 0, 1, tzinfo=BERLIN)):
            since = client.get(path, headers={"If-None-Match": before["ETag"]})
        assert (before.json()["edition"], since.status_code) == (1, 200)
        assert since.json()["edition"] == 2

    def test_an_edition_not_since_it_was_frozen(self, client, addiction):
        path = f"{addiction}editions/1/"
        modified = client.get(path)["Last-Modified"]
        frozen = Catalogue.objects.get().editions.get(number=1).frozen_at
        assert parse_http_date(modified) == int(frozen.timestamp())
        assert client.get(path, headers={"If-Modified-Since": modified}).status_code == 304

    def test_what_is_published_with_an_old_date_is_new_all_the_same(self, client, addiction):
        """So what changes has no date to ask by, only a tag."""
        assert "Last-Modified" not in client.get(addiction)
        assert "Last-Modified" not in client.get(LIST)

    def test_head_says_the_same_without_the_content(self, client, addiction):
        path = f"{addiction}editions/1/"
        whole, head = client.get(path), client.head(path)
        assert head.content == b""
        assert (head["ETag"], head["Last-Modified"]) == (whole["ETag"], whole["Last-Modified"])


class TestRefusals:
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
    @pytest.mark.parametrize("path", ["", "openapi.json", "catalogues/", "catalogues/1/"])
    def test_other_methods(self, client, path, method):
        response = getattr(Client(enforce_csrf_checks=True), method)(ROOT + path)
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, OPTIONS"
        assert response["Content-Type"] == "application/problem+json"

    def test_methods_are_told_to_whoever_asks(self, client):
        response = client.options(LIST)
        assert (response.status_code, response["Allow"]) == (204, "GET, HEAD, OPTIONS")

    @pytest.mark.parametrize(
        ("parameters", "said"),
        [
            pytest.param({"am": "2024-07-01"}, ["am", "as_of", "fields", "search"], id="unknown"),
            pytest.param({"as_of": "1.7.2024"}, ["as_of", "2024-07-01"], id="no ISO day"),
            pytest.param({"as_of": "1719792000"}, ["as_of", "2024-07-01"], id="seconds"),
            pytest.param({"as_of": "2024-02-30"}, ["as_of"], id="no day of the calendar"),
            pytest.param({"fields": "nothing"}, ["fields", "modules", "need_groups"], id="field"),
            pytest.param({"fields": "*,key"}, ["fields"], id="more than all"),
            pytest.param({"order": "modules"}, ["order", "key, title, applies_from"], id="order"),
            pytest.param({"limit": "101"}, ["limit", "100"], id="too many"),
            pytest.param({"limit": "all"}, ["limit", "integer"], id="no number"),
            pytest.param({"offset": "-1"}, ["offset", "0"], id="before the first"),
            pytest.param({"search": "a\x00"}, ["search"], id="not printable"),
            pytest.param({"key": "a b"}, ["key"], id="no key"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_asked_for_is_named_with_what_can(self, client, parameters, said):
        told = refusal(client, LIST, **parameters)
        assert [word for word in said if word not in told] == []

    @pytest.mark.parametrize("value", ["json", "api", ""])
    def test_there_is_one_format(self, client, value):
        assert "format" in refusal(client, LIST, format=value)

    def test_twice_the_same(self, client):
        assert "limit" in refusal(client, f"{LIST}?limit=1&limit=2")

    @pytest.mark.parametrize(
        "path", ["/api/", "/api/v1/catalogues/", f"{ROOT}nothing/", "/api/%00"]
    )
    def test_addresses_that_are_none(self, client, path):
        assert ROOT in refusal(client, path, status=404)

    def test_address_without_its_slash_leads_on(self, client):
        response = client.get(f"{ROOT}catalogues?limit=1")
        assert (response.status_code, response["Location"]) == (301, f"{LIST}?limit=1")

    def test_something_else_than_json(self, client):
        response = client.get(LIST, headers={"Accept": "text/html"})
        assert response.status_code == 406
        assert response["Content-Type"] == "application/problem+json"

    def test_what_nobody_expected(self, client, monkeypatch, addiction, caplog):
        monkeypatch.setattr(CatalogueContent, "model_dump", lambda *_args, **_kwargs: 1 / 0)
        client.raise_request_exception = False
        assert "logged" in refusal(client, addiction, status=500)
        assert "ZeroDivisionError" in caplog.text


class TestWhoAsks:
    def test_session_of_the_workspace_counts_for_nothing(self, client, addiction):
        """Neither does it open more, nor is it prolonged, nor set, nor ended."""
        signed_in = Client()
        signed_in.force_login(get_user_model().objects.create_superuser("root"))
        stranger = client.get(LIST)
        response = signed_in.get(LIST)
        assert (response.content, response["Cache-Control"]) == (
            stranger.content,
            "public, no-cache",
        )
        assert response.cookies == {}

    @pytest.mark.parametrize("written", ["Bearer fw_wrong", "Basic cm9vdDpyb290", "fw_wrong"])
    def test_wrong_token_is_refused_where_none_is_needed_too(self, client, written):
        response = client.get(LIST, headers={"Authorization": written})
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="Fallwerk", error="invalid_token"'

    def test_pages_of_others_may_read_what_all_may(self, client):
        response = client.get(LIST, headers={"Origin": "https://town.example"})
        assert response["Access-Control-Allow-Origin"] == "*"
        asked = client.options(
            LIST,
            headers={
                "Origin": "https://town.example",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization",
            },
        )
        assert "authorization" not in asked["Access-Control-Allow-Headers"].lower()
        assert "Access-Control-Allow-Credentials" not in asked
        assert "Access-Control-Allow-Origin" not in client.get("/leistungen/")


class TestPages:
    """Who reads what through the API is who reads it on the web, at most."""

    PAGES = f"{ROOT}pages/"

    @pytest.fixture
    def body(self):
        return make_commissioning_body()

    @pytest.fixture
    def token(self, body):
        """Return what a program sends that has a token of the body for these scopes."""
        by = make_member(body, roles=["administrator"]).user

        def of(*scopes) -> Client:
            given = {"label": "P", "scopes": scopes, "expires_on": timezone.localdate()}
            _token, written = give_api_token(organisation=body, by=by, **given)
            return Client(headers={"Authorization": f"Bearer {written}"})

        return of

    @pytest.fixture
    def pages(self, body):
        """For everybody, for staff, for one body and another; and below one that is for staff."""
        make_organisation("housing", kind="commissioning_body")
        staff = make_page("for-staff", audience="staff", kind="section")
        make_page("for-all", parts=[{"part": "text", "paragraphs": ["Help"]}])
        make_page("for-body", audience="body", body=body.key)
        make_page("for-housing", audience="body", body="housing")
        make_page("below-staff", below=staff)
        return {"for-all", "for-staff", "for-body", "for-housing", "below-staff"}

    def found(self, client, pages) -> set[str]:
        items = ask(client, self.PAGES, fields="_,slug", limit=100)["items"]
        return {item["slug"] for item in items} & pages

    def test_everybody_reads_what_is_for_everybody(self, client, pages, token):
        assert self.found(client, pages) == {"for-all"}
        assert self.found(token("contracts"), pages) == {"for-all"}

    def test_a_token_for_pages_reads_what_its_body_may_see(self, pages, token):
        own = {"for-all", "for-staff", "for-body", "below-staff"}
        assert self.found(token("pages"), pages) == own

    def test_none_is_found_by_its_number_either(self, client, pages, token):
        for page in ContentPage.objects.filter(slug__in=pages - {"for-all"}):
            for path in (f"{page.pk}/", f"{page.pk}/editions/", f"{page.pk}/editions/1/"):
                refusal(client, f"{self.PAGES}{path}", status=404)
        housing = ContentPage.objects.get(slug="for-housing")
        refusal(token("pages"), f"{self.PAGES}{housing.pk}/", status=404)

    def test_what_was_for_staff_stays_for_staff_when_the_page_is_for_all(self, client, token):
        page = make_page("guide", audience="staff", summary="Inside")
        content = page.content().model_copy(update={"audience": "public", "summary": "For all"})
        persons = make_user(), make_user()
        publish(page, content, applies_from=AS_OF, authors=persons[:1], approver=persons[1])
        said = ask(client, f"{self.PAGES}{page.pk}/")
        assert (said["edition"], said["summary"]) == (2, "For all")
        assert ask(client, f"{self.PAGES}{page.pk}/editions/")["meta"]["total_count"] == 1
        refusal(client, f"{self.PAGES}{page.pk}/editions/1/", status=404)
        whole = ask(token("pages"), f"{self.PAGES}{page.pk}/editions/")
        assert whole["meta"]["total_count"] == 2

    def test_the_newest_counts_though_it_is_right_up_to_a_later_day(self, client):
        page = make_page("guide", summary="Old")
        content = page.content().model_copy(update={"summary": "New"})
        persons = make_user(), make_user()
        ahead = timezone.localdate() + timedelta(days=30)
        publish(page, content, applies_from=ahead, authors=persons[:1], approver=persons[1])
        assert ask(client, f"{self.PAGES}{page.pk}/")["summary"] == "New"
        assert ask(client, f"{self.PAGES}{page.pk}/", as_of=AS_OF)["summary"] == "Old"

    def test_says_where_people_read_it_and_all_it_says(self, client, pages):
        (item,) = ask(client, self.PAGES, slug="for-all", fields="*")["items"]
        assert item["address"].endswith("/wissen/for-all/")
        assert (item["title"], item["kind"]) == ("For All", "guide")
        assert item["parts"][0]["paragraphs"] == ["Help"]
        assert client.get(item["address"]).status_code == 200

    def test_what_was_taken_off_line_is_gone(self, client, pages):
        ContentPage.objects.get(slug="for-all").unpublish()
        assert self.found(client, pages) == set()
        page = ContentPage.objects.get(slug="for-all")
        refusal(client, f"{self.PAGES}{page.pk}/", status=404)
