"""What somebody has typed arrives where it belongs and is not lost, however slow the network is."""

import json
import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Dialog, Page, expect

from contracts.roles import Role
from tests.browser.conftest import PASSWORD
from tests.browser.focus import lost_focus
from tests.browser.person import Person, wait_until
from tests.browser.site import Site

pytestmark = pytest.mark.once

DESK = {"viewport": {"width": 1280, "height": 900}}
TELEPHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
BOTH = pytest.mark.parametrize("look", [DESK, TELEPHONE], ids=["desk", "telephone"])
KEY, NETWORK = 60, 400  # milliseconds
DAY = "/records/day/?day=2023-12-20"

# As somebody types them: case, module, time; and what is shown of it afterwards.
WORK = (("002", "1", "60"), ("003", "2", "1:30"), ("004", "1", "45"), ("005", "3", "9-9:45"))
STORED = [
    ("002", "1", "1:00\u00a0h"),
    ("003", "2", "1:30\u00a0h"),
    ("004", "1", "0:45\u00a0h"),
    ("005", "3", "0:45\u00a0h"),
]


@pytest.fixture(scope="module")
def office(agreed, tmp_path_factory) -> Iterator[Site]:
    """A site with contracts and cases, and nothing recorded but what is recorded here."""
    site = agreed.copy_to(tmp_path_factory.mktemp("office"))
    site.start()
    yield site
    site.stop()


def slow(person: Person) -> Person:
    """Let every answer take NETWORK longer."""
    session = person.page.context.new_cdp_session(person.page)
    conditions = {"offline": False, "latency": NETWORK, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": -1})
    return person


def type_on(page: Page, *keys: str) -> None:
    """Type without looking: one key every KEY milliseconds; words letter by letter."""
    named = ("Enter", "Tab", "Control+Enter", "Backspace", "ArrowUp", "ArrowDown")
    for key in keys:
        for each in [key] if key in named else key:
            page.keyboard.press(each)
            page.wait_for_timeout(KEY)


def end_session(person: Person) -> None:
    """What thirty idle minutes do."""
    person.page.context.clear_cookies(name="sessionid")


def sign_in_again(person: Person) -> None:
    person.page.fill("input[name=login]", "counsellor.stein")
    person.page.fill("input[name=password]", PASSWORD)
    person.page.press("input[name=password]", "Enter")


def drafts(person: Person) -> list[str]:
    """What the device keeps."""
    return person.page.evaluate(
        "Object.entries(localStorage).map((each) => each.join(' '))"
        ".filter((each) => each.startsWith('fallwerk.draft'))"
    )


def stored(page: Page) -> list[tuple[str, ...]]:
    """Case, first word of the module and time of what is recorded on the day that is shown."""
    rows = page.locator("tbody tr")
    return [
        (cells[0].split("-")[-1], cells[2].split(" ")[0], cells[3])
        for cells in (rows.nth(at).locator("td").all_inner_texts() for at in range(rows.count()))
    ]


@BOTH
def test_each_key_arrives_where_it_belongs(office, visit, look):
    """Nobody waits for the list of modules: keys do."""
    person = slow(visit(office, "counsellor.stein", **look))
    day = "2023-12-19" if look is DESK else "2023-12-18"
    person.open(f"/records/day/?day={day}")
    person.page.locator("[data-case]").first.focus()
    for case, module, time in WORK:
        type_on(person.page, case, "Enter", "Tab", module, "Tab", time, "Enter")
    type_on(person.page, "Control+Enter")
    person.sees("4 Einträge gespeichert.")
    assert sorted(stored(person.page)) == STORED
    assert drafts(person) == []
    assert person.troubles == []


@BOTH
def test_whoever_points_at_the_next_field_has_chosen_the_case(office, visit, look):
    """As Tab does; what is typed on waits for what there is to choose."""
    person = slow(visit(office, "counsellor.stein", **look))
    person.open(DAY)
    page = person.page
    page.locator("[data-case]").first.focus()
    type_on(page, "002")
    page.locator("[data-minutes]").first.click()
    type_on(page, "1:30")
    expect(page.locator("[data-case]").first).to_have_value(re.compile("-002 "))
    expect(page.locator("[data-minutes]").first).to_have_value("1:30")
    assert page.locator("[data-module]").first.locator("option").count() > 2
    assert page.locator("[data-kind]").first.input_value()


@BOTH
def test_a_list_that_is_pointed_at_waits_for_what_there_is_to_choose(office, visit, look):
    person = slow(visit(office, "counsellor.stein", **look))
    person.open(DAY)
    page = person.page
    page.locator("[data-case]").first.focus()
    type_on(page, "002")
    page.locator("[data-module]").first.click()
    type_on(page, "3", "Tab", "45")
    expect(page.locator("[data-minutes]").first).to_have_value("45")
    chosen = page.locator("[data-module]").first.locator("option:checked")
    expect(chosen).to_have_text(re.compile(r"^3\b"))
    assert person.troubles == []


def test_whoever_leaves_is_asked_and_keeps_the_rows(office, visit):
    person = visit(office, "counsellor.stein")
    person.open(DAY)
    page, asked = person.page, []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    person.answer = stay
    type_on(page, "002", "Enter", "Tab", "1", "Tab", "60")
    for way in (".day-nav a >> nth=0", "main .crumbs a >> nth=0", ".brand"):
        page.locator(way).click(no_wait_after=True)
        page.wait_for_timeout(300)
    assert asked == ["beforeunload"] * 3
    expect(page.locator("[data-minutes]").first).to_have_value("60")


def test_what_is_typed_before_the_page_is_ready_is_kept(sample, visit):
    """Fields are there before the scripts are; what the device kept before does not go over it."""
    person = visit(sample, "lead.bruecke")
    page, held = person.page, []
    keys = json.loads(sample.run_inside("show_keys"))[str(Role.PROVIDER_LEAD)]
    address = sample.url + reverse("assessment-edit", args=keys["assessment-edit"])
    page.route("**/drafts*.js", lambda route: held.append(route))
    person.answer = lambda dialog: dialog.accept()
    for field, words in (("#id_text", "Zuerst dies."), ("#id_proposals", "Dann jenes.")):
        page.goto(address, wait_until="commit")
        page.locator(field).press_sequentially(words)
        held.pop().continue_()
        page.wait_for_load_state("load")
        wait_until(page, "Object.keys(localStorage).length > 0")
        assert person.asks_before_leaving()
        page.wait_for_timeout(300)
    page.unroute("**/drafts*.js")
    page.goto(address, wait_until="load")
    expect(page.locator(".restored")).to_be_visible()
    expect(page.locator("#id_text")).to_have_value(re.compile("Zuerst dies."))
    expect(page.locator("#id_proposals")).to_have_value(re.compile("Dann jenes."))


def test_a_date_is_typed_to_its_end(office, visit):
    """No digit and no arrow leads away; Enter does, and the rows are asked about."""
    person = visit(office, "counsellor.stein")
    person.open(DAY)
    page = person.page
    before = page.url
    page.locator("#day").focus()
    type_on(page, "ArrowUp", "12", "12")  # the same in whatever order the browser shows a date
    page.wait_for_timeout(300)
    assert page.url == before
    type_on(page, "2023", "Enter")
    page.wait_for_url("**day=2023-12-12**")


def test_a_date_is_whole_though_only_its_first_digits_were_kept_back(office, visit):
    """What the choice above leads to comes while the date is being typed."""
    person = visit(office, "caseworker.probe")
    page, held = person.page, []
    person.open("/cases/new/")
    choice = page.locator("[name=contract] option", has_text="SB-2010-01").get_attribute("value")
    page.locator("[name=contract]").select_option(choice)
    expect(page.locator("#choosing select").first).to_be_visible()

    def keep(route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    page.route("**/cases/new/", keep)
    page.locator("[name=assigned_on]").focus()
    type_on(page, "ArrowUp")
    page.locator("[name=first_name]").focus()
    type_on(page, "Li", "Tab", "Bo", "Tab", "3.03")
    expect(page.locator("[name=first_name]")).to_have_value("")
    with page.expect_response("**/cases/new/"):
        held.pop().continue_()
    expect(page.locator("[name=last_name]")).to_have_value("Bo")
    type_on(page, "1990", "Tab", "Tab")
    expect(page.locator("[name=birth_date]")).to_have_value("1990-03-03")
    expect(page.locator("[name=gender]")).to_be_focused()
    assert person.asks_before_leaving()


@BOTH
def test_rows_are_there_again_after_the_session_ended(office, visit, look):
    person = slow(visit(office, "counsellor.stein", **look))
    day = "2023-12-13" if look is DESK else "2023-12-12"
    person.open(f"/records/day/?day={day}")
    page = person.page
    page.locator("[data-case]").first.focus()
    for case, module, time in WORK:
        type_on(page, case, "Enter", "Tab", module, "Tab", time, "Enter")
    page.wait_for_timeout(1000)
    (kept,) = drafts(person)
    assert not any(word in kept for word in ("Probe", "SB-K", "einzelberatung", "case_text"))
    end_session(person)
    type_on(page, "Control+Enter")
    page.wait_for_url("**/accounts/login/**")
    sign_in_again(person)
    expect(page.locator(".restored")).to_be_visible()
    person.click("Alle speichern")
    person.sees("4 Einträge gespeichert.")
    assert sorted(stored(page)) == STORED
    assert drafts(person) == []
    assert person.troubles == []


def test_signing_out_takes_drafts_along(office, visit):
    person = visit(office, "counsellor.stein")
    person.open(DAY)
    page = person.page
    person.answer = lambda dialog: dialog.accept()
    type_on(page, "002", "Enter", "Tab", "1", "Tab", "60")
    page.wait_for_timeout(500)
    assert len(drafts(person)) == 1
    page.locator(".account summary").click()
    page.locator("form[action$='/logout/'] button").click()
    page.wait_for_url("**/accounts/login/**")
    wait_until(page, "!Object.keys(localStorage).some((key) => key.startsWith('fallwerk'))")


def answering(person: Person, seconds: int) -> list[bool]:
    """Let the server say how long the session lasts; return who asks: True for a sign of life."""
    asked: list[bool] = []

    def answer(route) -> None:
        asked.append("x-background" not in route.request.headers)
        left = 1800 if asked[-1] else seconds
        route.fulfill(content_type="application/json", body=json.dumps({"seconds": left}))

    person.page.route("**/session/", answer)
    return asked


@BOTH
def test_the_end_of_a_session_is_announced_and_can_be_put_off(office, visit, look):
    person = visit(office, "counsellor.stein", **look)
    page = person.page
    page.clock.install()
    person.open(DAY, until="load")
    asked = answering(person, 90)
    page.clock.fast_forward("28:05")
    dialog = page.locator("[data-session]")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("1:30")
    expect(page.locator("[data-stay]")).to_be_focused()
    assert person.violations() == []
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert asked == [False, True]


def test_typing_is_activity(office, visit):
    """At most once a minute, however fast somebody types."""
    person = visit(office, "counsellor.stein")
    page = person.page
    page.clock.install()
    person.open(DAY, until="load")
    asked = answering(person, 90)
    page.keyboard.type("00")
    assert asked == []
    page.clock.fast_forward("01:01")
    page.keyboard.type("222")
    page.wait_for_timeout(300)
    assert asked == [True]


def test_a_session_that_is_over_says_so_and_keeps_the_text(sample, visit):
    """The assessment of a report: written for half an hour, the session ended meanwhile."""
    person = visit(sample, "lead.bruecke")
    page = person.page
    page.clock.install()
    keys = json.loads(sample.run_inside("show_keys"))[str(Role.PROVIDER_LEAD)]
    path = reverse("assessment-edit", args=keys["assessment-edit"])
    person.open(path, until="load")
    words = "Die Zusammenarbeit mit der Beispielstelle war gut."
    page.locator("#id_text").fill("")
    page.locator("#id_text").press_sequentially(words)
    page.clock.run_for(500)
    end_session(person)
    page.clock.fast_forward("28:05")
    again = page.locator("[data-again]")
    expect(again).to_be_focused()
    assert "Beispielstelle" not in "".join(drafts(person))
    again.press("Enter")
    page.fill("input[name=login]", "lead.bruecke")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"**{path}")
    expect(page.locator("#id_text")).to_have_value(words)
    page.locator(".restored button").click()
    expect(page.locator(".restored")).to_have_count(0)
    assert drafts(person) == []


@pytest.mark.parametrize("height", [500, 640, 780])
def test_a_reason_that_is_asked_for_is_not_behind_the_bar(office, visit, height):
    """On the telephone; it appears while the time is typed."""
    person = visit(office, "counsellor.stein", **TELEPHONE, reduced_motion="reduce")
    page = person.page
    page.set_viewport_size({"width": 360, "height": height})
    person.open(DAY)
    page.locator("[data-case]").first.focus()
    type_on(page, "002", "Enter", "Tab", "1", "Tab", "99 h")
    page.wait_for_timeout(300)
    reason = page.locator("[data-reason]").first
    expect(reason).to_be_visible()
    on_top = "(each) => { const at = each.getBoundingClientRect(); return each.contains("
    on_top += "document.elementFromPoint(at.left + 20, at.bottom - 4)); }"
    assert reason.evaluate(on_top)
    type_on(page, "Enter")
    expect(reason).to_be_focused()
    assert lost_focus(person) == []
