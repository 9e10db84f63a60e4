"""Buttons and workflow of the approval by a second person.

The workflow is made with the database, for every kind of content; the rule itself is in freezing
(`base.editions`), so that no path skips it.
"""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.workflows import WorkflowContentTypeForm
from wagtail.models import Task, Workflow, WorkflowContentType, WorkflowTask
from wagtail.snippets.action_menu import (
    CancelWorkflowMenuItem,
    PublishMenuItem,
    RestartWorkflowMenuItem,
    SaveMenuItem,
    SubmitForModerationMenuItem,
    UnpublishMenuItem,
    WorkflowMenuItem,
)

from base.editions import Draft, Editioned
from base.models.approval import SecondPersonTask

# Stored in the database, where Wagtail shows them as they are: in the product's first language.
WORKFLOW = "Vier-Augen-Freigabe"
TASK = "Freigabe durch eine zweite Person"
OF_PAGES = "Moderators approval"

# Wagtail gives these fields no label that could be translated.
WorkflowContentTypeForm.base_fields["content_types"].label = _("Kinds of content")


def drafts() -> list[type[Draft]]:
    """Return every kind of draft there is."""
    return [model for model in apps.get_models() if issubclass(model, Draft)]


def editioned() -> list[type[Editioned]]:
    """Return every kind of content that is approved and has editions: drafts, and pages."""
    return [model for model in apps.get_models() if issubclass(model, Editioned)]


def set_up_workflow() -> Workflow:
    """Make the workflow, and have every kind of content use it that uses none yet.

    The one Wagtail brings lets whoever wrote a page approve it: it is switched off.
    """
    Workflow.objects.filter(name=OF_PAGES).update(active=False)
    Task.objects.filter(name=OF_PAGES).update(active=False)
    workflow, _made = Workflow.objects.get_or_create(name=WORKFLOW)
    task = SecondPersonTask.objects.order_by("pk").first()
    task = task or SecondPersonTask.objects.create(name=TASK)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    for model in editioned():
        kind = ContentType.objects.get_for_model(model)
        WorkflowContentType.objects.get_or_create(
            content_type=kind, defaults={"workflow": workflow}
        )
    return workflow


class SubmitItem(SubmitForModerationMenuItem):
    """Asks a second person, in the words of the product."""

    label = _("Submit for approval")

    def get_context_data(self, parent_context):
        """Call it the same whatever the workflow is called."""
        return super().get_context_data(parent_context) | {"label": self.label}


class WithdrawItem(CancelWorkflowMenuItem):
    """Takes back what was submitted."""

    label = _("Withdraw from approval")


OWN_WORDS = {SubmitForModerationMenuItem: SubmitItem, CancelWorkflowMenuItem: WithdrawItem}


def arrange_actions(menu_items: list, request, context: dict) -> None:
    """Offer what the person may do with the draft, the most likely first.

    Authors submit, others approve or publish. Nothing is unpublished: editions stay in force
    until a later one takes their place.
    """
    draft = context.get("instance")
    if not issubclass(context["model"], Draft):
        return
    wrote = draft is None or draft.was_written_by(request.user)
    left_out = [UnpublishMenuItem, RestartWorkflowMenuItem]
    if wrote or draft.workflow_in_progress:
        left_out.append(PublishMenuItem)
    kept = [item for item in menu_items if not isinstance(item, tuple(left_out))]
    worded = [OWN_WORDS[type(item)]() if type(item) in OWN_WORDS else item for item in kept]
    menu_items[:] = sorted(worded, key=_rank)


def _rank(item) -> int:
    """Return the place of a button: approving first, then saving, then what is rarer."""
    if isinstance(item, WorkflowMenuItem):
        return 0 if item.name == "approve" else 2
    ranks = {SaveMenuItem: 1, PublishMenuItem: 3, SubmitItem: 4, WithdrawItem: 5}
    return ranks.get(type(item), 9)
