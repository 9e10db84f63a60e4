"""E-mails to the people who may do something about a row: each once, in the product's language."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import translation

from base.models import MailChoice
from base.scoping import told_to
from contracts.models import Member, Organisation
from contracts.rights import GRANTS


def who_may(permission: str, row: Model, places: Iterable[Organisation]) -> list:
    """Return people with an address who work in one of the places and may do this to the row."""
    members = Member.objects.filter(
        active=True, user__is_active=True, organisation__in=[place.pk for place in places]
    )
    found = {
        member.user_id: member.user
        for member in members.exclude(user__email="").select_related("user").order_by("pk")
        if not GRANTS[permission].isdisjoint(member.roles)
    }
    return [user for user in found.values() if user.has_perm(permission, row)]


def tell(users: Collection, template: str, *, path: str, work: str = "", **given) -> None:
    """Send an e-mail to each: `template` names its subject and message, `path` what it leads to.

    `work` is the key of the kind of work it is about; who does not want to be told of such at
    once finds it in the worklist alone.
    """
    refused = {
        choice.owner_id
        for choice in MailChoice.objects.filter(owner__in=[user.pk for user in users])
        if work in choice.not_at_once
    }
    users = [user for user in users if user.pk not in refused]
    given["url"] = settings.WAGTAILADMIN_BASE_URL.rstrip("/") + path
    for user in users:
        with translation.override(settings.LANGUAGE_CODE), told_to(user):
            subject = " ".join(render_to_string(f"{template}_subject.txt", given).split())
            text = render_to_string(f"{template}_message.txt", given | {"user": user})
        send_mail(subject, text.strip() + "\n", None, [user.email])
