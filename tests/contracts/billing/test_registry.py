"""What every registered model must do, whichever it is."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.billing import (
    MODELS,
    Facts,
    Grain,
    evaluate,
    explain,
    model_of,
    parse_terms,
    run_example,
)

EXAMPLES = [
    pytest.param(example, id=f"{name}: {example.name}")
    for name, module in MODELS.items()
    for example in module.EXAMPLES
]


@pytest.mark.parametrize("module", MODELS.values(), ids=MODELS)
def test_a_model_has_examples_and_says_what_it_reads(module):
    assert module.EXAMPLES
    assert isinstance(module.FACTS, Facts)
    for example in module.EXAMPLES:
        assert isinstance(module.grain(example.terms), Grain)
        assert model_of(example.terms) is module


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_come_out_as_computed_by_hand(example):
    lines = run_example(example)

    by_key = {line.key: line for line in lines}
    by_component: dict[str, Decimal] = {}
    for line in lines:
        by_component[line.component] = by_component.get(line.component, 0) + line.amount
    for name, amount in example.amounts.items():
        found = by_key[name].amount if name in by_key else by_component[name]
        assert found == Decimal(amount), name
    assert sum(line.amount for line in lines) == Decimal(example.total)


@pytest.mark.parametrize("example", EXAMPLES)
def test_lines_can_be_explained_from_what_they_store(example):
    for line in run_example(example):
        stored = replace(line, inputs=json.loads(json.dumps(line.inputs)))
        steps = explain(example.terms, stored)

        assert steps == explain(example.terms, line)
        assert steps[-1].result == line.amount
        for step in steps:
            assert evaluate(step) == step.result


@pytest.mark.parametrize("example", EXAMPLES)
def test_lines_have_keys_of_their_own_and_amounts_in_cents(example):
    lines = run_example(example)

    assert len({line.key for line in lines}) == len(lines)
    assert all(line.amount.as_tuple().exponent == -2 for line in lines)
    assert all(line.clause == example.terms.clause for line in lines)


@pytest.mark.parametrize("example", EXAMPLES)
def test_terms_survive_being_stored_as_json(example):
    stored = json.loads(example.terms.model_dump_json())

    assert parse_terms(stored) == example.terms
