"""Places in the workspace of what base shows: entries of the menu, a section of the home page.

And the trail's tab on every object's page.
"""

from django.utils.translation import gettext_lazy as _

from base.editions import Draft
from base.history import Tracked
from base.studio.doors import ACCESS
from base.workspace.registry import HomeSection, MenuItem, Panel, register


def _history(request, target) -> dict:
    # The page imports every app's models; they are not loaded yet.
    from base.views.trail_object import trail_of

    return trail_of(request, target)


def _approvals(user):
    from base.views.approvals import approval_entries

    return approval_entries(user)


def _count_of_approvals(user) -> int:
    from base.views.approvals import count_of_approvals

    return count_of_approvals(user)


register(
    MenuItem(
        key="approvals",
        label=_("Approvals"),
        section="agreements",
        url_name="approvals",
        icon="check",
        permission=ACCESS,
        order=60,
        count=_count_of_approvals,
    ),
    MenuItem(
        key="studio",
        label=_("Content studio"),
        section="agreements",
        url_name="wagtailadmin_home",
        icon="open-in-new",
        permission=ACCESS,
        order=70,
    ),
    HomeSection(
        key="approvals",
        label=_("Waiting for your approval"),
        permission=ACCESS,
        order=5,
        entries=_approvals,
        empty=_("Nothing waits for your approval."),
        more="approvals",
    ),
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
