"""The studio as its author uses it: a draft's form, filled in part by part."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.person import Person

OF_A_KEY = re.compile(r"(^|-)key$")
SLOW = 60_000  # milliseconds; what stands beside the form is computed after each change
TO_ADD = ".c-sf-add-button"


def reveal(person: Person, name: str) -> Locator:
    """Open the tab and the folded blocks a field of the studio stands in, and return it."""
    field = person.page.locator(f"[name='{name}']")
    field.evaluate(
        """field => {
            const tab = field.closest("[role=tabpanel]");
            if (tab) document.querySelector(`[role=tab][href="#${tab.id}"]`).click();
            const name = field.name;
            // What stands inside a folded part is drawn, folded itself, once that is opened.
            for (;;) {
                const toggles = [];
                let panel = document.querySelector(`[name='${name}']`).closest("[data-panel]");
                for (; panel; panel = panel.parentElement.closest("[data-panel]"))
                    toggles.unshift(panel.querySelector("[data-panel-toggle]"));
                const folded = (toggle) => toggle.getAttribute("aria-expanded") === "false";
                const outermost = toggles.find(folded);
                if (!outermost) return;
                outermost.click();
                if (folded(outermost)) throw new Error(`${name} stands in what does not open`);
            }
        }"""
    )
    return field


class DraftForm:
    """The form that somebody has open. Nobody has to type a key, so it types none."""

    def __init__(self, person: Person):
        self.person = person

    def fill(self, values: dict[str, str]) -> None:
        """Fill in fields by their names; lists take what is shown in them."""
        for name, value in values.items():
            assert not OF_A_KEY.search(name), f"a key is typed: {name}"
            field = reveal(self.person, name)
            field.focus()
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
                # A calendar opens below a date, and lies over what comes next.
                field.press("Tab")

    def add(self, name: str) -> None:
        """Add a part at the end of a list."""
        count = self.person.page.locator(f"[name='{name}-count']")
        before = int(count.input_value())
        reveal(self.person, f"{name}-count")
        count.locator("xpath=..").locator(TO_ADD).last.click()
        expect(count).to_have_value(str(before + 1))

    def name_modules(self, name: str, *modules: str) -> None:
        """Choose modules, one below the other, in a field that takes several."""
        choices = reveal(self.person, name).locator("xpath=..").locator("select")
        for place, module in enumerate(modules):
            # What there is to choose is asked for when the field is entered.
            choices.nth(place).focus()
            choices.nth(place).select_option(label=module)

    def sees_beside(self, panel: str, text: str) -> None:
        """Fail unless the panel, called by what opens it, says so; on a telephone it is closed."""
        page = self.person.page
        toggle = page.get_by_role("button", name=panel)
        if toggle.get_attribute("aria-expanded") == "true":
            expect(page.locator("[data-figures-shown]")).to_contain_text(text, timeout=SLOW)

    def submit(self, more: str = "Mehr Aktionen", button: str = "Zur Freigabe einreichen") -> None:
        """Hand the draft in for approval."""
        page = self.person.page
        page.get_by_role("button", name=more).click()
        with page.expect_navigation():
            page.get_by_role("button", name=button).click()
        page.wait_for_load_state("networkidle")
