"""Group sessions: when and how long several were together, how many, and who led them."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base.facts import Fact
from base.history import Tracked
from base.retention import SOCIAL_DATA, Retention
from base.scoping import ScopedQuerySet, by_row
from contracts.models import Organisation
from contracts.reach import ProviderScopedQuerySet, Reach

UNSETTLED = "?"


class Attending(models.ForeignKey):
    """The key of a session as it is.

    Until all that is stored in one act is stored, a record names a session that is not there: the
    one it attended before, marked as unsettled. Were it left so, the transaction could not end.
    """

    def validate(self, value, model_instance):
        """Leave it to the database: the session may be made after its records."""

    def deconstruct(self):
        """Be a plain key to migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs


def unsettled(token: str | None) -> str:
    """Return what stands for a session that is still to be settled, with what it was before."""
    return UNSETTLED + (token or "").removeprefix(UNSETTLED)


def settled(token: str | None) -> str:
    """Return which session a record was of when it was settled last, as it was then."""
    return (token or "").removeprefix(UNSETTLED)


class GroupSessionQuerySet(ProviderScopedQuerySet):
    """Group sessions: the provider's, and of a commissioning body's those its cases attended."""

    needed = "forms.view_servicerecord"
    admits = ScopedQuerySet.admits

    @classmethod
    def condition(cls, reach: Reach) -> Q:
        """Return the condition for sessions that are reached."""
        if reach.everything:
            return Q()
        found = Q(provider__in=sorted(reach.providers)) if reach.providers else Q(pk__in=())
        if reach.bodies:
            # Who was withdrawn hangs on no session any more, but is told what it was.
            records = cls.model_of_records()._base_manager.filter(
                session=OuterRef("key"),
                contract__provider=OuterRef("provider"),
                contract__commissioning_body__in=sorted(reach.bodies),
            )
            found |= Q(Exists(records))
        return found

    @staticmethod
    def model_of_records() -> type[models.Model]:
        """Return the model of the records that hang on sessions."""
        return GroupSession._meta.get_field("attendances").related_model

    def history_visible_to(self, history, user, *permissions):
        """Return all versions of those the user may know of."""
        return by_row(self, history, user, *permissions)


class GroupSession(Tracked):
    """One session of a group, as a provider's staff call it: the one place that says what it was.

    What attendees' records repeat of it they share with it: their shares sum to it (D44). It
    counts while a record of it counts. A change is a new version, which every record that counts
    follows in the same transaction; `token` names the session as this version has it.
    """

    provider = models.ForeignKey(
        Organisation, models.PROTECT, related_name="group_sessions", verbose_name=_("provider")
    )
    key = models.CharField(_("group session"), max_length=80)
    version = models.PositiveIntegerField(_("version"), default=1)
    status = models.CharField(
        _("status"), max_length=10, choices=Fact.Status, default=Fact.Status.SUBMITTED
    )
    day = models.DateField(_("day"))
    begins = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    minutes = models.PositiveIntegerField(_("minutes"))
    participants = models.PositiveSmallIntegerField(_("participants"))
    counsellors = models.PositiveSmallIntegerField(_("counsellors"))
    token = models.CharField(max_length=120, unique=True, editable=False)

    objects = GroupSessionQuerySet.as_manager()
    retention = Retention(10, after="the last of its cases is closed", basis=SOCIAL_DATA)

    class Meta:
        verbose_name = _("group session")
        verbose_name_plural = _("group sessions")
        ordering = ["day", "key"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "key"], name="group_session_key"),
            models.CheckConstraint(
                name="group_session_is_named",
                condition=~Q(key="") & ~Q(token="") & Q(version__gte=1),
            ),
            models.CheckConstraint(
                name="group_session_counts",
                condition=Q(participants__gte=1, counsellors__gte=1, minutes__lte=1440),
            ),
            models.CheckConstraint(
                name="group_session_begins_before_it_ends",
                condition=Q(begins=None, ends=None) | Q(begins__lt=models.F("ends")),
                violation_error_message=_("This ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def called(self) -> str:
        """Return what names the session in this version."""
        return f"{self.provider_id}/{self.key}/{self.version}"

    @staticmethod
    def named(token: str) -> tuple[int, str]:
        """Return provider and key of the session that a token names."""
        provider, rest = token.split("/", 1)
        return int(provider), rest.rsplit("/", 1)[0]
