"""Whoever takes a document along is on record: all pages of objects are walked, none is listed."""

import pytest

from base.models import Event
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import MOST_TRIED, OF_OBJECTS, allowed, people

pytestmark = pytest.mark.django_db

KNOWN = {
    "evidence-file", "filled-form-document", "filled-form-pdf", "report-document", "report-pdf",
    "statement-document", "statement-pdf",
}  # fmt: skip


def test_each_download_is_recorded():
    found = set()
    for page in OF_OBJECTS:
        user = next((user for user in people().values() if allowed(page, user)), None)
        own = page.view.model._default_manager.visible_to(user).order_by("pk")
        for pk in own.values_list("pk", flat=True)[:MOST_TRIED]:
            before = Event.objects.filter(kind=Event.Kind.DOWNLOAD).count()
            response = signed_in(user).get(page.url(pk))
            if not response.get("Content-Disposition", "").startswith("attachment"):
                if response.status_code == 200:
                    break  # a page; what is no file for one row is none for another
                continue
            found.add(page.name)
            events = Event.objects.filter(kind=Event.Kind.DOWNLOAD).order_by("-pk")
            assert events.count() == before + 1, page.name
            event = events[0]
            assert (event.actor_number, bool(event.title)) == (user.pk, True), page.name
            assert event.object_number is not None, page.name
            break
    assert found >= KNOWN
