"""A .docx as PDF, made by the real LibreOffice; what fails is a program that fails in one way."""

import errno
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep

import pytest
from docx import Document

from base.documents import PdfError, to_pdf

pytestmark = pytest.mark.once

PASSWORD = "of-the-database"


def letter(*paragraphs: str, title: str = "Titel & mehr") -> bytes:
    """Return a German Word file in Arial with a heading and a table."""
    document = Document()
    document.core_properties.title = title
    document.styles["Normal"].font.name = "Arial"
    language = document.styles.element.xpath("//w:lang")[0]
    language.set(next(iter(language.attrib)), "de-DE")
    document.add_heading("Überschrift", 1).style.font.name = "A font that nobody has"
    for text in paragraphs:
        document.add_paragraph(text)
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Betrag", "1.234,56 €"
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def told(command: str, pdf: bytes, folder: Path) -> str:
    (folder / "x.pdf").write_bytes(pdf)
    command = [*command.split(), str(folder / "x.pdf")]
    if command[0] == "pdftotext":
        command.append("-")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def program(tmp_path, settings):
    """Return a function that puts a shell script in LibreOffice's place."""

    def put(script: str) -> None:
        path = tmp_path / "office"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        settings.LIBREOFFICE = str(path)

    return put


def test_a_pdf_says_what_the_letter_says(tmp_path):
    pdf = to_pdf(letter("Grüße aus Lindental – „so“"))

    words = told("pdftotext", pdf, tmp_path).split()
    assert words == "Überschrift Grüße aus Lindental – „so“ Betrag 1.234,56 €".split()


def test_a_pdf_is_tagged_has_title_and_language_and_brings_its_fonts(tmp_path):
    pdf = to_pdf(letter("Text"))

    about = told("pdfinfo", pdf, tmp_path)
    assert [line.split(":", 1)[1].strip() for line in about.splitlines() if "itle" in line] == [
        "Titel & mehr"
    ]
    assert "Tagged:          yes" in about
    assert b"/Lang(de-DE)" in pdf
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    _head, _line, *fonts = told("pdffonts", pdf, tmp_path).splitlines()
    assert fonts
    for font in fonts:  # name, type, encoding, embedded, subset, unicode
        assert "LiberationSans" in font.split()[0]
        assert font.split()[-5:-2] == ["yes", "yes", "yes"]
    structure = told("pdfinfo -struct", pdf, tmp_path)
    assert "H1" in structure and "Table" in structure


def test_three_at_once_do_not_disturb_each_other(tmp_path):
    """More than one process may make beside each other, so that one waits for its turn."""
    letters = [letter(f"Brief {number}", title=f"T{number}") for number in range(3)]
    with ThreadPoolExecutor(3) as at_once:
        made = list(at_once.map(to_pdf, letters))

    for number, pdf in enumerate(made):
        assert f"Brief {number}" in told("pdftotext", pdf, tmp_path)


@pytest.mark.parametrize("content", [b"plain text", b"PK\x03\x04 no package"])
def test_what_is_no_word_file_is_no_pdf(content):
    with pytest.raises(PdfError, match="LibreOffice"):
        to_pdf(content)


HALF = 'for last; do :; done; printf "%%PDF-1.7 half" > "${last%.docx}.pdf"'


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("exit 0", id="no file, status 0"),
        pytest.param("exit 77", id="no file, status 77"),
        pytest.param(f"{HALF}; kill -9 $$", id="killed in the middle of a file"),
    ],
)
def test_the_file_counts_and_not_the_status(program, script):
    program(script)

    with pytest.raises(PdfError):
        to_pdf(letter())


def test_a_good_file_counts_whatever_the_status(program):
    program(HALF.replace(" half", r"\n%%%%EOF\n") + "; exit 81")

    assert to_pdf(letter()) == b"%PDF-1.7\n%%EOF\n"


def test_what_libreoffice_said_is_told_without_our_folder(program):
    program('echo "first"; echo "cannot read $HOME/document.docx" >&2')

    with pytest.raises(PdfError) as error:
        to_pdf(letter())

    assert error.value.problem.endswith("cannot read …/document.docx")


def test_one_that_hangs_is_ended_with_all_it_started(program, settings, tmp_path):
    settings.PDF_SECONDS = 1
    started = tmp_path / "started"
    program(f"sleep 600 & echo $! > {started}; wait")
    before = monotonic()

    with pytest.raises(PdfError, match="1 "):
        to_pdf(letter())

    assert monotonic() - before < 20  # seconds; it would sleep ten minutes
    child = int(started.read_text())
    for _attempt in range(100):
        if not _runs(child):
            break
        sleep(0.05)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    """Whether a process does something: not gone, nor dead and waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rsplit(")", 1)[1].split()[0] != "Z"


def test_nothing_is_left_in_the_folder_for_files_that_pass(program, monkeypatch, tmp_path):
    (passing := tmp_path / "passing").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(passing))
    to_pdf(letter())
    program(f"{HALF}; kill -9 $$")
    with pytest.raises(PdfError):
        to_pdf(letter())

    assert list(passing.iterdir()) == []


def test_a_missing_libreoffice_is_named(settings):
    settings.LIBREOFFICE = "nowhere-to-be-found"

    with pytest.raises(PdfError) as error:
        to_pdf(letter())

    assert "LibreOffice" in error.value.problem
    assert "installiert" in error.value.problem


def test_a_full_disk_is_a_pdf_that_cannot_be_made(monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(PdfError, match="No space left on device"):
        to_pdf(b"PK")


def test_passwords_of_ours_do_not_go_along(program, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", PASSWORD)
    seen = tmp_path / "seen"
    program(f"env > {seen}")

    with pytest.raises(PdfError):
        to_pdf(letter())

    assert "FONTCONFIG_FILE=" in seen.read_text()
    assert PASSWORD not in seen.read_text()
    assert os.environ["DATABASE_URL"] == PASSWORD
