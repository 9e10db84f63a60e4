"""Organisations, contracts, payroll, instalments in files: refused, kept, or updated."""

from copy import deepcopy
from datetime import date

import pytest
from openpyxl import Workbook

from base.exchange.importing import import_files
from base.models import User
from contracts.models import Contract, Instalment, Member, Notice, PayrollLine, TeamMembership
from tests.exchange import FILES, Bad, altered, assert_refused, refusal

ORGANISATIONS, CATALOGUE, CONTRACT = (
    "10-organisations.yaml",
    "20-catalogue.yaml",
    "40-contract.yaml",
)
PAYROLL = "60-payroll.yaml"
THE_CONTRACT = "contracts[1] (PB 17/2023)"
LINE = "payroll[1] (A-P01)"
SIGNED = (
    "            - {organisation: a-traeger, function: Geschäftsführung, signed_on: 2023-08-30,"
    " evidence: Akte PB 17 Blatt 3}"
)

BAD = {
    "an edition left out": Bad(
        CATALOGUE, "- number: 1", "- number: 2", "catalogues[1] (begleitung)",
        ("Edition 2", "next one is 1"),
    ),
    "approved by its author": Bad(
        CATALOGUE, "approved_by: a.manager.zwei", "approved_by: a.manager.eins",
        "catalogues[1] (begleitung)", ("Edition 1", "a.manager.eins", "a second person"),
    ),
    "approved by nobody known": Bad(
        CATALOGUE, "approved_by: a.manager.zwei", "approved_by: niemand",
        "catalogues[1] (begleitung)", ("no user niemand",),
    ),
    "neither content nor an amendment": Bad(
        CATALOGUE, "        content:", "        amends: {}\n        content:",
        "catalogues[1] (begleitung) editions[1]", ("either content or amends",),
    ),
    "an amendment of nothing": Bad(
        CATALOGUE, "        content:", "        amends:", "catalogues[1] (begleitung)",
        ("Edition 1 amends none",),
    ),
    "content nobody knows": Bad(
        CATALOGUE, "          units:", "          unit: []\n          units:",
        "catalogues[1] (begleitung)", ("Edition 1", "unit", "no such entry"),
    ),
    "a module nobody knows": Bad(
        CATALOGUE, "modules: [pb-2, pb-3]}", "modules: [pb-2, pb-9]}",
        "catalogues[1] (begleitung)", ("Edition 1", "pb-9", "pb-1, pb-2, pb-3, pb-4"),
    ),
    "one signature only": Bad(CONTRACT, SIGNED, "", THE_CONTRACT, ("Edition 1", "a-traeger")),
    "an annex of another edition": Bad(
        CONTRACT, "source: begleitung, edition: 1", "source: begleitung, edition: 7", THE_CONTRACT,
        ("anlage-a", "7", "begleitung"),
    ),
    "a party nobody knows": Bad(
        CONTRACT, "provider: a-traeger", "provider: a-niemand", THE_CONTRACT, ("a-niemand",),
    ),
    "a percentage below zero": Bad(
        CONTRACT, 'percent: "8.5"', 'percent: "-8.5"', THE_CONTRACT, ("percent", "-8.5"),
    ),
    "a clause nobody knows": Bad(
        CONTRACT, 'clause: "7"}', 'clause: "9"}', THE_CONTRACT, ("Edition 1", "9"),
    ),
    "ended at once without reasons": Bad(
        CONTRACT, "    editions:",
        "    notices: [{received_on: 2024-01-02, given_by: a-traeger, extraordinary: true}]\n"
        "    editions:",
        f"{THE_CONTRACT} notices[1]",
    ),
    "notice by somebody else": Bad(
        CONTRACT, "    editions:",
        "    notices: [{received_on: 2024-01-02, given_by: a-niemand}]\n    editions:",
        f"{THE_CONTRACT} notices[1]", ("a-niemand",),
    ),
    "a team nobody knows": Bad(
        ORGANISATIONS, "teams: [a-planung]", "teams: [a-andere]", "members[1] (a.manager.eins)",
        ("a-andere",),
    ),
    "a user name no account may have": Bad(
        ORGANISATIONS, "username: a.manager.eins", "username: job:eins", "members[1] (job:eins)",
        ("username",),
    ),
    "roles without an organisation": Bad(
        ORGANISATIONS, "organisation: a-jobcenter, teams: [a-planung], roles: [manager]}",
        "roles: [manager]}", "members[1] (a.manager.eins)", ("need an organisation",),
    ),
    "an e-mail address that is none": Bad(
        ORGANISATIONS, "eins@jobcenter-tannau.example", "eins", "members[1] (a.manager.eins)",
        ("email",),
    ),
    "a payroll line of no contract": Bad(
        PAYROLL, "contract: PB 17/2023", "contract: PB 18/2023", LINE, ("PB 18/2023",),
    ),
    "a version that follows none": Bad(
        PAYROLL, "{reference: A-P01,", "{reference: A-P01, version: 2, reason: x,", LINE,
        ("Version 2 of A-P01", "next one is 1"),
    ),
    "recorded tomorrow": Bad(
        PAYROLL, "{reference: A-P01,", "{reference: A-P01, recorded_at: 2999-01-01T00:00:00Z,",
        LINE, ("2999-01-01", "future"),
    ),
    "recorded by nobody known": Bad(
        PAYROLL, "{reference: A-P01,", "{reference: A-P01, recorded_by: niemand,", LINE,
        ("niemand",),
    ),
    "a kind of cost that is no key": Bad(
        PAYROLL, "cost_kind: verguetung,", "cost_kind: Vergütung,", f"{LINE} cost_kind",
        ("'Vergütung'",),
    ),
}  # fmt: skip


# Rules and their words are Python's. That a refusal leaves nothing is asked of both databases by
# tests/base/test_exchange_mutated.py, of hundreds of files.
@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_every_wrong_place_is_named(tmp_path, bad):
    assert_refused(tmp_path, "set_a", bad)


def document(folder, text: str):
    """Write a document and return its path."""
    path = folder / "document.yaml"
    path.write_text(f"fallwerk: 1\n{text}", encoding="utf-8")
    return path


@pytest.mark.django_db
def test_a_new_version_and_its_withdrawal(tmp_path):
    import_files([FILES / "set_a"], save=True)
    common = "{reference: A-P01, contract: PB 17/2023, day: 2023-09-29, cost_kind: verguetung"
    path = document(
        tmp_path,
        "payroll:\n"
        f"- {common}, label: L, amount: '1', version: 3, status: withdrawn, reason: doppelt}}\n"
        f"- {common}, label: L, amount: '-1.50', version: 2, reason: Rückzahlung}}\n",
    )
    assert import_files([path], save=True)["payroll"] == 2
    line = PayrollLine.objects.get(reference="A-P01")
    assert (line.version, line.status, line.reason) == (3, "withdrawn", "doppelt")
    versions = line.history.order_by("version").values_list("version", "amount", "reason")
    assert [(n, str(amount), reason) for n, amount, reason in versions] == [
        (1, "3133.33", ""),
        (2, "-1.50", "Rückzahlung"),
        (3, "1.00", "doppelt"),
    ]
    assert import_files([path], save=True)["payroll"] == 0


@pytest.mark.django_db
def test_payroll_from_a_workbook(tmp_path):
    import_files([FILES / "set_a"], save=True)
    book = Workbook()
    rows = [
        ["reference", "contract", "day", "cost_kind", "label", "amount", "eligible", "evidence"],
        ["X-1", "PB 17/2023", date(2024, 1, 31), "verguetung", "Lohn", 0.1 + 0.2, True, None],
        ["X-2", "PB 17/2023", "31.01.2024", "verguetung", "Lohn; „x“", "1.234,56", "nein", "0815"],
    ]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "payroll.xlsx")
    assert import_files([tmp_path / "payroll.xlsx"], save=True)["payroll"] == 2
    lines = PayrollLine.objects.filter(reference__startswith="X-").order_by("reference")
    found = [(str(line.amount), line.eligible, line.label, line.evidence) for line in lines]
    assert found == [("0.30", True, "Lohn", ""), ("1234.56", False, "Lohn; „x“", "0815")]
    assert {line.day.isoformat() for line in lines} == {"2024-01-31"}


INSTALMENT = (
    "{reference: I, contract: PB 17/2023, paid_on: 2024-01-02, amount: '%s', for_period: '%s'}"
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amount", "period", "place", "says"),
    [
        ("-5", "2024", "instalments[1] (I) amount", "greater than 0"),
        ("0", "2024", "instalments[1] (I) amount", "greater than 0"),
        ("5", "2024-13", "instalments[1] (I)", "2024-13"),
        ("5", "2024-02-20..2024-01-15", "instalments[1] (I)", "2024-01-15..2024-02-20"),
        ("5", "März", "instalments[1] (I)", "2024-Q1"),
    ],
)
def test_bad_instalments(tmp_path, amount, period, place, says):
    import_files([FILES / "set_a"], save=True)
    path = document(tmp_path, f"instalments:\n- {INSTALMENT % (amount, period)}\n")
    (problem,) = refusal(path)
    assert problem.place == place
    assert says in problem.message


@pytest.mark.django_db
def test_master_data_follow_their_file(tmp_path):
    import_files([FILES / "set_a"], save=True)
    folder = altered(
        tmp_path,
        "set_a",
        ("10-organisations.yaml", "name: Leistungsplanung", "name: Planung"),
        ("10-organisations.yaml", "first_name: Erna", "first_name: Ernestine"),
        ("10-organisations.yaml", "roles: [manager]}", "roles: [manager], active: false}"),
    )
    made = import_files([folder], save=True)
    assert {name: count for name, count in made.items() if count} == {"teams": 1, "members": 1}
    user = User.objects.get(username="a.manager.eins")
    assert (user.first_name, user.is_active, user.history.count()) == ("Ernestine", False, 3)
    assert not user.has_usable_password()
    assert Member.objects.get(user=user).active is False
    assert not user.groups.exists()
    assert TeamMembership.objects.filter(member__user=user).count() == 1


def in_the_studio() -> dict[str, set[str]]:
    """Return whoever belongs to groups of the studio, and to which."""
    users = User.objects.exclude(groups=None).order_by("username")
    return {user.username: set(user.groups.values_list("name", flat=True)) for user in users}


@pytest.mark.django_db
def test_roles_from_a_file_carry_into_the_studio_at_once(tmp_path):
    import_files([FILES / "set_a"], save=False)
    assert in_the_studio() == {}
    managers = {"a.manager.eins": {"Studio"}, "a.manager.zwei": {"Studio"}}
    for _time in range(2):
        import_files([FILES / "set_a"], save=True)
        assert in_the_studio() == managers
    assert User.objects.get(username="a.manager.eins").has_perm("cms.change_catalogue")

    change = ("10-organisations.yaml", "roles: [manager]}", "roles: [manager, administrator]}")
    import_files([altered(tmp_path / "1", "set_a", change)], save=True)
    both = {"Studio", "Administrators"}
    assert in_the_studio() == managers | {"a.manager.eins": both}
    change = ("10-organisations.yaml", "roles: [manager]}", "roles: [caseworker]}")
    # The second manager stands after the first, and becomes what the first was.
    second = (
        "10-organisations.yaml", "[a-planung], roles: [manager]}",
        "[a-planung], roles: [administrator]}",
    )  # fmt: skip
    import_files([altered(tmp_path / "2", "set_a", change, second)], save=True)
    assert in_the_studio() == {"a.manager.zwei": {"Administrators"}}


@pytest.mark.django_db
def test_an_amendment_gives_only_what_it_changes(tmp_path):
    import_files([FILES / "set_a"], save=True)
    path = document(
        tmp_path,
        "contracts:\n"
        "- number: PB 17/2023\n"
        "  commissioning_body: a-jobcenter\n"
        "  provider: a-traeger\n"
        "  notices: [{received_on: 2024-03-01, given_by: a-traeger}]\n"
        "  editions:\n"
        "  - number: 2\n"
        "    applies_from: 2024-01-01\n"
        "    authors: [a.manager.zwei]\n"
        "    approved_by: a.manager.eins\n"
        "    amends:\n"
        "      title: Vertrag in neuer Fassung\n" + SIGNED,
    )
    assert import_files([path], save=True)["contracts"] == 2
    first, second = Contract.objects.get(number="PB 17/2023").editions.order_by("number")
    signed = [each | {"evidence": "Akte 2"} for each in first.content["signatures"]]
    changed = {"title": "Vertrag in neuer Fassung", "signatures": signed}
    assert second.content == first.content | changed
    assert Notice.objects.count() == 1
    assert import_files([path], save=True)["contracts"] == 0

    path.write_text(
        path.read_text().replace("given_by: a-traeger}", "given_by: a-traeger, reason: x}")
    )
    (problem,) = refusal(path)
    assert "reason" in problem.message


AMENDED = (
    "contracts:\n"
    "- number: PB 17/2023\n"
    "  commissioning_body: a-jobcenter\n"
    "  provider: a-traeger\n"
    "  editions:\n"
    "  - number: 2\n"
    "    applies_from: 2024-01-01\n"
    "    authors: [a.manager.zwei]\n"
    "    approved_by: a.manager.eins\n"
    "    amends:\n"
    "      %s\n"
)
SIGNED = "      signatures: {a-jobcenter: {evidence: Akte 2}, a-traeger: {evidence: Akte 2}}\n"


@pytest.mark.django_db
def test_an_amendment_changes_one_number_of_a_list_by_itself(tmp_path):
    import_files([FILES / "set_a"], save=True)
    contract = Contract.objects.get(number="PB 17/2023")
    before = contract.editions.get().content
    change = "remuneration: {erstattung: {components: {material: {percent: '9.25'}}}}"
    path = document(tmp_path, AMENDED % change + SIGNED)
    assert import_files([path], save=True)["contracts"] == 1
    after = contract.editions.get(number=2).content
    changed = deepcopy(before)
    (material,) = (
        part for part in changed["remuneration"][0]["components"] if part["key"] == "material"
    )
    assert material["percent"] == "8.5"
    material["percent"] = "9.25"
    for signature in changed["signatures"]:
        signature["evidence"] = "Akte 2"
    assert after == changed
    assert contract.editions.get(number=1).content == before
    assert import_files([path], save=True)["contracts"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("parties", [(), ("a-jobcenter",)])
def test_an_amendment_names_who_signed_it(tmp_path, parties):
    import_files([FILES / "set_a"], save=True)
    change = "title: Anders"
    if parties:
        change += "\n      signatures: {a-jobcenter: {evidence: Akte 2}}"
    problem, why = refusal(document(tmp_path, AMENDED % change))
    assert problem.place == why.place == THE_CONTRACT
    assert "earlier edition" in why.message
    missing = {"a-jobcenter", "a-traeger"} - {*parties}
    assert all(each in problem.message for each in missing)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("remuneration: {nothing: {rates: []}}", ("remuneration: nothing",)),
        ("clauses: {'99': {title: x}}", ("clauses: 99", "1, 5.2, 7")),
        ("clauses: {'7': x}", ("clauses.7", "fields that change")),
        ("clauses: {'7': {titel: x}}", ("clauses[3].titel",)),
    ],
)
def test_an_amendment_of_what_is_not_there_names_what_is(tmp_path, change, named):
    import_files([FILES / "set_a"], save=True)
    (problem,) = refusal(document(tmp_path, AMENDED % change))
    assert problem.place == THE_CONTRACT
    for each in ("Edition 2", *named):
        assert each in problem.message


@pytest.mark.django_db
def test_an_amendment_does_not_choose_between_two_who_signed(tmp_path):
    import_files([FILES / "set_a"], save=True)
    who = "{organisation: a-traeger, function: %s, signed_on: 2023-12-01, evidence: Akte 1}"
    signed = [who % "Vorstand", who % "Schatzmeister", who.replace("traeger", "jobcenter") % "GF"]
    path = document(tmp_path, AMENDED % f"signatures: [{', '.join(signed)}]")
    assert import_files([path], save=True)["contracts"] == 1
    change = "signatures: {a-traeger: {function: Vorsitz}}"
    text = (AMENDED % change).replace("number: 2", "number: 3").replace("2024-01", "2024-02")
    (problem,) = refusal(document(tmp_path, text))
    assert "signatures" in problem.message and "a-traeger" in problem.message
    again = ", ".join(signed).replace("Akte 1", "Akte 2")
    text = text.replace(change, f"signatures: [{again}]")
    assert import_files([document(tmp_path, text)], save=True)["contracts"] == 1


@pytest.mark.django_db
def test_a_notice_alone_is_a_file(tmp_path):
    import_files([FILES / "set_a"], save=True)
    alone = (
        "contracts:\n"
        "- number: PB 17/2023\n"
        "  commissioning_body: a-jobcenter\n"
        "  provider: a-traeger\n"
        "  notices: [{received_on: 2024-03-01, given_by: a-traeger}]\n"
    )
    path = document(tmp_path, alone)
    assert import_files([path], save=True)["contracts"] == 1
    assert Notice.objects.get().received_on == date(2024, 3, 1)
    assert import_files([path], save=True)["contracts"] == 0

    (problem,) = refusal(document(tmp_path, alone.replace("PB 17", "PB 18")))
    assert "PB 18/2023" in problem.message
    (problem,) = refusal(document(tmp_path, alone.partition("  notices")[0]))
    assert "editions" in problem.message


@pytest.mark.django_db
def test_an_instalment_is_updated_by_its_file(tmp_path):
    import_files([FILES / "set_a"], save=True)
    for amount in ("5", "6.50"):
        path = document(tmp_path, f"instalments:\n- {INSTALMENT % (amount, '2024-H1')}\n")
        assert import_files([path], save=True)["instalments"] == 1
    instalment = Instalment.objects.get()
    assert (str(instalment.amount), instalment.history.count()) == ("6.50", 2)
