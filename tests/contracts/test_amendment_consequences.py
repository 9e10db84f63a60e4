"""An amendment is published by the studio once whoever does it has seen what it corrects."""

import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from base.asking import ANSWER
from contracts.models import Contract, ContractEdition
from jobs.models import Statement
from tests.cms.posting import post_of
from tests.factories import (
    HOURLY,
    MONTHLY_STATEMENT,
    bill_months_of_2024,
    make_commissioning_body,
    make_contract,
    make_member,
    make_record,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

PUBLISH = {"action-publish": "action-publish"}
APPROVE = {"action-workflow-action": "true", "workflow-action-name": "approve"}
SUBMIT = {"action-submit": "Submit"}
CHEAPER = {
    "applies_from": "2024-03-01",
    "remuneration-0-value-rates-0-value-amount": "48.00",
}
LATER = CHEAPER | {"applies_from": "2024-04-01"}
SHORTER = {"applies_from": "2024-03-10", "term-0-value-first_ends": "2024-03-10"}


@kept
def managers():
    body = make_commissioning_body()
    return [make_member(body, roles=["manager"]).user for _each in range(2)]


@kept
def contract(kept_managers):
    """A contract billed by months; an hour of 60.00 € in February and in March, both issued."""
    contract = make_contract(
        duties=[MONTHLY_STATEMENT],
        term={"begins": "2024-01-01", "first_ends": "2024-12-31"},
        remuneration=[HOURLY],
    )
    bill_months_of_2024(contract, 2, 3)
    return contract


@pytest.fixture
def edit(client, contract):
    """Post the contract's form as its newest draft has it, with changes, and a button."""

    def post(user, button=(), **changes):
        client.force_login(user)
        draft = Contract.objects.get(pk=contract.pk).get_latest_revision_as_object()
        address = reverse(Contract.snippet_viewset.get_url_name("edit"), args=[contract.pk])
        signed = {f"signatures-{n}-value-evidence": "File, page 2" for n in range(2)}
        return client.post(address, post_of(draft, **signed | changes) | dict(button))

    return post


def asked(response) -> list[tuple]:
    """What the page says would change; it is a page that asks."""
    assert response.status_code == 200
    assert ANSWER in response.content.decode()
    return [(each.label, each.before, each.after) for each in response.context["consequences"]]


def sent_again(client, response):
    """Press the button of the page that asks: its hidden fields are all that is sent."""
    page = response.content.decode()
    (form,) = [form for form in re.findall(r"<form.*?</form>", page, re.S) if ANSWER in form]
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    (address,) = re.findall(r'<form action="([^"]+)"', form)
    values: dict[str, list] = {}
    for name, value in fields:
        values.setdefault(name, []).append(unescape(value))
    return client.post(address, values)


def march() -> str:
    return Statement.objects.get(period_first=date(2024, 3, 1)).number


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        pytest.param(CHEAPER, Decimal("48.00"), id="changed"),
        # The record of 20 March lies behind its end.
        pytest.param(SHORTER, Decimal("0.00"), id="shortened"),
    ],
)
@pytest.mark.parametrize("button", [PUBLISH, APPROVE], ids=["published", "approved"])
def test_what_was_billed_is_told_before(client, contract, managers, edit, changes, after, button):
    author, approver = managers
    edit(author, SUBMIT if button is APPROVE else (), **changes)
    page = edit(approver, button)
    ((label, before, now),) = asked(page)
    assert label.startswith(f"{march()} · ")
    assert (before, now) == (Decimal("60.00"), after)
    text = page.content.decode()
    assert "60,00" in text and f"{after}".replace(".", ",") in text
    assert contract.editions.count() == 1
    assert Statement.objects.count() == 2

    assert sent_again(client, page).status_code == 302
    assert contract.editions.count() == 2
    assert Statement.objects.count() == 2  # what is corrected is for the next run


def test_it_is_told_where_the_form_is_not_opened(client, contract, managers, edit):
    author, approver = managers
    edit(author, SUBMIT, **CHEAPER)
    client.force_login(approver)
    state = Contract.objects.get().current_workflow_task_state
    name = Contract.snippet_viewset.get_url_name("workflow_action")
    address = reverse(name, args=[contract.pk, "approve", state.pk])
    page = client.post(address, {"next": "/studio/"})
    assert asked(page)[0][1:] == (Decimal("60.00"), Decimal("48.00"))
    assert contract.editions.count() == 1
    assert sent_again(client, page).url == "/studio/"
    assert contract.editions.count() == 2


def test_it_is_asked_again_when_the_effect_is_another_one(client, contract, managers, edit):
    author, approver = managers
    edit(author, **CHEAPER)
    page = edit(approver, PUBLISH)
    case = contract.cases.get()
    make_record(case, day=date(2024, 3, 21))
    # What came late is not its doing; the difference is that of two hours now.
    page = sent_again(client, page)
    assert asked(page)[0][1:] == (Decimal("120.00"), Decimal("96.00"))
    assert contract.editions.count() == 1
    assert sent_again(client, page).status_code == 302
    assert contract.editions.count() == 2


def test_what_corrects_nothing_is_published_at_once(contract, managers, edit):
    author, approver = managers
    edit(author, **LATER)
    assert edit(approver, PUBLISH).status_code == 302
    assert contract.editions.count() == 2


def test_nothing_is_asked_of_authors_and_of_drafts_that_wait(client, contract, managers, edit):
    """Whoever may not publish it is told so, and saving or handing back changes nothing."""
    author, approver = managers
    assert edit(author, **CHEAPER).status_code == 302
    refused = edit(author, PUBLISH)
    assert "consequences" not in refused.context
    assert author.username in str(refused.context["form"].non_field_errors())
    assert edit(author, SUBMIT).status_code == 302
    rejected = APPROVE | {"workflow-action-name": "reject"}
    assert edit(approver, rejected).status_code == 302
    assert ContractEdition.objects.count() == 1
