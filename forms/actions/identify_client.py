"""Say who a client is, or correct it."""

from datetime import date

from django.db import transaction

from base.acting import acting_as
from forms.models import Client, ClientIdentity


def identify_client(
    *,
    by,
    client: Client,
    first_name: str,
    last_name: str,
    birth_date: date | None = None,
    gender: str = "",
    reason: str = "",
) -> ClientIdentity:
    """Store who the client is. Raises ValidationError for names that are missing or too long."""
    identity = ClientIdentity.objects.filter(client=client).first()
    identity = identity or ClientIdentity(client=client)
    identity.first_name, identity.last_name = first_name.strip(), last_name.strip()
    identity.birth_date, identity.gender = birth_date, gender
    with transaction.atomic(), acting_as(by, reason=reason):
        identity.full_clean()
        identity.save()
    return identity
