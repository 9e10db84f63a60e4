"""Years that finance has closed: nothing is dated in them any more (D47)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.ends import Ends, NotAhead
from base.history import Tracked
from base.reasons import ReasonField
from base.retention import BOOKS, Retention
from contracts.models.organisation import Organisation
from contracts.reach import OrganisationScopedQuerySet


class ClosedYearQuerySet(OrganisationScopedQuerySet):
    """Closed years, by the commissioning body whose books they are."""

    provider_path = "commissioning_body"
    needed = None

    @classmethod
    def condition(cls, reach):
        """Return the condition for years of the bodies that are reached, of nobody else."""
        return Q() if reach.everything else Q(commissioning_body__in=sorted(reach.bodies))

    def closed(self):
        """Return the years that are closed now, without those opened again."""
        return self.filter(reopened_on=None)

    def require_open(self, body: int, day: date) -> None:
        """Raise ValidationError where the body, given by key, has closed the year of a day.

        In a transaction nobody closes it until the end; outside of one nothing is written that
        could come between.
        """
        if transaction.get_connection(self.db).in_atomic_block:
            lock_books(body)
        if self.closed().filter(commissioning_body=body, year=day.year).exists():
            raise ValidationError(
                _("Finance has closed %(year)s: nothing is dated in it any more."),
                code="year_closed",
                params={"year": str(day.year)},
            )


def lock_books(body: int) -> None:
    """Let nobody else close a year of the body, or date something in one, until the end."""
    books = Organisation._base_manager.select_for_update(of=("self",), no_key=True)
    books.values_list("pk").get(pk=body)


class ClosedYear(Tracked):
    """A calendar year whose books a commissioning body has closed; opened again only with reasons.

    One row for each year: closing it once more takes back that it was opened, history tells all.
    """

    commissioning_body = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="closed_years",
        limit_choices_to={"kind": Organisation.Kind.COMMISSIONING_BODY},
        verbose_name=_("commissioning body"),
    )
    year = models.PositiveSmallIntegerField(_("year"))
    closed_on = models.DateField(_("closed on"))
    reopened_on = models.DateField(_("opened again on"), null=True, blank=True)
    reopening_reason = ReasonField(
        _("why it was opened again"), max_length=2000, blank=True, default=""
    )

    objects = ClosedYearQuerySet.as_manager()
    retention = Retention(10, after="the year has ended", basis=BOOKS)

    class Meta:
        verbose_name = _("closed year")
        verbose_name_plural = _("closed years")
        ordering = ["commissioning_body", "-year"]
        constraints = [
            models.UniqueConstraint(fields=["commissioning_body", "year"], name="year_closed_once"),
            models.CheckConstraint(
                name="year_is_over_when_closed", condition=Q(closed_on__year__gt=F("year"))
            ),
            NotAhead("closed_on", name="year_is_closed_by_now"),
            NotAhead("reopened_on", name="year_is_opened_again_by_now"),
            Ends("reopened_on", begins="closed_on", name="year_is_opened_again_after_closing"),
            models.CheckConstraint(
                name="year_is_opened_again_with_reasons",
                condition=Q(reopened_on=None, reopening_reason="")
                | (Q(reopened_on__isnull=False) & ~Q(reopening_reason="")),
                violation_error_message=_("A closed year is opened again only with a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commissioning_body} {self.year}"

    def clean(self):
        """Refuse a year that was not over."""
        super().clean()
        if self.closed_on and self.year and self.closed_on.year <= self.year:
            raise ValidationError({"year": _("%(year)s is not over.") % {"year": self.year}})

    @property
    def is_closed(self) -> bool:
        """Whether nothing may be dated in it."""
        return self.reopened_on is None
