"""Other accounts of organisations are told to those whose money it is, and who look after it."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from base.scoping import told_to
from contracts.models import BankChange, Contract, Member
from contracts.models.organisation import Organisation
from contracts.roles import Role

FOLDER = "contracts/accounts"
ASKED = frozenset({Role.ADMINISTRATOR, Role.FINANCE, Role.PROVIDER_LEAD})


def tell_entered(change: BankChange) -> None:
    """Write that another account was entered, and until when to object."""
    _tell(change, "entered")


def tell_applied(change: BankChange) -> None:
    """Write that letters name it from now on."""
    _tell(change, "applied")


def tell_withdrawn(change: BankChange) -> None:
    """Write that it was taken back."""
    _tell(change, "withdrawn")


def tell_other_address(organisation: Organisation, before: str, *, by) -> None:
    """Write to the address that an organisation had: what is told of accounts goes elsewhere."""
    _send("other_address", organisation, {before: AnonymousUser()}, by=by)


def _tell(change: BankChange, what: str) -> None:
    _send(what, change.organisation, _readers(change.organisation), change=change)


def _send(what: str, organisation: Organisation, readers: Mapping[str, object], **given) -> None:
    path = reverse("organisation", args=[organisation.pk])
    given["url"] = settings.WAGTAILADMIN_BASE_URL.rstrip("/") + path
    given["organisation"] = organisation
    for address, reader in readers.items():
        with translation.override(settings.LANGUAGE_CODE), told_to(reader):
            subject = " ".join(render_to_string(f"{FOLDER}/{what}_subject.txt", given).split())
            text = render_to_string(f"{FOLDER}/{what}_message.txt", given)
        send_mail(subject, text.strip() + "\n", None, [address])


def _readers(organisation: Organisation) -> dict[str, object]:
    """Return who reads it by address: its people and its bodies', and the organisation itself.

    Who reads the organisation's own mail is known to nobody here.
    """
    concluded = Contract.objects.concluded().filter(provider=organisation).order_by()
    bodies = Organisation.objects.filter(pk__in=concluded.values("commissioning_body"))
    members = Member.objects.filter(
        active=True, user__is_active=True, organisation__in={organisation, *bodies}
    ).select_related("user")
    people = [each.user for each in members.order_by("pk") if ASKED & set(each.roles)]
    readers = {organisation.email: AnonymousUser()} | {person.email: person for person in people}
    return {address: reader for address, reader in readers.items() if address}
