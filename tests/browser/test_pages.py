"""Every page, as each role it serves, in light and dark, on a desk and on a telephone.

Addresses are walked: a new page is looked at as soon as it exists; on the telephone with all that
can be unfolded. Nothing may be seriously
inaccessible, out of the keyboard's reach, out of sight while it has the focus, wider than the
telephone, broken within a number, in English, refused by the security policy, or asked of another
host.
"""

import re
from itertools import count
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Error

from base import styles
from contracts.rights import GRANTS
from contracts.roles import Role
from tests.base.test_styles import selectors
from tests.browser.focus import lost_focus_at_each_size
from tests.browser.inside import PEOPLE
from tests.browser.person import Person
from tests.invariants.rows.test_addresses import PAGES, Address

pytestmark = pytest.mark.once

DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
LOOKS = [
    {"color_scheme": "light", "viewport": DESK},
    {"color_scheme": "dark", "viewport": TELEPHONE, "has_touch": True},
    {"color_scheme": "dark", "viewport": DESK},
    {"color_scheme": "light", "viewport": TELEPHONE, "has_touch": True},
]
LOOKS = [look | {"reduced_motion": "reduce"} for look in LOOKS]
LEFT_OUT = sorted(
    selectors(Path(finders.find(styles.WHOLE)).read_text())
    - selectors(Path(finders.find(styles.IN_USE)).read_text())
)
ENGLISH = re.compile(r"\b(the|and|with|this|your|please|saved|until|nothing|show|of)\b", re.I)
"""Words that no German page has."""

READ_HERE = re.compile(
    r"/(wissen|leistungen|impressum|datenschutz|[a-z]+-?sprache|barriere\w+)/\S*"
)
"""Addresses of pages in the tree, and of the lists of them."""


def serves(page: Address, role: Role) -> bool:
    """Whether people of a role may open a page."""
    needed = page.view.permission_required
    needed = [needed] if isinstance(needed, str) else needed
    return all(role in GRANTS.get(name, ()) for name in needed)


@pytest.fixture(scope="module")
def examined() -> set:
    """Pages and colours that axe has gone through, for whatever role: it takes longest."""
    return set()


@pytest.fixture(scope="module")
def walked() -> set:
    """Pages whose focus was followed at each size of the window."""
    return set()


def judged(person: Person, *, thoroughly: bool = True, walk: bool = True) -> list[str]:
    """What is wrong with the page somebody has opened; of a part of a page, what went wrong."""
    if not person.page.locator("main").count():
        return person.troubles
    text = person.page.locator("main").inner_text()
    found = [*person.troubles, *(person.violations() if thoroughly else ())]
    found += [f"a table without a name: {each}" for each in person.unnamed_tables()]
    found += [f"English: {match.group()!r}" for match in [ENGLISH.search(text)] if match]
    found += [f"not for the keyboard: {each}" for each in person.unreachable()]
    found += [f"without its style: {each}" for each in unstyled(person)]
    found += [f"broken: {each}" for each in person.broken()]
    if person.asks_before_leaving():
        found.append("something is not saved although nothing was typed")
    if person.overflows():
        found.append("wider than the window")
    if not person.page.locator("main h1").count():
        found.append("no heading")
    if walk:
        found += lost_focus_at_each_size(person)
    return found


def unstyled(person: Person) -> set[str]:
    """Selectors that our style sheet leaves out of KERN's although something here answers to them,
    in whatever state."""
    return person.page.evaluate(
        """(selectors) => selectors.filter((one) => {
            const place = one.replace(/:+[\\w-]+/g, "");
            try { return place && document.querySelector(place); } catch { return false; }
        })""",
        LEFT_OUT,
    )


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_pages_of_a_role(role, sample, visit, keys, examined, walked):
    """All pages the role is served; the look alternates, so that each page is seen in several.

    axe looks once at each page in light and in dark, whoever opens it first; the focus is followed
    once.
    """
    first = visit(sample, PEOPLE[role], **LOOKS[0])
    session = first.page.context.storage_state()
    looks = [first, *(visit(sample, storage_state=session, **look) for look in LOOKS[1:])]
    turn = count(list(Role).index(role))
    problems, seen = [], []
    for page in PAGES:
        arguments = keys[role].get(page.name) if page.arguments else []
        if arguments is None or not serves(page, role) or not hasattr(page.view, "get"):
            continue
        place = next(turn) % len(looks)
        person = looks[place]
        person.troubles.clear()
        try:
            person.open(page.url(*arguments), until="load")
        except Error as error:
            # A page that is a file has nothing to look at.
            if "Download is starting" not in str(error):
                raise
            continue
        if LOOKS[place]["viewport"] == TELEPHONE:
            person.unfold()
        colours = LOOKS[place]["color_scheme"]
        new = (page.name, colours) not in examined
        examined.add((page.name, colours))
        found = judged(person, thoroughly=new, walk=page.name not in walked)
        walked.add(page.name)
        problems += [f"{page.name} {LOOKS[place]}: {each}" for each in found]
        seen.append(page.name)
    assert problems == []
    assert len(seen) >= 3


def test_signing_in(sample, visit):
    for look in LOOKS:
        person = visit(sample, **look)
        person.open("/accounts/login/")
        assert judged(person, walk=look is LOOKS[0]) == []


READERS = (None, Role.CASEWORKER, Role.COUNSELLOR, Role.MANAGER)
"""Who reads pages of knowledge: whoever is not signed in, both sides, and who writes them."""


@pytest.mark.parametrize("role", READERS, ids=lambda role: str(role or "nobody signed in"))
def test_pages_of_knowledge(role, sample, visit, examined, walked):
    """What lists, sections and the foot of the page lead to, in one look after the other.

    axe and the focus as above; whoever is signed in has another frame around the page.
    """
    who = PEOPLE[role] if role else ""
    looks = [visit(sample, who, **look) for look in (LOOKS[0], LOOKS[1])]
    turn = count(READERS.index(role))
    waiting, seen, problems = ["/wissen/", "/leistungen/"], [], []
    while waiting:
        address = waiting.pop(0)
        place = next(turn) % len(looks)
        person, page = looks[place], (address, bool(role))
        person.troubles.clear()
        person.open(address, until="load")
        seen.append(address)
        new = (page, place) not in examined
        examined.add((page, place))
        found = judged(person, thoroughly=new, walk=page not in walked)
        walked.add(page)
        problems += [f"{address}: {each}" for each in found]
        links = person.page.locator("main a[href], footer a[href]")
        for found in links.evaluate_all("(all) => all.map((each) => each.getAttribute('href'))"):
            if READ_HERE.match(found) and found not in (*waiting, *seen):
                waiting.append(found)
    assert problems == []
    assert {"/impressum/", "/barrierefreiheit/", "/wissen/ueberschuldung-frueh-erkennen/"} <= {
        *seen
    }
    assert ("/wissen/fortbildung-angehoerige/" in seen) == (role in (Role.CASEWORKER, Role.MANAGER))
    assert ("/wissen/zustaendigkeiten/" in seen) == bool(role)
