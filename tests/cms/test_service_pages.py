"""The public page of a service description follows its editions, and shows each on its days."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from base.editions import publish
from cms.actions.follow_description import follow_begun
from cms.content.description import DescriptionContent
from cms.models import ContentPage, Description, ServicePage
from cms.views.pages import find_pages
from jobs.chores import CHORES
from tests.cms.pages import make_page, section
from tests.factories import make_commissioning_body, make_member, make_user

pytestmark = pytest.mark.django_db

FIRST, SECOND = date(2024, 1, 1), date(2024, 7, 1)


def describe(key: str = "wohnhilfe", *, title: str, offer: str, applies_from: date = FIRST):
    """Publish the next edition of a description."""
    draft = Description.objects.filter(key=key).first() or Description(key=key)
    content = DescriptionContent(title=title, offer=[offer])
    publish(draft, content, applies_from=applies_from, authors=[make_user()], approver=make_user())
    return Description.objects.get(key=key)


@pytest.fixture
def description():
    describe(title="Wohnhilfe", offer="Beratung in der Küche")
    return describe(title="Wohnhilfe plus", offer="Beratung im Treppenhaus", applies_from=SECOND)


def test_page_shows_what_is_in_force_and_what_was(client, description):
    page = description.page
    assert page.address == "/leistungen/wohnhilfe/"
    now = client.get(page.address)
    assert now.context["title"] == "Wohnhilfe plus"
    assert "Treppenhaus" in now.content.decode()
    then = client.get(page.address, {"day": "2024-06-30"})
    assert "Küche" in then.content.decode()
    assert "Treppenhaus" not in then.content.decode()
    for day in ("2023-12-31", "soon", "2024-02-30"):
        assert client.get(page.address, {"day": day}).status_code == 404, day


def test_what_applies_later_is_not_shown_today(client):
    ahead = timezone.localdate() + timedelta(days=3)
    later = describe("spaeter", title="Später", offer="Noch nicht", applies_from=ahead)
    assert client.get(later.page.address).status_code == 404
    assert find_pages(AnonymousUser(), "Später") == []
    area = make_page("wohnen", below=section("leistungen"), kind="section")
    later.page.move(area, pos="last-child")
    later = Description.objects.get(pk=later.pk)
    for way in (reverse("offers"), area.address, "/sitemap.xml"):
        said = client.get(way).content.decode()
        assert "Später" not in said and "spaeter" not in said, way
    shown = client.get(later.page.address, {"day": ahead.isoformat()})
    assert shown.status_code == 200


def test_address_by_areas_of_help_and_the_way_from_older_ones(client, description):
    area = make_page("wohnen", below=section("leistungen"), kind="section", title="Wohnen")
    description.page.move(area, pos="last-child")
    page = ServicePage.objects.get(description=description)
    assert page.address == "/leistungen/wohnen/wohnhilfe/"
    for older in ("/leistungen/wohnhilfe/", "/leistungen/beschreibungen/wohnhilfe/"):
        answer = client.get(older)
        assert (answer.status_code, answer.url) == (301, page.address), older
    assert page.address in client.get(area.address).content.decode()
    offers = client.get(reverse("offers"))
    assert [(a.title, [s.title for s in rows]) for a, rows in offers.context["areas"]] == [
        ("Wohnen", ["Wohnhilfe plus"])
    ]
    assert offers.content.decode().count("Wohnhilfe plus") == 1


def test_the_way_to_a_page_names_no_area_that_its_reader_may_not_read(client, description):
    area = make_page(
        "intern", below=section("leistungen"), kind="section", title="Intern", audience="staff"
    )
    description.page.move(area, pos="last-child")
    page = ServicePage.objects.get(description=description)
    assert "Intern" not in client.get(page.address).content.decode()
    client.force_login(make_member(make_commissioning_body(), roles=["manager"]).user)
    assert [each["label"] for each in client.get(page.address).context["crumbs"]] == [
        "Unsere Leistungen",
        "Intern",
    ]


def test_description_off_line_takes_its_page_along(client, description):
    description.unpublish()
    assert client.get("/leistungen/wohnhilfe/").status_code == 404
    assert find_pages(AnonymousUser(), "Treppenhaus") == []


def test_words_of_the_edition_in_force_are_found(description):
    assert [page.title for page in find_pages(AnonymousUser(), "Treppenhaus")] == ["Wohnhilfe plus"]


def test_a_new_edition_is_called_and_found_as_what_it_is_from_its_first_day(client, monkeypatch):
    today = timezone.localdate()
    ahead = today + timedelta(days=3)
    describe(title="Wohnhilfe", offer="Beratung in der Küche")
    describe(title="Mietschutz", offer="Beratung im Treppenhaus", applies_from=ahead)

    def found(words: str) -> list[str]:
        return [page.title for page in find_pages(AnonymousUser(), words)]

    assert follow_begun(today) == 0
    assert (found("Mietschutz"), found("Küche")) == ([], ["Wohnhilfe"])
    monkeypatch.setattr(timezone, "localdate", lambda *_args: ahead)
    call_command("follow_descriptions")
    assert (found("Mietschutz"), found("Treppenhaus")) == (["Mietschutz"], ["Mietschutz"])
    assert found("Küche") == []
    assert "follow_descriptions" in [chore.command for chore in CHORES]


def test_page_is_written_in_its_description_alone(client, description):
    user = make_member(make_commissioning_body(), roles=["manager"]).user
    client.force_login(user)
    for name in ("edit", "unpublish"):
        url = reverse(f"wagtailadmin_pages:{name}", args=[description.page.pk])
        assert client.get(url).url == reverse("wagtailadmin_home"), name
    # The page leads to where it is written, and may be moved.
    said = client.get(description.page.address).content.decode()
    assert reverse(Description.snippet_viewset.get_url_name("edit"), args=[description.pk]) in said
    url = reverse("wagtailadmin_pages:move", args=[description.page.pk])
    assert client.get(url).status_code == 200
    with pytest.raises(PermissionDenied):
        description.page.save_revision(user=user)


def test_keys_editions_and_seals_stay_as_they_are(description):
    """The page stands beside the description; nothing of it is copied or changed."""
    assert [edition.problems() for edition in description.editions.all()] == [[], []]
    assert description.key == "wohnhilfe"


def test_descriptions_that_are_older_than_the_tree_get_their_page(client, description):
    """By the migration, which knows models as they were."""
    ServicePage.objects.all().delete()
    ContentPage.objects.all().delete()
    migration = import_module("cms.migrations.0003_page_tree")
    migration.grow(apps, schema_editor=None)
    page = ServicePage.objects.get(description=description)
    assert page.address == "/leistungen/wohnhilfe/"
    assert page.get_parent().slug == "leistungen"
    assert client.get(page.address).status_code == 200
    # The tree is whole: another page finds its place in it.
    another = make_page("neu")
    assert client.get(another.address).status_code == 200
