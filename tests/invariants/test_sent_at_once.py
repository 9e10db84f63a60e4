"""Every form of the product, sent several times in the same moment, is carried out once.

What makes cases and money is sent twenty times.
"""

import pytest

from base.history import history_model
from base.models import SavedView
from forms.models import Case
from tests.factories import make_deadline
from tests.invariants.rows.conftest import _build, undone
from tests.invariants.rows.sending import ready
from tests.invariants.rows.steps import FIRST, bring_to
from tests.invariants.rows.test_sent_twice import (
    AT_ONCE,
    TRIED,
    at_once,
    counted,
    deletion,
    difference,
)

MAKING = {"case-new", "instalment-add", "payroll-enter", "evidence-add"}
SEVERAL = 5
"""Two meet, the others wait for them; each takes a connection and as long as a page."""


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_each_form_sent_several_times_at_once_is_carried_out_once():
    _build()
    _as_many_deadlines_as_are_ended()
    making = set()
    # Those that need what others use up, while nothing has been changed by them.
    for page in sorted(TRIED, key=lambda each: each.name not in {*FIRST, "deadline-drop"}):
        bring_to(page.name)
        with undone():
            before = counted()
            form, _first = ready(page)
            once = difference(before, counted())
        before = counted()

        times = AT_ONCE if page.name in MAKING else SEVERAL
        answers = at_once(form, times)

        assert [each.status_code for each in answers] == [302] * times, page.name
        assert len({each.url for each in answers}) == 1, page.name
        assert difference(before, counted()) == once, page.name
        making |= {page.name} if any(count > 0 for count in once.values()) else set()
    form, before = deletion(), history_model(SavedView).objects.count()
    assert [each.status_code for each in at_once(form, AT_ONCE)] == [302] * AT_ONCE
    assert history_model(SavedView).objects.count() == before + 1
    assert making >= MAKING


def _as_many_deadlines_as_are_ended() -> None:
    """Here nothing is taken back: who finishes one leaves none to drop."""
    for case in Case.objects.filter(closed_on=None, deadlines=None).order_by("pk")[:3]:
        for starts in ("assignment", "document_received"):
            make_deadline(case, starts=starts)
