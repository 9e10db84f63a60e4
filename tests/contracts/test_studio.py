"""The statement example beside a contract's form: each block computed by its own calculator."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.billing import MODELS
from contracts.figures import examples_of
from contracts.models import Contract
from tests.cms.posting import post_of
from tests.factories import make_contract, make_user

DAY = date(2024, 1, 1)
HOURLY = {
    "model": "hourly_rate",
    "key": "fls",
    "label": "Fachleistungsstunden",
    "clause": "§ 5",
    "kinds": [{"key": "talk"}],
    "rates": [{"amount": "62.40"}],
}
COSTS = {
    "model": "cost_reimbursement",
    "key": "costs",
    "label": "Kosten",
    "clause": "§ 4",
    "components": [
        {"type": "actual", "key": "personnel", "label": "Personal", "cost_kinds": ["salary"]},
        {
            "type": "percentage",
            "key": "material",
            "label": "Sachkosten",
            "base": [{"component": "personnel"}],
            "percent": "12",
            "minimum": {"amount": "5400"},
        },
        {
            "type": "percentage",
            "key": "overhead",
            "label": "Sonstige Kosten",
            "base": [{"component": "personnel"}],
            "percent": "10",
        },
    ],
}
STAGES = {
    "model": "service_complexes",
    "key": "lk",
    "label": "Leistungskomplexe",
    "clause": "§ 6",
    "in_order": True,
    "stages": [
        {"key": "LK1", "label": "Start", "prices": [{"amount": "180"}]},
        {
            "key": "LK2",
            "label": "Schluss",
            "prices": [{"amount": "420"}, {"valid_from": "2024-07-01", "amount": "440"}],
        },
    ],
}


def examples(*remuneration):
    return examples_of(remuneration, DAY, {"talk": "Gespräch"})


@pytest.mark.parametrize(
    ("terms", "total"),
    [
        # 12 records of 50 minutes are 10 hours.
        pytest.param(HOURLY, "624,00", id="hours"),
        pytest.param(HOURLY | {"cap": {"source": "support_plan"}}, "561,60", id="nine planned"),
        pytest.param(
            HOURLY | {"increment": {"minutes": "15", "mode": "up", "per": "record"}},
            "748,80",
            id="each record rounded up to an hour",
        ),
        pytest.param(
            HOURLY
            | {"rates": [{"amount": "62.40"}, {"valid_from": "2024-07-01", "amount": "64.80"}]},
            "1.272,00",
            id="ten hours at each rate",
        ),
        # 28,600.00 + the minimum of 5,400.00 + 10 % (C2).
        pytest.param(COSTS, "36.860,00", id="costs"),
        # One case at the first prices, one at the later price.
        pytest.param(STAGES, "1.220,00", id="stages"),
    ],
)
def test_each_model_brings_an_example_of_given_terms(terms, total):
    (block,) = examples(terms)
    assert (block.problem, block.total) == ("", f"{total}\u00a0€")
    assert block.facts


def test_every_model_has_a_sample():
    assert all(callable(model.example_facts) for model in MODELS.values())


def test_quantities_are_said_in_words():
    (block,) = examples(HOURLY | {"cap": {"source": "support_plan"}})
    work, plan = block.facts
    assert work.startswith("Gespräch: 12 ")
    assert "9" in plan
    (line,) = block.lines
    assert (line.quantity, line.unbilled) == ("9 h × 62,40\u00a0€", "1 h")


@pytest.mark.parametrize("per", ["record", "month"])
@pytest.mark.parametrize("rest_per", ["record", "month"])
def test_a_term_that_comes_after_another_shows_what_that_leaves_over(per, rest_per):
    """Ten hours: nine of them are paid in full, one by the next term, however each rounds."""
    rounded = {"minutes": "10", "mode": "up", "per": per}
    full = HOURLY | {"cap": {"source": "fixed", "quantity": "9"}, "increment": rounded}
    rest = HOURLY | {"key": "rest", "rates": [{"amount": "20"}], "after": [HOURLY["key"]]}
    rest |= {"increment": rounded | {"per": rest_per}}
    first, then = examples(full, rest)
    assert (first.problem, then.problem) == ("", "")
    assert [line.quantity for line in first.lines] == ["9 h × 62,40\u00a0€"]
    assert then.total == "20,00\u00a0€"
    assert then.facts == first.facts


def test_terms_based_on_earlier_ones_see_their_totals():
    overhead = {
        "model": "cost_reimbursement",
        "key": "overhead",
        "label": "Overhead",
        "clause": "§ 4",
        "components": [
            {
                "type": "percentage",
                "key": "share",
                "label": "Share",
                "base": [{"component": "fls"}],
                "percent": "10",
            }
        ],
    }
    assert [block.total for block in examples(HOURLY, overhead)] == [
        "624,00\u00a0€",
        "62,40\u00a0€",
    ]
    (alone,) = examples(overhead)
    assert "fls" in alone.problem


def test_an_unfinished_block_says_what_is_missing_and_others_are_computed():
    broken, whole = examples(HOURLY | {"rates": [{"amount": None}]}, STAGES)
    assert broken.problem.startswith("Sätze 1 › Betrag in EUR")
    assert whole.total == "1.220,00\u00a0€"


@pytest.mark.django_db
def test_the_example_follows_the_form(client):
    contract = make_contract()
    client.force_login(make_user("anna", is_superuser=True))
    url = reverse(Contract.snippet_viewset.get_url_name("figures_on_edit"), args=[contract.pk])
    posted = post_of(contract)
    before = client.post(url, posted).content.decode()
    rate = "remuneration-0-value-rates-0-value-amount"
    after = client.post(url, posted | {rate: "100"}).content.decode()
    # Ten hours of talk, and ten hours of one counsellor shared by six.
    assert "700,00\u00a0€" in before
    assert "1.166,67\u00a0€" in after
    assert contract.revisions.count() == 1
