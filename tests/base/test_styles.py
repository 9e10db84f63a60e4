"""The style sheet of what is in use: smaller than KERN's, and nothing in use is gone."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from base import styles

pytestmark = pytest.mark.once


def test_rules_stay_whose_classes_are_named_and_rules_without_any():
    sheet = (
        "@charset 'utf-8';:root{--kern-a:1}a{color:red}"
        ".kern-a,.kern-b{x:1}.kern-a .kern-b{x:2}.kern-a:not(.kern-b){x:3}.kern-a.other{x:4}"
        "@media print{.kern-b{x:5}}@media screen{.kern-a{x:6}.kern-b{x:7}}"
        ".kern-a:after{content:'}.kern-b{'}@keyframes k{to{x:8}}"
    )
    assert styles.reduced(sheet, '<p class="kern-a">') == (
        "@charset 'utf-8';:root{--kern-a:1}a{color:red}"
        ".kern-a{x:1}.kern-a:not(.kern-b){x:3}.kern-a.other{x:4}"
        "@media screen{.kern-a{x:6}}"
        ".kern-a:after{content:'}.kern-b{'}@keyframes k{to{x:8}}"
    )


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("kern-icon--{{ icon }} icon='home'", ".kern-icon--home{x:1}"),
        ("kern-icon--{% if yes %}add{% else %}home{% endif %}", ".kern-icon--home{x:1}"),
        ("kern-icon--{{ icon }} go home", ""),
        ("kern-icon 'home'", ""),
        ("kern-icon--home-work", ""),
    ],
)
def test_a_computed_name_keeps_what_it_may_become(said, kept):
    assert styles.reduced(".kern-icon--home{x:1}", said) == kept


def selectors(sheet: str) -> set[str]:
    """All selectors of a sheet; those with lists in brackets are left out."""
    heads = re.findall(r"(?<=[{}])([^{}@]+)(?={)", sheet)
    return {one for head in heads if "(" not in head for one in head.split(",")}


def test_every_rule_in_kern_for_classes_in_our_sources_is_there():
    """Walks all sources; by the names alone, however the sheet was made."""
    named = set()
    for app in settings.FALLWERK_APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.*"):
            if path.suffix in (".html", ".py", ".js"):
                named |= set(re.findall(r"kern-[\w-]*\w", path.read_text()))
    ours = {
        one
        for one in selectors(Path(finders.find(styles.WHOLE)).read_text())
        if named.issuperset(re.findall(r"kern-[\w-]+", one)) and "." in one
    }
    assert len(ours) > 100
    assert ours <= selectors(Path(finders.find(styles.IN_USE)).read_text())


def test_most_of_what_nobody_uses_is_left_out():
    whole = Path(finders.find(styles.WHOLE)).read_text()
    made = Path(finders.find(styles.IN_USE)).read_text()
    assert len(made) < len(whole) / 2
    assert "kern-accordion" in whole
    assert "kern-accordion" not in made


def test_collecting_takes_it_along_and_the_letters_lie_where_it_says():
    collected = [path for finder in finders.get_finders() for path, _storage in finder.list([])]
    assert collected.count(styles.IN_USE) == 1
    made = Path(finders.find(styles.IN_USE)).read_text()
    named = re.findall(r"url\(\.\./([^)]+)\)", made)
    assert len(named) > len(styles.WEIGHTS)
    assert all(finders.find(path) for path in named)
