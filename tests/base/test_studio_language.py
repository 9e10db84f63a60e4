"""The studio speaks the language of the workspace, and its German is whole."""

from pathlib import Path

import polib
import pytest
import wagtail
from django.conf import settings
from django.urls import reverse
from django.utils.translation import trans_real
from wagtail.users.models import UserProfile

from base.management.commands.check_translations import Message, messages_in
from base.studio.borrowed import BORROWED, REWORDED
from tests.factories import make_user

# Of pages and of their accessibility checks, which the studio does not have; and of tests.
OF_PAGES = {"pages", "pages.py", "userbar.py", "tests"}


@pytest.fixture
def person(client):
    person = make_user("anna", is_superuser=True)
    client.force_login(person)
    return person


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "greeting"), [("", "Zum Arbeitsbereich"), ("en", "To the workspace")]
)
def test_the_studio_follows_the_switch_of_the_workspace(client, person, cookie, greeting):
    if cookie:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    page = client.get(reverse("wagtailadmin_home"))
    assert f'lang="{cookie or "de"}"' in page.content.decode()
    assert greeting in page.content.decode()


@pytest.mark.django_db
def test_wagtail_keeps_no_language_of_its_own(client, person):
    account = reverse("wagtailadmin_account")
    panels = client.get(account).context["panels_by_tab"].values()
    assert [panel.name for tab in panels for panel in tab] == ["theme"]

    posted = {"locale-preferred_language": "en", "theme-theme": "dark"}
    posted |= {"theme-contrast": "system", "theme-density": "default"}
    client.post(account, posted)
    profile = UserProfile.objects.get(user=person)
    assert (profile.theme, profile.preferred_language) == ("dark", "")
    assert 'lang="de"' in client.get(account).content.decode()


def texts_of_wagtail() -> dict[Message, set[str]]:
    return messages_in(Path(wagtail.__file__).parent, ("admin", "snippets"))


@pytest.mark.once
def test_no_text_of_wagtail_is_left_in_english():
    """Also after an upgrade: what its German catalogue lacks is borrowed into ours."""
    german = trans_real.translation("de")
    ours = set(BORROWED)
    lacking = {
        message.singular
        for message, files in texts_of_wagtail().items()
        if not any(OF_PAGES & set(Path(file).parts) for file in files)
        and not translated(german, message)
    }
    assert lacking <= ours


def translated(german, message: Message) -> bool:
    key = f"{message.context}\x04{message.singular}" if message.context else message.singular
    return any(each in german._catalog for each in (key, (key, 0), (key, 1)))


@pytest.mark.once
def test_borrowed_texts_are_needed():
    """Each is one of Wagtail's texts, and one its own catalogue does not translate."""
    path = Path(wagtail.__file__).parent / "admin/locale/de/LC_MESSAGES/django.po"
    theirs = {entry.msgid for entry in polib.pofile(path).translated_entries()}
    texts = {message.singular for message in texts_of_wagtail()}
    users = messages_in(Path(wagtail.__file__).parent, ("users",))
    texts |= {message.singular for message in users}
    assert {*BORROWED, *REWORDED} <= texts
    assert set(BORROWED) & theirs == set()
