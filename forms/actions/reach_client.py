"""Say under which numbers a client is kept, and how the client is reached, or correct it."""

from django.db import transaction

from base.acting import acting_as
from forms.models import Client, ClientContact
from forms.models.client import NUMBERS, number_spelled


def reach_client(*, by, client: Client, reason: str = "", **values) -> ClientContact:
    """Store contact data, columns of `ClientContact` by name; those not named stay as they are.

    Numbers are stored without spaces and in capital letters. Raises ValidationError for values
    that are too long, and for numbers and addresses that cannot be.
    """
    with transaction.atomic(), acting_as(by, reason=reason):
        contact = ClientContact.objects.select_for_update().filter(client=client).first()
        contact = contact or ClientContact(client=client)
        for name, value in values.items():
            if name in NUMBERS:
                value = number_spelled(value)
            setattr(contact, name, value.strip() if isinstance(value, str) else value)
        contact.full_clean()
        contact.save()
    return contact
