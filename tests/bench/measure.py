"""Two ways of doing the same work, timed in turn."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

REPETITIONS = 5


def nothing() -> None:
    """Undo work that left nothing behind."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two: `prepare` returns what `work` is timed with, `undo` removes its traces."""

    name: str
    work: Callable
    prepare: Callable = tuple
    undo: Callable = nothing


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What the product takes against the bare work, and the ratio aimed at."""

    name: str
    product: Side
    bare: Side
    aim: float


@dataclass(frozen=True)
class Timing:
    """Seconds of each repetition, pairs taken one right after the other."""

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
            _seconds(self.product),
            _seconds(self.bare),
            f"{self.ratio:.2f}",
            f"{min(pairs):.2f}–{max(pairs):.2f}",
            f"≤ {self.figure.aim}",
        ]


HEADING = ["figure", "product", "bare", "ratio", "of single pairs", "aim"]


def compare(figure: Figure, repetitions: int = REPETITIONS) -> Timing:
    """Time both sides alternately, after one round that only warms up."""
    timing = Timing(figure)
    for number in range(repetitions + 1):
        bare, product = _timed(figure.bare), _timed(figure.product)
        if number:
            timing.bare.append(bare)
            timing.product.append(product)
    return timing


def _timed(side: Side) -> float:
    ready = side.prepare()
    gc.collect()
    started = time.perf_counter()
    side.work(*ready)
    seconds = time.perf_counter() - started
    side.undo()
    return seconds


def _seconds(times: list[float]) -> str:
    return f"{statistics.median(times):.3f} s"


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
