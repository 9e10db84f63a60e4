"""A calendar has one address, also where its owner asks for several at the same moment."""

import threading

import pytest
from django.db import connections

from forms.actions.share_calendar import share_calendar
from forms.models import CalendarFeed
from tests.factories import make_contract, make_member

AT_ONCE = 6


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_works():
    member = make_member(make_contract().provider)
    barrier, secrets = threading.Barrier(AT_ONCE), []

    def share():
        barrier.wait()
        try:
            secrets.append(share_calendar(member=member, by=member.user)[1])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=share) for _number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(secrets) == CalendarFeed.objects.count() == AT_ONCE
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 1
