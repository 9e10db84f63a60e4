"""Visits recorded on a telephone without a network: kept encrypted, sent once, nobody else's."""

import json
from collections.abc import Callable

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
    open_visits,
    recorded,
    sit_down,
    state,
    tells,
    waits,
    ways,
)
from tests.browser.person import Person
from tests.browser.site import Site

pytestmark = pytest.mark.once

WRITE_ELSEWHERE = """() => new Promise((resolve) => {
    indexedDB.open("fallwerk").onsuccess = ({target: {result: database}}) => {
        const transaction = database.transaction("rows", "readwrite");
        const rows = transaction.objectStore("rows");
        rows.getAll().onsuccess = ({target}) => {
            for (const row of target.result) if (row.kind === "typed") {
                rows.put({...row, version: row.version + 1});
            }
        };
        transaction.oncomplete = () => { database.close(); resolve(); };
    };
})"""
LEFT = """async () => [
    (await indexedDB.databases()).length, (await caches.keys()).length,
    (await navigator.serviceWorker.getRegistrations()).length, localStorage.length,
]"""


def test_an_hour_without_a_network(office: Site, visit: Callable[..., Person]):
    """Two visits are typed, the tab is killed and opened again; each arrives once."""
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    expect(page.locator(".visit")).to_have_count(2)
    assert not person.overflows() and person.violations() == []

    context.set_offline(True)
    finish(page, "002", begins="08:05", ends="08:50", reason=NOTE)
    expect(state(page, "002")).to_have_text("wartet")
    expect(waits(page)).to_contain_text("1 Eintrag wartet auf diesem Gerät")
    fill(page, "003", reason="halb geschrieben")
    page.close()

    later = Person(context.new_page(), office)
    later.page.goto(office.url + VISITS)
    page = later.page
    expect(page.locator("h1")).to_have_text("Unterwegs")
    expect(page.locator(".account")).to_have_count(0)  # the empty page, not that of somebody
    expect(state(page, "002")).to_have_text("wartet")
    expect(card(page, "003")).to_contain_text("halb geschrieben")
    # Planned as a visit; then they spoke by telephone.
    finish(page, "003", ends="10:45", channel="phone", reason=NOTE + " 2")
    expect(waits(page)).to_contain_text("2 Einträge warten auf diesem Gerät")
    expect(page.locator("[data-say=offline]")).to_be_visible()
    assert not later.overflows() and later.violations() == []

    lying = page.evaluate(AT_REST)
    assert len(lying["rows"]) == 3 and len(lying["keys"]) == 1
    whole = json.dumps(lying, ensure_ascii=False)
    assert "key false" in whole  # there is one, which cannot be read out
    for secret in [NOTE, "halb", "K-002", *office.secrets]:
        assert secret not in whole

    context.set_offline(False)
    tells(page, "2 Einträge gesendet.")
    expect(page.locator(".visit")).to_have_count(0)
    assert recorded(office) == [
        ["002", "08:05", "08:50", NOTE],
        ["003", "10:00", "10:45", NOTE + " 2"],
    ]
    assert ways(office) == [["in_person", "home"], ["phone", ""]]
    assert page.evaluate(AT_REST)["rows"] and len(page.evaluate(AT_REST)["rows"]) == 1
    # What a tab that is killed cannot do for itself: what it asked for has gone wrong, as it must.
    lost = "net::ERR_INTERNET_DISCONNECTED"
    assert [each for each in person.troubles + later.troubles if lost not in each] == []


def test_what_is_refused_is_kept_with_its_reason(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    context.set_offline(True)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    finish(page, "003", begins="08:15", ends="09:00", reason="bleibt stehen")
    context.set_offline(False)
    tells(page, "1 Eintrag gesendet.")
    expect(state(page, "003")).to_have_text("abgewiesen", timeout=SOON)
    here = card(page, "003")
    expect(here.locator("[data-problems]")).to_contain_text("08:00")  # what it collides with
    expect(here.locator("[name=reason]")).to_have_value("bleibt stehen")
    expect(waits(page)).to_have_text("1 Eintrag abgewiesen", use_inner_text=True)
    assert [row[0] for row in recorded(office)] == ["002"]

    page.reload(wait_until="networkidle")
    expect(state(page, "003")).to_have_text("abgewiesen")
    expect(here.locator("[data-problems]")).to_contain_text("08:00")
    here.locator("[name=begins]").fill("08:30")
    here.get_by_role("button", name="Fertig").click()
    tells(page, "1 Eintrag gesendet.")
    expect(page.locator(".visit")).to_have_count(0)
    assert recorded(office) == [
        ["002", "08:00", "08:30", NOTE],
        ["003", "08:30", "09:00", "bleibt stehen"],
    ]


def test_two_tabs_send_once(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    other = context.new_page()
    sent: list[str] = []
    context.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    other.goto(office.url + VISITS, wait_until="networkidle")
    context.set_offline(True)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    expect(state(other, "002")).to_have_text("wartet")
    context.set_offline(False)
    for each in (page, other):
        expect(each.locator(".visit")).to_have_count(1, timeout=SOON)  # the other visit
        expect(waits(each)).to_be_hidden()
    assert len(sent) == 1
    assert recorded(office) == [["002", "08:00", "08:30", NOTE]]


def test_two_devices_make_one_record(office: Site, visit: Callable[..., Person]):
    """The same visit typed on both: alike it is one; otherwise the second is asked about."""
    one, two = (sit_down(visit, office) for _device in range(2))
    for person in (one, two):
        person.page.context.set_offline(True)
        finish(person.page, "002", begins="08:00", ends="08:30", reason=NOTE)
    finish(one.page, "003", reason="vom ersten Gerät")
    finish(two.page, "003", reason="vom zweiten Gerät")
    for person in (one, two):
        person.page.context.set_offline(False)
    for person in (one, two):
        expect(state(person.page, "002")).to_have_count(0, timeout=SOON)
        for unanswered in ("wartet", "Antwort"):
            here = person.page.locator("[data-state]", has_text=unanswered)
            expect(here).to_have_count(0, timeout=SOON)
    kept = [each for each in (one, two) if state(each.page, "003").count()]
    assert len(kept) == 1
    expect(state(kept[0].page, "003")).to_have_text("abgewiesen")
    expect(card(kept[0].page, "003")).to_contain_text("bereits mit anderen Werten gespeichert")
    first = "vom zweiten Gerät" if kept[0] is one else "vom ersten Gerät"
    assert recorded(office) == [
        ["002", "08:00", "08:30", NOTE],
        ["003", "10:00", "11:00", first],
    ]


def test_an_answer_that_is_lost(office: Site, visit: Callable[..., Person]):
    """It is stored, and the device does not know: it asks again, and nothing is twice."""
    person = sit_down(visit, office)
    page = person.page

    def lose(route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/records/visits/data/", lose)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    expect(page.locator("[data-say=offline]")).to_be_visible(timeout=SOON)
    expect(state(page, "002")).to_have_text("gesendet, Antwort fehlt noch")
    expect(card(page, "002").locator("[data-open]")).to_be_hidden()
    assert recorded(office) == [["002", "08:00", "08:30", NOTE]]
    page.unroute("**/records/visits/data/")
    page.get_by_role("button", name="Jetzt senden").click()
    tells(page, "1 Eintrag gesendet.")
    expect(page.locator(".visit")).to_have_count(1)
    assert len(recorded(office)) == 1


def test_signing_out_asks_and_empties_the_device(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page = person.page
    fill(page, "002", reason=NOTE)
    person.open("/records/")
    person.sees("Auf diesem Gerät noch nicht gesendet: 1")
    sign_out = page.locator("form[action$='/logout/'] button")
    page.locator(".account summary").click()
    sign_out.click()
    dialog = page.locator("[data-loses]")
    expect(dialog).to_contain_text("Was nicht gesendet ist, geht verloren.")
    dialog.get_by_role("button", name="Angemeldet bleiben").click()
    person.open(VISITS)
    expect(state(page, "002")).to_have_text("angefangen")

    person.open("/records/")
    page.locator(".account summary").click()
    sign_out.click()
    with page.expect_navigation(url="**/accounts/login/"):
        dialog.get_by_role("button", name="Trotzdem abmelden").click()
    expect(page.locator("input[name=login]")).to_be_visible()
    assert page.evaluate(LEFT) == [0, 0, 0, 0]
    assert recorded(office) == []
    assert person.troubles == []


def sign_in(person: Person, username: str) -> None:
    person.page.fill("input[name=login]", username)
    person.page.fill("input[name=password]", PASSWORD)
    person.page.press("input[name=password]", "Enter")
    expect(person.page.locator(".account")).to_have_count(1)


def test_who_was_logged_out_meanwhile_keeps_it(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page = person.page
    page.context.set_offline(True)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    end_session(person)
    page.context.set_offline(False)
    expect(page.locator("[data-say=signed-out]")).to_contain_text(
        "Sie sind abgemeldet.", timeout=SOON
    )
    expect(state(page, "002")).to_have_text("wartet")
    page.locator("[data-say=signed-out] a").click()
    sign_in(person, "counsellor.stein")
    tells(page, "1 Eintrag gesendet.")
    assert recorded(office) == [["002", "08:00", "08:30", NOTE]]


def test_somebody_else_on_the_device_sees_nothing(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    context.set_offline(True)
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    end_session(person)
    context.set_offline(False)
    expect(page.locator("[data-say=signed-out]")).to_be_visible(timeout=SOON)

    # A colleague signs in: a page of the first person that is still open closes, and sends nothing.
    expect(card(page, "002")).to_contain_text(NOTE)
    other = Person(context.new_page(), office)
    other.sign_in("lead.bruecke", PASSWORD)
    expect(page.locator(".visit")).to_have_count(0)
    assert NOTE not in page.content()
    page.close()
    open_visits(other)
    expect(other.page.locator(".visit")).to_have_count(0)
    expect(waits(other.page)).to_be_hidden()
    context.set_offline(True)
    other.page.reload()
    expect(other.page.locator("[data-empty=nothing]")).to_be_visible()
    lying = other.page.evaluate(AT_REST)
    assert [" key=key" in each for each in sorted(lying["keys"])].count(True) == 1
    assert recorded(office) == []

    # Not lost: its author signs in again.
    context.set_offline(False)
    end_session(other)
    other.sign_in("counsellor.stein", PASSWORD)
    other.open(VISITS)
    tells(other.page, "1 Eintrag gesendet.")
    assert recorded(office) == [["002", "08:00", "08:30", NOTE]]


def test_signing_out_tells_of_what_others_wrote(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    fill(person.page, "002", reason=NOTE)
    end_session(person)
    person.sign_in("lead.bruecke", PASSWORD)
    expect(person.page.locator("[data-waiting]")).to_be_hidden()
    person.page.locator(".account summary").click()
    person.page.locator("form[action$='/logout/'] button").click()
    dialog = person.page.locator("[data-loses]")
    expect(dialog.locator("[data-others]")).to_contain_text("jemand anderes")
    dialog.get_by_role("button", name="Angemeldet bleiben").click()
    end_session(person)
    person.sign_in("counsellor.stein", PASSWORD)
    person.open(VISITS)
    expect(card(person.page, "002")).to_contain_text(NOTE)


def test_two_tabs_show_the_same_and_overwrite_nothing(office: Site, visit: Callable[..., Person]):
    person = sit_down(visit, office)
    page, other = person.page, person.page.context.new_page()
    other.goto(office.url + VISITS, wait_until="networkidle")
    card(other, "002").locator("[data-open]").click()
    fill(page, "002", reason="zuerst")
    expect(card(other, "002").locator("[name=reason]")).to_have_value("zuerst")

    # Both write at the same moment: nothing has told this page of what the other wrote.
    other.evaluate(WRITE_ELSEWHERE)
    card(other, "002").locator("[name=reason]").fill("darüber")
    tells(other, "Dieser Eintrag wurde in einem anderen Fenster geändert oder gesendet."
                 " Sie sehen ihn, wie er jetzt ist.")  # fmt: skip
    expect(card(other, "002")).to_contain_text("zuerst")
    person.open(VISITS)
    expect(card(page, "002")).to_contain_text("zuerst")


def test_after_a_day_and_a_half_the_device_opens_nothing(
    office: Site, visit: Callable[..., Person]
):
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    fill(page, "002", reason=NOTE)
    context.set_offline(True)
    context.clock.install()
    context.clock.fast_forward("37:00:00")
    # A page that was left open closes when it is looked at again.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-empty=locked]")).to_contain_text("Auf diesem Gerät liegt nichts")
    expect(page.locator("[data-locked]")).to_be_visible()
    lying = page.evaluate(AT_REST)
    assert len(lying["rows"]) == 1 and " key=key" not in lying["keys"][0]


def test_a_server_that_is_away(office: Site, visit: Callable[..., Person]):
    """Not the telephone's network is cut, but the other end of it."""
    person = sit_down(visit, office)
    page = person.page
    office.stop()
    page.reload()
    expect(page.locator(".visit")).to_have_count(2)
    finish(page, "003", reason=NOTE)
    expect(page.locator("[data-say=offline]")).to_be_visible()
    card(page, "003").locator("[data-closed] [data-discard]").click()
    page.locator("[data-asks]").get_by_role("button", name="Behalten").click()
    expect(state(page, "003")).to_have_text("wartet")
    card(page, "003").locator("[data-closed] [data-discard]").click()
    page.locator("[data-asks]").get_by_role("button", name="Verwerfen").click()
    expect(state(page, "003")).to_be_hidden()
    expect(waits(page)).to_be_hidden()
    finish(page, "002", begins="08:00", ends="08:30", reason=NOTE)
    office.start()
    page.get_by_role("button", name="Jetzt senden").click()
    tells(page, "1 Eintrag gesendet.")
    assert recorded(office) == [["002", "08:00", "08:30", NOTE]]
