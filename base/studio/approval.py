"""Buttons and workflow of the approval by a second person.

The workflow is made with the database, for every kind of draft; the rule itself is in freezing
(`base.editions`), so that no path skips it.
"""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from wagtail.models import Workflow, WorkflowContentType, WorkflowTask
from wagtail.snippets.action_menu import (
    PublishMenuItem,
    SaveMenuItem,
    SubmitForModerationMenuItem,
    UnpublishMenuItem,
    WorkflowMenuItem,
)

from base.editions import Draft
from base.models.approval import SecondPersonTask, authors_of

# Stored in the database, where Wagtail shows them as they are: in the product's first language.
WORKFLOW = "Vier-Augen-Freigabe"
TASK = "Freigabe durch eine zweite Person"


def drafts() -> list[type[Draft]]:
    """Return every kind of draft there is."""
    return [model for model in apps.get_models() if issubclass(model, Draft)]


def set_up_workflow() -> Workflow:
    """Make the workflow, and have every kind of draft use it that uses none yet."""
    workflow, _made = Workflow.objects.get_or_create(name=WORKFLOW)
    task = SecondPersonTask.objects.first() or SecondPersonTask.objects.create(name=TASK)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    for model in drafts():
        kind = ContentType.objects.get_for_model(model)
        WorkflowContentType.objects.get_or_create(
            content_type=kind, defaults={"workflow": workflow}
        )
    return workflow


def arrange_actions(menu_items: list, request, context: dict) -> None:
    """Offer what the person may do with the draft, the most likely first.

    Authors submit, others approve or publish. Nothing is unpublished: editions stay in force
    until a later one takes their place.
    """
    draft = context.get("instance")
    if not issubclass(context["model"], Draft):
        return
    menu_items[:] = [item for item in menu_items if not isinstance(item, UnpublishMenuItem)]
    is_author = draft is None or request.user.username in authors_of(draft)
    in_progress = draft is not None and draft.workflow_in_progress
    if is_author or in_progress:
        menu_items[:] = [item for item in menu_items if not isinstance(item, PublishMenuItem)]
    for item in menu_items:
        if isinstance(item, SubmitForModerationMenuItem):
            item.order = 10
        if isinstance(item, PublishMenuItem) and not is_author:
            item.order = 5
        if isinstance(item, WorkflowMenuItem):
            item.order = -10 if item.name == "approve" else -5
        if isinstance(item, SaveMenuItem):
            item.order = 0
    menu_items.sort(key=lambda item: item.order)
