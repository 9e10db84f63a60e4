"""Every kind of work × everybody: it is theirs to do, has a page, and the most urgent is first."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Model

from base.acting import acting_as
from base.workspace.worklist import Worklist
from jobs.models import Report, Statement
from tests.factories import somebody
from tests.invariants.rows.signing_in import signed_in

# What each kind looks for, its scene in `tests/invariants/test_worklist.py` says.
pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.counting]

MOST_OPENED = 2
"""Of each kind and person."""


@pytest.fixture
def undated():
    """A draft of a statement and a report that wait, with no day on which they are due."""
    for row in (
        Statement.objects.filter(status=Statement.Status.DRAFT).last(),
        Report.objects.last(),
    ):
        row.due_on = None
        with acting_as(somebody()):
            row.save()


def test_what_waits_is_ones_own_to_do_and_the_most_urgent_is_first(undated):
    mixed = set()
    for user in get_user_model().objects.filter(is_active=True).order_by("pk"):
        worklist = Worklist(user)
        for work in worklist.works:
            items = worklist.first(work, None)
            days = [item.entry.due or date.max for item in items]
            assert days == sorted(days), (user, work.key)
            if date.max in days and days[0] != date.max:
                mixed.add(work.key)
            for row in worklist.rows(work):
                if isinstance(row, Model):
                    assert user.has_perm(work.permission, row), (user, work.key, row)
            for item in items[:MOST_OPENED]:
                assert signed_in(user).get(item.entry.url).status_code == 200, (user, item)
    assert mixed >= {"statements", "reports"}
