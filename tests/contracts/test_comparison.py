"""Contracts compared by meaning: each kind of change by hand, and nothing forgotten."""

from datetime import date

import pytest
from django.utils import translation

from contracts.comparison import compare_contracts
from tests.factories import COSTS, DUTIES, HOURLY, RENEWED, contract_content

STAGES = {
    "model": "service_complexes",
    "key": "stages",
    "label": "Stages",
    "clause": "§ 4",
    "stages": [{"key": "one", "label": "Stage one", "prices": [{"amount": "145"}]}],
}


CAPPED = HOURLY | {"cap": {"source": "fixed", "per": "month", "quantity": "12"}}
REST = HOURLY | {"key": "rest", "label": "Rest", "kinds": [{"key": "group"}]}


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def changes(before: dict, after: dict) -> list:
    """What is told about two contents that differ from the usual one: (kind, place, old, new)."""
    found = compare_contracts(contract_content(**before), contract_content(**after))
    return [(each.kind, each.place, each.old, each.new) for each in found]


def clause(number: str, title: str = "Clause", *paragraphs: str) -> dict:
    return {"number": number, "title": title, "paragraphs": paragraphs}


CLAUSES = [clause("§ 4", "Costs", "First.", "Second."), clause("§ 5")]

ROWS = {
    "clause added": (
        {"clauses": CLAUSES},
        {"clauses": [*CLAUSES, clause("§ 6", "Privacy")]},
        [("added", "clauses.§ 6", "", "§ 6 Privacy")],
    ),
    "clause retitled, known by its number": (
        {"clauses": CLAUSES},
        {"clauses": [clause("§ 4", "Money", "First.", "Second."), clause("§ 5")]},
        [("changed", "clauses.§ 4.title", "Costs", "Money")],
    ),
    "paragraph inserted": (
        {"clauses": CLAUSES},
        {"clauses": [clause("§ 4", "Costs", "First.", "New.", "Second."), clause("§ 5")]},
        [("added", "clauses.§ 4.paragraphs.2", "", "New.")],
    ),
    "local holidays and reminders": (
        {},
        {
            "calendar": {"state": "BY", "local_holidays": "augsburg"},
            "term": RENEWED | {"remind_notice_months": 6},
            "duties": [DUTIES[0] | {"remind_days": 14}, DUTIES[1]],
        },
        [
            ("changed", "term.remind_notice_months", "3", "6"),
            ("changed", "calendar.state", "Nordrhein-Westfalen", "Bayern"),
            (
                "changed",
                "calendar.local_holidays",
                "none beside those of the state",
                "Augsburg: Friedensfest and Mariä Himmelfahrt",
            ),
            ("changed", "duties.statement.remind_days", "30", "14"),
        ],
    ),
    "term and notice": (
        {"term": RENEWED},
        {"term": RENEWED | {"notice_months": 3, "notice_to": "quarter_end"}},
        [
            ("changed", "term.notice_months", "6", "3"),
            ("changed", "term.notice_to", "end of a year", "end of a quarter"),
        ],
    ),
    "due date of the annual statement": (
        {"duties": DUTIES},
        {"duties": [DUTIES[0] | {"due": {"type": "days_after", "days": 60}}, DUTIES[1]]},
        [
            (
                "changed",
                "duties.statement.due",
                "31.03. of the following year",
                "60 calendar days later",
            )
        ],
    ),
    "rate raised from a day on": (
        {"remuneration": [HOURLY]},
        {
            "remuneration": [
                HOURLY
                | {"rates": [{"amount": "60"}, {"valid_from": "2025-07-01", "amount": "1064.9"}]}
            ]
        },
        [
            (
                "added",
                "remuneration.hours.rates.2025-07-01",
                "",
                "1.064,90\u00a0€ from 01.07.2025",
            )
        ],
    ),
    "a limit per person agreed, and changed": (
        {"remuneration": [HOURLY | {"person_limit": {"amount": "900", "per": "year"}}]},
        {"remuneration": [HOURLY | {"person_limit": {"amount": "950", "per": "contract"}}]},
        [
            ("changed", "remuneration.hours.person_limit.amount", "900,00\u00a0€", "950,00\u00a0€"),
            ("changed", "remuneration.hours.person_limit.per", "year", "the whole contract"),
        ],
    ),
    "which term comes first": (
        {"remuneration": [CAPPED, REST]},
        {"remuneration": [CAPPED, REST | {"after": ["hours"]}]},
        [("changed", "remuneration.rest.after", "", "Hours")],
    ),
    "cap agreed": (
        {"remuneration": [HOURLY]},
        {"remuneration": [HOURLY | {"cap": {"source": "fixed", "per": "month", "quantity": "12"}}]},
        [("added", "remuneration.hours.cap", "", "12, per month")],
    ),
    "cap of the support plan agreed": (
        {"remuneration": [HOURLY]},
        {"remuneration": [HOURLY | {"cap": {"source": "support_plan", "per": "month"}}]},
        [("added", "remuneration.hours.cap", "", "as the support plan says, per month")],
    ),
    "minimum of a percentage": (
        {"remuneration": [COSTS]},
        {
            "remuneration": [
                COSTS
                | {
                    "components": [
                        COSTS["components"][0],
                        COSTS["components"][1]
                        | {"percent": "11.5", "minimum": {"amount": "5600.5"}},
                    ]
                }
            ]
        },
        [
            (
                "changed",
                "remuneration.costs.components.material.percent",
                "12\u00a0%",
                "11,5\u00a0%",
            ),
            (
                "changed",
                "remuneration.costs.components.material.minimum.amount",
                "5.400,00\u00a0€",
                "5.600,50\u00a0€",
            ),
        ],
    ),
    "price of a stage": (
        {"remuneration": [STAGES]},
        {
            "remuneration": [
                STAGES | {"stages": [STAGES["stages"][0] | {"prices": [{"amount": "150"}]}]}
            ]
        },
        [
            (
                "changed",
                "remuneration.stages.stages.one.prices",
                "145,00\u00a0€",
                "150,00\u00a0€",
            )
        ],
    ),
    "another model of remuneration under the same key": (
        {"remuneration": [HOURLY]},
        {"remuneration": [STAGES | {"key": "hours"}]},
        [
            ("removed", "remuneration.hours", "Hours", ""),
            ("added", "remuneration.hours", "", "Stages"),
        ],
    ),
    "term of remuneration limited in time": (
        {"remuneration": [HOURLY]},
        {"remuneration": [HOURLY | {"valid_until": date(2025, 12, 31)}]},
        [("changed", "remuneration.hours.valid_until", "", "31.12.2025")],
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_kinds_of_change(row):
    before, after, expected = row
    assert changes(before, after) == expected


def test_new_edition_of_a_catalogue_reaches_the_contract_by_its_annex():
    annex = {
        "key": "annex-1",
        "label": "Annex 1",
        "kind": "catalogue",
        "source": "addiction",
        "edition": 1,
        "valid_from": "2010-01-01",
    }
    later = [
        annex | {"valid_until": "2024-12-31"},
        annex | {"key": "annex-1-2", "edition": 2, "valid_from": "2025-01-01"},
    ]
    assert changes({"annexes": [annex]}, {"annexes": later}) == [
        ("changed", "annexes.annex-1.valid_until", "", "31.12.2024"),
        ("added", "annexes.annex-1-2", "", "addiction, edition 2, from 01.01.2025"),
    ]


def test_the_other_signature_and_work_are_named():
    before = contract_content()
    after = before.model_copy(
        update={
            "kinds_of_work": (
                before.kinds_of_work[0].model_copy(update={"label": "Conversation"}),
                before.kinds_of_work[1],
            ),
            "signatures": before.signatures[:1],
        }
    )
    found = compare_contracts(before, after)
    assert [(c.section, c.subject, c.what, c.kind) for c in found] == [
        ("Kinds of work", "Conversation", "Label", "changed"),
        ("Signatures", "provider", "Signature", "removed"),
    ]
