"""Texts edited as the lines of one field."""

from wagtail import blocks


class Lines(list):
    """Texts that show as one text, each on a line of its own."""

    def __str__(self) -> str:
        return "\n".join(self)


class LinesBlock(blocks.TextBlock):
    """Several short texts, edited as the lines of one field: a list of text needs no panels."""

    def normalize(self, value) -> Lines:
        return Lines(value or ())

    to_python = normalize

    def get_prep_value(self, value) -> list[str]:
        return list(value or ())

    def value_for_form(self, value) -> str:
        return "\n".join(value or ())

    def value_from_form(self, value) -> Lines:
        lines = (line.strip() for line in (value or "").replace("\r", "\n").split("\n"))
        return Lines(filter(None, lines))

    def get_searchable_content(self, value) -> list[str]:
        return list(value or ())

    class Meta:
        default = ()
