"""The facts behind a line, in the versions that it names."""

from collections.abc import Iterable

from base.facts import Fact
from contracts.billing import Facts, Terms, model_of
from contracts.models import ContractEdition, PayrollLine
from forms.models import ServiceRecord
from jobs.models import StatementLine

Versions = dict[int, int]
"""Version by key of a fact."""


def terms_of(edition: ContractEdition, key: str) -> Terms:
    """Return the frozen terms of a contract edition that a line names."""
    return next(terms for terms in edition.data.remuneration if terms.key == key)


def source_model(edition: ContractEdition, term: str) -> type[Fact]:
    """Return the model whose versions the sources of a term's lines name."""
    facts = model_of(terms_of(edition, term)).FACTS
    return PayrollLine if facts is Facts.COST else ServiceRecord


def tokens(sources: str) -> Versions:
    """Return "id.version" tokens as id → version."""
    pairs = (token.split(".") for token in sources.split())
    return {int(pk): int(version) for pk, version in pairs}


def versions_of(lines: Iterable[StatementLine]) -> dict[type[Fact], Versions]:
    """Return the versions of the facts behind lines, by their model."""
    found: dict[type[Fact], Versions] = {PayrollLine: {}, ServiceRecord: {}}
    for line in lines:
        found[source_model(line.edition, line.term)].update(tokens(line.sources))
    return found
