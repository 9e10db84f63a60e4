"""What pages offer to those who write them."""

from django import template

from base.studio.doors import Door, doors_of
from cms.models import ServicePage

register = template.Library()


@register.simple_tag(takes_context=True)
def doors_of_page(context, page) -> list[Door]:
    """Return the ways into the studio: to the page, or to the description it shows."""
    user = context["request"].user
    if not user.is_authenticated or not page.pk:
        return []
    return doors_of(page.description if isinstance(page, ServicePage) else page, user)
