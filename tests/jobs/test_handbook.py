"""The handbook in the product: a chapter for every screen, and the words of the screen in it."""

import re

import polib
import pytest
import wagtail
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from base.handbook import FIRST, FOLDER, anchor, chapter, chapters
from base.workspace.registry import MenuItem, registry
from contracts.rights import CASEWORK, GRANTS
from contracts.roles import Role
from jobs.handbook_places import CHAPTERS, PLACES, find
from tests import factories
from tests.invariants.rows.test_addresses import PAGES

QUOTED = re.compile("„([^“]+)“")
NO_TEXTS = {"[BITTE AUSFÜLLEN: …]": "Stands in pages that a migration made."}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|…")


def heads() -> dict[str, set[str]]:
    return {each.key: {heading for _anchor, heading in each.sections} for each in chapters()}


@pytest.mark.once
def test_every_page_has_a_chapter_that_exists():
    menus = {getattr(page.view, "menu", "") for page in PAGES} | {
        item.key for item in registry.items if isinstance(item, MenuItem) and item.key != "studio"
    }
    assert {menu for menu in menus if menu} - PLACES.keys() == set()
    found = heads()
    for menu, places in PLACES.items():
        for key, heading in places.items():
            assert heading in found[key], (menu, key)


@pytest.mark.once
def test_every_role_has_a_chapter():
    assert set(CHAPTERS.values()) == set(Role)
    assert {FIRST, *CHAPTERS} == set(heads())


@pytest.mark.once
def test_headings_of_a_chapter_have_anchors_of_their_own():
    for each in chapters():
        anchors = [name for name, _heading in each.sections]
        assert len(set(anchors)) == len(anchors) and all(anchors), each.key
        assert all(f'id="{name}"' in each.body for name in anchors)


@pytest.mark.once
def test_chapters_link_only_to_what_is_there():
    for each in chapters():
        targets = re.findall(r'href="([^"]*)"', each.body)
        known = {other.url for other in chapters()}
        assert {target.partition("#")[0] for target in targets} <= known | {""}
        assert "operation.md)" not in each.body


@pytest.mark.once
def test_pictures_of_a_chapter_are_static_files_with_words_for_them():
    shown = [found for each in chapters() for found in re.findall(r"<img[^>]*>", each.body)]
    assert len(shown) == len(list((FOLDER / "bilder").glob("*.png"))) > 0
    for found in shown:
        (path,) = re.findall(r'src="/static/([^"]+)"', found)
        assert finders.find(path) == str(FOLDER.parent / path)
        assert re.search(r'alt="[^"]{20,}"', found)


@pytest.mark.once
def test_words_in_quotes_are_those_of_the_screen():
    """Buttons, entries and headings that the handbook names stand so in a catalogue."""
    files = [settings.BASE_DIR / "locale/de/LC_MESSAGES/django.po"]
    admin = f"{next(iter(wagtail.__path__))}/admin/locale/de/LC_MESSAGES"
    files += [f"{admin}/django.po", f"{admin}/djangojs.po"]
    texts = {
        text
        for file in files
        for entry in polib.pofile(str(file))
        for text in (entry.msgstr, *entry.msgstr_plural.values())
        if text
    }
    whole = {_plain(text) for text in texts}
    parts = [_pattern(text) for text in texts if PLACEHOLDER.search(text)]
    unknown = {
        f"{path.name}: {quoted}"
        for path in FOLDER.glob("*.md")
        for quoted in QUOTED.findall(path.read_text("utf-8"))
        if quoted not in NO_TEXTS
        and _plain(quoted) not in whole
        and not any(part.fullmatch(quoted) for part in parts)
        and not (quoted.endswith("…") and any(quoted.rstrip(" …") in text for text in texts))
    }
    assert unknown == set()


def _plain(text: str) -> str:
    """A text without what ends it, and without regard to its first letter."""
    text = text.strip().rstrip(".:")
    return text[:1].lower() + text[1:]


def _pattern(text: str) -> re.Pattern:
    """Whatever a text with places says once they are filled; the handbook may leave them out.

    A place must not swallow a whole sentence: at least one word is said beside it.
    """
    said = [re.escape(part.strip(" .:")) for part in PLACEHOLDER.split(text)]
    if not re.search(r"\w{4}", "".join(said)):
        return re.compile(r"(?!)")
    return re.compile(r".{0,25}".join(said))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "menu", "place"),
    [
        (Role.FINANCE, "statements", ("finanzen", "Der Weg einer Abrechnung")),
        (Role.PROVIDER_LEAD, "statements", ("traegerleitung", "Abrechnungen")),
        (Role.AUDITOR, "statements", ("pruefung", "Einen Betrag nachvollziehen")),
        # Nothing is written for them there: the first chapter that is.
        (Role.AUDITOR, "closed-years", ("finanzen", "Jahresabschlüsse")),
        (Role.MANAGER, "nowhere", ("", "")),
    ],
)
def test_everybody_reads_what_is_written_for_their_role(role, menu, place):
    user = factories.make_user("reader")
    factories.make_member(factories.make_organisation("somewhere"), roles=[role], user=user)
    assert find(user, menu) == place


@pytest.mark.django_db
def test_a_team_lead_may_and_reads_what_caseworkers_do():
    """The chapters for administrators and for team leads say so."""
    assert [each for each, roles in GRANTS.items() if roles & CASEWORK == {Role.CASEWORKER}] == []
    lead = factories.make_member(factories.make_commissioning_body(), roles=[Role.TEAM_LEAD])
    for menu, places in PLACES.items():
        if "fallmanagement" in places:
            key = "teamleitung" if "teamleitung" in places else "fallmanagement"
            assert find(lead.user, menu) == (key, places[key])


@pytest.mark.django_db
def test_a_screen_leads_to_its_section(client):
    user = factories.make_user("reader")
    place = factories.make_organisation("jc", kind="commissioning_body")
    factories.make_member(place, roles=[Role.FINANCE], user=user)
    client.force_login(user)
    link = reverse("help-place") + "?menu=statements"
    assert f'href="{link}"' in client.get(reverse("statements")).content.decode()
    target = reverse("help") + f"?chapter=finanzen#{anchor('Der Weg einer Abrechnung')}"
    assert client.get(link).url == target
    page = client.get(target).content.decode()
    assert "Als geprüft kennzeichnen" in page and "<table aria-label=" in page
    assert client.get(reverse("help")).status_code == 200
    assert client.get(reverse("help"), {"chapter": "nothing"}).status_code == 404


@pytest.mark.once
def test_what_is_no_chapter_is_none():
    with pytest.raises(LookupError):
        chapter("../operation")


@pytest.mark.django_db
def test_the_studio_leads_there_too(client):
    client.force_login(factories.make_user("anna", is_superuser=True))
    page = client.get(reverse("wagtailadmin_home")).content.decode()
    assert f"{reverse('help-place')}?menu=approvals" in page
