"""What files may look like, and what is said about those that do not."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import override
from openpyxl import Workbook

from base.exchange.checking import checked_entries
from base.problems import ExchangeError
from tests.exchange import Bad, altered, assert_refused, refusal

ORGANISATIONS, CASES, PAYROLL = "10-organisations.yaml", "50-cases.yaml", "60-payroll.yaml"
TEAM = "{key: a-planung, organisation: a-jobcenter, name: Leistungsplanung}"
FIRST_TEAM = "teams[1] (a-planung)"
CASE = "cases[1] (A-1)"

BAD = {
    "a key with capitals": Bad(
        ORGANISATIONS, "key: a-planung", "key: A-Planung", "teams[1] (A-Planung) key",
        ("'A-Planung'", "small letters and digits"),
    ),
    "an entry nobody knows": Bad(
        ORGANISATIONS, "street: Hangweg 8", "strasse: Hangweg 8",
        "organisations[1] (a-jobcenter) strasse", ("'Hangweg 8'", "no such entry"),
    ),
    "a missing entry": Bad(
        ORGANISATIONS, ", name: Leistungsplanung", "", f"{FIRST_TEAM} name", ("missing",),
    ),
    "a value that is none of the allowed": Bad(
        ORGANISATIONS, "kind: provider", "kind: Träger", "organisations[2] (a-traeger) kind",
        ("'Träger'", "'commissioning_body' or 'provider'"),
    ),
    "a list where a text is needed": Bad(
        ORGANISATIONS, "name: Leistungsplanung", "name: [Leistungsplanung]", f"{FIRST_TEAM} name",
        ("a text is needed",),
    ),
    "a text where a list is needed": Bad(
        ORGANISATIONS, "teams: [a-planung]", "teams: a-planung",
        "members[1] (a.manager.eins) teams", ("'a-planung'", "a list is needed"),
    ),
    "a text where a group of entries is needed": Bad(
        ORGANISATIONS, TEAM, "a-planung", "teams[1]", ("'a-planung'", "a group of entries"),
    ),
    "a date that is a word": Bad(
        CASES, "assigned_on: 2023-10-04", "assigned_on: gestern", f"{CASE} assigned_on",
        ("'gestern'", "2024-07-31"),
    ),
    "a day no month has": Bad(
        CASES, "assigned_on: 2023-10-04", "assigned_on: 2023-02-30", f"{CASE} assigned_on",
        ("'2023-02-30'", "2024-07-31"),
    ),
    "a German date in a document": Bad(
        CASES, "assigned_on: 2023-10-04", "assigned_on: 04.10.2023", f"{CASE} assigned_on",
        ("'04.10.2023'", "2024-07-31"),
    ),
    "a truth that is a word": Bad(
        CASES, "agreed: true", "agreed: vielleicht", f"{CASE} agreed", ("'vielleicht'", "true"),
    ),
    "minutes below zero": Bad(
        CASES, "minutes: 45", "minutes: -45", "service_records[1] (A-L1) minutes",
        ("-45", "at least 0"),
    ),
    "more minutes than a day has": Bad(
        CASES, "minutes: 45", "minutes: 1441", "service_records[1] (A-L1) minutes",
        ("1441", "at most 1440"),
    ),
    "half a minute": Bad(
        CASES, "minutes: 45", "minutes: 45.5", "service_records[1] (A-L1) minutes",
        ("'45.5'", "whole number"),
    ),
    "an amount that is a word": Bad(
        PAYROLL, '"3133.33"', "viel", "payroll[1] (A-P01) amount", ("'viel'", "a number"),
    ),
    "an amount that is no number": Bad(
        PAYROLL, '"3133.33"', ".nan", "payroll[1] (A-P01) amount", ("'.nan'", "a number"),
    ),
    "a tenth of a cent": Bad(
        PAYROLL, '"3133.33"', '"3133.333"', "payroll[1] (A-P01) amount",
        ("'3133.333'", "at most 2 decimal places"),
    ),
    "an amount beyond everything": Bad(
        PAYROLL, '"3133.33"', '"31333333333.33"', "payroll[1] (A-P01) amount",
        ("'31333333333.33'", "digits"),
    ),
    "a moment without its offset": Bad(
        PAYROLL, "evidence: Lohnkonto 09/2023", "recorded_at: 2023-10-02T10:00:00",
        "payroll[1] (A-P01) recorded_at", ("2023-10-02T10:00:00", "+02:00"),
    ),
    "a text too long": Bad(
        ORGANISATIONS, "name: Leistungsplanung", f"name: {'x' * 301}", f"{FIRST_TEAM} name",
        ("xxx…", "at most 300 characters"),
    ),
    "a character no database holds": Bad(
        ORGANISATIONS, "name: Leistungsplanung", r'name: "Leistungs\0planung"',
        f"{FIRST_TEAM} name", ("U+0000",),
    ),
    "a section nobody knows": Bad(
        ORGANISATIONS, "teams:", "groups:", "groups", ("allowed: organisations, teams, members",),
    ),
    "a section that is no list": Bad(
        ORGANISATIONS, "teams:\n", "teams:\n  x: 1\nclients:\n", "teams", ("a list is needed",),
    ),
    "a name twice in one entry": Bad(
        ORGANISATIONS, TEAM, TEAM.replace("{", "{key: x, "), "line 8", ("'key'", "twice"),
    ),
    "a section twice": Bad(
        ORGANISATIONS, "members:", "teams:", "line 11", ("'teams'", "twice"),
    ),
    "broken YAML": Bad(
        ORGANISATIONS, "teams:\n", "teams: [\n", "line 8", ("not readable as YAML",),
    ),
    "a list as a name": Bad(
        ORGANISATIONS, TEAM, "{[a]: b}", "line 8", ("not readable as YAML", "a name"),
    ),
    "another version of the format": Bad(
        ORGANISATIONS, "fallwerk: 1", "fallwerk: 2", "fallwerk", ("fallwerk: 1",),
    ),
    "no version of the format": Bad(
        ORGANISATIONS, "fallwerk: 1", "---", "fallwerk", ("fallwerk: 1",),
    ),
    "the same entry again": Bad(
        ORGANISATIONS, TEAM, f"{TEAM}\n  - {TEAM}", "teams[2] (a-planung)",
        ("key a-planung", ORGANISATIONS, FIRST_TEAM),
    ),
    "the same version again": Bad(
        CASES, "{reference: A-L2,", "{reference: A-L1,", "service_records[2] (A-L1)",
        ("reference A-L1", "version 1", "service_records[1] (A-L1)"),
    ),
    "withdrawn without having been submitted": Bad(
        CASES, "{reference: A-L2,", "{reference: A-L2, status: withdrawn,",
        "service_records[2] (A-L2)", ("version 2",),
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_every_wrong_place_is_named(tmp_path, bad):
    assert_refused(tmp_path, "set_a", bad)


@pytest.mark.django_db
def test_all_wrong_places_are_named_at_once(tmp_path):
    folder = altered(
        tmp_path,
        "set_a",
        (ORGANISATIONS, "key: a-planung", "key: A"),
        (ORGANISATIONS, "teams: [a-planung]", "teams: a-planung"),
        (CASES, "minutes: 45", "minutes: x"),
    )
    assert [problem.file for problem in refusal(folder)] == [ORGANISATIONS, ORGANISATIONS, CASES]


RECORDS = (
    "reference;contract;case;day;kind;minutes;participants;counsellor\n"
    "R-1;EH-50/22;B-1;2023-02-03;einsatz;146;1;b.counsellor.gelb\n"
)
PAYROLL_LINES = (
    "reference;contract;day;cost_kind;label;amount;eligible\n"
    "P-1;EH-50/22;2023-02-03;lohn;Lohn;1234.56;true\n"
)


def read_text(folder, text: str, *, name="70-table.csv", encoding="utf-8"):
    """Return the entries of a table."""
    (folder / name).write_bytes(text.encode(encoding))
    with override("en"):
        found = checked_entries([folder / name])
    return [located.entry for entries in found.values() for located in entries]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        (";", ","),
        ("\n", "\r\n"),
        ("R-1", '"R-1"'),
        ("2023-02-03", "03.02.2023"),
        ("2023-02-03", "3.2.2023"),
        ("reference;", "\ufeffreference;"),
        ("minutes;", " minutes ;"),
        ("b.counsellor.gelb\n", "b.counsellor.gelb\n\n;;;;;;;\n"),
        ("counsellor\n", "counsellor;\n"),
    ],
    ids=[
        "as it is", "commas", "lines of Windows", "quotes", "German date", "short German date",
        "byte order mark", "spaces around a name", "empty lines", "a column without a name",
    ],
)  # fmt: skip
def test_spellings_of_a_record_table(tmp_path, old, new):
    (entry,) = read_text(tmp_path, RECORDS.replace(old, new) if old else RECORDS)
    assert (entry.reference, entry.day, entry.minutes) == ("R-1", date(2023, 2, 3), 146)
    assert (entry.counsellor, entry.participants) == ("b.counsellor.gelb", 1)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234.56", "1234.56"),
        ("1234,56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("-1.234.567,8", "-1234567.8"),
        ("0,5", "0.5"),
        ("1234", "1234"),
        ("12.5", "12.5"),
    ],
)
def test_amounts_with_point_or_comma(tmp_path, written, amount):
    (entry,) = read_text(tmp_path, PAYROLL_LINES.replace("1234.56", written))
    assert entry.amount == Decimal(amount)


@pytest.mark.parametrize("written", ["1.234", "1,234", "1,234.56", "12.34,5", "1 234,56", "12 €"])
def test_amounts_with_two_meanings_are_refused(tmp_path, written):
    with pytest.raises(ExchangeError) as refused:
        read_text(tmp_path, PAYROLL_LINES.replace("1234.56", written))
    (problem,) = refused.value.problems
    assert problem.place == "line 2 amount"


@pytest.mark.parametrize(
    ("written", "truth"),
    [("true", True), ("WAHR", True), ("ja", True), ("Nein", False), ("FALSCH", False)],
)
def test_truths(tmp_path, written, truth):
    (entry,) = read_text(tmp_path, PAYROLL_LINES.replace("true", written))
    assert entry.eligible is truth


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("kind;", "art;", "line 1", ("column 'art' is unknown", "kind")),
        ("minutes;", "minutes;minutes;", "line 1", ("column 'minutes' stands twice",)),
        (";einsatz", ";einsatz;noch etwas", "line 2", ("9 cells", "8 columns")),
        ("2023-02-03", "31.02.2023", "line 2 day", ("'31.02.2023'", "2024-07-31")),
        ("2023-02-03", "03.02.23", "line 2 day", ("'03.02.23'",)),
        ("146", "2,5", "line 2 minutes", ("'2.5'", "whole number")),
        ("R-1", '"R-1', "line 2", ("not readable as CSV",)),
        ("einsatz", "ein\x00satz", "line 2 kind", ("U+0000",)),
        (RECORDS, "\n\n", "", ("empty",)),
    ],
    ids=[
        "unknown column", "column twice", "too many cells", "no such day", "short year",
        "half minutes", "open quote", "NUL", "empty",
    ],
)  # fmt: skip
def test_bad_tables(tmp_path, old, new, place, says):
    with pytest.raises(ExchangeError) as refused:
        read_text(tmp_path, RECORDS.replace(old, new, 1))
    problem = refused.value.problems[0]
    assert (problem.file, problem.place) == ("70-table.csv", place)
    for part in says:
        assert part in problem.message


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(ExchangeError) as refused:
        read_text(tmp_path, "reference;case;day\nR-1;B-1;2023-01-01\n")
    messages = [problem.message for problem in refused.value.problems]
    assert [message.split("'")[1] for message in messages] == ["contract", "kind", "minutes"]


def test_lines_are_counted_as_an_editor_does(tmp_path):
    row = RECORDS.splitlines()[1]
    text = RECORDS + row.replace("R-1", '"R\n2"') + "\n" + row.replace("146", "viel") + "\n"
    with pytest.raises(ExchangeError) as refused:
        read_text(tmp_path, text)
    assert [problem.place for problem in refused.value.problems] == ["line 5 minutes"]


@pytest.mark.parametrize("name", ["70-table.csv", "70-table.yaml", "70-table.json"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_other_encodings_are_refused(tmp_path, name, encoding):
    with pytest.raises(ExchangeError) as refused:
        read_text(tmp_path, RECORDS + "Ü", name=name, encoding=encoding)
    (problem,) = refused.value.problems
    assert "UTF-8" in problem.message
    assert problem.place == ("line 3" if encoding == "cp1252" else "line 1")


def test_workbook(tmp_path):
    book = Workbook()
    book.active.append(["reference", "contract", "day", "cost_kind", "label", "amount", "eligible"])
    book.active.append(["P-1", "EH-50/22", date(2023, 2, 3), "lohn", "Lohn", 31.2 * 3, True])
    book.active.append([1002, "EH-50/22", "03.02.2023", "lohn", "0815", "1.234,56", "nein"])
    second = book.create_sheet("Leistungen")
    for row in RECORDS.splitlines():
        second.append(row.split(";"))
    book.create_sheet("leer")
    book.save(tmp_path / "70-book.xlsx")

    found = checked_entries([tmp_path / "70-book.xlsx"])

    first, other = (located.entry for located in found["payroll"])
    assert (first.day, first.amount, first.eligible) == (date(2023, 2, 3), Decimal("93.6"), True)
    assert (other.reference, other.label, other.amount) == ("1002", "0815", Decimal("1234.56"))
    assert [located.entry.minutes for located in found["service_records"]] == [146]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"reference;contract"])
def test_what_is_no_workbook_is_refused(tmp_path, content):
    (tmp_path / "70-book.xlsx").write_bytes(content)
    (problem,) = refusal(tmp_path / "70-book.xlsx")
    assert (problem.file, "XLSX" in problem.message) == ("70-book.xlsx", True)


def test_wrong_cells_of_a_workbook_are_named_with_their_sheet(tmp_path):
    book = Workbook()
    book.active.title = "100 % Lohn"
    for row in PAYROLL_LINES.replace("1234.56", "viel").splitlines():
        book.active.append(row.split(";"))
    book.create_sheet("leer")
    book.save(tmp_path / "70-book.xlsx")
    (problem,) = refusal(tmp_path / "70-book.xlsx")
    assert problem.place == "sheet “100 % Lohn” line 2 amount"


def test_json_is_read_as_written(tmp_path):
    document = {
        "fallwerk": 1,
        "clients": [{"key": "a", "last_name": "😀 Ü", "birth_date": "1980-01-02"}],
        "payroll": [{"reference": "P", "contract": "C", "day": "2024-01-02", "cost_kind": "x"}],
    }
    document["payroll"][0] |= {"label": "L", "amount": 0}
    text = json.dumps(document).replace('"amount": 0', '"amount": 62.40')
    (tmp_path / "all.json").write_text(text)
    found = checked_entries([tmp_path / "all.json"])
    assert found["clients"][0].entry.last_name == "😀 Ü"
    assert str(found["payroll"][0].entry.amount) == "62.40"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{"fallwerk": 1,\n "clients": [}', "line 2", "JSON"),
        ('{"fallwerk": 1, "clients": [], "clients": []}', "", "'clients' stands twice"),
        ('{"fallwerk": 1, "clients": [{"key": "a", "last_name": "\\ud800"}]}',
         "clients[1] (a) last_name", "U+D800"),
        ("[" * 100_000, "", "deeply"),
    ],
    ids=["broken", "name twice", "half a character", "nested"],
)  # fmt: skip
def test_bad_json(tmp_path, text, place, says):
    (tmp_path / "all.json").write_text(text)
    (problem,) = refusal(tmp_path / "all.json")
    assert problem.place == place
    assert says in problem.message


def test_yaml_says_what_is_written(tmp_path):
    """01067 is a postcode, `no` a word, 12:30 a time of day and not 750."""
    (tmp_path / "all.yaml").write_text(
        "fallwerk: 1\norganisations:\n"
        "- {key: a, name: no, kind: provider, postcode: 01067, phone: 12:30, street: 2024-01-01}\n"
    )
    (located,) = checked_entries([tmp_path / "all.yaml"])["organisations"]
    entry = located.entry
    assert (entry.name, entry.postcode, entry.phone) == ("no", "01067", "12:30")
    assert entry.street == "2024-01-01"


def test_files_and_folders(tmp_path):
    for name in ("2.yaml", "1.YML", ".hidden.yaml", "~$3.xlsx", "notes.md"):
        (tmp_path / name).write_text("fallwerk: 1\nclients:\n- {key: k" + name[0] + "}\n")
    (tmp_path / "inner.yaml").mkdir()
    found = checked_entries([tmp_path, tmp_path / "2.yaml"])
    assert [located.file for located in found["clients"]] == ["1.YML", "2.yaml"]


def test_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "c.yaml").write_text("fallwerk: 1\nclients:\n- {key: x}\n")
    (problem,) = refusal(tmp_path / "a", tmp_path / "b")
    assert problem.file == str(tmp_path / "b" / "c.yaml")
    assert str(tmp_path / "a" / "c.yaml") in problem.message


@pytest.mark.parametrize("name", ["missing.yaml", "notes.txt", "empty"])
def test_paths_that_hold_nothing(tmp_path, name):
    (tmp_path / "notes.txt").write_text("fallwerk: 1")
    (tmp_path / "empty").mkdir()
    (problem,) = refusal(tmp_path / name)
    assert name in problem.file
