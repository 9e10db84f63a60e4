"""Who opened what: announced by pages of models with `reading_is_logged`, recorded by the trail."""

from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse

opened = Signal()
"""Sent with `request` and `about`, the row, when a page about a person's data was shown."""


def announce(request: HttpRequest, response: HttpResponse, about) -> None:
    """Send `opened` where a row of such a model was shown; one that was refused was not read."""
    shown = request.method == "GET" and response.status_code == 200
    if shown and getattr(about, "reading_is_logged", False):
        opened.send(None, request=request, about=about)
