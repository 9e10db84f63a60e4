"""The runner sums both databases, and in CI lets nothing go untested."""

from pathlib import Path

import pytest

from tests.failing import in_short
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


def test_a_failure_says_where_in_the_tests_it_came_about_and_why(tmp_path, capsys):
    """Not where in a library it was raised: of a run elsewhere often only the end is read."""
    failing = tmp_path / "test_reading.py"
    failing.write_text("import json\n\n\ndef test_reading():\n    json.loads('{')\n")
    run = Run("a", "sqlite://:memory:", [str(failing), f"--rootdir={tmp_path}"], tmp_path / "run")
    run.start()
    run.finish()
    assert conclude([run], missing="", strict=False) == 1
    said = capsys.readouterr().out.splitlines()
    told = said[said.index("failed on a: test_reading::test_reading") + 1]
    assert told.startswith("    json.decoder.JSONDecodeError: Expecting property name")


def test_a_place_is_the_last_of_ours_and_of_the_test():
    traceback = (
        "tests/test_a.py:3: in test\ntests/test_a.py:7: in begin\n"
        "tests/b.py:12: in click\nlib/zones.py:58: TimeoutError"
    )
    told = "tests/test_a.py:7: tests/b.py:12: TimeoutError: 30 s"
    assert in_short("TimeoutError: 30 s\nCall log", traceback) == told
    assert in_short("x", "tests/test_a.py:3: AssertionError") == "tests/test_a.py:3: x"
    assert in_short("", "") == ""
