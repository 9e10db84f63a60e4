"""What is used of limits: balances that belong to what a limit was agreed for, not to a term."""

from collections import defaultdict

from contracts.billing.steps import Number

Owner = tuple
"""What a limit was agreed for: ("plan", case, first day), ("month", term, case, year, month),
("person", unit, term, person, year, month) …"""


class Limits:
    """What has been used of each limit in one computation, in the order of use."""

    def __init__(self, known: "Limits | None" = None):
        self._used: dict[Owner, Number] = defaultdict(int)
        self._known = known

    def used(self, owner: Owner) -> Number:
        """How much of a limit is used."""
        known = self._known.used(owner) if self._known else 0
        return known + self._used.get(owner, 0)

    def draw(self, owner: Owner, amount: Number) -> None:
        """Use so much more of a limit."""
        self._used[owner] += amount

    def on_trial(self) -> "Limits":
        """The same balances, to draw on without effect on these."""
        return Limits(self)
