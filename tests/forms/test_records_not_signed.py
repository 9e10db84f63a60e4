"""Who has moved, refuses or cannot sign: it is noted once, and nobody waits for a signature."""

import csv

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.facts import change
from forms.models import RecordSignature
from forms.views.record_signature import unsigned_records
from tests.factories import make_case, make_contract, make_member, make_record
from tests.forms.test_record_signatures import MISSING, ROLES, post, signed, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract():
    return make_contract("C-S", records_signed=True)


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


@pytest.fixture
def record(contract, counsellor):
    return make_record(make_case(contract), counsellor=counsellor)


def note(client, record, **values):
    given = {"version": record.version, "why": "refused"} | values
    return client.post(reverse("record-unsigned", args=[record.pk]), given)


def test_it_is_noted_and_nobody_waits(client, record, counsellor):
    client.force_login(counsellor.user)
    address = reverse("record-unsigned", args=[record.pk])
    for page in (record.get_absolute_url(), reverse("record-sign", args=[record.pk])):
        assert address in text(client, page)
    assert "möchte nicht unterschreiben" in text(client, address)
    assert list(unsigned_records(counsellor.user)) == [record]

    assert note(client, record).status_code == 302

    noted = RecordSignature.objects.get()
    assert (noted.way, noted.why, noted.strokes, noted.paper) == ("none", "refused", None, "")
    assert noted.signed_on == timezone.localdate()
    assert not unsigned_records(counsellor.user).exists()
    page = text(client, record.get_absolute_url())
    assert "Unterschrift nicht möglich" in page and "Festgehalten am" in page
    assert MISSING not in page and address not in page
    assert client.get(address).status_code == 302


def test_why_is_the_providers(client, contract, record, counsellor):
    signed(record, counsellor, strokes=None, why="refused")
    for side, role, sees in ROLES:
        client.force_login(make_member(getattr(contract, side), roles=[role]).user)
        page = text(client, record.get_absolute_url())
        assert "Unterschrift nicht möglich" in page
        assert ("möchte nicht unterschreiben" in page) is sees, role
        course = text(client, record.get_absolute_url(), tab="history")
        assert ("möchte nicht unterschreiben" in course) is sees, role


@pytest.mark.parametrize("values", [{"why": ""}, {"why": "ill"}, {"version": 2}])
def test_without_a_reason_or_for_another_version_it_is_refused(client, record, counsellor, values):
    client.force_login(counsellor.user)
    assert note(client, record, **values).context["form"].errors
    assert not RecordSignature.objects.exists()


def test_it_is_one_or_the_other(record, counsellor):
    signed(record, counsellor, strokes=None, why="gone")
    assert signed(record, counsellor, strokes=None, why="gone").why == "gone"
    with pytest.raises(ValidationError, match="schon festgehalten"):
        signed(record, counsellor)
    with pytest.raises(ValidationError, match="entweder gezeichnet"):
        signed(make_record(record.case, counsellor=counsellor), counsellor, why="gone")


def test_a_corrected_record_can_be_signed_and_was_not_signed_before(client, record, counsellor):
    signed(record, counsellor, strokes=None, why="unable")
    record = change(record, reason="mistyped", minutes=75)
    client.force_login(counsellor.user)
    page = text(client, record.get_absolute_url())
    assert MISSING in page and "Eine frühere Version" not in page
    assert post(client, record).status_code == 302


def test_lists_as_files_say_who_signed(client, contract, record, counsellor):
    drawn, paper = (make_record(record.case, counsellor=counsellor) for _ in range(2))
    signed(drawn, counsellor)
    signed(paper, counsellor, strokes=None, paper="Akte")
    other = make_contract("C-N", provider=contract.provider)
    make_record(make_case(other), counsellor=counsellor)
    signed(make_record(record.case, counsellor=counsellor), counsellor, strokes=None, why="gone")
    client.force_login(counsellor.user)

    content = client.get(reverse("records"), {"export": "csv"}).content.decode("utf-8-sig")

    rows = list(csv.DictReader(content.splitlines(), delimiter=";"))
    column = "Unterschrift der Klientin oder des Klienten"
    said = sorted(row[column] for row in rows)
    assert said == ["", MISSING, "auf Papier", "auf dem Bildschirm", "nicht möglich"]
    assert "Akte" not in content


def test_lists_of_who_asks_for_none_say_nothing_of_it(client):
    contract = make_contract("C-N")
    counsellor = make_member(contract.provider)
    make_record(make_case(contract), counsellor=counsellor)
    client.force_login(counsellor.user)
    content = client.get(reverse("records"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "Unterschrift" not in content


def test_files_bring_it(tmp_path, record, counsellor):
    signed(record, counsellor, strokes=None, why="unable")
    export_files(tmp_path, protected=True)
    (file,) = tmp_path.glob("*signatures*")
    assert "unable" in file.read_text()
    assert sum(import_files([tmp_path], save=True).values()) == 0
