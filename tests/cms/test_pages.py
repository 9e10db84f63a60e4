"""Editions on screen: lists, one edition, two compared, pages for everybody."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms.models import Catalogue
from cms.views.editions import dated
from tests.factories import (
    annex,
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
)

pytestmark = pytest.mark.django_db

LATER = date(2025, 1, 1)


@pytest.fixture
def manager(client):
    user = make_member(make_commissioning_body(), roles=["manager"]).user
    client.force_login(user)
    return user


@pytest.fixture
def editions():
    """Module 2 takes twelve hours instead of seven from 2025 on."""
    first = make_catalogue("addiction", content=catalogue_content())
    plain = catalogue_content().model_dump(mode="json")
    plain["modules"][1]["quantities"][0]["maximum"] = "12"
    second = make_catalogue(
        "addiction", content=type(first.data).model_validate(plain), applies_from=LATER
    )
    return first, second


def queries(client, address: str) -> int:
    """Queries of a page that was open before: what is looked up once for a process is known."""
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_list_leads_to_the_edition_in_force(client, manager, editions):
    first, second = editions
    page = client.get(reverse("catalogues")).content.decode()
    assert page.count(reverse("catalogue-edition", args=[second.pk])) == 2
    assert page.count(reverse("catalogue-edition", args=[first.pk])) == 1


def test_list_has_the_same_number_of_queries_for_five_and_fifteen_rows(client, manager):
    for _each in range(5):
        make_catalogue()
    few = queries(client, reverse("catalogues"))
    for _each in range(10):
        make_catalogue()
    assert queries(client, reverse("catalogues")) == few


def test_edition_shows_totals_approval_and_until_when_it_applies(client, manager, editions):
    first, _second = editions
    response = client.get(reverse("catalogue-edition", args=[first.pk]))
    assert response.context["applies_until"] == date(2024, 12, 31)
    assert response.context["state"] == "past"
    [combination] = response.context["sheet"].groups[0].combinations
    # Two modules of two to seven hours each.
    assert (combination.modules, combination.total) == ("1, 2", "4–14 h")
    page = response.content.decode()
    assert "test.approver" in page
    assert first.seal[:16] in page


@pytest.mark.parametrize("tab", ["", "editions", "contracts", "cases"])
def test_every_tab_opens(client, manager, editions, tab):
    first, _second = editions
    contract = make_contract(catalogues=(first,))
    make_case(contract, "K-7", catalogue=first)
    page = client.get(reverse("catalogue-edition", args=[first.pk]), {"tab": tab})
    assert page.status_code == 200
    if tab == "contracts":
        assert contract.number in page.content.decode()
    if tab == "cases":
        assert "K-7" in page.content.decode()


def test_provider_sees_only_its_own_contracts_and_cases_beside_an_edition(client, editions):
    first, _second = editions
    own = make_contract("OWN-1", provider=make_organisation("own"), catalogues=(first,))
    foreign = make_contract("FOREIGN-1", provider=make_organisation("other"), catalogues=(first,))
    make_case(own, "K-OWN", catalogue=first)
    make_case(foreign, "K-FOREIGN", catalogue=first)
    lead = make_member(own.provider, roles=["provider_lead"]).user
    client.force_login(lead)
    for tab in ("contracts", "cases"):
        page = client.get(reverse("catalogue-edition", args=[first.pk]), {"tab": tab})
        assert "OWN" in page.content.decode()
        assert "FOREIGN" not in page.content.decode()
    compared = client.get(reverse("catalogue-compare", args=[first.catalogue_id]))
    assert "OWN" in compared.content.decode()
    assert "FOREIGN" not in compared.content.decode()


def test_numbers_of_cases_are_for_those_who_may_see_cases(client, editions):
    first, _second = editions
    make_case(make_contract(catalogues=(first,)), "K-7", catalogue=first)
    user = make_member(make_commissioning_body(), roles=["administrator"]).user
    client.force_login(user)
    for address in (
        reverse("catalogue-edition", args=[first.pk]) + "?tab=cases",
        reverse("catalogue-compare", args=[first.catalogue_id]),
    ):
        page = client.get(address)
        assert page.status_code == 200
        assert "K-7" not in page.content.decode()


def test_comparison_takes_the_two_newest_or_those_asked_for(client, manager, editions):
    first, second = editions
    address = reverse("catalogue-compare", args=[first.catalogue_id])
    response = client.get(address)
    assert (response.context["old"], response.context["new"]) == (first, second)
    [modules, _totals] = response.context["sections"]
    [[_subject, [change]]] = modules[1]
    assert (change.old, change.new) == ("2–7 h", "2–12 h")

    back = client.get(address, {"old": 2, "new": 1})
    assert (back.context["old"], back.context["new"]) == (second, first)
    assert client.get(address, {"old": 3}).status_code == 404
    same = client.get(address, {"old": 1, "new": 1})
    assert same.context["sections"] == []


def test_edition_that_never_applies_because_the_next_one_takes_over_at_once(editions):
    first, second = editions
    third = make_catalogue(
        "addiction", content=catalogue_content(modules=("m1", "m2", "m3")), applies_from=LATER
    )
    rows = dated([first, second, third], date(2025, 6, 1))
    assert [(e.number, last, state) for e, last, state in rows] == [
        (3, None, "in_force"),
        (2, date(2024, 12, 31), "past"),
        (1, date(2024, 12, 31), "past"),
    ]
    before = dated([first, second, third], date(2024, 6, 1))
    assert [state for _edition, _last, state in before] == ["ahead", "ahead", "in_force"]


def test_public_pages_show_the_edition_in_force_to_everybody(client, editions):
    _first, second = editions
    listed = client.get(reverse("offers"))
    assert reverse("offer", args=["kataloge", "addiction"]) in listed.content.decode()
    page = client.get(reverse("offer", args=["kataloge", "addiction"]))
    assert page.context["edition"] == second
    assert "2–12 h" in page.content.decode()


def test_public_pages_name_no_contract_and_nobody(client, editions):
    first, second = editions
    contract = make_contract("SB-77", catalogues=(first, second))
    make_case(contract, "K-7", catalogue=first)
    page = client.get(reverse("offer", args=["kataloge", "addiction"])).content.decode()
    for secret in ("SB-77", "K-7", contract.provider.name, "test.author", "test.approver"):
        assert secret not in page


def test_what_is_taken_off_line_or_not_yet_in_force_is_not_public(client, editions):
    make_catalogue("ahead", applies_from=date(2999, 1, 1))
    assert client.get(reverse("offer", args=["kataloge", "ahead"])).status_code == 404
    Catalogue.objects.get(key="addiction").unpublish()
    assert client.get(reverse("offer", args=["kataloge", "addiction"])).status_code == 404
    assert "addiction" not in client.get(reverse("offers")).content.decode()
    assert client.get("/leistungen/vertraege/addiction/").status_code == 404


def test_contract_annexes_one_edition_until_the_next(client, manager, editions):
    first, second = editions
    annexes = [
        annex(first, valid_until=date(2024, 12, 31)),
        annex(second, valid_from=LATER),
    ]
    make_contract("SB-1", annexes=annexes)
    for edition, applies in ((first, False), (second, True)):
        page = client.get(reverse("catalogue-edition", args=[edition.pk]), {"tab": "contracts"})
        assert [row[2] for row in page.context["rows"]] == [applies]
