"""Clients, cases and service records in files: what is refused, kept, and replayed in order."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook

from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from forms.actions.open_case import place_case, set_status
from forms.models import Case, ClientIdentity, ServiceRecord
from tests.exchange import FILES, Bad, altered, assert_refused, refusal
from tests.factories import catalogue_content, make_case, make_catalogue, make_contract, somebody

CASES = "50-cases.yaml"
FIRST, SECOND, THIRD = "cases[1] (A-1)", "cases[2] (A-2)", "cases[3] (A-3)"
RECORD = "service_records[1] (A-L1)"
CHOSEN = "choices: [pb-2, pb-3], conditions: []"
ONE_OF = "combination: wahl, choices: [pb-3]"

BAD = {
    "a client nobody knows": Bad(CASES, "client: a-0001", "client: a-0009", FIRST, ("a-0009",)),
    "a contract nobody knows": Bad(
        CASES, "contract: PB 17/2023", "contract: PB 99", FIRST, ("PB 99",),
    ),
    "assigned before the contract is in force": Bad(
        CASES, "assigned_on: 2023-10-04", "assigned_on: 2023-09-14", FIRST,
        ("PB 17/2023", "2023-09-14"),
    ),
    "not agreed, and no reason": Bad(CASES, "agreed: true", "agreed: false", FIRST, ("reason",)),
    "placed before it was assigned": Bad(
        CASES, "{valid_from: 2023-10-04, catalogue", "{valid_from: 2023-10-03, catalogue", FIRST,
        ("2023-10-03", "2023-10-04"),
    ),
    "closed before it was assigned": Bad(
        CASES, "{valid_from: 2024-06-14, status: closed", "{valid_from: 2024-02-04, status: closed",
        THIRD, ("2024-02-04", "2024-02-05"),
    ),
    "looked after before it was assigned": Bad(
        CASES, "{valid_from: 2023-10-04, team", "{valid_from: 2023-10-03, team", FIRST,
        ("valid_from: 2023-10-03", "2023-10-04"),
    ),
    "planned before it was assigned": Bad(
        CASES, "    statuses:",
        "    support_plans: [{valid_from: 2023-10-03, hours_per_month: 4}]\n    statuses:", FIRST,
        ("valid_from: 2023-10-03", "2023-10-04"),
    ),
    "a plan that ends before it begins": Bad(
        CASES, "    statuses:",
        "    support_plans: [{valid_from: 2023-10-04, valid_until: 2023-10-03, hours_per_month: 4}]"
        "\n    statuses:", FIRST, ("valid_until: 2023-10-03", "2023-10-04"),
    ),
    "an edition that does not exist": Bad(
        CASES, "catalogue: begleitung, edition: 1", "catalogue: begleitung, edition: 2", FIRST,
        ("edition 2", "begleitung"),
    ),
    "a need group nobody knows": Bad(
        CASES, "need_group: stufe-a", "need_group: stufe-z", FIRST, ("stufe-z", "stufe-a, stufe-b"),
    ),
    "a combination nobody knows": Bad(
        CASES, "combination: auswahl", "combination: wahl", FIRST, ("wahl", "allowed: auswahl"),
    ),
    "a module that is not open to choice": Bad(
        CASES, CHOSEN, CHOSEN.replace("pb-2", "pb-1"), FIRST, ("pb-1", "pb-2, pb-3, pb-4"),
    ),
    "a module chosen twice": Bad(
        CASES, CHOSEN, CHOSEN.replace("pb-3", "pb-2"), FIRST, ("pb-2", "more than once"),
    ),
    "fewer than at least two": Bad(
        CASES, CHOSEN, CHOSEN.replace(", pb-3", ""), FIRST, ("At least 2", "only: pb-2"),
    ),
    "none of two alternatives": Bad(
        CASES, ONE_OF, ONE_OF.replace("pb-3", ""), THIRD, ("Exactly one of pb-2, pb-3", "–"),
    ),
    "both of two alternatives": Bad(
        CASES, ONE_OF, ONE_OF.replace("pb-3", "pb-2, pb-3"), THIRD,
        ("Exactly one of pb-2, pb-3", "not: pb-2, pb-3"),
    ),
    "a condition nobody knows": Bad(
        CASES, "conditions: []", "conditions: [erstmalig]", FIRST, ("erstmalig",),
    ),
    "a special module nobody knows": Bad(CASES, "add_ons: []", "add_ons: [pb-4]", FIRST, ("pb-4",)),
    "a counsellor of another organisation": Bad(
        CASES, "counsellor: a.counsellor.vier}\n    statuses",
        "counsellor: a.manager.eins}\n    statuses", FIRST, ("a.manager.eins",),
    ),
    "a team nobody knows": Bad(CASES, "team: a-begleitung", "team: a-x", FIRST, ("a-x",)),
    "a person without a last name": Bad(
        CASES, "last_name: Musterfall, ", "", "clients[1] (a-0001)", ("last_name",),
    ),
    "a record of a case nobody knows": Bad(
        CASES, "case: A-1, day", "case: A-9, day", RECORD, ("A-9",),
    ),
    "a record before the case was assigned": Bad(
        CASES, "day: 2024-01-16", "day: 2023-10-03", RECORD, ("A-1", "2023-10-04"),
    ),
    "a record after the case was closed": Bad(
        CASES, "day: 2024-02-22", "day: 2024-06-15", "service_records[6] (A-L6)",
        ("A-3", "2024-06-14", "2024-06-15"),
    ),
    "a kind of work nobody agreed": Bad(
        CASES, "kind: begleitgespraech", "kind: beratung", RECORD,
        ("beratung", "begleitgespraech, kurstermin"),
    ),
    "a module that cannot be booked": Bad(
        CASES, "module: pb-1", "module: pb-9", RECORD, ("pb-9", "pb-1, pb-2, pb-3, pb-4"),
    ),
    "a service complex nobody agreed": Bad(
        CASES, "module: pb-1, minutes", "stage: eins, minutes", RECORD, ("eins",),
    ),
    "a record by nobody known": Bad(
        CASES, "minutes: 45, counsellor: a.counsellor.vier", "minutes: 45, counsellor: x", RECORD,
        ("x",),
    ),
}  # fmt: skip


# Rules and their words are Python's. That a refusal leaves nothing is asked of both databases by
# tests/base/test_exchange_mutated.py, of hundreds of files.
@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_every_wrong_place_is_named(tmp_path, bad):
    assert_refused(tmp_path, "set_a", bad)


def table(folder, *rows: str):
    """Write a table of records of set B and return its path."""
    header = "reference;version;status;reason;recorded_at;contract;case;day;kind;stage;minutes"
    path = folder / "records.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def completed(reference: str, version="", status="", reason="", at="", day="2023-04-05") -> str:
    """Return the row of a completed first stage of case C-3."""
    told = f"{reference};{version};{status};{reason};{at}"
    return f"{told};ST-3/22;C-3;{day};stufenabschluss;stufe-iii;0"


WITHDRAWN = completed("W", 2, "withdrawn", "falscher Fall", "2024-02-01T00:00:00Z")
FIRST_TIME = completed("W", at="2024-01-01T00:00:00Z")
AGAIN = completed("A", at="2024-03-01T00:00:00Z", day="2023-05-02")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "rows",
    [(FIRST_TIME, WITHDRAWN, AGAIN), (AGAIN, WITHDRAWN, FIRST_TIME)],
    ids=["in order", "backwards"],
)
def test_a_stage_completed_again_after_its_withdrawal(tmp_path, rows):
    import_files([FILES / "set_b"], save=True)
    assert import_files([table(tmp_path, *rows)], save=True)["service_records"] == 3
    counting = ServiceRecord.objects.counting().filter(case__number="C-3", stage="stufe-iii")
    assert counting.get().reference == "A"


@pytest.mark.django_db
def test_a_stage_completed_again_at_the_same_moment(tmp_path):
    """As in an export of what one import brought: the withdrawn one comes first."""
    import_files([FILES / "set_b"], save=True)
    rows = (completed("A"), completed("W"), completed("W", 2, "withdrawn", "doppelt"))
    assert import_files([table(tmp_path, *rows)], save=True)["service_records"] == 3


@pytest.mark.django_db
def test_a_stage_completed_again_before_its_withdrawal_is_refused(tmp_path):
    import_files([FILES / "set_b"], save=True)
    early = AGAIN.replace("2024-03-01", "2024-01-15")
    (problem,) = refusal(table(tmp_path, FIRST_TIME, WITHDRAWN, early))
    assert (problem.file, problem.place) == ("records.csv", "line 4")
    assert "stufe-iii" in problem.message


@pytest.mark.django_db
def test_records_from_a_workbook(tmp_path):
    import_files([FILES / "set_b"], save=True)
    book = Workbook()
    book.active.append(["reference", "contract", "case", "day", "kind", "minutes", "counsellor"])
    book.active.append(
        ["X-1", "EH-50/22", "B-1", date(2023, 3, 1), "einsatz", 50.0, "b.counsellor.gelb"]
    )
    book.active.append(["X-2", "EH-50/22", "B-1", "01.03.2023", "fahrt", "10", None])
    book.save(tmp_path / "records.xlsx")
    assert import_files([tmp_path / "records.xlsx"], save=True)["service_records"] == 2
    rows = ServiceRecord.objects.filter(reference__startswith="X-").order_by("reference")
    assert [(row.day, row.kind, row.minutes) for row in rows] == [
        (date(2023, 3, 1), "einsatz", 50),
        (date(2023, 3, 1), "fahrt", 10),
    ]


@pytest.mark.django_db
def test_more_dated_rows_are_added_to_a_case(tmp_path):
    import_files([FILES / "set_a"], save=True)
    folder = altered(
        tmp_path,
        "set_a",
        (
            CASES,
            "      - {valid_from: 2024-06-14, status: closed, reason: Umzug}",
            "      - {valid_from: 2024-06-14, status: closed, reason: Umzug}\n"
            "      - {valid_from: 2024-07-01, status: open, reason: Rückkehr}",
        ),
    )
    assert import_files([folder], save=True)["cases"] == 1
    case = Case.objects.get(number="A-3")
    assert (case.statuses.count(), case.closed_on) == (3, None)
    assert import_files([folder], save=True)["cases"] == 0


@pytest.mark.django_db
def test_an_erased_person_stays_erased(tmp_path):
    """A client without a person is exported by key alone."""
    path = tmp_path / "clients.yaml"
    path.write_text(
        "fallwerk: 1\nclients:\n- {key: k-1}\n- {key: k-2, first_name: A, last_name: B}\n"
    )
    assert import_files([path], save=True)["clients"] == 2
    assert ClientIdentity.objects.count() == 1
    export_files(tmp_path / "exported", protected=True)
    assert "- key: k-1\n- key: k-2\n" in (tmp_path / "exported" / "60-clients.yaml").read_text()


@pytest.fixture
def choosing(db):
    """Return a case and a catalogue whose need group offers alternatives."""
    entries = [
        {"requirement": "required", "modules": ["m1"]},
        {"requirement": "one_of", "modules": ["m2", "m3"]},
        {"requirement": "at_least", "at_least": 2, "modules": ["m4", "m5", "m6"]},
        {"requirement": "optional", "modules": ["m7"]},
    ]
    group = {"key": "g", "code": "G", "title": "Group"}
    group["combinations"] = [{"key": "c", "entries": entries}]
    other = {"key": "h", "code": "H", "title": "Other"}
    other["combinations"] = [{"key": "c", "entries": entries[:1]}]
    content = catalogue_content(modules=[f"m{n}" for n in range(1, 9)])
    values = {
        "need_groups": [group, other],
        "add_ons": [{"module": "m8", "need_groups": ["h"]}, {"module": "m7"}],
    }
    content = type(content).model_validate(content.model_dump() | values)
    catalogue = make_catalogue(content=content)
    case = make_case(make_contract(catalogues=(catalogue,)))
    return case, catalogue


def placed(choosing, choices: str, *, need_group="g", day=date(2024, 2, 1), **values):
    case, catalogue = choosing
    return place_case(
        case=case, valid_from=day, catalogue_edition=catalogue, need_group=need_group,
        combination="c", choices=choices.split(), **values, by=somebody(),
    )  # fmt: skip


@pytest.mark.parametrize("choices", ["m2 m4 m5", "m3 m6 m5 m4", "m3 m4 m6 m7"])
def test_choices_that_decide(choosing, choices):
    assert placed(choosing, choices).choices == choices.split()


@pytest.mark.parametrize(
    "choices", ["", "m4 m5", "m2 m3 m4 m5", "m2", "m2 m4", "m1 m2 m4 m5", "m2 m4 m4"]
)
def test_choices_that_leave_open_or_contradict(choosing, choices):
    with pytest.raises(ValidationError):
        placed(choosing, choices)
    assert not choosing[0].placements.exists()


def test_taking_another_alternative_is_documented(choosing):
    placed(choosing, "m2 m4 m5")
    with pytest.raises(ValidationError):
        placed(choosing, "m3 m4 m5", day=date(2024, 3, 1))
    placed(choosing, "m2 m4 m6", day=date(2024, 4, 1))
    placed(choosing, "m3 m4 m6", day=date(2024, 5, 1), reason="Wunsch der Person")
    placed(choosing, "", need_group="h", day=date(2024, 6, 1))


def test_special_modules_join_the_need_groups_they_are_made_for(choosing):
    placed(choosing, "m2 m4 m5", add_ons=["m7"])
    placed(choosing, "", need_group="h", day=date(2024, 3, 1), add_ons=["m7", "m8"])
    with pytest.raises(ValidationError):
        placed(choosing, "m2 m4 m5", day=date(2024, 4, 1), add_ons=["m8"])


def test_nothing_happens_to_a_case_before_it_is_assigned(choosing):
    case, _catalogue = choosing
    day = date(2023, 12, 31)
    with pytest.raises(ValidationError):
        placed(choosing, "m2 m4 m5", day=day)
    with pytest.raises(ValidationError):
        set_status(case=case, valid_from=day, status="paused", by=somebody())


LAST_OF_A3 = "{reference: A-L6, contract: PB 17/2023, case: A-3, day: 2024-02-22, kind: begleitgespraech, module: pb-3, minutes: 135, counsellor: a.counsellor.vier}"  # noqa: E501


@pytest.mark.django_db
def test_what_was_corrected_since_may_lie_after_the_closing(tmp_path):
    """Corrected first, closed then: the export says both, in this order it would be refused."""
    mistyped = LAST_OF_A3.replace("2024-02-22", "2024-06-20")
    corrected = LAST_OF_A3.replace("{reference: A-L6,", "{reference: A-L6, version: 2, reason: x,")
    files = altered(tmp_path, "set_a", (CASES, LAST_OF_A3, f"{mistyped}\n  - {corrected}"))
    import_files([files], save=True)
    record = ServiceRecord.objects.get(reference="A-L6")
    days = record.history.order_by("version").values_list("day", flat=True)
    assert list(days) == [date(2024, 6, 20), date(2024, 2, 22)]
    export_files(tmp_path / "out")
    assert not any(import_files([tmp_path / "out"], save=True).values())
