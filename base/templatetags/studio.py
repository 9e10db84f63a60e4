"""Words and addresses of the studio's first page."""

from django import template
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from base.studio.home import address

register = template.Library()

STATES = {
    "draft": _("draft, not submitted yet"),
    "in_progress": _("submitted for approval"),
    "needs_changes": _("handed back to be changed"),
}


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
