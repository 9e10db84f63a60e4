"""The studio's form of a new draft, sent again and again, makes one draft."""

from datetime import date

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Task

from base.models import SentForm
from base.models.approval import SecondPersonTask
from base.studio.approval import drafts
from base.studio.drafts import DraftCreateView
from base.studio.once import COMPUTING
from cms.models import Catalogue
from tests.cms.posting import post_of
from tests.factories import (
    catalogue_content,
    make_commissioning_body,
    make_member,
    make_organisation,
    make_user,
)

pytestmark = pytest.mark.django_db

TIMES = 20


@pytest.mark.once
@pytest.mark.parametrize("model", drafts(), ids=lambda model: model.__name__)
def test_every_kind_of_draft_has_a_key_that_nothing_can_have_twice(model):
    assert [field.name for field in model._meta.concrete_fields if field.unique] > ["id"]
    assert issubclass(model.snippet_viewset.add_view_class, DraftCreateView)


@pytest.fixture
def send(client):
    client.force_login(make_member(make_commissioning_body(), roles=["manager"]).user)
    draft = Catalogue(key="new", applies_from=date(2025, 1, 1))
    draft.assign(catalogue_content())
    url = reverse(Catalogue.snippet_viewset.get_url_name("add"))
    data = post_of(draft)
    return lambda: client.post(url, data)


def test_sent_twenty_times_it_is_made_once(send):
    answers = [send().status_code for _time in range(TIMES)]
    assert answers == [302, *[200] * (TIMES - 1)]
    draft = Catalogue.objects.get()
    assert draft.revisions.count() == 1


def test_what_comes_at_the_same_moment_is_told_and_no_error_of_the_server(send, monkeypatch):
    """Both found the key free; the database lets one in."""

    def taken(self, *args, **kwargs):
        raise IntegrityError("UNIQUE constraint failed: cms_catalogue.key")

    monkeypatch.setattr(Catalogue, "save", taken)
    answer = send()
    assert answer.status_code == 200
    assert "gerade jemand" in answer.content.decode()
    assert not Catalogue.objects.exists()


@pytest.mark.parametrize("model", drafts(), ids=lambda model: model.__name__)
def test_what_only_computes_while_somebody_types_is_not_kept_as_sent(model):
    client, names = overseer(), model.snippet_viewset.get_urlpatterns()
    computing = {pattern.name for pattern in names if pattern.name.endswith("_add")} & COMPUTING
    assert computing == {"preview_on_add"} | ({"figures_on_add"} if has_figures(model) else set())
    parties = {field.name: make_organisation() for field in model.identity() if field.is_relation}
    form = post_of(model(**parties)) | {"csrfmiddlewaretoken": "a" * 32}
    for name in computing:
        address = reverse(model.snippet_viewset.get_url_name(name))
        with CaptureQueriesContext(connection) as queries:
            assert client.post(address, form).status_code == 200
        said = [query["sql"] for query in queries if "django_session" not in query["sql"]]
        assert not any(SentForm._meta.db_table in sql for sql in said), name
        if name == "figures_on_add":  # Wagtail's preview keeps the form for what shows it
            assert not any(sql.startswith(("INSERT", "UPDATE", "DELETE")) for sql in said)


def has_figures(model) -> bool:
    return model.snippet_viewset.figures is not None


def overseer(**other) -> Client:
    client = Client(**other)
    client.force_login(make_user("root", is_superuser=True))
    return client


def test_wagtails_own_forms_are_carried_out_once():
    kind = SecondPersonTask._meta
    address = reverse("wagtailadmin_workflows:add_task", args=[kind.app_label, kind.model_name])
    client, before = overseer(), Task.objects.count()
    form = {"name": "Doppelt", "csrfmiddlewaretoken": "a" * 32}
    answers = [client.post(address, form) for _time in range(3)]
    assert [answer.status_code for answer in answers] == [302] * 3
    assert len({answer.url for answer in answers}) == 1
    assert Task.objects.count() == before + 1
    # The same in another page is meant.
    assert client.post(address, form | {"csrfmiddlewaretoken": "b" * 32}).status_code == 302
    assert Task.objects.count() == before + 2


def test_a_form_that_is_not_whole_is_no_error_of_the_server():
    client = overseer(raise_request_exception=False)
    for model in drafts():
        address = reverse(model.snippet_viewset.get_url_name("add"))
        answer = client.post(address, {"title": "x", "csrfmiddlewaretoken": "a" * 32})
        assert answer.status_code == 400, model
        assert not model.objects.exists()
