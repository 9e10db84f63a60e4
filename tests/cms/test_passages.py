"""What a reader of content is told: what counts, and nothing that does not."""

import pytest

from base.studio.passages import passages_of
from cms.content.catalogue import CatalogueContent


def told(requirement: str, **others) -> list[tuple[str, str]]:
    """Return the fields of the only entry of a catalogue, as they are read."""
    entry = {"requirement": requirement, "modules": ["m1"], "at_least": 1, **others}
    group = {
        "key": "g",
        "code": "1",
        "title": "G",
        "combinations": [{"key": "r", "entries": [entry]}],
    }
    content = {
        "title": "C",
        "modules": [{"key": "m1", "code": "1", "title": "M"}],
        "need_groups": [group],
    }
    (groups,) = (
        each
        for each in passages_of(CatalogueContent, content)
        if each.parts and each.parts[0].title != "1 M"
    )
    (combinations,) = (each for each in groups.parts[0].passages if each.parts)
    (entries,) = (each for each in combinations.parts[0].passages if each.parts)
    return [(str(each.label), each.text) for each in entries.parts[0].passages]


@pytest.mark.parametrize(
    ("requirement", "counts"),
    [("required", False), ("one_of", False), ("optional", False), ("at_least", True)],
)
def test_how_many_are_needed_is_told_where_it_counts(requirement, counts):
    assert (("Mindestens", "1") in told(requirement)) == counts
