"""Numbers start with 1, leave no gap, and are never given twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from base.models import NumberCounter
from base.models.counter import next_number

STATEMENTS = {"scope": "house", "kind": "statement", "year": 2024}


def number(**changes) -> int:
    with transaction.atomic():
        return next_number(**(STATEMENTS | changes))


@pytest.mark.django_db
def test_numbers_follow_each_other():
    assert [number() for _ in range(4)] == [1, 2, 3, 4]


@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"scope": "branch"}, {"kind": "voucher"}, {"year": 2025}])
def test_each_scope_kind_and_year_counts_alone(other):
    number()
    assert number(**other) == 1
    assert number() == 2


@pytest.mark.django_db
def test_rollback_takes_the_number_back():
    number()
    with pytest.raises(KeyError), transaction.atomic():
        assert next_number(**STATEMENTS) == 2
        raise KeyError
    assert number() == 2


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_number_is_given():
    with pytest.raises(TransactionManagementError):
        next_number(**STATEMENTS)
    assert not NumberCounter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_those_who_ask_at_once_wait_for_each_other():
    # A SQLite database in memory lets one connection in at a time and has nothing to wait for.
    askers = 4 if connection.vendor == "postgresql" else 1

    def ask(_):
        try:
            return [number() for _ in range(25)]
        finally:
            connection.close()

    with ThreadPoolExecutor(askers) as pool:
        given = [n for numbers in pool.map(ask, range(4)) for n in numbers]
    assert sorted(given) == list(range(1, 101))
