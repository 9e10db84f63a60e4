"""The remuneration models there are. Adding one is one module and one line here.

A module has `TERMS` (its subclass of Terms), `FACTS`, `grain(terms)`,
`calculate(terms, segment, facts, opening, earlier)`, `explain(terms, inputs)`, `EXAMPLES`, and
`example_facts(terms, day)`: facts from that day on that show what given terms come to.
"""

from types import ModuleType
from typing import Annotated, Union

from pydantic import Field, TypeAdapter

from contracts.billing import cost_reimbursement, hourly_rate, service_complexes
from contracts.billing.scheme import Terms

_MODULES = (
    cost_reimbursement,
    hourly_rate,
    service_complexes,
)

MODELS: dict[str, ModuleType] = {
    module.TERMS.model_fields["model"].default: module for module in _MODULES
}

AnyTerms = Annotated[
    Union[tuple(module.TERMS for module in _MODULES)],  # noqa: UP007 (built from the registry)
    Field(discriminator="model"),
]

_ADAPTER = TypeAdapter(AnyTerms)


def parse_terms(data: dict) -> Terms:
    """Configured terms of whichever model the data names; raises pydantic's ValidationError."""
    return _ADAPTER.validate_python(data)


def model_of(terms: Terms) -> ModuleType:
    """The module that computes these terms."""
    return MODELS[terms.model]
