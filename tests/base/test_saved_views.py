"""What somebody typed into a filter stands in no saved view, neither in one of before."""

from importlib import import_module
from urllib.parse import parse_qs, urlencode

import pytest
from django import forms
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django_filters import CharFilter

from base.history import history_model
from base.models import Event, SavedView
from tests.factories import make_commissioning_body, make_member, make_user
from tests.invariants.rows.test_addresses import WITHOUT

pytestmark = pytest.mark.django_db

MIGRATION = import_module("base.migrations.0008_saved_views_without_names")
TYPED = "Muster-Name"


def typed_in(page) -> list[str]:
    filters = getattr(getattr(page.view, "filterset_class", None), "base_filters", {})
    fields = getattr(getattr(page.view, "filter_form", None), "base_fields", {})
    return [name for name, each in filters.items() if isinstance(each, CharFilter)] + [
        name for name, each in fields.items() if isinstance(each, forms.CharField)
    ]


LISTS = [page for page in WITHOUT if typed_in(page)]


@pytest.mark.once
def test_there_are_lists_to_type_into():
    assert {"cases", "records", "trail"} <= {page.name for page in LISTS}


@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.name)
def test_new_view_keeps_what_was_chosen_and_not_what_was_typed(page, client):
    client.force_login(make_user())
    given = {name: TYPED for name in typed_in(page)} | {"q": TYPED, "sort": "-number"}
    client.post(
        reverse("view-save"), {"page": page.name, "name": "mine", "query": urlencode(given)}
    )
    (view,) = SavedView.objects.all()
    assert parse_qs(view.query) == {"sort": ["-number"]}


def test_views_of_before_lose_it_with_all_their_versions():
    owner = make_user()
    views = [
        SavedView.objects.create(owner=owner, page=page, name=page, query=query)
        for page, query in (
            ("cases", f"q={TYPED}&status=open"),
            ("trail", f"text={TYPED}&kind=read"),
            ("gone", f"whatever={TYPED}"),
            ("cases-hand-over", "sort=number"),
        )
    ]
    views[0].name = "renamed"
    views[0].save()

    MIGRATION.take_out(apps, connection.schema_editor(atomic=False))

    kept = ["status=open", "kind=read", "", "sort=number"]
    assert [view.query for view in SavedView.objects.order_by("pk")] == kept
    versions = history_model(SavedView).objects.order_by("history_id")
    assert [version.query for version in versions] == [*kept, "status=open"]


def test_what_is_typed_into_the_trail_stands_in_no_event_of_its_export(client):
    auditor = make_member(make_commissioning_body(), roles=["auditor"]).user
    client.force_login(auditor)
    client.get(reverse("trail"), {"text": TYPED, "kind": "read", "export": "csv"})
    event = Event.objects.get(kind="export")
    assert parse_qs(event.detail["filters"]) == {"text": ["…"], "kind": ["read"]}
