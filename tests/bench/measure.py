"""Two ways of doing the same work, timed in turn."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

REPETITIONS = 5
HEADING = ["figure", "product", "bare", "ratio", "of single pairs", "aim"]


def nothing() -> None:
    """Prepare or undo work that needs none of it."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two: what is timed, and `undo`, which removes its traces.

    What `prepare` returns, unless None, is handed to `work`.
    """

    work: Callable
    prepare: Callable = nothing
    undo: Callable = nothing


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What the product does, the bare work beside it, and the ratio aimed at.

    `clock` says which seconds count: those on the wall, or those of this process alone
    (`time.process_time`), where little is compared and other work shares the machine; then more
    `repetitions` are needed as well. A clock may also read something else, in its `unit`.
    """

    name: str
    product: Side
    bare: Side
    aim: float | None = None
    clock: Callable[[], float] = time.perf_counter
    unit: str = "s"
    repetitions: int = REPETITIONS


@dataclass(frozen=True)
class Timing:
    """What the clock read for each repetition; a pair was taken one right after the other."""

    figure: Figure
    product: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median against median."""
        return statistics.median(self.product) / statistics.median(self.bare)

    def row(self) -> list[str]:
        """Return the line of the table."""
        pairs = [one / other for one, other in zip(self.product, self.bare, strict=True)]
        return [
            self.figure.name,
            f"{statistics.median(self.product):.3f} {self.figure.unit}",
            f"{statistics.median(self.bare):.3f} {self.figure.unit}",
            f"{self.ratio:.2f}",
            f"{min(pairs):.2f}–{max(pairs):.2f}",
            f"≤ {self.figure.aim}" if self.figure.aim else "",
        ]


def compare(figure: Figure) -> Timing:
    """Time both sides alternately, after one round that only warms up."""
    timing = Timing(figure)
    for number in range(figure.repetitions + 1):
        bare, product = _timed(figure.bare, figure.clock), _timed(figure.product, figure.clock)
        if number:
            timing.bare.append(bare)
            timing.product.append(product)
    return timing


def _timed(side: Side, clock: Callable[[], float]) -> float:
    prepared = side.prepare()
    given = () if prepared is None else (prepared,)
    gc.collect()
    started = clock()
    side.work(*given)
    seconds = clock() - started
    side.undo()
    return seconds


def table(rows: list[list[str]]) -> str:
    """Return rows as a Markdown table, padded to be read as it is."""
    lines = [HEADING, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADING))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )
