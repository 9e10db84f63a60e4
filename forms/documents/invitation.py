"""Letters that invite clients to appointments: one, or several in one file.

They name the client and are made for whoever asks for them, so none is kept. What a template can
use is what `context_of` returns.
"""

from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from base import formats
from base.documents import DOCX, PDF, find_template, render, to_pdf
from contracts.models import Organisation
from forms.documents.letterhead import address_of, place_of, salutation_of, sender_of
from forms.models import Appointment

TEMPLATE = "documents/invitation.docx"


def make_invitations(
    appointments: Sequence[Appointment], *, sender: Organisation, by, suffix: str = DOCX
) -> bytes:
    """Return a letter for each of an organisation's appointments in one file, signed by who asks.

    Each begins a page of its own. The clients' names have to be known. Raises DocumentError for
    a wrong template, and PdfError for a PDF that cannot be made.
    """
    # The template is German, whatever language its reader has chosen for the screen.
    with override(settings.LANGUAGE_CODE):
        context = context_of(appointments, sender=sender, by=by)
        content = render(find_template(TEMPLATE), context)
    return to_pdf(content) if suffix == PDF else content


def invitation_name(appointment: Appointment, suffix: str = DOCX) -> str:
    """Return what the file is called. It names case and day, nobody."""
    return f"{appointment.case.number}-{_('Invitation')}-{appointment.day}{suffix}".replace(
        "/", "-"
    )


def invitations_name(suffix: str) -> str:
    """Return what a file of several is called."""
    with override(settings.LANGUAGE_CODE):
        several = _("Invitations")
    return f"{several}-{timezone.localdate()}{suffix}"


def context_of(appointments: Sequence[Appointment], *, sender: Organisation, by) -> dict:
    """Return what the template prints: texts alone."""
    return {
        "sender": sender_of(sender),
        "letters": [_letter(each) for each in appointments],
        "date": formats.day(timezone.localdate()),
        "person": by.display_name,
        "phone": sender.phone,
        "email": sender.email,
        "signature": by.display_name,
    }


def _letter(appointment: Appointment) -> dict:
    client = appointment.case.client
    begins, ends = timezone.localtime(appointment.begins), timezone.localtime(appointment.ends)
    people = [each.member.user.display_name for each in appointment.participants.all()]
    return {
        "address": address_of(client),
        "salutation": salutation_of(client.identity),
        "case": appointment.case.number,
        "day": date_format(begins, "l, j. F Y"),
        "begins": formats.clock(begins.time()),
        "ends": formats.clock(ends.time()),
        "how": how_of(appointment),
        "people": ", ".join(people),
    }


def how_of(appointment: Appointment) -> str:
    """Return the sentence that says where the client has to be."""
    Channel, Location = Appointment.Channel, Appointment.Location
    sender, where = appointment.organisation, appointment.address
    if appointment.channel == Channel.PHONE:
        return "Wir rufen Sie an. Sie müssen nicht zu uns kommen."
    if appointment.channel == Channel.VIDEO:
        return "Wir sprechen über Video. Den Zugang erhalten Sie gesondert."
    if appointment.location == Location.HOME:
        return "Wir kommen zu Ihnen nach Hause."
    if appointment.location == Location.ELSEWHERE:
        return f"Ort: {where}" if where else "Den Ort sagen wir Ihnen noch."
    host = sender
    if appointment.location == Location.BODY:
        host = appointment.case.contract.commissioning_body
    parts = (host.name, host.street, place_of(host), where)
    return "Ort: " + ", ".join(part for part in parts if part)
