"""What letters name of an organisation is changed by one administrator, its account by two."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from lxml import html

from base.acting import acting_as, system_actor
from contracts.actions.begin_contract import begin_contract
from contracts.actions.change_organisation import (
    change_organisation,
    confirm_account,
    enter_account,
    withdraw_account,
)
from contracts.bank import require_iban
from contracts.models import BankChange, Contract, Organisation
from contracts.views.organisations import to_confirm
from tests import factories

pytestmark = pytest.mark.django_db

# From the registry of ISO 13616; the digits of the third are turned round.
GOOD = "DE89370400440532013000"
OTHER = "GB82WEST12345698765432"


@pytest.fixture
def body():
    return factories.make_commissioning_body()


@pytest.fixture
def provider(body):
    provider = factories.make_contract("C-1").provider
    provider.iban, provider.email = GOOD, "office@provider.example"
    provider.save()
    return provider


def works(organisation, role: str, name: str):
    user = factories.make_user(name, email=f"{name}@example.org", first_name=name.title())
    return factories.make_member(organisation, roles=[role], user=user).user


@pytest.fixture
def ada(body):
    return works(body, "administrator", "ada")


@pytest.fixture
def otto(body):
    """A second administrator."""
    return works(body, "administrator", "otto")


@pytest.fixture
def housing():
    """Another commissioning body."""
    return factories.make_organisation("housing", kind="commissioning_body")


def begin_draft(body, provider) -> Contract:
    return begin_contract(
        number="H-1",
        commissioning_body=body,
        provider=provider,
        content=factories.contract_content(parties=(body.key, provider.key)),
        by=factories.make_user("drafter"),
    )


def enter(organisation, by, iban=OTHER, **values):
    return enter_account(
        organisation, by=by, iban=iban, bic="", reason="Letter of 3 June", **values
    )


def iban_of(organisation) -> str:
    return Organisation.objects.get(pk=organisation.pk).iban


@pytest.mark.parametrize("iban", [GOOD, OTHER])
def test_an_iban_is_right_by_its_check_digits(iban):
    require_iban(iban)
    wrong = iban[:-2] + iban[-1] + iban[-2] if iban[-1] != iban[-2] else f"{iban[:-1]}1"
    for other in (wrong, iban[:-1], f"{iban}0" * 2, iban.lower(), "", "DE"):
        with pytest.raises(ValidationError):
            require_iban(other)


class TestAccount:
    def test_counts_once_another_administrator_has_confirmed_it(self, provider, ada, otto):
        lead = works(provider, "provider_lead", "paul")
        works(provider, "counsellor", "cora")
        mail.outbox.clear()
        change = enter(provider, ada, iban="gb82 west 1234 5698 7654 32")
        assert (change.iban, change.old_iban, iban_of(provider)) == (OTHER, GOOD, GOOD)
        assert {message.to[0] for message in mail.outbox} == {
            "office@provider.example", "ada@example.org", "otto@example.org", lead.email,
        }  # fmt: skip
        assert OTHER not in mail.outbox[0].body and "5432" in mail.outbox[0].body
        confirm_account(change, by=otto)
        assert iban_of(provider) == OTHER
        version = provider.history.latest("history_id")
        assert (version.history_user_id, version.history_change_reason) == (
            otto.pk, "Letter of 3 June",
        )  # fmt: skip

    def test_who_merely_drafts_with_the_organisation_is_told_nothing(self, provider, housing, ada):
        stranger = works(housing, "administrator", "hans")
        begin_draft(housing, provider)
        mail.outbox.clear()
        change = enter(provider, ada)
        withdraw_account(change, by=ada)
        told = {message.to[0] for message in mail.outbox}
        assert ada.email in told
        assert stranger.email not in told

    def test_another_house_with_a_contract_is_told_without_the_name_of_who_did_it(
        self, provider, housing, ada
    ):
        """It has to do with the provider, not with the people of the first house."""
        works(housing, "administrator", "hans")
        factories.make_contract("H-2", body=housing, provider=provider)
        mail.outbox.clear()
        withdraw_account(enter(provider, ada), by=ada)
        told = {message.to[0]: message.body for message in mail.outbox}
        assert "Ada" in told["ada@example.org"] and "Ada" in told["office@provider.example"]
        assert "Ada" not in told["hans@example.org"]
        assert "jemand aus einem anderen Amt" in told["hans@example.org"]
        assert len(mail.outbox) == 2 * len(told)

    def test_waiting_is_told_however_many_are_too_early(self, provider, ada, otto):
        """Each finds what they may confirm now, among any number that they may not."""
        own = [
            enter(factories.make_organisation(f"provider-{number}"), ada) for number in range(51)
        ]
        others = enter(provider, otto)
        assert list(to_confirm(ada)) == [others]
        assert set(to_confirm(otto)) == set(own)
        over = own[0].made_at + timedelta(days=settings.ACCESS_WAITING_DAYS)
        with time_machine.travel(over - timedelta(seconds=1)):
            assert own[0] not in to_confirm(ada)
        with time_machine.travel(over):
            assert own[0] in to_confirm(ada)

    def test_who_entered_it_waits(self, provider, ada):
        change = enter(provider, ada)
        with pytest.raises(ValidationError):
            confirm_account(change, by=ada)
        over = timezone.now() + timedelta(days=settings.ACCESS_WAITING_DAYS)
        with time_machine.travel(over - timedelta(minutes=1)), pytest.raises(ValidationError):
            confirm_account(change, by=ada)
        assert iban_of(provider) == GOOD
        with time_machine.travel(over + timedelta(minutes=1)):
            confirm_account(change, by=ada)
        assert iban_of(provider) == OTHER

    def test_a_second_account_of_the_same_person_confirms_nothing(self, provider, ada, otto):
        """Whoever changed the other's access since may hold both."""
        change = enter(provider, ada)
        with acting_as(ada):
            otto.email = "another@example.org"
            otto.save()
        with pytest.raises(ValidationError):
            confirm_account(change, by=otto)
        assert iban_of(provider) == GOOD

    def test_taken_back_it_never_counts(self, provider, ada, otto):
        change = enter(provider, ada)
        with pytest.raises(ValidationError):
            enter(provider, otto, iban=GOOD)
        withdraw_account(change, by=otto)
        with pytest.raises(ValidationError):
            confirm_account(change, by=otto)
        assert iban_of(provider) == GOOD
        confirm_account(enter(provider, ada), by=otto)
        assert iban_of(provider) == OTHER

    @pytest.mark.parametrize(
        "values",
        [{"iban": GOOD}, {"iban": "DE00"}, {"bic": "lower"}, {"reason": " "}],
        ids=lambda values: next(iter(values)),
    )
    def test_what_cannot_be(self, provider, ada, values):
        given = {"iban": OTHER, "bic": "", "reason": "Letter"} | values
        with pytest.raises(ValidationError):
            enter_account(provider, by=ada, **given)
        assert not BankChange.objects.exists()

    def test_what_was_entered_stays(self, provider, ada):
        enter(provider, ada)
        for change in (
            lambda: BankChange.objects.update(iban=GOOD),
            lambda: BankChange._base_manager.all()._raw_delete("default"),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()


class TestFields:
    def test_change_at_once_and_keep_who_and_why(self, provider, ada):
        change_organisation(provider, {"street": "Neue Straße 1"}, by=ada, reason="Moved")
        version = provider.history.latest("history_id")
        assert (version.street, version.history_user_id) == ("Neue Straße 1", ada.pk)
        assert version.history_change_reason == "Moved"

    @pytest.mark.parametrize("email", ["elsewhere@provider.example", ""])
    def test_nobody_turns_away_what_is_told_of_accounts_unnoticed(self, provider, ada, email):
        mail.outbox.clear()
        change_organisation(provider, {"email": email}, by=ada, reason="New mailbox")
        (told,) = mail.outbox
        assert told.to == ["office@provider.example"]
        assert provider.name in told.subject and "Ada" in told.body and email in told.body

    def test_the_same_address_is_told_nobody(self, provider, ada):
        mail.outbox.clear()
        values = {"email": "Office@provider.example", "street": "Neue Straße 1"}
        change_organisation(provider, values, by=ada, reason="Moved")
        assert mail.outbox == []

    @pytest.mark.parametrize("name", ["iban", "bic", "kind", "key", "code"])
    def test_nothing_else_does(self, provider, ada, name):
        with pytest.raises(ValueError, match=name):
            change_organisation(provider, {name: "x"}, by=ada, reason="x")


class TestPages:
    def sent(self, client, person, name, pk, **values):
        client.force_login(person)
        page = client.get(reverse(name, args=[pk]))
        assert page.status_code == 200
        forms = html.fromstring(page.content.decode()).forms
        (form,) = (each for each in forms if "_reference" in each.fields)
        given = {key: value or "" for key, value in form.fields.items()}
        return client.post(page.request["PATH_INFO"], given | values)

    def test_two_administrators_change_an_account(self, client, provider, ada, otto):
        answer = self.sent(
            client, ada, "organisation-account", provider.pk, iban=OTHER, reason="Letter"
        )
        assert answer.status_code == 302
        change = BankChange.objects.get()
        page = client.get(reverse("organisation", args=[provider.pk])).content.decode()
        assert "wartet" in page
        address = reverse("organisation", args=[provider.pk])
        client.force_login(otto)
        assert address in client.get(reverse("home")).content.decode()
        assert self.sent(client, otto, "account-confirm", change.pk).status_code == 302
        assert iban_of(provider) == OTHER

    def test_address_is_changed(self, client, provider, ada):
        answer = self.sent(
            client, ada, "organisation-change", provider.pk, city="Neustadt", reason="Moved"
        )
        assert answer.status_code == 302
        assert Organisation.objects.get(pk=provider.pk).city == "Neustadt"
        wrong = self.sent(client, ada, "organisation-change", provider.pk, email="none", reason="x")
        assert wrong.context["form"].errors["email"]

    def test_others_read_or_find_nothing(self, client, provider, ada):
        change = enter(provider, ada)
        finance = works(factories.make_commissioning_body(), "finance", "fritz")
        housing = factories.make_organisation("housing", kind="commissioning_body")
        stranger = works(housing, "administrator", "hans")
        lead = works(provider, "provider_lead", "paul")
        for person, status in ((finance, 200), (stranger, 404), (lead, 403)):
            client.force_login(person)
            address = reverse("organisation", args=[provider.pk])
            assert client.get(address).status_code == status
        for name, pk in (
            ("organisation-change", provider.pk), ("account-confirm", change.pk),
        ):  # fmt: skip
            for person, status in ((finance, 403), (stranger, 404), (lead, 403)):
                client.force_login(person)
                assert client.get(reverse(name, args=[pk])).status_code == status

    def test_a_draft_opens_no_account(self, client, provider, housing, ada):
        """Nobody comes near another house's provider by beginning a contract with it."""
        change = enter(provider, ada)
        stranger = works(housing, "administrator", "hans")
        begin_draft(housing, provider)
        client.force_login(stranger)
        for name, pk in (("organisation-account", provider.pk), ("account-confirm", change.pk)):
            assert client.get(reverse(name, args=[pk])).status_code == 404

    @pytest.mark.parametrize("drafting", ["nobody", "own", "other"])
    def test_a_provider_without_contract_is_there_for_every_house(
        self, client, ada, body, housing, drafting
    ):
        """Whoever has begun a contract with it, and whoever is going to."""
        newcomer = factories.make_organisation("newcomer")
        if drafting != "nobody":
            begin_draft({"own": body, "other": housing}[drafting], newcomer)
        client.force_login(ada)
        assert client.get(reverse("organisation", args=[newcomer.pk])).status_code == 200


class TestEnteredBy:
    """A provider without a concluded contract is changed by the house that entered it, alone."""

    @pytest.fixture
    def hans(self, housing):
        return works(housing, "administrator", "hans")

    def newcomer(self, by):
        with acting_as(by):
            return factories.make_organisation("newcomer")

    def changes(self, client, user, organisation) -> set[bool]:
        """Whether somebody may change it, asked in each way there is."""
        client.force_login(user)
        rows = Organisation.objects.filter(pk=organisation.pk)
        permission = "contracts.change_organisation"
        page = client.get(reverse("organisation", args=[organisation.pk]))
        assert page.status_code == 200
        change = reverse("organisation-change", args=[organisation.pk])
        account = reverse("organisation-account", args=[organisation.pk])
        return {
            rows.visible_to(user, permission).exists(),
            rows.filter(rows.allowed(user, permission)).exists(),
            user.has_perm(permission, organisation),
            client.get(change).status_code == 200,
            client.get(account).status_code == 200,
            change in page.content.decode(),
        }

    def test_its_own_house_changes_it_and_no_other(self, client, ada, hans):
        newcomer = self.newcomer(by=ada)
        assert self.changes(client, ada, newcomer) == {True}
        assert self.changes(client, hans, newcomer) == {False}

    def test_everybody_changes_what_no_person_entered(self, client, ada, hans):
        """What came by file without a name: or nobody could go on with it."""
        newcomer = self.newcomer(by=system_actor("import"))
        assert self.changes(client, ada, newcomer) == {True}
        assert self.changes(client, hans, newcomer) == {True}

    def test_its_people_are_invited_and_changed_by_its_own_house_alone(self, client, ada, hans):
        """Who could invite somebody there would come in where the other house has its partner."""
        newcomer = self.newcomer(by=ada)
        person = factories.make_member(newcomer, roles=["provider_lead"])
        addresses = [
            reverse(name, args=[person.pk])
            for name in ("person-change", "person-disable", "person-link", "person-factor")
        ]
        for user, may in ((ada, True), (hans, False)):
            client.force_login(user)
            invite = client.get(reverse("person-invite")).context["form"].fields["organisation"]
            assert (newcomer in invite.queryset) is may
            page = client.get(reverse("person", args=[person.pk]))
            assert page.status_code == 200
            assert [address in page.content.decode() for address in addresses[:2]] == [may, may]
            opened = {client.get(address).status_code for address in addresses}
            assert opened == {200 if may else 404}

    def test_a_concluded_contract_decides_whoever_entered_it(self, client, provider, ada, hans):
        assert self.changes(client, ada, provider) == {True}

    def test_another_house_does_not_confirm_its_account(self, client, ada, otto, hans):
        change = enter(self.newcomer(by=ada), ada)
        for person, status in ((hans, 404), (otto, 200)):
            client.force_login(person)
            address = reverse("account-confirm", args=[change.pk])
            assert client.get(address).status_code == status

    def test_where_there_is_one_house_it_changes_all(self, client, ada):
        newcomer = self.newcomer(by=system_actor("import"))
        assert self.changes(client, ada, newcomer) == {True}
