"""Names as they are looked for: in one spelling, whichever way they were written.

Özdemir, ÖZDEMIR and Oezdemir, Weiß and Weiss, René and Rene, Müller-Lüden and Müller Lüden are
the same to whoever searches. Databases disagree about that, and SQLite knows capitals of ASCII
alone; so the names are kept a second time in one spelling, and that column is searched.
"""

import logging
import unicodedata
from collections.abc import Iterator
from functools import reduce
from itertools import islice
from operator import and_

from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

BATCH = 5000  # rows spelled at once
DIAERESIS = "\u0308"
BETWEEN = ","
"""Stands between two names in their column; no spelling holds it."""

# Letters that Unicode does not take apart, as passports transcribe them (ICAO 9303).
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "oe", "þ": "th", "ð": "d", "đ": "d", "ħ": "h", "ł": "l", "ı": "i"}
)
# O'Brien and O’Brien; the accents that stand alone are typed for apostrophes.
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘‛`´ʼʹʻʽʾʿ′＇"))


def one_spelling(text: str) -> str:
    """Return words in small letters without accents, ä as ae, ß as ss, single spaces between.

    Hyphens and other signs divide words, apostrophes do not.
    """
    taken_apart = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    signs, letter = [], ""
    plain = taken_apart.translate(_LETTERS | _APOSTROPHES)  # ŉ is taken apart into one
    for sign in unicodedata.normalize("NFKD", plain):
        if unicodedata.combining(sign):
            if sign == DIAERESIS and letter in ("a", "o", "u"):
                signs.append("e")
        elif unicodedata.category(sign) != "Cf":  # those without width, as the soft hyphen
            letter = sign if unicodedata.category(sign)[0] in "LMN" else " "
            signs.append(letter)
    return " ".join("".join(signs).split())


def written(text: str, column: str) -> Q:
    """Return the condition that each word of a text is part of the names in one spelling.

    `column` leads to a `Spelling`. A text without any letter or digit is part of no name.
    """
    words = one_spelling(text).split()
    if not words:
        return Q(pk__in=[])
    return reduce(and_, (Q(**{f"{column}__contains": word}) for word in words))


class Spelling(models.TextField):
    """The names in the columns `of` in one spelling, for searching alone; follows from them.

    It holds what the names hold: no file, page or history shows it (`untracked_fields`), and it
    goes with its row. The database fills in nothing for those who do not know the column, as a
    process older than it; the next `migrate` spells such rows (`keep_spellings`).
    """

    def __init__(self, *args, of: tuple[str, ...], **kwargs):
        self.of = tuple(of)
        kwargs |= {"editable": False, "default": "", "db_default": ""}
        kwargs.setdefault("verbose_name", _("names in one spelling"))
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("editable", "default", "db_default", "verbose_name"):
            kwargs.pop(fixed, None)
        return name, path, args, {**kwargs, "of": self.of}

    def spelled(self, *names: str) -> str:
        """Return what the column holds for these names, given in the order of `of`."""
        return BETWEEN.join(map(one_spelling, names))

    def pre_save(self, model_instance, add):
        """Follow the names; this way go `save()`, `bulk_create()` and `base.bulk`."""
        value = self.spelled(*(getattr(model_instance, name) for name in self.of))
        setattr(model_instance, self.attname, value)
        return value


class FoundByName(models.Model):
    """A model with a `Spelling`, which is stored whenever one of its names is."""

    class Meta:
        abstract = True

    def save_base(self, *args, update_fields=None, **kwargs):
        """Store the spelling with the names where only some fields are stored."""
        if update_fields is not None:
            follows = {f.name for f in spellings_of(type(self)) if {*f.of} & {*update_fields}}
            update_fields = frozenset(update_fields) | follows
        super().save_base(*args, update_fields=update_fields, **kwargs)

    save_base.alters_data = True


def spellings_of(model: type[models.Model]) -> list[Spelling]:
    """Return the columns of a model that hold names in one spelling."""
    return [field for field in model._meta.concrete_fields if isinstance(field, Spelling)]


def all_spellings() -> list[Spelling]:
    """Return all columns that hold names in one spelling."""
    return [field for model in apps.get_models() for field in spellings_of(model)]


def misspelt(field: Spelling, using: str) -> Iterator[tuple[object, str]]:
    """Yield keys of rows that are found by other names than they bear, with the right spelling.

    They are older than the column, or somebody wrote past their model.
    """
    rows = field.model._base_manager.using(using).order_by("pk")
    columns = rows.values_list("pk", field.attname, *field.of)
    last = 0
    while batch := list(columns.filter(pk__gt=last)[:BATCH]):
        for pk, kept, *names in batch:
            if kept != (right := field.spelled(*names)):
                yield pk, right
        last = batch[-1][0]


def keep_spellings(connection) -> int:
    """Spell what is misspelt, and index what the database can; return how many rows were wrong.

    Histories do not hold the columns, and stay as they are. Columns that migrations are still to
    add are passed over.
    """
    present = [field for field in all_spellings() if _is_there(connection, field)]
    count = 0
    for field in present:
        table, key = field.model._meta.db_table, field.model._meta.pk.column
        sql = f'UPDATE "{table}" SET "{field.column}" = %s WHERE "{key}" = %s'  # noqa: S608
        wrong = misspelt(field, connection.alias)
        while batch := [(right, pk) for pk, right in islice(wrong, BATCH)]:
            with connection.cursor() as cursor:
                cursor.executemany(sql, batch)
            count += len(batch)
    if connection.vendor == "postgresql":
        _index(connection, present)
    return count


def _is_there(connection, field: Spelling) -> bool:
    table = field.model._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        columns = connection.introspection.get_table_description(cursor, table)
    return field.column in {column.name for column in columns}


def index_name(field: Spelling) -> str:
    """Return the name of a spelling's index."""
    return f"{field.model._meta.db_table}_{field.column}_trgm"


def _index(connection, fields: list[Spelling]) -> None:
    """Let PostgreSQL find a part of a name by an index, where its extension pg_trgm can be had.

    Without it names are found as well, by reading all of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = ANY(current_schemas(false))"
        )
        present = {name for (name,) in cursor.fetchall()}
    missing = [field for field in fields if index_name(field) not in present]
    schema = _schema_of_trigrams(connection) if missing else None
    for field in missing if schema else ():
        with connection.cursor() as cursor:
            cursor.execute(
                f'CREATE INDEX "{index_name(field)}" ON "{field.model._meta.db_table}"'
                f' USING gin ("{field.column}" "{schema}".gin_trgm_ops)'
            )


def _schema_of_trigrams(connection) -> str | None:
    """Return where pg_trgm is installed, after trying to; None where it cannot be had."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return None
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError as error:
            logger.warning("pg_trgm is not installed, all names are read to find one: %s", error)
            return None
        cursor.execute(
            "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
            " WHERE extname = 'pg_trgm'"
        )
        return cursor.fetchone()[0]
