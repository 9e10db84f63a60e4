"""In the studio, too, a contract is there only for the people of its commissioning body."""

from datetime import date

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.urls import NoReverseMatch, reverse

from base.scoping import strangers_to
from base.studio.approval import drafts
from base.studio.home import published_for, unfinished_for
from base.studio.search import find
from contracts.actions.assign_roles import assign_roles
from contracts.actions.begin_contract import begin_contract
from contracts.actions.present_for_signature import present_for_signature
from contracts.models import Contract, Member, Organisation
from tests.factories import (
    contract_content,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_contract("AC-1")


def person(body, role: str = "manager"):
    member = make_member(body, roles=[role])
    assign_roles(member)
    return member.user


@pytest.fixture
def own():
    return person(make_commissioning_body())


@pytest.fixture
def foreign(contract):
    """A manager of another body, who counsels for the contract's provider as well."""
    user = person(make_organisation("housing", kind="commissioning_body"))
    make_member(contract.provider, roles=["counsellor"], user=user)
    return user


def addresses(contract) -> list[str]:
    """All addresses of the studio about one contract; none is listed."""
    viewset, found = Contract.snippet_viewset, []
    revision = contract.latest_revision_id or 1
    for pattern in viewset.get_urlpatterns():
        names = list(pattern.pattern.converters) or ["pk"] * pattern.pattern.regex.groups
        if not names:
            continue
        for arguments in ([quote(contract.pk), revision, revision], [quote(contract.pk), 1, 1]):
            try:
                name = viewset.get_url_name(pattern.name)
                found.append(reverse(name, args=arguments[: len(names)]))
            except NoReverseMatch:
                continue
    return sorted(set(found))


def test_no_address_of_the_studio_finds_a_contract_of_another_body(client, contract, own, foreign):
    found = addresses(contract)
    assert len(found) >= 10
    client.force_login(foreign)
    for address in found:
        for ask in (client.get, client.post):
            assert ask(address).status_code == 404, address
    client.force_login(own)
    codes = {client.get(address).status_code for address in found}
    assert 200 in codes


def test_lists_and_searches_leave_it_out(client, contract, own, foreign):
    for user, shown in ((own, True), (foreign, False)):
        assert (contract in find(user, "AC-1")) == shown
        assert (
            contract in [each.contract for each in published_for(user) if hasattr(each, "contract")]
        ) == shown
        assert unfinished_for(user) == []
        client.force_login(user)
        address = reverse(Contract.snippet_viewset.get_url_name("list"))
        for asked in ({}, {"q": "ac"}, {"q": contract.title}):
            page = client.get(address, asked)
            assert ("AC-1" in page.content.decode()) == shown, asked
        assert "AC-1" not in client.get(address, {"q": "nothing"}).content.decode()


@pytest.mark.parametrize("model", drafts(), ids=lambda model: model.__name__)
def test_list_of_every_kind_of_draft_is_searched(client, own, model):
    client.force_login(own)
    address = reverse(model.snippet_viewset.get_url_name("list"))
    assert client.get(address, {"q": "anything"}).status_code == 200


def test_forms_name_no_other_commissioning_body(client, contract, own, foreign):
    """Neither where parties are chosen nor where signatures are entered."""
    client.force_login(own)
    viewset = Contract.snippet_viewset
    for name, arguments in (("add", []), ("edit", [quote(contract.pk)])):
        page = client.get(reverse(viewset.get_url_name(name), args=arguments)).content.decode()
        assert contract.provider.name in page
        assert "Housing" not in page


def test_shared_content_names_nobody_of_another_body(client, contract, own, foreign):
    """A catalogue is the same for all; who wrote and approved it is known where they work."""
    body = make_commissioning_body()
    edition = make_catalogue("shared")
    author = get_user_model().objects.get(username=edition.authors[0])
    author.first_name, author.last_name = "Wanda", "Weber-Zeichen"
    author.save()
    edition.approved_by.last_name = "Sommer-Zeichen"
    edition.approved_by.save()
    for person in (author, edition.approved_by):
        make_member(body, roles=["manager"], user=person)
    lead = make_member(contract.provider, roles=["provider_lead"]).user
    stranger = make_member(
        make_organisation("housing", kind="commissioning_body"), roles=["auditor"]
    ).user
    addresses = [
        reverse("catalogue-edition", args=[edition.pk]),
        reverse("catalogue-edition", args=[edition.pk]) + "?tab=editions",
        reverse("catalogue-compare", args=[edition.catalogue_id]),
    ]
    for user, named in ((own, True), (lead, True), (stranger, False)):
        client.force_login(user)
        for address in addresses:
            page = client.get(address).content.decode()
            assert ("Zeichen" in page) == named, (user, address)
            assert ("jemand aus einem anderen Amt" in page) != named
    # Who works for its provider as well has to do with its people.
    client.force_login(foreign)
    assert "Zeichen" in client.get(addresses[0]).content.decode()


def leave(member: Member) -> None:
    member.active = False
    member.save()


def test_who_works_there_no_more_knows_nobody_there(contract, foreign):
    """And who left another body is as little known as before."""
    colleague = make_member(make_commissioning_body(), roles=["manager"])
    gone = make_member(make_organisation("county", kind="commissioning_body"), roles=["manager"])
    leave(gone)
    assert strangers_to(foreign) == {gone.user_id}
    leave(Member.objects.get(user=foreign, organisation=contract.provider))
    again = type(foreign).objects.get(pk=foreign.pk)
    assert {colleague.user_id, gone.user_id} <= strangers_to(again)


def test_a_draft_alone_makes_nobody_known(contract, own):
    """But whoever has it before them for signature knows who put it there."""
    lead = make_member(contract.provider, roles=["provider_lead"]).user
    housing = make_organisation("housing", kind="commissioning_body")
    drafter = person(housing)
    draft = begin_contract(
        number="H-1",
        commissioning_body=housing,
        provider=contract.provider,
        content=contract_content(parties=(housing.key, contract.provider.key), signatures=[]),
        by=drafter,
    )
    assert lead.pk in strangers_to(drafter)
    assert drafter.pk in strangers_to(lead)
    assert lead.pk not in strangers_to(own)
    present_for_signature(draft, by=drafter)
    drafter, lead = (type(each).objects.get(pk=each.pk) for each in (drafter, lead))
    assert lead.pk not in strangers_to(drafter)
    assert drafter.pk not in strangers_to(lead)


def test_a_contract_is_drafted_for_ones_own_body_alone(client, contract, foreign):
    client.force_login(foreign)
    page = client.get(reverse(Contract.snippet_viewset.get_url_name("add")))
    bodies = page.context["form"].fields["commissioning_body"].queryset
    assert [body.key for body in bodies] == ["housing"]


def test_a_draft_tells_a_provider_of_no_commissioning_body():
    body = make_organisation("housing", kind="commissioning_body")
    provider = make_organisation("provider")
    draft = Contract(
        number="D-1",
        title="Draft",
        commissioning_body=body,
        provider=provider,
        applies_from=date(2024, 1, 1),
    )
    draft.save()
    lead = make_member(provider, roles=["provider_lead"]).user
    assert set(Organisation.objects.visible_to(lead)) == {provider}
    concluded = make_contract("C-1", provider=provider)
    assert set(Organisation.objects.visible_to(lead)) == {provider, concluded.commissioning_body}
