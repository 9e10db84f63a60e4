"""A lease: of several processes one holds it, and another takes over when it falls silent."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from jobs.models import Lease

RENEWED_EVERY = timedelta(seconds=30)
LOST_AFTER = timedelta(seconds=90)


def take(name: str, holder: str) -> bool:
    """Take or renew a lease; tell whether the holder has it now. One conditional UPDATE decides."""
    now = timezone.now()
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
