"""How an amount arises, down to records, clause, rate and rounding, in words and figures.

The steps come from the same code that computed the amount, run again on nothing but the line's
stored inputs and the frozen terms it rests on. Every step printed can be computed again by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.billing import Step, Terms, model_of
from jobs.actions.causes import source_model, tokens
from jobs.models import Statement, StatementLine

SIGNS = {"sum": " + ", "difference": " − ", "product": " × ", "quotient": " ÷ "}


@dataclass(frozen=True)
class Source:
    """One fact behind a line, in the version that counted."""

    reference: str
    version: int
    text: str


def terms_of(line: StatementLine) -> Terms:
    """Return the frozen terms the line rests on."""
    return next(terms for terms in line.edition.data.remuneration if terms.key == line.term)


def steps_of(line: StatementLine) -> tuple[Step, ...]:
    """Return the steps to the line's computed amount; none where what was charged is gone."""
    if not line.inputs:
        return ()
    terms = terms_of(line)
    return model_of(terms).explain(terms, line.inputs)


def sources_of(line: StatementLine) -> list[Source]:
    """Return the facts behind a line in the versions that counted, by day."""
    model, versions = source_model(line), tokens(line.sources)
    rows = model.history.filter(id__in=versions).order_by("day", "reference")
    return [
        Source(reference=row.reference, version=row.version, text=_fact(row))
        for row in rows
        if versions[row.id] == row.version
    ]


def _fact(row) -> str:
    if hasattr(row, "cost_kind"):
        return f"{day(row.day)} {row.label} {euro(row.amount)}"
    if row.stage:
        return f"{day(row.day)} {row.stage}"
    shared = f" ({row.participants}/{row.counsellors})" if row.participants > 1 else ""
    return f"{day(row.day)} {row.kind} {row.minutes} min{shared}"


def explain(statement: Statement, position: int | None = None) -> Iterator[str]:
    """Yield the explanation of a statement, or of one of its lines, as lines of text."""
    yield f"{statement} · {statement.contract} · {statement.period}"
    lines = statement.lines.select_related("edition", "case").order_by("position")
    for line in lines if position is None else lines.filter(position=position):
        yield ""
        yield from explain_line(line)
    if position is None:
        yield ""
        yield _("Total: %s") % euro(statement.total)
        if statement.instalments:
            yield _("Instalments: %s") % euro(statement.instalments)
            yield _("Balance: %s") % euro(statement.balance)


def explain_line(line: StatementLine) -> Iterator[str]:
    """Yield how a line's amount arises."""
    about = f" · {line.case.number}" if line.case else ""
    yield f"{line.position}. {line.label}{about} · {day(line.first)}–{day(line.last)} · {euro(line.amount)}"
    yield "   " + _("Clause %(clause)s, contract edition %(number)d") % {
        "clause": line.clause, "number": line.edition.number,
    }
    for number, step in enumerate(steps_of(line), 1):
        yield f"   {number}) {_(step.rule)}: {spelled(step)} = {figure(step.result)}"
    if line.previous or line.cause:
        yield "   " + _("already charged") + (
            f": {figure(line.computed)} − {figure(line.previous)} = {figure(line.amount)}"
        )
        yield "   " + _("Cause: %s") % line.cause
    if line.unbilled:
        yield "   " + _("documented, not billed: %(quantity)s %(unit)s") % {
            "quantity": figure(line.unbilled), "unit": line.unit,
        }
    sources = sources_of(line)
    yield "   " + ngettext("%d record:", "%d records:", len(sources)) % len(sources)
    for source in sources:
        yield f"     {source.reference} v{source.version}: {source.text}"


def spelled(step: Step) -> str:
    """Return a step's operation in figures: 28.757,62 × 12 ÷ 100."""
    operands = [figure(operand) for operand in step.operands]
    if step.operation in SIGNS:
        return SIGNS[step.operation].join(operands)
    if step.operation == "percent":
        return f"{operands[0]} × {operands[1]} %"
    return f"{step.operation}({'; '.join(operands)})"


def figure(number: Decimal | Fraction | int) -> str:
    """Return a number exactly, with German separators; what does not end stays a fraction."""
    if isinstance(number, Fraction) and number.denominator != 1:
        return f"{figure(number.numerator)}/{figure(number.denominator)}"
    whole, _point, places = f"{Decimal(int(number) if isinstance(number, Fraction) else number):f}".partition(".")
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}".replace(",", ".")
    return f"{sign}{grouped}" + (f",{places}" if places else "")


def euro(amount: Decimal) -> str:
    """Return EUR with two places: 1.234,56 €."""
    return f"{figure(amount.quantize(Decimal('0.01')))} €"


def day(value) -> str:
    """Return a day as 31.07.2026."""
    return f"{value:%d.%m.%Y}"
