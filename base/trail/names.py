"""What rows are called to a reader: looked up once for a whole page, one query for each model."""

from collections import defaultdict

from django.contrib.auth import get_user_model
from django.db.models import JSONField, Model, TextField

from base.scoping import ScopedQuerySet, told_to

NOT_YOURS = "…"


class Names:
    """Collects which rows are to be named, looks them up together, then names them.

    A row the reader may not see, and one that is gone, is named "…"; strangers give no name.
    """

    def __init__(self, user):
        self.user = user
        self._wanted: dict[type[Model], set] = defaultdict(set)
        self._found: dict[type[Model], dict[int, str]] = {}

    def want(self, model: type[Model], pk: int | None) -> None:
        """Note a row to be named."""
        if pk is not None:
            self._wanted[model].add(pk)

    def want_user(self, pk: int | None) -> None:
        """Note a person or job to be named."""
        self.want(get_user_model(), pk)

    def user_name(self, pk: int | None) -> str:
        """Return who acted; empty for nobody."""
        return "" if pk is None else self.name(get_user_model(), pk)

    def name(self, model: type[Model], pk: int | None) -> str:
        """Return what a row is called to this reader."""
        if pk is None:
            return ""
        self._look_up()
        return self._found[model].get(pk, NOT_YOURS)

    def _look_up(self) -> None:
        for model, pks in self._wanted.items():
            rows = model._default_manager.all()
            if isinstance(rows, ScopedQuerySet):
                rows = rows.visible_to(self.user)
            found = light(model, rows.filter(pk__in=pks))
            with told_to(self.user):
                self._found.setdefault(model, {}).update((row.pk, str(row)) for row in found)
        self._wanted.clear()


def light(model: type[Model], rows):
    """Return rows with what their names are made of; whole contents stay where they are."""
    keys = [field for field in model._meta.concrete_fields if field.is_relation]
    heavy = [field.name for field in model._meta.concrete_fields if _is_heavy(field)]
    for key in keys:
        far = key.related_model._meta.concrete_fields
        heavy += [f"{key.name}__{field.name}" for field in far if _is_heavy(field)]
    return rows.order_by().select_related(*(key.name for key in keys)).defer(*heavy)


def _is_heavy(field) -> bool:
    return isinstance(field, JSONField | TextField) or hasattr(field, "stream_block")
