"""Blocks of single values, which comparisons show as people read them rather than as stored."""

from django.utils.translation import gettext as _
from wagtail import blocks

from base import formats


class _Readable:
    """Shows a value as text; one that is not there as nothing."""

    def read(self, value) -> str:
        """Return a value that is there as people read it."""
        return str(value)

    def render_basic(self, value, context=None) -> str:
        return "" if value is None else self.read(value)


class WholeNumberBlock(_Readable, blocks.IntegerBlock):
    """A whole number."""


class DecimalBlock(_Readable, blocks.DecimalBlock):
    """A number with a decimal comma."""

    def read(self, value) -> str:
        return formats.number(value, most=max(0, -value.as_tuple().exponent))


class DayBlock(_Readable, blocks.DateBlock):
    """A day: 31.07.2026."""

    def read(self, value) -> str:
        return formats.day(value)


class YesNoBlock(_Readable, blocks.BooleanBlock):
    """Ticked or not."""

    def read(self, value) -> str:
        return _("yes") if value else _("no")


class ChoiceBlock(_Readable, blocks.ChoiceBlock):
    """One of several values, each with a text of its own."""

    def read(self, value) -> str:
        return str(dict(self.field.choices).get(value, value))
