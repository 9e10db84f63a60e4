"""Rights per row: what a user may see is where every list and look-up starts.

Every model that holds personal or contract data has a default manager made of a ScopedQuerySet.
A model of the same apps that holds neither says so in `unscoped_because`.
"""

from typing import Self

from django.db import models


def sees_all_rows(user) -> bool:
    """Whether no row is hidden from `user`: active superusers only."""
    return bool(user.is_active and user.is_superuser)


class ScopedQuerySet(models.QuerySet):
    """Rows of personal or contract data; each subclass says who may see which of them."""

    def visible_to(self, user) -> Self:
        """The rows `user` may see; none for anonymous and inactive users.

        Subclasses start from `self.all() if sees_all_rows(user)` and narrow down for others.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say who sees its rows")
