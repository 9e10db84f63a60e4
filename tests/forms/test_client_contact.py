"""How clients are reached: who reads what of it, who finds a case by it, who changes it."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from forms.actions.reach_client import reach_client
from forms.models import ClientContact
from tests.factories import (
    make_case,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    somebody,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

CUSTOMER, HOUSEHOLD, PHONE = "355A000777", "35502//0000777", "0170 4711"


@kept
def case():
    case = make_case(make_contract(), "K-100")
    reach_client(
        client=case.client,
        customer_number="355a 000777",
        household_number=HOUSEHOLD,
        phone=PHONE,
        reach_never="Nicht im Betrieb anrufen",
        by=somebody(),
    )
    return case


def working(case, role: str):
    place = case.contract.provider if role in ("counsellor", "provider_lead") else None
    return make_member(place or make_commissioning_body(), roles=[role])


def signed_in(client, member):
    client.force_login(member.user)
    return client


def found(client, text: str) -> bool:
    listed = client.get(reverse("cases"), {"q": text}).context["table"].rows
    searched = "K-100" in client.get(reverse("search"), {"q": text}).content.decode()
    assert bool(len(listed)) == searched
    return searched


def test_numbers_are_kept_in_one_spelling(case):
    contact = ClientContact.objects.get(client=case.client_id)
    assert (contact.customer_number, contact.household_number) == (CUSTOMER, HOUSEHOLD)


@pytest.mark.parametrize(
    ("role", "reaches", "numbers"),
    [
        ("caseworker", True, True),
        ("team_lead", True, True),
        ("counsellor", True, False),
        ("provider_lead", True, False),
        ("manager", False, False),
        ("finance", False, False),
        ("auditor", False, False),
        ("director", False, False),
    ],
)
def test_who_reads_what_of_it_and_finds_a_case_by_it(client, case, role, reaches, numbers):
    signed_in(client, working(case, role))
    page = client.get(reverse("case", args=[case.pk]), follow=True)
    if page.redirect_chain:
        why = {"why": "audit", "reason": "", "next": reverse("case", args=[case.pk])}
        page = client.post(page.redirect_chain[-1][0], why, follow=True)
    text = page.content.decode()
    assert "Fall K-100" in text
    assert (PHONE in text, CUSTOMER in text, HOUSEHOLD in text) == (reaches, numbers, numbers)
    for number in (CUSTOMER, "355a 0007", "0000777"):
        assert found(client, number) == numbers
    assert found(client, "K-100")


def test_nobody_of_another_body_finds_or_changes_it(client, case):
    body = make_organisation("other", kind="commissioning_body")
    signed_in(client, make_member(body, roles=["caseworker"]))
    assert not found(client, CUSTOMER)
    assert client.get(reverse("case-contact", args=[case.pk])).status_code == 404


def test_a_caseworker_corrects_it_and_history_says_why(client, case):
    member = working(case, "caseworker")
    signed_in(client, member)
    address = reverse("case-contact", args=[case.pk])
    page = client.get(address)
    values = {"phone": "0170 1", "email": "a@b.example", "reason": "Neue Nummer"}
    seen = {"_seen": page.context["seen"]}
    assert client.post(address, page.context["form"].initial | values | seen).status_code == 302
    contact = ClientContact.objects.get(client=case.client_id)
    assert (contact.phone, contact.email) == ("0170 1", "a@b.example")
    assert (contact.customer_number, contact.reach_never) == (CUSTOMER, "Nicht im Betrieb anrufen")
    version = contact.history.latest("history_id")
    assert (version.history_user, version.history_change_reason) == (member.user, "Neue Nummer")


@pytest.mark.parametrize("role", ["counsellor", "provider_lead", "manager", "finance"])
def test_others_do_not_change_it(client, case, role):
    signed_in(client, working(case, role))
    assert client.get(reverse("case-contact", args=[case.pk])).status_code == 403


@pytest.mark.parametrize("values", [{"customer_number": "1;2"}, {"email": "nobody"}])
def test_what_cannot_be_is_refused(case, values):
    with pytest.raises(ValidationError) as refused:
        reach_client(client=case.client, by=somebody(), **values)
    assert list(refused.value.error_dict) == list(values)
