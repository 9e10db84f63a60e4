"""Files as evidence: their kind is looked up in their bytes, their names are cleaned."""

import struct
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from base.acting import system_actor
from base.documents import stored_path
from contracts.actions.upload_evidence import upload_evidence
from contracts.actions.withdraw_evidence import withdraw_evidence
from contracts.files import LARGEST, clean_name, kind_of
from contracts.integrity import evidence_has_its_files
from contracts.models import Evidence
from tests.factories import COSTS, make_contract, make_payroll, make_user

PDF = b"%PDF-1.7 a payslip"
DAY = date(2024, 12, 31)


def package(*parts: str, text: str = "<xml/>") -> bytes:
    """Return a package with these parts; the last of them holds the text."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for part in parts[:-1]:
            archive.writestr(part, "<xml/>")
        archive.writestr(parts[-1], text)
    return file.getvalue()


EXTERNAL = '<Relationship Type="x/oleObject" Target="file://x" TargetMode="External"/>'


def bomb() -> bytes:
    """Return a small package whose directory says that a part unpacks to 200 MB."""
    content = bytearray(package("word/document.xml"))
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 200_000_000)
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Gehalt 12.pdf", "Gehalt 12.pdf"),
        ("../../etc/Gehalt.PDF", "Gehalt.pdf"),
        ("C:\\Users\\x\\Gehalt.pdf", "Gehalt.pdf"),
        ("Gehalt\r\nSet-Cookie: x.pdf", "Gehalt Set-Cookie: x.pdf"),
        ("Geha\x00lt.pdf", "Geha lt.pdf"),
        ("Gehalt\u202efdp.exe.pdf", "Gehalt fdp.exe.pdf"),
        ("Geha\u0308lter.pdf", "Gehälter.pdf"),
        ("..  Gehalt .pdf", "Gehalt.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_cleaned(name, shown):
    assert clean_name(name) == shown


@pytest.mark.parametrize("name", ["", "Gehalt", ".pdf", "  .pdf", "../.pdf", "\u202e.pdf"])
def test_names_without_a_name_or_an_ending_are_refused(name):
    with pytest.raises(ValidationError):
        clean_name(name)


@pytest.mark.parametrize(
    ("name", "content", "suffix"),
    [
        ("a.pdf", PDF, ".pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\nxyz", ".png"),
        ("a.jpg", b"\xff\xd8\xff\xe0xyz", ".jpg"),
        ("a.JPEG", b"\xff\xd8\xff\xe0xyz", ".jpg"),
        ("a.docx", package("word/document.xml"), ".docx"),
        ("a.xlsx", package("xl/workbook.xml"), ".xlsx"),
    ],
)
def test_kinds_that_are_taken(name, content, suffix):
    assert kind_of(name, content).suffix == suffix


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.pdf", b"", id="empty"),
        pytest.param("a.exe", b"MZ", id="program"),
        pytest.param("a.svg", b"<svg onload='x'/>", id="drawing with script"),
        pytest.param("a.html", b"<html>", id="page"),
        pytest.param("a.pdf", b"MZ program", id="program called pdf"),
        pytest.param("a.pdf", b" %PDF-1.7", id="something before"),
        pytest.param("a.png", b"\xff\xd8\xff\xe0xyz", id="jpg called png"),
        pytest.param("a.docx", package("xl/workbook.xml"), id="xlsx called docx"),
        pytest.param("a.docx", package("a/b.txt"), id="archive called docx"),
        pytest.param("a.docx", b"PK\x03\x04 no archive", id="broken archive"),
        pytest.param("a.xlsx", package("xl/workbook.xml", "xl/vbaProject.bin"), id="with macros"),
        pytest.param("a.pdf", PDF.ljust(LARGEST + 1), id="too large"),
        pytest.param("a.docx", bomb(), id="unpacks to too much"),
        pytest.param(
            "a.xlsx", package("xl/workbook.xml", "xl/externalLinks/externalLink1.xml"), id="linked"
        ),
        pytest.param(
            "a.docx", package("word/document.xml", "word/_rels/x.rels", text=EXTERNAL), id="fetches"
        ),
        pytest.param(
            "a.docx",
            package("word/document.xml", "[Content_Types].xml", text="x.macroEnabled.main+xml"),
            id="macros under another name",
        ),
        pytest.param("a.pdf", PDF + b"<</S /JavaScript /JS (x)>>", id="PDF with script"),
        pytest.param("a.pdf", PDF + b"<</S/Launch/F(x)>>", id="PDF that starts a program"),
    ],
)
def test_kinds_that_are_not_taken(name, content):
    with pytest.raises(ValidationError):
        kind_of(name, content)


def test_largest_is_just_taken():
    assert kind_of("a.pdf", PDF.ljust(LARGEST))


@pytest.fixture
def lead(db):
    return make_user("lead")


@pytest.fixture
def contract(db):
    return make_contract(remuneration=[COSTS])


def upload(contract, lead, **values) -> Evidence:
    given = {"name": "Gehalt 12.pdf", "content": PDF, "kind": "payslip", "day": DAY, "by": lead}
    return upload_evidence(contract=contract, **given | values)


def test_kept_under_its_hash_never_under_its_name(contract, lead):
    evidence = upload(contract, lead, name="../secret/Gehalt.pdf")
    path = stored_path(evidence.sha256, evidence.suffix)
    assert "ecret" not in path and "Gehalt" not in path and path.endswith(".pdf")
    with default_storage.open(path) as file:
        assert file.read() == PDF
    assert (evidence.name, evidence.size, evidence.uploaded_by) == ("Gehalt.pdf", len(PDF), lead)
    assert evidence.history.get().history_user_id == lead.pk


def test_the_same_file_twice_is_refused(contract, lead):
    first = upload(contract, lead)
    with pytest.raises(ValidationError, match="Gehalt 12.pdf"):
        upload(contract, lead, name="another.pdf")
    withdraw_evidence(first, by=lead, reason="wrong month")
    assert upload(contract, lead).pk != first.pk
    line = make_payroll(contract, "10.00")
    assert upload(contract, lead, payroll_line=line).sha256 == first.sha256


def test_evidence_of_anothers_payroll_line_is_refused(contract, lead):
    line = make_payroll(make_contract(remuneration=[COSTS]), "10.00")
    with pytest.raises(ValidationError):
        upload(contract, lead, payroll_line=line)
    assert not Evidence.objects.exists()


def test_kind_of_evidence_is_one_of_those(contract, lead):
    with pytest.raises(ValidationError):
        upload(contract, lead, kind="rumour")


def test_withdrawn_with_a_reason_and_kept(contract, lead):
    evidence = upload(contract, lead)
    with pytest.raises(ValidationError):
        withdraw_evidence(evidence, by=lead, reason=" ")
    withdrawn = withdraw_evidence(evidence, by=lead, reason="Another person's.")
    assert (withdrawn.status, withdrawn.reason) == ("withdrawn", "Another person's.")
    assert withdrawn.history.latest().history_change_reason == "Another person's."
    assert default_storage.exists(stored_path(evidence.sha256, ".pdf"))
    assert not Evidence.objects.standing().exists()
    with pytest.raises(ValidationError):
        withdraw_evidence(evidence, by=lead, reason="again")


@pytest.mark.silent_writes
def test_the_database_wants_the_reason_too(contract, lead):
    evidence = upload(contract, lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(status="withdrawn")


def test_lost_files_are_found(contract):
    evidence = upload(contract, system_actor("import"), content=PDF + b" lost")
    assert list(evidence_has_its_files()) == []
    default_storage.delete(stored_path(evidence.sha256, ".pdf"))
    (found,) = evidence_has_its_files()
    assert str(evidence.pk) in found


@pytest.mark.django_db
def test_a_cost_belongs_to_no_day_that_is_to_come():
    contract = make_contract(remuneration=[COSTS])
    ahead = timezone.localdate() + timedelta(days=1)
    with pytest.raises(ValidationError) as refused:
        upload_evidence(
            contract=contract, name="a.pdf", content=PDF, kind="payslip", day=ahead, by=make_user()
        )
    assert "day" in refused.value.message_dict
    assert not Evidence.objects.exists()
