"""The texts of shapes in the reader's language: `base.shape` keeps them in English."""

from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext


def shown(text: str) -> str:
    """Return the text in the reader's language, with a capital; nothing stays nothing."""
    return capfirst(gettext(text)) if text else ""


translated = lazy(shown, str)
