"""Reasons for service records in files."""

from datetime import date
from typing import Literal

from pydantic import Field

from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import stored_or_new
from forms.models import RecordReason


class RecordReasonEntry(Content):
    """A reason that can be chosen where a service record needs one."""

    key: Key = Field(max_length=60)
    label: Line = Field(max_length=120)
    occasion: Literal["recorded", "changed", "both"] = "both"
    until: date | None = None
    position: int = Field(100, ge=0, le=32_767)


def _load(located: Located) -> int:
    entry: RecordReasonEntry = located.entry
    return stored_or_new(RecordReason, located, {"key": entry.key}, entry.model_dump())


def _dump():
    for row in RecordReason.objects.order_by("position", *by_text("key")):
        yield RecordReasonEntry(
            **{name: getattr(row, name) for name in RecordReasonEntry.model_fields}
        )


register(
    Kind(
        section="record_reasons",
        position=65,
        entry=RecordReasonEntry,
        load=lambda entries: load_each(entries, _load),
        dump=_dump,
        known_by=("key",),
    )
)
