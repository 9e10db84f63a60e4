"""Contracts on screen: list, page, editions, giving notice."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.asking import ANSWER
from contracts.dates.obligations import obligations
from contracts.dates.standing import next_notice, state_of, term_text
from contracts.models import ContractEdition, Notice
from contracts.views import usage
from tests.factories import (
    RENEWED,
    amend,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
)

pytestmark = pytest.mark.django_db


def sign_in(client, organisation=None, role="manager"):
    member = make_member(organisation or make_commissioning_body(), roles=[role])
    client.force_login(member.user)


def queries(client, address: str) -> int:
    """Queries of a page that was open before: what is looked up once for a process is known."""
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_e1_the_notice_date_of_a_contract_renewed_every_year():
    """Six months to the year's end: on 6 January 2025 the next day for notice is 30.06.2025."""
    obliged = obligations(make_contract(term=RENEWED))
    day = date(2025, 1, 6)
    assert next_notice(obliged, day) == (date(2025, 6, 30), date(2025, 12, 31))
    assert next_notice(obliged, date(2025, 7, 1)) == (date(2026, 6, 30), date(2026, 12, 31))
    assert term_text(obliged, day).startswith("31.12.2025")


def test_state_of_a_contract_by_day():
    obliged = obligations(make_contract(term=RENEWED | {"renews_months": None}))
    days = (date(2009, 12, 31), date(2010, 1, 1), date(2010, 12, 31), date(2011, 1, 1))
    assert [state_of(obliged, day) for day in days] == ["ahead", "in_force", "in_force", "ended"]
    assert next_notice(obliged, date(2010, 3, 1)) is None


def test_list_shows_own_contracts_and_filters(client):
    own, other = make_organisation("own"), make_organisation("other")
    catalogue = make_catalogue("addiction")
    make_contract("OWN-1", provider=own, catalogues=(catalogue,))
    make_contract("OWN-2", provider=own, term=RENEWED | {"renews_months": None})
    make_contract("OTHER-1", provider=other)
    address = reverse("contracts")

    def numbers(**filters):
        return [row.record.number for row in client.get(address, filters).context["table"].rows]

    sign_in(client, own, "provider_lead")
    assert numbers() == ["OWN-1", "OWN-2"]
    assert numbers(state="ended") == ["OWN-2"]
    assert numbers(state="in_force") == ["OWN-1"]
    assert numbers(service="catalogue:addiction") == ["OWN-1"]
    sign_in(client)
    assert numbers() == ["OTHER-1", "OWN-1", "OWN-2"]
    assert numbers(provider=other.pk) == ["OTHER-1"]
    assert numbers(q="own-2") == ["OWN-2"]


def test_list_has_the_same_number_of_queries_for_five_and_fifteen_rows(client):
    sign_in(client)
    for _each in range(5):
        make_contract()
    few = queries(client, reverse("contracts"))
    for _each in range(10):
        make_contract()
    assert queries(client, reverse("contracts")) == few


def test_list_can_be_exported_with_where_each_contract_stands(client):
    sign_in(client)
    make_contract("SB-1", term=RENEWED | {"renews_months": None})
    text = client.get(reverse("contracts"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "SB-1;Contract;" in text
    assert "01.01.2010" in text
    assert "31.12.2010" in text


@pytest.mark.parametrize("tab", ["", "text", "editions"])
def test_page_of_a_contract_opens_for_its_provider_and_nobody_elses(client, tab):
    contract = make_contract(provider=make_organisation("own"))
    amend(contract, applies_from=date(2024, 7, 1), title="Amended")
    address = reverse("contract", args=[contract.pk])
    sign_in(client, contract.provider, "provider_lead")
    assert client.get(address, {"tab": tab}).status_code == 200
    sign_in(client, make_organisation("other"), "provider_lead")
    assert client.get(address, {"tab": tab}).status_code == 404


def test_foreign_editions_and_comparisons_are_not_found(client):
    contract = make_contract(provider=make_organisation("own"))
    second = amend(contract, applies_from=date(2024, 7, 1), title="Amended")
    addresses = [
        reverse("contract-edition", args=[second.pk]),
        reverse("contract-compare", args=[contract.pk]),
    ]
    sign_in(client, contract.provider, "counsellor")
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    sign_in(client, make_organisation("other"), "counsellor")
    assert [client.get(address).status_code for address in addresses] == [404, 404]


def test_page_tells_remuneration_in_words_and_what_is_due(client):
    sign_in(client)
    contract = make_contract()
    context = client.get(reverse("contract", args=[contract.pk])).context
    [[terms, rows]] = context["remuneration"]
    assert terms.key == "hours"
    assert "60,00\u00a0€" in [text for row in rows for text in row.texts]
    kinds = {str(due.kind) for due in context["due"]}
    assert kinds == {"statement", "report", "notice"}
    assert context["due"] == sorted(context["due"], key=lambda due: due.day)


def test_notice_is_previewed_confirmed_and_recorded(client):
    sign_in(client)
    contract = make_contract(term=RENEWED)
    address = reverse("contract-notice", args=[contract.pk])
    values = {"given_by": contract.provider.pk, "received_on": "2024-06-30", "reason": ""}

    preview = client.post(address, values)
    assert preview.context["ends"] == date(2024, 12, 31)
    assert not Notice.objects.exists()

    # Another day of receipt leads to another end: what was confirmed does not count for it.
    values |= {ANSWER: preview.context["confirmation"].value}
    later = client.post(address, values | {"received_on": "2024-07-01"})
    assert later.context["ends"] == date(2025, 12, 31)
    # Neither does it for the other party, nor with reasons that nobody has read.
    for other in ({"given_by": contract.commissioning_body.pk}, {"reason": "Other reasons."}):
        assert client.post(address, values | other).context["ends"] == date(2024, 12, 31)
    assert not Notice.objects.exists()

    assert client.post(address, values).status_code == 302
    [notice] = Notice.objects.all()
    assert (notice.given_by, notice.received_on) == (contract.provider, date(2024, 6, 30))
    assert obligations(contract).last == date(2024, 12, 31)


def test_notice_is_asked_about_again_when_something_else_follows_from_it(client):
    sign_in(client)
    contract = make_contract(term=RENEWED)
    address = reverse("contract-notice", args=[contract.pk])
    values = {"given_by": contract.provider.pk, "received_on": "2024-06-30", "reason": ""}
    preview = client.post(address, values)
    assert preview.context["ends"] == date(2024, 12, 31)
    amend(contract, applies_from=date(2024, 1, 1), term=RENEWED | {"notice_months": 9})
    answered = values | {ANSWER: preview.context["confirmation"].value}
    assert client.post(address, answered).context["ends"] == date(2025, 12, 31)
    assert not Notice.objects.exists()


def test_immediate_termination_needs_its_day_and_reasons(client):
    sign_in(client)
    contract = make_contract()
    address = reverse("contract-notice", args=[contract.pk])
    values = {
        "given_by": contract.commissioning_body.pk,
        "received_on": "2024-06-30",
        "extraordinary": "on",
    }
    refused = client.post(address, values)
    assert set(refused.context["form"].errors) == {"ends_on", "reason"}
    values |= {"ends_on": "2024-07-15", "reason": "Gross breach"}
    values |= {ANSWER: client.post(address, values).context["confirmation"].value}
    assert client.post(address, values).status_code == 302
    assert obligations(contract).last == date(2024, 7, 15)


def test_notice_cannot_be_recorded_before_it_was_received(client):
    sign_in(client)
    contract = make_contract(term=RENEWED)
    tomorrow = timezone.localdate() + timedelta(days=1)
    address = reverse("contract-notice", args=[contract.pk])
    values = {"given_by": contract.provider.pk, "received_on": tomorrow.isoformat()}
    refused = client.post(address, values)
    assert "received_on" in refused.context["form"].errors
    assert not Notice.objects.exists()


@pytest.mark.parametrize("role", ["finance", "auditor", "caseworker", "director", "administrator"])
def test_only_managers_give_notice(client, role):
    contract = make_contract()
    sign_in(client, role=role)
    address = reverse("contract-notice", args=[contract.pk])
    assert client.get(address).status_code == 403
    values = {"given_by": contract.provider.pk, "received_on": "2024-06-30"}
    assert client.post(address, values).status_code == 403
    assert not Notice.objects.exists()


def test_edition_names_some_of_its_contracts_and_leads_to_all(client, monkeypatch):
    monkeypatch.setattr(usage, "MOST_SHOWN", 2)
    catalogue = make_catalogue("addiction")
    for number in ("C-1", "C-2", "C-3"):
        make_contract(number, catalogues=(catalogue,))
    sign_in(client)

    page = client.get(reverse("catalogue-edition", args=[catalogue.pk]), {"tab": "contracts"})

    assert [contract.number for contract, *_rest in page.context["rows"]] == ["C-1", "C-2"]
    assert "und 1 weiterer Vertrag" in page.content.decode()
    assert len(client.get(page.context["all_url"]).context["table"].rows) == 3


def test_rows_come_with_their_contract_but_without_its_clauses(django_assert_num_queries):
    make_contract("C-1")
    with django_assert_num_queries(1):
        edition = ContractEdition.objects.joined("contract__provider").get()
        assert edition.contract.number == "C-1"
        assert str(edition.contract.provider)
    with django_assert_num_queries(1):
        assert edition.contract.clauses


def test_a_filter_that_is_set_is_named_though_another_is_wrong(client):
    contract = make_contract("A-1")
    client.force_login(make_member(contract.commissioning_body, roles=["manager"]).user)
    page = client.get(reverse("contracts"), {"provider": contract.provider_id, "state": "gone"})
    (chip,) = [each for each in page.context["chips"] if "provider" not in each.url]
    assert chip.value == contract.provider.name
