"""The runner sums both databases, and in CI lets nothing go untested."""

from pathlib import Path

import pytest

from tests.run import Run, conclude


def runs(**outcomes):
    return [
        Run(name, "", [], Path(), outcomes={f"test_{place}": o for place, o in enumerate(row)})
        for name, row in outcomes.items()
    ]


P, F, S = "passed", "failed", "skipped"


@pytest.mark.parametrize(
    ("outcomes", "missing", "strict", "code", "last_line"),
    [
        pytest.param(
            {"a": [P, P], "b": [P, P]}, "", True, 0, "4 passed, 0 failed, 0 skipped", id="well"
        ),
        pytest.param(
            {"a": [P, F], "b": [P, P]}, "", False, 1, "3 passed, 1 failed, 0 skipped", id="failed"
        ),
        pytest.param(
            {"a": [P, S], "b": [P, P]}, "", True, 0, "3 passed, 0 failed, 1 skipped", id="one side"
        ),
        pytest.param(
            {"a": [P, S], "b": [P, S]}, "", True, 1, "2 passed, 0 failed, 2 skipped", id="nowhere"
        ),
        pytest.param(
            {"a": [P, S], "b": [P, S]}, "", False, 0, "2 passed, 0 failed, 2 skipped", id="at home"
        ),
        pytest.param(
            {"a": [P]}, "no server", False, 0, "1 passed, 0 failed, 1 skipped", id="no server"
        ),
        pytest.param(
            {"a": [P]}, "no server", True, 1, "1 passed, 1 failed, 0 skipped", id="no server in CI"
        ),
        pytest.param({"a": []}, "", False, 1, "0 passed, 0 failed, 0 skipped", id="nothing ran"),
    ],
)
def test_conclusion(outcomes, missing, strict, code, last_line, capsys):
    assert conclude(runs(**outcomes), missing=missing, strict=strict) == code
    assert capsys.readouterr().out.splitlines()[-1] == last_line
