"""A lease: of several processes one holds it, and another takes over when it falls silent.

Promised is that work of whoever fell silent, however that came, goes on elsewhere within 90
seconds. The worst case is the sum of what is awaited in turn: the lease is lost and the run is
stale (45 s, both counted from the last sign of life), a scheduler that stands by looks (15 s), a
worker fetches (1 s). Row locks of the silent are gone before (`config.database.Patience`).
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import Q, QuerySet

from base import database_time
from jobs.models import Lease

RENEWED_EVERY = timedelta(seconds=15)
LOST_AFTER = timedelta(seconds=45)
PULSE_SECONDS = 10

WORKER = "worker "


def take(name: str, holder: str) -> bool:
    """Take or renew a lease; tell whether the holder has it now. One conditional UPDATE decides."""
    now = database_time.now()
    own_or_lost = Q(holder=holder) | Q(heartbeat_at__lt=now - LOST_AFTER)
    if Lease.objects.filter(own_or_lost, name=name).update(holder=holder, heartbeat_at=now):
        return True
    try:
        with transaction.atomic():
            _lease, made = Lease.objects.get_or_create(
                name=name, defaults={"holder": holder, "heartbeat_at": now}
            )
    except IntegrityError:
        return False
    return made


def give_back(name: str, holder: str) -> None:
    """End a lease in good order, so that nobody has to wait until it is lost."""
    Lease.objects.filter(name=name, holder=holder).delete()


def lease_of(worker_id: str) -> str:
    """Return the name of the lease that a worker holds; ids may be longer than names."""
    return WORKER + hashlib.sha256(worker_id.encode()).hexdigest()[:40]


def worker_leases() -> QuerySet[Lease]:
    """Return the leases of all workers, living or silent."""
    return Lease.objects.filter(name__startswith=WORKER)


def living_workers(now: datetime) -> QuerySet[Lease]:
    """Return the leases of the workers that give signs of life; `now` by the database's clock."""
    return worker_leases().filter(heartbeat_at__gte=now - LOST_AFTER)


@contextmanager
def pulse(beat: Callable[[], object]) -> Iterator[None]:
    """Give signs of life from a second thread, while the first works, however long that takes."""
    ended = threading.Event()

    def go_on_beating():
        while not ended.wait(PULSE_SECONDS):
            # SQLite: a long transaction of the other thread. It keeps claimants waiting as well.
            # PostgreSQL: a lost session, told as an error of one kind or another. The next beat has
            # a new one, or nobody hears it.
            with suppress(OperationalError, InternalError, InterfaceError):
                beat()
            connection.close()

    thread = threading.Thread(target=go_on_beating, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
