"""How long rows are kept: each model says it, in whole years after an event (decision 11).

    class Case(Tracked):
        retention = Retention(10, after="the case is closed", basis=SOCIAL_DATA)

    class CasePlacement(Tracked):
        retention = KeptWith("case")

History rows are kept as long as the rows they are about. What ends is the personal part: rows
that money rests on survive under their pseudonymous keys.
"""

from dataclasses import dataclass
from datetime import date

from django.db import models

SOCIAL_DATA = "Ten years after the decision: BSG 14.05.2020, B 14 AS 7/19 R; § 84 SGB X."
BOOKS = "Ten years for books, counted from the end of the year; vouchers need only eight."
OPERATION = "No law asks for it; whoever runs the installation has to find out what went wrong."
NOTHING_PERSONAL = "Names nobody."


@dataclass(frozen=True)
class Retention:
    """Rows are kept for so many whole years after the year of an event; None: for ever.

    `after` says which event, `basis` why this long.
    """

    years: int | None
    basis: str
    after: str = ""

    def __post_init__(self):
        if not self.basis or (self.years is None) == bool(self.after):
            raise ValueError("a retention names its basis, and its event where it ends")

    def ends(self, event: date) -> date | None:
        """Return the last day on which a row is kept, given the day of the event."""
        return None if self.years is None else date(event.year + self.years, 12, 31)


@dataclass(frozen=True)
class KeptWith:
    """Rows are kept as long as the row their foreign key names."""

    parent: str


FOR_EVER = Retention(None, NOTHING_PERSONAL)


def retention_of(model: type[models.Model]) -> Retention:
    """Return what a model declares, or the model it is kept with.

    Raises LookupError where that says nothing, names no key, or goes in a circle.
    """
    seen = []
    while model not in seen:
        seen.append(model)
        declared = getattr(model, "retention", None)
        if isinstance(declared, Retention):
            return declared
        if not isinstance(declared, KeptWith):
            raise LookupError(f"{model._meta.label} does not say how long it is kept")
        parent = model._meta.get_field(declared.parent).related_model
        if parent is None:
            raise LookupError(f"{model._meta.label}.{declared.parent} is no key")
        model = parent
    raise LookupError(f"{model._meta.label} is kept with itself")
