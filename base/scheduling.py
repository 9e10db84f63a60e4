"""Publishing what was approved for a later moment, once that moment has come."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.models import Revision


@dataclass(frozen=True)
class DuePublication:
    """What became of the revisions that were due: how many went live, and what was refused."""

    published: int
    refused: tuple[str, ...]


def publish_due() -> DuePublication:
    """Publish every revision whose moment has come, each by itself; safe to repeat.

    The edition names whoever scheduled it as its approver (`base.editions`). What cannot be
    frozen any more stays scheduled and is named.
    """
    due = Revision.objects.filter(approved_go_live_at__lte=timezone.now())
    published, refused = 0, []
    for revision in due.order_by("approved_go_live_at", "pk"):
        try:
            revision.publish(log_action="wagtail.publish.scheduled")
            published += 1
        except ValidationError as error:
            refused.append(f"{revision.object_str}: {' · '.join(error.messages)}")
    return DuePublication(published, tuple(refused))
