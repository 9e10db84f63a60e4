"""Wagtail's own addresses, walked as a manager of another commissioning body.

Whatever they list, choose from or report on: nothing of a contract that is not one's own, nor of
the people who work on it; of content that all bodies share, nothing of the people. New addresses
of a newer Wagtail are walked as soon as they exist.
"""

import re
from datetime import date
from io import BytesIO
from itertools import product
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from wagtail.admin.models import EditingSession
from wagtail.models import ModelLogEntry, TaskState, WorkflowState

from base.acting import acting_as
from base.editions import publish
from base.studio.approval import drafts
from base.studio.rooms import CLOSED, CLOSED_WINGS, REPORTS, scoped_drafts
from cms.content.description import DescriptionContent
from cms.models import Catalogue, Description
from forms.models import FormDefinition
from tests.factories import (
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_definition,
    make_member,
    make_organisation,
    make_user,
)
from tests.invariants.rows.test_addresses import ACCOUNTS, STUDIO, patterns

pytestmark = pytest.mark.django_db

User = get_user_model()
NUMBER, TITLE = "ZWETSCHGE-77", "Vertrag Mirabelle"
PEOPLE = ("Quittenbaum", "Holunderbusch")
SECRETS = (NUMBER, TITLE, *PEOPLE)

FILLED = {
    "app_label": "{app}",
    "app_name": "{app}",
    "content_type_app_name": "{app}",
    "model_name": "{model}",
    "content_type_model_name": "{model}",
    "object_id": "{key}",
    "action": "delete",
    "action_name": "approve",
    "filter_spec": "width-10",
    "uidb64": "x",
    "token": "y",
}
"""What text in an address is filled with; numbers are tried one by one."""

ASKED_WITH = (
    "", "?q=ZWETSCHGE", "?export=csv", "?export=xlsx", "?id={key}", "?p=1&items_per_page=100",
)  # fmt: skip


@pytest.fixture
def people():
    """Who writes and who approves, in one commissioning body."""
    body = make_commissioning_body()
    return [
        make_member(
            body,
            roles=["manager", "administrator"],
            user=make_user(name.lower(), first_name="Q", last_name=name),
        ).user
        for name in PEOPLE
    ]


def worked_on(stored, people) -> dict:
    """A draft in every state that Wagtail keeps: submitted, locked, being edited."""
    author, approver = people
    with acting_as(author):
        draft = stored.get_latest_revision_as_object()
        draft.title = TITLE
        revision = draft.save_revision(user=author, log_action=True)
        stored.refresh_from_db()
        state = stored.get_workflow().start(stored, author)
        type(stored).objects.filter(pk=stored.pk).update(locked=True, locked_by=author)
    kind = ContentType.objects.get_for_model(stored)
    session = EditingSession.objects.create(
        user=approver,
        content_type=kind,
        object_id=str(stored.pk),
        last_seen_at="2030-01-01T00:00Z",
    )
    keys = {
        stored.pk,
        revision.pk,
        state.pk,
        TaskState.objects.get(workflow_state=state).pk,
        session.pk,
        kind.pk,
    }
    assert WorkflowState.objects.count() == 1
    return {"draft": stored, "own": author, "keys": sorted(keys)}


@pytest.fixture
def world(people):
    """A contract of one body."""
    made = worked_on(make_contract(NUMBER, title=TITLE), people)
    assert ModelLogEntry.objects.filter(label__contains=NUMBER).exists()
    return made


@pytest.fixture
def foreign():
    housing = make_organisation("housing", kind="commissioning_body")
    return make_member(housing, roles=["manager", "administrator"]).user


def studio() -> list[tuple[str, URLPattern]]:
    return [
        (path, pattern)
        for path, pattern in patterns(get_resolver().url_patterns)
        if path.startswith(STUDIO)
    ]


PLACE = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>[^)]*\)|\(([^()]*)\)")


def addresses(draft, keys) -> dict[str, bool]:
    """Every address of the studio about that draft, each number tried with each key.

    With whether it names nothing, and is asked in several ways. Where there are more than two
    numbers, all but the first are the same: a comparison names a row and two revisions of it, and
    of the keys one is a revision.
    """
    found, own = {}, draft._meta
    about = {"app": own.app_label, "model": own.model_name, "key": draft.pk}
    for path, _pattern in studio():
        kind = re.search(r"snippets/(?:choose/)?(cms|contracts|forms)/(\w+)/", path)
        if kind and kind.groups() != (own.app_label, own.model_name) and "<" in path:
            continue
        path = path.replace("^", "").replace("$", "").replace(r"\.", ".")
        choices = []
        for kind, name, named, choice in PLACE.findall(path):
            name = name or named
            if name in FILLED:
                choices.append([FILLED[name].format(**about)])
            elif kind == "int" or choice or named:
                choices.append([str(key) for key in keys])
            else:
                choices.append([str(draft.pk)])
        for values in product(*choices):
            tried = [value for value, choice in zip(values, choices, strict=True) if choice[1:]]
            if len(set(tried[1:])) > 1:
                continue
            filled = iter(values)
            address = "/" + PLACE.sub(lambda _match, filled=filled: next(filled), path)
            found[address] = not choices
    return found


def said(client: Client, url: str) -> str:
    answer = client.get(url)
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if text.startswith(b"PK"):
        with ZipFile(BytesIO(text)) as book:
            text = b"".join(map(book.read, book.namelist()))
    return f"{answer.headers}{text.decode(errors='replace')}"


# Who may see what was found, and what of it is said, is decided in Python. That the same rows are
# found on both databases is asked of the querysets themselves (tests/invariants/rows/
# test_scoping.py, tests/contracts/test_studio_scope.py); an answer of 500 would pass here.
walked = pytest.mark.once


def told_to(user, world, secrets, *, only_of_kind: bool = False) -> list[tuple[str, str]]:
    """Where the studio tells somebody one of these words, in whatever capitals.

    All of it, or what is about the kind of draft alone.
    """
    client = Client(raise_request_exception=False)
    client.force_login(user)
    told, asked = [], []
    kind = "{0.app_label}/{0.model_name}/".format(world["draft"]._meta)
    for address, several in addresses(world["draft"], world["keys"]).items():
        if only_of_kind and kind not in address:
            continue
        for question in ASKED_WITH if several else ASKED_WITH[:1]:
            url = address + question.format(key=world["draft"].pk)
            if not client.cookies[settings.SESSION_COOKIE_NAME].value:  # one address signs out
                client.force_login(user)
            text = said(client, url).lower()
            asked.append(url)
            told += [(url, secret) for secret in secrets if secret.lower() in text]
    assert len(asked) > (50 if only_of_kind else 300)
    return told


@walked
def test_nothing_of_another_bodys_contract_is_told_anywhere(world, foreign):
    assert told_to(foreign, world, SECRETS) == []


def make_description() -> Description:
    author, approver = make_user(), make_user()
    content = DescriptionContent(title="Shared", offer=["Help"])
    draft = Description(key="shared")
    publish(draft, content, applies_from=date(2024, 1, 1), authors=[author], approver=approver)
    return draft


MAKE = {
    Catalogue: lambda: make_catalogue("shared").catalogue,
    Description: make_description,
    FormDefinition: lambda: make_definition("shared"),
}
SHARED = [model for model in drafts() if model not in scoped_drafts()]


@walked
@pytest.mark.parametrize("model", SHARED, ids=lambda model: model.__name__)
def test_of_shared_content_another_body_learns_of_no_person(people, foreign, model):
    """Neither who wrote, submitted, locked or approves it nor who is editing it right now."""
    world = worked_on(MAKE[model](), people)
    # What is there for all kinds is walked with one of them.
    assert told_to(foreign, world, PEOPLE, only_of_kind=model is not SHARED[0]) == []
    # Their own body reads them, on each of the pages that name anybody.
    client = Client()
    client.force_login(world["own"])
    viewset = model.snippet_viewset
    for name in ("history", "edit", "workflow_history"):
        url = reverse(viewset.get_url_name(name), args=[world["draft"].pk])
        assert PEOPLE[0] in said(client, url), name
    client.force_login(foreign)
    for name in ("history", "workflow_history"):
        url = reverse(viewset.get_url_name(name), args=[world["draft"].pk])
        assert "jemand aus einem anderen Amt" in said(client, url), name


def workspace(keys) -> list[str]:
    """Every address beside the studio's, each number and name tried with each key."""
    paths = (path for path, _pattern in patterns(get_resolver().url_patterns))
    paths = [path for path in paths if not path.startswith((STUDIO, ACCOUNTS))]
    return sorted({"/" + PLACE.sub(str(key), path) for path in paths for key in keys})


@walked
def test_of_shared_content_the_workspace_names_no_person_of_another_body(people, foreign):
    """Where it is read and approved, where its history stands, in files and over the API."""
    edition = make_catalogue("shared")
    for person in (*User.objects.filter(username__in=edition.authors), edition.approved_by):
        person.first_name, person.last_name = "Q", PEOPLE[0]
        person.save()
        make_member(make_commissioning_body(), roles=["manager"], user=person)
    worked_on(edition.catalogue, people)
    task = TaskState.objects.get()
    client = Client(raise_request_exception=False)
    client.force_login(foreign)
    addresses = workspace({edition.catalogue_id, edition.pk, task.pk})
    assert len(addresses) > 100
    told = {each: said(client, each) for each in addresses}
    assert [each for each, text in told.items() if any(name in text for name in PEOPLE)] == []
    assert "jemand aus einem anderen Amt" in told[reverse("trail")]
    client.force_login(people[1])
    assert PEOPLE[0] in said(client, reverse("approval", args=[task.pk]))


MALFORMED = {"p": "x", "id": "x", "page": "x", "position": "x", "next": "\x00"}
MISSING = {"csrfmiddlewaretoken": "x"}
"""A form of which nothing came but the token; without it, as scripts send it in a header."""


def test_malformed_input_is_refused_everywhere(world):
    """Nothing but refusals: what is not a number, forms that are not whole, methods not meant."""
    client, failed = Client(raise_request_exception=False), []
    for address in addresses(world["draft"], [world["draft"].pk]):
        client.force_login(world["own"])
        for send, values in (
            (client.get, MALFORMED), (client.post, {}), (client.post, MISSING),
            (client.post, MALFORMED),
        ):  # fmt: skip
            status = send(address, values).status_code
            failed += [(send.__name__, address, values)] if status >= 500 else []
    assert failed == []


def test_editing_is_announced_to_colleagues_alone(world, foreign):
    url = f"/studio/editing-sessions/ping/contracts/contract/{world['draft'].pk}/0/"
    answers = []
    for user in (world["own"], foreign):
        client = Client()
        client.force_login(user)
        answers.append(client.post(url))
    assert PEOPLE[1] in answers[0].content.decode()
    assert answers[1].status_code == 404


def test_ones_own_is_told_by_the_reports(world):
    """Without this, nothing above would mean anything."""
    client = Client()
    client.force_login(world["own"])
    answers = {place: client.get(f"/studio/reports/{place}/") for place in REPORTS}
    assert {place: answer.status_code for place, answer in answers.items()} == dict.fromkeys(
        REPORTS, 200
    )
    for place, answer in answers.items():
        assert NUMBER in answer.content.decode(), place


@pytest.mark.once
def test_what_is_closed_is_there_to_be_closed():
    found = get_resolver()
    names = {name for name in CLOSED if ":" not in name}
    assert names <= {pattern.name for _path, pattern in studio()}
    names |= {pattern.name for _path, pattern in studio() if pattern.name}
    names |= {f"{space}:" for space in (*found.app_dict, *found.namespace_dict)}
    assert [wing for wing in CLOSED_WINGS if not any(n.startswith(wing) for n in names)] == []
