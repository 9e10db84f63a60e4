"""Stored files on their way to a browser, and the page that says why one does not come."""

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from base.documents import TYPES, DocumentError, PdfError, stored_path
from base.models import Event
from base.trail.events import record
from base.workspace.file_openings import why_read


def send_stored(
    request: HttpRequest,
    sha256: str,
    filename: str,
    *,
    about,
    title: str,
    suffix: str,
    content_type: str = "",
) -> HttpResponse:
    """Send a file to be kept, and record that; where it cannot be read, the page that says so.

    A row whose file is gone is possible: another disk, a restore in the wrong order. Nothing is
    recorded then, since nothing left the house.
    """
    try:
        file = default_storage.open(stored_path(sha256, suffix))
    except FileNotFoundError:
        return say_missing(request, filename)
    except OSError:  # the folder does not answer; later it may
        return say_silent(request, filename)
    record(Event.Kind.DOWNLOAD, title=title, about=about, detail=why_read(request))
    return FileResponse(
        file,
        as_attachment=True,
        filename=filename,
        content_type=content_type or TYPES[suffix],
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )


def say_missing(request: HttpRequest, filename: str) -> HttpResponse:
    """Return the page that says that a file is gone, and where it may be found again."""
    return _say(request, 404, title=_("The file is missing"), fault="gone", filename=filename)


def say_silent(request: HttpRequest, filename: str) -> HttpResponse:
    """Return the page that says that files cannot be read or written now."""
    title = _("The file cannot be had now")
    return _say(request, 503, title=title, fault="silent", filename=filename)


def say_unmade(request: HttpRequest, filename: str, error: DocumentError) -> HttpResponse:
    """Return the page that says why a document cannot be made."""
    title = _("The document cannot be made")
    given = {"filename": filename, "reason": error.problem}
    return _say(request, 404, title=title, fault="unmade", **given)


def _say(request: HttpRequest, status: int, **context) -> HttpResponse:
    return render(request, "base/file_missing.html", context, status=status)


def say_no_pdf(request: HttpRequest, error: PdfError, *, docx: str) -> HttpResponse:
    """Return the page that says why there is no PDF now, and where the same is as .docx."""
    context = {"reason": error.problem, "docx": docx}
    return render(request, "base/no_pdf.html", context, status=503)
