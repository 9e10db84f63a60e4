"""Many rows at once, as fast as the database takes them."""

from collections.abc import Callable, Sequence
from operator import attrgetter

from django.db import connections, models, router

AS_THEY_ARE = (
    models.BooleanField,
    models.CharField,
    models.DateField,
    models.DecimalField,
    models.ForeignKey,
    models.IntegerField,
    models.TextField,
)
"""Fields whose values PostgreSQL takes as Python has them."""

OF_DJANGO = {each.pre_save for each in (models.Field, models.DateField, models.DateTimeField)}
"""How these come by their values; what has a way of its own is asked, as names in one spelling."""


def insert(model: type[models.Model], rows: Sequence) -> None:
    """Store new rows; unlike after `bulk_create`, they do not know their keys afterwards.

    Rows are instances, or anything that has an attribute for each column. PostgreSQL reads them
    as a stream (COPY): half the work of an INSERT.
    """
    connection = connections[router.db_for_write(model)]
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    if connection.vendor != "postgresql":
        names = [field.attname for field in fields]
        model._base_manager.bulk_create(
            row if isinstance(row, model) else model(**{name: getattr(row, name) for name in names})
            for row in rows
        )
        return
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = attrgetter(*(field.attname for field in fields))
    prepared = _prepared(fields, connection)
    with connection.cursor() as cursor:
        sql = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
        with cursor.copy(sql) as copy:
            for row in rows:
                taken = list(values(row))
                for place, prepare in prepared:
                    taken[place] = prepare(row)
                copy.write_row(taken)


def _prepared(fields: Sequence[models.Field], connection) -> list[tuple[int, Callable]]:
    """Return the places of values that the database takes in a form of its own only."""

    def preparing(field: models.Field) -> Callable:
        return lambda row: field.get_db_prep_save(field.pre_save(row, add=True), connection)

    return [
        (place, preparing(field))
        for place, field in enumerate(fields)
        if not isinstance(field, AS_THEY_ARE)
        or type(field).pre_save not in OF_DJANGO
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    ]
