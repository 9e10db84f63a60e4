"""What people have written is marked as German where the page around it is English."""

import pytest
from django.conf import settings
from django.urls import reverse
from lxml import html

from cms.models import CatalogueEdition
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(client) -> list[tuple[str, list[str]]]:
    """Addresses of editions, each with texts that stand in them."""
    contract = factories.make_contract("C-1")
    manager = factories.make_member(contract.commissioning_body, roles=["manager"])
    client.force_login(manager.user)
    catalogue: CatalogueEdition = factories.make_catalogue("addiction")
    edition = contract.editions.get()
    return [
        (
            reverse("contract-edition", args=[edition.pk]),
            [f"{each.number} {each.title}" for each in edition.data.clauses],
        ),
        (
            reverse("catalogue-edition", args=[catalogue.pk]),
            [f"{module.code} {module.title}" for module in catalogue.data.modules],
        ),
    ]


def languages(client, address: str, text: str) -> set[str]:
    """Return the languages a text is in, by the nearest part of the page that says one."""
    page = html.fromstring(client.get(address).content.decode())
    found = page.xpath("//main//*[not(self::a)][normalize-space(text())=$text]", text=text)
    return {each.xpath("ancestor-or-self::*[@lang][1]/@lang")[0] for each in found}


@pytest.mark.parametrize("screen", ["de", "en"])
def test_content_is_german_whatever_the_screen_speaks(client, pages, screen):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = screen
    for address, texts in pages:
        assert texts
        for text in texts:
            assert languages(client, address, text) == {"de"}
        assert f'<html lang="{screen}"' in client.get(address).content.decode()
