"""What an auditor types into the trail's text filter is found, quickly, among what is theirs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.acting import acting_as
from base.facts import change
from base.trail import registry
from base.trail.pages import trail_page
from base.trail.sources import Wanted
from contracts.billing import Period
from contracts.models import PayrollLine
from contracts.trail import referred_to
from forms.models import ServiceRecord
from jobs.actions.compute_statement import compute_statement
from tests.factories import (
    COSTS,
    issue_by_two,
    make_case,
    make_commissioning_body,
    make_contract,
    make_instalment,
    make_member,
    make_organisation,
    make_payroll,
    make_record,
    make_user,
    reason,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 2, 10, tzinfo=UTC)


def person(role: str, organisation=None):
    """Return a user in this role, in the commissioning body unless told otherwise."""
    member = make_member(organisation or make_commissioning_body(), roles=[role])
    return get_user_model().objects.get(pk=member.user_id)


@pytest.fixture
def auditor(db):
    return person("auditor")


@pytest.fixture
def two(db):
    """Two contracts with a case and a record each; of the first also its money."""
    first = make_case(make_contract("SB-1", remuneration=[COSTS]), "K-101")
    second = make_case(make_contract("SB-2", provider=make_organisation("other")), "K-102")
    make_record(first, reference="R-0001")
    record = make_record(second, reference="R-0002")
    with acting_as(make_user("clerk", first_name="Ada", last_name="Amt"), at=NOON):
        change(record, reason="counted wrongly", minutes=75)
    make_payroll(first.contract, "10.00", reference="P-0001")
    make_instalment(first.contract, "5.00", first=date(2024, 3, 1), last=date(2024, 3, 31))
    return first, second


def wanted(user, text: str) -> Wanted:
    return Wanted(user=user, text=text, named=registry.find(user, text))


def titles(user, text: str) -> set[str]:
    """Return what the entries found are about: the first word of their titles."""
    return {entry.title.split()[0] for entry in trail_page(wanted(user, text), most=200).entries}


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        ("k-101", {"K-101", "R-0001"}, {"K-102", "R-0002"}),
        ("K-10", {"K-101", "K-102", "R-0001", "R-0002"}, set()),
        ("r-0001", {"R-0001"}, {"K-101", "R-0002"}),
        ("P-0001", {"P-0001"}, {"R-0001"}),
        ("SB-1", {"P-0001", "SB-1"}, {"SB-2"}),
        ("wrongly", {"R-0002"}, {"R-0001"}),
        ("Ada Amt", {"R-0002", "clerk"}, {"R-0001"}),
    ],
)
def test_number_reference_person_and_reason(two, text, found, not_found):
    # Superusers see every kind of thing: auditors are not told of people's accounts.
    seen = titles(make_user(is_superuser=True), text)
    assert found <= seen
    assert not not_found & seen


def test_number_of_an_instalment_and_of_a_statement(two, auditor):
    instalment = two[0].contract.instalments.get().reference
    assert titles(auditor, instalment) == {instalment}

    statement = compute_statement(two[0].contract, Period.parse("2024-03"))[0]
    number = issue_by_two(statement).number
    entries = trail_page(wanted(auditor, number[:-1])).entries  # the beginning is enough
    assert {"statement_issued", "statement_checked"} <= {entry.kind for entry in entries}
    assert {entry.thing for entry in entries} == {type(statement)._meta.verbose_name}


def test_records_are_found_by_the_reason_that_was_chosen(two, auditor):
    record = ServiceRecord.objects.get(reference="R-0001")
    change(record, chosen_reason=reason("mistyped"), minutes=75)
    label = reason("mistyped").label

    # The reason itself is told too: when it began to be offered.
    assert titles(auditor, label[1:-1].upper()) == {"R-0001", label}
    inside = person("provider_lead", two[1].contract.provider)
    assert "R-0001" not in titles(inside, label)


def test_only_what_the_reader_may_see_is_found(two):
    own = two[0].contract.provider
    for text in ("K-101", "R-0001", "P-0001", "SB-1"):
        assert registry.find(person("provider_lead", own), text) != ()
        assert registry.find(person("provider_lead", make_organisation("third")), text) == ()
    # No rights to cases, records, money: no way to learn which numbers there are.
    administrator = person("administrator")
    for text in ("K-101", "R-0001", "P-0001"):
        assert registry.find(administrator, text) == ()
        assert titles(administrator, text) == set()


def test_reference_given_by_several_contracts_finds_each(two, auditor):
    for case in two:
        make_record(case, reference="R-7")
    assert len(registry.find(auditor, "R-7")) == 2


def test_nothing_is_named_by_nothing(two, auditor):
    assert registry.find(auditor, "") == registry.find(auditor, "  ") == ()


def test_pages_of_what_is_found_follow_each_other(two, auditor):
    """Found in two ways at once, an entry comes once."""
    record = ServiceRecord.objects.get(reference="R-0001")
    for number in range(6):
        with acting_as(None, at=NOON + timedelta(minutes=number)):
            record = change(record, reason=f"K-101 again {number}", minutes=10 + number)
    asked = wanted(auditor, "K-101")
    whole = [(entry.source, entry.pk) for entry in trail_page(asked, most=100).entries]
    pieces, place = [], None
    while True:
        page = trail_page(asked, place, 2)
        pieces += [(entry.source, entry.pk) for entry in page.entries]
        place = page.older
        if place is None:
            break
    assert pieces == whole
    assert len(whole) == len(set(whole)) >= 8


def test_queries_do_not_grow_with_what_is_found(two, auditor):
    def count() -> int:
        user = get_user_model().objects.get(pk=auditor.pk)
        with CaptureQueriesContext(connection) as queries:
            assert trail_page(wanted(user, "K-10"), most=200).entries
        return len(queries)

    count()  # fills what is looked up once for each process
    few = count()
    for number in range(5):
        make_record(make_case(two[0].contract, f"K-10-{number}"))
    assert count() == few


@pytest.mark.once  # PostgreSQL's plans of few rows say nothing
@pytest.mark.parametrize("model", [ServiceRecord, PayrollLine])
def test_references_are_looked_up_and_not_searched_for(two, auditor, model):
    plan = referred_to(model, auditor, "R-0001").explain()
    assert f"SCAN {model._meta.db_table}" not in plan
    assert f"SEARCH {model._meta.db_table} USING INDEX" in plan


@pytest.mark.once  # PostgreSQL's plans of few rows say nothing
def test_reasons_are_searched_where_there_are_any(two):
    """Millions of versions have none: the index of those that have one is read."""
    with CaptureQueriesContext(connection) as queries:
        reader, things = make_user(is_superuser=True), frozenset({"forms.servicerecord"})
        trail_page(Wanted(user=reader, text="wrongly", things=things))
    (asked,) = (q["sql"] for q in queries if '"history_change_reason" LIKE' in q["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked)
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "servicerecord_reason" in plan
