"""Blocks of single values, which comparisons show as people read them rather than as stored."""

from wagtail import blocks

from base.legible import legible


class _Readable:
    """Shows a value as text; one that is not there as nothing."""

    def read(self, value) -> str:
        """Return a value that is there as people read it."""
        return legible(value)

    def render_basic(self, value, context=None) -> str:
        return "" if value is None else self.read(value)


class WholeNumberBlock(_Readable, blocks.IntegerBlock):
    """A whole number."""


class DecimalBlock(_Readable, blocks.DecimalBlock):
    """A number with a decimal comma."""


class DayBlock(_Readable, blocks.DateBlock):
    """A day: 31.07.2026."""


class YesNoBlock(_Readable, blocks.BooleanBlock):
    """Ticked or not."""


class ChoiceBlock(_Readable, blocks.ChoiceBlock):
    """One of several values, each with a text of its own."""

    def read(self, value) -> str:
        return str(dict(self.field.choices).get(value, value))
