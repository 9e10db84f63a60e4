"""The client's signature under a record, where the contract asks for one."""

import json
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from docx import Document

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.facts import change, withdraw
from base.immutability import opened_gate
from base.problems import ExchangeError
from base.seals import seal_of
from contracts.billing import Period
from contracts.comparison import compare_contracts
from contracts.documents.contract import make_contract_document
from forms.actions.correct_record import withdraw_record
from forms.actions.sign_record import sign_record
from forms.booking import choices_for
from forms.models import RecordSignature, ServiceRecord
from forms.signatures import asks_for_signature, without_signature
from forms.strokes import MOST_POINTS, MOST_STROKES, path_of, read_strokes
from forms.views.record_signature import unsigned_records
from jobs.actions.compute_statement import compute_statement
from tests.factories import (
    DAY,
    HOURLY,
    amend,
    make_case,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_session,
)
from tests.forms.test_visits import YESTERDAY, sent

pytestmark = pytest.mark.django_db

STROKES = [[20, 90, 31, 84, 60, 120], [300, 10]]
DRAWN = json.dumps(STROKES)
PATH = "M20 90L31 84 60 120M300 10L300 10"
MISSING = "Unterschrift fehlt"
EARLIER = "Unterschriften unter früheren Versionen"
NOT_SIGNED = {
    "id", "contract_id", "reference", "session", "attends_id", "version", "status", "counsellor_id",
    "counsellors", "participants", "topic", "channel", "location", "confirmed", "chosen_reason_id",
    "reason",
}  # fmt: skip
HEADING = "Unterschrift der Klientin oder des Klienten"


@pytest.fixture
def contract():
    return make_contract("C-S", records_signed=True, remuneration=[HOURLY])


@pytest.fixture
def case(contract):
    return make_case(contract)


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


@pytest.fixture
def record(case, counsellor):
    return make_record(case, counsellor=counsellor)


def signed(record, counsellor, **values) -> RecordSignature:
    given = {"version": record.version, "strokes": STROKES} | values
    return sign_record(record, by=counsellor.user, **given)


def post(client, record, **values):
    """Send the page on which a record is signed, as a browser does."""
    given = {"version": record.version, "strokes": DRAWN, "confirmed": "on"} | values
    return client.post(reverse("record-sign", args=[record.pk]), given)


def text(client, address: str, **query) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


class TestAsked:
    def test_the_edition_of_the_day_decides(self, contract, case, counsellor):
        later = date(2024, 4, 1)
        amend(contract, applies_from=later, records_signed=False)
        assert asks_for_signature(contract.pk, later - timedelta(days=1))
        assert not asks_for_signature(contract.pk, later)
        old = make_record(case, counsellor=counsellor, day=later - timedelta(days=1))
        make_record(case, counsellor=counsellor, day=later)
        assert list(without_signature(ServiceRecord.objects.all())) == [old]
        assert [choices_for([case], day)[case.pk].signed for day in (DAY, later)] == [True, False]

    def test_what_is_agreed_is_compared_and_printed(self, contract):
        before, after = make_contract("C-N").editions.get(), contract.editions.get()
        asking = before.data.model_copy(update={"records_signed": True})
        (found,) = compare_contracts(before.data, asking)
        assert "Unterschrift der Klientin" in str(found)
        assert not before.data.records_signed and after.data.records_signed
        said = "Die Klientin oder der Klient unterschreibt jeden Leistungsnachweis."
        for edition, says in ((before, False), (after, True)):
            lines = [p.text for p in Document(BytesIO(make_contract_document(edition))).paragraphs]
            assert (said in lines) is says

    def test_an_edition_from_before_asks_for_nothing(self, contract, record):
        """What was frozen when nobody could ask reads as not asked, and its seal holds."""
        edition = contract.editions.get()
        assert asks_for_signature(contract.pk, DAY)
        del edition.content["records_signed"]
        edition.seal = seal_of(edition.sealed())
        with opened_gate("as it was frozen before"):
            edition.save()
        edition.refresh_from_db()
        assert edition.data.records_signed is False and edition.problems() == []
        assert not asks_for_signature(contract.pk, DAY)
        assert not without_signature(ServiceRecord.objects.all()).exists()
        assert choices_for([record.case], DAY)[record.case_id].signed is False

    def test_who_does_not_ask_sees_nothing(self, client):
        contract = make_contract("C-N")
        counsellor = make_member(contract.provider)
        record = make_record(make_case(contract), counsellor=counsellor)
        client.force_login(counsellor.user)
        for address in (record.get_absolute_url(), reverse("records"), "/"):
            page = text(client, address)
            assert MISSING not in page and HEADING not in page
        assert 'name="unsigned"' not in text(client, reverse("records"))
        assert client.get(reverse("record-sign", args=[record.pk])).status_code == 404
        with pytest.raises(ValidationError, match="keine Unterschrift"):
            signed(record, counsellor)


class TestPage:
    def test_a_signature_is_drawn(self, client, record, counsellor):
        client.force_login(counsellor.user)
        page = text(client, record.get_absolute_url())
        address = reverse("record-sign", args=[record.pk])
        assert MISSING in page and address in page
        form = text(client, address)
        assert 'viewBox="0 0 600 300"' in form and "Unterschrift speichern" in form
        assert post(client, record).status_code == 302
        signature = RecordSignature.objects.get()
        assert (signature.version, signature.way, signature.strokes) == (1, "drawn", STROKES)
        assert (signature.signed_on, signature.entered_by) == (
            timezone.localdate(), counsellor.user,
        )  # fmt: skip
        page = text(client, record.get_absolute_url())
        assert PATH in page and "auf dem Bildschirm" in page
        assert MISSING not in page and address not in page
        assert client.get(address).status_code == 302  # nothing is left to sign
        assert signature.history.get().strokes == STROKES

    def test_a_paper_says_where_it_lies_and_when(self, client, record, counsellor):
        client.force_login(counsellor.user)
        sent = {"strokes": "", "paper": "Akte, Teil 2", "signed_on": "20.03.2024"}
        assert post(client, record, **sent).status_code == 302
        signature = RecordSignature.objects.get()
        assert (signature.way, signature.strokes) == ("paper", None)
        assert (signature.paper, signature.signed_on) == ("Akte, Teil 2", date(2024, 3, 20))
        page = text(client, record.get_absolute_url())
        assert "Akte, Teil 2" in page and "20.03.2024" in page

    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({"strokes": ""}, "Bitte entweder im Feld unterschreiben"),
            ({"strokes": "[]"}, "Bitte entweder im Feld unterschreiben"),
            ({"paper": "Akte"}, "Bitte entweder im Feld unterschreiben"),
            ({"confirmed": ""}, "Bitte bestätigen Sie, wer unterschrieben hat"),
            ({"strokes": "[[1,2]]"}, "Ein Punkt ist keine Unterschrift"),
            ({"strokes": "[[1,2,1,2]]"}, "Ein Punkt ist keine Unterschrift"),
            ({"strokes": "<svg>"}, "keine gezeichnete Unterschrift"),
            ({"strokes": "[" * 30_000}, "keine gezeichnete Unterschrift"),
            ({"strokes": "[" * 50_000}, "Die Zeichnung ist zu groß"),
            (
                {"strokes": json.dumps([[1, 2, 3, 4]] * (MOST_STROKES + 1))},
                "Erlaubt sind 100 Striche mit insgesamt 3000 Punkten",
            ),
            (
                {"strokes": "", "paper": "Akte", "signed_on": "2024-03-13"},
                "Die Leistung war später",
            ),
            ({"strokes": "", "paper": "Akte", "signed_on": "2050-01-01"}, "liegt in der Zukunft"),
            ({"version": 2}, "Jemand anderes hat diesen Eintrag"),
        ],
    )
    def test_what_is_no_signature_is_refused(self, client, record, counsellor, values, told):
        client.force_login(counsellor.user)
        answer = post(client, record, **values)
        assert told in answer.content.decode()
        assert not RecordSignature.objects.exists()

    def test_twice_sent_is_once(self, client, record, counsellor):
        assert signed(record, counsellor) == signed(record, counsellor)
        with pytest.raises(ValidationError, match="schon unterschrieben"):
            signed(record, counsellor, strokes=[[1, 1, 9, 9]])
        client.force_login(counsellor.user)
        assert post(client, record).status_code in (200, 302)
        assert RecordSignature.objects.count() == 1

    def test_a_colleague_signs_nothing_of_others(self, client, contract, record):
        client.force_login(make_member(contract.provider).user)
        assert post(client, record).status_code == 404
        client.force_login(make_member(contract.provider, roles=["provider_lead"]).user)
        assert post(client, record).status_code == 302


class TestStrokes:
    @pytest.mark.parametrize(
        "strokes",
        [
            [[1, 2, 3]], [[]], [[True, 2, 3, 4]], [[1.5, 2, 3, 4]], [[-1, 2, 3, 4]],
            [[1, 2, 601, 4]], [[1, 2, 3, 301]], [["1", 2, 3, 4]], {"a": 1}, [[1, 2, 3, 4], 5],
            7, None,
        ],
    )  # fmt: skip
    def test_only_points_in_the_field_are_taken(self, strokes):
        with pytest.raises(ValidationError, match="keine gezeichnete"):
            read_strokes(json.dumps(strokes))

    def test_the_largest_drawing_is_taken(self):
        long = [[number % 600, 100] for number in range(MOST_POINTS)]
        flat = [value for point in long for value in point]
        assert read_strokes(json.dumps([flat], separators=(",", ":"))) == [flat]
        with pytest.raises(ValidationError, match="zu groß"):
            read_strokes(json.dumps([[*flat, 1, 1]], separators=(",", ":")))

    def test_a_path_has_each_stroke(self):
        assert path_of(STROKES) == PATH


class TestVersions:
    def test_a_corrected_record_is_signed_anew(self, client, record, counsellor):
        signed(record, counsellor)
        record = change(record, reason="mistyped", minutes=75)
        client.force_login(counsellor.user)
        page = text(client, record.get_absolute_url())
        assert MISSING in page and "Eine frühere Version war unterschrieben" in page
        now, earlier = page.split(EARLIER)
        assert PATH not in now and PATH in earlier and "<h3" in earlier
        client.force_login(make_member(record.contract.commissioning_body, roles=["auditor"]).user)
        page = text(client, record.get_absolute_url())
        assert EARLIER in page and "auf dem Bildschirm" in page and PATH not in page
        client.force_login(counsellor.user)
        assert post(client, record).status_code == 302
        assert sorted(RecordSignature.objects.values_list("version", flat=True)) == [1, 2]
        page = text(client, record.get_absolute_url())
        now, earlier = page.split(EARLIER)
        assert PATH in now and PATH in earlier and "Eine frühere Version" not in page

    @pytest.mark.parametrize("way", [{}, {"strokes": None, "why": "gone"}], ids=["drawn", "none"])
    def test_what_was_not_signed_changes_under_the_signature(
        self, client, tmp_path, record, counsellor, way
    ):
        first = signed(record, counsellor, **way)
        for value in ("phone", "video"):
            record = change(record, reason="mistyped", channel=value)
        kept = list(RecordSignature.objects.order_by("version"))
        assert [row.version for row in kept] == [1, 2, 3]
        for name in ("way", "strokes", "why", "signed_on", "entered_by", "entered_at"):
            assert [getattr(row, name) for row in kept] == [getattr(first, name)] * 3
        assert not without_signature(ServiceRecord.objects.all()).exists()
        client.force_login(counsellor.user)
        page = text(client, record.get_absolute_url())
        assert MISSING not in page and EARLIER not in page
        export_files(tmp_path, protected=True)
        assert sum(import_files([tmp_path], save=True).values()) == 0
        record = change(record, reason="mistyped", minutes=75)
        assert list(without_signature(ServiceRecord.objects.all())) == [record]
        page = text(client, record.get_absolute_url())
        assert page.count("auf dem Bildschirm") == (0 if way else 1)
        assert MISSING in page and (EARLIER in page) is not bool(way)

    def test_each_column_of_a_record_is_signed_or_not(self):
        """Whoever adds one decides whether a client reads and signs it."""
        columns = {field.attname for field in ServiceRecord._meta.concrete_fields}
        assert columns == {*ServiceRecord.signed_fields} | NOT_SIGNED

    def test_one_fewer_in_a_session_leaves_the_others_signed(self, contract, case, counsellor):
        cases = [case, make_case(contract), make_case(contract)]
        gone, *others = make_session(cases, counsellor=counsellor)
        for each in (gone, *others):
            signed(each, counsellor)
        withdraw_record(gone, version=1, reason="ill", by=counsellor.user)
        assert {row.version for row in ServiceRecord.objects.counting()} == {2}
        assert not without_signature(ServiceRecord.objects.all()).exists()
        assert RecordSignature.objects.filter(record=gone).count() == 1

    def test_a_withdrawn_record_lacks_nothing(self, client, record, counsellor):
        signed(record, counsellor)
        record = withdraw(record, reason="another case")
        client.force_login(counsellor.user)
        page = text(client, record.get_absolute_url())
        assert MISSING not in page and PATH not in page.split(EARLIER)[0]
        assert "unterschrieben, bevor er zurückgezogen wurde" in page
        assert "Eine frühere Version" not in page
        assert post(client, record).status_code == 404
        assert not without_signature(ServiceRecord.objects.all()).exists()

    def test_the_database_keeps_it(self, record, counsellor):
        signature = signed(record, counsellor)
        for spoil in (
            lambda: RecordSignature.objects.filter(pk=signature.pk).update(version=2),
            lambda: RecordSignature._base_manager.filter(pk=signature.pk).delete(),
        ):
            with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
                spoil()

    def test_each_who_attended_signs_their_own(self, contract, case, counsellor):
        first, second = make_session([case, make_case(contract)], counsellor=counsellor)
        signed(first, counsellor)
        assert list(without_signature(ServiceRecord.objects.all())) == [second]


ROLES = (
    ("provider", "counsellor", True),
    ("provider", "provider_lead", True),
    *(
        ("commissioning_body", role, False)
        for role in ("caseworker", "team_lead", "manager", "finance", "auditor", "director")
    ),
)
"""Who reads the record, by side and role, and whether they see how it was signed."""


class TestWhoSees:
    def test_the_drawing_is_the_providers(self, client, contract, record, counsellor):
        """That somebody signed is for all who read the record, how they did is not."""
        signed(record, counsellor)
        other = make_record(record.case, counsellor=counsellor, day=DAY + timedelta(days=1))
        signed(other, counsellor, strokes=None, paper="Akte, Teil 2")
        for side, role, sees in ROLES:
            user = make_member(getattr(contract, side), roles=[role]).user
            client.force_login(user)
            drawn, paper = (text(client, row.get_absolute_url()) for row in (record, other))
            assert "auf dem Bildschirm" in drawn and "auf Papier" in paper
            assert (PATH in drawn, "Akte, Teil 2" in paper) == (sees, sees), role
            course = text(client, other.get_absolute_url(), tab="history")
            assert ("Akte, Teil 2" in course) is sees, role
            assert "300" not in text(client, record.get_absolute_url(), tab="history")

    def test_another_provider_sees_nothing(self, client, record, counsellor):
        signed(record, counsellor)
        stranger = make_member(make_organisation("another")).user
        client.force_login(stranger)
        assert client.get(record.get_absolute_url()).status_code == 404
        assert not RecordSignature.objects.visible_to(stranger).exists()


class TestMissing:
    def test_lists_tell_and_find_it(self, client, record, counsellor, case):
        signed(make_record(case, counsellor=counsellor, day=DAY + timedelta(days=1)), counsellor)
        client.force_login(counsellor.user)
        page = text(client, reverse("records"))
        answer = client.get(reverse("records"))
        rows = [row.record for row in answer.context["table"].page.object_list]
        assert [row.lacks_signature for row in rows] == [False, True]
        assert f'label">{MISSING}</span>' in page and 'name="unsigned"' in page
        answer = client.get(reverse("records"), {"unsigned": "on"})
        assert [row.record for row in answer.context["table"].page.object_list] == [record]

    def test_many_records_cost_what_one_costs(self, client, record, counsellor, case):
        client.force_login(counsellor.user)

        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("records"), {"unsigned": "on"})
            return len(queries)

        asked()
        one = asked()
        for number in range(1, 6):
            make_record(case, counsellor=counsellor, day=DAY + timedelta(days=number))
        assert asked() == one

    def test_it_waits_for_who_did_the_work_from_the_next_day_on(
        self, client, contract, record, counsellor, case
    ):
        make_record(case, counsellor=counsellor, day=timezone.localdate())
        make_record(case, counsellor=make_member(contract.provider))
        assert list(unsigned_records(counsellor.user)) == [record]
        client.force_login(counsellor.user)
        page = text(client, reverse("worklist"))
        assert "Ihre Nachweise ohne Unterschrift" in page
        assert reverse("record-sign", args=[record.pk]) in page
        for role in ("caseworker", "finance"):
            user = make_member(contract.commissioning_body, roles=[role]).user
            assert not unsigned_records(user).exists()
        signed(record, counsellor)
        assert not unsigned_records(counsellor.user).exists()

    def test_statements_wait_for_no_signature(self, contract, record):
        statement, *_rest = compute_statement(contract=contract, period=Period.parse("2024-03"))
        assert record.minutes == 60
        assert [line.amount for line in statement.lines.all()] == [60]


class TestOnTheWay:
    def test_record_and_signature_arrive_together_and_once(self, client, case, counsellor):
        client.force_login(counsellor.user)
        values = sent(counsellor, case, strokes=DRAWN, signed_on=f"{YESTERDAY}")
        for _time in range(2):
            assert client.post(reverse("visit-data"), values).status_code == 200
        signature = RecordSignature.objects.get()
        assert signature.record == ServiceRecord.objects.get()
        assert (signature.strokes, signature.signed_on) == (STROKES, YESTERDAY)

    def test_what_is_no_signature_stores_no_record(self, client, case, counsellor):
        client.force_login(counsellor.user)
        values = sent(counsellor, case, strokes="[[1,2]]", signed_on=f"{YESTERDAY}")
        answer = client.post(reverse("visit-data"), values)
        assert answer.status_code == 422
        assert "Ein Punkt ist keine Unterschrift" in str(answer.json())
        early = values | {"rows-0-strokes": DRAWN}
        early["rows-0-signed_on"] = f"{YESTERDAY - timedelta(days=1)}"
        answer = client.post(reverse("visit-data"), early)
        assert answer.status_code == 422 and "Die Leistung war später" in str(answer.json())
        assert not ServiceRecord.objects.exists()

    def test_a_clock_that_goes_ahead_loses_no_signature(self, client, case, counsellor):
        client.force_login(counsellor.user)
        values = sent(counsellor, case, strokes=DRAWN, signed_on="2099-01-01")
        assert client.post(reverse("visit-data"), values).status_code == 200
        assert RecordSignature.objects.get().signed_on == timezone.localdate()

    def test_what_was_recorded_before_is_signed(self, client, case, counsellor):
        client.force_login(counsellor.user)
        values = sent(counsellor, case)
        assert client.post(reverse("visit-data"), values).status_code == 200
        values |= {"rows-0-strokes": DRAWN, "rows-0-signed_on": f"{YESTERDAY}"}
        assert client.post(reverse("visit-data"), values).status_code == 200
        assert RecordSignature.objects.get().record == ServiceRecord.objects.get()


def test_files_hold_signatures_when_asked_for_what_is_protected(tmp_path, record, counsellor, case):
    signed(record, counsellor)
    export_files(tmp_path / "open")
    assert not list((tmp_path / "open").glob("*signatures*"))
    export_files(tmp_path / "all", protected=True)
    (file,) = (tmp_path / "all").glob("*signatures*")
    written = file.read_text()
    assert "20 90 31 84 60 120" in written
    assert sum(import_files([tmp_path / "all"], save=True).values()) == 0
    file.write_text(written.replace("20 90 31", "21 90 31"))
    with pytest.raises(Exception, match="mit einer anderen Unterschrift"):
        import_files([tmp_path / "all"], save=True)


def test_files_bring_signatures(tmp_path, record, counsellor, case):
    """Once, also under a version that is no more; never under one that is not signed."""
    withdrawn = make_record(case, counsellor=counsellor, day=DAY + timedelta(days=1))
    withdraw(withdrawn, reason="another case")
    corrected = make_record(case, counsellor=counsellor, day=DAY + timedelta(days=2))
    change(corrected, reason="mistyped", minutes=75)

    def bring(row: ServiceRecord, **values) -> int:
        entry = {
            "contract": "C-S", "reference": row.reference, "version": 1, "way": "drawn",
            "strokes": ["20 90 31 84 60 120", "300 10"], "signed_on": f"{DAY + timedelta(days=2)}",
            "entered_by": counsellor.user.username, "entered_at": "2024-03-20T10:00:00+01:00",
        } | values  # fmt: skip
        file = tmp_path / "signatures.json"
        file.write_text(json.dumps({"fallwerk": 1, "record_signatures": [entry]}))
        return sum(import_files([file], save=True).values())

    for row in (record, withdrawn, corrected):
        assert (bring(row), bring(row)) == (1, 0)
        signature = row.signatures.get()
        assert (signature.version, signature.strokes) == (1, STROKES)
        assert signature.entered_by == counsellor.user
    assert list(without_signature(ServiceRecord.objects.all())) == [corrected]
    for row, values, told in (
        (withdrawn, {"version": 2}, "zurückgezogener Nachweis"),
        (record, {"version": 2}, "keine Version 2"),
        (corrected, {"version": 2, "signed_on": "2024-03-01"}, "Die Leistung war später"),
        (corrected, {"version": 2, "strokes": ["1 2 3"]}, "keine gezeichnete"),
        (corrected, {"version": 2, "way": "paper"}, "entweder gezeichnet, oder"),
        (corrected, {"version": 2, "entered_by": "nobody"}, "kein Benutzerkonto nobody"),
        (record, {"paper": "File"}, "mit einer anderen Unterschrift"),
    ):
        with pytest.raises(ExchangeError, match=told):
            bring(row, **values)
    assert RecordSignature.objects.count() == 3
