"""Rights per row: what a user may see is where every list and look-up starts.

Every model that holds personal or contract data has a default manager made of a ScopedQuerySet.
A model of the same apps that holds neither says so in `unscoped_because`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.db import models


def sees_all_rows(user) -> bool:
    """Whether no row is hidden from `user`: active superusers only."""
    return bool(user.is_active and user.is_superuser)


class ScopedQuerySet(models.QuerySet, ABC):
    """Rows of personal or contract data; each subclass says who may see which of them."""

    @abstractmethod
    def visible_to(self, user) -> Self:
        """The rows `user` may see; none for anonymous and inactive users.

        Subclasses start from `self.all() if sees_all_rows(user)` and narrow down for others.
        """

    def joined(self, *paths: str) -> Self:
        """Fetch related rows along, without the documents (JSON) they hold.

        A list that names a contract beside each row does not read its clauses; whoever does asks
        the database for them then.
        """
        documents = [name for path in paths for name in _documents_along(self.model, path)]
        return self.select_related(*paths).defer(*documents)

    def history_visible_to(self, history: models.QuerySet, user) -> models.QuerySet:
        """Narrow `history` of such rows to the versions that `user` may see.

        The rule for rows is asked of each version, which has the same columns: a draft's versions
        stay hidden when it is submitted, and what changes hands takes no past along. A rule that
        asks other rows for the row's own key cannot be asked of versions: `by_row` is for those.
        """
        versions = type(self)(history.model).visible_to(user)
        return history.filter(history_id__in=versions.order_by().values("history_id"))


def _documents_along(model: type[models.Model], path: str) -> Iterator[str]:
    way = ""
    for name in path.split("__"):
        model, way = model._meta.get_field(name).related_model, f"{way}{name}__"
        for field in model._meta.concrete_fields:
            if field.get_internal_type() == "JSONField":
                yield f"{way}{field.name}"


def by_row(rows: ScopedQuerySet, history: models.QuerySet, user) -> models.QuerySet:
    """Narrow `history` to all versions of the rows that `user` may see now."""
    key = rows.model._meta.pk.attname
    visible = rows.model._default_manager.visible_to(user)
    return history.filter(**{f"{key}__in": visible.order_by().values("pk")})


@contextmanager
def one_glance(user) -> Iterator[None]:
    """Inside, what decides about a person's rows is looked up once, however many kinds are read.

    For pages that read many models at once; what changes inside is noticed only afterwards.
    """
    if hasattr(user, "_remembered"):
        yield
        return
    user._remembered = {}
    try:
        yield
    finally:
        del user._remembered


def remembered(user, key: str, look_up: Callable[[], Any]) -> Any:
    """Return what `look_up` says of a person, asked once within `one_glance`."""
    memory = getattr(user, "_remembered", None)
    if memory is None:
        return look_up()
    if key not in memory:
        memory[key] = look_up()
    return memory[key]
