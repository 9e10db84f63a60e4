"""A counsellor's week: planned at the desk, recorded on the telephone, looked back on."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.on_the_way import (
    NOTE,
    SOON,
    TELEPHONE,
    end_session,
    finish,
    recorded,
    tells,
)
from tests.browser.person import Person, wait_until
from tests.browser.site import Site

MONDAY, WEDNESDAY, FRIDAY = "2023-12-18", "2023-12-20", "2023-12-22"
PLANNED = [
    # case, day, from, until, where
    ("002", WEDNESDAY, "08:00", "09:00", "home"),
    ("003", WEDNESDAY, "10:00", "11:00", "home"),
    ("002", FRIDAY, "14:00", "15:00", "office"),
]


def plan(person: Person, case: str, day: str, begins: str, ends: str, location: str) -> None:
    """Plan a talk from a free hour of the week, with the keyboard as far as it goes."""
    person.open(f"/appointments/new/?day={day}")
    page = person.page
    page.locator("[data-case]").focus()
    page.keyboard.type(case)
    page.keyboard.press("Enter")
    expect(page.locator("[name=kind]")).to_be_focused()
    page.locator("[name=work]").select_option(index=1)
    person.unfold()
    person.fill(begins=begins, ends=ends, location=location)
    person.click("Speichern")
    person.sees("1 Termin geplant.")


def begun_hours(page, day: str) -> list[str]:
    """When the appointments of a day begin, as the calendar shows it."""
    return [text[:5] for text in page.locator(f"[data-day='{day}'] .event-time").all_inner_texts()]


def test_a_week_from_the_calendar_over_an_hour_without_a_network_to_what_is_left(
    agreed: Site, visit: Callable[..., Person], tmp_path
):
    site = agreed.copy_to(tmp_path / "site")
    site.day = MONDAY
    site.start()
    try:
        desk = visit(site, "counsellor.stein")  # on Monday
        for appointment in PLANNED:
            plan(desk, *appointment)
        desk.open(f"/appointments/?day={MONDAY}")
        assert begun_hours(desk.page, WEDNESDAY) == ["08:00", "10:00"]
        assert begun_hours(desk.page, FRIDAY) == ["14:00"]
        assert desk.troubles == []

        site.go_to(WEDNESDAY)
        phone = visit(site, "counsellor.stein", **TELEPHONE)
        page, context = phone.page, phone.page.context
        phone.open("/appointments/")
        assert not phone.overflows()
        phone.follow("Unterwegs")
        wait_until(page, "navigator.serviceWorker.controller !== null", seconds=60)
        expect(page.locator(".visit")).to_have_count(2)

        # An hour in a valley: both visits are recorded, and thirty idle minutes end the session.
        context.set_offline(True)
        finish(page, "002", ends="08:50", reason=NOTE)
        finish(page, "003", begins="10:10", ends="11:00", reason=NOTE + " 2")
        expect(page.locator("[data-bar]")).to_contain_text("2 Einträge warten auf diesem Gerät")
        end_session(phone)
        context.set_offline(False)
        expect(page.locator("[data-say=signed-out]")).to_be_visible(timeout=SOON)
        assert recorded(site) == []
        page.locator("[data-say=signed-out] a").click()
        page.fill("input[name=login]", "counsellor.stein")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        tells(page, "2 Einträge gesendet.")
        assert recorded(site) == [
            ["002", "08:00", "08:50", NOTE],
            ["003", "10:10", "11:00", NOTE + " 2"],
        ]

        # The day after, only what was not recorded waits.
        site.go_to("2023-12-23")
        desk = visit(site, "counsellor.stein")
        desk.open(f"/appointments/?day={MONDAY}")
        for case, day, *_rest in PLANNED:
            desk.page.locator(f"[data-day='{day}'] .event", has_text=case).click()
            desk.page.wait_for_load_state("networkidle")
            open_yet = desk.page.get_by_role("link", name="Erfassen", exact=True)
            expect(open_yet).to_have_count(1 if day == FRIDAY else 0)
            desk.page.go_back()
        desk.open("/worklist/")
        waiting = desk.page.locator("main").inner_text()
        assert "14:00 Gespräch, Fall SB-K-002" in waiting
        assert "08:00" not in waiting and "SB-K-003" not in waiting
        desk.open("/records/")
        desk.follow("Monat")
        desk.sees("Dezember 2023: geplant und erfasst")
        month = desk.page.locator("main tr")
        # 50 minutes each; an hour of Friday is over and not recorded.
        expect(month.filter(has_text="SB-K-003")).to_contain_text("0,83 h")
        expect(month.filter(has_text="SB-K-002")).to_contain_text("davon 1 h vorbei, nicht erfasst")
        assert desk.troubles == []
    finally:
        site.stop()
