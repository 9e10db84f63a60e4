"""Presenting a draft for signature, confirming by each party, publishing what both have signed."""

import threading
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.urls import reverse
from django.utils import timezone
from lxml import html

from base.acting import acting_as
from base.editions import publish as freeze
from base.integrity import findings
from contracts.actions.confirm_signature import confirm_signature
from contracts.actions.present_for_signature import present_for_signature
from contracts.actions.withdraw_signing import withdraw_signing
from contracts.models import ConfirmedSignature, Contract, Signing
from tests import factories

pytestmark = pytest.mark.django_db

RAISED = [factories.HOURLY | {"rates": [{"amount": "70.00"}]}]
FROM = date(2024, 7, 1)
SIGNED = date(2024, 6, 3)


@pytest.fixture
def contract():
    return factories.make_contract("C-1", duties=[factories.MONTHLY_STATEMENT])


def works(organisation, role: str, name: str):
    user = factories.make_user(name, email=f"{name}@example.org", first_name=name.title())
    return factories.make_member(organisation, roles=[role], user=user).user


@pytest.fixture
def anna(contract):
    """Writes contracts for the commissioning body."""
    return works(contract.commissioning_body, "manager", "anna")


@pytest.fixture
def ben(contract):
    """Approves them."""
    return works(contract.commissioning_body, "manager", "ben")


@pytest.fixture
def dora(contract):
    """Signs for the commissioning body."""
    return works(contract.commissioning_body, "director", "dora")


@pytest.fixture
def paul(contract):
    """Signs for the provider."""
    return works(contract.provider, "provider_lead", "paul")


def write(contract, author, *, applies_from=FROM, **changed):
    """Save the contract's draft with something else in it, as its author."""
    draft = Contract.objects.get(pk=contract.pk).get_latest_revision_as_object()
    content = draft.content()
    draft.assign(type(content).model_validate(content.model_dump() | changed))
    draft.applies_from = applies_from
    with acting_as(author):
        draft.save_revision(user=author)
    return Contract.objects.get(pk=contract.pk)


@pytest.fixture
def presented(contract, anna):
    """The contract with a higher rate, put before both parties."""
    return present_for_signature(write(contract, anna, remuneration=RAISED), by=anna)


def sign(signing, by, party, **values):
    given = {"function": "Management", "signed_on": SIGNED, "evidence": "File C-1, page 7"}
    return confirm_signature(signing, by=by, party=party, **given | values)


def sign_both(signing, dora, paul):
    sign(signing, dora, signing.contract.commissioning_body, function="Board")
    sign(signing, paul, signing.contract.provider)


def publish(contract, by):
    revision = Contract.objects.get(pk=contract.pk).latest_revision
    with acting_as(by):
        revision.publish(user=by, skip_permission_checks=True)
    return contract.editions.latest("number")


def words(response) -> str:
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def test_signed_text_becomes_an_edition_that_says_who_signed(contract, presented, ben, dora, paul):
    sign_both(presented, dora, paul)
    edition = publish(contract, ben)
    assert edition.number == 2
    assert edition.content["signatures"] == [
        {"organisation": "jobcenter", "function": "Board", "signed_on": "2024-06-03",
         "evidence": "File C-1, page 7"},
        {"organisation": "provider", "function": "Management", "signed_on": "2024-06-03",
         "evidence": "File C-1, page 7"},
    ]  # fmt: skip
    presented.refresh_from_db()
    assert (presented.ending, presented.became) == ("concluded", edition)
    assert list(findings()) == []


@pytest.mark.parametrize("missing", ["jobcenter", "provider"])
def test_publishing_is_refused_with_one_signature_missing(
    contract, presented, ben, dora, paul, missing
):
    """Though the draft still tells of the signatures under the edition before."""
    if missing == "provider":
        sign(presented, dora, contract.commissioning_body)
    else:
        sign(presented, paul, contract.provider)
    with pytest.raises(ValidationError, match=missing):
        publish(contract, ben)
    assert contract.editions.count() == 1


def test_as_many_sign_for_a_party_as_was_agreed(contract, anna, ben, dora, paul):
    signing = present_for_signature(
        write(contract, anna, remuneration=RAISED, provider_signatures=2), by=anna
    )
    sign_both(signing, dora, paul)
    with pytest.raises(ValidationError, match="provider 1"):
        publish(contract, ben)
    with pytest.raises(ValidationError):
        sign(signing, paul, contract.provider)
    petra = works(contract.provider, "provider_lead", "petra")
    sign(signing, petra, contract.provider, function="Chair")
    edition = publish(contract, ben)
    signed = [(each.organisation, each.function) for each in edition.data.signatures]
    assert signed == [("jobcenter", "Board"), ("provider", "Management"), ("provider", "Chair")]


def test_nobody_signs_beyond_what_was_agreed(contract, presented, paul):
    sign(presented, paul, contract.provider)
    petra = works(contract.provider, "provider_lead", "petra")
    with pytest.raises(ValidationError):
        sign(presented, petra, contract.provider)
    assert presented.signatures.count() == 1


def test_signatures_typed_for_a_text_count_where_nothing_was_presented(contract, anna, ben):
    """Paper contracts of providers without accounts."""
    typed = factories.signatures(page=7)
    contract = write(contract, anna, remuneration=RAISED, signatures=typed)
    edition = publish(contract, ben)
    assert (edition.number, edition.content["signatures"]) == (2, typed)


@pytest.mark.parametrize("changed", [{"remuneration": RAISED}, {}], ids=["text", "day alone"])
def test_signatures_under_the_edition_before_do_not_count_for_another_text(
    contract, anna, ben, changed
):
    write(contract, anna, **changed)
    with pytest.raises(ValidationError, match="jobcenter, provider") as refused:
        publish(contract, ben)
    assert "früheren Fassung" in str(refused.value)
    assert contract.editions.count() == 1


def test_of_two_parties_one_signature_left_over_is_missing(contract, anna, ben):
    old, new = factories.signatures(), factories.signatures(page=7)
    write(contract, anna, remuneration=RAISED, signatures=[old[0], new[1]])
    with pytest.raises(ValidationError, match="von jobcenter:"):
        publish(contract, ben)
    write(contract, anna, signatures=[old[0], *new])
    assert publish(contract, ben).content["signatures"] == new


def test_a_text_that_did_not_change_keeps_its_signatures(contract, anna, ben):
    """Only where a signed paper is kept was corrected."""
    typed = [each | {"evidence": "File, page 2"} for each in factories.signatures()]
    old = contract.editions.get()
    write(contract, anna, applies_from=old.applies_from, signatures=typed)
    assert publish(contract, ben).content["signatures"] == typed
    write(contract, anna, applies_from=old.applies_from, signatures=[*typed[:1], typed[1] | {
        "function": "Management"
    }])  # fmt: skip
    assert publish(contract, ben).number == 3


def test_an_edition_published_elsewhere_keeps_the_signatures_it_was_published_with(
    contract, anna, ben
):
    """Exports of earlier versions, which took the signatures of the edition before."""
    content = contract.editions.get().data.model_copy(update={"title": "Amended"})
    at = timezone.now() - timedelta(days=1)
    edition = freeze(contract, content, applies_from=FROM, authors=[anna], approver=ben, at=at)
    assert edition.content["signatures"] == factories.signatures()


def test_one_party_signs_on_paper_the_other_confirms(contract, presented, anna, ben, paul):
    sign(presented, paul, contract.provider)
    typed = [
        {"organisation": "jobcenter", "function": "Board", "signed_on": date(2024, 6, 5),
         "evidence": "File C-1, page 8"},
    ]  # fmt: skip
    write(contract, anna, signatures=typed)
    presented.refresh_from_db()
    assert presented.ended_at is None
    edition = publish(contract, ben)
    signed = [(each.organisation, each.signed_on) for each in edition.data.signatures]
    assert signed == [("jobcenter", date(2024, 6, 5)), ("provider", SIGNED)]


@pytest.mark.parametrize(
    "other",
    [
        {"remuneration": [factories.HOURLY | {"rates": [{"amount": "71.00"}]}]},
        {"applies_from": date(2024, 8, 1)},
        {"provider_signatures": 2},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_text_ends_it_and_what_was_confirmed_falls_away(
    contract, presented, anna, ben, dora, paul, other
):
    sign_both(presented, dora, paul)
    mail.outbox.clear()
    write(contract, anna, **other)
    presented.refresh_from_db()
    assert (presented.ending, presented.ended_by) == ("changed", anna)
    assert presented.signatures.count() == 2
    told = {message.to[0] for message in mail.outbox}
    assert told == {"dora@example.org", "paul@example.org"}
    with pytest.raises(ValidationError):
        sign(presented, works(contract.provider, "provider_lead", "petra"), contract.provider)

    # The old text again: what was signed before it was changed is not taken for it.
    back = write(contract, anna, remuneration=RAISED, provider_signatures=1)
    again = present_for_signature(back, by=anna)
    with pytest.raises(ValidationError, match="jobcenter, provider"):
        publish(contract, ben)
    assert again.signatures.count() == 0


@pytest.mark.parametrize("withdrawn", [False, True])
def test_what_was_presented_and_then_changed_is_not_published_unsigned(
    contract, presented, anna, ben, dora, paul, withdrawn
):
    """Though the draft still tells of the signatures under the edition before."""
    sign_both(presented, dora, paul)
    if withdrawn:
        withdraw_signing(presented, by=anna, reason="Another rate was agreed")
    else:
        write(contract, anna, applies_from=date(2024, 8, 1))
    with pytest.raises(ValidationError, match="jobcenter, provider"):
        publish(contract, ben)
    typed = [
        {"organisation": key, "function": "Board", "signed_on": SIGNED, "evidence": "Page 9"}
        for key in ("jobcenter", "provider")
    ]
    write(contract, anna, applies_from=date(2024, 8, 1), signatures=typed)
    edition = publish(contract, ben)
    assert {each.evidence for each in edition.data.signatures} == {"Page 9"}


def test_the_text_in_force_can_be_gone_back_to(contract, presented, anna, ben):
    write(contract, anna, applies_from=factories.BEGINS, remuneration=[factories.HOURLY])
    assert publish(contract, ben).number == 1


def test_saving_the_same_text_again_changes_nothing(contract, presented, anna):
    write(contract, anna)
    presented.refresh_from_db()
    assert presented.ended_at is None


def test_signatures_of_one_edition_do_not_serve_the_next(
    contract, presented, anna, ben, dora, paul
):
    sign_both(presented, dora, paul)
    publish(contract, ben)
    back = write(contract, anna, applies_from=date(2025, 1, 1), remuneration=[factories.HOURLY])
    present_for_signature(back, by=anna)
    with pytest.raises(ValidationError):
        publish(contract, ben)


def test_authors_of_what_was_signed_and_published_are_not_those_of_the_next(
    contract, presented, anna, ben, dora, paul
):
    """The edition says more than its author wrote: who signed."""
    sign_both(presented, dora, paul)
    publish(contract, ben)
    write(contract, ben, applies_from=date(2025, 1, 1))
    assert Contract.objects.get(pk=contract.pk).authors() == ["ben"]


def test_publishing_the_same_again_makes_no_edition(contract, presented, ben, dora, paul):
    sign_both(presented, dora, paul)
    assert publish(contract, ben).number == publish(contract, ben).number == 2


class TestPresenting:
    def test_nothing_new_is_not_presented(self, contract, anna):
        with pytest.raises(ValidationError):
            present_for_signature(contract, by=anna)

    def test_only_signatures_are_nothing_new(self, contract, anna):
        contract = write(contract, anna, applies_from=factories.BEGINS, signatures=[])
        with pytest.raises(ValidationError):
            present_for_signature(contract, by=anna)

    def test_what_could_not_be_published_is_not_presented(self, contract, anna):
        later = factories.HOURLY | {"rates": [{"amount": "60.00", "valid_from": "2030-01-01"}]}
        with pytest.raises(ValidationError):
            present_for_signature(write(contract, anna, remuneration=[later]), by=anna)
        assert not Signing.objects.exists()

    def test_what_was_saved_since_it_was_shown_is_not_presented(self, contract, anna):
        shown = write(contract, anna, remuneration=RAISED)
        write(contract, anna, title="Saved by somebody else")
        with pytest.raises(ValidationError):
            present_for_signature(shown, by=anna, revision=shown.latest_revision_id)
        assert not Signing.objects.exists()

    def test_it_is_presented_once(self, contract, presented, anna):
        with pytest.raises(ValidationError):
            present_for_signature(contract, by=anna)
        with pytest.raises(IntegrityError), transaction.atomic():
            Signing.objects.bulk_create([Signing.of(fresh(contract), by=anna)])

    def test_who_may_sign_is_told_and_nobody_else(self, contract, anna, dora, paul):
        works(contract.provider, "counsellor", "cora")
        elsewhere = factories.make_organisation("elsewhere")
        works(elsewhere, "provider_lead", "egon")
        mail.outbox.clear()
        signing = present_for_signature(write(contract, anna, remuneration=RAISED), by=anna)
        assert sorted(message.to[0] for message in mail.outbox) == [
            "dora@example.org",
            "paul@example.org",
        ]
        assert reverse("signing", args=[signing.pk]) in mail.outbox[0].body
        assert mail.outbox[0].subject == "Zur Unterschrift vorgelegt: C-1 Contract"

    def test_withdrawing_tells_why_and_ends_it(self, contract, presented, anna, dora, paul):
        sign(presented, paul, contract.provider)
        mail.outbox.clear()
        withdraw_signing(presented, by=anna, reason="Another rate was agreed")
        assert "Another rate was agreed" in mail.outbox[0].body
        presented.refresh_from_db()
        assert (presented.ending, presented.ended_by) == ("withdrawn", anna)
        with pytest.raises(ValidationError):
            withdraw_signing(presented, by=anna, reason="twice")
        with pytest.raises(ValidationError):
            sign(presented, dora, contract.commissioning_body)


@pytest.fixture
def first(contract, anna):
    """A contract that was never concluded."""
    draft = Contract(
        number="C-2",
        commissioning_body=contract.commissioning_body,
        provider=contract.provider,
        applies_from=date(2025, 1, 1),
        live=False,
    )
    term = {"begins": date(2025, 1, 1), "first_ends": date(2025, 12, 31), "notice_to": "year_end"}
    draft.assign(factories.contract_content(title="Neuer Vertrag", signatures=[], term=term))
    draft.save()
    draft.save_revision(user=anna)
    return Contract.objects.get(pk=draft.pk)


class TestPartiesOfFirstDraft:
    """The stored row of a first draft stays as it began: what it is now stands in its revision."""

    def rename(self, contract, author, **values):
        draft = fresh(contract)
        for name, value in values.items():
            setattr(draft, name, value)
        draft.full_clean()
        draft.save_revision(user=author)
        return Contract.objects.get(pk=contract.pk)

    def test_whom_the_draft_names_reads_it_and_not_whom_it_named_before(
        self, client, first, anna, paul
    ):
        other = factories.make_organisation("other")
        olga = works(other, "provider_lead", "olga")
        renamed = self.rename(first, anna, provider=other, number="C-3", title="Anders")
        client.force_login(anna)
        page = client.get(reverse("contract-present", args=[first.pk]))
        assert "Other kann von da an diesen Text lesen" in words(page)
        mail.outbox.clear()
        signing = present_for_signature(renamed, by=anna)
        assert [message.to for message in mail.outbox] == [["olga@example.org"]]
        for person, status in ((paul, 404), (olga, 200)):
            client.force_login(person)
            assert client.get(reverse("signing", args=[signing.pk])).status_code == status
        first.refresh_from_db()
        assert (first.provider, first.number, first.title) == (other, "C-3", "Anders")

    def test_once_presented_the_parties_stay(self, contract, first, anna):
        signing = present_for_signature(first, by=anna)
        withdraw_signing(signing, by=anna, reason="Another provider")
        with pytest.raises(ValidationError) as refused:
            self.rename(first, anna, provider=factories.make_organisation("other"))
        assert list(refused.value.error_dict) == ["provider"]

    def test_a_number_that_is_taken_meanwhile_is_not_presented(self, contract, first, anna):
        self.rename(first, anna, number="C-3")
        factories.make_contract("C-3", body=contract.commissioning_body)
        with pytest.raises(ValidationError):
            present_for_signature(Contract.objects.get(pk=first.pk), by=anna)
        assert not Signing.objects.exists()


def fresh(contract):
    return Contract.objects.get(pk=contract.pk).get_latest_revision_as_object()


class TestConfirming:
    def test_managers_are_told_of_the_last_signature_once(
        self, contract, presented, anna, ben, dora, paul
    ):
        mail.outbox.clear()
        sign(presented, paul, contract.provider)
        assert mail.outbox == []
        sign(presented, dora, contract.commissioning_body)
        assert sorted(message.to[0] for message in mail.outbox) == [
            "anna@example.org",
            "ben@example.org",
        ]
        assert mail.outbox[0].subject == "Von beiden Parteien unterschrieben: C-1 Contract"

    def test_each_signs_for_their_own_party(self, contract, presented, anna, dora, paul):
        cora = works(contract.provider, "counsellor", "cora")
        egon = works(factories.make_organisation("elsewhere"), "provider_lead", "egon")
        for person in (anna, cora, egon, dora):
            with pytest.raises(ValidationError):
                sign(presented, person, contract.provider)
        for person in (anna, cora, egon, paul):
            with pytest.raises(ValidationError):
                sign(presented, person, contract.commissioning_body)
        assert not ConfirmedSignature.objects.exists()

    def test_a_day_to_come_is_refused(self, contract, presented, paul):
        tomorrow = timezone.localdate() + timedelta(days=1)
        with pytest.raises(ValidationError) as refused:
            sign(presented, paul, contract.provider, signed_on=tomorrow)
        assert list(refused.value.error_dict) == ["signed_on"]

    def test_what_was_confirmed_stays_as_it_is(self, contract, presented, paul):
        signature = sign(presented, paul, contract.provider)
        for change in (
            lambda: ConfirmedSignature.objects.filter(pk=signature.pk).update(function="Chair"),
            lambda: ConfirmedSignature._base_manager.filter(pk=signature.pk)._raw_delete("default"),
            lambda: Signing.objects.filter(pk=presented.pk).update(content={}),
            lambda: Signing._base_manager.filter(pk=presented.pk)._raw_delete("default"),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()

    def test_history_tells_who_confirmed(self, contract, presented, paul):
        with acting_as(paul):
            signature = sign(presented, paul, contract.provider)
        (version,) = signature.history.all()
        assert (version.history_type, version.history_user_id) == ("+", paul.pk)


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("needed", [1, 2])
def test_of_two_who_sign_at_once_as_many_count_as_were_agreed(contract, anna, paul, needed):
    petra = works(contract.provider, "provider_lead", "petra")
    draft = write(contract, anna, remuneration=RAISED, provider_signatures=needed)
    signing = present_for_signature(draft, by=anna)
    barrier, refused = threading.Barrier(2), []

    def confirm(person):
        barrier.wait()
        try:
            sign(signing, person, contract.provider)
        except ValidationError as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=confirm, args=[person]) for person in (paul, petra)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert signing.signatures.count() == needed
    assert len(refused) == 2 - needed


class TestPages:
    def opened(self, client, person, name, *args):
        client.force_login(person)
        return client.get(reverse(name, args=args))

    def sent(self, client, person, name, pk, **values):
        page = self.opened(client, person, name, pk)
        (form,) = (
            f for f in html.fromstring(page.content.decode()).forms if "_reference" in f.fields
        )
        given = {key: value or "" for key, value in form.fields.items()}
        return lambda: client.post(page.request["PATH_INFO"], given | values)

    def test_provider_sees_nothing_before_it_is_presented(self, client, contract, anna, paul):
        write(contract, anna, title="Geheimer Entwurf", remuneration=RAISED)
        client.force_login(paul)
        for name, args in (
            ("home", ()), ("signings", ()), ("contract", (contract.pk,)), ("contracts", ()),
        ):  # fmt: skip
            said = words(client.get(reverse(name, args=args)))
            assert "Geheimer Entwurf" not in said and "70,00" not in said
        assert client.get(reverse("contract-present", args=[contract.pk])).status_code == 403

    def test_list_and_mails_call_it_what_the_text_calls_it(self, client, contract, anna, paul):
        mail.outbox.clear()
        present_for_signature(write(contract, anna, title="Neuer Titel"), by=anna)
        assert {message.subject for message in mail.outbox} == {
            "Zur Unterschrift vorgelegt: C-1 Neuer Titel"
        }
        for name in ("signings", "home"):
            assert "Neuer Titel" in words(self.opened(client, paul, name))

    def test_provider_reads_just_what_was_presented(self, client, contract, presented, anna, paul):
        page = self.opened(client, paul, "signing", presented.pk)
        said = words(page)
        assert "60,00 €" in said and "70,00 €" in said
        assert "§ 56 SGB X" in said
        assert "Ihre Unterschrift wird gebraucht" in said
        assert "/studio/" not in page.content.decode()

    def test_a_new_title_is_read_where_the_text_is(self, client, contract, anna, paul):
        signing = present_for_signature(write(contract, anna, title="Neuer Titel"), by=anna)
        said = words(self.opened(client, paul, "signing", signing.pk))
        assert "C-1 Neuer Titel" in said.partition("Der ganze Wortlaut")[2]

    def test_and_nothing_of_later_drafts(self, client, contract, presented, anna, paul, dora):
        sign(presented, paul, contract.provider)
        other = factories.HOURLY | {"rates": [{"amount": "83.00"}]}
        write(contract, anna, title="Geheimer Entwurf", remuneration=[other])
        for person in (paul, dora, anna):
            said = words(self.opened(client, person, "signing", presented.pk))
            assert "Nicht mehr aktuell: Der Entwurf wurde" in said
            assert "70,00 €" in said
            if person != anna:
                assert "83,00" not in said and "Geheimer Entwurf" not in said
        client.force_login(paul)
        confirm = reverse("signature-confirm", args=[presented.pk])
        assert client.get(confirm).status_code == 404

    def test_first_contract_is_read_whole_though_the_contract_is_not_there(
        self, client, first, anna, paul
    ):
        signing = present_for_signature(first, by=anna)
        said = words(self.opened(client, paul, "signing", signing.pk))
        assert "Neuer Vertrag" in said and "Dies wird die erste Fassung" in said
        assert client.get(reverse("contract", args=[first.pk])).status_code == 404

    def test_others_do_not_find_it(self, client, contract, presented):
        body = factories.make_organisation("housing", kind="commissioning_body")
        other = factories.make_organisation("elsewhere")
        for person in (works(body, "manager", "hans"), works(other, "provider_lead", "egon")):
            assert self.opened(client, person, "signing", presented.pk).status_code == 404
        for role in ("caseworker", "finance"):
            person = works(contract.commissioning_body, role, role)
            assert self.opened(client, person, "signing", presented.pk).status_code == 403
        cora = works(contract.provider, "counsellor", "cora")
        assert self.opened(client, cora, "signing", presented.pk).status_code == 403

    def test_auditors_read_and_do_not_act(self, client, contract, presented):
        genau = works(contract.commissioning_body, "auditor", "genau")
        page = self.opened(client, genau, "signing", presented.pk)
        assert page.status_code == 200
        for name in ("signature-confirm", "signing-withdraw"):
            address = reverse(name, args=[presented.pk])
            assert address not in page.content.decode()
            assert client.get(address).status_code == 403

    def test_start_page_and_menu_say_for_whom_it_waits(
        self, client, contract, presented, anna, dora, paul
    ):
        address = reverse("signing", args=[presented.pk])

        def waits(person) -> tuple[bool, str]:
            page = html.fromstring(self.opened(client, person, "home").content.decode())
            entry = page.xpath(f"//a[@href='{reverse('signings')}']/span[@class='count']/text()")
            return bool(page.xpath(f"//main//a[@href='{address}']")), "".join(entry).strip()

        assert waits(dora) == waits(paul) == (True, "1")
        assert waits(anna) == (False, "")
        sign(presented, paul, contract.provider)
        assert waits(paul) == (False, "")
        sign(presented, dora, contract.commissioning_body)
        assert waits(dora) == (False, "")
        assert waits(anna) == (True, "1")

    def test_confirming_on_the_page_twice_is_once(self, client, contract, presented, paul):
        send = self.sent(
            client, paul, "signature-confirm", presented.pk,
            function="Geschäftsführung", signed_on="03.06.2024", evidence="Akte 7", signed="on",
        )  # fmt: skip
        answers = [send() for _again in range(3)]
        assert {answer.status_code for answer in answers} == {302}
        (signature,) = presented.signatures.all()
        assert (signature.confirmed_by, signature.party) == (paul, contract.provider)
        assert (signature.function, signature.signed_on) == ("Geschäftsführung", SIGNED)
        (version,) = signature.history.all()
        assert version.history_user_id == paul.pk

    def test_who_has_not_signed_on_paper_confirms_nothing(self, client, presented, paul):
        send = self.sent(
            client, paul, "signature-confirm", presented.pk,
            function="Geschäftsführung", signed_on="03.06.2024", evidence="Akte 7",
        )  # fmt: skip
        assert send().status_code == 200
        assert presented.signatures.count() == 0

    def test_manager_presents_what_they_were_shown(self, client, contract, anna):
        write(contract, anna, remuneration=RAISED)
        send = self.sent(client, anna, "contract-present", contract.pk)
        write(contract, anna, remuneration=[factories.HOURLY | {"rates": [{"amount": "71.00"}]}])
        assert send().status_code == 200
        assert not Signing.objects.exists()
        send = self.sent(client, anna, "contract-present", contract.pk)
        assert [send().status_code for _again in range(2)] == [302, 302]
        signing = Signing.objects.get()
        assert signing.content["remuneration"][0]["rates"][0]["amount"] == "71.00"

    def test_contract_and_studio_lead_to_it(self, client, contract, anna):
        assert "vorlegen" not in words(self.opened(client, anna, "contract", contract.pk))
        write(contract, anna, remuneration=RAISED)
        present = reverse("contract-present", args=[contract.pk])
        edit = Contract.snippet_viewset.get_url_name("edit")
        for name in ("contract", edit):
            assert present in self.opened(client, anna, name, contract.pk).content.decode()
        signing = present_for_signature(contract, by=anna)
        for name in ("contract", edit):
            said = self.opened(client, anna, name, contract.pk).content.decode()
            assert reverse("signing", args=[signing.pk]) in said and present not in said
        assert "bestätigte Unterschriften gelten dann nicht mehr" in said
