"""Keep the list of rooms and vehicles that can be booked."""

import secrets

from django.db import transaction

from base.acting import acting_as
from contracts.models import Organisation
from forms.models import Resource


def keep_resource(
    resource: Resource | None = None,
    *,
    by,
    organisation: Organisation,
    name: str,
    kind: str,
    active: bool = True,
) -> Resource:
    """Add a room or vehicle, or change one. Raises ValidationError for a name that is taken."""
    with transaction.atomic(), acting_as(by):
        row = resource or Resource(organisation=organisation, key=f"{kind}-{secrets.token_hex(4)}")
        row.name, row.kind, row.active = name, kind, active
        row.full_clean()
        row.save()
    return row
