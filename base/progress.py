"""Say on a terminal what is being done, how far it is, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _

from base.formats import number

QUARTERS = 4


@contextmanager
def phase(out: OutputWrapper, text: str, steps: int = 0) -> Iterator[Callable[[], None]]:
    """Name a phase while it lasts and yield what to call after each of its steps, if it has any.

    A terminal shows the count in place, a file every quarter of it.
    """
    begun, done = time.monotonic(), 0
    live = out.isatty()
    out.write(f"{text} …", ending="" if live else "\n")
    out.flush()

    def tick() -> None:
        nonlocal done
        done += 1
        if live:
            out.write(f"\r{text} … {done}/{steps}", ending="")
        elif done * QUARTERS // steps > (done - 1) * QUARTERS // steps:
            out.write(f"  {done}/{steps}")
        out.flush()

    yield tick
    took = _("%s s") % number(f"{time.monotonic() - begun:.1f}")
    out.write(f"\r{text} … {took:<12}" if live else f"  {took}")
    out.flush()
