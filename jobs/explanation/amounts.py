"""How an amount arises, down to records, clause, rate and rounding, in words and figures.

The steps come from the same code that computed the amount, run again on nothing but the line's
stored inputs and the frozen terms it rests on. Every step printed can be computed again by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from base import formats
from base.facts import Fact
from base.history import batches
from contracts.billing import Step, round_to
from contracts.billing import explain as steps_to
from contracts.billing.steps import FACTS
from contracts.models import ContractEdition, PayrollLine
from contracts.units import unit_label
from forms.models import ServiceRecord
from jobs.explanation.notes import notes_of
from jobs.explanation.reasons import captions_of, reason_text
from jobs.explanation.sources import source_model, terms_of, tokens
from jobs.models import Statement, StatementLine

REASONS = (gettext_noop("billed before"), gettext_noop("stage before not completed"))
"""Why a completed stage is not billed."""

SIGNS = {"sum": " + ", "difference": " − ", "product": " × ", "quotient": " ÷ "}
CHOICES = {"maximum": "max", "minimum": "min"}
ROUNDINGS = {
    "round_cents": gettext_noop("%(number)s rounded to cents"),
    "round_up": gettext_noop("%(number)s rounded up to multiples of %(step)s"),
    "round_down": gettext_noop("%(number)s rounded down to multiples of %(step)s"),
    "round_half_up": gettext_noop("%(number)s rounded half up to multiples of %(step)s"),
}


@dataclass(frozen=True)
class Source:
    """One fact behind a line, in the version that counted.

    `figure` is its amount or its minutes with their unit; completed stages have none. `case` is
    the key of a record's case.
    """

    model: type[Fact]
    key: int
    reference: str
    version: int
    day: date
    what: str
    figure: str = ""
    note: str = ""
    case: int | None = None

    @property
    def text(self) -> str:
        """The fact in one line."""
        note = f"({self.note})" if self.note else ""
        return " ".join(
            part for part in (formats.day(self.day), self.what, self.figure, note) if part
        )


@dataclass(frozen=True)
class ExplainedStep:
    """One operation on the way to an amount: its rule in words, in figures, and what came out."""

    number: int
    rule: str
    operation: str
    result: str


@dataclass(frozen=True)
class Explanation:
    """How a line's amount arises: what it rests on, the steps, what was charged before."""

    line: StatementLine
    clause: str
    editions: str
    steps: tuple[ExplainedStep, ...]
    difference: str
    unbilled: str
    notes: tuple[str, ...]
    because: str
    sources: int
    heading_of_sources: str


HIDDEN = "…"


def source_permission(line: StatementLine) -> str:
    """Return what one needs to see the facts behind a line."""
    model = source_model(line.edition, line.term)
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def sees_sources(line: StatementLine, user) -> bool:
    """Whether the person may see the facts behind a line: as they may where these are kept."""
    return user.has_perm(source_permission(line), line)


def sees_all_sources(statement: Statement, user) -> bool:
    """Whether the person may see the facts behind every line, as its letter shows them.

    Also those that were there before a correction: the letter says why they changed.
    """
    rows = (
        statement.lines.exclude(sources="", cause="")
        .order_by()
        .values_list("edition", "term")
        .distinct()
    )
    editions = ContractEdition.objects.in_bulk({edition for edition, _term in rows})
    models = {source_model(editions[edition], term) for edition, term in rows}
    return all(
        user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}", statement)
        for model in models
    )


def explanation_of(line: StatementLine, *, with_sources: bool = True) -> Explanation:
    """Return how a line's amount arises, in words and figures.

    Without sources, also the operands that are amounts of payroll are left out (their sum is the
    line's, each of them is not), and the reasons that were chosen for changed records.
    """
    sources = len(tokens(line.sources))
    if source_model(line.edition, line.term) is PayrollLine:
        heading = ngettext("%d payroll line", "%d payroll lines", sources)
    else:
        heading = ngettext("%d record", "%d records", sources)
    difference = ""
    if line.previous or line.cause:
        difference = f"{figure(line.computed)} − {figure(line.previous)} = {figure(line.amount)}"
    return Explanation(
        line=line,
        clause=clause_of(line),
        editions=editions_of(line),
        steps=tuple(
            ExplainedStep(
                number, _(step.rule), _operation(step, with_sources), _result(step.result)
            )
            for number, step in enumerate(steps_of(line), 1)
        ),
        difference=difference,
        unbilled=_unbilled(line) if line.unbilled else "",
        notes=tuple(notes_of(line)),
        because=_because(line) if with_sources else "",
        sources=sources,
        heading_of_sources=heading % sources,
    )


def _because(line: StatementLine) -> str:
    """Return the reasons that were chosen for what was changed, unless somebody looked already."""
    if not hasattr(line, "because"):
        line.because = reason_text(captions_of(line.statement, [line]).get(line.pk, ""))
    return line.because


def _operation(step: Step, with_sources: bool) -> str:
    """Return a step in figures, where its operands are for the reader."""
    return spelled(step) if with_sources or step.about != FACTS else HIDDEN


def steps_of(line: StatementLine) -> tuple[Step, ...]:
    """Return the steps to the line's computed amount; none where what was charged is gone."""
    return steps_to(terms_of(line.edition, line.term), line)


def sources_of(line: StatementLine, first: int = 0, most: int | None = None) -> list[Source]:
    """Return the facts behind a line in the versions that counted, by day and reference.

    All of them, or at most so many from a place on.
    """
    model = source_model(line.edition, line.term)
    chosen = _in_order(model, tokens(line.sources))[first : None if most is None else first + most]
    rows = {}
    for batch in batches(chosen):
        rows.update(model.history.in_bulk(batch, field_name="history_id"))
    describe = _payroll_source if model is PayrollLine else _record_source
    return [describe(rows[place], line.edition) for place in chosen]


def _in_order(model: type[Fact], versions: dict[int, int]) -> list[int]:
    """Return the keys of the history rows that hold these versions, by day and reference."""
    found = {}
    for batch in batches(versions):
        rows = model.history.filter(id__in=batch).order_by("history_id")
        named = rows.values_list("id", "version", "day", "reference", "history_id")
        # Of two rows of one version the later says what was stored.
        found.update(
            {pk: rest for pk, version, *rest in named.iterator() if versions[pk] == version}
        )
    return [place for *_order, place in sorted(found.values())]


def _payroll_source(row, edition: ContractEdition) -> Source:
    return Source(
        PayrollLine,
        row.id,
        row.reference,
        row.version,
        row.day,
        row.label,
        euro(row.amount),
    )


def _record_source(row, edition: ContractEdition) -> Source:
    common = (ServiceRecord, row.id, row.reference, row.version, row.day)
    if row.stage:
        return Source(*common, _label(_stages(edition), row.stage), case=row.case_id)
    kind = _label(edition.data.kinds_of_work, row.kind)
    note = ""
    if row.session or row.participants != 1:
        note = _("%(participants)d present, led by %(counsellors)d")
        note %= {"participants": row.participants, "counsellors": row.counsellors}
    return Source(*common, kind, f"{row.minutes} min", note, case=row.case_id)


def _stages(edition: ContractEdition) -> list:
    terms = edition.data.remuneration
    return [stage for each in terms for stage in getattr(each, "stages", ())]


def _label(things, key: str) -> str:
    return next((thing.label for thing in things if thing.key == key), key)


def explain(statement: Statement, position: int | None = None) -> Iterator[str]:
    """Yield the explanation of a statement, or of one of its lines, as lines of text."""
    yield _heading(statement)
    lines = statement.lines.with_editions().select_related("case").order_by("position")
    lines = list(lines if position is None else lines.filter(position=position))
    captions = captions_of(statement, lines)
    for line in lines:
        line.because = reason_text(captions.get(line.pk, ""))
        yield ""
        yield from explain_line(line)
    if position is None:
        yield ""
        yield _("Total: %s") % euro(statement.total)
        if statement.instalments:
            yield _("Instalments: %s") % euro(statement.instalments)
            yield _("Balance: %s") % euro(statement.balance)


def _heading(statement: Statement) -> str:
    name = _("Statement %s") % (statement.number or f"({statement.get_status_display()})")
    if statement.corrects:
        name += " · " + _("corrects %s") % statement.corrects.number
    days = f"{formats.day(statement.period_first)}–{formats.day(statement.period_last)}"
    return f"{name} · {statement.contract} · {days}"


def explain_line(line: StatementLine) -> Iterator[str]:
    """Yield how a line's amount arises."""
    about = f" · {line.case.number}" if line.case else ""
    days = f"{formats.day(line.first)}–{formats.day(line.last)}"
    yield f"{line.position}. {line.label}{about} · {days} · {euro(line.amount)}"
    explained = explanation_of(line)
    yield "   " + _("Clause %(clause)s, contract edition %(number)s") % {
        "clause": explained.clause,
        "number": explained.editions,
    }
    for step in explained.steps:
        yield f"   {step.number}) {step.rule}: {step.operation} = {step.result}"
    if explained.difference:
        yield "   " + _("less what was charged already") + f": {explained.difference}"
        yield "   " + _("Cause: %s") % line.cause
        if explained.because:
            yield f"   {explained.because}"
    if explained.unbilled:
        yield "   " + explained.unbilled
    for note in explained.notes:
        yield f"   {note}"
    yield f"   {explained.heading_of_sources}:"
    for source in sources_of(line):
        yield f"     {source.reference} v{source.version}: {source.text}"


def _unbilled(line: StatementLine) -> str:
    text = _("documented, not billed: %(quantity)s %(unit)s") % {
        "quantity": figure(line.unbilled.normalize()),
        "unit": unit_label(line.unit),
    }
    if reason := line.inputs.get("reason"):
        text += f" ({_(reason)})"
    return text


def editions_of(line: StatementLine) -> str:
    """Return the numbers of the contract editions that agree on the line: mostly one."""
    return ", ".join(map(str, line.inputs.get("editions") or [line.edition.number]))


def clause_of(line: StatementLine) -> str:
    """Return the clause a line rests on with its title."""
    clauses = line.edition.data.clauses
    title = next((clause.title for clause in clauses if clause.number == line.clause), "")
    return f"{line.clause} {title}".strip()


def spelled(step: Step) -> str:
    """Return a step's operation in figures: 28.757,62 × 12 %, max(3.450,9144; 5.400)."""
    operands = [figure(operand) for operand in step.operands]
    if step.operation in SIGNS:
        return SIGNS[step.operation].join(operands)
    if step.operation == "percent":
        return f"{operands[0]} × {operands[1]} %"
    if step.operation in CHOICES:
        return f"{CHOICES[step.operation]}({'; '.join(operands)})"
    return _(ROUNDINGS[step.operation]) % {"number": operands[0], "step": operands[-1]}


def _result(number: Decimal | Fraction) -> str:
    """Return a result; what does not end in decimal places also as a reader would write it."""
    if isinstance(number, Fraction) and number.denominator != 1:
        return f"{figure(number)} (≈ {figure(round_to(number, 4))})"
    return figure(number)


def figure(number: Decimal | Fraction | int) -> str:
    """Return a number exactly, with German separators; what does not end stays a fraction."""
    if isinstance(number, Fraction):
        if number.denominator != 1:
            return f"{figure(number.numerator)}/{figure(number.denominator)}"
        number = int(number)
    exact = Decimal(number)
    places = max(0, -exact.as_tuple().exponent)
    # One place alone looks like a slip: 62,40 rather than 62,4.
    return formats.exact(exact, least=max(2, places) if places else 0)


def euro(amount: Decimal) -> str:
    """Return EUR for lines of text, with a space as it is typed and searched for: 1.234,56 €."""
    return formats.money(amount).replace(formats.NO_BREAK, " ")
