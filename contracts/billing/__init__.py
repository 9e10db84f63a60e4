"""The arithmetic of remuneration: plain Python, no ORM, no clock, no files.

    terms (configured)  +  facts (aggregated)  +  opening balance
        -> calculate -> lines (with inputs)  +  closing balance
        -> explain   -> steps down to the amount

`scheme` names the parts, `timeline` cuts periods, `computation` runs terms over them, `registry`
lists the models, each a module of its own. The rules with worked tables: docs/computation.md.
"""

from contracts.billing.computation import (
    check_prices,
    check_terms,
    compute,
    explain,
    facts_within,
    grain_of,
    priced,
    run_example,
)
from contracts.billing.facts import Attended, Completion, Cost, Facts, Grain, Work, merge_sources
from contracts.billing.money import allocate, exact, round_to, to_cents
from contracts.billing.period import Period
from contracts.billing.registry import MODELS, AnyTerms, model_of, parse_terms
from contracts.billing.scheme import BillingError, Example, Line, Result, Segment, Terms
from contracts.billing.steps import Step, evaluate
from contracts.billing.timeline import segments

__all__ = [
    "MODELS",
    "AnyTerms",
    "Attended",
    "BillingError",
    "Completion",
    "Cost",
    "Example",
    "Facts",
    "Grain",
    "Line",
    "Period",
    "Result",
    "Segment",
    "Step",
    "Terms",
    "Work",
    "allocate",
    "check_prices",
    "check_terms",
    "compute",
    "evaluate",
    "exact",
    "explain",
    "facts_within",
    "grain_of",
    "merge_sources",
    "model_of",
    "parse_terms",
    "priced",
    "round_to",
    "run_example",
    "segments",
    "to_cents",
]
