"""Say who stands in for somebody who is away, change it, take it back."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.models import Member, Substitution


def substitute_member(
    *,
    by,
    member: Member,
    substitute: Member,
    first_day: date,
    last_day: date,
    substitution: Substitution | None = None,
) -> Substitution:
    """Let a member stand in for another from a first to a last day; or change that it does.

    Raises ValidationError for oneself, for somebody of another organisation or who has left, for
    a last day before the first, and where somebody stands in on one of these days already.
    """
    with transaction.atomic(), acting_as(by):
        # Two who enter something for one person at once are let in one after the other.
        Member._base_manager.select_for_update(no_key=True).get(pk=member.pk)
        row = substitution or Substitution(member=member)
        row.substitute, row.first_day, row.last_day = substitute, first_day, last_day
        row.full_clean()
        row.save()
    return row


def withdraw_substitution(substitution: Substitution, *, by) -> None:
    """Take a substitution back: it is as if it was never entered; history keeps it."""
    with transaction.atomic(), acting_as(by):
        row = Substitution.objects.select_for_update().filter(pk=substitution.pk).first()
        if row is None:
            raise ValidationError(_("This substitution was withdrawn already."))
        row.delete()
