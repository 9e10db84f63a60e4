"""One order of texts for all databases, so that exports of the same state are the same bytes."""

from django.db import connection
from django.db.models import F, OrderBy
from django.db.models.functions import Collate

BY_CODE_POINT = {"postgresql": "C", "sqlite": "BINARY"}


def by_text(*names: str) -> list[OrderBy]:
    """Return an ordering by these text fields that no locale of a database bends."""
    collation = BY_CODE_POINT[connection.vendor]
    return [Collate(F(name), collation).asc() for name in names]
