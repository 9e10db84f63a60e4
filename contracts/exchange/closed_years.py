"""Years that finance has closed, in files: an export has them, and gives them to a new house.

Where books are kept already a file could close a year, or open one again, without anybody of
finance: there it says what is stored, or is refused.
"""

from collections.abc import Callable
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from base.content import Content, Key
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import find_by, require_same, stored_or_new
from contracts.models import ClosedYear, Organisation
from contracts.models.closed_year import lock_books


class ClosedYearEntry(Content):
    """A year whose books a commissioning body has closed, and whether they were opened again."""

    commissioning_body: Key
    year: int = Field(ge=1900, le=9999)
    closed_on: date
    reopened_on: date | None = None
    reopening_reason: str = Field("", max_length=2000)


_VALUES = ("closed_on", "reopened_on", "reopening_reason")

BooksKept = Callable[[int], bool]
_books_kept: list[BooksKept] = []


def register_books(kept: BooksKept) -> None:
    """Say when a commissioning body, given by key, keeps its books here: later apps know."""
    if kept not in _books_kept:
        _books_kept.append(kept)


def _load_closed_year(located: Located) -> int:
    entry: ClosedYearEntry = located.entry
    body = find_by(
        located,
        Organisation,
        key=entry.commissioning_body,
        kind=Organisation.Kind.COMMISSIONING_BODY,
    )
    lock_books(body.pk)
    known_by = {"commissioning_body": body, "year": entry.year}
    values = {name: getattr(entry, name) for name in _VALUES}
    if stored := ClosedYear.objects.filter(**known_by).first():
        # Closing and opening again are acts of finance: files neither do nor undo them.
        require_same(located, stored, values)
        return False
    if any(kept(body.pk) for kept in _books_kept):
        raise ValidationError(
            _(
                "%(body)s has issued statements here: finance closes %(year)s on its page. Files"
                " bring closed years only before the first statement is issued."
            ),
            params={"body": entry.commissioning_body, "year": str(entry.year)},
        )
    return stored_or_new(ClosedYear, located, known_by, values)


def _dump_closed_years():
    rows = ClosedYear.objects.select_related("commissioning_body")
    for row in rows.order_by(*by_text("commissioning_body__key"), "year"):
        yield ClosedYearEntry(
            commissioning_body=row.commissioning_body.key,
            year=row.year,
            **{name: getattr(row, name) for name in _VALUES},
        )


register(
    Kind(
        section="closed_years",
        # After everything that is dated in them.
        position=85,
        entry=ClosedYearEntry,
        load=lambda entries: load_each(entries, _load_closed_year),
        dump=_dump_closed_years,
        known_by=("commissioning_body", "year"),
    )
)
