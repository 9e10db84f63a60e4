"""Checks that what was sealed is still what it was; run by `manage.py check_history`."""

from collections.abc import Iterator

from django.apps import apps

from base.integrity import register


@register
def statements_and_reports_match_their_seals() -> Iterator[str]:
    """Every issued statement and every report version is what it was."""
    for name in ("Statement", "ReportVersion"):
        # By key: the order of the models joins, and so leaves out rows whose parent is gone.
        for row in apps.get_model("jobs", name).objects.order_by("pk").iterator():
            yield from row.problems()
