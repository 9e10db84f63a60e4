"""What a change of a case changes for the money and the reports of its contract, told before."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format

from contracts.billing import round_to
from contracts.effects import Measured
from contracts.views.confirming import ShowsEffects
from forms.models import Case
from forms.plan_months import unpaid_months


class ShowsEffectsOfCase(ShowsEffects):
    """Mixin of what is done with a case from a day on, which the form's `valid_from` names."""

    def affected(self, form):
        return self.target.contract, form.cleaned_data["valid_from"]

    def measures(self, form) -> Iterable:
        """Measure the work that nobody would pay: whoever sees the case sees it."""
        since = form.cleaned_data["valid_from"]
        return [lambda: unpaid_hours(self.target, since)]


def unpaid_hours(case: Case, since: date) -> dict[Measured, Decimal]:
    """Return the hours of each month since a day for which the support plan has no room."""
    return {
        Measured(date_format(first, "F Y"), case.get_absolute_url(), "h"): round_to(hours, 2)
        for first, hours in sorted(unpaid_months(case, since).items())
    }
