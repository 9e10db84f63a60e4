"""Days of those who look after cases and of who steers, on a desk and on a telephone."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.beginning import begin
from tests.browser.inside import FORTY
from tests.browser.person import Person, wait_until
from tests.browser.site import Site

pytestmark = pytest.mark.once

WIDTHS = [pytest.param(1280, id="desk"), pytest.param(360, id="telephone")]
TALKS = re.compile(r", (\d+) Termin")
QUIET = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"


@pytest.fixture(params=WIDTHS)
def screen(request) -> dict:
    """What a browser is told of the screen in front of it."""
    return {"viewport": {"width": request.param, "height": 900}}


@pytest.fixture(scope="module")
def described(migrated, tmp_path_factory) -> Site:
    """Contracts with a service description each, whose standards make deadlines; copy it."""
    site = migrated.copy_to(tmp_path_factory.mktemp("described"))
    site.day = "2024-06-03"
    begin(
        site, "10-*", "20-*", "21-*", "30-*", "31-*", "40-*", "42-*",
        described=("42-", "schuldnerberatung"),
    )  # fmt: skip
    return site


@pytest.fixture
def own(described, tmp_path: Path) -> Iterator[Site]:
    """One of the test's own, which it starts."""
    site = described.copy_to(tmp_path / "site")
    yield site
    site.stop()


def fits(person: Person) -> None:
    """Fail where the page is wider than the screen."""
    assert not person.overflows(), person.page.url


def press(person: Person, what: Locator) -> None:
    """Press something that leads to another page, and wait for that."""
    with person.page.expect_navigation():
        what.click()
    fits(person)


def due_days(person: Person, table: str) -> list[tuple[str, str]]:
    """What is due and when, as a table of deadlines on the page of a case says."""
    rows = person.page.get_by_role("table", name=table).locator("tbody tr")
    expect(rows.first).to_be_visible()
    return [
        (
            row.locator("td").nth(0).inner_text(),
            row.locator("summary").inner_text()[: len("17.06.2024")],
        )
        for row in rows.all()
    ]


def bell(person: Person) -> Locator:
    """Open the bell and return what it says, as soon as that has come."""
    person.page.locator("details.bell > summary").click()
    said = person.page.locator("details.bell .popup-content")
    expect(said.locator("li, p").first).to_be_visible()
    return said


def test_a_case_is_opened_and_its_feedback_reminded_of_until_it_comes(
    own: Site, visit: Callable[..., Person], screen: dict
):
    """The dates are those of the worked example C6, of a referral on 3 June 2024."""
    site = own
    site.start()
    caseworker = visit(site, "caseworker.probe", **screen)
    caseworker.open("/cases/new/")
    contract = caseworker.page.locator("select[name=contract] option", has_text="SCH-2022-02")
    value = contract.first.get_attribute("value")
    with caseworker.page.expect_response(lambda answer: answer.request.method == "POST"):
        caseworker.page.locator("select[name=contract]").select_option(value)
    wait_until(caseworker.page, QUIET)
    caseworker.fill(first_name="Kim", last_name="Musterfall", number="SCH-K-601")
    press(caseworker, caseworker.page.get_by_role("button", name="Fall eröffnen"))
    caseworker.sees("Fall SCH-K-601 ist eröffnet.")
    case = caseworker.page.url.removeprefix(site.url)
    press(caseworker, caseworker.page.get_by_role("link", name="Alle Fristen"))
    assert due_days(caseworker, "Was zu tun ist") == [
        ("Erstgespräch", "17.06.2024"),
        ("Erste Rückmeldung", "17.06.2024"),
        ("Zwischenbericht", "15.07.2024"),
        ("Ergebnisbericht", "02.12.2024"),
    ]
    caseworker.page.locator("summary", has_text="02.12.2024").click()
    why = caseworker.page.locator("details[open] .why li")
    expect(why.first).to_contain_text("03.06.2024")
    expect(why.last).to_contain_text("02.12.2024")
    fits(caseworker)
    expect(bell(caseworker)).not_to_contain_text("Fristen")
    assert caseworker.troubles == []

    # Two weeks and a day later nothing has come: the bell and the worklist say so.
    site.go_to("2024-06-18")
    caseworker = visit(site, "caseworker.probe", **screen)
    said = bell(caseworker)
    expect(said).to_contain_text("Fristen in Ihren Fällen: 2")
    press(caseworker, said.get_by_role("link", name="Überfällig"))
    late = caseworker.page.locator(".worklist li", has_text="SCH-K-601")
    expect(late).to_have_count(2)
    expect(late.filter(has_text="Erste Rückmeldung · Träger")).to_contain_text("17.06.2024")

    counsellor = visit(site, "counsellor.nord", **screen)
    counsellor.open(case)
    counsellor.open(f"{case}forms/new/")
    counsellor.page.get_by_label("Rückmeldebogen").check()
    press(counsellor, counsellor.page.get_by_role("button", name="Beginnen"))
    page = counsellor.page
    page.get_by_label("Anlass der Rückmeldung").select_option("Erste Rückmeldung")
    # By key: a press at a place misses where the page moves meanwhile.
    page.get_by_role("radio", name="ja").first.press("Space")
    expect(page.get_by_role("radio", name="ja").first).to_be_checked()
    for label, text in (("Wahrgenommene Termine", "1"), ("Nächster Schritt", "Termin am Freitag")):
        page.get_by_label(label).fill(text)
    press(counsellor, page.get_by_role("button", name="Prüfen und einreichen"))
    press(counsellor, page.get_by_role("button", name="Einreichen"))
    counsellor.sees("Termin am Freitag")

    # The form has met the deadline, and nobody is reminded of it any more.
    caseworker.page.reload()
    expect(late).to_have_count(1)
    expect(late).to_contain_text("Erstgespräch · Träger")
    expect(bell(caseworker)).to_contain_text("Fristen in Ihren Fällen: 1")
    caseworker.open(f"{case}?tab=deadlines")
    met = caseworker.page.get_by_role("table", name="Erledigt oder entfallen")
    expect(met).to_contain_text("Erste Rückmeldung")
    expect(met).to_contain_text("verspätet erledigt")
    assert len(due_days(caseworker, "Was zu tun ist")) == 3
    assert [*caseworker.troubles, *counsellor.troubles] == []


def test_forty_cases_are_handed_over_for_a_leave(
    own: Site, visit: Callable[..., Person], screen: dict
):
    """Who gets which is shown before, with the talks that go along and who is in two places."""
    site = own
    site.day = "2024-06-10"
    site.run_inside("give_forty_cases")
    site.start()
    caseworker = visit(site, "caseworker.probe", **screen)
    caseworker.open("/cases/?mine=on&status=running")
    press(caseworker, caseworker.page.get_by_role("link", name="Fälle übergeben"))
    caseworker.sees(f"{FORTY} laufende Fälle")
    caseworker.fill(valid_from="2024-06-17", reason="Elternzeit")
    hint = caseworker.page.locator("#id_appointments_helptext").bounding_box()
    assert hint["width"] > hint["height"]
    for name in ("Hafer", "Birke"):
        caseworker.page.get_by_label(name).check()
    press(caseworker, caseworker.page.get_by_role("button", name="Weiter"))
    caseworker.sees(f"{FORTY} Fälle werden ab dem 17.06.2024 übergeben")
    caseworker.sees("5 geplante Termine gehen mit über.")
    shares = caseworker.page.locator("section[aria-labelledby=hand-over-shares] li")
    told = [share.locator(".day").inner_text() for share in shares.all()]
    assert [text.partition(",")[0] for text in told] == ["20 Fälle", "20 Fälle"]
    talks = [int(found[1]) if (found := TALKS.search(text)) else 0 for text in told]
    assert sum(talks) == 5
    (at,) = (at for at, text in enumerate(shares.all_inner_texts()) if "Hafer" in text)
    press(caseworker, caseworker.page.get_by_role("button", name="Übergeben"))
    caseworker.sees(f"{FORTY} Fälle sind ab dem 17.06.2024 übergeben.")
    assert caseworker.troubles == []

    # From the first day on, whoever received finds them as their own, and the talk in the calendar.
    site.go_to("2024-06-17")
    receiver = visit(site, "caseworker.hafer", **screen)
    receiver.open("/cases/?mine=on&status=running")
    expect(receiver.page.locator("tbody tr")).to_have_count(20)
    receiver.open("/appointments/?day=2024-06-17")
    expect(receiver.page.locator(".event")).to_have_count(talks[at])
    fits(receiver)
    gone = visit(site, "caseworker.probe", **screen)
    gone.open("/cases/?mine=on&status=running")
    gone.sees("Nichts gefunden.")
    assert [*receiver.troubles, *gone.troubles] == []


@pytest.fixture
def steered(sample, tmp_path: Path) -> Iterator[Site]:
    """The sample, on a day on which something was billed in the year that it is."""
    today = date.today()  # noqa: DTZ011 - the sample was loaded today
    own = sample.copy_to(tmp_path / "site")
    # What was billed last was three months ago.
    own.day = f"{today if today.month > 3 else date(today.year - 1, 12, 15)}"
    own.start()
    yield own
    own.stop()


def amount(text: str) -> Decimal:
    """The amount that a text ends with: 1.234,56 €."""
    (found,) = re.findall(r"-?[\d.]+,\d\d", text)
    return Decimal(found.replace(".", "").replace(",", "."))


def test_a_director_finds_in_three_clicks_why_a_figure_is_what_it_is(
    steered: Site, visit: Callable[..., Person], screen: dict
):
    """From the sum of a year to its statements, to one of them, to the rule and its figures."""
    director = visit(steered, "director.linde", **screen)
    page = director.page
    director.open("/")
    card = page.locator(".figure-cards a", has_text="Abgerechnet")
    billed = amount(card.inner_text())
    assert billed > 0

    press(director, card)
    rows = page.locator("main tbody tr")
    expect(rows.first).to_be_visible()
    totals = [amount(row.locator("td").nth(-3).inner_text()) for row in rows.all()]
    assert sum(totals) == billed

    press(director, rows.first.get_by_role("link").first)
    expect(page.locator("dl.facts")).to_contain_text("Gesamtbetrag")
    positions = page.locator(".statement-lines tbody > tr:not(.why)")
    lines = [amount(line.locator("td").last.inner_text()) for line in positions.all()]
    assert sum(lines) == totals[0]

    page.locator("summary", has_text="So entsteht der Betrag").first.click()
    said = page.locator("details[open]", has_text="So entsteht der Betrag")
    steps = said.get_by_role("table").first.locator("tbody tr")
    expect(steps.first).to_be_visible()
    assert amount(steps.last.locator("td").last.inner_text()) == lines[0]
    expect(said.get_by_role("link").first).to_contain_text("§")
    fits(director)
    assert director.troubles == []
