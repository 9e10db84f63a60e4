"""Words and addresses of the studio's first page."""

from django import template
from django.utils.text import capfirst

from base.studio.home import address
from base.studio.states import STATES

register = template.Library()


@register.filter
def draft_state(state: str):
    """Return how far a draft has come."""
    return STATES[state]


@register.filter
def model_caption(instance) -> str:
    """Return what kind of thing this is."""
    return capfirst(instance._meta.verbose_name)


@register.filter
def draft_url(edition) -> str:
    """Return where the draft of an edition is edited."""
    return address(getattr(edition, edition.subject))
