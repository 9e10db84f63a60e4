"""Stored files on their way to a browser, and the page that says why one does not come."""

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render

from base.documents.files import DOCX, DOCX_TYPE, stored_path
from base.models import Event
from base.trail.events import record
from base.workspace.reading import why_read


def send_stored(
    request: HttpRequest,
    sha256: str,
    filename: str,
    *,
    about,
    title: str,
    suffix: str = DOCX,
    content_type: str = DOCX_TYPE,
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
        return say_missing(request, filename, status=503)
    record(Event.Kind.DOWNLOAD, title=title, about=about, detail=why_read(request))
    return FileResponse(
        file,
        as_attachment=True,
        filename=filename,
        content_type=content_type,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )


def say_missing(
    request: HttpRequest, filename: str, *, status: int = 404, reason: str = ""
) -> HttpResponse:
    """Return the page that says that a file cannot be had, and what to do."""
    context = {"filename": filename, "reason": reason}
    return render(request, "base/file_missing.html", context, status=status)
