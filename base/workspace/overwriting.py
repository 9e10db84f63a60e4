"""Two people change the same thing: the second is told what the first did, and decides.

A form carries which version its person saw: the number of the newest history row.
"""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Field, Model

SEEN = "_seen"


def seen_now(target: Model) -> str:
    """Return what identifies the newest version of a tracked row."""
    key = type(target)._meta.pk.attname
    rows = type(target).history.filter(**{key: target.pk}).order_by("-history_id")
    return str(rows.values_list("history_id", flat=True).first() or "")


@dataclass
class Overwritten(Exception):
    """Somebody else has changed the row since the person saw it."""

    target: Model
    seen: str
    reader: object

    @property
    def newest(self):
        """The newest version of the row."""
        key = type(self.target)._meta.pk.attname
        return type(self.target).history.filter(**{key: self.target.pk}).order_by("-history_id")[0]

    @property
    def by(self):
        """Who stored it, or None."""
        return get_user_model().objects.filter(pk=self.newest.history_user_id).first()

    @property
    def changes(self) -> list[tuple[str, object, object]]:
        """What differs from the version seen: label, then, now."""
        then = type(self.target).history.filter(history_id=self.seen or 0).first()
        if then is None:
            return []
        now = self.newest
        fields = [f for f in type(self.target)._meta.concrete_fields if not f.primary_key]
        tracked = {f.name for f in type(now).tracked_fields}
        return [
            (field.verbose_name, _shown(then, field), _shown(now, field))
            for field in fields
            if field.name in tracked and getattr(then, field.attname) != getattr(now, field.attname)
        ]


def _shown(version: Model, field: Field) -> object:
    """Return a value of a version as people know it: a row by its name, a choice by its label."""
    value = getattr(version, field.attname)
    if field.is_relation and value is not None:
        return field.related_model._base_manager.filter(pk=value).first() or value
    return dict(field.flatchoices).get(value, value) if field.choices else value
