"""What is pasted into forms is mended before any view reads it."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from base.content import cleaned
from base.pasted import PastedText


def test_what_is_pasted_can_be_kept_and_printed():
    """Word pastes vertical tabs; what PostgreSQL or Word cannot hold goes without a word."""
    assert cleaned("one\r\ntwo\rthree\x0bfour") == "one\ntwo\nthree\nfour"
    assert cleaned("a\x00b\x08c\uffffd\te") == "abcd\te"


@pytest.fixture
def received():
    """Return what a view reads of a form that is sent."""

    def send(**sent):
        request = RequestFactory().post("/", sent)
        middleware = PastedText(lambda _request: HttpResponse())
        assert middleware.process_view(request, None, (), {}) is None
        return request

    return send


def test_views_read_what_can_be_kept(received):
    request = received(note="Erste\x0bZweite\x08", tags=["a\x1f", "b"], plain="c\td")
    assert request.POST["note"] == "Erste\nZweite"
    assert request.POST.getlist("tags") == ["a", "b"]
    assert request.POST["plain"] == "c\td"


def test_what_can_be_kept_stays_as_it_was_sent(received):
    assert received(note="Erste\r\nZweite – „Müller“").POST["note"] == "Erste\r\nZweite – „Müller“"


def test_files_stay_as_they_are(received):
    request = received(note="a\x0b", file=SimpleUploadedFile("a.pdf", b"%PDF\x0b\x00"))
    assert request.FILES["file"].read() == b"%PDF\x0b\x00"


def test_nobody_reads_a_form_before():
    """What answers in place of views comes after it: the studio's forms are carried out there."""
    order = settings.MIDDLEWARE
    assert order.index("base.pasted.PastedText") < order.index("base.studio.once.StudioOnce")
