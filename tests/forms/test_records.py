"""Service records: what is refused, and in which words; versions; one hour, one funding source."""

import re
from datetime import date, timedelta
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.facts import change, submit, withdraw
from cms.content.catalogue import CatalogueContent
from contracts.models import Contract
from forms.models import Case, ServiceRecord
from tests.factories import (
    BEGINS,
    DAY,
    amend,
    annex,
    catalogue_content,
    make_case,
    make_catalogue,
    make_contract,
    make_member,
    make_record,
    make_session,
    place,
    record_of,
)
from tests.kept import kept

STAGES = {
    "model": "service_complexes", "key": "lk", "label": "LK", "clause": "§ 4",
    "stages": [
        {"key": key, "label": key.upper(), "prices": [{"amount": "100"}]} for key in ("lk1", "lk2")
    ],
}  # fmt: skip
HOURS = {
    "model": "hourly_rate", "key": "hours", "label": "Hours", "clause": "§ 4",
    "kinds": [{"key": "talk"}], "rates": [{"amount": "60"}],
}  # fmt: skip

pytestmark = pytest.mark.django_db


@kept
def catalogue():
    return make_catalogue(content=_with_unbookable())


def _with_unbookable() -> CatalogueContent:
    content = catalogue_content(modules=("m1", "m2")).model_dump(mode="json")
    content["modules"].append(
        {"key": "m13", "code": "13", "title": "Duplicate", "bookable": False, "quantities": []}
    )
    return CatalogueContent.model_validate(content)


@kept
def contract(kept_catalogue) -> Contract:
    return make_contract(catalogues=(kept_catalogue,), remuneration=[HOURS, STAGES])


@kept
def case(kept_contract, kept_catalogue) -> Case:
    return make_case(kept_contract, "K-1", catalogue=kept_catalogue)


def text_of(error) -> str:
    return " ".join(error.value.messages)


REFUSED = {
    "before the assignment": ({"day": date(2024, 1, 7)}, "K-1"),
    "a kind nobody agreed": ({"kind": "drive"}, "drive.*group, talk"),
    "a module of no catalogue": ({"module": "m9"}, "m9.*m1, m2"),
    "a module not to be booked": ({"module": "m13"}, "m13.*m1, m2"),
    "a stage nobody agreed": ({"stage": "lk9"}, "lk9.*lk1, lk2"),
    "more than a day": ({"minutes": 1441}, "1441.*1440"),
    "less than nothing": ({"minutes": -1}, "-1.*1440"),
    "a group of nobody": ({"session": "G-1", "participants": 0}, ""),
    "nobody leading": ({"session": "G-1", "counsellors": 0}, ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_when_submitted_and_when_changed(name, case):
    values, words = REFUSED[name]
    with pytest.raises(ValidationError) as error:
        make_record(case, **values)
    _matches(words, text_of(error))
    record = make_record(case)
    with pytest.raises(ValidationError) as error:
        change(record, reason="mistyped", **values)
    _matches(words, text_of(error))
    record.refresh_from_db()
    assert record.version == 1


def _matches(words: str, text: str) -> None:
    assert re.search(words, text, re.DOTALL), text
    assert "%(" not in text


ACCEPTED = [
    {"module": "m1"},
    {"stage": "lk1", "kind": "talk", "minutes": 0},
    {"minutes": 1440},
    {"day": date(2024, 1, 8)},
    {"session": "G-1", "participants": 6, "counsellors": 2},
]


@pytest.mark.parametrize("values", ACCEPTED)
def test_accepted(values, case):
    assert make_record(case, **values).version == 1


def test_a_case_of_another_contract(case, contract):
    record = record_of(case)
    record.contract = make_contract()
    with pytest.raises(ValidationError) as error:
        submit(ServiceRecord, [record])
    assert "K-1" in text_of(error)


def test_kinds_are_those_of_the_edition_of_the_day():
    contract = make_contract()
    case = make_case(contract)
    amend(contract, applies_from=date(2024, 3, 1), kinds_of_work=KINDS)
    assert make_record(case, day=date(2024, 3, 1), kind="visit")
    with pytest.raises(ValidationError, match="visit"):
        make_record(case, day=date(2024, 2, 29), kind="visit")


KINDS = [{"key": key, "label": key.title()} for key in ("talk", "group", "visit")]


def test_modules_are_those_of_the_placement_of_the_day(contract, case, catalogue):
    newer = make_catalogue(
        catalogue.catalogue.key, applies_from=date(2024, 4, 1),
        content=catalogue_content(modules=("m1", "m7")),
    )  # fmt: skip
    annexes = [annex(catalogue), annex(newer, valid_from=date(2024, 4, 1))]
    amend(contract, applies_from=BEGINS, annexes=annexes)
    place(case, newer, valid_from=date(2024, 4, 1))
    assert make_record(case, day=date(2024, 4, 1), module="m7")
    assert make_record(case, day=date(2024, 3, 31), module="m2")
    for day, module in [(date(2024, 4, 1), "m2"), (date(2024, 3, 31), "m7")]:
        with pytest.raises(ValidationError, match=module):
            make_record(case, day=day, module=module)


# A service complex is completed once: first come, first served.


def test_a_stage_is_completed_once(case, contract):
    first = make_record(case, stage="lk1")
    with pytest.raises(ValidationError, match="lk1.*K-1"):
        make_record(case, stage="lk1", day=date(2024, 2, 1))
    assert make_record(case, stage="lk2")
    assert make_record(make_case(contract), stage="lk1")
    assert change(first, reason="mistyped", day=date(2024, 2, 1)).version == 2
    withdraw(first, reason="not completed")
    second = make_record(case, stage="lk1")
    with pytest.raises(ValidationError, match="lk1.*K-1"):
        change(first, reason="completed after all", status="submitted")
    with pytest.raises(ValidationError, match="lk1.*K-1"):
        change(case.service_records.get(stage="lk2"), reason="mistyped", stage="lk1")
    assert second.version == 1


def test_in_one_batch_the_first_counts(case):
    batch = [record_of(case, stage="lk1"), record_of(case, stage="lk1", day=date(2024, 2, 1))]
    with pytest.raises(ValidationError, match="lk1.*K-1"):
        submit(ServiceRecord, batch)
    assert not case.service_records.exists()


# One hour, one funding source (D22).


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


def test_one_hour_is_funded_by_one_contract(case, counsellor):
    other = make_case(make_contract(provider=case.contract.provider), "K-2")
    booked = {"reference": "A-17", "counsellor": counsellor}
    first = make_record(case, **booked)
    with pytest.raises(ValidationError, match="A-17"):
        make_record(other, **booked)
    assert make_record(other, **booked, day=date(2024, 3, 15))
    withdraw(first, reason="belongs to the other contract")
    later = record_of(other, **booked)
    later.reference = "A-18"
    assert submit(ServiceRecord, [later])


def test_in_one_batch_too(case, counsellor):
    other = make_case(make_contract(provider=case.contract.provider), "K-2")
    booked = {"reference": "A-17", "counsellor": counsellor}
    with pytest.raises(ValidationError, match="A-17"):
        submit(ServiceRecord, [record_of(case, **booked), record_of(other, **booked)])


def test_moved_onto_a_booked_hour(case, counsellor):
    other = make_case(make_contract(provider=case.contract.provider), "K-2")
    booked = {"reference": "A-17", "counsellor": counsellor}
    make_record(case, **booked)
    moving = make_record(other, **booked, day=date(2024, 3, 15))
    with pytest.raises(ValidationError, match="A-17"):
        change(moving, reason="mistyped", day=date(2024, 3, 14))


def test_a_group_may_have_guests_of_two_contracts(case, counsellor):
    other = make_case(make_contract(provider=case.contract.provider), "K-2")
    booked = {"session": "G-1", "counsellor": counsellor, "participants": 2}
    assert make_record(case, reference="A-17", **booked)
    assert make_record(other, reference="A-17", **booked)


# Versions.


def test_a_change_needs_a_reason_and_a_change(case):
    record = make_record(case)
    with pytest.raises(ValidationError):
        change(record, reason=" ", minutes=30)
    with pytest.raises(ValidationError):
        change(record, reason="mistyped", minutes=record.minutes)
    with pytest.raises(ValidationError):
        withdraw(record, reason="")
    assert record.history.count() == 1


def test_versions_are_kept_with_their_reasons(case):
    record = make_record(case)
    change(record, reason="mistyped", minutes=30)
    gone = withdraw(record, reason="entered twice")
    with pytest.raises(ValidationError):
        withdraw(gone, reason="again")
    rows = record.history.order_by("version").values_list("version", "minutes", "status", "reason")
    assert list(rows) == [
        (1, 60, "submitted", ""),
        (2, 30, "submitted", "mistyped"),
        (3, 30, "withdrawn", "entered twice"),
    ]


@pytest.mark.parametrize("values", [{"reason": "x" * 501}, {"reference": "x" * 81}])
def test_what_does_not_fit_is_refused(values, case):
    record = make_record(case)
    with pytest.raises(ValidationError):
        change(record, **{"reason": "mistyped", "minutes": 30} | values)


def test_a_reference_is_used_once_in_a_contract(case, contract):
    make_record(case, reference="R-1")
    with pytest.raises(ValidationError, match="R-1"):
        submit(ServiceRecord, [record_of(case), record_of(case, reference="R-1")])
    with pytest.raises(ValidationError, match="R-2"):
        submit(ServiceRecord, [record_of(case, reference="R-2") for _ in range(2)])
    with pytest.raises(ValidationError):
        change(make_record(case, reference="R-3"), reason="mistyped", reference="R-1")
    assert case.service_records.count() == 2


def test_a_batch_is_stored_as_a_whole_or_not_at_all(case):
    batch = [record_of(case), record_of(case, kind="drive")]
    with pytest.raises(ValidationError, match="drive"):
        submit(ServiceRecord, batch)
    assert not case.service_records.exists()


def test_rules_ask_the_database_once_for_a_batch(case, contract, counsellor):
    """As many queries for two thousand records as for two."""
    queries = []
    for size in (2, 2_000):
        numbers = count()
        batch = [
            record_of(
                case,
                day=DAY + timedelta(days=next(numbers) % 5),
                minutes=1,
                module="m1",
                counsellor=counsellor,
                reference=f"{size}-{next(numbers)}",
                confirmed=True,
            )
            for _ in range(size)
        ]
        batch[0].stage = "lk1"
        fresh = [_as_loaded(record) for record in batch]
        with CaptureQueriesContext(connection) as asked:
            obey = ServiceRecord.rules(fresh)
            for record in fresh:
                obey(record)
        queries.append(len(asked))
    assert queries[0] == queries[1] <= 14


def _as_loaded(record: ServiceRecord) -> ServiceRecord:
    """Return the record knowing its case and contract by key alone."""
    names = [field.attname for field in ServiceRecord._meta.concrete_fields]
    return ServiceRecord(**{name: getattr(record, name) for name in names})


def test_a_session_is_one_record_for_each_attendee(contract):
    cases = [make_case(contract) for _ in range(3)]
    records = make_session(cases)
    assert {(row.session, row.participants) for row in records} == {(records[0].session, 3)}
