"""The trail's places in the workspace: an entry of the menu, a tab on every object's page."""

from django.utils.translation import gettext_lazy as _

from base.editions import Draft
from base.history import Tracked
from base.workspace.registry import MenuItem, Panel, register


def _history(request, target) -> dict:
    # The page imports every app's models; they are not loaded yet.
    from base.views.trail_object import trail_of

    return trail_of(request, target)


register(
    MenuItem(
        key="trail",
        label=_("History"),
        section="oversight",
        url_name="trail",
        icon="visibility",
        permission="base.view_trail",
        order=10,
    ),
    *(
        Panel(
            key="history",
            label=_("History"),
            model=model,
            template="base/trail/panel.html",
            context=_history,
            order=900,
        )
        for model in (Tracked, Draft)
    ),
)
