"""Who computes a contract has it to himself; who records facts about it does not wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import OperationalError, connection, transaction

from contracts.billing import Period
from contracts.models import Contract
from jobs import spot_checks
from jobs.actions.compute_statement import compute_statement
from jobs.actions.compute_statements import compute_statements
from jobs.marks import look_again_at, take_up
from tests import factories

MARCH = Period.parse("2024-03")


@contextmanager
def held(contract: Contract) -> Iterator[None]:
    """Have another connection hold the contract, as whoever computes it does."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            sql = "SELECT 1 FROM contracts_contract WHERE id = %s FOR NO KEY UPDATE"
            cursor.execute(sql, [contract.pk])
        yield
    finally:
        other.close()


@contextmanager
def impatient() -> Iterator[None]:
    """Let what waits for a lock fail, and nothing be kept."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        yield
        transaction.set_rollback(True)


def waits(call) -> bool:
    try:
        with impatient():
            call()
    except OperationalError:
        return True
    return False


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_what_computes_waits_for_a_contract_that_another_computes(monkeypatch):
    contract = factories.make_contract(duties=[factories.MONTHLY_STATEMENT])
    case = factories.make_case(contract)
    factories.make_record(case)
    compute_statement(contract, MARCH)
    computed = []
    monkeypatch.setattr(spot_checks, "compute_statement", lambda *asked: computed.append(asked))
    with held(contract), impatient():
        spot_checks.spot_check()
    with held(contract):
        assert waits(lambda: compute_statement(contract, MARCH))
    assert computed == []
    monkeypatch.undo()

    factories.make_record(case, day=date(2024, 3, 21))
    calls = {
        "take up": take_up,
        "take up of one": lambda: take_up(contract),
        "look again": lambda: look_again_at(contract),
        "compute": lambda: compute_statements([contract], MARCH),
        "record": lambda: factories.make_record(case, day=date(2024, 3, 22)),
    }
    assert {name for name, call in calls.items() if waits(call)} == set()
    with held(contract):
        waiting = {name for name, call in calls.items() if waits(call)}
    assert calls.keys() - waiting == {"record"}
