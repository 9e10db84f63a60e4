"""A .docx as PDF: LibreOffice without a screen prints it, in a folder that is gone afterwards.

Each call has a profile of its own, so that calls beside each other know nothing of each other; the
language is fixed; Arial is the font that Fallwerk brings, which is as wide. LibreOffice's exit
status says little (it is 0 for a file that is not there): what counts is the new file. The PDF is
tagged and has the title and language of the .docx. It holds the moment it was made, so each call
gives other bytes: whoever keeps documents keeps one.
"""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from time import monotonic
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import gettext as _

from base.documents.rendering import DocumentError

FONTS = Path(__file__).resolve().parent / "fonts"

AT_ONCE = 2
"""Conversions that one process lets run beside each other; each takes about 150 MB."""

EXPORT = {
    "SelectPdfVersion": {"type": "long", "value": "2"},  # PDF/A-2
    "UseTaggedPDF": {"type": "boolean", "value": "true"},
    "ExportBookmarks": {"type": "boolean", "value": "true"},
    "DisplayPDFDocumentTitle": {"type": "boolean", "value": "true"},
}

# What stands in a fresh profile: German figures and dates, and nothing that fetches anything.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>de-DE</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""

# Arial is what the letters name. Other fonts come from the computer; where it has none of that
# name, ours takes its place, and not one so wide that columns break.
FONT_RULES = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>{fonts}</dir>
<cachedir>{cache}</cachedir>
<match target="pattern"><test name="family"><string>Arial</string></test>
<edit name="family" mode="assign" binding="strong"><string>Liberation Sans</string></edit></match>
<match target="pattern"><edit name="family" mode="append" binding="strong">
<string>Liberation Sans</string></edit></match>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
</fontconfig>
"""

_turns = BoundedSemaphore(AT_ONCE)


class PdfError(DocumentError):
    """A PDF that cannot be made; the .docx is not touched by that."""

    def __init__(self, problem: str):
        super().__init__("PDF", problem)


def to_pdf(docx: bytes) -> bytes:
    """Return a .docx as PDF.

    Raises PdfError where LibreOffice is missing, fails, or takes longer than the settings allow
    (PDF_SECONDS, time in the queue included).
    """
    program = shutil.which(settings.LIBREOFFICE)
    if program is None:
        raise PdfError(_("LibreOffice, which makes PDFs, is not installed on this server."))
    until = monotonic() + settings.PDF_SECONDS
    if not _turns.acquire(timeout=settings.PDF_SECONDS):
        raise PdfError(_("Too many PDFs are being made at the moment. Please try again shortly."))
    try:
        # What LibreOffice may still be writing while it is ended is nothing to fail about.
        with TemporaryDirectory(prefix="fallwerk-pdf-", ignore_cleanup_errors=True) as folder:
            return _converted(program, Path(folder), docx, seconds=until - monotonic())
    except OSError as error:  # no room left, no more processes
        raise PdfError(_("LibreOffice made no PDF of it. It said: %s") % error.strerror) from error
    finally:
        _turns.release()


def _converted(program: str, folder: Path, docx: bytes, *, seconds: float) -> bytes:
    """Return what LibreOffice makes of a file in an empty folder."""
    (folder / "document.docx").write_bytes(docx)
    profile = folder / "profile" / "user" / "registrymodifications.xcu"
    profile.parent.mkdir(parents=True)
    profile.write_text(PROFILE)
    rules = FONT_RULES.format(fonts=escape(str(FONTS)), cache=escape(str(folder / "cache")))
    (folder / "fonts.conf").write_text(rules)
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        # Without it, a text file would become a PDF as well.
        "--infilter=MS Word 2007 XML",
        "--convert-to",
        f"pdf:writer_pdf_Export:{json.dumps(EXPORT)}",
        "--outdir",
        str(folder),
        str(folder / "document.docx"),
    ]
    said = _run(command, folder, seconds)
    try:
        content = (folder / "document.pdf").read_bytes()
    except FileNotFoundError:
        content = b""
    if not (content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")):
        raise PdfError(_("LibreOffice made no PDF of it. It said: %s") % (said or "–"))
    return content


def _run(command: list[str], folder: Path, seconds: float) -> str:
    """Run LibreOffice until it ends, or end it with all it started; return what it said last."""
    # Nothing of our own environment: it holds passwords.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    with (folder / "said").open("w+b") as said:
        process = subprocess.Popen(  # noqa: S603  (our own command, no shell)
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(timeout=max(seconds, 0))
        except subprocess.TimeoutExpired as error:
            raise PdfError(
                _("LibreOffice took longer than %d seconds.") % settings.PDF_SECONDS
            ) from error
        finally:
            _end(process)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
        return lines[-1].replace(str(folder), "…") if lines else ""


def _end(process: subprocess.Popen) -> None:
    """End what is left of a process and of those it started: the program is its child's parent."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
