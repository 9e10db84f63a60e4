"""Parts of a draft that nobody opened: not drawn yet, and still all that they are."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from base.blocks.parts import LONGEST_KEY
from base.short_names import short_name
from base.studio.approval import drafts
from tests.browser.person import Person, wait_until
from tests.browser.site import Site
from tests.browser.test_studio_references import open_tab, show_key, unfold

pytestmark = pytest.mark.once

CATALOGUE = "/studio/snippets/cms/catalogue/edit/1/"
CODE = "modules-0-value-code"
MINIMUM = "modules-2-value-quantities-0-value-minimum"
ODD_LABELS = [
    *(f"Rat{chr(code)}haus" for code in (*range(0x20, 0x7F), *range(0xA0, 0x250))),
    *(f"Rat{chr(code)}haus" for code in (*range(0x1E00, 0x1F00), *range(0x2000, 0x2070))),
    *(f"Rat{sign}haus" for sign in ("ﬁ", "ﬀ", "Ⅳ", "²", "½", "№", "３", "ß", "ẞ", "a\u0327\u0308")),
    *("Gruppe αβ Zwei", "Группа", "日本 2", "…", "  2. Schritt: Übergang  ", "x" * 300),
    *("Beratung " * 20, "Donaudampfschifffahrtsgesellschaftskapitänswitwenverein eins zwei"),
]
KEYS_IN_BROWSER = """(labels) => labels.map((label) => {
    const form = document.createElement("form");
    form.innerHTML = "<input name='parts-0-value-key'><input name='parts-0-value-label'>";
    form.elements["parts-0-value-label"].value = label;
    fallwerk.giveKey("parts-0-value", "label", form);
    return form.elements["parts-0-value-key"].value;
})"""
SENT = "[...new FormData(document.querySelector('[data-edit-form]'))]"


def is_key_of_a_module(name: str) -> bool:
    """Tell whether a field is the key of a module, not of an item inside."""
    return re.fullmatch(r"modules-\d+-value-key", name) is not None


@pytest.fixture
def manager(sample: Site, visit: Callable[..., Person]) -> Person:
    """A manager in the studio, who saves nothing: others look at the same site."""
    return visit(sample, "manager.weber").saves_nothing()


def sent(page: Page) -> list[list[str]]:
    """Names and values the form would send, in their order, once it is there."""
    page.wait_for_selector("[data-edit-form]", state="attached")
    return page.evaluate(SENT)


def head(page: Page, field: str):
    """The panel around a field, drawn or not, by the field's name."""
    return page.locator(f"[name='{field}']").locator("xpath=ancestor::section[@data-panel][1]")


@pytest.mark.parametrize("draft", drafts(), ids=lambda draft: draft._meta.model_name)
def test_a_form_sends_the_same_whether_its_parts_were_opened_or_not(manager: Person, draft):
    """Walks every kind of draft there is, with all kinds of fields its content model has."""
    page = manager.page
    meta = draft._meta
    manager.open(f"/studio/snippets/{meta.app_label}/{meta.model_name}/")
    page.locator(f"main a[href*='/{meta.model_name}/edit/']").first.click()
    page.wait_for_load_state("networkidle")
    before, drawn = sent(page), page.locator("[data-contentpath] input:not([type=hidden])").count()
    unfold(page)
    assert page.locator("[data-contentpath] input:not([type=hidden])").count() > drawn
    assert sent(page) == before
    assert not manager.troubles


def test_what_refers_to_a_part_follows_it_into_parts_not_opened(manager: Person):
    page = manager.page
    manager.open(CATALOGUE)
    units = [entry for entry in sent(page) if entry[0].endswith("-unit")]
    unit = next(value for name, value in sent(page) if name == "units-0-value-key")
    assert sum(value == unit for _name, value in units) > 1

    head(page, "units-0-value-key").locator("[data-panel-toggle]").first.click()
    show_key(page, "[name=units-0-value-key]")
    page.fill("input[name=units-0-value-key]", "neuer-name")
    page.press("input[name=units-0-value-key]", "Tab")
    after = [entry for entry in sent(page) if entry[0].endswith("-unit")]
    assert after == [[name, "neuer-name" if value == unit else value] for name, value in units]


def test_a_head_names_what_it_refers_to_as_it_is_called_now(manager: Person):
    page = manager.page
    manager.open(CATALOGUE)
    title = head(page, "add_ons-0-value-module").locator("[data-panel-heading-text]").first
    module = next(value for name, value in sent(page) if name == "add_ons-0-value-module")
    keys = [name for name, value in sent(page) if name.startswith("modules-") and value == module]
    place = next(name for name in keys if name.endswith("-value-key"))
    called = place.replace("-key", "-title")

    open_tab(manager, "Module")
    head(page, place).locator("[data-panel-toggle]").first.click()
    page.fill(f"[name='{called}']", "Ganz neuer Titel")
    expect(title).to_contain_text("Ganz neuer Titel")
    head(page, place).locator("> * > [data-panel-controls] button[title=Löschen]").first.click()
    expect(title).to_contain_text(f"fehlt: {module}")


def test_a_part_not_opened_is_doubled_as_it_stands(manager: Person):
    page = manager.page
    manager.open(CATALOGUE)
    open_tab(manager, "Module")
    count = int(dict(sent(page))["modules-count"])
    own = [(name, value) for name, value in sent(page) if name.startswith("modules-0-value-")]
    head(page, "modules-0-value-key").locator(
        "> * > [data-panel-controls] button[title=Duplizieren]"
    ).click()
    doubled = [
        (name.replace(f"modules-{count}-", "modules-0-"), value)
        for name, value in sent(page)
        if name.startswith(f"modules-{count}-value-")
    ]
    # Items inside get numbers of their own; the double is another part, so it has another key.
    key = "modules-0-value-key"
    alike = [entry for entry in own if not entry[0].endswith("-id") and entry[0] != key]
    assert [entry for entry in doubled if not entry[0].endswith("-id") and entry[0] != key] == alike
    keys = [value for name, value in sent(page) if is_key_of_a_module(name)]
    assert len(set(keys)) == len(keys) == count + 1 and "" not in keys


def test_keys_are_the_same_wherever_they_are_made(manager: Person):
    """The server gives those that the browser gave none: the same part would be called twice."""
    manager.open(CATALOGUE)
    keys = manager.page.evaluate(KEYS_IN_BROWSER, ODD_LABELS)
    assert dict(zip(ODD_LABELS, keys, strict=True)) == {
        label: short_name(label, LONGEST_KEY) for label in ODD_LABELS
    }


@pytest.fixture
def own(sample: Site, visit, tmp_path) -> Person:
    """A manager at a copy of the sample, where something may be saved."""
    site = sample.copy_to(tmp_path / "site")
    site.start()
    yield visit(site, "manager.weber")
    site.stop()


def test_saving_changes_what_was_typed_and_nothing_else(own: Person):
    """Saved with one part opened of many, and seen in the studio's own comparison."""
    page = own.page
    own.open(CATALOGUE)
    before = sent(page)
    open_tab(own, "Module")
    head(page, "modules-1-value-key").locator("[data-panel-toggle]").first.click()
    page.fill("[name='modules-1-value-title']", "Ganz neuer Titel")
    own.click("Entwurf speichern")
    expect(page.locator("[name='modules-1-value-title']")).to_have_value("Ganz neuer Titel")

    unlike = [
        (name, value)
        for (name, value), (_name, old) in zip(content(sent(page)), content(before), strict=True)
        if value != old
    ]
    assert unlike == [("modules-1-value-title", "Ganz neuer Titel")]
    own.open("/studio/snippets/cms/catalogue/history/1/revisions/compare/live...latest/")
    changes = page.locator(".fw-changes tbody tr").all_inner_texts()
    assert len(changes) == 1
    assert "Ganz neuer Titel" in changes[0]


def content(entries: list[list[str]]) -> list[list[str]]:
    """What the person wrote, without tokens and marks of the form itself."""
    return [entry for entry in entries if "-value-" in entry[0]]


def test_a_refused_part_is_open_and_says_why(own: Person):
    page = own.page
    own.open(CATALOGUE)
    open_tab(own, "Module")
    for name in ("modules-2-value-key", MINIMUM):
        head(page, name).locator("[data-panel-toggle]").first.click()
    page.fill(f"[name='{MINIMUM}']", "-1")
    head(page, "modules-2-value-key").locator("[data-panel-toggle]").first.click()
    expect(page.locator(f"[name='{MINIMUM}']")).to_be_hidden()
    own.click("Entwurf speichern")
    open_tab(own, "Module")
    expect(page.locator(f"[name='{MINIMUM}']")).to_be_visible()
    expect(page.locator(".error-message:visible")).to_have_count(1)


def test_a_new_form_begins_with_its_parts_open_each_by_itself(manager: Person):
    """Wagtail calls all that a form begins with by one name: folding one folded the first."""
    page = manager.page
    manager.open("/studio/snippets/cms/catalogue/add/")
    unit, code = (page.locator(f"[name={name}]") for name in ("units-0-value-label", CODE))
    expect(unit).to_be_visible()
    open_tab(manager, "Module")
    expect(code).to_be_visible()
    head(page, CODE).locator("[data-panel-toggle]").first.click()
    expect(code).to_be_hidden()
    open_tab(manager, "Katalog")
    expect(unit).to_be_visible()


OPENED = """() => jQuery(document).on("open.xdsoft", ({target}) => {
    if (jQuery(target).data("input")) window.opened = (window.opened ?? 0) + 1;
})"""


def test_a_date_passed_by_quickly_leaves_no_calendar_behind(manager: Person):
    """It opens a moment after the field is entered, when somebody may be in the next one."""
    page = manager.page
    manager.open("/studio/snippets/cms/catalogue/add/")
    day, calendar = page.locator("[name=applies_from]"), page.locator(".xdsoft_datetimepicker")
    page.evaluate(OPENED)
    page.evaluate(
        """(names) => names.forEach(
        (name) => document.querySelector(`[name=${name}]`).focus())""",
        ["applies_from", "title"],
    )
    wait_until(page, "() => window.opened > 0")
    expect(calendar.filter(visible=True)).to_have_count(0)
    day.click()
    expect(calendar.filter(visible=True)).to_have_count(1)
    day.press("Tab")
    expect(calendar.filter(visible=True)).to_have_count(0)


def test_a_form_left_alone_stands_still(manager: Person):
    """Names are looked at after each change; if that were one, figures would wait for ever."""
    page = manager.page
    manager.open(CATALOGUE)
    head(page, "units-0-value-key").locator("[data-panel-toggle]").first.click()
    page.wait_for_timeout(1000)
    changes = page.evaluate(
        """() => new Promise((done) => {
            let changes = 0;
            const form = document.querySelector("[data-edit-form]");
            fallwerk.onDraftChange(form, () => { changes += 1; });
            setTimeout(() => done(changes), 1500);
        })"""
    )
    assert changes == 0
