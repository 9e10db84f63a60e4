"""Where the focus goes, and whether whoever works by keyboard sees it there."""

from tests.browser.person import Person

SIZES = [(1280, 900), (640, 512), (320, 256), (360, 780)]
"""A desk, the same at 200 % and at 400 %, and a telephone."""

# Focus set by a script is drawn as that of the Tab key, once the keyboard was used; and one call
# for a page takes a twentieth of the time that pressing the key for each place does.
WALK = """async () => {
    const seen = (place) => {
        // What of it lies in the window, and is not cut off by a frame that scrolls.
        const box = place.getBoundingClientRect();
        let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom];
        const cut = (by) => {
            [left, top] = [Math.max(left, by.left), Math.max(top, by.top)];
            [right, bottom] = [Math.min(right, by.right), Math.min(bottom, by.bottom)];
        };
        cut({left: 0, top: 0, right: innerWidth, bottom: innerHeight});
        const last = document.body;
        for (let each = place.parentElement; each !== last; each = each.parentElement) {
            if (getComputedStyle(each).overflow !== "visible") cut(each.getBoundingClientRect());
        }
        return {left, top, right, bottom};
    };
    const ringed = (place) => {
        // The place itself, or what is drawn around it: a field's frame, the label of a choice.
        for (let each = place, up = 0; each && up < 3; each = each.parentElement, up += 1) {
            const style = getComputedStyle(each);
            const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
            if (drawn && !/^transparent$|[,/] 0\\)$/.test(style.outlineColor)) return each;
        }
    };
    const covers = (place, x, y) => {
        const top = document.elementFromPoint(x, y);
        return top && !place.contains(top) && !top.contains(place);
    };
    const fault = (place) => {
        const ring = ringed(place);
        if (!ring) return "no ring";
        const {left, top, right, bottom} = seen(ring);
        if (right - left < 3 || bottom - top < 3) return "outside the window";
        const across = [left + 3, (left + right) / 2, right - 3];
        // Of a frame higher than half the window, part may be above it or under a bar.
        const middle = (top + bottom) / 2;
        const high = ring.offsetHeight > innerHeight / 2;
        const down = high ? [middle] : [top + 3, middle, bottom - 3];
        if (down.some((y) => across.every((x) => covers(ring, x, y)))) return "covered";
    };
    const found = [];
    for (const place of document.querySelectorAll("body *")) {
        if (place.tabIndex < 0) continue;
        place.focus();
        if (document.activeElement !== place || !fault(place)) continue;
        // A page may bring it into sight some frames later.
        let wrong;
        for (let frames = 0; frames < 30 && (wrong = fault(place)); frames += 1) {
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        }
        if (wrong) found.push(`${wrong}: ${place.outerHTML.slice(0, 160)}`);
    }
    return found;
}"""


def lost_focus(person: Person) -> list[str]:
    """Go through all that takes the focus and return where nobody would see it: without a ring,
    covered, or outside the window. Pages must not scroll smoothly then (`reduced_motion`)."""
    person.page.keyboard.press("Tab")
    return person.page.evaluate(WALK)


def lost_focus_at_each_size(person: Person) -> list[str]:
    """Return the same for all sizes of the window, and what does not fit; it has its own again
    afterwards."""
    before = person.page.viewport_size
    found = []
    for width, height in SIZES:
        person.page.set_viewport_size({"width": width, "height": height})
        found += [f"{width} × {height}: {each}" for each in lost_focus(person)]
        if person.overflows():
            found.append(f"{width} × {height}: wider than the window")
        found += [f"{width} × {height}: broken: {each}" for each in person.broken()]
    person.page.set_viewport_size(before)
    return found
