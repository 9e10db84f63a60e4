"""Make the secret address under which other programs read one's calendar, and take it back."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from contracts.models import Member
from forms.models import CalendarFeed


def share_calendar(*, by, member: Member) -> tuple[CalendarFeed, str]:
    """Make an address for one's own calendar; return it with its secret, known here alone.

    An address made before is void from then on. Raises ValidationError for others' calendars.
    """
    if member.user_id != by.pk:
        raise ValidationError(_("Only its owner shares a calendar."))
    with transaction.atomic(), acting_as(by):
        # Pressed twice at once, neither would see the other's address to make it void.
        Member._base_manager.select_for_update(no_key=True).get(pk=member.pk)
        for old in CalendarFeed.objects.select_for_update().filter(member=member, revoked_at=None):
            _revoke(old)
        feed = CalendarFeed(member=member, made_at=current_time())
        secret = feed.write_new()
        feed.full_clean()
        feed.save()
    return feed, secret


def revoke_calendar(feed: CalendarFeed, *, by) -> CalendarFeed:
    """Make an address void at once. Raises ValidationError where it is."""
    with transaction.atomic(), acting_as(by):
        feed = CalendarFeed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
        if feed.revoked_at is not None:
            raise ValidationError(_("This address was revoked already."))
        return _revoke(feed)


def _revoke(feed: CalendarFeed) -> CalendarFeed:
    feed.revoked_at = current_time()
    feed.save(update_fields=["revoked_at"])
    return feed
