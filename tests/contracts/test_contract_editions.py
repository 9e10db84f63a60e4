"""Contracts as content: what contradicts itself is refused on entry, amendments are editions."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override
from pydantic import ValidationError as ContentError

from base.editions import read_content
from cms.content.description import DescribedPhase
from contracts.content import AgreedCalendar, AgreedTerm, ContractContent
from contracts.dates.obligations import Agreed
from contracts.models import Contract, ContractEdition
from tests.factories import (
    COSTS,
    HOURLY,
    RENEWED,
    amend,
    annex,
    contract_content,
    make_catalogue,
    make_contract,
)

SECOND = HOURLY | {"key": "second"}
BASED_ON = {
    "model": "cost_reimbursement",
    "key": "overhead",
    "label": "Overhead",
    "clause": "§ 4",
    "components": [
        {
            "type": "percentage",
            "key": "share",
            "label": "Share",
            "percent": "10",
            "base": [{"component": "costs.staff"}],
        }
    ],
}

# What is given instead of the contract's usual content → what the message says.
REFUSED = {
    "two terms of one key": ({"remuneration": [HOURLY, HOURLY]}, "remuneration: hours stands more"),
    "a base that comes later": ({"remuneration": [BASED_ON, COSTS]}, "overhead: costs.staff"),
    "a base that does not exist": ({"remuneration": [BASED_ON]}, "earlier terms and components"),
    "terms of an unknown clause": ({"remuneration": [HOURLY | {"clause": "§ 99"}]}, "§ 99"),
    "a component of an unknown clause": (
        {"remuneration": [COSTS | {"components": [COSTS["components"][0] | {"clause": "§ 99"}]}]},
        "§ 99",
    ),
    "an unknown kind of work": ({"kinds_of_work": []}, "talk, group is unknown"),
    "a duty of an unknown clause": ({"term": RENEWED | {"clause": "§ 99"}}, "term.clause: § 99"),
    "open-ended, yet renewed": (
        {"term": {"begins": date(2024, 1, 1), "renews_months": 12, "notice_to": "month_end"}},
        "no term to renew",
    ),
    "open-ended, ended with its term": ({"term": {"begins": date(2024, 1, 1)}}, "no term to renew"),
    "ended before it begins": (
        {"term": RENEWED | {"first_ends": date(2009, 12, 31)}},
        "ends before it begins",
    ),
    "a day both off and worked": (
        {"calendar": {"state": "NW", "holidays": ["2024-05-10"], "working_days": ["2024-05-10"]}},
        "2024-05-10",
    ),
    "a day off named twice": (
        {"calendar": {"state": "NW", "holidays": ["2024-05-10", "2024-05-10"]}},
        "more than once",
    ),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_contradictions_are_refused_on_entry(changes, message):
    plain = contract_content().model_dump() | changes
    with override("en"), pytest.raises(ValidationError) as refused:
        read_content(ContractContent, plain)
    assert message in " ".join(refused.value.messages)


def test_a_base_on_an_earlier_term_is_accepted():
    content = contract_content(remuneration=[COSTS, BASED_ON])
    assert [terms.key for terms in content.remuneration] == ["costs", "overhead"]
    assert contract_content(remuneration=[HOURLY, SECOND])


@pytest.mark.parametrize("in_first_term", [False, True])
def test_a_term_says_whether_notice_reaches_its_first_part(in_first_term):
    content = contract_content(term=RENEWED | {"notice_in_first_term": in_first_term})
    agreed = Agreed.model_validate(content.model_dump(include={"term", "calendar", "duties"}))
    assert agreed.lasting.notice_in_first_term is in_first_term


def test_an_open_ended_contract_and_one_without_renewal_are_accepted():
    assert AgreedTerm(begins=date(2024, 1, 1), notice_to="month_end", notice_months=3)
    assert AgreedTerm(begins=date(2024, 1, 1), first_ends=date(2024, 12, 31))
    assert AgreedCalendar(state="HE", holidays=(date(2024, 5, 10),))


PHASES = {
    "no week at all": {"minimum_weeks": 0},
    "weeks and months at once": {"minimum_weeks": 4, "minimum_months": 1},
    "the least longer than the most": {"minimum_weeks": 8, "maximum_weeks": 4},
    "hours without intensity": {"minimum_hours": "3"},
    "intensity without hours": {"intensity": "weekly"},
}


@pytest.mark.parametrize("limits", PHASES.values(), ids=PHASES.keys())
def test_phases_that_cannot_be_planned_are_refused_on_entry(limits):
    with pytest.raises(ContentError):
        DescribedPhase(key="p", title="Phase", **limits)


def test_a_phase_gives_the_rule_it_is_planned_by():
    """C9: four to eight weeks, three hours each: from 1 March 2024 to 28 March at the earliest."""
    phase = DescribedPhase(
        key="p",
        title="Phase",
        minimum_weeks=4,
        maximum_weeks=8,
        intensity="weekly",
        minimum_hours="3",
    )
    begins = date(2024, 3, 1)
    assert phase.rule().earliest_end(begins) == date(2024, 3, 28)
    assert phase.rule().latest_end(begins) == date(2024, 4, 25)
    assert phase.rule().minimum_hours(begins, date(2024, 3, 28)) == 12


# --- editions -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_concluding_and_amending_freeze_editions_with_their_first_days():
    contract = make_contract("A", applies_from=date(2010, 1, 1))
    amend(contract, applies_from=date(2024, 7, 1), title="Amended")
    editions = contract.editions.order_by("number")
    assert [(e.number, e.applies_from.year, e.data.title) for e in editions] == [
        (1, 2010, "Contract"),
        (2, 2024, "Amended"),
    ]
    assert contract.edition_on(date(2024, 6, 30)).number == 1
    assert contract.edition_on(date(2024, 7, 1)).number == 2
    assert contract.edition_on(date(2009, 12, 31)) is None


@pytest.mark.django_db
def test_annexes_bring_editions_for_their_time():
    first = make_catalogue("c", applies_from=date(2010, 1, 1))
    second = make_catalogue("c", applies_from=date(2025, 1, 1), need_groups=("hbg-1",))
    contract = make_contract(
        "A",
        annexes=[
            annex(first, valid_from=date(2010, 1, 1), valid_until=date(2024, 12, 31)),
            annex(second, valid_from=date(2025, 1, 1)),
        ],
    )
    rows = contract.editions.get().annex_rows.order_by("valid_from")
    assert [row.catalogue_edition for row in rows] == [first, second]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [{"edition": 2}, {"source": "unknown"}, {"kind": "description"}],
    ids=["edition", "catalogue", "kind"],
)
def test_annexes_that_do_not_exist_are_named(changes):
    missing = annex(make_catalogue("c")) | changes
    with pytest.raises(ValidationError, match="{key}.* {edition} .*{source}".format(**missing)):
        make_contract("A", annexes=[missing])
    assert not Contract.objects.exists()
    assert not ContractEdition.objects.exists()


@pytest.mark.django_db
def test_a_contract_needs_both_signatures():
    one = [each.model_dump() for each in contract_content(parties=("jobcenter",)).signatures]
    with pytest.raises(ValidationError, match="provider"):
        make_contract("A", signatures=one)
    assert not ContractEdition.objects.exists()


@pytest.mark.django_db
def test_editions_keep_terms_clauses_and_duties_as_rows():
    edition = make_contract("A", remuneration=[COSTS, SECOND]).editions.get()
    terms = edition.terms_rows.order_by("position")
    assert [(row.key, row.model) for row in terms] == [
        ("costs", "cost_reimbursement"),
        ("second", "hourly_rate"),
    ]
    assert edition.clause_rows.count() == 7
    assert sorted(edition.duty_rows.values_list("kind", flat=True)) == ["report", "statement"]
    assert edition.problems() == []
