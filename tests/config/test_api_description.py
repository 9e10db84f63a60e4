"""The content API against its own description, asked in every way the description allows."""

import shlex
import shutil
from datetime import date
from io import StringIO

import pytest
import schemathesis
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as examples

from base.api.router import router
from base.editions import publish
from cms.content.description import DescriptionContent
from cms.models import Description
from contracts.actions.give_api_token import give_api_token
from contracts.models import Organisation
from tests import factories
from tests.cms.pages import make_page

SAMPLE = settings.BASE_DIR / "sample"

pytestmark = pytest.mark.django_db


schema = schemathesis.openapi.from_wsgi("/api/v2/openapi.json", get_wsgi_application())
"""The description as a program fetches it; nobody has to sign in, no database is asked."""


@pytest.fixture
def own_connection(db):
    """Let requests stay in the test's transaction: they close the connection otherwise.

    On a busy machine half a minute can pass until the next request is made up.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def published(db) -> dict[str, int]:
    """Something of every kind, by the names of the endpoints."""
    catalogue = factories.make_catalogue("addiction")
    factories.make_catalogue("addiction", applies_from=date(2999, 1, 1))
    return {
        "catalogues": catalogue.catalogue_id,
        "contracts": factories.make_contract("V-1").pk,
        "descriptions": description().pk,
        "pages": make_page("guide", parts=[{"part": "text", "paragraphs": ["Help"]}]).pk,
        "forms": factories.make_definition().pk,
    }


def description() -> Description:
    """Return a description that is published."""
    draft = Description(key="help")
    persons = factories.make_user("author"), factories.make_user("approver")
    content = DescriptionContent(title="Help", offer=["Help"])
    publish(draft, content, applies_from=date(2024, 1, 1), authors=persons[:1], approver=persons[1])
    return draft


def token_of(body: Organisation) -> dict[str, str]:
    """Return what a program sends that reads everything of a commissioning body."""
    by = factories.make_user("programs")
    factories.make_member(body, roles=["administrator"], user=by)
    _token, written = give_api_token(
        organisation=body,
        label="Test",
        scopes=list(router.scopes()),
        expires_on=timezone.localdate(),
        by=by,
    )
    return {"Authorization": f"Bearer {written}"}


@pytest.fixture
def token(published) -> dict[str, str]:
    return token_of(factories.make_commissioning_body())


@schema.parametrize()
@examples(max_examples=30, suppress_health_check=list(HealthCheck))
def test_api_does_what_its_description_says(case, published, token, own_connection):
    """Right requests and wrong ones; the right ones about something that is there."""
    if "pk" in case.path_parameters and case.meta.generation.mode.is_positive:
        case.path_parameters["pk"] = published[case.path.split("/")[3]]
        if "number" in case.path_parameters:
            case.path_parameters["number"] = 1
    case.call_and_validate(headers=token)


def test_all_that_the_sample_agrees_on_is_as_described(own_connection, tmp_path):
    """Fields that no content made up for a test has are there, too."""
    for file in sorted(SAMPLE.glob("[1-4]*.yaml")):
        shutil.copy(file, tmp_path)
    call_command("import_data", tmp_path, "--save", stdout=StringIO())
    make_page("guide", parts=[{"part": "text", "paragraphs": ["Help"]}])
    token = token_of(Organisation.objects.get(key="jc-lindental"))
    for endpoint in router.endpoints:
        path = reverse(f"api:{endpoint.slug}:listing")
        case = schema[path]["GET"].Case(query={"fields": "*", "as_of": "2025-01-01"})
        answer = case.call_and_validate(headers=token).json()
        assert answer["meta"]["total_count"] == len(answer["items"]) > 0
        content = endpoint.model.content_model.model_fields
        assert all(set(content) < set(item) for item in answer["items"])


@pytest.mark.parametrize("endpoint", router.endpoints, ids=lambda endpoint: endpoint.slug)
def test_no_field_hides_another(endpoint):
    names = [part.name for part in endpoint.parts()]
    assert len(names) == len(set(names))
    assert set(endpoint.model.content_model.model_fields) < set(names)


def test_index_names_all_there_is(client):
    index = client.get(reverse("api:index")).json()
    assert {each["name"]: each["scope"] for each in index["endpoints"]} == {
        "catalogues": None,
        "contracts": "contracts",
        "descriptions": None,
        "forms": "forms",
        "pages": None,
    }
    assert {
        each["name"]: each["wider_scope"] for each in index["endpoints"] if not each["scope"]
    } == {
        "catalogues": None,
        "descriptions": None,
        "pages": "pages",
    }
    assert client.get(index["description_url"]).json()["openapi"] == "3.1.0"


COMMANDS = [
    line
    for line in (settings.BASE_DIR / "docs" / "api.md").read_text("utf-8").splitlines()
    if line.startswith("curl ")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_documents_is_answered(command, client):
    catalogue = factories.make_catalogue("suchthilfe", title="Suchthilfe").catalogue_id
    factories.make_contract("V-1", provider=factories.make_organisation("schuldnerhilfe-kompass"))
    token = token_of(factories.make_commissioning_body())
    words = shlex.split(command)
    given = [words[place + 1] for place, word in enumerate(words) if word == "-H"]
    headers = dict(line.split(": ", 1) for line in given)
    if "Authorization" in headers:
        assert headers["Authorization"].startswith("Bearer fw_")
        headers = token
    address = words[-1].removeprefix("https://example.org")
    address = address.replace("/catalogues/1/", f"/catalogues/{catalogue}/")

    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    assert "items" not in answer.json() or answer.json()["items"]


def test_documents_have_commands():
    assert len(COMMANDS) == 6
