"""Wagtail blocks derived from content models, and the way between a stream and its content.

A content model (`base.content`) is the one schema; the studio's form fields follow from it, so a
field added there appears in the studio, in the exchange format and in editions at once. Labels,
help, limits and choices come from it too. A part that need not be there is a list of at most one:
added and removed as a whole, never half filled in.

`annotations` takes types apart, `wording` names them, `forms` makes blocks of them, `streams`
goes between what Wagtail stores and plain data. `lines`, `references` and `values` are blocks of
our own.
"""

from base.blocks.annotations import is_tag, tag_field, tagged_models
from base.blocks.forms import (
    ContentField,
    block_for,
    is_single,
    sole_item,
    stream_for,
    struct_for,
)
from base.blocks.lines import LinesBlock
from base.blocks.references import KeySelect, offer, reference_of, registered
from base.blocks.streams import from_stream, to_stream
from base.blocks.wording import caption, help_of, model_caption

__all__ = [
    "ContentField",
    "KeySelect",
    "LinesBlock",
    "block_for",
    "caption",
    "from_stream",
    "help_of",
    "is_single",
    "is_tag",
    "model_caption",
    "offer",
    "reference_of",
    "registered",
    "sole_item",
    "stream_for",
    "struct_for",
    "tag_field",
    "tagged_models",
    "to_stream",
]
