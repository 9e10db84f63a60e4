"""A room is booked once, also by people who do it at the same moment."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from forms.models import Appointment, AppointmentResource
from tests.factories import make_appointment, make_contract, make_member, make_resource

AT_ONCE = 6


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_the_room():
    contract = make_contract()
    members = [make_member(contract.provider) for _number in range(AT_ONCE)]
    room = make_resource(contract.provider)
    barrier, outcomes = threading.Barrier(AT_ONCE), []

    def book(member):
        barrier.wait()
        try:
            make_appointment(member, resources=[room])
            outcomes.append("booked")
        except ValidationError as refused:
            outcomes.append(next(iter(refused.message_dict)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=book, args=[member]) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["booked", *["resources"] * (AT_ONCE - 1)]
    assert (Appointment.objects.count(), AppointmentResource.objects.count()) == (1, 1)
