"""Days that cannot be, whatever path they come by.

What ends something is not before its beginning; what was done, paid or agreed is done by today.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.constants import LOOKUP_SEP
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import current_time

TOO_EARLY = _("%(day)s lies before %(begin)s, %(first)s: allowed is that day or later.")
AHEAD = _("%(day)s is still to come: allowed is %(today)s or earlier.")


class Ends(models.CheckConstraint):
    """A column with the day that ends what another column of the row begins with.

    Both may be the same day, either may be empty. Asked by `full_clean` and by the database, told
    at the column that ends.
    """

    def __init__(self, ends: str, *, begins: str, name: str):
        self.ends, self.begins = ends, begins
        super().__init__(name=name, condition=Q(**{f"{ends}__gte": F(begins)}))

    def validate(self, model, instance, exclude=None, using=None):
        """Raise ValidationError at the column that ends, naming the day that is allowed."""
        if not {self.ends, self.begins} & set(exclude or ()):
            _refuse(instance, self.ends, self.begins)

    def deconstruct(self):
        """Describe it as Django's own: the database knows no difference."""
        path = "django.db.models.CheckConstraint"
        return path, (), {"name": self.name, "condition": self.condition}

    def clone(self):
        return Ends(self.ends, begins=self.begins, name=self.name)


class AskedOfRows(models.BaseConstraint):
    """A rule that `full_clean` asks and the database cannot."""

    def constraint_sql(self, model, schema_editor):
        """No rule of the database."""

    create_sql = remove_sql = constraint_sql

    def __eq__(self, other):
        return type(self) is type(other) and self.deconstruct() == other.deconstruct()

    __hash__ = None


class NotBefore(AskedOfRows):
    """A column with a day that is not before a day of the row its row belongs to.

    `since` names that day by a path: case__assigned_on. Asked by `full_clean`; no check of one
    table could ask it.
    """

    def __init__(self, column: str, *, since: str, name: str):
        self.column, self.since = column, since
        super().__init__(name=name)

    def validate(self, model, instance, exclude=None, using=None):
        """Raise ValidationError at the column, naming the day that is allowed."""
        if not {self.column, self.since.split(LOOKUP_SEP)[0]} & set(exclude or ()):
            _refuse(instance, self.column, self.since)

    def deconstruct(self):
        path = f"{type(self).__module__}.{type(self).__name__}"
        return path, (), {"name": self.name, "column": self.column, "since": self.since}


class NotAhead(AskedOfRows):
    """A column with a day on which something was done: today at the latest, or empty.

    No check of a table knows what day it is.
    """

    def __init__(self, column: str, *, name: str):
        self.column = column
        super().__init__(name=name)

    def validate(self, model, instance, exclude=None, using=None):
        """Raise ValidationError at the column, naming the day that is allowed."""
        if self.column not in set(exclude or ()):
            require_past(getattr(instance, self.column), at=self.column)

    def deconstruct(self):
        path = f"{type(self).__module__}.{type(self).__name__}"
        return path, (), {"name": self.name, "column": self.column}


def require_past(day: date | None, *, at: str | None = None) -> None:
    """Refuse a day that is still to come when this is done, at the field named, if one is."""
    today = timezone.localdate(current_time())
    if isinstance(day, date) and day > today:
        refused = ValidationError(AHEAD, "ahead", {"day": day, "today": today})
        raise ValidationError({at: refused}) if at else refused


def _refuse(instance, ends: str, begins: str) -> None:
    day, (first, name) = getattr(instance, ends), _looked_up(instance, begins)
    if isinstance(day, date) and isinstance(first, date) and day < first:
        params = {"day": day, "begin": name, "first": first}
        raise ValidationError({ends: ValidationError(TOO_EARLY, "too_early", params)})


def _looked_up(instance, path: str):
    """Return the day at the end of a path, and what its column is called."""
    *way, column = path.split(LOOKUP_SEP)
    for step in way:
        instance = getattr(instance, step)
    return getattr(instance, column), instance._meta.get_field(column).verbose_name
