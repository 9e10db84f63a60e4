"""What a provider proposes to change: sent, answered or taken back, and told to the other party."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from lxml import html

from contracts.actions.answer_proposal import answer_proposal
from contracts.actions.propose_change import propose_change
from contracts.actions.take_back_proposal import take_back_proposal
from contracts.models import ChangeProposal, Contract
from contracts.parts import parts_of
from tests import factories

pytestmark = pytest.mark.django_db

WORDS = {
    "change": "70 Euro statt 60 Euro",
    "reason": "Tarifabschluss",
    "applies_from": date(2027, 1, 1),
}


def works(organisation, role: str, name: str):
    user = factories.make_user(name, email=f"{name}@example.org", first_name=name.title())
    return factories.make_member(organisation, roles=[role], user=user).user


@pytest.fixture
def contract():
    return factories.make_contract("C-1")


@pytest.fixture
def anna(contract):
    return works(contract.commissioning_body, "manager", "anna")


@pytest.fixture
def paul(contract):
    return works(contract.provider, "provider_lead", "paul")


@pytest.fixture
def proposal(contract, paul):
    return propose_change(contract, by=paul, part="remuneration.hours", **WORDS)


def words(response) -> str:
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def test_parts_are_told_apart_by_keys_that_stay(contract):
    parts = dict(parts_of(contract.editions.get().data))
    assert parts["Paragrafen"][3] == ("clauses.§ 4", "§ 4 Clause")
    (hours,) = parts["Vergütung"]
    assert hours[0] == "remuneration.hours" and "Hours" in hours[1]
    assert [key for key, _label in parts["Laufzeit"]] == ["term"]
    keys = [key for found in parts.values() for key, _label in found]
    assert len(keys) == len(set(keys))
    assert not any(key.startswith("signatures") for key in keys)


def test_it_names_the_edition_in_force_and_the_part(contract, proposal):
    assert proposal.read_edition == contract.editions.get()
    assert "Hours" in proposal.part_label
    assert proposal.state == "open"


def test_who_can_answer_is_told_and_nobody_else(contract, anna, paul):
    works(contract.commissioning_body, "finance", "fred")
    body = factories.make_organisation("housing", kind="commissioning_body")
    works(body, "manager", "hans")
    mail.outbox.clear()
    made = propose_change(contract, by=paul, **WORDS)
    (message,) = mail.outbox
    assert message.to == ["anna@example.org"]
    assert message.subject == "Änderungsvorschlag: C-1 Contract"
    assert reverse("proposal", args=[made.pk]) in message.body


@pytest.mark.parametrize(
    ("takes_up", "answer", "state", "subject"),
    [
        (True, "", "taken_up", "Ihr Vorschlag ist aufgegriffen: C-1 Contract"),
        (False, "Zu teuer", "declined", "Ihr Vorschlag ist abgelehnt: C-1 Contract"),
    ],
)
def test_provider_is_told_what_became_of_it(
    proposal, contract, anna, paul, takes_up, answer, state, subject
):
    cora = works(contract.provider, "counsellor", "cora")
    mail.outbox.clear()
    answered = answer_proposal(proposal, by=anna, takes_up=takes_up, answer=answer)
    assert (answered.state, answered.answered_by) == (state, anna)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["paul@example.org"], subject)
    assert answer in message.body
    assert cora.email not in message.to
    version = answered.history.first()
    assert (version.history_type, version.history_user_id) == ("~", anna.pk)


def test_declining_takes_words(proposal, anna):
    for blank in ("", "  \n"):
        with pytest.raises(ValidationError):
            answer_proposal(proposal, by=anna, takes_up=False, answer=blank)
    proposal.refresh_from_db()
    assert proposal.state == "open"


def test_it_is_answered_or_taken_back_once(proposal, anna, paul):
    mail.outbox.clear()
    assert take_back_proposal(proposal, by=paul).state == "taken_back"
    assert [message.to for message in mail.outbox] == [["anna@example.org"]]
    with pytest.raises(ValidationError):
        answer_proposal(proposal, by=anna, takes_up=True)
    with pytest.raises(ValidationError):
        take_back_proposal(proposal, by=paul)


def test_each_side_does_its_own(contract, proposal, anna, paul):
    """Whoever may open every page, or works for both, is told so."""
    everything = factories.make_user("root", is_superuser=True)
    for refused in (
        lambda: propose_change(contract, by=everything, **WORDS),
        lambda: take_back_proposal(proposal, by=anna),
        lambda: answer_proposal(proposal, by=everything, takes_up=True),
    ):
        with pytest.raises(ValidationError, match="arbeitet nicht für"):
            refused()
    factories.make_member(contract.commissioning_body, roles=["manager"], user=paul)
    with pytest.raises(ValidationError, match="eigenen Vorschlag"):
        answer_proposal(proposal, by=paul, takes_up=True)
    assert ChangeProposal.objects.get().state == "open"


@pytest.mark.parametrize("column", ["change", "reason", "applies_from", "part_label", "made_by"])
def test_what_was_sent_stays_as_it_was_sent(proposal, anna, column):
    other = {"applies_from": date(2028, 1, 1), "made_by": anna.pk}.get(column, "anderes")
    with pytest.raises(IntegrityError), transaction.atomic():
        ChangeProposal.objects.filter(pk=proposal.pk).update(**{column: other})


@pytest.mark.parametrize(
    "wrong",
    [{"part": "clauses.§ 99"}, {"change": "  "}, {"reason": ""}],
    ids=lambda w: next(iter(w)),
)
def test_what_says_nothing_is_refused(contract, paul, wrong):
    with pytest.raises(ValidationError):
        propose_change(contract, by=paul, **WORDS | wrong)
    assert not ChangeProposal.objects.exists()


def test_a_contract_that_ends_before_is_not_changed(paul):
    term = {"begins": date(2024, 1, 1), "first_ends": date(2027, 6, 30), "notice_to": "term_end"}
    contract = factories.make_contract("C-2", term=term)
    assert propose_change(contract, by=paul, **WORDS | {"applies_from": date(2027, 6, 30)})
    with pytest.raises(ValidationError) as refused:
        propose_change(contract, by=paul, **WORDS | {"applies_from": date(2027, 7, 1)})
    assert list(refused.value.error_dict) == ["applies_from"]


class TestPages:
    def sent(self, client, person, name, pk, **values):
        client.force_login(person)
        page = client.get(reverse(name, args=[pk]))
        (form,) = (
            f for f in html.fromstring(page.content.decode()).forms if "_reference" in f.fields
        )
        given = {key: value or "" for key, value in form.fields.items()}
        return client.post(page.request["PATH_INFO"], given | values)

    def test_from_the_contract_to_the_draft(self, client, contract, anna, paul):
        client.force_login(paul)
        propose = reverse("contract-propose", args=[contract.pk])
        assert propose in client.get(reverse("contract", args=[contract.pk])).content.decode()
        answer = self.sent(
            client, paul, "contract-propose", contract.pk,
            part="clauses.§ 4", change="70 statt 60", reason="Tarif", applies_from="2027-01-01",
        )  # fmt: skip
        made = ChangeProposal.objects.get()
        assert answer.url == reverse("proposal", args=[made.pk])
        assert (made.part_label, made.made_by) == ("§ 4 Clause", paul)

        client.force_login(anna)
        home = client.get(reverse("home")).content.decode()
        assert answer.url in home
        (count,) = html.fromstring(home).xpath(
            f"//a[@href='{reverse('proposals')}']/span[@class='count']/text()"
        )
        assert count.strip() == "1"
        answer = self.sent(client, anna, "proposal-answer", made.pk, decision="take_up")
        edit = reverse(Contract.snippet_viewset.get_url_name("edit"), args=[contract.pk])
        assert answer.url == edit
        made.refresh_from_db()
        assert made.state == "taken_up"

        client.force_login(paul)
        said = words(client.get(reverse("proposal", args=[made.pk])))
        assert "Aufgegriffen" in said and "70 statt 60" in said
        assert edit not in client.get(reverse("proposal", args=[made.pk])).content.decode()
        assert "aufgegriffen" in words(client.get(reverse("contract", args=[contract.pk])))
        assert "aufgegriffen" in words(client.get(reverse("home")))

    def test_declining_without_a_word_is_said_at_the_field(self, client, proposal, anna):
        answer = self.sent(client, anna, "proposal-answer", proposal.pk, decision="decline")
        assert answer.status_code == 200
        assert "warum der Vorschlag abgelehnt wird" in words(answer)

    def test_rights(self, client, contract, proposal, anna):
        body = factories.make_organisation("housing", kind="commissioning_body")
        other = factories.make_organisation("elsewhere")
        seen = {
            works(contract.commissioning_body, "auditor", "genau"): 200,
            works(contract.commissioning_body, "director", "dora"): 200,
            works(contract.commissioning_body, "caseworker", "karl"): 403,
            works(contract.provider, "counsellor", "cora"): 403,
            works(body, "manager", "hans"): 404,
            works(other, "provider_lead", "egon"): 404,
        }
        for person, status in seen.items():
            client.force_login(person)
            assert client.get(reverse("proposal", args=[proposal.pk])).status_code == status
            for name in ("proposal-answer", "proposal-take-back"):
                assert client.post(reverse(name, args=[proposal.pk])).status_code in (403, 404)
        client.force_login(anna)
        assert client.get(reverse("contract-propose", args=[contract.pk])).status_code == 403
        assert client.get(reverse("proposal-take-back", args=[proposal.pk])).status_code == 403

    @pytest.mark.silent_writes
    def test_an_old_answer_leaves_the_start_page(self, client, proposal, anna, paul):
        answer_proposal(proposal, by=anna, takes_up=True)
        client.force_login(paul)
        address = reverse("proposal", args=[proposal.pk])

        def shown() -> bool:
            page = html.fromstring(client.get(reverse("home")).content.decode())
            return bool(page.xpath(f"//main//a[@href='{address}']"))

        assert shown()
        answered = timezone.now() - timedelta(days=31)
        ChangeProposal.objects.filter(pk=proposal.pk).update(answered_at=answered)
        assert not shown()
