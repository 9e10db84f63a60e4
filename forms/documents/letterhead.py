"""What all letters to clients have in common: who writes, to whom, and how they are addressed."""

from contracts.models import Organisation
from forms.models import Client, ClientContact, ClientIdentity


def sender_of(organisation: Organisation) -> dict[str, str]:
    """Return what a letter says of the organisation that writes it."""
    place = place_of(organisation)
    return {
        "name": organisation.name,
        # It shows through the envelope's window: whose letter it is, is nobody's business.
        "line": " · ".join(part for part in (organisation.street, place) if part),
        "place": ", ".join(part for part in (organisation.street, place) if part),
        "contact": " · ".join(part for part in (organisation.phone, organisation.email) if part),
    }


def place_of(where: Organisation | ClientContact) -> str:
    """Return postcode and city, as far as they are known."""
    return f"{where.postcode} {where.city}".strip()


def address_of(client: Client) -> list[str]:
    """Return the lines of the address window, as far as they are known."""
    identity, contact = client.identity, contact_of(client)
    name = f"{identity.first_name} {identity.last_name}".strip()
    return [line for line in (name, contact.street, place_of(contact)) if line]


def contact_of(client: Client) -> ClientContact:
    """Return how a client is reached; with nothing in it where that was never entered."""
    return getattr(client, "contact", None) or ClientContact()


def salutation_of(identity: ClientIdentity) -> str:
    """Return how a client is addressed."""
    Gender = ClientIdentity.Gender
    if identity.gender == Gender.FEMALE:
        return f"Sehr geehrte Frau {identity.last_name},"
    if identity.gender == Gender.MALE:
        return f"Sehr geehrter Herr {identity.last_name},"
    return f"Guten Tag, {identity.first_name} {identity.last_name},"
