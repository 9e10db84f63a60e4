"""What a record must obey, on every path a record can take: each path refuses the same."""

import csv
from copy import deepcopy
from datetime import date, time
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.translation import override

from base.exchange.importing import import_files
from base.facts import change, submit
from base.problems import ExchangeError
from contracts.actions.enter_payroll import enter_payroll
from contracts.actions.give_notice import give_notice
from contracts.models import PayrollLine
from forms.actions.correct_record import correct_record, withdraw_record
from forms.actions.open_case import open_case, set_status
from forms.actions.record_service import DayEntry, new_reference, record_day, record_session
from forms.models import ServiceRecord
from forms.models.rules.records import RecordRules
from forms.models.rules.sessions import SHARED
from forms.views.record_day import NO_MODULE
from tests.factories import (
    COSTS,
    DAY,
    make_case,
    make_catalogue,
    make_client,
    make_contract,
    make_member,
    make_organisation,
    make_payroll,
    make_record,
    make_session,
    record_of,
    somebody,
)
from tests.forms.test_records import HOURS, STAGES
from tests.jobs.sample import SAMPLE

CASES = Path(__file__).resolve().parent.parent / "files" / "cases"
ENDED, AFTER = date(2024, 9, 30), date(2024, 10, 1)

pytestmark = pytest.mark.django_db


class World:
    """A provider with a counsellor, two cases of one client, one of another, and their records."""

    def __init__(self):
        self.catalogue = make_catalogue()
        self.contract = make_contract(
            catalogues=(self.catalogue,), remuneration=[HOURS, STAGES, COSTS]
        )
        provider = self.contract.provider
        self.second = make_contract(provider=provider, catalogues=(self.catalogue,))
        self.counsellor, self.colleague = make_member(provider), make_member(provider)
        self.case = make_case(self.contract, "K-1", catalogue=self.catalogue)
        self.other = make_case(self.contract, "K-2", catalogue=self.catalogue)
        self.closed = make_case(
            self.contract, "K-3", catalogue=self.catalogue, closed_on=date(2024, 3, 1)
        )
        self.same_client = open_case(
            number="K-4",
            client=self.case.client,
            contract=self.second,
            assigned_on=date(2024, 1, 8),
            by=somebody(),
        )


@pytest.fixture(scope="module")
def made(kept_rows) -> World:
    return World()


@pytest.fixture
def world(made) -> World:
    return deepcopy(made)


def at(begins: str, ends: str) -> dict:
    first, last = time.fromisoformat(begins), time.fromisoformat(ends)
    minutes = (last.hour - first.hour) * 60 + last.minute - first.minute
    return {"begins": first, "ends": last, "minutes": minutes}


def stored(world, *, who="counsellor", case="case", **values) -> None:
    make_record(getattr(world, case), counsellor=getattr(world, who), **values)


# Each: what is there before, the record that is refused, and what is said of it.
REFUSED = {
    "hours of a counsellor": (
        [{"case": "other", "minutes": 600}, {"case": "same_client", "minutes": 300}],
        {"minutes": 61},
        "One counsellor cannot work 961 minutes",
    ),
    "hours of a client": (
        [
            {"minutes": 900, "who": "colleague"},
            {"minutes": 500, "case": "same_client", "who": "lead"},
        ],
        {"minutes": 41},
        "cannot receive 1441 minutes",
    ),
    "a counsellor in two places": (
        [{"case": "other", **at("09:00", "10:00")}],
        at("09:59", "11:00"),
        "The counsellor was elsewhere from 09:00 to 10:00",
    ),
    "a counsellor under two contracts": (
        [{"case": "same_client", **at("09:00", "10:00")}],
        at("08:00", "12:00"),
        "The counsellor was elsewhere",
    ),
    "a client in two places": (
        [{"who": "colleague", **at("09:00", "10:00")}],
        at("09:30", "09:45"),
        "The client was elsewhere from 09:00 to 10:00",
    ),
    "a client under two contracts": (
        [{"case": "same_client", "who": "colleague", **at("09:00", "10:00")}],
        at("09:30", "10:30"),
        "something else is recorded for the client",
    ),
    "a stretch that ends before it begins": (
        [], {**at("10:30", "09:00"), "minutes": 60}, "ends before it begins",
    ),
    "before the contract begins": (
        [], {"day": date(2009, 12, 31)}, "assigned|not in force|Select a valid choice",
    ),
    "after the contract's end": ([], {"day": AFTER}, "not in force on .*it ends on"),
    "after the case was closed": ([], {"case": "closed"}, "K-3 is closed"),
    "a kind nobody agreed": ([], {"kind": "drive"}, "drive|Select a valid choice"),
    "a module of no catalogue": ([], {"module": "m9"}, "m9"),
    "more than a day": ([], {"minutes": 1441}, "1440"),
    "a way nobody knows": ([], {"channel": "fax"}, "fax|'in_person'"),
    "a place where nobody met": (
        [], {"channel": "phone", "location": "home"}, "goes with a meeting in person",
    ),
    "a kind of help nobody offers": ([], {"topic": "debts"}, "debts is not offered"),
}  # fmt: skip
ASKED = {
    "the same work": ([{}], {}, "recorded already"),
    "the same work under another contract": (
        [{"case": "same_client", "kind": "talk"}], {}, "under another contract",
    ),
    "one without its time": ([at("09:00", "10:00")], {"minutes": 60}, "recorded already"),
}  # fmt: skip
NOT_ASKED = {
    "another length": ([{"minutes": 45}], {}),
    "another counsellor": ([{"who": "colleague"}], {}),
    "another module": ([{"module": "m1"}], {}),
    "another case": ([{"case": "other"}], {}),
    "another time": ([at("09:00", "10:00")], at("10:00", "11:00")),
    "what was withdrawn": ([{"status": "withdrawn", "version": 2}], {}),
}


def prepare(world, before) -> None:
    world.lead = make_member(world.contract.provider, roles=("provider_lead",))
    for values in before:
        status = values.get("status")
        given = {name: value for name, value in values.items() if name not in ("status", "version")}
        stored(world, **given)
        if status:
            record = ServiceRecord.objects.latest("pk")
            withdraw_record(record, version=1, reason="never happened", by=somebody())


def end(world) -> None:
    give_notice(
        contract=world.contract, given_by=world.contract.provider, received_on=date(2024, 9, 1),
        extraordinary=True, ends_on=ENDED, reason="bankrupt", by=somebody(),
    )  # fmt: skip


def values_of(world, values: dict) -> dict:
    given = {"day": DAY, "kind": "talk", "minutes": 60} | values
    return given | {"case": getattr(world, given.get("case", "case"))}


def by_action(world, values, *, answered=False) -> None:
    given = values_of(world, values)
    case = given.pop("case")
    submit(
        ServiceRecord,
        [record_of(case, counsellor=world.counsellor, answered=answered, **given)],
    )


def by_day(world, values, *, answered=False) -> None:
    given = values_of(world, values)
    day = given.pop("day")
    entry = DayEntry(reference=new_reference(), answered=answered, **given)
    record_day(counsellor=world.counsellor, day=day, entries=[entry], by=somebody())


def by_change(world, values, *, answered=False) -> None:
    given = values_of(world, values)
    case = given.pop("case")
    if case == world.closed:
        record = make_record(case, day=date(2024, 2, 1), counsellor=world.counsellor, minutes=1)
    else:
        far = date(2024, 5, 2)
        record = make_record(case, day=far, counsellor=world.counsellor, minutes=1)
    correct_record(record, version=1, reason="mistyped", answered=answered, **given, by=somebody())


def by_screen(world, values, *, answered=False, client) -> None:
    given = values_of(world, values)
    minutes = str(given["minutes"])
    if "begins" in given:
        minutes = f"{given['begins']:%H:%M}–{given['ends']:%H:%M}"
    posted = {
        "day": f"{given['day']:%Y-%m-%d}", "count": "1", "rows-0-reference": new_reference(),
        "rows-0-case": str(given["case"].pk), "rows-0-kind": given["kind"],
        "rows-0-module": given.get("module", NO_MODULE), "rows-0-minutes": minutes,
    }  # fmt: skip
    for name in ("topic", "channel", "location"):
        posted[f"rows-0-{name}"] = given.get(name, "")
    if answered:
        posted["rows-0-confirmed"] = "on"
    client.force_login(world.counsellor.user)
    answer = client.post(reverse("record-day"), posted)
    if answer.status_code == 302:
        return
    assert answer.status_code == 422
    (row,) = answer.context["rows"]
    raise ValidationError([str(each) for found in row.errors.values() for each in found])


def by_file(world, values, *, answered=False, folder) -> None:
    given = values_of(world, values)
    case = given.pop("case")
    row = {
        "reference": "F-1", "contract": case.contract.number, "case": case.number,
        "counsellor": world.counsellor.user.username,
    } | {name: str(value) for name, value in given.items()}  # fmt: skip
    path = folder / "records-service_records.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row), delimiter=";")
        writer.writeheader()
        writer.writerow(row)
    try:
        import_files([path], save=True, confirmed=answered)
    except ExchangeError as refused:
        raise ValidationError([str(problem) for problem in refused.problems]) from refused


@pytest.fixture
def paths(client, tmp_path):
    """Every way in which a record is stored or changed."""
    return {
        "action": by_action,
        "day": by_day,
        "change": by_change,
        "screen": lambda world, values, **more: by_screen(world, values, client=client, **more),
        "file": lambda world, values, **more: by_file(world, values, folder=tmp_path, **more),
    }


PATHS = ("action", "day", "change", "screen", "file")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", REFUSED)
def test_every_path_refuses_the_same(path, name, world, paths):
    before, values, says = REFUSED[name]
    prepare(world, before)
    end(world)
    number = ServiceRecord.objects.count()
    with override("en"), pytest.raises(ValidationError, match=says):
        paths[path](world, values)
    assert ServiceRecord.objects.count() - number == (path == "change")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ASKED)
def test_every_path_asks_about_repeats(path, name, world, paths):
    before, values, says = ASKED[name]
    prepare(world, before)
    with override("en"), pytest.raises(ValidationError, match=says):
        paths[path](world, values)
    number = ServiceRecord.objects.filter(day=DAY).count()
    paths[path](world, values, answered=True)
    assert ServiceRecord.objects.filter(day=DAY).count() == number + 1
    newest = ServiceRecord.objects.order_by("pk").last()
    assert newest.confirmed and newest.history.latest().confirmed


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", NOT_ASKED)
def test_no_path_asks_about_what_differs(path, name, world, paths):
    before, values = NOT_ASKED[name]
    prepare(world, before)
    paths[path](world, values)
    assert not ServiceRecord.objects.order_by("pk").last().confirmed


def test_rows_of_one_file_repeat_each_other(world):
    one, two = (record_of(world.case, answered=False) for _number in range(2))
    with pytest.raises(ValidationError, match=one.reference):
        submit(ServiceRecord, [one, two])
    two.confirmed = True
    # In whatever order they stand.
    submit(ServiceRecord, [two, one])


def test_time_of_a_group_passes_once(world):
    cases = [make_case(world.contract) for _number in range(9)]
    make_session(cases, minutes=500, counsellor=world.counsellor)
    make_record(world.case, minutes=460, counsellor=world.counsellor)
    with pytest.raises(ValidationError, match="961"):
        make_record(world.other, minutes=1, counsellor=world.counsellor)


def test_a_group_is_in_one_place_with_itself(world):
    cases = [make_case(world.contract) for _number in range(2)]
    make_session(cases, counsellor=world.counsellor, **at("09:00", "10:30"))
    with override("en"), pytest.raises(ValidationError, match="elsewhere"):
        make_record(world.case, counsellor=world.counsellor, **at("10:00", "11:00"))


# Group sessions.


def said_otherwise(name: str):
    return {
        "day": date(2024, 3, 15), "minutes": 60, "participants": 4, "counsellors": 2,
        "begins": time(9), "ends": time(10, 30),
    }[name]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SHARED if name not in ("begins", "ends")])
def test_records_of_a_session_agree(name, world):
    plain = {"session": "G-1", "minutes": 90, "participants": 3}
    rows = [
        record_of(case, **plain | ({name: said_otherwise(name)} if case == world.other else {}))
        for case in (world.case, world.other)
    ]
    with override("en"), pytest.raises(ValidationError, match=r"G-1.*disagree on"):
        submit(ServiceRecord, rows)
    first, _second = make_session([world.case, world.other])
    with override("en"), pytest.raises(ValidationError, match=r"disagree on"):
        change(first, reason="mistyped", **{name: said_otherwise(name)})
    with override("en"), pytest.raises(ValidationError, match=r"disagree on"):
        make_record(make_case(world.contract), session=first.session, minutes=90, participants=5)


def test_more_attend_than_took_part(world):
    with pytest.raises(ValidationError, match="1"):
        make_session([world.case, world.other], participants=1)
    make_session([world.case, world.other], participants=5)  # of others no record is kept


def test_one_who_leaves_leaves_the_others_one_fewer(world):
    first, second = make_session([world.case, world.other], participants=5)
    with override("en"), pytest.raises(ValidationError, match="still count 5"):
        change(first, reason="ill", status="withdrawn")
    withdraw_record(first, version=1, reason="ill", by=somebody())
    second.refresh_from_db()
    assert second.participants == 4


def test_what_a_session_is_changes_for_all(world):
    first, second = make_session([world.case, world.other])
    correct_record(first, version=1, reason="longer", minutes=120, by=somebody())
    second.refresh_from_db()
    assert second.minutes == 120


def test_a_session_on_two_paths_is_one(world):
    record_session(
        counsellor=world.counsellor, session="S-000000000001", day=DAY, kind="group", minutes=90,
        cases=[world.case, world.other], by=somebody(),
    )  # fmt: skip
    late = record_of(make_case(world.contract), session="S-000000000001", minutes=90)
    with pytest.raises(ValidationError, match="S-000000000001"):
        submit(ServiceRecord, [late])


# In force.


def test_nothing_is_accepted_after_the_end(world):
    end(world)
    line = make_payroll(world.contract, "10.00", day=ENDED)
    with override("en"), pytest.raises(ValidationError, match="not in force"):
        make_payroll(world.contract, "10.00", day=AFTER)
    with pytest.raises(ValidationError):
        enter_payroll(
            world.contract,
            [PayrollLine(day=AFTER, cost_kind="salary", label="S", amount=1)],
            by=world.counsellor.user,
        )
    with pytest.raises(ValidationError):
        change(line, reason="later", day=AFTER)
    with pytest.raises(ValidationError):
        make_case(world.contract, assigned_on=AFTER)
    with pytest.raises(ValidationError):
        set_status(case=world.closed, valid_from=AFTER, status="open", by=somebody())
    make_case(world.contract, assigned_on=ENDED)


def test_open_cases_of_an_ended_contract_stand_on_a_list_for_both_sides(world, client):
    end(world)
    body = make_member(world.contract.commissioning_body, roles=("caseworker",))
    elsewhere = make_member(make_organisation("other-provider"))
    for member, expected in (
        (world.counsellor, {"K-1", "K-2"}), (body, {"K-1", "K-2"}), (elsewhere, set()),
    ):  # fmt: skip
        client.force_login(member.user)
        page = client.get(reverse("cases-hand-over"))
        assert {case.number for case in page.context["object_list"]} == expected
        home = client.get(reverse("home")).content.decode()
        assert (world.case.get_absolute_url() in home) == bool(expected)
    set_status(case=world.case, valid_from=ENDED, status="closed", reason="done", by=somebody())
    client.force_login(body.user)
    page = client.get(reverse("cases-hand-over"))
    assert {case.number for case in page.context["object_list"]} == {"K-2"}


def test_before_it_begins_nothing_is_in_force():
    contract = make_contract(applies_from=date(2009, 1, 1))
    for refused in (
        lambda: make_payroll(contract, "1.00", day=date(2009, 12, 31)),
        lambda: open_case(
            number="K",
            client=make_client(),
            contract=contract,
            assigned_on=date(2009, 12, 31),
            by=somebody(),
        ),
    ):
        with override("en"), pytest.raises(ValidationError, match="begins on 2010-01-01"):
            refused()


def test_what_was_recorded_before_a_notice_can_be_imported_again(world, tmp_path):
    """Late knowledge leaves it without pay; it stays what was recorded."""
    end(world)
    path = tmp_path / "records-service_records.csv"
    header = "reference;contract;case;day;kind;minutes;recorded_at"
    row = f"F-1;{world.contract.number};K-1;2024-10-01;talk;60;"
    path.write_text(f"{header}\n{row}2024-09-15T12:00:00+02:00\n", encoding="utf-8")
    with pytest.raises(ExchangeError):
        import_files([path], save=True)
    path.write_text(f"{header}\n{row}2024-08-15T12:00:00+02:00\n", encoding="utf-8")
    import_files([path], save=True)


def test_every_rule_is_asked_by_the_one_who_is_called():
    """A rule that nobody calls would refuse nothing."""
    called = set(RecordRules.__call__.__code__.co_names)
    rules = {name for name, rule in vars(RecordRules).items() if callable(rule)} - {
        "__init__", "__call__", "_edition_on", "_passes_gate",
    }  # fmt: skip
    assert rules <= called


# The inputs that were tried.


@pytest.fixture
def sample():
    import_files([SAMPLE], save=True)


def imported(folder: str, *names: str, **options) -> None:
    call_command("import_data", *(CASES / folder / name for name in names), save=True, **options)


def test_the_same_again_is_asked_about(sample):
    folder = "duplicates-day26h"
    imported(folder, "data.yaml", "data-records.csv")
    with override("en"), pytest.raises(CommandError) as asked:
        imported(folder, "again-with-new-references.csv")
    lines = str(asked.value).splitlines()
    assert len(lines) == 6
    for number, line in enumerate(lines[1:5], 4):
        assert line.startswith(f"again-with-new-references.csv: line {number - 2}")
        assert f"LN-00{number}" in line
    assert "4 rows are asked about" in lines[-1]
    # Beside what the sample says of this counsellor's day.
    with override("en"), pytest.raises(CommandError, match="1905 minutes"):
        imported(folder, "thirty-hours-on-one-day.csv")
    with override("en"), pytest.raises(CommandError, match="1905 minutes"):
        imported(folder, "thirty-hours-on-one-day.csv", confirm=True)
    assert ServiceRecord.objects.filter(contract__number="PB-DUP").count() == 4
    for _attempt in range(2):  # once said, the same file says nothing new
        imported(folder, "again-with-new-references.csv", confirm=True)
    assert ServiceRecord.objects.filter(contract__number="PB-DUP", confirmed=True).count() == 4


def test_sessions_that_contradict_themselves_are_refused(sample):
    folder = "session-contradiction"
    with override("en"), pytest.raises(CommandError) as refused:
        imported(folder, "data.yaml", "data-records.csv")
    text = str(refused.value)
    for number, session in enumerate(("S-9", "S-9", "S-9", "S-11", "S-11"), 2):
        assert any(f"line {number}" in line and session in line for line in text.splitlines())
    assert not ServiceRecord.objects.filter(contract__number="PB-GRP").exists()


@pytest.mark.parametrize(
    ("begins", "ends", "says"),
    [
        ("9:00", "10:00", ""),
        ("09:00:00", "10:00", ""),
        ("540", "600", "time of day"),
        ("09:00+02:00", "10:00", "time of day"),
        ("24:00", "25:00", "time of day"),
        ("10:00", "09:00", "before it begins"),
        ("09:00", "", "belong together"),
        ("09:00", "11:00", "120 minutes"),
    ],
)
def test_times_in_files(begins, ends, says, world, tmp_path):
    path = tmp_path / "records.csv"
    row = f"F-1;{world.contract.number};K-1;2024-03-14;talk;60;{begins};{ends}"
    path.write_text(f"reference;contract;case;day;kind;minutes;begins;ends\n{row}\n")
    if says:
        with override("en"), pytest.raises(ExchangeError, match=says):
            import_files([path], save=True)
        return
    import_files([path], save=True)
    record = ServiceRecord.objects.get()
    assert (record.begins, record.ends) == (time(9), time(10))
