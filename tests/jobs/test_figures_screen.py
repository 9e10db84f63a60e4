"""The page of figures: what it shows, as files, empty, and with how many queries; start page."""

import csv
import re
from datetime import date
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from base.models import Event
from tests.factories import (
    annex,
    make_case,
    make_catalogue,
    make_contract,
    make_member,
    make_organisation,
    make_record,
)

pytestmark = pytest.mark.django_db

YEAR = {"period": "2024"}


@pytest.fixture
def contract():
    return make_contract("C-1", annexes=[annex(make_catalogue("modules"))])


@pytest.fixture
def director(contract):
    return make_member(contract.commissioning_body, roles=["director"]).user


def sign_in(client, user) -> None:
    """Sign in somebody who reads English."""
    client.force_login(user)
    client.cookies["django_language"] = "en"


def figures(client, user, **query):
    sign_in(client, user)
    return client.get(reverse("figures"), {**YEAR, **query})


@pytest.mark.parametrize(
    "period", ["0001", "1899", "0900-01-01..2024-12-31", "2024-01-01..9999-12-31"]
)
def test_years_that_nobody_means_are_refused_and_the_others_shown(
    client, contract, director, period
):
    """A year before the first, or after the last that Python knows, was an error of the server."""
    page = figures(client, director, period=period)
    assert page.status_code == 200
    assert page.context["form"].errors["period"] == [
        f"{period} liegt nicht in den Jahren 1900 bis 2100."
    ]
    assert page.context["narrowing"].first.year == timezone.localdate().year
    for period in ("1900", "2100", "1900-01-01..2100-12-31"):
        page = figures(client, director, period=period)
        assert page.status_code == 200 and not page.context["form"].errors


def test_each_table_stands_beside_its_chart_and_says_what_it_counts(client, contract, director):
    make_case(contract)

    html = figures(client, director).content.decode()

    for expected in (
        "Age of the running cases",
        "By the time since they were assigned, as of today.",
        "New and closed cases",
        "Quality of the data",
        'href="/cases/?status=running"',
    ):
        assert expected in html
    assert html.count("<svg") == html.count('<div class="charts">') >= 2
    assert "<style" not in html
    assert " style=" not in html
    assert 'class="hatch"' in html


def test_a_table_as_a_file_has_its_numbers_as_numbers(client, contract, director):
    make_case(contract, assigned_on=date(2024, 1, 8))
    make_case(contract, assigned_on=date(2024, 2, 1), closed_on=date(2024, 3, 5))

    answer = figures(client, director, table="by-month", export="csv")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[:4] == [
        ["Time", "new", "closed"], ["01.2024", "1", "0"], ["02.2024", "1", "0"],
        ["03.2024", "0", "1"],
    ]  # fmt: skip
    assert len(rows) == 13

    answer = figures(client, director, export="xlsx")
    sheet = load_workbook(BytesIO(answer.content)).active
    found = {label: value for label, value in sheet.iter_rows(min_row=2, values_only=True)}
    assert (found["Running cases"], found["New cases"], found["Closed cases"]) == (1, 2, 1)
    assert Event.objects.filter(kind=Event.Kind.EXPORT).count() == 2


def test_a_table_that_one_may_not_see_is_not_there(client, contract):
    lead = make_member(contract.commissioning_body, roles=["team_lead"]).user

    assert figures(client, lead, table="by-month", export="csv").status_code == 200
    assert figures(client, lead, table="money-by-contract", export="csv").status_code == 404
    assert "Budget" not in figures(client, lead).content.decode()


def test_without_any_rows_it_says_so(client, director):
    html = figures(client, director).content.decode()

    for expected in (
        "No case is running.",
        "No team is responsible for a running case.",
        "Nothing is planned or recorded for the running cases.",
        "No statement has a period in the one chosen.",
        "Nothing has been computed for this year yet.",
    ):
        assert expected in html
    assert "<svg" not in html
    assert "Cases by provider" not in html


def test_what_cannot_be_read_is_said_at_its_field(client, director):
    page = figures(client, director, period="2024-13")

    assert "is no period" in page.content.decode()
    assert page.context["narrowing"].first == date(timezone.localdate().year, 1, 1)


@pytest.mark.parametrize(
    ("side", "role", "sees"),
    [
        ("commissioning_body", "director", True),
        ("commissioning_body", "manager", True),
        ("commissioning_body", "team_lead", True),
        ("commissioning_body", "caseworker", False),
        ("provider", "provider_lead", True),
        ("provider", "counsellor", False),
    ],
)
def test_who_sees_figures(client, contract, side, role, sees):
    user = make_member(getattr(contract, side), roles=[role]).user
    sign_in(client, user)

    assert client.get(reverse("figures")).status_code == (200 if sees else 403)
    assert ("At a glance" in client.get(reverse("home")).content.decode()) is sees


def queries(client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(reverse("figures"), YEAR)
    return len(asked)


def test_as_many_queries_for_many_rows_as_for_few(client, contract, director):
    def add() -> None:
        case = make_case(contract)
        make_record(case)

    add()
    sign_in(client, director)
    queries(client)
    few = queries(client)
    for _each in range(5):
        add()
    other = make_contract("C-2", provider=make_organisation("second"))
    make_record(make_case(other))

    assert queries(client) == few


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2026-Q3", "3. Quartal 2026"),
        ("2026-H1", "1. Halbjahr 2026"),
        ("2026", "Jahr 2026"),
        ("2026-03", "März 2026"),
        ("2026-01-15..2026-02-20", "15.01.2026 bis 20.02.2026"),
        ("2026-Q9", "2026-Q9"),
    ],
)
def test_a_period_that_is_filtered_by_is_named_in_words(client, contract, director, period, words):
    page = figures(client, director, period=period)

    assert [chip.value for chip in page.context["chips"]] == [words]


def test_where_nothing_is_chosen_a_word_or_a_dash_says_so(client, contract, director):
    html = figures(client, director).content.decode()

    assert '<option value="" selected>all</option>' in html
    assert "---------" not in html


def test_on_the_telephone_each_number_has_the_name_of_its_column(client, contract, director):
    make_case(contract)

    html = figures(client, director).content.decode()

    wide = re.findall(r'<table class="figures-table sheet".*?</table>', html, flags=re.DOTALL)
    assert wide
    for table in wide:
        heads = re.findall(r'<th scope="col" class="figure">(.*?)</th>', table)
        rows = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], flags=re.DOTALL)
        assert rows
        for row in rows:
            assert re.findall(r'data-label="(.*?)"', row) == heads
