"""The texts of shapes in the reader's language: `base.shape` keeps them in English."""

from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext

from base.content import _
from base.shape import Field

ONLY_PRINTED = _("This is only printed.")


def shown(text: str) -> str:
    """Return the text in the reader's language, with a capital; nothing stays nothing."""
    return capfirst(gettext(text)) if text else ""


def explained(field: Field) -> str:
    """Return what a form says below a field; of what nothing reads, that it is only printed."""
    said = (shown(field.help), gettext(ONLY_PRINTED) if field.printed else "")
    return " ".join(filter(None, said))


translated, help_of = lazy(shown, str), lazy(explained, str)
