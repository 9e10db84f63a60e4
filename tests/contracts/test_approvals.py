"""Approving by reading: who is asked, what they read, what becomes of it."""

from datetime import date

import pytest
from django.core import mail
from django.urls import reverse
from lxml import html

from base.asking import ANSWER
from base.models import Submission
from base.studio.review import review_of
from cms.models import Catalogue
from contracts.billing import Period
from contracts.models import Contract, Member
from jobs.actions.compute_statement import compute_statement
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract():
    return factories.make_contract("C-1", duties=[factories.MONTHLY_STATEMENT])


@pytest.fixture
def managers(contract):
    body = contract.commissioning_body
    return [factories.make_member(body, roles=["manager"]).user for _each in range(2)]


def submitted(draft, author, *, applies_from: date, **changed):
    """Return what a draft's author submitted for approval."""
    content = draft.get_latest_revision_as_object().content()
    new = draft.get_latest_revision_as_object()
    if "signatures" in content.model_dump():
        changed = {"signatures": factories.signatures(page=2)} | changed
    new.assign(type(content).model_validate(content.model_dump() | changed))
    new.applies_from = applies_from
    new.save_revision(user=author)
    draft = type(draft).objects.get(pk=draft.pk)
    draft.get_workflow().start(draft, author)
    return Submission.objects.latest("pk")


@pytest.fixture
def raised(contract, managers):
    """The contract with a higher rate, as its author submitted it."""
    terms = factories.HOURLY | {"rates": [{"amount": "70.00"}]}
    return submitted(contract, managers[0], applies_from=date(2024, 2, 1), remuneration=[terms])


def words(response) -> str:
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def decision(page, client, **values):
    """Send the form of a page that was opened, with a decision."""
    (form,) = (f for f in html.fromstring(page.content.decode()).forms if ANSWER in f.fields)
    sent = {name: value or "" for name, value in form.fields.items()}
    return client.post(page.request["PATH_INFO"], sent | values)


def test_what_is_read_before_approving_reads_as_it_does_elsewhere(contract, managers):
    """Money as money, and what has but one name once."""
    terms = factories.HOURLY | {"rates": [{"amount": "70.10"}]}
    duty = factories.MONTHLY_STATEMENT | {"due": {"type": "last_working_day_of_following_month"}}
    changed = {"remuneration": [terms], "duties": [duty]}
    asked = submitted(contract, managers[0], applies_from=date(2024, 2, 1), **changed)
    review = review_of(asked, managers[1])
    (whole,) = (each for each in review.passages if str(each.label) == "Vergütung")
    (rates,) = (each for each in whole.parts[0].passages if str(each.label) == "Sätze")
    assert [part.title for part in rates.parts] == ["70,10 €"]
    (duties,) = (each for each in review.passages if "pflichten" in str(each.label))
    (due,) = (each for each in duties.parts[0].passages if str(each.label) == "Fälligkeit")
    said = "Letzter Arbeitstag des Folgemonats"
    assert [(part.title, part.kind) for part in due.parts] == [(said, "")]


def test_who_may_approve_is_asked_and_nobody_else(contract, managers, raised):
    author, other = managers
    elsewhere = factories.make_organisation("elsewhere", kind="commissioning_body")
    stranger = factories.make_member(elsewhere, roles=["manager"]).user
    finance = factories.make_member(contract.commissioning_body, roles=["finance"]).user
    assert [each.pk for each in Submission.objects.visible_to(other)] == [raised.pk]
    for person in (author, stranger, finance):
        assert not Submission.objects.visible_to(person).exists()


def test_start_page_and_menu_lead_to_what_waits(client, managers, raised):
    client.force_login(managers[1])
    page = client.get(reverse("home")).content.decode()
    address = reverse("approval", args=[raised.pk])
    assert address in page
    client.force_login(managers[0])
    assert address not in client.get(reverse("home")).content.decode()
    assert client.get(address).status_code == 404


def test_page_says_what_changes_and_what_follows(client, contract, managers, raised):
    case = factories.make_case(contract)
    factories.make_record(case, day=date(2024, 2, 5), minutes=60)
    compute_statement(contract, Period.parse("2024-02"))
    client.force_login(managers[1])
    said = words(client.get(reverse("approval", args=[raised.pk])))
    assert "60,00" in said and "70,00" in said
    assert "aus 60,00 € wird 70,00 €, Unterschied 10,00 €" in said
    assert "rückwirkend" in said


def test_approving_publishes_an_edition(client, contract, managers, raised):
    client.force_login(managers[1])
    page = client.get(reverse("approval", args=[raised.pk]))
    answer = decision(page, client, decision="approve", comment="as agreed")
    assert answer.status_code == 302
    edition = contract.editions.latest("number")
    assert (edition.number, edition.applies_from) == (2, date(2024, 2, 1))
    assert edition.approved_by == managers[1]
    assert not Submission.objects.visible_to(managers[1]).exists()


def test_handing_back_takes_a_word_and_says_where(client, contract, managers, raised):
    client.force_login(managers[1])
    page = client.get(reverse("approval", args=[raised.pk]))
    refused = decision(page, client, decision="hand_back")
    assert refused.status_code == 200
    assert "was geändert werden soll" in words(refused)
    place = next(str(each.label) for each in review_of(raised, managers[1]).passages)
    answer = decision(page, client, decision="hand_back", comment="too much", place=place)
    assert answer.status_code == 302
    raised.refresh_from_db()
    assert (raised.status, raised.comment) == ("rejected", f"{place}: too much")
    assert contract.editions.count() == 1


def test_what_follows_otherwise_meanwhile_is_shown_once_more(client, contract, managers, raised):
    client.force_login(managers[1])
    page = client.get(reverse("approval", args=[raised.pk]))
    sent = decision(page, client, decision="approve", **{ANSWER: "something else"})
    assert sent.status_code == 200
    assert "inzwischen geändert" in words(sent)
    assert contract.editions.count() == 1


def test_first_edition_is_read_whole(client, managers):
    content = factories.catalogue_content(need_groups=("one",), modules=("m1",))
    draft = Catalogue(key="new", title=content.title, applies_from=date(2024, 1, 1))
    draft.assign(content)
    draft.save()
    draft.save_revision(user=managers[0])
    draft.get_workflow().start(draft, managers[0])
    client.force_login(managers[1])
    said = words(client.get(reverse("approval", args=[Submission.objects.get().pk])))
    assert "Dies wird die erste Fassung" in said
    assert content.modules[0].title in said


def test_who_may_begins_contents_from_where_they_are_read(client, contract, managers):
    client.force_login(managers[0])
    viewset = Contract.snippet_viewset
    page = client.get(reverse("contract", args=[contract.pk])).content.decode()
    assert reverse(viewset.get_url_name("edit"), args=[contract.pk]) in page
    assert reverse(viewset.get_url_name("copy"), args=[contract.pk]) in page
    assert reverse("contract-begin") in client.get(reverse("contracts")).content.decode()
    begun = client.get(reverse("contract-begin")).content.decode()
    assert reverse(viewset.get_url_name("add")) in begun
    finance = factories.make_member(contract.commissioning_body, roles=["finance"]).user
    client.force_login(finance)
    for address in (reverse("contract", args=[contract.pk]), reverse("contracts")):
        assert "/studio/" not in client.get(address).content.decode()


def test_copy_begins_with_the_content_under_no_name(client, contract, managers):
    client.force_login(managers[0])
    viewset = Contract.snippet_viewset
    page = client.get(reverse(viewset.get_url_name("copy"), args=[contract.pk]))
    fields = html.fromstring(page.content.decode()).xpath("//input[@name]")
    values = {each.get("name"): each.get("value") for each in fields}
    assert not values["number"] and not values["applies_from"]
    assert values["title"] == contract.title
    assert "60.00" in page.content.decode()


def test_signatures_under_a_contract_are_not_those_of_its_copy(client, contract, managers):
    client.force_login(managers[0])
    viewset = Contract.snippet_viewset
    evidence = contract.editions.latest("number").data.signatures[0].evidence
    edit = client.get(reverse(viewset.get_url_name("edit"), args=[contract.pk]))
    copy = client.get(reverse(viewset.get_url_name("copy"), args=[contract.pk]))
    assert evidence in edit.content.decode()
    assert evidence not in copy.content.decode()


def test_draft_leads_back_to_the_page_that_readers_see(client, contract, managers):
    client.force_login(managers[0])
    edit = reverse(Contract.snippet_viewset.get_url_name("edit"), args=[contract.pk])
    newest = contract.editions.latest("number")
    page = client.get(edit).content.decode()
    assert reverse("contract-edition", args=[newest.pk]) in page


def test_who_may_approve_is_written_to_and_nobody_else(contract, managers, settings):
    for user in managers:
        user.email = f"{user.username}@amt.example"
        user.save()
    others = factories.make_member(contract.commissioning_body, roles=["finance"]).user
    others.email = "finance@amt.example"
    others.save()
    mail.outbox.clear()
    raised = submitted(
        contract,
        managers[0],
        applies_from=date(2024, 2, 1),
        remuneration=[factories.HOURLY | {"rates": [{"amount": "70.00"}]}],
    )
    (message,) = mail.outbox
    assert message.to == [managers[1].email]
    assert message.subject == f"Wartet auf Ihre Freigabe: {contract}"
    assert (
        f"{settings.WAGTAILADMIN_BASE_URL}{reverse('approval', args=[raised.pk])}" in message.body
    )


def test_another_house_is_asked_without_the_name_of_who_wrote(client, contract, managers):
    """A catalogue is the same for all: managers of every house may approve it."""
    author = managers[0]
    author.first_name, author.last_name = "Wanda", "Weber-Zeichen"
    author.save()
    housing = factories.make_organisation("housing", kind="commissioning_body")
    for place, name in ((contract.commissioning_body, "own"), (housing, "foreign")):
        user = factories.make_user(name, email=f"{name}@amt.example")
        factories.make_member(place, roles=["manager"], user=user)
    catalogue = factories.make_catalogue("shared").catalogue
    mail.outbox.clear()
    asked = submitted(catalogue, author, applies_from=date(2024, 2, 1), title="Renamed")
    told = {message.to[0]: message.body for message in mail.outbox}
    assert told.keys() == {"own@amt.example", "foreign@amt.example"}
    assert "Weber-Zeichen" in told["own@amt.example"]
    assert "Weber-Zeichen" not in told["foreign@amt.example"]
    pages = [reverse(name) for name in ("approvals", "home", "worklist")]
    for member in Member.objects.filter(user__username__in=("own", "foreign")):
        client.force_login(member.user)
        for address in (reverse("approval", args=[asked.pk]), *pages):
            page = client.get(address).content.decode()
            assert ("Weber-Zeichen" in page) == (member.user.username == "own"), address
            assert "Renamed" in page
