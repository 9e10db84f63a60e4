"""Places in the workspace of what base shows: entries of the menu, what waits for approval.

And the trail's tab on every object's page.
"""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.editions import Draft
from base.history import Tracked
from base.models import Submission
from base.scoping import strangers_to
from base.studio.doors import ACCESS
from base.workspace.registry import MenuItem, Panel, WaitingEntry, Work, register
from base.workspace.worklist import WORKLIST


def _history(request, target) -> dict:
    # The page imports every app's models; they are not loaded yet.
    from base.views.trail_object import trail_of

    return trail_of(request, target)


def _submissions(user):
    rows = Submission.objects.visible_to(user, ACCESS).select_related(
        "workflow_state__requested_by", "revision__base_content_type"
    )
    return rows.order_by("started_at", "pk")


def _submission_entries(rows, user) -> list[WaitingEntry]:
    strangers = strangers_to(user)
    return [
        WaitingEntry(
            title=str(draft := row.draft),
            url=reverse("approval", args=[row.pk]),
            note=" · ".join(
                filter(None, [str(draft._meta.verbose_name), row.submitted_by(strangers)])
            ),
            day=timezone.localdate(row.started_at),
        )
        for row in rows
    ]


register(
    MenuItem(
        key=WORKLIST,
        label=_("Worklist"),
        section="work",
        url_name="worklist",
        icon="tray",
        order=5,
    ),
    MenuItem(
        key="approvals",
        label=_("Approvals"),
        section="agreements",
        url_name="approvals",
        icon="check",
        permission=ACCESS,
        order=60,
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
    Work(
        key="approvals",
        label=_("Waiting for your approval"),
        permission=ACCESS,
        order=5,
        rows=_submissions,
        entries=_submission_entries,
        empty=_("Nothing waits for your approval."),
        menu="approvals",
        more="approvals",
        told_at_once=True,
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
