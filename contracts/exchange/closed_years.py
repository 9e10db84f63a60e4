"""Years that finance has closed, in files."""

from datetime import date

from pydantic import Field

from base.content import Content, Key
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import find_by, stored_or_new
from contracts.models import ClosedYear, Organisation


class ClosedYearEntry(Content):
    """A year whose books a commissioning body has closed, and whether they were opened again."""

    commissioning_body: Key
    year: int = Field(ge=1900, le=9999)
    closed_on: date
    reopened_on: date | None = None
    reopening_reason: str = Field("", max_length=2000)


_VALUES = ("closed_on", "reopened_on", "reopening_reason")


def _load_closed_year(located: Located) -> int:
    entry: ClosedYearEntry = located.entry
    body = find_by(
        located,
        Organisation,
        key=entry.commissioning_body,
        kind=Organisation.Kind.COMMISSIONING_BODY,
    )
    known_by = {"commissioning_body": body, "year": entry.year}
    values = {name: getattr(entry, name) for name in _VALUES}
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
