"""Say who looks after a case and what its support plan grants, from a day on."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contracts.models import Member, Team
from forms.models import Case, CaseResponsibility, SupportPlan


def assign_counsellor(
    *, case: Case, valid_from: date, team: Team, counsellor: Member
) -> CaseResponsibility:
    """Make a team and counsellor of the provider responsible from a day on.

    A row of the same day is replaced. Raises ValidationError for days before the assignment,
    and for a team or counsellor that is not the provider's, or has left.
    """
    if not counsellor.active:
        raise ValidationError(
            _("%(counsellor)s is not active any more."), params={"counsellor": counsellor}
        )
    with transaction.atomic():
        row = _row_of(CaseResponsibility, case, valid_from)
        row.team, row.counsellor = team, counsellor
        row.full_clean()
        row.save()
    return row


def grant_support(
    *, case: Case, valid_from: date, hours_per_month: Decimal, valid_until: date | None = None
) -> SupportPlan:
    """Record what the support plan grants from a day on; a plan of the same day is replaced.

    Units: hours per calendar month. Raises ValidationError for days before the assignment, and
    for a plan that ends before it begins.
    """
    with transaction.atomic():
        plan = _row_of(SupportPlan, case, valid_from)
        plan.valid_until, plan.hours_per_month = valid_until, hours_per_month
        plan.full_clean()
        plan.save()
    return plan


def _row_of(model, case: Case, valid_from: date):
    """Return the case's row of that day, or a new one."""
    stored = model.objects.select_for_update().filter(case=case, valid_from=valid_from).first()
    return stored or model(case=case, valid_from=valid_from)
