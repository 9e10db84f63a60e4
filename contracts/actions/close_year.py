"""Close the books of a year, and open them again where it has to be (D47)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from contracts.access import require_settled
from contracts.models import ClosedYear, Organisation
from contracts.models.closed_year import lock_books


def close_year(body: Organisation, year: int, *, by) -> ClosedYear:
    """Close a year for a commissioning body: no statement is issued in it, nothing paid.

    What is open for times in that year is issued in a later one. Raises ValidationError for a
    year that is not over, or closed already.
    """
    require_settled(by)
    with transaction.atomic(), acting_as(by):
        lock_books(body.pk)
        today = timezone.localdate(current_time())
        closed = ClosedYear.objects.filter(commissioning_body=body, year=year).first()
        if closed is not None and closed.is_closed:
            raise ValidationError({"year": _("%(year)s is closed already.") % {"year": year}})
        closed = closed or ClosedYear(commissioning_body=body, year=year)
        closed.closed_on, closed.reopened_on, closed.reopening_reason = today, None, ""
        closed.full_clean()
        closed.save()
    return closed


def reopen_year(closed: ClosedYear, *, by, reason: str) -> ClosedYear:
    """Open a closed year again. Raises ValidationError without a reason, or where it is open."""
    if not reason.strip():
        raise ValidationError({"reason": _("A closed year is opened again only with a reason.")})
    require_settled(by)
    with transaction.atomic(), acting_as(by, reason=reason.strip()):
        lock_books(closed.commissioning_body_id)
        closed = ClosedYear.objects.select_for_update(of=("self",)).get(pk=closed.pk)
        if not closed.is_closed:
            raise ValidationError(_("%(year)s is open.") % {"year": closed.year})
        closed.reopened_on = timezone.localdate(current_time())
        closed.reopening_reason = reason
        closed.full_clean()
        closed.save()
    return closed
