"""Say who looks after a case and what its support plan grants, from a day on."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.models import Member, Team
from forms.actions.take_over_appointments import take_over_appointments
from forms.handing_over import WORKING, Seat
from forms.models import Case, CaseOwner, CaseResponsibility, Responsible, SupportPlan


def assign_owner(
    *, by, case: Case, valid_from: date, team: Team, caseworker: Member, reason: str = ""
) -> CaseOwner:
    """Make a team and caseworker of the commissioning body own the case from a day on.

    Refuses what `assign_counsellor` refuses, on the commissioning body's side.
    """
    return _assign(CaseOwner, by, case, valid_from, team, caseworker, reason)


def assign_counsellor(
    *,
    by,
    case: Case,
    valid_from: date,
    team: Team,
    counsellor: Member,
    reason: str = "",
    with_appointments: bool = False,
) -> CaseResponsibility:
    """Make a team and counsellor of the provider responsible from a day on.

    A row of the same day is replaced. Raises ValidationError for days before the assignment,
    and for a team or counsellor that is not the provider's, or for somebody who has left or looks
    after no cases: they could not open it. With `with_appointments` the counsellor takes part in
    what is planned from that day on, instead of who had the case (`forms.going_along`).
    """
    with transaction.atomic():
        if with_appointments:
            shares = [(Seat(team, counsellor), [case.pk])]
            take_over_appointments(
                by=by, side=CaseResponsibility, shares=shares, valid_from=valid_from
            )
        return _assign(CaseResponsibility, by, case, valid_from, team, counsellor, reason)


def _assign(
    side: type[Responsible], by, case: Case, valid_from: date, team: Team, member: Member, reason
):
    require_active(member)
    with transaction.atomic(), acting_as(by):
        row = _row_of(side, case, valid_from)
        row.team, row.reason = team, reason
        setattr(row, side.person, member)
        row.full_clean()
        if not WORKING[side] & {*member.roles}:
            raise ValidationError(
                _("%(seat)s looks after no cases there."), params={"seat": str(member)}
            )
        row.save()
    return row


def require_active(member: Member) -> None:
    """Raise ValidationError for who has left: nobody would look after the case."""
    if not member.active:
        raise ValidationError(
            _("%(counsellor)s is not active any more."), params={"counsellor": member}
        )


def grant_support(
    *, by, case: Case, valid_from: date, hours_per_month: Decimal, valid_until: date | None = None
) -> SupportPlan:
    """Record what the support plan grants from a day on; a plan of the same day is replaced.

    Units: hours per calendar month. Raises ValidationError for days before the assignment, and
    for a plan that ends before it begins.
    """
    with transaction.atomic(), acting_as(by):
        plan = _row_of(SupportPlan, case, valid_from)
        plan.valid_until, plan.hours_per_month = valid_until, hours_per_month
        plan.full_clean()
        plan.save()
    return plan


def _row_of(model, case: Case, valid_from: date):
    """Return the case's row of that day, or a new one."""
    stored = model.objects.select_for_update().filter(case=case, valid_from=valid_from).first()
    return stored or model(case=case, valid_from=valid_from)
