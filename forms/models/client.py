"""Clients: a pseudonymous key that everything refers to, and the person in a row of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import SOCIAL_DATA, KeptWith, Retention
from base.scoping import ScopedQuerySet, by_row
from contracts.models.organisation import own_unless_overseeing


class ClientQuerySet(ScopedQuerySet):
    """Clients, visible through their cases."""

    case_path = "cases"

    def visible_to(self, user):
        """Return all for the commissioning body's staff, those with a case for a provider's."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = own_unless_overseeing(user)
        if own is None:
            return self
        return self.filter(**{f"{self.case_path}__contract__provider__in": own}).distinct()

    def history_visible_to(self, history, user):
        """Return all versions of the clients visible now: cases name clients, not versions."""
        return by_row(self, history, user)


class Client(Tracked):
    """A person in the programme; statements and reports know this key alone (decision 11)."""

    key = models.SlugField(_("key"), max_length=60, unique=True)

    objects = ClientQuerySet.as_manager()
    retention = Retention(10, after="their last case is closed", basis=SOCIAL_DATA)

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class ClientIdentityQuerySet(ClientQuerySet):
    """Identities, visible with their client."""

    case_path = "client__cases"


class ClientIdentity(Tracked):
    """Who the client is. Erasing this row and its history leaves the rest pseudonymous."""

    class Gender(models.TextChoices):
        FEMALE = "f", _("female")
        MALE = "m", _("male")
        DIVERSE = "d", _("diverse")

    client = models.OneToOneField(Client, models.PROTECT, related_name="identity")
    first_name = models.CharField(_("first name"), max_length=100)
    last_name = models.CharField(_("last name"), max_length=100)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True)

    objects = ClientIdentityQuerySet.as_manager()
    retention = KeptWith("client")

    class Meta:
        verbose_name = _("client's identity")
        verbose_name_plural = _("clients' identities")

    def __str__(self) -> str:
        return f"{self.last_name}, {self.first_name}"
