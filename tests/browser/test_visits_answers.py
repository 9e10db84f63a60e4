"""What a device does with the server's answers, and with what other pages of it do meanwhile."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.on_the_way import (
    AT_REST,
    NOTE,
    SOON,
    VISITS,
    card,
    end_session,
    fill,
    finish,
    recorded,
    sit_down,
    state,
    tells,
    waits,
)
from tests.browser.person import Person, wait_until
from tests.browser.site import Site

pytestmark = pytest.mark.once

DATA = "**/records/visits/data/"
# As a browser does where there is no more room.
FULL = "() => { IDBObjectStore.prototype.put = function () { this.transaction.abort(); }; }"


def answer(page, number: str, **with_) -> None:
    """Let the server answer the record of one case like this; all others go through."""

    def choose(route) -> None:
        sent = parse_qs(route.request.post_data or "")
        if number in sent.get("rows-0-case_text", [""])[0]:
            route.fulfill(**with_)
        else:
            route.continue_()

    page.route(DATA, choose)


def test_one_that_may_not_be_sent_does_not_hold_up_the_others(
    office: Site, visit: Callable[..., Person]
):
    page = sit_down(visit, office).page
    answer(page, "K-002", status=403, body="")
    page.context.set_offline(True)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    finish(page, "003", begins="09:00", ends="09:30", reason="danach")
    page.context.set_offline(False)
    expect(state(page, "002")).to_have_text("abgewiesen", timeout=SOON)
    expect(card(page, "002").locator("[data-problems]")).to_contain_text("Fragen Sie Ihre Leitung")
    tells(page, "1 Eintrag gesendet.")
    expect(state(page, "003")).to_have_count(0)
    assert recorded(office) == [["003", "09:00", "09:30", "danach"]]


def test_no_proper_answer_to_one_does_not_hold_up_the_others(
    office: Site, visit: Callable[..., Person]
):
    page = sit_down(visit, office).page
    answer(page, "K-002", status=500, body="")
    page.context.set_offline(True)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    finish(page, "003", begins="09:00", ends="09:30", reason="danach")
    page.context.set_offline(False)
    expect(page.locator("[data-say=later]")).to_be_visible(timeout=SOON)
    tells(page, "1 Eintrag gesendet.")
    expect(state(page, "002")).to_have_text("gesendet, Antwort fehlt noch")
    assert recorded(office) == [["003", "09:00", "09:30", "danach"]]

    # Whoever takes it off the device is told that it may be stored.
    card(page, "002").locator("[data-closed] [data-discard]").click()
    asks = page.locator("[data-asks]")
    expect(asks).to_contain_text("Vielleicht ist er schon gespeichert")
    expect(asks).not_to_contain_text("geht verloren", use_inner_text=True)
    asks.get_by_role("button", name="Behalten").click()
    page.unroute(DATA)
    page.get_by_role("button", name="Jetzt senden").click()
    expect(state(page, "002")).to_have_count(0, timeout=SOON)
    assert [row[0] for row in recorded(office)] == ["002", "003"]


def test_a_token_that_is_no_longer_valid_says_nothing_of_the_record(
    office: Site, visit: Callable[..., Person]
):
    page = sit_down(visit, office).page
    answer(page, "K-002", status=403, headers={"X-Refused": "token"}, body="")
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    expect(page.locator("[data-say=later]")).to_be_visible(timeout=SOON)
    expect(state(page, "002")).to_have_text("wartet")


def test_what_is_being_sent_is_not_changed(office: Site, visit: Callable[..., Person]):
    page = sit_down(visit, office).page
    held = []
    page.route(DATA, lambda each: held.append(each) if each.request.post_data else each.continue_())
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    expect(state(page, "002")).to_have_text("gesendet, Antwort fehlt noch", timeout=SOON)
    expect(card(page, "002").locator("[data-open]")).to_be_hidden()
    held[0].continue_()
    tells(page, "1 Eintrag gesendet.")
    assert recorded(office) == [["002", "08:00", "08:30", NOTE]]


def test_what_is_refused_for_its_appointment_goes_without_it(
    office: Site, visit: Callable[..., Person]
):
    """It took place on another day, with another person: the appointment stays to be recorded."""
    page = sit_down(visit, office).page
    told = {"errors": {"case_text": ["Dieser Fall ist beendet."]}, "problems": [], "asks": False}
    answer(page, "K-002", status=422, body=json.dumps(told), content_type="application/json")
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    refused = card(page, "002")
    expect(refused.locator("[data-problems]")).to_have_text(
        "Dieser Fall ist beendet.", timeout=SOON
    )
    expect(refused.locator("[name=case]")).to_have_attribute("aria-invalid", "true")
    expect(refused.locator("[name=case]")).to_be_hidden()

    refused.get_by_role("button", name="Als Eintrag ohne Termin").click()
    here = page.locator(".visit").filter(has=page.locator("form:visible"))
    expect(here.locator("[name=reason]")).to_have_value(NOTE)
    other = here.locator("[name=case] option", has_text="K-003")
    here.locator("[name=case]").select_option(label=other.text_content())
    here.locator("[name=module]").select_option(index=1)
    here.locator("[name=day]").fill("2023-12-19")
    here.get_by_role("button", name="Fertig").click()
    tells(page, "1 Eintrag gesendet.")
    assert recorded(office) == [["003", "08:00", "08:30", NOTE]]
    expect(page.locator(".visit")).to_have_count(2)  # both appointments
    expect(state(page, "002")).to_be_hidden()
    expect(waits(page)).to_be_hidden()


def test_a_device_that_is_full_says_so(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page = person.page
    page.context.set_offline(True)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    expect(page.locator("[data-say=offline]")).to_be_visible(timeout=SOON)
    page.evaluate(FULL)
    page.context.set_offline(False)
    told = "Dieses Gerät konnte Ihren Text nicht aufbewahren."
    expect(page.locator("[data-told]")).to_contain_text(told, timeout=SOON)
    expect(state(page, "002")).to_have_text("wartet")
    expect(page.get_by_role("button", name="Jetzt senden")).to_be_visible()
    assert recorded(office) == []
    assert [each for each in person.troubles if each.startswith("script")] == []


def test_another_tab_offers_no_more_what_was_sent(office: Site, visit: Callable[..., Person]):
    page = sit_down(visit, office).page
    other = page.context.new_page()
    other.goto(office.url + VISITS, wait_until="networkidle")
    expect(other.locator(".visit")).to_have_count(2)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    tells(page, "1 Eintrag gesendet.")
    expect(other.locator(".visit")).to_have_count(1)


def test_an_emptied_device_is_written_on_by_no_other_tab(
    office: Site, visit: Callable[..., Person]
):
    person = sit_down(visit, office)
    page, other = person.page, person.page.context.new_page()
    other.goto(office.url + VISITS, wait_until="networkidle")
    here = fill(other, "003", reason=NOTE)
    page.locator("[data-on-device] summary").click()
    page.get_by_role("button", name="Dieses Gerät leeren").click()
    with other.expect_event("load"):
        with page.expect_navigation(url=office.url + "/"):
            page.locator("[data-asks]").get_by_role("button", name="Dieses Gerät leeren").click()
    expect(here.locator("[data-open]")).to_be_visible()  # as if nothing had been typed
    expect(state(other, "003")).to_be_hidden()
    fill(other, "003", reason="neu").get_by_role("button", name="Fertig").click()
    tells(other, "1 Eintrag gesendet.")
    assert [row[3] for row in recorded(office)] == ["neu"]


def test_emptying_tells_of_what_others_wrote(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    fill(person.page, "002", reason=NOTE)
    end_session(person)
    person.sign_in("lead.bruecke", PASSWORD)
    person.open(VISITS)
    page = person.page
    page.locator("[data-on-device] summary").click()
    page.get_by_role("button", name="Dieses Gerät leeren").click()
    asks = page.locator("[data-asks]")
    expect(asks.locator("[data-lost]")).to_contain_text("senden: 1")
    asks.get_by_role("button", name="Behalten").click()
    assert len(page.evaluate(AT_REST)["keys"]) == 2


def test_while_somebody_signs_in_nothing_is_opened(office: Site, visit: Callable[..., Person]):
    """The answer to signing in is late, or lost: whose the device is by now is not known."""
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    context.set_offline(True)
    finish(page, "002", reason=NOTE)
    end_session(person)
    context.set_offline(False)
    page.goto(office.url + "/accounts/login/?next=" + VISITS, wait_until="networkidle")
    page.fill("input[name=login]", "lead.bruecke")
    page.fill("input[name=password]", PASSWORD)
    context.set_offline(True)
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        page.press("input[name=password]", "Enter")
    # The browser's own page follows the refusal; until it stands, it interrupts whoever goes on.
    page.wait_for_url("chrome-error://**")
    page.goto(office.url + VISITS)
    expect(page.locator("[data-empty=locked]")).to_be_visible()
    expect(page.locator(".visit")).to_have_count(0)

    # Signed in after all: nothing of the other's, who finds it again.
    context.set_offline(False)
    person.sign_in("lead.bruecke", PASSWORD)
    person.open(VISITS)
    expect(page.locator(".visit")).to_have_count(0)
    end_session(person)
    person.sign_in("counsellor.stein", PASSWORD)
    person.open(VISITS)
    tells(page, "1 Eintrag gesendet.")


def test_the_studio_asks_and_locks_as_any_page(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    fill(page, "002", reason=NOTE)
    end_session(person)
    author = Person(context.new_page(), office)
    author.page.set_viewport_size({"width": 1280, "height": 900})
    author.page.goto(office.url + "/accounts/login/?next=/studio/", wait_until="networkidle")
    author.page.fill("input[name=login]", "manager.weber")
    author.page.fill("input[name=password]", PASSWORD)
    author.page.press("input[name=password]", "Enter")
    author.page.wait_for_url("**/studio/")
    expect(page.locator(".visit")).to_have_count(0)  # the other's page has closed
    assert NOTE not in page.content()

    out = author.page.locator("form[action$='/logout/'] button")
    author.page.locator(".sidebar-footer__account").click()
    out.click()
    dialog = author.page.locator("[data-loses]")
    expect(dialog).to_contain_text("jemand anderes")
    expect(dialog.get_by_role("link")).to_be_hidden()  # nothing of theirs to send
    dialog.get_by_role("button", name="Angemeldet bleiben").click()
    assert len(author.page.evaluate(AT_REST)["rows"]) == 1
    author.page.reload(wait_until="networkidle")
    author.page.locator(".sidebar-footer__account").click()
    out.click()
    dialog.get_by_role("button", name="Trotzdem abmelden").click()
    author.page.wait_for_url("**/accounts/login/**")
    wait_until(author.page, "indexedDB.databases().then((found) => found.length === 0)")


def test_the_end_of_a_session_does_not_cover_it(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page = person.page
    page.clock.install()
    person.open(VISITS)
    end_session(person)
    with page.expect_response("**/session/"):
        page.clock.fast_forward("00:31:00")
    finish(page, "002", reason=NOTE)
    expect(page.locator("[data-say=signed-out]")).to_be_visible(timeout=SOON)
    expect(page.locator("[data-session]")).to_be_hidden()
    expect(state(page, "002")).to_have_text("wartet")
