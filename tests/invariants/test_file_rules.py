"""Rows that a file brings as they are obey the rules of screens and actions: the model has them.

What is stored so is walked: a model that is added has to show here what it refuses.
"""

import inspect
import re

import pytest
from django.apps import apps
from django.conf import settings

from base.exchange.importing import import_files
from base.exchange.rows import stored_or_new
from tests.exchange import FILES, refusal, stored_rows

TOMORROW = "2999-01-01"
CASE = """cases:
  - number: A-1
    client: a-0001
    contract: PB 17/2023
    assigned_on: 2023-10-04
    agreed: true
    {rows}
"""


def member(username: str, email: str, organisation: str, roles: str, more: str = "") -> str:
    return (
        f"members:\n  - {{username: {username}, email: {email}, organisation: {organisation},"
        f" roles: [{roles}]{more}}}\n"
    )


def substituted(substitute: str, last_day: str) -> str:
    return (
        "substitutions:\n  - {organisation: a-jobcenter, member: a.manager.eins,"
        f" substitute: {substitute}, first_day: 2024-01-01, last_day: {last_day}}}\n"
    )


def closed(year: int, rest: str) -> str:
    return f"closed_years:\n  - {{commissioning_body: a-jobcenter, year: {year}, {rest}}}\n"


def paid(paid_on: str, period: str) -> str:
    return (
        f"instalments:\n  - {{reference: A-X, contract: PB 17/2023, paid_on: {paid_on},"
        f' amount: "5.00", for_period: "{period}"}}\n'
    )


def line(day: str, cost_kind: str, *amounts: str) -> str:
    """Return a payroll line with one version for each amount."""
    versions = (
        f"  - {{reference: A-X, contract: PB 17/2023, day: {day}, label: X, version: {number},"
        f' reason: X, cost_kind: {cost_kind}, amount: "{amount}"}}\n'
        for number, amount in enumerate(amounts, 1)
    )
    return "payroll:\n" + "".join(versions)


def series(rest: str) -> str:
    return (
        "appointment_series:\n  - {reference: E-000000000001, organisation: a-traeger,"
        f" frequency: weekly, first: 2024-02-01, {rest}}}\n"
    )


ADMINISTRATOR = "a.verwaltung", "verwaltung@a.example", "a-jobcenter"

REFUSED = {
    "contracts.Organisation": {
        "a provider with people becomes a body": (
            "organisations:\n  - {key: a-traeger, name: X, kind: commissioning_body}\n",
            "stays what it is",
        ),
    },
    "contracts.Team": {
        "a team moves to another organisation": (
            "teams:\n  - {key: a-begleitung, organisation: a-jobcenter, name: X}\n",
            "stays where it is",
        ),
    },
    "base.User": {
        "a name in other capitals": (
            member("A.Manager.Eins", "x@a.example", "a-jobcenter", "finance"), "is taken",
        ),
        "the address of another": (
            member("x", "EINS@jobcenter-tannau.example", "a-jobcenter", "finance"),
            "e-mail address is taken",
        ),
    },
    "contracts.Member": {
        "a role of the body in a provider": (
            member("x", "x@a.example", "a-traeger", "manager"), "not possible in",
        ),
        "a role of a provider in the body": (
            member("x", "x@a.example", "a-jobcenter", "counsellor"), "not possible in",
        ),
        "the last administrator gets another role": (
            member(*ADMINISTRATOR, "finance"), "is the last administrator",
        ),
        "the last administrator's access is closed": (
            member(*ADMINISTRATOR, "administrator", ", active: false"),
            "is the last administrator",
        ),
    },
    "contracts.TeamMembership": {
        "a team of another organisation": (
            member("x", "x@a.example", "a-traeger", "counsellor", ", teams: [a-planung]"),
            "does not work where",
        ),
    },
    "contracts.Instalment": {
        "paid in a year that is closed": (paid("2022-11-01", "2023"), "Finance has closed 2022"),
        "paid on a day to come": (paid(TOMORROW, "2024"), "still to come"),
        "paid years before the contract": (paid("2019-05-02", "2023"), "begins on 2023-09-15"),
        "for a time years before the contract": (paid("2024-01-02", "2019"), "2022-09-15"),
        "for a time in far years": (paid("2024-01-02", "2080"), "ends by 2026-01-02"),
        "for a time that ends in far years": (
            paid("2024-01-02", "2024-01-01..2080-12-31"), "ends by 2026-01-02",
        ),
    },
    "contracts.ClosedYear": {
        "a year that was not over": (closed(2024, "closed_on: 2024-02-01"), "is not over"),
        "closed on a day to come": (closed(2024, f"closed_on: {TOMORROW}"), "still to come"),
        "opened again without a reason": (
            closed(2020, "closed_on: 2021-02-01, reopened_on: 2021-03-01"), "only with a reason",
        ),
    },
    "contracts.Substitution": {
        "one stands in for oneself": (substituted("a.manager.eins", "2024-01-31"), "themselves"),
        "an end before the beginning": (substituted("a.manager.zwei", "2023-12-31"), None),
    },
    "forms.ClientContact": {
        "a number with other signs": (
            "clients:\n  - {key: x, contact: {customer_number: a b}}\n",
            "Capital letters, digits",
        ),
        "an address that is none": (
            "clients:\n  - {key: x, contact: {email: nobody}}\n", "valid email",
        ),
    },
    "forms.Resource": {
        "two rooms of one name": (
            "resources:\n  - {key: x, organisation: a-traeger, name: R, kind: room}\n"
            "  - {key: y, organisation: a-traeger, name: R, kind: room}\n",
            "of this name already",
        ),
    },
    "forms.AppointmentSeries": {
        "a series that ends before it begins": (
            series("until: 2024-01-01, begins: 9:00, ends: 10:00"), "2024-02-01",
        ),
        "appointments that end before they begin": (
            series("until: 2024-03-01, begins: 10:00, ends: 9:00"), "ends before it begins",
        ),
    },
    "forms.ClientIdentity": {
        "born on a day to come": (
            "clients:\n  - {key: x, first_name: A, last_name: B, birth_date: " + TOMORROW + "}\n",
            "still to come",
        ),
    },
    "forms.SupportPlan": {
        "before the case was assigned": (
            CASE.format(rows='support_plans: [{valid_from: 2023-01-01, hours_per_month: "5"}]'),
            None,
        ),
        "that ends before it begins": (
            CASE.format(
                rows="support_plans: [{valid_from: 2024-01-01, valid_until: 2023-12-01,"
                ' hours_per_month: "5"}]'
            ),
            "before",
        ),
    },
    "forms.CaseOwner": {
        "before the case was assigned": (
            CASE.format(
                rows="owners: [{valid_from: 2023-01-01, team: a-planung,"
                " caseworker: a.manager.eins}]"
            ),
            None,
        ),
        "of another organisation than the commissioning body": (
            CASE.format(
                rows="owners: [{valid_from: 2024-01-01, team: a-begleitung,"
                " caseworker: a.counsellor.vier}]"
            ),
            "must belong to the contract's commissioning body",
        ),
    },
    "forms.CaseResponsibility": {
        "before the case was assigned": (
            CASE.format(
                rows="responsibilities: [{valid_from: 2023-01-01, team: a-begleitung,"
                " counsellor: a.counsellor.vier}]"
            ),
            None,
        ),
        "of another organisation than the provider": (
            CASE.format(
                rows="responsibilities: [{valid_from: 2024-01-01, team: a-planung,"
                " counsellor: a.manager.eins}]"
            ),
            "must belong to the contract's provider",
        ),
    },
    "forms.RecordReason": {
        "that ends before it begins": (
            "record_reasons:\n  - {key: x, label: X, occasion: both, since: 2024-02-01,"
            " until: 2024-01-01}\n",
            None,
        ),
    },
}  # fmt: skip
"""What screens refuse of each model, and what a file is told that brings it."""

WITHOUT_RULES = {
    "contracts.ContractFile": "What its entry says is all there is; the bytes move with the store.",
    "forms.Client": "A key alone, which names nobody.",
}

OTHERS = {
    "costs of a kind that nobody agreed": (line("2024-01-31", "dienstwagen", "5"), "vwl"),
    "costs of a kind that only their own first version has": (
        line("2024-01-31", "dienstwagen", "5", "6"), "vwl",
    ),
    "costs that are still to be paid": (line(TOMORROW, "verguetung", "5"), "still to come"),
    "costs of nothing": (line("2024-01-31", "verguetung", "0.00"), "of nothing"),
    "a case that is closed for no reason": (
        CASE.format(rows='statuses: [{valid_from: 2024-10-04, status: closed, reason: " "}]'),
        "Why is the case closed?",
    ),
    "work that is still to be done": (
        "service_records:\n  - {reference: A-X, contract: PB 17/2023, case: A-1,"
        f" day: {TOMORROW}, kind: begleitgespraech, module: pb-2, minutes: 45,"
        " counsellor: a.counsellor.vier}\n",
        "still to come",
    ),
}  # fmt: skip
"""What screens refuse of rows that go through an action or are facts."""


def stored_as_given() -> set[str]:
    """Labels of the models that files bring through `stored_or_new`."""
    found = set()
    names = {model.__name__: model._meta.label for model in apps.get_models()}
    for app in ("base", "cms", "contracts", "forms", "jobs"):
        for path in (settings.BASE_DIR / app / "exchange").glob("*.py"):
            for name in re.findall(r"stored_or_new\(\s*([\w.]+)", path.read_text()):
                if name != next(iter(inspect.signature(stored_or_new).parameters)):
                    found.add(names.get(name, "base.User" if name == "get_user_model" else name))
    return found


@pytest.mark.once
def test_every_model_that_files_bring_as_given_shows_what_it_refuses():
    assert REFUSED.keys() | WITHOUT_RULES.keys() == stored_as_given()
    assert REFUSED.keys() & WITHOUT_RULES.keys() == set()


@pytest.mark.django_db
def test_files_are_refused_what_screens_refuse(tmp_path):
    import_files([FILES / "set_a"], save=True)
    path = tmp_path / "50-x.yaml"
    there = closed(2022, "closed_on: 2023-02-01") + member(*ADMINISTRATOR, "administrator")
    path.write_text(f"fallwerk: 1\n\n{there}", encoding="utf-8")
    import_files([path], save=True)
    before = stored_rows()
    every = [*(each for cases in REFUSED.values() for each in cases.items()), *OTHERS.items()]
    for name, (text, says) in every:
        path.write_text(f"fallwerk: 1\n\n{text}", encoding="utf-8")
        problems = [str(problem) for problem in refusal(path)]
        assert says is None or says in problems[0], (name, problems)
        assert not any("_" in word for word in re.findall("“.*?”|„.*?“", problems[0])), problems
    assert stored_rows() == before
