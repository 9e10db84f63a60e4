"""What a page says is looked at, not what it asks: no value of a row its reader may not see.

Pages, tabs, searches, files and documents are walked as people of one place and of two. The
values are names of clients, labels of payroll lines, reasons typed on service records, and numbers
of contracts that are drafts yet.
"""

import io
import re
import zipfile
from collections import defaultdict, deque
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from contracts.models import Contract, PayrollLine
from forms.models import Case, ClientContact, ClientIdentity, ServiceRecord
from tests.invariants.rows.conftest import MIXED
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import (
    OF_OBJECTS,
    WITHOUT,
    allowed,
    one_of_each_party,
    reached,
)
from tests.invariants.rows.test_scoping import Rows

# Who sees and who may is found in Python, whatever the database.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

EXPLAINED = "?explained=1"
"""What a page that can say more leads to."""

READERS = (
    *MIXED,
    "director.linde",
    "auditor.genau",
    "caseworker.probe",
    "housing.auditor",
    "housing.caseworker",
    "shelter.provider_lead",
)


def names(identity: ClientIdentity) -> list[str]:
    """How pages name a client; a last name alone may be a colleague's, too."""
    first, last = identity.first_name, identity.last_name
    return [last] if "Geheim" in last else [f"{last}, {first}", f"{first} {last}"]


def draft(contract: Contract) -> list[str]:
    """What a contract is called that was never concluded: nobody is told that there is one."""
    return [] if contract.editions.exists() else [contract.number]


SECRETS = {
    Contract: ("contracts.draft_contract", draft),
    ClientIdentity: ("forms.view_clientidentity", names),
    ClientContact: (
        "forms.view_clientnumbers",
        lambda contact: [
            each for each in (contact.customer_number, contact.household_number) if each
        ],
    ),
    PayrollLine: ("contracts.view_payrollline", lambda line: [line.label]),
    ServiceRecord: ("forms.read_reason", lambda record: [record.reason] * bool(record.reason)),
}
"""What reading a value needs, and the values: they stand for themselves wherever they are shown."""


@pytest.fixture(scope="module")
def rows(world) -> Rows:
    return Rows()


def hidden_from(user, rows: Rows) -> dict[str, str]:
    """Values of rows that the person may not see, and whose they are; none they may read too."""
    values = defaultdict(set)
    for model, (permission, told) in SECRETS.items():
        seen = rows.reached(model, user, permission)
        for kind, pk in rows.rows:
            if kind is model:
                for value in told(rows.rows[kind, pk]):
                    values[value].add((model.__name__, pk in seen))
    return {
        value: min(whose)[0]
        for value, whose in values.items()
        if not any(visible for _name, visible in whose)
    }


def text_of(response) -> str:
    """Return all that an answer says, documents and tables unpacked."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if not content.startswith(b"PK"):
        return unescape(content.decode("utf-8", "replace"))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        texts = (parts.read(name) for name in parts.namelist() if name.endswith(".xml"))
        return unescape(b" ".join(texts).decode("utf-8", "replace"))


def addresses(user, rows: Rows):
    """Yield the addresses of pages that open for a person, with all that can be asked of them."""
    for page in WITHOUT:
        if allowed(page, user) and hasattr(page.view, "get"):
            yield page.url()
            if hasattr(page.view, "table_class"):
                yield f"{page.url()}?export=csv"
    for page in OF_OBJECTS:
        if not allowed(page, user) or not hasattr(page.view, "get"):
            continue
        for pk in one_of_each_party(page.view.model, sorted(reached(page, user, rows)), rows):
            yield page.url(pk)
            for tab in getattr(page.view, "own_tabs", ()):
                yield f"{page.url(pk)}?tab={tab[0]}"
    for model in (Case, ServiceRecord, PayrollLine, ClientIdentity, ClientContact):
        for kind in one_of_each_party(model, [pk for each, pk in rows.rows if each is model], rows):
            yield reverse("trail-object", args=[model._meta.label_lower, kind])
            yield reverse("trail-known", args=[model._meta.label_lower, kind])


@pytest.mark.parametrize("username", READERS)
def test_no_page_says_what_its_reader_may_not_see(username, rows):
    user = get_user_model().objects.get(username=username)
    secrets, client = hidden_from(user, rows), signed_in(user)
    assert secrets, "nothing is hidden from this person: nothing is shown"
    found, opened, explained = set(), 0, 0
    waiting = deque(addresses(user, rows))
    while waiting:
        address = waiting.popleft()
        response = client.get(address)
        if response.status_code != 200:
            continue
        opened += 1
        text = text_of(response)
        found |= {(whose, value, address) for value, whose in secrets.items() if value in text}
        if EXPLAINED in text and EXPLAINED not in address:
            explained += 1
            waiting.append(address + EXPLAINED)
    assert found == set()
    assert opened > 20
    assert explained or not user.has_perm("jobs.view_statement")


@pytest.mark.parametrize("username", READERS)
def test_nobody_finds_a_case_by_a_name_they_may_not_see(username, rows):
    """A search that finds something for a hidden value tells it."""
    user = get_user_model().objects.get(username=username)
    secrets, client = hidden_from(user, rows), signed_in(user)
    hidden = sorted(value for value, whose in secrets.items() if whose == "ClientIdentity")
    for value in hidden[:2] + [value for value in hidden if "Geheim" in value]:
        for name in ("search", "cases", "case-suggestions"):
            response = client.get(reverse(name), {"q": value})
            if response.status_code == 200:
                assert not re.search(r'/cases/\d|"pk": \d', text_of(response)), (name, value)
