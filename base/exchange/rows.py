"""Plain rows in files: stored as given, found again by their key, kept up by their file."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from base.exchange.kinds import EntryError, Located


def stored_or_new(
    model: type[models.Model], located: Located, known_by: dict, values: dict
) -> bool:
    """Store a row unless it is stored with the same values; tell whether it was new or changed.

    A row known by the same key with other values is updated, and its history tells: files are
    how such rows are kept. Raises EntryError where the model refuses a value.
    """
    row = model._default_manager.filter(**known_by).first()
    if row is not None and all(getattr(row, name) == value for name, value in values.items()):
        return False
    row = row or model(**known_by)
    for name, value in values.items():
        setattr(row, name, value)
    if hasattr(row, "set_unusable_password") and row.pk is None:
        row.set_unusable_password()
    try:
        row.full_clean()
    except ValidationError as error:
        raise EntryError(located, error) from error
    row.save()
    return True


def require_same(located: Located, row: models.Model, values: dict) -> None:
    """Raise EntryError where a stored row, which files do not change, has other values."""
    for name, value in values.items():
        stored = getattr(row, name)
        if stored != value:
            message = _("%(what)s is stored with %(name)s = %(stored)s, not %(value)s.")
            params = {"what": row, "name": name, "stored": stored, "value": value}
            raise EntryError(located, ValidationError(message, params=params))


def find_by(located: Located, model: type[models.Model], **known_by):
    """Return the row an entry refers to. Raises EntryError naming what does not exist."""
    row = model._default_manager.filter(**known_by).first()
    if row is None:
        name, value = next(iter(known_by.items()))
        message = _("There is no %(what)s with %(name)s %(value)s.")
        params = {"what": model._meta.verbose_name, "name": name.split("__")[-1], "value": value}
        raise EntryError(located, ValidationError(message, params=params))
    return row
