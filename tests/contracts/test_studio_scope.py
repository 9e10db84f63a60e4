"""In the studio, too, a contract is there only for the people of its commissioning body."""

import pytest
from django.contrib.admin.utils import quote
from django.urls import NoReverseMatch, reverse

from base.studio.home import published_for, unfinished_for
from base.studio.search import find
from contracts.actions.assign_roles import assign_roles
from contracts.models import Contract
from tests.factories import make_commissioning_body, make_contract, make_member, make_organisation

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
        page = client.get(reverse(Contract.snippet_viewset.get_url_name("list")))
        assert ("AC-1" in page.content.decode()) == shown


def test_a_contract_is_drafted_for_ones_own_body_alone(client, contract, foreign):
    client.force_login(foreign)
    page = client.get(reverse(Contract.snippet_viewset.get_url_name("add")))
    bodies = page.context["form"].fields["commissioning_body"].queryset
    assert [body.key for body in bodies] == ["housing"]
