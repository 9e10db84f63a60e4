"""One migrated and one filled site for this folder; every journey gets a copy of its own."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.beginning import begin
from tests.browser.person import Person
from tests.browser.site import STARTS_WITHIN, Site

PASSWORD = "Lindental-2024"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MOST_WAITED = 20
"""Seconds until what a page is to say counts as not said: a busy machine takes its time."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Nothing is drawn by a graphics card here, nor by software that stands in for one.
FLAGS += ["--disable-software-rasterizer"]


@pytest.fixture(scope="package")
def chromium() -> Iterator:
    """The browser; CI must have one, elsewhere its absence is said and skips.

    Closed with this folder: while Playwright runs, Django takes its loop for an async context and
    refuses the database to tests that come later.
    """
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        reason = "no Chromium on this machine; on Debian: apt install chromium"
        assert os.environ.get("CI") != "true", reason
        pytest.skip(reason)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=MOST_WAITED * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def migrated(migrated_file, tmp_path_factory) -> Site:
    """An installation without any rows of ours."""
    site = Site(tmp_path_factory.mktemp("installed"))
    shutil.copy(migrated_file, site.folder / "fallwerk.sqlite3")
    return site


@pytest.fixture(scope="package")
def sample(migrated, tmp_path_factory) -> Iterator[Site]:
    """The sample with its statements and reports, served; for looking, not for changing."""
    site = migrated.copy_to(tmp_path_factory.mktemp("sample"))
    site.manage("load_sample")
    site.run_inside("give_access")
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="package")
def keys(sample) -> dict:
    """For each role, by name of the page, the arguments of one it may open."""
    return json.loads(sample.run_inside("show_keys"))


@pytest.fixture
def site(migrated, tmp_path: Path) -> Iterator[Site]:
    """An empty installation of the test's own, served."""
    own = migrated.copy_to(tmp_path / "site")
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="package")
def agreed(migrated, tmp_path_factory) -> Site:
    """An installation with contracts and cases of the sample, and nothing recorded; copy it."""
    site = migrated.copy_to(tmp_path_factory.mktemp("agreed"))
    begin(site, "10-*.yaml", "20-*.yaml", "30-*.yaml", "40-*.yaml", "50-*.yaml")
    return site


@pytest.fixture
def begun(agreed, tmp_path: Path) -> Iterator[Site]:
    """One of the test's own with contracts and cases, served."""
    own = agreed.copy_to(tmp_path / "site")
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="package")
def planned(agreed, tmp_path_factory) -> Site:
    """An installation on a day with two visits, and nothing recorded; copy it."""
    site = agreed.copy_to(tmp_path_factory.mktemp("planned"))
    site.day = "2023-12-20"
    site.secrets = json.loads(site.run_inside("plan_visits"))
    return site


@pytest.fixture
def office(planned, tmp_path: Path) -> Iterator[Site]:
    """One of the test's own with two visits, served."""
    site = planned.copy_to(tmp_path / "site")
    site.secrets = planned.secrets
    site.start()
    yield site
    site.stop()


@pytest.fixture
def visit(chromium) -> Iterator[Callable[..., Person]]:
    """Let a person sit down at a browser: `visit(site, "finance.taler")` signs in."""
    contexts = []

    def sit_down(site: Site, username: str = "", **options) -> Person:
        context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "locale": "de-DE"} | options
        )
        contexts.append(context)
        # The first page of a site loads what all others find loaded.
        context.set_default_navigation_timeout(STARTS_WITHIN * 1000)
        person = Person(context.new_page(), site)
        if username:
            person.sign_in(username, PASSWORD)
        return person

    yield sit_down
    for context in contexts:
        context.close()
