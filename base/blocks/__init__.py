"""Wagtail blocks derived from content models, and the way between a stream and its content.

A content model (`base.content`) is the one schema; the studio's form fields follow from it, so a
field added there appears in the studio, in the exchange format and in editions at once. Labels,
help, limits and choices come from it too. A part that need not be there is a list of at most one:
added and removed as a whole, never half filled in.

`base.shape` says what the fields are, `wording` translates their texts, `forms` makes blocks of
them, `streams` goes between what Wagtail stores and plain data. `lines`, `parts`, `references` and
`values` are blocks of our own.
"""

from base.blocks.forms import (
    ContentField,
    block_for,
    needs_a_part,
    sole_item,
    stream_for,
    struct_for,
)
from base.blocks.lines import LinesBlock
from base.blocks.references import KeySelect, offer, registered
from base.blocks.streams import from_stream, to_stream
from base.blocks.wording import help_of, shown, translated

__all__ = [
    "ContentField",
    "KeySelect",
    "LinesBlock",
    "block_for",
    "from_stream",
    "help_of",
    "needs_a_part",
    "offer",
    "registered",
    "shown",
    "sole_item",
    "stream_for",
    "struct_for",
    "to_stream",
    "translated",
]
