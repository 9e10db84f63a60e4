"""Say why a line came out differently: which facts came late, changed or were withdrawn.

Kept in German with the statement: it is part of a document, not of a screen.
"""

from django.utils.translation import gettext as _
from django.utils.translation import override

from contracts.billing import Facts
from contracts.billing.registry import MODELS
from contracts.models import PayrollLine
from forms.models import ServiceRecord
from jobs.models import StatementLine

SHOWN = 5


def source_model(line: StatementLine):
    """Return the model whose versions a line's sources name."""
    terms = next(t for t in line.edition.data.remuneration if t.key == line.term)
    return PayrollLine if MODELS[terms.model].FACTS is Facts.COST else ServiceRecord


def tokens(sources: str) -> dict[int, int]:
    """Return "id.version" tokens as id → version."""
    return {int(pk): int(version) for pk, version in (token.split(".") for token in sources.split())}


def cause_of(row: StatementLine, before: StatementLine | None) -> str:
    """Return the differences between a line and what was charged, as a short German text."""
    old = tokens(before.sources) if before else {}
    new = tokens(row.sources)
    changed = [pk for pk in new if pk in old and new[pk] != old[pk]]
    with override("de"):
        parts = [
            _named(_("received late"), source_model(row), [pk for pk in new if pk not in old]),
            _named(_("changed"), source_model(row), changed),
            _named(_("withdrawn"), source_model(before or row), [pk for pk in old if pk not in new]),
        ]
        if before and row.inputs and row.edition_id != before.edition_id:
            parts.append(
                _("contract edition %(new)d instead of %(old)d")
                % {"new": row.edition.number, "old": before.edition.number}
            )
        found = "; ".join(part for part in parts if part)
        return found or _("computed with other terms or support plan")


def _named(what: str, model, pks: list[int]) -> str:
    if not pks:
        return ""
    references = model.objects.filter(pk__in=pks[:SHOWN]).order_by("reference")
    named = ", ".join(references.values_list("reference", flat=True))
    more = _(" and %d more") % (len(pks) - SHOWN) if len(pks) > SHOWN else ""
    return f"{what}: {named}{more}"
