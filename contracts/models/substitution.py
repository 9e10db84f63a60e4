"""Who stands in for whom, and when (Vertretung).

While it is in force the substitute finds the absent person's work beside their own. It never
widens what they may see or do: rights follow from their own roles.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import Ends
from base.history import Tracked
from base.retention import KeptWith
from contracts.models.organisation import Member
from contracts.reach import OrganisationScopedQuerySet


class SubstitutionQuerySet(OrganisationScopedQuerySet):
    """Substitutions, for those who work in the same house: who is absent is nobody else's."""

    provider_path = "member__organisation"
    needed = "contracts.view_substitution"

    def within(self, reach):
        """Return the rows that are reached: staff of the only body see no other house's either."""
        return self.filter(self.condition(reach)) if reach else self.none()

    @classmethod
    def condition(cls, reach):
        """Return the condition for rows of the houses where the person works, of no others."""
        own = sorted(reach.bodies | reach.providers)
        if reach.everything and not own:
            return models.Q()
        return models.Q(**{f"{cls.provider_path}__in": own})

    def in_force_on(self, day: date):
        """Return those that are in force on the day."""
        return self.filter(first_day__lte=day, last_day__gte=day)

    def of(self, members):
        """Return those of a person's own memberships, absent or standing in, given by keys."""
        return self.filter(models.Q(member__in=members) | models.Q(substitute__in=members))


class Substitution(Tracked):
    """A member stands in for another, from a first to a last day."""

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="absences", verbose_name=_("absent")
    )
    substitute = models.ForeignKey(
        Member, models.PROTECT, related_name="substitutions", verbose_name=_("substitute")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    objects = SubstitutionQuerySet.as_manager()
    retention = KeptWith("member")

    class Meta:
        verbose_name = _("substitution")
        verbose_name_plural = _("substitutions")
        ordering = ["-first_day", "pk"]
        constraints = [
            Ends("last_day", begins="first_day", name="substitution_ends_after_beginning")
        ]

    def __str__(self) -> str:
        return f"{self.member} → {self.substitute}"

    def clean(self):
        """Refuse somebody of another house, oneself, who has left, and a second one at a time."""
        if not (self.member_id and self.substitute_id):
            return
        if self.member_id == self.substitute_id:
            raise ValidationError({"substitute": _("Nobody stands in for themselves.")})
        if self.member.organisation_id != self.substitute.organisation_id:
            refused = _("%(substitute)s does not work where %(member)s works.")
            raise ValidationError({"substitute": refused % self._people()})
        if not self.substitute.active:
            refused = _("%(substitute)s has left and stands in for nobody.")
            raise ValidationError({"substitute": refused % self._people()})
        if self.first_day and self.last_day:
            self._require_only_one()

    def _require_only_one(self) -> None:
        others = Substitution.objects.filter(
            member=self.member_id, first_day__lte=self.last_day, last_day__gte=self.first_day
        )
        other = others.exclude(pk=self.pk).select_related("substitute__user").first()
        if other is None:
            return
        message = _(
            "From %(first)s to %(last)s %(substitute)s stands in already: allowed are other days."
        )
        params = {"first": other.first_day, "last": other.last_day, "substitute": other.substitute}
        raise ValidationError({"first_day": ValidationError(message, params=params)})

    def _people(self) -> dict:
        return {"member": self.member, "substitute": self.substitute}
