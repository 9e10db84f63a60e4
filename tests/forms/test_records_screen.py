"""Service records on screen: a day entered row by row, group sessions, change and withdrawal."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contracts.models import Member
from forms.actions.correct_record import correct_record, withdraw_record
from forms.actions.record_service import (
    DayEntry,
    RowsRefused,
    new_reference,
    record_day,
    record_session,
)
from forms.models import ServiceRecord
from forms.views.record_session import RecordSession
from tests.factories import (
    DAY,
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_session,
    reason,
    somebody,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db


@kept
def catalogue():
    return make_catalogue()


@kept
def contract(kept_catalogue):
    return make_contract(catalogues=(kept_catalogue,))


@pytest.fixture
def case(contract, catalogue):
    return make_case(contract, "K-1", catalogue=catalogue)


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


@pytest.fixture
def lead(contract):
    return make_member(contract.provider, roles=("provider_lead",))


@pytest.fixture
def page(client, counsellor):
    client.force_login(counsellor.user)
    return client


def day_of(*rows: dict, day: date = DAY, **values) -> dict:
    """Return a day's rows as the page posts them."""
    posted = {"day": f"{day:%Y-%m-%d}", "count": str(len(rows))} | values
    for number, row in enumerate(rows):
        given = {"reference": new_reference(), "kind": "talk", "module": "-", "minutes": "60"} | row
        if "case" in given:
            given["case"] = str(given["case"].pk)
        posted |= {f"rows-{number}-{name}": value for name, value in given.items()}
    return posted


# A day.


def test_a_day_is_stored_at_once(page, case, contract, catalogue, counsellor):
    other = make_case(contract, "K-2", catalogue=catalogue)
    rows = (
        {"case": case, "module": "m1", "minutes": "1:30"},
        {"case_text": "k-2", "minutes": "9:00-9:45"},
        {},
    )
    posted = day_of(*rows)
    posted["rows-2-minutes"] = ""
    answer = page.post(reverse("record-day"), posted)
    assert answer.status_code == 302
    stored = ServiceRecord.objects.order_by("pk").values_list(
        "case__number", "module", "minutes", "counsellor", "day"
    )
    assert list(stored) == [
        ("K-1", "m1", 90, counsellor.pk, DAY),
        ("K-2", "", 45, counsellor.pk, DAY),
    ]
    assert ServiceRecord.history.count() == 2
    shown = page.get(answer.url)
    assert shown.context["total"] == 135
    assert other.number in shown.content.decode()


def test_sent_twice_is_stored_once(page, case):
    posted = day_of({"case": case}, {"case": case, "minutes": "30"})
    for _attempt in range(2):
        assert page.post(reverse("record-day"), posted).status_code == 302
    assert ServiceRecord.objects.count() == 2
    posted["rows-2-reference"], posted["count"] = new_reference(), "3"
    third = {"case": str(case.pk), "kind": "talk", "module": "-", "minutes": "15"}
    posted |= {f"rows-2-{name}": value for name, value in third.items()}
    page.post(reverse("record-day"), posted)
    assert sorted(ServiceRecord.objects.values_list("minutes", flat=True)) == [15, 30, 60]


def numbered(posted: dict, places: dict[int, int], count: int) -> dict:
    """Return posted rows under the places that a page gave them, of so many in all."""
    moved = {"count": str(count)}
    for name, value in posted.items():
        if name.startswith("rows-"):
            _rows, place, field = name.split("-", 2)
            name = f"rows-{places[int(place)]}-{field}"
        moved.setdefault(name, value)
    return moved


def test_rows_below_removed_ones_are_stored(page, case):
    """Of five rows the first two and the fourth were taken away again."""
    rows = day_of({"case": case}, {"case": case, "minutes": "30"})
    posted = numbered(rows, {0: 2, 1: 4}, count=5)
    assert page.post(reverse("record-day"), posted).status_code == 302
    assert ServiceRecord.objects.count() == 2


def test_a_refused_page_goes_on_numbering_behind_its_rows(page, case):
    """Else a new row would take the place of one that is there, and that would be lost."""
    rows = day_of({"case": case, "minutes": "lange"}, {"case": case})
    refused = page.post(reverse("record-day"), numbered(rows, {0: 1, 1: 3}, count=5))
    assert refused.status_code == 422
    assert [row.prefix for row in refused.context["rows"]] == ["rows-1", "rows-3"]
    assert 'name="count" value="4"' in refused.content.decode()


def test_more_rows_than_allowed_are_refused_not_dropped(page, case):
    refused = page.post(reverse("record-day"), day_of(*[{"case": case}] * 61))
    assert refused.status_code == 422
    assert "60" in refused.context["problems"][0]
    assert len(refused.context["rows"]) == 61
    assert not ServiceRecord.objects.exists()


@pytest.mark.parametrize("count", ["", "many", "²", "9" * 30])
def test_a_count_that_is_none_saves_nothing(page, case, count):
    posted = day_of({"case": case}) | {"count": count}
    assert page.post(reverse("record-day"), posted).status_code == 302
    assert not ServiceRecord.objects.exists()


def test_keys_that_are_no_numbers_name_nothing(page, case):
    assert page.post(reverse("record-day"), day_of({"case_text": "²"})).status_code == 422
    posted = day_of({"case": case}) | {"rows-0-case": "²"}
    assert page.post(reverse("record-day"), posted).status_code == 422
    assert page.get(reverse("record-day"), {"counsellor": "²"}).status_code == 403
    found = page.get(reverse("case-suggestions"), {"pk": "²", "day": "31.02.2024"})
    assert found.json() == {"cases": []}


def test_the_same_row_with_other_values_is_no_change(page, case):
    posted = day_of({"case": case})
    page.post(reverse("record-day"), posted)
    refused = page.post(reverse("record-day"), posted | {"rows-0-minutes": "90"})
    assert refused.status_code == 422
    assert ServiceRecord.objects.get().minutes == 60


WRONG = {
    "no case": ({"case_text": "K-99"}, "case_text"),
    "no duration": ({"minutes": ""}, "minutes"),
    "no readable duration": ({"minutes": "lange"}, "minutes"),
    "no kind": ({"kind": ""}, "kind"),
    "a module of no catalogue": ({"module": "m9"}, "__all__"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_stands_at_its_row_and_nothing_is_lost(name, page, case):
    values, field = WRONG[name]
    wrong = {"case": case, "module": "m2"} | values
    if "case_text" in values:
        del wrong["case"]
    refused = page.post(reverse("record-day"), day_of({"case": case}, wrong))
    assert refused.status_code == 422
    first, second = refused.context["rows"]
    assert not first.errors and field in second.errors
    assert first["minutes"].value() == "60"
    assert not ServiceRecord.objects.exists()


def test_refusals_spell_days_as_people_do(page, case):
    refused = page.post(reverse("record-day"), day_of({"case": case}, day=date(2024, 1, 5)))
    text = str(refused.context["rows"][0].errors)
    assert "08.01.2024" in text and "2024-01-08" not in text


def test_work_of_tomorrow_is_not_recorded(page, case):
    tomorrow = timezone.localdate() + timedelta(days=1)
    refused = page.post(reverse("record-day"), day_of({"case": case}, day=tomorrow))
    assert refused.context["problems"]
    assert not ServiceRecord.objects.exists()


def test_beyond_the_guide_value_a_reason_is_needed(page, case):
    """Seven hours are planned: the last half hour within them is free, the next needs a reason."""
    make_record(case, module="m1", minutes=360)
    rows = [{"case": case, "module": "m1", "minutes": each} for each in ("29", "31", "30")]
    refused = page.post(reverse("record-day"), day_of(*rows))
    flawed = [bool(row.errors) for row in refused.context["rows"]]
    assert flawed == [False, False, True]
    assert "chosen_reason" in refused.context["rows"][2].errors
    # What is offered to begin with; for a change there are others.
    offered = [label for _key, label in refused.context["reasons"]]
    assert "Krise, nicht aufschiebbar" in offered and "Eingabefehler" not in offered
    rows[2] |= {"chosen_reason": str(reason("crisis").pk), "reason": "ruft nachts an"}
    assert page.post(reverse("record-day"), day_of(*rows)).status_code == 302
    stored = ServiceRecord.objects.exclude(chosen_reason=None)
    assert list(stored.values_list("minutes", "chosen_reason__key", "reason")) == [
        (30, "crisis", "ruft nachts an")
    ]


def test_a_module_left_open_is_asked_for_where_the_catalogue_has_any(page, case, contract):
    """Work without a module is a choice; of a case in no catalogue there is nothing to ask."""
    address = reverse("record-day")
    refused = page.post(address, day_of({"case": case, "module": ""}))
    assert refused.status_code == 422
    assert set(refused.context["rows"][0].errors) == {"module"}
    assert not ServiceRecord.objects.exists()

    free = make_case(contract, "K-2")
    rows = ({"case": case, "module": "-"}, {"case": free, "module": ""})
    assert page.post(address, day_of(*rows)).status_code == 302
    assert list(ServiceRecord.objects.values_list("module", flat=True)) == ["", ""]


def test_a_session_without_a_module_is_a_choice(page, counsellor, case, monkeypatch):
    monkeypatch.setattr(RecordSession, "_modules", lambda self: [("m1", "1 Beratung")])
    address, given = reverse("record-session"), {"counsellor": str(counsellor.pk)}
    refused = page.post(address, session_of([case], module="", **given))
    assert set(refused.context["form"].errors) == {"module"}
    assert page.post(address, session_of([case], module="-", **given)).status_code == 302
    assert ServiceRecord.objects.get().module == ""


def test_other_peoples_work_is_the_leads_to_record(client, case, counsellor, lead):
    client.force_login(lead.user)
    posted = day_of({"case": case}, counsellor=str(counsellor.pk))
    assert client.post(reverse("record-day"), posted).status_code == 302
    assert ServiceRecord.objects.get().counsellor == counsellor
    assert ServiceRecord.history.get().history_user == lead.user
    client.force_login(counsellor.user)
    posted = day_of({"case": case}, counsellor=str(lead.pk))
    assert client.post(reverse("record-day"), posted).status_code == 403


def test_no_case_of_another_provider(page):
    foreign = make_case(make_contract(provider=make_organisation("other")), "K-9")
    for row in ({"case": foreign}, {"case_text": "K-9"}):
        refused = page.post(reverse("record-day"), day_of(row))
        assert "case_text" in refused.context["rows"][0].errors
    stranger = make_member(make_organisation("third"))
    with pytest.raises(ValidationError, match="K-9"):
        record_day(
            counsellor=stranger,
            day=DAY,
            entries=[DayEntry("E-1", foreign, "talk", 60)],
            by=somebody(),
        )


def test_only_counselling_staff_record(client, auditor_member):
    client.force_login(auditor_member.user)
    for name in ("record-day", "record-week", "record-session"):
        assert client.get(reverse(name)).status_code == 403


@pytest.fixture
def auditor_member() -> Member:
    return make_member(make_commissioning_body(), roles=("auditor",))


def test_many_rows_cost_as_many_queries_as_few(case, contract, catalogue, counsellor):
    cases = [case, *(make_case(contract, catalogue=catalogue) for _ in range(8))]
    record_day(counsellor=counsellor, day=DAY, entries=entries(cases[:1]), by=somebody())
    asked = []
    for some in (cases[:2], cases):
        with CaptureQueriesContext(connection) as queries:
            record_day(counsellor=counsellor, day=DAY, entries=entries(some), by=somebody())
        asked.append(len(queries))
    assert asked[0] == asked[1]


def entries(cases) -> list[DayEntry]:
    return [
        DayEntry(new_reference(), case, "talk", 15, module="m1", answered=True) for case in cases
    ]


def test_suggestions_bring_what_can_be_booked_and_its_rest(page, case):
    make_record(case, module="m1", minutes=390)
    make_case(make_contract(provider=make_organisation("other")), "K-11")
    found = page.get(reverse("case-suggestions"), {"q": "k-1", "day": "2024-03-14"}).json()
    (only,) = found["cases"]
    assert only["number"] == "K-1"
    first, _second = only["modules"]
    assert first["key"] == "m1" and first["planned"]
    assert (first["rest"]["used"], first["rest"]["guide"]) == (6.5, 7)
    assert [kind["key"] for kind in only["kinds"]] == ["talk", "group"]


def test_a_week_adds_up_and_a_session_counts_once(page, case, contract, catalogue, counsellor):
    other = make_case(contract, catalogue=catalogue)
    make_record(case, day=date(2024, 3, 11), minutes=60, counsellor=counsellor)
    make_session([case, other], day=date(2024, 3, 14), counsellor=counsellor)
    make_record(case, day=date(2024, 3, 18), minutes=500, counsellor=counsellor)
    shown = page.get(reverse("record-week"), {"day": "2024-03-14"})
    assert [row["minutes"] for row in shown.context["days"]] == [60, 0, 0, 90, 0, 0, 0]
    assert (shown.context["total"], shown.context["record_count"]) == (150, 3)


# The entry module comes before any other (A1-52).


@pytest.fixture
def debt_case():
    content = catalogue_content(modules=("m1", "m2")).model_dump(mode="json")
    content = type(catalogue_content()).model_validate(content | {"entry_module": "m1"})
    catalogue = make_catalogue(content=content)
    return make_case(make_contract(catalogues=(catalogue,)), "D-1", catalogue=catalogue)


def test_no_other_booking_before_the_entry_module(debt_case):
    with pytest.raises(ValidationError, match="D-1.*1 Module 1.*2 Module 2"):
        make_record(debt_case, module="m2", day=DAY)
    entry = make_record(debt_case, module="m1", day=DAY)
    assert make_record(debt_case, module="m2", day=DAY)
    assert make_record(debt_case, day=DAY - timedelta(days=1))
    with pytest.raises(ValidationError, match="D-1.*1 Module 1.*2 Module 2"):
        make_record(debt_case, module="m2", day=DAY - timedelta(days=1))
    withdraw_record(entry, version=1, reason="another case", by=somebody())
    with pytest.raises(ValidationError, match="D-1.*1 Module 1.*2 Module 2"):
        make_record(debt_case, module="m2", day=DAY)


def test_both_on_one_day_in_any_order(debt_case):
    counsellor = make_member(debt_case.contract.provider)
    rows = [DayEntry(new_reference(), debt_case, "talk", 30, module=key) for key in ("m2", "m1")]
    records, before = record_day(counsellor=counsellor, day=DAY, entries=rows, by=somebody())
    assert (len(records), before) == (2, 0)
    with pytest.raises(RowsRefused):
        other = make_case(
            debt_case.contract, catalogue=debt_case.placements.get().catalogue_edition
        )
        alone = DayEntry(new_reference(), other, "talk", 30, module="m2")
        record_day(counsellor=counsellor, day=DAY, entries=[alone], by=somebody())


# Group sessions.


@pytest.fixture
def three(contract, catalogue):
    return [make_case(contract, f"G-{n}", catalogue=catalogue) for n in range(3)]


def session_of(cases, **values) -> dict:
    return {
        "session": "S-0123456789ab",
        "day": "2024-03-14",
        "kind": "group",
        "module": "",
        "minutes": "90",
        "counsellors": "2",
        "cases": [str(case.pk) for case in cases],
    } | values


def test_a_group_session_is_recorded_for_each_who_attended(page, three, counsellor):
    address = reverse("record-session")
    for _attempt in range(2):
        answer = page.post(address, session_of(three, counsellor=str(counsellor.pk)))
        assert answer.status_code == 302
    records = ServiceRecord.objects.order_by("case__number")
    assert [(r.case.number, r.participants, r.counsellors, r.minutes) for r in records] == [
        (f"G-{n}", 3, 2, 90) for n in range(3)
    ]
    assert {record.session for record in records} == {"S-0123456789ab"}


def test_a_session_of_nobody_and_of_strangers(page, counsellor):
    address = reverse("record-session")
    given = {"counsellor": str(counsellor.pk)}
    assert page.post(address, session_of([], **given)).context["form"].errors["cases"]
    foreign = make_case(make_contract(provider=make_organisation("other")), "K-9")
    assert page.post(address, session_of([foreign], **given)).context["form"].errors["cases"]
    assert not ServiceRecord.objects.exists()


def test_a_refused_session_names_the_case(three, counsellor):
    late = make_case(three[0].contract, "LATE", assigned_on=date(2024, 4, 1))
    with pytest.raises(ValidationError, match="LATE") as error:
        record_session(
            counsellor=counsellor, session="S-1", day=DAY, kind="group", minutes=90,
            cases=[*three, late], by=somebody(),
        )  # fmt: skip
    assert len(error.value.messages) == 1
    assert not ServiceRecord.objects.exists()


# Change and withdrawal.


@pytest.fixture
def record(case, counsellor):
    return make_record(case, module="m1", counsellor=counsellor)


def correction(record, **values) -> dict:
    return {
        "version": str(record.version),
        "day": f"{record.day:%Y-%m-%d}",
        "kind": record.kind,
        "module": record.module,
        "minutes": str(record.minutes),
        "chosen_reason": str(reason("mistyped").pk),
        "reason": "vertippt",
    } | values


def test_a_correction_is_a_new_version_with_its_reason(page, record):
    address = reverse("record-change", args=[record.pk])
    assert (
        page.post(address, correction(record, minutes="45", chosen_reason=""))
        .context["form"]
        .errors
    )
    assert page.post(address, correction(record, minutes="45")).status_code == 302
    record.refresh_from_db()
    assert (record.version, record.minutes) == (2, 45)
    assert (record.chosen_reason.key, record.reason) == ("mistyped", "vertippt")


def test_two_people_changing_one_record_are_told(page, record):
    address = reverse("record-change", args=[record.pk])
    seen = correction(record, minutes="45")
    page.post(address, seen)
    late = page.post(address, seen | {"minutes": "30"})
    assert late.status_code == 200 and late.context["form"].non_field_errors()
    assert late.context["form"]["minutes"].value() == "30"
    record.refresh_from_db()
    assert (record.version, record.minutes) == (2, 45)


def test_withdrawing_keeps_the_record(page, record):
    address = reverse("record-withdraw", args=[record.pk])
    posted = {"version": "1", "chosen_reason": str(reason("recorded-twice").pk)}
    assert page.get(address).context["warning"]
    assert page.post(address, posted).status_code == 302
    record.refresh_from_db()
    assert (record.status, record.chosen_reason.key, record.reason) == (
        "withdrawn", "recorded-twice", "",
    )  # fmt: skip
    assert page.get(address).status_code == 404


def test_colleagues_records_are_the_leads_to_change(client, record, contract, lead):
    client.force_login(make_member(contract.provider).user)
    address = reverse("record-change", args=[record.pk])
    assert client.get(address).status_code == 404
    client.force_login(lead.user)
    assert client.get(address).status_code == 200
    client.force_login(make_member(make_organisation("other"), roles=("provider_lead",)).user)
    assert client.get(address).status_code == 404


def test_what_a_session_has_in_common_changes_for_all(three, counsellor):
    records = make_session(three, counsellor=counsellor)
    correct_record(records[0], version=1, reason="länger", minutes=120, by=somebody())
    assert set(ServiceRecord.objects.values_list("minutes", "version")) == {(120, 2)}


def test_one_who_did_not_attend_leaves_the_others_as_fewer(three, counsellor):
    records = make_session(three, counsellor=counsellor)
    withdraw_record(records[0], version=1, reason="nicht da", by=somebody())
    kept = ServiceRecord.objects.counting()
    assert [record.participants for record in kept] == [2, 2]
    withdraw_record(kept[0], version=2, reason="ausgefallen", whole_session=True, by=somebody())
    assert not ServiceRecord.objects.counting().exists()


# The list.


def test_the_list_costs_the_same_for_one_row_and_for_many(page, record, case, counsellor):
    address = reverse("records")
    page.get(address)
    with CaptureQueriesContext(connection) as one:
        page.get(address)
    for day in range(1, 9):
        make_record(case, module="m2", day=date(2024, 3, day), counsellor=counsellor)
    with CaptureQueriesContext(connection) as many:
        assert page.get(address).context["table"].paginator.count == 9
    assert len(many) == len(one)


def test_the_list_shows_words_not_keys(page, record):
    text = page.get(reverse("records")).content.decode()
    assert "Talk" in text and "1 Module 1" in text
    exported = page.get(reverse("records"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "14.03.2024;K-1;Talk;1 Module 1;60" in exported
    assert page.get(reverse("record", args=[record.pk])).status_code == 200
