"""What a device is given for a day on the way, and what it sends back."""

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.accounts.drafts import draft_owner
from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.identify_client import identify_client
from forms.actions.record_service import new_reference
from forms.models import Case, ServiceRecord
from forms.views import visits
from tests.factories import (
    make_appointment,
    make_case,
    make_catalogue,
    make_contract,
    make_member,
    make_record,
    somebody,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
DATA, DAY = reverse("visit-data"), reverse("record-day")


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def case(contract):
    case = make_case(contract)
    identify_client(
        client=case.client, first_name="Vera", last_name="Muster", birth_date=None, gender="f",
        by=somebody(),
    )  # fmt: skip
    return case


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


@pytest.fixture
def page(client, counsellor):
    client.force_login(counsellor.user)
    return client


def sent(member, case: Case, **values) -> dict:
    """Return what a device sends for one record."""
    row = {"reference": new_reference(), "case": case.pk, "kind": "talk", "module": "-",
           "minutes": "08:00–08:45", "reason": ""} | values  # fmt: skip
    posted = {"person": draft_owner(member.user), "day": f"{YESTERDAY}", "counsellor": member.pk}
    return posted | {"count": "1"} | {f"rows-0-{name}": value for name, value in row.items()}


# What the device is given.


def test_given_are_the_own_visits_of_today_and_tomorrow(page, counsellor, case, contract):
    colleague = make_member(contract.provider)
    now = make_appointment(counsellor, day=TODAY, at="09:15", case=case, work="talk",
                           location="home", address="Geheimweg 7", note="Klingel")  # fmt: skip
    next_ = make_appointment(counsellor, day=TOMORROW, at="10:00", case=case)
    make_appointment(counsellor, day=TOMORROW + timedelta(days=1), case=case)
    make_appointment(counsellor, day=YESTERDAY, case=case)
    make_appointment(counsellor, day=TODAY, at="16:00")
    make_appointment(colleague, day=TODAY, at="11:00", case=case)
    gone = make_appointment(counsellor, day=TODAY, at="12:00", case=case)
    cancel_appointment(gone, reason="krank", by=counsellor.user)

    answer = page.get(DATA)
    given = answer.json()
    assert [each["reference"] for each in given["visits"]] == [now.reference, next_.reference]
    assert given["visits"][0] == {
        "reference": now.reference, "day": f"{TODAY}", "begins": "09:15", "ends": "10:15",
        "case": case.pk, "work": "talk", "where": "in der Wohnung",
        "channel": "in_person", "location": "home",
    }  # fmt: skip
    (about,) = given["cases"]
    assert (about["number"], about["counsellor"]) == (case.number, counsellor.pk)
    assert "talk" in [kind["key"] for kind in about["kinds"]]
    assert given["person"] == draft_owner(counsellor.user)
    for word in ("Vera", "Muster", "Geheimweg", "Klingel", "krank"):
        assert word not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_what_is_recorded_is_given_no_more(page, counsellor, case):
    row = make_appointment(counsellor, day=TODAY, case=case)
    make_record(case, reference=row.reference, day=TODAY, counsellor=counsellor)
    assert page.get(DATA).json()["visits"] == []


def test_many_visits_ask_no_more_than_few(client):
    catalogue = make_catalogue()
    contract = make_contract(catalogues=(catalogue,))
    counsellor = make_member(contract.provider)
    client.force_login(counsellor.user)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(DATA)
        return len(queries)

    make_appointment(counsellor, day=TODAY, case=make_case(contract, catalogue=catalogue))
    asked()
    few = asked()
    for hour in range(10, 15):
        case = make_case(contract, catalogue=catalogue)
        make_appointment(counsellor, day=TODAY, at=f"{hour}:00", case=case)
    assert asked() == few


# What it sends.


def test_sent_once_or_again_it_is_one_record(page, counsellor, case):
    posted = sent(counsellor, case, reason="Vermerk")
    for _again in range(3):
        assert page.post(DATA, posted).status_code == 200
    record = ServiceRecord.objects.get()
    assert (record.case, record.minutes, record.reason) == (case, 45, "Vermerk")
    assert f"{record.begins:%H:%M}" == "08:00"
    assert record.history.get().history_user == counsellor.user
    # Nobody is told of it once more on the next page.
    assert list(page.get(DAY).context["messages"]) == []


def test_another_note_under_the_same_reference_is_not_lost(page, counsellor, case):
    """From a second device, or from the page of a day."""
    posted = sent(counsellor, case, reason="vom ersten Gerät")
    assert page.post(DATA, posted).status_code == 200
    posted["rows-0-reason"] = "vom zweiten Gerät"
    refused = page.post(DATA, posted)
    assert refused.status_code == 422
    assert "mit anderen Werten gespeichert" in refused.json()["errors"]["__all__"][0]
    assert page.post(DAY, posted).status_code == 422
    assert ServiceRecord.objects.get().reason == "vom ersten Gerät"


def test_refused_it_says_what_is_wrong_with_which_field(page, counsellor, case):
    refused = page.post(DATA, sent(counsellor, case, minutes="morgens", kind=""))
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"minutes", "kind"}
    assert page.post(DATA, sent(counsellor, case)).status_code == 200
    like = page.post(DATA, sent(counsellor, case))
    assert like.status_code == 422
    future = page.post(DATA, sent(counsellor, case) | {"day": f"{TOMORROW}"})
    assert (future.status_code, len(future.json()["problems"])) == (422, 1)
    assert ServiceRecord.objects.count() == 1


def test_a_like_record_is_asked_about(page, counsellor, case):
    assert page.post(DATA, sent(counsellor, case, minutes="45")).status_code == 200
    again = sent(counsellor, case, minutes="45")
    asked = page.post(DATA, again)
    assert (asked.status_code, asked.json()["asks"]) == (422, True)
    assert page.post(DATA, again | {"rows-0-confirmed": "on"}).status_code == 200
    assert ServiceRecord.objects.count() == 2


def test_what_a_person_may_not_record_is_refused_without_a_word_of_the_token(
    page, counsellor, case, contract
):
    colleague = make_member(contract.provider)
    refused = page.post(DATA, sent(counsellor, case) | {"counsellor": colleague.pk})
    assert (refused.status_code, "X-Refused" in refused) == (403, False)


def test_somebody_else_sends_nothing_of_it(client, counsellor, case, contract):
    lead = make_member(contract.provider, roles=("provider_lead",))
    client.force_login(lead.user)
    for person in (draft_owner(counsellor.user), ""):
        refused = client.post(DATA, sent(counsellor, case) | {"person": person})
        assert refused.status_code == 409
    assert not ServiceRecord.objects.exists()


def test_signed_out_it_is_the_way_to_the_login(client, counsellor, case):
    for answer in (client.get(DATA), client.post(DATA, sent(counsellor, case))):
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("account_login"))


def test_a_forged_request_sends_nothing(counsellor, case):
    client = Client(enforce_csrf_checks=True)
    client.force_login(counsellor.user)
    posted = sent(counsellor, case)
    refused = client.post(DATA, posted)
    # The device tells it from a record that its person may not store.
    assert (refused.status_code, refused["X-Refused"]) == (403, "token")
    token = client.get(DATA).json()["csrf"]
    assert client.post(DATA, posted, headers={"X-CSRFToken": token}).status_code == 200


# What works without a network.


def test_the_empty_page_is_the_same_for_everybody(client, page, counsellor):
    mine = page.get(reverse("visits-shell"))
    others = Client().get(reverse("visits-shell"))
    assert mine.content == others.content
    assert not others.cookies
    assert "csrf" not in mine.content.decode().lower()
    assert "script-src 'self'" in others["Content-Security-Policy"]


def kept() -> dict:
    answer = Client().get(reverse("visits-worker"))
    assert answer["Content-Type"] == "text/javascript"
    assert answer["Cache-Control"] == "no-cache"
    return json.loads(re.match(r"const KEPT = (\{.*\});\n", answer.content.decode())[1])


def test_the_worker_minds_its_own_page_alone():
    """A worker may answer what lies below its own address, and nothing else."""
    scope = reverse("visits-worker").rpartition("/")[0] + "/"
    assert kept()["page"] == scope == reverse("visits")
    assert not reverse("record-day").startswith(scope)
    assert [at for at in kept()["files"] if not at.startswith("/static/")] == []


def test_the_worker_keeps_all_that_the_empty_page_needs():
    page = Client().get(reverse("visits-shell")).content.decode()
    needed = set(re.findall(r"(?:href|src)=\"(/static/[^\"]+)\"", page))
    waiting = [at for at in needed if at.endswith(".js")]
    while waiting:
        at = waiting.pop()
        source = Path(finders.find(at.removeprefix("/static/"))).read_text()
        for name in re.findall(r"(?:from|import) \"(\.[^\"]+)\"", source):
            found = urljoin(at, name)
            if found not in needed:
                needed.add(found)
                waiting.append(found)
    assert needed - set(kept()["files"]) == set()
    assert {"/static/base/device.js", "/static/forms/visit_card.js"} <= needed


def test_another_release_is_installed_anew(monkeypatch):
    before = visits._digest()
    assert visits._digest() == before
    monkeypatch.setattr(visits, "_content", lambda name: b"other")
    assert visits._digest() != before
