"""Hand cases over: for a leave, a change of staff, one case or hundreds of them."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from base.history import CHANGED, create_tracked, record_history
from contracts.reach import Membership
from forms.actions.support_case import require_active
from forms.actions.take_over_appointments import take_over_appointments
from forms.handing_over import Seat, Share, seats, shared_out, side_of, to_hand_over
from forms.models import Responsible
from forms.models.case import CaseQuerySet


def hand_over_cases(
    *,
    by,
    membership: Membership,
    cases: CaseQuerySet,
    valid_from: date,
    to: Sequence[Seat],
    reason: str,
    with_appointments: bool = False,
) -> list[Share]:
    """Make others responsible for cases from a day on, all or none; return who got which.

    `membership` is the one by which the person acts, on its organisation's side. Cases that are
    closed by the first day stay as they are. Several receive in turn, the cases of one client
    together. A row of the first day is replaced. With `with_appointments`, who receives takes part
    in what is planned from that day on, instead of who had the case (`forms.going_along`).

    Raises ValidationError without a reason, without anybody to receive or for somebody who has
    left or has no seat on this side (`seats`), and for cases that are not the person's to hand
    over, or none.
    """
    side = side_of(membership)
    _require_receivers(side, to, membership)
    if not reason.strip():
        raise ValidationError({"reason": _("Why are the cases handed over?")})
    with transaction.atomic(), acting_as(by):
        cases.lock()
        allowed = to_hand_over(by, membership, timezone.localdate(current_time()))
        if strange := cases.exclude(pk__in=allowed.order_by().values("pk")).first():
            raise ValidationError(
                _("Case %(case)s is not yours to hand over."), params={"case": strange.number}
            )
        shares = shared_out(side, cases, valid_from, to)
        if not shares:
            raise ValidationError(
                _("On this day none of the cases runs that they do not have already.")
            )
        if with_appointments:
            take_over_appointments(by=by, side=side, shares=shares, valid_from=valid_from)
        _write(side, shares, valid_from, reason)
    return shares


def _require_receivers(side: type[Responsible], to: Sequence[Seat], membership: Membership) -> None:
    if not to:
        raise ValidationError({"to": _("Please choose who gets the cases.")})
    found = seats(membership.organisation, side)
    for seat in to:
        require_active(seat.member)
        if seat not in found:
            raise ValidationError(
                _("%(seat)s looks after no cases there."), params={"seat": str(seat)}
            )


def _write(side: type[Responsible], shares: Iterable[Share], valid_from: date, reason: str) -> None:
    """Store a row for each case, set-based; one of the same day is replaced."""
    column = f"{side.person}_id"
    of_day = {
        row.case_id: row
        for row in side.objects.select_for_update().filter(
            valid_from=valid_from, case__in=[key for _seat, keys in shares for key in keys]
        )
    }
    new = []
    for seat, keys in shares:
        for key in keys:
            row = of_day.get(key) or side(case_id=key, valid_from=valid_from)
            row.team, row.reason = seat.team, reason
            setattr(row, column, seat.member.pk)
            if row.pk is None:
                new.append(row)
    create_tracked(side, new)
    side._base_manager.bulk_update(of_day.values(), ["team", column.removesuffix("_id"), "reason"])
    record_history(side, [row.pk for row in of_day.values()], CHANGED)
