"""Files of the exchange format in tests: altered, imported, refused."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils.translation import override

from base.exchange.importing import import_files
from base.history import history_model, tracked_models
from base.problems import ExchangeError, Problem
from tests.counting import rows_in

FILES = Path(__file__).resolve().parent / "files"


@dataclass(frozen=True)
class Bad:
    """A change that makes a good file bad, and what must be said about it.

    `old` in the file becomes `new`; the problem stands at `place`, and its message has all of
    `says` in it: the value, and what is allowed.
    """

    file: str
    old: str
    new: str
    place: str
    says: tuple[str, ...] = ()


def altered(folder: Path, name: str, *changes: tuple[str, str, str]) -> Path:
    """Return a copy of a set of files with texts replaced where they stand first."""
    copy = folder / name
    shutil.copytree(FILES / name, copy, ignore=shutil.ignore_patterns("*.md", "refused"))
    for file, old, new in changes:
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def refusal(*paths: Path) -> list[Problem]:
    """Import files that must be refused; return what is said, in the words of the code."""
    with override("en"), pytest.raises(ExchangeError) as refused:
        import_files(list(paths), save=True)
    return refused.value.problems


def assert_refused(folder: Path, name: str, bad: Bad) -> None:
    """Assert that a set of files with one bad place is refused, where, why, and nothing stored."""
    before = stored_rows()
    problems = refusal(altered(folder, name, (bad.file, bad.old, bad.new)))
    assert {(problem.file, problem.place) for problem in problems} == {(bad.file, bad.place)}
    for part in bad.says:
        assert part in problems[0].message
    assert stored_rows() == before


def stored_rows() -> dict[str, int]:
    """Return how many rows and versions the database holds of each kind."""
    kinds = {model: history_model(model) for model in tracked_models()}
    found = rows_in(model._meta.db_table for pair in kinds.items() for model in pair)
    return {
        model._meta.label: found[model._meta.db_table] + found[history._meta.db_table]
        for model, history in kinds.items()
    }
