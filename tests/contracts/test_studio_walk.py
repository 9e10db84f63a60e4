"""Wagtail's own addresses, walked as a manager of another commissioning body.

Whatever they list, choose from or report on: nothing of a contract that is not one's own, nor of
the people who work on it. New addresses of a newer Wagtail are walked as soon as they exist.
"""

import re
from itertools import product

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, get_resolver
from wagtail.admin.models import EditingSession
from wagtail.models import ModelLogEntry, TaskState, WorkflowState

from base.acting import acting_as
from base.studio.rooms import CLOSED, CLOSED_NAMESPACES, REPORTS
from contracts.models import Contract
from tests.factories import (
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_user,
)
from tests.invariants.rows.test_addresses import STUDIO, patterns

pytestmark = pytest.mark.django_db

NUMBER, TITLE = "ZWETSCHGE-77", "Vertrag Mirabelle"
PEOPLE = ("Quittenbaum", "Holunderbusch")
SECRETS = (NUMBER, TITLE, *PEOPLE)

FILLED = {
    "app_label": "contracts",
    "app_name": "contracts",
    "content_type_app_name": "contracts",
    "model_name": "contract",
    "content_type_model_name": "contract",
    "object_id": "{contract}",
    "action": "delete",
    "action_name": "approve",
    "filter_spec": "width-10",
    "uidb64": "x",
    "token": "y",
}
"""What text in an address is filled with; numbers are tried one by one."""

ASKED_WITH = ("", "?q=ZWETSCHGE", "?export=csv", "?id={contract}", "?p=1&items_per_page=100")


@pytest.fixture
def world():
    """A contract of one body in every state that Wagtail keeps: submitted, locked, being edited."""
    body = make_commissioning_body()
    author, approver = (
        make_member(
            body,
            roles=["manager", "administrator"],
            user=make_user(name.lower(), first_name="Q", last_name=name),
        ).user
        for name in PEOPLE
    )
    contract = make_contract(NUMBER, title=TITLE)
    with acting_as(author):
        draft = contract.get_latest_revision_as_object()
        draft.title = TITLE
        revision = draft.save_revision(user=author, log_action=True)
        contract.refresh_from_db()
        state = contract.get_workflow().start(contract, author)
        Contract.objects.filter(pk=contract.pk).update(locked=True, locked_by=author)
    kind = ContentType.objects.get_for_model(Contract)
    session = EditingSession.objects.create(
        user=approver,
        content_type=kind,
        object_id=str(contract.pk),
        last_seen_at="2030-01-01T00:00Z",
    )
    assert ModelLogEntry.objects.filter(label__contains=NUMBER).exists()
    keys = {
        contract.pk,
        revision.pk,
        state.pk,
        TaskState.objects.get(workflow_state=state).pk,
        session.pk,
        kind.pk,
    }
    assert WorkflowState.objects.count() == 1
    return {"contract": contract, "own": author, "keys": sorted(keys)}


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


def addresses(contract, keys) -> dict[str, bool]:
    """Every address of the studio about that contract, each number tried with each key.

    With whether it names nothing, and is asked in several ways. Drafts of other kinds belong to
    everybody.
    """
    found = {}
    for path, _pattern in studio():
        if re.search(r"snippets/(choose/)?(cms|forms)/", path) and "<" in path:
            continue
        path = path.replace("^", "").replace("$", "").replace(r"\.", ".")
        choices = []
        for kind, name, named, choice in PLACE.findall(path):
            name = name or named
            if name in FILLED:
                choices.append([FILLED[name].format(contract=contract.pk)])
            elif kind == "int" or choice or named:
                choices.append([str(key) for key in keys])
            else:
                choices.append([str(contract.pk)])
        for values in product(*choices):
            filled = iter(values)
            address = "/" + PLACE.sub(lambda _match, filled=filled: next(filled), path)
            found[address] = not choices
    return found


def said(client: Client, url: str) -> str:
    answer = client.get(url)
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{answer.headers}{text.decode(errors='replace')}"


def test_nothing_of_another_bodys_contract_is_told_anywhere(world, foreign):
    client = Client(raise_request_exception=False)
    client.force_login(foreign)
    told, asked = [], 0
    for address, several in addresses(world["contract"], world["keys"]).items():
        for question in ASKED_WITH if several else ASKED_WITH[:1]:
            url = address + question.format(contract=world["contract"].pk)
            if "_auth_user_id" not in client.session:  # one of the addresses signs out
                client.force_login(foreign)
            text = said(client, url)
            asked += 1
            told += [(url, secret) for secret in SECRETS if secret in text]
    assert asked > 300
    assert told == []


def test_editing_is_announced_to_colleagues_alone(world, foreign):
    url = f"/studio/editing-sessions/ping/contracts/contract/{world['contract'].pk}/0/"
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
    spaces = set(found.app_dict) | set(found.namespace_dict)
    assert any(space.startswith(CLOSED_NAMESPACES) for space in spaces)
