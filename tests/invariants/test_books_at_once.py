"""Whoever pays on account while finance closes the year waits for the year, and is refused."""

import threading
from datetime import date
from decimal import Decimal
from time import sleep

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from contracts.actions.close_year import close_year
from contracts.actions.pay_instalment import change_instalment, pay_instalment
from contracts.billing import Period
from contracts.models import Instalment
from tests.factories import make_contract, make_user

MARCH = Period.parse("2024-03")
WAITING = (
    "SELECT count(*) FROM pg_locks"
    " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


def waits() -> bool:
    """Whether another connection waits for what this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0] > 0


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("corrected", [False, True], ids=["new", "corrected"])
def test_nothing_is_paid_in_a_year_that_is_being_closed(corrected):
    contract, by, refused = make_contract(), make_user(), []
    paid = {"amount": Decimal("10.00"), "period": MARCH, "by": by}
    before = pay_instalment(contract, paid_on=date(2025, 1, 2), **paid) if corrected else None

    def pay():
        try:
            if before:
                change_instalment(before, paid_on=date(2024, 3, 1), reason="typo", **paid)
            else:
                pay_instalment(contract, paid_on=date(2024, 3, 1), **paid)
        except ValidationError as error:
            refused.append(list(error.message_dict))
        finally:
            connection.close()

    other = threading.Thread(target=pay)
    with transaction.atomic():
        close_year(contract.commissioning_body, 2024, by=by)
        other.start()
        while other.is_alive() and not waits():
            sleep(0.01)
    other.join()

    assert refused == [["paid_on"]]
    assert not Instalment.objects.filter(paid_on__year=2024).exists()
