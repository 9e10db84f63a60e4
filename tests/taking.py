"""Several processes do the tests of one run together, each taking the next file nobody has taken.

The run's folder (TEST_QUEUE) holds an empty file for each part that was taken: only one process
can make it. A part is what one process does as a whole: tests in a row of one file.
"""

import os
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

SQLITE, POSTGRESQL, BROWSER = "sqlite", "postgresql", "browser"
"""The runs of a suite: what asks a database on either, and what works on sites of its own."""

PARTS = "parts"
"""The file of the folder that says how many parts there are."""


def untaken(folder: Path) -> int:
    """Return how many parts nobody has taken; 0 while no process knows how many there are."""
    try:
        parts = int((folder / PARTS).read_text())
    except FileNotFoundError:
        return 0
    return parts - sum(1 for path in folder.iterdir() if path.name.isdigit())


def taken(items: list, part_of: Callable[[object], str], folder: Path) -> Iterator:
    """Yield the items of the parts that this process takes, in their order."""
    parts = [list(part) for _name, part in groupby(items, key=part_of)]
    # Renamed, so that nobody reads it half written.
    unfinished = folder / f"{PARTS}.{os.getpid()}"
    unfinished.write_text(str(len(parts)))
    unfinished.rename(folder / PARTS)
    for number, part in enumerate(parts):
        try:
            (folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue
        yield from part


def run_taken(session: pytest.Session, part_of: Callable[[object], str], folder: Path) -> None:
    """Run what this process takes, as pytest's own loop runs everything."""
    mine = taken(session.items, part_of, folder)
    item = next(mine, None)
    while item is not None:
        # What comes next decides which fixtures stay.
        following = next(mine, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
