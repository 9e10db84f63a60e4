"""The content studio, through its forms: drafts, refusals that say why, a second person."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils.html import strip_tags
from lxml import html

from cms.models import Catalogue
from contracts.models import Contract
from forms.models import FormDefinition
from tests.cms.posting import post_of
from tests.factories import (
    catalogue_content,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_organisation,
    make_user,
)

# What the studio's forms say and refuse is Python's; each address of it is opened on both databases
# by tests/contracts/test_studio_walk.py, and whatever a contract is made by publishes there.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def studio(client):
    """Sign in as anna or ben, both superusers, and open or post a page of a draft."""
    people = {name: make_user(name, is_superuser=True) for name in ("anna", "ben")}

    def visit(name, draft, action="edit", data=None, **changes):
        client.force_login(people[name])
        viewset = type(draft).snippet_viewset
        args = [draft.pk] if draft.pk else []
        url = reverse(viewset.get_url_name("edit" if args else "add"), args=args)
        if data is None and not changes and action == "open":
            return client.get(url)
        data = data or post_of(latest(draft) if draft.pk else draft, **changes)
        buttons = {"publish": {"action-publish": "action-publish"}}
        return client.post(url, data | buttons.get(action, {}), follow=True)

    return visit


def latest(draft):
    return type(draft).objects.get(pk=draft.pk).get_latest_revision_as_object()


def texts(response) -> str:
    """Everything the page tells its reader: messages and errors of the form."""
    errors = response.context["form"].non_field_errors() if "form" in response.context else []
    return " ".join([*map(str, response.context["messages"]), *map(str, errors)])


def numbers(draft):
    return list(draft.editions.order_by("number").values_list("number", flat=True))


def test_a_second_person_publishes_what_the_first_wrote(studio):
    catalogue = make_catalogue("c").catalogue
    hours = {"modules-1-value-quantities-0-value-maximum": "12"}
    saved = studio("anna", catalogue, applies_from="2025-01-01", **hours)
    assert saved.status_code == 200
    assert numbers(catalogue) == [1]

    refused = studio("anna", catalogue, "publish")
    assert refused.status_code == 200
    assert "anna" in texts(refused)
    assert numbers(catalogue) == [1]
    assert Catalogue.objects.get().live_revision_id == catalogue.live_revision_id
    assert b'value="2025-01-01"' in refused.content  # what was written is still in the form

    studio("ben", catalogue, "publish")
    assert numbers(catalogue) == [1, 2]
    edition = catalogue.editions.get(number=2)
    assert (edition.authors, edition.approved_by.username) == (["anna"], "ben")
    assert edition.applies_from == date(2025, 1, 1)
    assert edition.quantity_rows.get(module="m2").maximum == 12


def test_a_refused_publication_leaves_what_was_posted_with_it_unsaved(studio):
    catalogue = make_catalogue("c").catalogue
    refused = studio("anna", catalogue, "publish", title="New title")
    assert "anna" in texts(refused)
    assert catalogue.revisions.count() == 1
    assert latest(catalogue).title == "Catalogue"
    assert b"New title" in refused.content


def test_opening_and_publishing_changes_nothing(studio):
    """The form gives back exactly what it was given: no edition, and nobody became an author."""
    catalogue, contract = make_catalogue("c").catalogue, make_contract()
    for draft in (catalogue, contract):
        studio("anna", draft)
        studio("ben", draft, "publish")
        assert numbers(draft) == [1]


def test_a_draft_may_be_unfinished_and_says_what_is_missing(studio):
    catalogue = make_catalogue("c").catalogue
    unknown = {"modules-0-value-quantities-0-value-unit": "day"}
    response = studio("anna", catalogue, **unknown)
    assert "Module › m1 › Einheit: day ist unbekannt" in texts(response)
    assert "Module › m1 › Einheit: day ist unbekannt" in texts(studio("ben", catalogue, "publish"))
    assert numbers(catalogue) == [1]


def test_refusals_spell_days_as_people_do(studio):
    """Actions name days; files keep the spelling of files, the studio is read by people."""
    contract = make_contract(term={"begins": "2024-01-01", "first_ends": "2024-06-30"})
    shorter = {"applies_from": "2024-07-01", "term-0-value-first_ends": "2024-06-29"}
    # Signed anew, or that would be what is refused.
    shorter |= {f"signatures-{party}-value-evidence": "File, page 9" for party in range(2)}
    for name, action in (("anna", "edit"), ("ben", "publish")):
        told = texts(studio(name, contract, action, **shorter if action == "edit" else {}))
        assert "29.06.2024" in told and "01.07.2024 oder später" in told
        assert "2024-" not in told


def test_a_new_catalogue_needs_a_second_person(studio):
    draft = Catalogue(key="new", applies_from=date(2025, 1, 1))
    draft.assign(catalogue_content())
    refused = studio("anna", draft, "publish", data=post_of(draft))
    assert "anna" in texts(refused)
    assert not Catalogue.objects.exists()
    studio("anna", draft, data=post_of(draft))
    stored = Catalogue.objects.get(key="new")
    assert not stored.live
    studio("ben", stored, "publish")
    assert numbers(stored) == [1]


def test_a_new_contract_starts_with_the_parts_it_needs(studio):
    make_commissioning_body(), make_organisation("provider")
    form = studio("anna", Contract(), "open").context["form"]
    assert [child.block_type for child in form["term"].value()] == ["item"]
    assert [child.block_type for child in form["calendar"].value()] == ["item"]


def test_the_key_cannot_change_once_there_is_an_edition(studio):
    catalogue = make_catalogue("c").catalogue
    response = studio("anna", catalogue, key="d")
    assert response.context["form"].errors["key"]
    assert latest(catalogue).key == "c"


@pytest.mark.parametrize("model", [Catalogue, Contract, FormDefinition])
def test_lists_open(studio, client, model):
    make_contract(catalogues=(make_catalogue("c"),))
    studio("anna", Catalogue.objects.get(), "open")
    response = client.get(reverse(model.snippet_viewset.get_url_name("list")))
    assert response.status_code == 200
    assert response.context["object_list"].count() == model.objects.count()


def test_editions_can_be_compared(studio, client):
    catalogue = make_catalogue("c").catalogue
    studio("anna", catalogue, **{"modules-0-value-title": "Other title"})
    first, second = catalogue.revisions.order_by("pk").values_list("pk", flat=True)
    viewset = Catalogue.snippet_viewset
    url = reverse(viewset.get_url_name("revisions_compare"), args=[catalogue.pk, first, second])
    assert b"Other title" in client.get(url).content


def test_field_by_field_a_comparison_speaks_as_people_do(studio, client):
    catalogue = make_catalogue("c").catalogue
    entry = "need_groups-0-value-combinations-0-value-entries-0-value"
    changes = {f"{entry}-requirement": "one_of", "modules-0-value-bookable": ""}
    changes |= {"modules-0-value-quantities-0-value-maximum": "7.50"}
    studio("anna", catalogue, **changes)
    first, second = catalogue.revisions.order_by("pk").values_list("pk", flat=True)
    viewset = Catalogue.snippet_viewset
    url = reverse(viewset.get_url_name("revisions_compare"), args=[catalogue.pk, first, second])
    fields = client.get(url).content.decode().partition('<details class="fw-fields">')[2]
    shown = strip_tags(fields)
    for said in ("Genau", "7,5", "ja"):
        assert said in shown
    for stored in ("one_of", "7.50", "True", "None"):
        assert stored not in shown


def untitled(title: str, **values) -> Catalogue:
    """A draft that is not stored yet, with nothing but its content and title."""
    draft = Catalogue(applies_from=date(2024, 1, 1), **values)
    draft.assign(catalogue_content(need_groups=("one",), modules=("m1",)))
    draft.title = title
    return draft


def test_short_name_is_made_of_the_title_where_none_is_given(studio):
    """Umlauts are spelt out, and of two drafts of one title each has its own."""
    for expected in ("haertefaelle-und-mehr", "haertefaelle-und-mehr-2"):
        assert studio("anna", untitled("Härtefälle und mehr")).status_code == 200
        assert Catalogue.objects.latest("pk").key == expected


def test_short_name_that_is_given_stays(studio):
    studio("anna", untitled("Title", key="own"))
    assert Catalogue.objects.latest("pk").key == "own"


def test_short_name_of_a_draft_without_an_edition_follows_its_title_once_more(studio):
    studio("anna", untitled("First title"))
    draft = Catalogue.objects.latest("pk")
    studio("anna", draft, title="Second title", key="")
    assert latest(draft).key == "second-title"
    studio("anna", draft, key="")
    assert latest(draft).key == "second-title"


def test_short_name_by_which_an_edition_is_known_stays(studio):
    catalogue = make_catalogue("c").catalogue
    refused = studio("anna", catalogue, key="")
    assert Catalogue.objects.get(pk=catalogue.pk).key == "c"
    assert latest(catalogue).key == "c"
    assert refused.status_code == 200


def test_what_is_posted_to_the_address_of_a_copy_is_another_draft(studio, client):
    catalogue = make_catalogue("c").catalogue
    studio("anna", catalogue, "open")
    copied = untitled("Copied", key="copied")
    url = reverse(Catalogue.snippet_viewset.get_url_name("copy"), args=[catalogue.pk])
    client.post(url, post_of(copied))
    assert Catalogue.objects.get(pk=catalogue.pk).key == "c"
    assert latest(catalogue).title == catalogue.title
    assert sorted(Catalogue.objects.values_list("key", flat=True)) == ["c", "copied"]


def test_who_looks_at_the_same_form_is_named_to_who_cannot_see_the_picture(studio, client):
    """Wagtail names others only in what opens under the pointer."""
    draft = make_catalogue().catalogue
    for name in ("anna", "ben"):
        page = html.fromstring(studio(name, draft, "open").content.decode())
        (asks,) = page.xpath("//*[@data-w-swap-src-value and contains(@class, 'editing-sessions')]")
        answer = client.post(asks.get("data-w-swap-src-value")).json()
    (picture,) = html.fromstring(answer["html"]).xpath("//button//img")
    assert picture.get("alt") == "anna"
