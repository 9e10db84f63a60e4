"""Totals beside a catalogue's form, and its preview, for what stands in the form right now."""

import pytest
from django.urls import reverse

from cms.content.catalogue import CatalogueContent
from cms.figures import totals_of
from cms.models import Catalogue
from tests.cms.posting import post_of
from tests.factories import catalogue_content, make_catalogue, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_catalogue("c").catalogue


@pytest.fixture
def figures(client, draft):
    """Post the form as it stands, changed; return what is shown beside it."""
    client.force_login(make_user("anna", is_superuser=True))

    def post(**changes):
        url = reverse(Catalogue.snippet_viewset.get_url_name("figures_on_edit"), args=[draft.pk])
        response = client.post(url, post_of(draft, **changes))
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return post


def test_totals_follow_the_form_and_nothing_is_saved(figures, draft):
    # Two modules of 2 to 7 hours each.
    assert "4–14 h" in figures()
    shown = figures(**{"modules-1-value-quantities-0-value-maximum": "12"})
    assert "4–19 h" in shown
    assert draft.revisions.count() == 1
    assert "4–14 h" in figures()


def test_what_is_wrong_is_named_in_the_words_of_the_form(figures):
    shown = figures(**{"modules-0-value-quantities-0-value-unit": "day"})
    assert "4–14" not in shown
    assert "Module › m1 › Einheit: day ist unbekannt; zulässig: hour, session" in shown
    assert "Eine Zahl ist erforderlich" not in shown
    shown = figures(**{"modules-1-value-quantities-0-value-minimum": ""})
    assert "Module 2 › Umfang 1 › Minimum" in shown


def test_a_form_that_cannot_be_read_names_the_field(figures):
    shown = figures(applies_from="bald")
    assert "Gilt ab: " in shown


def test_a_block_that_cannot_be_read_is_named_as_well(figures):
    shown = figures(**{"modules-1-value-quantities-0-value-minimum": "viel"})
    assert "Module 2 › Umfang 1 › Minimum: " in shown


def test_figures_of_a_new_draft(client):
    client.force_login(make_user("anna", is_superuser=True))
    new = Catalogue(key="new", applies_from="2025-01-01")
    new.assign(catalogue_content())
    url = reverse(Catalogue.snippet_viewset.get_url_name("figures_on_add"))
    response = client.post(url, post_of(new))
    assert "4–14 h" in response.content.decode()
    assert Catalogue.objects.count() == 0


def test_figures_need_the_right_to_edit(client, draft):
    client.force_login(make_user("outsider"))
    url = reverse(Catalogue.snippet_viewset.get_url_name("figures_on_edit"), args=[draft.pk])
    assert client.post(url, {}).status_code in (302, 403)


def test_totals_as_printed_in_c1():
    """HBG 3: first and last module, one of two between; (+3) for some: 28 (+3) hours (C1)."""
    hours = {"m1": "7", "m4": "14", "m5": "14", "m6": "7"}
    modules = [
        {
            "key": key,
            "code": key[1:],
            "title": key,
            "quantities": [{"unit": "hour", "minimum": amount, "maximum": amount}],
        }
        for key, amount in hours.items()
    ]
    modules[3]["extras"] = [
        {"unit": "hour", "quantity": "3", "condition": "first-time", "label": "first time"}
    ]
    entries = [
        {"modules": ["m1"]},
        {"requirement": "one_of", "modules": ["m4", "m5"]},
        {"modules": ["m6"]},
    ]
    group = {
        "key": "hbg-3",
        "code": "3",
        "title": "Need group 3",
        "combinations": [{"key": "regular", "entries": entries}],
    }
    content = catalogue_content().model_dump() | {"modules": modules, "need_groups": [group]}
    shown = totals_of(CatalogueContent.model_validate(content))
    (total,) = shown["groups"][0].combinations
    assert (total.totals.label, total.hours, total.modules) == (
        "28 (+3) h",
        "28 (+3)",
        "1 + 4/5 + 6",
    )
    assert shown["extras"] == ("first time",)


def test_the_preview_shows_content_and_totals(client, draft):
    client.force_login(make_user("anna", is_superuser=True))
    url = reverse(Catalogue.snippet_viewset.get_url_name("preview_on_edit"), args=[draft.pk])
    posted = client.post(url, post_of(draft, **{"modules-0-value-title": "Counselling by phone"}))
    assert posted.json() == {"is_valid": True, "is_available": True}
    page = client.get(url)
    shown = page.content.decode()
    assert "Counselling by phone" in shown
    assert "4–14 h" in shown
    assert "2–7 Individual hour" in shown  # not the unit's key
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]


def test_comparing_says_what_changed_by_meaning(client, draft):
    client.force_login(make_user("anna", is_superuser=True))
    edit = reverse(Catalogue.snippet_viewset.get_url_name("edit"), args=[draft.pk])
    client.post(edit, post_of(draft, **{"modules-0-value-quantities-0-value-maximum": "9"}))
    compare = reverse(
        Catalogue.snippet_viewset.get_url_name("revisions_compare"),
        args=[draft.pk, "live", "latest"],
    )
    changes = client.get(compare).context["changes"]
    assert [(change.old, change.new) for change in changes if change.section == "Module"] == [
        ("2–7 h", "2–9 h")
    ]
