"""Pages of long lists, counted no further than anybody leafs."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST_PAGED = 10_000
"""Rows that a list leafs through; what comes after is found by filters or another order."""


class BoundedPaginator(Paginator):
    """Leafs through a table's first MOST_PAGED rows; says `has_more` where there are others.

    To count a million rows takes a database longer than to show the fifty of a page.
    """

    @cached_property
    def count(self) -> int:
        """Number of the rows that there are pages of."""
        return min(self._counted, MOST_PAGED)

    @property
    def has_more(self) -> bool:
        """Whether rows come after the last page."""
        return self._counted > MOST_PAGED

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list.data.data
        if isinstance(rows, QuerySet):
            return rows.order_by()[: MOST_PAGED + 1].count()
        return len(rows)
