"""Clients: a pseudonymous key that everything refers to, and the person in a row of its own."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import NotAhead
from base.history import Tracked
from base.retention import SOCIAL_DATA, KeptWith, Retention
from base.scoping import ScopedQuerySet, by_row
from base.spelling import FoundByName, Spelling
from contracts.reach import ProviderScopedQuerySet


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


NUMBER = "[0-9A-ZÄÖÜ./-]+"
"""What a number of an authority is made of: stored without spaces and in capital letters."""


def number_spelled(text: str) -> str:
    """Return a number of an authority as it is stored, however it was typed."""
    return "".join(text.split()).upper()


class ClientIdentityQuerySet(ClientQuerySet):
    """Identities, visible with their client."""

    provider_path = "client__cases__contract__provider"
    needed = "forms.view_clientidentity"


class ClientIdentity(Tracked, FoundByName):
    """Who the client is. Erasing this row and its history leaves the rest pseudonymous."""

    opening_is_logged = True
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


class ClientContactQuerySet(ClientQuerySet):
    """Where clients are reached, visible with their client."""

    provider_path = "client__cases__contract__provider"
    needed = "forms.view_clientcontact"


class ClientContact(Tracked):
    """The numbers under which an office keeps a client, and how the client is reached.

    Both sides of a case read how somebody is reached; the numbers are the commissioning body's
    alone (`forms.view_clientnumbers`). Erasing this row and its history loses nothing that is
    billed or reported.
    """

    opening_is_logged = True

    client = models.OneToOneField(Client, models.PROTECT, related_name="contact")
    customer_number = models.CharField(
        _("customer number"),
        max_length=30,
        blank=True,
        validators=[RegexValidator(f"^{NUMBER}$", _("Capital letters, digits and . / - only."))],
    )
    household_number = models.CharField(
        _("household number"),
        max_length=30,
        blank=True,
        validators=[RegexValidator(f"^{NUMBER}$", _("Capital letters, digits and . / - only."))],
    )
    street = models.CharField(_("street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=100, blank=True)
    interpreter = models.BooleanField(_("needs an interpreter"), default=False)
    reach_how = models.CharField(_("best way to reach"), max_length=200, blank=True)
    reach_when = models.CharField(_("best time to reach"), max_length=200, blank=True)
    reach_never = models.CharField(_("not to do when reaching out"), max_length=200, blank=True)

    objects = ClientContactQuerySet.as_manager()
    retention = KeptWith("client")

    class Meta:
        verbose_name = _("client's contact data")
        verbose_name_plural = _("clients' contact data")

    def __str__(self) -> str:
        return str(self.client)


NUMBERS = ("customer_number", "household_number")
"""Columns that the commissioning body's own people read alone."""
