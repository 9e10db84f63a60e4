"""Phases that begin with an agreement, special modules that follow others: the order of booking."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.facts import change, submit, withdraw
from cms.content.catalogue import CatalogueContent
from forms.actions.agree_phase import agree_phase, withdraw_phase
from forms.actions.open_case import set_status
from forms.actions.record_service import (
    DayEntry,
    RowsRefused,
    new_reference,
    record_day,
    record_session,
)
from forms.models import Case, PhaseAgreement, ServiceRecord
from forms.phases import phases_of
from tests.exchange import refusal
from tests.factories import (
    ASSIGNED,
    DAY,
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    record_of,
    somebody,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

AGREED = date(2024, 3, 20)
BEFORE, AFTER = AGREED - timedelta(days=1), AGREED + timedelta(days=1)


def debt_content(**values) -> CatalogueContent:
    """Return a catalogue as that of debt counselling: m1 in phase 1, m2 in the gated phase 2."""
    content = catalogue_content(modules=("m1", "m2")).model_dump(mode="json")
    for module, phase in zip(content["modules"], ("p1", "p2"), strict=True):
        module["phase"] = phase
    content["phases"] = [
        {"key": "p1", "label": "Phase 1"},
        {"key": "p2", "label": "Phase 2", "gated": True},
    ]
    return CatalogueContent.model_validate(content | values)


@kept
def case() -> Case:
    catalogue = make_catalogue(content=debt_content())
    return make_case(make_contract(catalogues=(catalogue,)), "D-1", catalogue=catalogue)


@pytest.fixture
def counsellor(case):
    return make_member(case.contract.provider)


def agree(case: Case, **values) -> PhaseAgreement:
    return agree_phase(**{"case": case, "phase": "p2", "agreed_on": AGREED} | values, by=somebody())


# A1-53: phase 2 without agreement refused; item 2.2 in phase 1 warns.


@pytest.mark.parametrize(
    ("module", "day", "agreed", "recorded"),
    [
        pytest.param("m2", AFTER, False, False, id="A1-53 phase 2 without agreement"),
        pytest.param("m2", BEFORE, True, False, id="A1-53 phase 2 the day before its agreement"),
        pytest.param("m2", AGREED, True, True, id="A1-53 phase 2 from the day of agreement on"),
        pytest.param("m1", BEFORE, False, True, id="A1-53 phase 1 needs no agreement"),
        pytest.param("", AFTER, False, True, id="A1-53 work outside of modules has no phase"),
    ],
)
def test_phase_2_begins_with_its_agreement(case, module, day, agreed, recorded):
    if agreed:
        agree(case)
    if recorded:
        assert make_record(case, module=module, day=day)
        return
    with pytest.raises(ValidationError, match=r"D-1: 2 Module 2 .*Phase 2") as error:
        make_record(case, module=module, day=day)
    assert error.value.code == "unreasoned"
    assert ("2024-03-20" in error.value.message % error.value.params) == agreed


def test_a_single_service_ahead_of_its_phase_needs_a_reason(case, counsellor):
    """A1-53, D37: item 2.2 in phase 1 warns. Points are not recorded, so the reason names it."""
    entry = DayEntry(new_reference(), case, "talk", 30, module="m2")
    with pytest.raises(RowsRefused) as error:
        record_day(counsellor=counsellor, day=BEFORE, entries=[entry], by=somebody())
    assert [each.code for each in error.value.rows.values()] == ["unreasoned"]
    named = DayEntry(
        new_reference(), case, "talk", 30, module="m2", reason="2.2: eviction threatened"
    )
    record_day(counsellor=counsellor, day=BEFORE, entries=[named], by=somebody())
    assert [state.ahead for state in phases_of(case, AFTER)] == [0, 1]
    agree(case)
    make_record(case, module="m2", day=AGREED)
    assert [state.ahead for state in phases_of(case, AFTER)] == [0, 1]


def test_of_a_group_session_each_case_is_asked(case, counsellor):
    other = make_case(case.contract, "D-2", catalogue=case.placements.get().catalogue_edition)
    agree(case, agreed_on=DAY)
    session = {"counsellor": counsellor, "session": "S-1", "day": DAY, "kind": "group"}
    with pytest.raises(ValidationError) as error:
        record_session(**session, minutes=90, cases=[case, other], module="m2", by=somebody())
    (message,) = error.value.messages
    assert "D-2" in message and "D-1" not in message
    record_session(
        **session, minutes=90, cases=[case, other], module="m2", reason="2.2", by=somebody()
    )


def test_a_change_brings_no_record_ahead_of_its_phase(case):
    agree(case)
    record = make_record(case, module="m2", day=AGREED)
    with pytest.raises(ValidationError, match="Phase 2"):
        change(record, reason="mistyped", day=BEFORE)
    first = make_record(case, module="m1", day=BEFORE)
    with pytest.raises(ValidationError, match="Phase 2"):
        change(first, reason="mistyped", module="m2")
    ahead = make_record(case, module="m2", day=BEFORE, reason="2.2")
    assert change(ahead, reason="mistyped", minutes=30).version == 2
    assert change(ahead, reason="mistyped", day=BEFORE - timedelta(days=1)).version == 3


def test_an_agreement_of_another_case_opens_nothing(case):
    agree(make_case(case.contract, catalogue=case.placements.get().catalogue_edition))
    with pytest.raises(ValidationError, match="Phase 2"):
        make_record(case, module="m2", day=AFTER)


REFUSED = {
    "a phase that needs none": ({"phase": "p1"}, "p1.*p2"),
    "a phase nobody knows": ({"phase": "p9"}, "p9.*p2"),
    "before the assignment": ({"agreed_on": ASSIGNED - timedelta(days=1)}, "2024-01-07"),
    "on a day to come": ({"agreed_on": date(2999, 1, 1)}, "liegt in der Zukunft"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_agreements_that_are_refused(case, name):
    values, words = REFUSED[name]
    with pytest.raises(ValidationError, match=words):
        agree(case, **values)
    assert not PhaseAgreement.objects.exists()


def test_no_agreement_after_the_case_was_closed(case):
    set_status(case=case, valid_from=BEFORE, status="closed", reason="done", by=somebody())
    with pytest.raises(ValidationError, match="2024-03-19"):
        agree(case)
    assert agree(case, agreed_on=BEFORE)


def test_a_case_without_a_catalogue_has_no_phases():
    case = make_case(make_contract())
    with pytest.raises(ValidationError, match=": –"):
        agree(case)
    assert phases_of(case, AFTER) == []


def test_to_change_an_agreement_needs_a_reason_and_leaves_no_record_without(case):
    agree(case)
    with pytest.raises(ValidationError):
        agree(case, reason="again")
    with pytest.raises(ValidationError, match="2024-03-20"):
        agree(case, agreed_on=BEFORE)
    agree(case, agreed_on=BEFORE, reason="signed a day earlier")
    make_record(case, module="m2", day=BEFORE)
    with pytest.raises(ValidationError, match="2024-03-19"):
        agree(case, reason="not earlier after all")
    row = case.phase_agreements.get()
    assert row.agreed_on == BEFORE
    assert row.history.latest().history_change_reason == "signed a day earlier"


def test_an_agreement_is_withdrawn_while_nothing_rests_on_it(case):
    row = agree(case)
    ahead = make_record(case, module="m2", day=BEFORE, reason="2.2")
    record = make_record(case, module="m2", day=AFTER)
    with pytest.raises(ValidationError, match=f"2024-03-21 .{record.reference}"):
        withdraw_phase(row, reason="another case", by=somebody())
    withdraw(record, reason="another case")
    with pytest.raises(ValidationError):
        withdraw_phase(row, reason=" ", by=somebody())
    withdraw_phase(row, reason="another case", by=somebody())
    assert not case.phase_agreements.exists()
    deleted = PhaseAgreement.history.latest("history_id")
    assert (deleted.history_type, deleted.history_change_reason) == ("-", "another case")
    with pytest.raises(ValidationError):
        withdraw_phase(row, reason="once more", by=somebody())
    assert ahead.status == "submitted"


# A1-52: the entry module before any other; A1-43: a special module after the one it follows.


def test_the_entry_module_comes_before_the_gate(case):
    """A1-52: no other booking before the first talk, agreed on or not."""
    content = debt_content(entry_module="m1")
    catalogue = make_catalogue(content=content)
    other = make_case(make_contract(catalogues=(catalogue,)), "D-3", catalogue=catalogue)
    agree(other)
    with pytest.raises(ValidationError, match="D-3: 1 Module 1 .* 2 Module 2"):
        make_record(other, module="m2", day=AFTER)
    make_record(other, module="m1", day=AFTER)
    assert make_record(other, module="m2", day=AFTER)


@pytest.fixture
def addiction_case() -> Case:
    special = {"module": "m9", "timing": "before_others", "after": "m1"}
    content = catalogue_content(modules=("m1", "m2")).model_dump(mode="json")
    content["modules"].append({"key": "m9", "code": "9", "title": "Migration"})
    catalogue = make_catalogue(content=CatalogueContent.model_validate(content | {"add_ons": [
        special]}))  # fmt: skip
    return make_case(make_contract(catalogues=(catalogue,)), "S-1", catalogue=catalogue)


def test_a_special_module_before_the_one_it_follows_is_refused(addiction_case):
    """A1-43: M9 before M1 refused."""
    assert make_record(addiction_case, module="m2", day=DAY)
    with pytest.raises(ValidationError, match="S-1: 1 Module 1 .* 9 Migration"):
        make_record(addiction_case, module="m9", day=DAY)
    batch = [record_of(addiction_case, module=key, day=DAY) for key in ("m9", "m1")]
    assert len(submit(ServiceRecord, batch)) == 2
    with pytest.raises(ValidationError, match="S-1: 1 Module 1 .* 9 Migration"):
        make_record(addiction_case, module="m9", day=DAY - timedelta(days=1))


# Closed cases.


def closed(case: Case, day: date = AGREED) -> Case:
    set_status(case=case, valid_from=day, status="closed", reason="done", by=somebody())
    return case


@pytest.mark.parametrize(
    ("day", "recorded"),
    [
        pytest.param(BEFORE, True, id="the day before closing"),
        pytest.param(AGREED, True, id="a last talk on the day of closing"),
        pytest.param(AFTER, False, id="the day after closing"),
    ],
)
def test_nothing_is_recorded_after_a_case_was_closed(case, counsellor, day, recorded):
    closed(case)
    entry = DayEntry(new_reference(), case, "talk", 30)
    if recorded:
        assert record_day(counsellor=counsellor, day=day, entries=[entry], by=somebody())
        return
    with pytest.raises(RowsRefused, match="D-1.*2024-03-20.*2024-03-21.*2024-03-20"):
        record_day(counsellor=counsellor, day=day, entries=[entry], by=somebody())
    record = make_record(case, day=BEFORE)
    with pytest.raises(ValidationError, match="D-1.*2024-03-20"):
        change(record, reason="mistyped", day=day)
    assert withdraw(record, reason="entered twice")


def test_a_case_opened_again_has_a_gap(case):
    closed(case)
    set_status(case=case, valid_from=date(2024, 4, 1), status="open", by=somebody())
    assert case.closed_on is None
    assert make_record(case, day=date(2024, 4, 1))
    with pytest.raises(ValidationError, match="2024-03-20"):
        make_record(case, day=date(2024, 3, 31))


def test_closed_twice_is_closed_since_the_first_time(case):
    closed(case)
    closed(case, date(2024, 4, 1))
    with pytest.raises(ValidationError, match="2024-03-20"):
        make_record(case, day=date(2024, 4, 1))


def test_work_goes_on_in_a_paused_case(case):
    """No source says that nothing may be done then."""
    set_status(case=case, valid_from=BEFORE, status="paused", by=somebody())
    assert make_record(case, day=AFTER)


def test_a_case_is_not_closed_before_its_last_record(case):
    for day in (BEFORE, AFTER):
        last = make_record(case, day=day, reference=f"R-{day}")
    withdrawn = make_record(case, day=date(2024, 5, 2))
    withdraw(withdrawn, reason="entered twice")
    with pytest.raises(ValidationError, match=r"D-1 .*2024-03-21 .R-2024-03-21.*2024-03-20"):
        closed(case)
    case.refresh_from_db()
    assert case.closed_on is None
    assert not case.statuses.filter(status="closed").exists()
    assert closed(case, AFTER).closed_on == last.day


def test_closing_for_a_while_asks_for_that_while_alone(case):
    set_status(case=case, valid_from=date(2024, 4, 1), status="open", by=somebody())
    make_record(case, day=date(2024, 4, 1))
    assert closed(case).closed_on is None


def test_a_case_can_be_closed_on_the_day_it_was_opened(case):
    """A status of the same day is replaced, and history keeps what it was."""
    assert closed(case, ASSIGNED).closed_on == ASSIGNED
    (row,) = case.statuses.all()
    assert list(row.history.order_by("history_id").values_list("status", flat=True)) == [
        "open",
        "closed",
    ]


# Files.


def test_agreements_travel_in_files(tmp_path, case):
    agree(case, note="File, page 7")
    make_record(case, module="m2", day=AFTER)
    export_files(tmp_path)
    (path,) = tmp_path.glob("*cases*")
    text = path.read_text()
    assert "agreed_on: '2024-03-20'" in text
    assert not any(import_files([tmp_path], save=True).values())
    path.write_text(text.replace("agreed_on: '2024-03-20'", "agreed_on: 2024-03-19"))
    (problem,) = refusal(path)
    assert "agreed_on" in problem.message


def test_a_file_agrees_on_nothing_on_days_to_come(tmp_path, case):
    path = tmp_path / "50-cases.yaml"
    path.write_text(
        f"fallwerk: 1\ncases:\n- {{number: D-1, client: {case.client.key}, assigned_on: {ASSIGNED},"
        f" contract: {case.contract.number},"
        " phase_agreements: [{phase: p2, agreed_on: 2999-01-01}]}\n"
    )
    (problem,) = refusal(path)
    assert "still to come" in problem.message
    assert not PhaseAgreement.objects.exists()


# On screen.


@pytest.fixture
def page(client, counsellor):
    client.force_login(counsellor.user)
    return client


def address(case: Case) -> str:
    return reverse("case-phase", args=[case.pk])


def test_the_page_says_where_the_phases_stand(page, case):
    make_record(case, module="m2", day=BEFORE, reason="2.2")
    text = page.get(case.get_absolute_url()).content.decode()
    assert "Phase 2" in text and address(case) in text
    assert page.get(case.get_absolute_url()).context["phases"][1].ahead == 1
    agree(case)
    text = page.get(case.get_absolute_url()).content.decode()
    assert "20.03.2024" in text
    assert reverse("phase-agreement-withdraw", args=[case.phase_agreements.get().pk]) in text
    course = page.get(case.get_absolute_url(), {"tab": "course"}).content.decode()
    assert "Phase 2" in course and "20.03.2024" in course


def test_recorded_changed_and_withdrawn_on_screen(page, case, counsellor):
    posted = {"phase": "p2", "agreed_on": "20.03.2024", "note": "File, page 7"}
    tomorrow = f"{timezone.localdate() + timedelta(days=1):%d.%m.%Y}"
    early = page.post(address(case), posted | {"agreed_on": tomorrow})
    assert early.context["form"].errors["agreed_on"]
    assert page.post(address(case), posted).status_code == 302
    row = case.phase_agreements.get()
    assert (row.agreed_on, row.history.latest().history_user) == (AGREED, counsellor.user)
    seen = page.get(address(case)).context["seen"]
    again = posted | {"agreed_on": "19.03.2024", "_seen": seen}
    assert page.post(address(case), again).context["form"].errors["reason"]
    assert page.post(address(case), again | {"reason": "mistyped"}).status_code == 302
    # Who has not seen that is told.
    late = page.post(address(case), again | {"agreed_on": "18.03.2024", "reason": "mistyped"})
    assert late.context["overwritten"].newest.agreed_on == BEFORE
    away = reverse("phase-agreement-withdraw", args=[row.pk])
    posted = {"reason": "another case", "_seen": page.get(away).context["seen"]}
    assert page.post(away, posted).url == case.get_absolute_url()
    assert not case.phase_agreements.exists()


def test_history_calls_the_phase_by_its_name(page, case):
    row = agree(case)
    withdraw_phase(row, reason="another case", by=somebody())
    told = page.get(case.get_absolute_url(), {"tab": "history"}).content.decode()
    assert "Phase 2" in told and "another case" in told


def test_a_refusal_spells_days_as_people_do(page, case):
    row = agree(case)
    make_record(case, module="m2", day=AFTER)
    away = reverse("phase-agreement-withdraw", args=[row.pk])
    posted = {"reason": "another case", "_seen": page.get(away).context["seen"]}
    (problem,) = page.post(away, posted).context["form"].non_field_errors()
    assert "21.03.2024" in problem and "2024-03" not in problem


def test_only_who_may_change_the_case_agrees(client, case):
    agree(case)
    away = reverse("phase-agreement-withdraw", args=[case.phase_agreements.get().pk])
    for member, status in (
        (make_member(make_commissioning_body(), roles=("auditor",)), 403),
        (make_member(make_organisation("other")), 404),
    ):
        client.force_login(member.user)
        assert client.get(address(case)).status_code == status
        assert client.post(away, {"reason": "x"}).status_code == status
    assert case.phase_agreements.exists()


def test_no_page_for_a_phase_that_needs_no_agreement(page, case):
    assert page.get(address(case), {"phase": "p1"}).status_code == 404
    bare = make_case(case.contract)
    assert page.get(address(bare)).status_code == 404


def test_suggestions_warn_before_the_phase(page, case):
    agree(case)
    asked = {"q": "D-1", "day": "2024-03-19"}
    (found,) = page.get(reverse("case-suggestions"), asked).json()["cases"]
    warned = {module["key"]: "Phase 2" in module["ahead"] for module in found["modules"]}
    assert warned == {"m1": False, "m2": True}
    asked["day"] = "2024-03-20"
    (found,) = page.get(reverse("case-suggestions"), asked).json()["cases"]
    assert [module["ahead"] for module in found["modules"]] == ["", ""]


def test_suggestions_leave_out_who_is_closed_before_the_day(page, case):
    closed(case)
    for day, count in (("2024-03-20", 1), ("2024-03-21", 0), ("no day", 0)):
        answer = page.get(reverse("case-suggestions"), {"q": "D-1", "day": day})
        assert len(answer.json()["cases"]) == count
