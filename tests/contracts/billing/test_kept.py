"""What lines kept once is read for ever, whatever today's code would keep."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.billing import MODELS, explain, parse_terms, run_example
from contracts.billing.kept import FIELDS, VERSION, named, positional

FILES = sorted(Path(__file__).with_name("kept").glob("inputs-*.json"))
"""For each version the inputs of lines of all forms, with their terms and amounts, as kept then."""

KEPT = [
    pytest.param(row, id=f"{path.stem} {place}")
    for path in FILES
    for place, row in enumerate(json.loads(path.read_text()), 1)
]


@pytest.mark.parametrize("row", KEPT)
def test_what_was_kept_comes_to_its_amount(row):
    line = SimpleNamespace(inputs=row["inputs"])

    assert str(explain(parse_terms(row["terms"]), line)[-1].result) == row["amount"]


def test_each_version_is_among_the_files():
    numbers = [int(re.search(r"\d+", path.stem)[0]) for path in FILES]

    assert numbers == list(range(1, VERSION + 1))
    for number, path in zip(numbers, FILES, strict=True):
        rows = json.loads(path.read_text())
        assert {row["inputs"].get("version", 1) for row in rows} == {number}
        assert {row["terms"]["model"] for row in rows} == set(MODELS)


def test_what_is_kept_today_has_the_form_of_its_version():
    """Whoever changes a form raises the version and keeps a file of the new one."""
    newest = [row["inputs"] for row in json.loads(FILES[-1].read_text())]
    forms = set().union(*map(form, newest))
    for module in MODELS.values():
        for example in module.EXAMPLES:
            for line in run_example(example):
                assert form(json.loads(json.dumps(line.inputs))) <= forms


def form(value, place: str = "") -> set[str]:
    """Where in inputs there are which fields; keys of kinds and terms are their own affair."""
    if isinstance(value, dict) and "fields" in value:
        return {f"{place}: {value['fields']}"}
    if isinstance(value, dict):
        own = place.endswith(("rounded", "passed_on"))
        found = [form(part, place + ("/…" if own else f"/{key}")) for key, part in value.items()]
        return set().union(*found)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return set().union(*(form(part, f"{place}[]") for part in value))
    return {place}


def test_rows_name_their_fields():
    for row in KEPT:
        for name, value in tables(row.values[0]["inputs"]):
            assert tuple(value["fields"]) == tuple(FIELDS[name])
            assert all(len(each) == len(value["fields"]) for each in value["rows"])


def tables(inputs: dict):
    for name, value in inputs.items():
        if isinstance(value, dict) and "fields" in value:
            yield name, value
        elif isinstance(value, dict):
            yield from tables(value)
        elif isinstance(value, list):
            for part in value:
                if isinstance(part, dict):
                    yield from tables(part)


@pytest.mark.parametrize("row", KEPT)
def test_naming_fields_loses_nothing(row):
    inputs = positional(row["inputs"])

    assert positional(json.loads(json.dumps(named(inputs)))) == inputs
    assert not list(tables(inputs))


def test_what_a_later_version_kept_is_refused():
    with pytest.raises(ValueError, match=f"{VERSION + 1}; allowed: up to {VERSION}"):
        positional({"version": VERSION + 1, "times": 1, "price": "1.00"})
