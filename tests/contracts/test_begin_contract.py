"""A new contract from six answers: a draft that is whole but for the signatures."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from contracts.content import ContractContent
from contracts.dates.term import ends_after_notice
from contracts.first_draft import COMPLEXES, COSTS, HOURS, Annexed, Answers, first_draft
from contracts.models import Contract
from tests.factories import (
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
)

CATALOGUE = Annexed("catalogue", "addiction", "Module der Suchthilfe", 3)
ASKED = {
    "services": (CATALOGUE,),
    "begins": date(2027, 1, 1),
    "ends": date(2027, 12, 31),
    "renewed": True,
    "paid": HOURS,
    "amount": Decimal("62.40"),
    "cycle": "month",
    "reports": True,
    "state": "NW",
}


def drafted(**answers) -> ContractContent:
    with override("de"):
        return first_draft(Answers(**ASKED | answers))


def test_what_is_asked_stands_in_the_draft_and_its_clauses():
    content = drafted()
    assert content.title == "Vertrag über: Module der Suchthilfe"
    (annex,) = content.annexes
    assert (annex.kind, annex.source, annex.edition, annex.valid_from) == (
        "catalogue",
        "addiction",
        3,
        date(2027, 1, 1),
    )
    words = " ".join(text for clause in content.clauses for text in clause.paragraphs)
    assert "62,40\xa0€ je Stunde" in words
    assert "beginnt am 01.01.2027" in words and "endet am 31.12.2027" in words
    assert [duty.cycle for duty in content.duties] == ["month", "half"]
    term = content.term.lasting
    assert ends_after_notice(term, date(2027, 9, 30)) == date(2027, 12, 31)
    assert ends_after_notice(term, date(2027, 10, 1)) == date(2028, 12, 31)


@pytest.mark.parametrize(
    ("paid", "model"),
    [(HOURS, "hourly_rate"), (COSTS, "cost_reimbursement"), (COMPLEXES, "service_complexes")],
)
def test_each_way_of_paying_is_a_remuneration_of_its_own(paid, model):
    content = drafted(paid=paid, amount=Decimal(12))
    (terms,) = content.remuneration
    assert terms.model == model
    assert {terms.clause} <= {clause.number for clause in content.clauses}
    if paid == COSTS:
        assert [getattr(part, "percent", None) for part in terms.components] == [None, 12]


def test_an_open_end_is_not_renewed_and_ends_by_notice_to_a_year_s_end():
    content = drafted(ends=None, reports=False)
    assert (content.term.first_ends, content.term.renews_months) == (None, None)
    assert content.term.notice_to == "year_end"
    assert [duty.kind for duty in content.duties] == ["statement"]
    (reports,) = next(c for c in content.clauses if c.number == "§ 5").paragraphs
    assert reports == "Der Träger berichtet über die Leistungen auf Anforderung."
    words = " ".join(text for clause in content.clauses for text in clause.paragraphs)
    assert "drei Monate vor dem Ende eines Kalenderjahres" in words
    assert drafted(renewed=False).term.renews_months is None


def test_many_services_with_long_names_are_one_contract():
    services = [
        Annexed("catalogue", f"key-{number}", f"{number} {'Suchthilfe ' * 27}".strip(), 1)
        for number in range(9)
    ]
    content = drafted(services=services)
    assert content.title.startswith("Vertrag über: 0 Suchthilfe") and content.title[-1] == "…"
    assert [annex.source for annex in content.annexes] == [each.key for each in services]


def test_the_same_service_as_catalogue_and_description_makes_two_annexes():
    content = drafted(services=(CATALOGUE, Annexed("description", "addiction", "Sucht", 1)))
    assert [annex.kind for annex in content.annexes] == ["catalogue", "description"]
    assert len({annex.key for annex in content.annexes}) == 2


def test_answers_that_contradict_each_other_are_refused():
    with pytest.raises(ValidationError):
        drafted(ends=date(2026, 12, 31))


@pytest.fixture
def body():
    return make_commissioning_body()


@pytest.fixture
def manager(client, body):
    member = make_member(body, roles=["manager"])
    client.force_login(member.user)
    return member.user


def sent(client, **answers):
    """Send the form with answers in place of those that are usual."""
    asked = client.get(reverse("contract-begin")).context
    form = asked["form"]
    usual = {field.name: field.value() for field in form if field.value() not in (None, "")}
    day = {name: usual[name].isoformat() for name in ("begins", "ends")}
    values = usual | day | {"_reference": asked["reference"], "amount": "62,40", "state": "NW"}
    values["commissioning_body"] = form.fields["commissioning_body"].queryset.first().pk
    return client.post(reverse("contract-begin"), values | answers)


@pytest.mark.django_db
def test_answers_become_a_draft_that_opens_in_the_studio(client, body, manager):
    edition, provider = make_catalogue("addiction"), make_organisation("provider")
    answer = sent(client, provider=provider.pk, services=["catalogue:addiction"], number="V-7")
    draft = Contract.objects.get(number="V-7")
    assert answer.url == reverse("wagtailsnippets_contracts_contract:edit", args=[draft.pk])
    assert (draft.live, draft.editions.count()) == (False, 0)
    assert (draft.commissioning_body, draft.provider) == (body, provider)
    newest = draft.get_latest_revision_as_object()
    (annex,) = newest.content().annexes
    assert (annex.source, annex.edition) == ("addiction", edition.number)
    assert draft.latest_revision.user == manager
    # Not agreed: only who drafts it finds it.
    assert draft not in Contract.objects.visible_to(manager, "contracts.view_contract")
    assert draft in Contract.objects.visible_to(manager, "contracts.draft_contract")
    # What the message says to do next is there to be done.
    assert reverse("contract-present", args=[draft.pk]) in client.get(answer.url).content.decode()


@pytest.mark.django_db
def test_the_number_is_the_next_of_the_year_and_never_one_that_is_taken(client, manager, body):
    make_catalogue("addiction")
    year = timezone.localdate().year
    make_contract(f"V-{year}-01", body=body)
    form = client.get(reverse("contract-begin")).context["form"]
    assert form["number"].value() == f"V-{year}-02"
    assert form["state"].value() == "NW"  # as in the contract there is
    taken = sent(
        client,
        provider=make_organisation("p").pk,
        services=["catalogue:addiction"],
        number=f"V-{year}-01",
    )
    assert "number" in taken.context["form"].errors
    assert Contract.objects.count() == 1


@pytest.mark.django_db
def test_a_manager_drafts_for_the_own_body_alone(client, manager, body):
    other = make_organisation("elsewhere", kind="commissioning_body")
    make_catalogue("addiction")
    refused = sent(
        client,
        commissioning_body=other.pk,
        provider=make_organisation("p").pk,
        services=["catalogue:addiction"],
    )
    assert "commissioning_body" in refused.context["form"].errors
    assert not Contract.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["caseworker", "finance", "auditor", "director"])
def test_who_writes_no_contracts_is_not_asked(client, body, role):
    client.force_login(make_member(body, roles=[role]).user)
    assert client.get(reverse("contract-begin")).status_code == 403
    assert reverse("contract-begin") not in client.get(reverse("contracts")).text


@pytest.mark.django_db
def test_the_edition_in_force_on_the_first_day_is_annexed(client, manager):
    make_catalogue("addiction")
    make_catalogue("addiction", applies_from=date(2027, 1, 1), modules=("m1",))
    for begins, number in (("2026-12-31", 1), ("2027-01-01", 2)):
        sent(
            client,
            provider=make_organisation("provider").pk,
            services=["catalogue:addiction"],
            number=f"V-{number}",
            begins=begins,
            ends="",
        )
        draft = Contract.objects.get(number=f"V-{number}").get_latest_revision_as_object()
        assert [annex.edition for annex in draft.content().annexes] == [number]


@pytest.mark.django_db
@pytest.mark.parametrize(("paid", "amount"), [(HOURS, "0"), (COSTS, "100,01")])
def test_nothing_and_more_than_all_is_no_price(client, manager, paid, amount):
    make_catalogue("addiction")
    refused = sent(
        client,
        provider=make_organisation("provider").pk,
        services=["catalogue:addiction"],
        paid=paid,
        amount=amount,
    )
    assert "amount" in refused.context["form"].errors
