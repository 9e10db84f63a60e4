"""Reasons on service records: a choice that managers keep, and a note that stays inside."""

from datetime import date, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

import forms
from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.facts import change, withdraw
from base.immutability import opened_gate
from contracts.actions.assign_roles import assign_roles
from forms.actions.correct_record import correct_record, withdraw_record
from forms.models import RecordReason, ServiceRecord
from tests.exchange import refusal
from tests.factories import (
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_record,
    make_session,
    reason,
    somebody,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

NOTE = "Frau M. rief dreimal an"
LABEL = "Eingabefehler"


@kept
def contract():
    return make_contract("AC-1", catalogues=(make_catalogue(),))


@pytest.fixture
def case(contract):
    return make_case(contract, "K-1")


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


@pytest.fixture
def corrected(case, counsellor):
    """A record that was changed, for a reason with a note."""
    record = make_record(case, counsellor=counsellor, reference="R-1")
    return correct_record(
        record, version=1, chosen_reason=reason("mistyped"), reason=NOTE, minutes=45, by=somebody()
    )


def page_of(client, user, record) -> str:
    client.force_login(user)
    return client.get(reverse("record", args=[record.pk])).content.decode()


@pytest.mark.parametrize("role", ["caseworker", "manager", "finance", "auditor", "director"])
def test_the_body_reads_the_choice_and_never_the_note(client, corrected, role):
    member = make_member(make_commissioning_body(), roles=[role])

    page = page_of(client, member.user, corrected)
    table = client.get(reverse("records"), {"export": "csv"}).content.decode()
    trail = client.get(
        reverse("trail-object", args=["forms.servicerecord", corrected.pk])
    ).content.decode()

    assert LABEL in page and NOTE not in page
    assert LABEL in table and NOTE not in table
    assert LABEL in trail and NOTE not in trail


def test_an_exported_list_names_reasons_with_one_query_for_all(client, case, contract):
    client.force_login(make_member(make_commissioning_body(), roles=["manager"]).user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("records"), {"export": "csv"})
        return len(captured)

    change(make_record(case), chosen_reason=reason("mistyped"), minutes=30)
    queries()  # fills what is looked up once for each process
    few = queries()
    for number, key in enumerate(("queried", "other", "known-later", "mistyped")):
        change(make_record(case), chosen_reason=reason(key), minutes=31 + number)

    assert queries() == few


@pytest.mark.parametrize("role", ["counsellor", "provider_lead"])
def test_the_provider_s_counsellors_and_lead_read_both(client, contract, corrected, role):
    page = page_of(client, make_member(contract.provider, roles=[role]).user, corrected)

    assert LABEL in page and NOTE in page


def test_a_choice_is_reason_enough_for_a_change_and_a_withdrawal(case, counsellor):
    record = make_record(case, counsellor=counsellor)
    record = correct_record(
        record, version=1, chosen_reason=reason("mistyped"), minutes=45, by=somebody()
    )
    assert (record.chosen_reason.key, record.reason) == ("mistyped", "")
    with override("en"), pytest.raises(ValidationError, match="only with a reason"):
        correct_record(record, version=2, minutes=30, by=somebody())
    # Another reason alone is no change, and a reason is one version's: it is not handed on.
    with override("en"), pytest.raises(ValidationError, match="Nothing has changed"):
        correct_record(
            record, version=2, chosen_reason=reason("queried"), minutes=45, by=somebody()
        )
    gone = withdraw_record(record, version=2, chosen_reason=reason("recorded-twice"), by=somebody())

    versions = gone.history.order_by("version").values_list("version", "chosen_reason__key")
    assert list(versions) == [(1, None), (2, "mistyped"), (3, "recorded-twice")]


def test_a_session_s_records_all_say_why(case, contract, counsellor):
    records = make_session([case, make_case(contract, "K-2")], counsellor=counsellor)
    withdraw_record(
        records[0], version=1, chosen_reason=reason("did-not-take-place"), by=somebody()
    )

    assert list(
        ServiceRecord.objects.values_list("status", "chosen_reason__key").order_by("pk")
    ) == [
        ("withdrawn", "did-not-take-place"),
        ("submitted", "did-not-take-place"),
    ]


def test_a_note_alone_stands_under_the_reason_for_notes(case):
    first = make_record(case, reason=NOTE)
    second = change(make_record(case), reason=NOTE, minutes=30)
    third = withdraw(make_record(case), reason=NOTE)

    assert [each.chosen_reason.key for each in (first, second, third)] == ["other"] * 3
    assert make_record(case).chosen_reason is None


# --- one rule on every path

HEAD = "reference;contract;case;day;kind;minutes;version;chosen_reason;reason;recorded_at\n"


def row(reference: str, version: int, key: str, *, minutes: int, at: str, note: str = "") -> str:
    return f"{reference};AC-1;K-1;2024-03-14;talk;{minutes};{version};{key};{note};{at}\n"


def in_file(folder: Path, *rows: str) -> Path:
    path = folder / "70-service-records.csv"
    path.write_text(HEAD + "".join(rows))
    return path


def by_screen(client, counsellor, record, key, _folder):
    client.force_login(counsellor.user)
    posted = {
        "version": "1", "day": f"{record.day:%Y-%m-%d}", "kind": record.kind, "module": "",
        "minutes": "45", "chosen_reason": str(reason(key).pk), "reason": "",
    }  # fmt: skip
    return client.post(reverse("record-change", args=[record.pk]), posted).status_code == 302


def by_action(client, counsellor, record, key, _folder):
    try:
        correct_record(record, version=1, chosen_reason=reason(key), minutes=45, by=somebody())
    except ValidationError:
        return False
    return True


def by_file(client, counsellor, record, key, folder):
    lines = [row("R-1", 2, key, minutes=45, at="")]
    try:
        with transaction.atomic():
            import_files([in_file(folder, *lines)], save=True)
    except Exception as error:  # noqa: BLE001  whatever it is called, it is a refusal
        assert key in str(error)
        return False
    return True


@pytest.mark.parametrize("path", [by_screen, by_action, by_file])
@pytest.mark.parametrize(
    ("key", "retired", "accepted"),
    [
        pytest.param("mistyped", False, True, id="offered for changes"),
        pytest.param("other", False, True, id="offered for both"),
        pytest.param("crisis", False, False, id="offered for first versions only"),
        pytest.param("mistyped", True, False, id="no longer offered"),
    ],
)
def test_every_path_takes_and_refuses_the_same_reasons(
    client, counsellor, case, tmp_path, path, key, retired, accepted
):
    record = make_record(case, counsellor=counsellor, reference="R-1", module="")
    if retired:
        retire(key, timezone.localdate() - timedelta(days=1))

    assert path(client, counsellor, record, key, tmp_path) is accepted

    record.refresh_from_db()
    assert (record.version, record.minutes) == ((2, 45) if accepted else (1, 60))


def retire(key: str, until: date) -> None:
    reason = RecordReason.objects.get(key=key)
    reason.until = until
    reason.save()


def test_files_bring_reasons_that_were_offered_when_they_were_given(case, tmp_path):
    retire("mistyped", date(2024, 6, 30))
    then, since = "2024-04-02T10:00:00+02:00", "2024-07-01T10:00:00+02:00"
    lines = [row("R-7", 1, "", minutes=60, at="2024-03-14T18:00:00+01:00")]

    [problem] = refusal(in_file(tmp_path, *lines, row("R-7", 2, "mistyped", minutes=45, at=since)))
    assert "Reason mistyped cannot be given here" in problem.message
    with transaction.atomic():
        import_files(
            [in_file(tmp_path, *lines, row("R-7", 2, "mistyped", minutes=45, at=then))], save=True
        )

    record = ServiceRecord.objects.get(reference="R-7")
    assert (record.version, record.chosen_reason.key) == (2, "mistyped")


def test_a_reason_nobody_offers_is_named_with_its_line(case, tmp_path):
    [problem] = refusal(in_file(tmp_path, row("R-7", 1, "because", minutes=60, at="")))

    assert "There is no" in problem.message and "because" in problem.message


def test_an_open_export_holds_the_choice_without_the_note(corrected, tmp_path):
    export_files(tmp_path / "open")
    export_files(tmp_path / "whole", protected=True)

    [text] = [path.read_text() for path in (tmp_path / "open").glob("*service-records.csv")]
    assert "mistyped" in text and NOTE not in text
    assert NOTE in "".join(path.read_text() for path in (tmp_path / "whole").glob("*records.csv"))
    # What it leaves out contradicts nothing.
    with transaction.atomic():
        made = import_files([tmp_path / "open"], save=True)
    assert made["service_records"] == 0


def test_what_is_pasted_from_word_can_be_read_from_files_again(client, case, counsellor, tmp_path):
    record = make_record(case, counsellor=counsellor, reference="R-1")
    client.force_login(counsellor.user)
    posted = {
        "version": "1", "day": f"{record.day:%Y-%m-%d}", "kind": record.kind, "module": "",
        "minutes": "45", "chosen_reason": str(reason("mistyped").pk), "reason": "Erst\x0bdann\x02",
    }  # fmt: skip
    assert client.post(reverse("record-change", args=[record.pk]), posted).status_code == 302

    export_files(tmp_path, protected=True)
    [text] = [path.read_text() for path in tmp_path.glob("*service-records.csv")]
    assert "Erst" in text and "dann" in text
    assert import_files([tmp_path], save=True)["service_records"] == 0


# --- kept by managers


def studio(client, role: str):
    member = make_member(make_commissioning_body(), roles=[role])
    assign_roles(member)
    client.force_login(member.user)
    return member


def test_managers_keep_the_reasons_in_the_studio_with_history(client):
    manager = studio(client, "manager")
    views = RecordReason.snippet_viewset
    wrong = reason("queried")
    posted = {
        "label": "nach Rückfrage", "key": "queried", "occasion": "changed", "until": "",
        "position": "60",
    }  # fmt: skip

    edited = client.post(reverse(views.get_url_name("edit"), args=[wrong.pk]), posted)
    added = client.post(
        reverse(views.get_url_name("add")),
        posted | {"key": "moved-away", "label": "verzogen"},
    )

    assert (edited.status_code, added.status_code) == (302, 302)
    wrong.refresh_from_db()
    assert wrong.label == "nach Rückfrage"
    newest = wrong.history.order_by("-history_id").first()
    assert (newest.label, newest.history_user_id) == ("nach Rückfrage", manager.user.pk)
    assert reason("moved-away").history.get().history_user_id == manager.user.pk


@pytest.mark.parametrize(
    "values", [{"key": "queried-2"}, {"label": ""}, {"occasion": "never"}], ids=str
)
def test_what_records_know_a_reason_by_stays(client, values):
    studio(client, "manager")
    row = reason("queried")
    posted = {"label": "x", "key": "queried", "occasion": "both", "until": "", "position": "60"}

    url = reverse(RecordReason.snippet_viewset.get_url_name("edit"), args=[row.pk])
    assert client.post(url, posted | values).status_code == 200

    row.refresh_from_db()
    assert (row.key, row.label) == ("queried", "nach Rückfrage berichtigt")


def test_the_reason_for_notes_is_always_offered(client):
    studio(client, "manager")
    row = reason("other")
    posted = {"label": "anderer", "key": "other", "until": "", "position": "60"}
    url = reverse(RecordReason.snippet_viewset.get_url_name("edit"), args=[row.pk])

    assert client.post(url, posted | {"occasion": "changed"}).status_code == 200
    ended = posted | {"occasion": "both", "until": "2024-01-01"}
    assert client.post(url, ended).status_code == 200
    assert client.post(url, posted | {"occasion": "both"}).status_code == 302


@pytest.mark.parametrize("role", ["manager", "administrator", "finance", "counsellor"])
def test_nobody_deletes_a_reason_and_only_managers_change_one(client, role):
    studio(client, role)
    views, row = RecordReason.snippet_viewset, reason("queried")
    posted = {"label": "neu", "key": "queried", "occasion": "both", "until": "", "position": "1"}

    client.post(reverse(views.get_url_name("delete"), args=[row.pk]))
    client.post(reverse(views.get_url_name("edit"), args=[row.pk]), posted)

    row.refresh_from_db()
    assert (row.label == "neu") is (role == "manager")


# --- rows from before


def test_notes_from_before_are_put_under_a_reason_and_kept(case):
    record = change(make_record(case, reason="vorher"), reason=NOTE, minutes=30)
    with opened_gate("as an earlier version stored it"):
        ServiceRecord._base_manager.update(chosen_reason=None)
        ServiceRecord.history.update(chosen_reason=None)
    [name] = [each.stem for each in Path(forms.__path__[0]).glob("migrations/*_to_choose.py")]

    import_module(f"forms.migrations.{name}").put_notes_under_a_reason(apps, None)

    record.refresh_from_db()
    assert (record.reason, record.chosen_reason.key) == (NOTE, "other")
    told = record.history.order_by("version").values_list("reason", "chosen_reason__key")
    assert list(told) == [("vorher", "other"), (NOTE, "other")]
    # The gate is closed again.
    with pytest.raises(Exception, match="frozen"), transaction.atomic():
        ServiceRecord.history.update(reason="anders")
