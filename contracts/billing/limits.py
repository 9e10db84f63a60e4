"""What is used of limits: balances that belong to what a limit was agreed for, not to a term."""

from collections import defaultdict

from contracts.billing.steps import Number

Owner = tuple
"""What a limit was agreed for: ("plan", case, first day), ("month", term, case, year, month) …"""


class Limits:
    """What has been used of each limit in one computation, in the order of use."""

    def __init__(self):
        self._used: dict[Owner, Number] = defaultdict(int)

    def used(self, owner: Owner) -> Number:
        """How much of a limit is used."""
        return self._used[owner]

    def draw(self, owner: Owner, amount: Number) -> None:
        """Use so much more of a limit."""
        self._used[owner] += amount
