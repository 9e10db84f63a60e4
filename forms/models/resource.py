"""Rooms and vehicles of an organisation, which appointments book."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import KeptWith
from base.scoping import ScopedQuerySet
from contracts.models import Organisation
from contracts.reach import ProviderScopedQuerySet


class OwnCalendarQuerySet(ProviderScopedQuerySet):
    """Rows of an organisation's calendar, for those who work there alone.

    Whoever commissions a provider has no look into its calendar, however many providers it has.
    """

    provider_path = "organisation"
    admits = ScopedQuerySet.admits

    def within(self, reach):
        """Return the rows of the organisations in which the person works."""
        if _is_superuser(reach):
            return self
        return self.filter(self.condition(reach)) if reach else self.none()

    @classmethod
    def condition(cls, reach) -> Q:
        """Return the condition for rows of the organisations in which the person works."""
        return Q() if _is_superuser(reach) else cls.of_organisations(reach.bodies | reach.providers)

    @classmethod
    def of_organisations(cls, keys) -> Q:
        """Return the condition for rows of these organisations."""
        return Q(**{f"{cls.provider_path}__in": sorted(keys)})


def _is_superuser(reach) -> bool:
    # A person of every commissioning body there is reaches everything as well, providers' too.
    return reach.everything and not reach.bodies


class ResourceQuerySet(OwnCalendarQuerySet):
    """Rooms and vehicles, by their organisation."""

    def lock(self) -> None:
        """Let nobody else book these meanwhile: until the transaction ends, always in one order."""
        list(self.select_for_update(no_key=True).order_by("pk").values_list("pk"))


class Resource(Tracked):
    """A room or a vehicle. It is never booked twice for the same time."""

    class Kind(models.TextChoices):
        ROOM = "room", _("room")
        VEHICLE = "vehicle", _("vehicle")

    key = models.SlugField(_("key"), max_length=60, unique=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="resources", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    active = models.BooleanField(
        _("can be booked"), default=True, help_text=_("What is booked already stays.")
    )

    objects = ResourceQuerySet.as_manager()
    retention = KeptWith("organisation")

    class Meta:
        verbose_name = _("room or vehicle")
        verbose_name_plural = _("rooms and vehicles")
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="resource_name",
                violation_error_message=_("There is a room or vehicle of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
