"""Rights per row: what a user may do to which rows is one question, asked of a queryset.

Every model that holds personal or contract data has a default manager made of a ScopedQuerySet.
A model of the same apps that holds neither says so in `unscoped_because`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

from django.db import models
from django.utils.translation import gettext as _


def sees_all_rows(user) -> bool:
    """Whether no row is hidden from `user`: active superusers only."""
    return bool(user.is_active and user.is_superuser)


class ScopedQuerySet(models.QuerySet, ABC):
    """Rows of personal or contract data; each subclass says who may see which of them.

    `needed` is the permission needed to see a row at all: None for `<app>.view_<model>`, empty
    where belonging to an organisation is enough.
    """

    needed: str | None = None

    @abstractmethod
    def visible_to(self, user, *permissions: str) -> Self:
        """The rows to which `user` may do what all `permissions` name; see them, without any.

        One membership has to hold all of it, and only for the rows that it reaches. None for
        anonymous and inactive users. Subclasses start from `self.all() if sees_all_rows(user)`
        and narrow down for others.
        """

    def asked(self, permissions: tuple[str, ...]) -> tuple[str, ...]:
        """Return what is asked for: the permissions given, otherwise the one to see a row."""
        if permissions:
            return permissions
        meta = self.model._meta
        needed = f"{meta.app_label}.view_{meta.model_name}" if self.needed is None else self.needed
        return (needed,) if needed else ()

    def admits(self, row: models.Model, user, *permissions: str) -> bool:
        """Whether `user` may do this to one row, given as itself or as one of its versions."""
        key = self.model._meta.pk.attname
        return self.visible_to(user, *permissions).filter(pk=getattr(row, key)).exists()

    def joined(self, *paths: str) -> Self:
        """Fetch related rows along, without the documents (JSON) they hold.

        A list that names a contract beside each row does not read its clauses; whoever does asks
        the database for them then.
        """
        documents = [name for path in paths for name in _documents_along(self.model, path)]
        return self.select_related(*paths).defer(*documents)

    def history_visible_to(
        self, history: models.QuerySet, user, *permissions: str
    ) -> models.QuerySet:
        """Narrow `history` of such rows to the versions that `user` may see.

        The rule for rows is asked of each version, which has the same columns: a draft's versions
        stay hidden when it is submitted, and what changes hands takes no past along. A rule that
        asks other rows for the row's own key cannot be asked of versions: `by_row` is for those.
        """
        versions = type(self)(history.model).visible_to(user, *self.asked(permissions))
        return history.filter(history_id__in=versions.order_by().values("history_id"))


def _documents_along(model: type[models.Model], path: str) -> Iterator[str]:
    way = ""
    for name in path.split("__"):
        model, way = model._meta.get_field(name).related_model, f"{way}{name}__"
        for field in model._meta.concrete_fields:
            if field.get_internal_type() == "JSONField":
                yield f"{way}{field.name}"


def by_row(
    rows: ScopedQuerySet, history: models.QuerySet, user, *permissions: str
) -> models.QuerySet:
    """Narrow `history` to all versions of the rows that `user` may see now."""
    key = rows.model._meta.pk.attname
    visible = rows.model._default_manager.visible_to(user, *permissions)
    return history.filter(**{f"{key}__in": visible.order_by().values("pk")})


def admits(row: models.Model, user, permission: str) -> bool:
    """Whether `user` may do this to a row, or to the row that a version of it is about.

    Of rows that are the same for everybody the person's permission alone decides.
    """
    model = getattr(type(row), "instance_type", type(row))
    rows = model._default_manager.all()
    if isinstance(rows, ScopedQuerySet):
        return rows.admits(row, user, permission)
    return user.has_perm(permission)


PeopleOf = Callable[[models.Model, str], models.QuerySet | None]
_people_of: list[PeopleOf] = []


def register_people(find: PeopleOf) -> PeopleOf:
    """Say whose doings a person may know of: who works where is for a later app to tell."""
    _people_of[:] = [find]
    return find


def people_known_to(user, permission: str) -> models.QuerySet | None:
    """Return the keys of the people of whom `user` may know this; None for everybody."""
    return _people_of[0](user, permission) if _people_of else None


Strangers = Callable[[models.Model], frozenset[int]]
_strangers: list[Strangers] = []


def register_strangers(find: Strangers) -> Strangers:
    """Say who works only where a person has nothing to do with: a later app knows."""
    _strangers[:] = [find]
    return find


def strangers_to(user) -> frozenset[int]:
    """Return the keys of people whose names are none of `user`'s business.

    Looked up once for each user object, like the memberships it follows from.
    """
    if not (_strangers and user.is_authenticated):
        return frozenset()
    if not hasattr(user, "_strangers"):
        user._strangers = _strangers[0](user)
    return user._strangers


def name_for(person, strangers: frozenset[int]) -> str:
    """Return what a person is called, told to somebody to whom these are strangers.

    Content that several commissioning bodies share names whoever wrote and approved it.
    """
    return _("somebody of another office") if person.pk in strangers else person.display_name


_strangers_here: ContextVar[Callable[[], frozenset[int]]] = ContextVar(
    "strangers", default=frozenset
)


@contextmanager
def told_to(reader) -> Iterator[None]:
    """Say who reads what is written inside: strangers give no name then, whoever asks them.

    For screens that are not our own; ours call `name_for`.
    """
    token = _strangers_here.set(lambda: strangers_to(reader))
    try:
        yield
    finally:
        _strangers_here.reset(token)


def name_here(person) -> str:
    """Return what a stranger is called to whoever reads it; empty where no stranger is meant."""
    strangers = _strangers_here.get()()
    return name_for(person, strangers) if person.pk in strangers else ""
