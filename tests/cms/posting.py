"""What a browser posts for a draft: every field of every block, as the studio's forms name them."""

from wagtail import blocks


def post_of_block(block: blocks.Block, value, prefix: str) -> dict[str, str]:
    """Return the fields of a block's form with the value filled in."""
    if isinstance(block, blocks.StructBlock):
        fields = {}
        for name, child in block.child_blocks.items():
            fields |= post_of_block(child, value[name], f"{prefix}-{name}")
        return fields
    if isinstance(block, blocks.StreamBlock | blocks.ListBlock):
        return _post_of_sequence(block, value, prefix)
    state = block.get_form_state(value)
    if isinstance(block, blocks.BooleanBlock):
        return {prefix: "on"} if value else {}
    if isinstance(state, list):  # what a select widget calls its one value
        state = state[0] if state else ""
    # Browsers send text areas with line breaks of two characters.
    return {prefix: "" if state is None else str(state).replace("\n", "\r\n")}


def _post_of_sequence(block, value, prefix) -> dict[str, str]:
    children = list(value) if isinstance(block, blocks.StreamBlock) else value.bound_blocks
    fields = {f"{prefix}-count": str(len(children))}
    for index, child in enumerate(children):
        place = f"{prefix}-{index}"
        fields |= {
            f"{place}-deleted": "",
            f"{place}-order": str(index),
            f"{place}-id": child.id or "",
        }
        if isinstance(block, blocks.StreamBlock):
            fields[f"{place}-type"] = child.block_type
        fields |= post_of_block(child.block, child.value, f"{place}-value")
    return fields


def post_of(draft, **changes) -> dict[str, str]:
    """Return what the edit form of a draft posts, with some fields changed."""
    fields = {}
    model = draft.edition_model.content_model
    names = [*model.model_fields, "applies_from", *(field.name for field in draft.identity())]
    for name in names:
        value = getattr(draft, name)
        if hasattr(value, "stream_block"):
            fields |= post_of_block(value.stream_block, value, name)
        elif isinstance(value, bool):
            fields |= {name: "on"} if value else {}
        else:
            value = getattr(value, "pk", value)
            fields[name] = "" if value is None else str(value).replace("\n", "\r\n")
    return fields | changes
