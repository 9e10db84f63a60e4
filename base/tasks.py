"""Tasks of base for the workers."""

from django.contrib.auth import get_user_model
from django_tasks import task

from base.acting import acting_as, system_actor
from base.integrity import findings
from base.models.event import Event
from base.trail.events import record

MOST_KEPT = 200


@task()
def check_integrity(asked_by: int | None = None) -> int:
    """Run all checks and record what they found; return the number of findings.

    A check that breaks down is a finding itself: silence would look like a clean result.
    """
    found: list[str] = []
    broken = ""
    try:
        found.extend(findings())
    except Exception as error:
        broken = f"{type(error).__name__}: {error}"
        raise
    finally:
        by = get_user_model().objects.filter(pk=asked_by).first() or system_actor("integrity")
        with acting_as(by):
            detail = {"count": len(found), "findings": found[:MOST_KEPT], "broken": broken}
            record(Event.Kind.CHECK, detail=detail)
    return len(found)
