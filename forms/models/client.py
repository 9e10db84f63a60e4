"""Clients: a pseudonymous key that everything refers to, and the person in a row of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import NotAhead
from base.history import Tracked
from base.retention import SOCIAL_DATA, KeptWith, Retention
from base.scoping import ScopedQuerySet, by_row
from base.spelling import FoundByName, Spelling
from contracts.models.organisation import ProviderScopedQuerySet


class ClientQuerySet(ProviderScopedQuerySet):
    """Clients, visible through their cases."""

    provider_path = "cases__contract__provider"
    needed = "forms.view_case"
    admits = ScopedQuerySet.admits

    def within(self, reach):
        """Return the clients with a case that is reached, each once."""
        rows = super().within(reach)
        return rows if reach.everything else rows.distinct()

    def history_visible_to(self, history, user, *permissions):
        """Return all versions of the clients visible now: cases name clients, not versions."""
        return by_row(self, history, user, *permissions)


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

    provider_path = "client__cases__contract__provider"
    needed = "forms.view_clientidentity"


class ClientIdentity(Tracked, FoundByName):
    """Who the client is. Erasing this row and its history leaves the rest pseudonymous."""

    reading_is_logged = True
    untracked_fields = ("spelling",)  # follows from the names

    class Gender(models.TextChoices):
        FEMALE = "f", _("female")
        MALE = "m", _("male")
        DIVERSE = "d", _("diverse")

    client = models.OneToOneField(Client, models.PROTECT, related_name="identity")
    first_name = models.CharField(_("first name"), max_length=100)
    last_name = models.CharField(_("last name"), max_length=100)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True)
    spelling = Spelling(of=("last_name", "first_name"))

    objects = ClientIdentityQuerySet.as_manager()
    retention = KeptWith("client")

    class Meta:
        verbose_name = _("client's identity")
        verbose_name_plural = _("clients' identities")
        constraints = [NotAhead("birth_date", name="client_is_born_by_now")]

    def __str__(self) -> str:
        return f"{self.last_name}, {self.first_name}"
