"""How far a draft has come on its way to an edition."""

from django.utils.translation import gettext_lazy as _

from base.editions import Draft

STATES = {
    "published": _("published"),
    "draft": _("draft, not submitted yet"),
    "changed": _("published, being changed"),
    "in_progress": _("submitted for approval"),
    "needs_changes": _("handed back to be changed"),
    "scheduled": _("approved, publication scheduled"),
}


def state_of(draft: Draft) -> str:
    """Return the state of a stored draft, one of `STATES`."""
    if draft.live and not draft.has_unpublished_changes:
        return "published"
    if draft.scheduled_revision is not None:
        return "scheduled"
    if workflow := draft.current_workflow_state:
        return workflow.status
    return "changed" if draft.live else "draft"
