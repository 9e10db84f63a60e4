"""What the remuneration of a contract comes to, for the studio: a statement for example facts.

Each block of terms is computed by its own calculator, with facts its model chooses for it
(`example_facts`), so that a new remuneration model brings its example along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import ValidationError as ContentError

from base import formats
from base.content import Refusal
from base.problems import describe
from base.refusals import refusal_text
from base.studio import Figures
from base.studio.places import in_words
from contracts.billing import (
    MODELS,
    Completion,
    Cost,
    Grain,
    Line,
    Period,
    Terms,
    Work,
    check_terms,
    compute,
    facts_within,
    grain_of,
    model_of,
    parse_terms,
    segments,
)
from contracts.billing.facts import Fact
from contracts.units import unit_label

MINUTES_PER_HOUR = 60


@dataclass(frozen=True)
class ExampleLine:
    """One line of the example as it is read."""

    label: str
    day: str
    quantity: str
    unbilled: str
    amount: str


@dataclass(frozen=True)
class BlockExample:
    """The statement of one block of terms for example facts, or why there is none."""

    label: str
    facts: tuple[str, ...] = ()
    lines: tuple[ExampleLine, ...] = ()
    total: str = ""
    problem: str = ""


class ContractFigures(Figures):
    """A statement example for each remuneration block, for what stands in the form."""

    title = gettext_lazy("Statement example")
    toggle = gettext_lazy("Show or hide the statement example")
    icon = "decimal"
    template = "contracts/studio/examples.html"

    def of(self, draft) -> Mapping:
        """Return an example for each block of the draft's remuneration.

        Only the remuneration is read; the rest of the contract may be unfinished.
        """
        plain = draft.plain()
        kinds = {kind.get("key"): kind.get("label") for kind in plain["kinds_of_work"]}
        day = draft.applies_from or timezone.localdate()
        return {"blocks": examples_of(plain["remuneration"], day, kinds)}


def examples_of(
    remuneration: Sequence[Mapping], day: date, kinds: Mapping[str, str]
) -> tuple[BlockExample, ...]:
    """Return an example for each block of plain terms, on facts from that day on.

    `kinds` gives kinds of work their labels. A block that is not whole says what is wrong.
    """
    found: list[BlockExample] = []
    whole: list[Terms] = []
    for plain in remuneration:
        label = plain.get("label") or _("Remuneration without a label")
        try:
            terms = parse_terms(plain)
            check_terms([*whole, terms])
            found.append(_example(terms, whole, day, kinds))
            whole.append(terms)
        except ContentError as error:
            said = [
                in_words(describe(item), MODELS[plain["model"]].TERMS) for item in error.errors()
            ]
            found.append(BlockExample(label, problem=" · ".join(said)))
        except Refusal as error:
            found.append(BlockExample(label, problem=refusal_text(error)))
    return tuple(found)


def _example(terms: Terms, earlier: Sequence[Terms], day: date, kinds) -> BlockExample:
    day = _within(terms, day)
    based_on = [each for each in earlier if each.key in _names(terms)]
    run = [*based_on, terms]
    if terms.comes_after():
        others = _in_turns(run, day)
        facts = [fact for fact in others if fact.kind in terms.prices()]
    else:
        facts = model_of(terms).example_facts(terms, day)
        others = [fact for each in based_on for fact in model_of(each).example_facts(each, day)]
    lines = _statement(run, list(dict.fromkeys([*others, *facts])), terms)
    total = sum((line.amount for line in lines), Decimal("0.00"))
    by_record = grain_of(terms, run).of_records
    return BlockExample(
        terms.label,
        (*dict.fromkeys(_fact(terms, fact, kinds, by_record) for fact in facts), *_plan(facts)),
        tuple(_line(line) for line in lines),
        formats.money(total),
    )


def _in_turns(run: Sequence[Terms], day: date) -> list[Work]:
    """Return example work for terms in turns: each kind once, record by record."""
    found: list[Work] = []
    known: set[str] = set()
    for each in run:
        facts = [fact for fact in model_of(each).example_facts(each, day) if fact.kind not in known]
        if grain_of(each, run).of_records and not model_of(each).grain(each).of_records:
            facts = [replace(fact, minutes=fact.minutes // fact.count) for fact in facts]
        found += facts
        known |= each.prices()
    return found


def _within(terms: Terms, day: date) -> date:
    """Return the day, or the nearest one on which the terms are valid."""
    day = max(day, terms.valid_from or day)
    return min(day, terms.valid_until or day)


def _names(terms: Terms) -> set[str]:
    """Return the keys of the earlier terms whose totals these read."""
    return {name.split(".")[0] for name in terms.references()}


def _statement(run: Sequence[Terms], facts: Sequence[Fact], terms: Terms) -> list[Line]:
    """Return the lines of the last terms, for whole calendar years or months."""
    days = [_day(fact) for fact in facts]
    model = model_of(terms)
    if model.grain(terms) is Grain.PERIOD:
        period = Period(date(min(days).year, 1, 1), date(max(days).year, 12, 31))
    else:
        period = Period(Period.month_of(min(days)).first, Period.month_of(max(days)).last)
    stretches = segments([(period.first, 1, tuple(run))], period, first=period.first)
    return [line for line in compute(stretches, _facts_of(facts)) if line.term == terms.key]


def _facts_of(facts: Sequence[Fact]):
    """Give each term only what its model reads, as the database does."""
    kinds = {"work": Work, "cost": Cost, "completion": Completion}
    within = facts_within(facts)

    def source(segment, terms):
        kind = kinds[model_of(terms).FACTS.value]
        return [fact for fact in within(segment, terms) if isinstance(fact, kind)]

    return source


def _day(fact: Fact) -> date:
    return fact.day if isinstance(fact, Completion) else fact.first


def _fact(terms: Terms, fact: Fact, kinds: Mapping[str, str], by_record: bool) -> str:
    """Say what an example fact is, in words."""
    if isinstance(fact, Cost):
        return f"{fact.kind}: {formats.money(fact.amount)}"
    if isinstance(fact, Completion):
        stages = {stage.key: stage.label for stage in terms.stages}
        return _("%(stage)s completed on %(day)s") % {
            "stage": stages[fact.stage],
            "day": formats.day(fact.day),
        }
    return _work(fact, by_record, kinds.get(fact.kind) or fact.kind)


def _work(fact: Work, by_record: bool, kind: str) -> str:
    each = fact.minutes if by_record else fact.minutes // fact.count
    template = ngettext(
        "%(kind)s: %(count)d record of %(minutes)d minutes",
        "%(kind)s: %(count)d records of %(minutes)d minutes",
        fact.count,
    )
    said = template % {"kind": kind, "count": fact.count, "minutes": each}
    if fact.participants > 1:
        said += ", " + _("%(count)d present") % {"count": fact.participants}
    return said


def _plan(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Say what the support plan grants, where that is the cap."""
    granted = {fact.cap_minutes for fact in facts if isinstance(fact, Work)} - {None}
    hours = [minutes / MINUTES_PER_HOUR for minutes in sorted(granted)]
    return tuple(
        ngettext(
            "planned: %(hours)s hour a month",
            "planned: %(hours)s hours a month",
            formats.counted(each),
        )
        % {"hours": formats.number(each)}
        for each in hours
    )


def _line(line: Line) -> ExampleLine:
    unit = unit_label(line.unit)
    return ExampleLine(
        line.label,
        formats.day(line.first),
        _quantity(line, unit),
        formats.number(line.unbilled) + f" {unit}" if line.unbilled else "",
        formats.money(line.amount),
    )


def _quantity(line: Line, unit: str) -> str:
    """Spell quantity and rate: 9 h × 62,40 €, or 12 % of 28.600,00 €."""
    if line.rate is None:
        return unit
    if line.unit == "EUR":
        base = formats.money(line.quantity.quantize(Decimal("0.01")))
        return _("%(percent)s of %(base)s") % {"percent": formats.percent(line.rate), "base": base}
    return f"{formats.number(line.quantity)} {unit} × {formats.money(line.rate)}"
