"""Quantities of cases in templates."""

from django import template

from base.formats import NO_BREAK
from forms.usage import approximate

register = template.Library()
register.filter("quantity", approximate)


@register.filter
def minutes(value: int) -> str:
    """Return minutes as hours and minutes: 1:30 h."""
    return f"{value // 60}:{value % 60:02d}{NO_BREAK}h"
