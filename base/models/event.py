"""What people did that changes no row: signing in and out, taking data with them, checking."""

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.immutability import AppendOnly
from base.retention import Retention
from base.scoping import ScopedQuerySet, people_known_to

TRAIL = "base.view_trail"
ACCESS_LOG = "§ 76 (4) BDSG, taken as a measure: logs go at the end of the following year."


class EventQuerySet(ScopedQuerySet):
    """Events: everybody sees what they did themselves, whoever may see the trail sees all."""

    def visible_to(self, user, *permissions):
        """Return own events, and those of the people whose trail the person may see.

        Of these, what was done about a row only to whoever may see the row; likewise what no
        person did, but a program with a token.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = Q(actor_number=user.pk)
        if not user.has_perm(TRAIL):
            return self.filter(own)
        people = people_known_to(user, TRAIL)
        if people is None:
            return self
        account = Q(object_label=settings.AUTH_USER_MODEL.lower(), object_number__in=people)
        by_nobody = Q(actor_number=None, object_label__in=_labels(_scoped()))
        return self.filter(
            own | account | (Q(actor_number__in=people) | by_nobody) & _about_known(user)
        )


def _scoped() -> list[type[models.Model]]:
    """Return the models whose rows not everybody may see."""
    return [
        model
        for model in apps.get_models()
        if model is not Event and isinstance(model._default_manager.all(), ScopedQuerySet)
    ]


def _labels(found: list[type[models.Model]]) -> list[str]:
    return [model._meta.label_lower for model in found]


def _about_known(user) -> Q:
    """Return the condition that an event is about no scoped row, or about one `user` may see."""
    scoped = _scoped()
    known = ~Q(object_label__in=_labels(scoped))
    for model in scoped:
        keys = model._default_manager.visible_to(user).order_by().values("pk")
        known |= Q(object_label=model._meta.label_lower, object_number__in=keys)
    return known


class Event(models.Model):
    """Something that happened, once and for all. Nothing here tells what data said.

    `actor_number` is the person's key, a plain number: the log outlives the account. A failed
    sign-in names the account only where there is one; a name without an account may be a
    password typed into the wrong field, and is not kept. `object_label` and `object_number` name
    the row it was about, where there is one. `detail` holds plain values for people to read.
    """

    class Kind(models.TextChoices):
        LOGIN = "login", _("signed in")
        LOGIN_FAILED = "login_failed", _("sign-in failed")
        LOGOUT = "logout", _("signed out")
        PASSWORD = "password", _("password changed")  # noqa: S105  a label
        SECOND_FACTOR = "second_factor", _("second factor changed")
        EXPORT = "export", _("exported")
        DOWNLOAD = "download", _("document downloaded")
        READ = "read", _("opened")
        REASON = "reason", _("reason for opening given")
        API = "api", _("read by a program")
        CHECK_ASKED = "check_asked", _("integrity check started")
        CHECK = "check", _("integrity checked")

    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("event"), max_length=20, choices=Kind)
    actor_number = models.BigIntegerField(_("by"), null=True, blank=True)
    title = models.CharField(_("what"), max_length=300, blank=True)
    object_label = models.CharField(_("kind of thing"), max_length=100, blank=True)
    object_number = models.BigIntegerField(_("number of the thing"), null=True, blank=True)
    detail = models.JSONField(_("details"), default=dict, blank=True)

    objects = EventQuerySet.as_manager()
    frozen = AppendOnly()
    retention = Retention(1, after="it happened", basis=ACCESS_LOG)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-at", "-pk"]
        permissions = [("view_trail", _("Can see the history of everything"))]
        indexes = [
            models.Index(fields=["at", "id"], name="event_by_date"),
            models.Index(fields=["actor_number", "at", "id"], name="event_by_person"),
            # Most events are somebody signing in or out; text is looked for in the others.
            models.Index(fields=["at", "id"], name="event_titled", condition=~Q(title="")),
            models.Index(
                fields=["object_label", "object_number"],
                name="event_by_object",
                condition=Q(object_number__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.title}".strip()
