"""Editions (Fassungen): published content, numbered, sealed, and never changed again.

A draft is a Wagtail snippet or page; publishing it freezes an edition. An edition keeps the whole
content as one sealed value and, beside it, rows projected from that value for everything the
database has to ask about. Downstream points to an edition, never to a draft (architecture,
decision 1).

Import and studio publish through `publish`; both end in `freeze`, so no path skips the rules:
content is valid, something changed, and the approver wrote none of it (decision 3).

    Draft (`draft`) -> publish (`freezing`) -> Edition (`edition`)

`approval` says who may: whoever wrote none of it.
"""

from base.editions.approval import (
    DECLARED_AUTHORS,
    authors_since_last_edition,
    since_last_edition,
)
from base.editions.draft import Draft, Editioned, read_content
from base.editions.edition import Edition, EditionRow, PublishedQuerySet, editions_match_their_seals
from base.editions.freezing import freeze, publish, register_draft

__all__ = [
    "DECLARED_AUTHORS",
    "Draft",
    "Edition",
    "EditionRow",
    "Editioned",
    "PublishedQuerySet",
    "authors_since_last_edition",
    "editions_match_their_seals",
    "freeze",
    "publish",
    "read_content",
    "register_draft",
    "since_last_edition",
]
