"""Who takes part: the commissioning body, its providers, their teams and members.

Membership decides what a person sees: staff of the commissioning body see its contracts, staff
of a provider see what concerns that provider (decision 9).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import BOOKS, SOCIAL_DATA, KeptWith, Retention
from base.scoping import ScopedQuerySet, by_row, remembered


class Role(models.TextChoices):
    """What a member does; rights follow from it."""

    MANAGER = "manager", _("manager")
    CASEWORKER = "caseworker", _("caseworker")
    COUNSELLOR = "counsellor", _("counsellor")
    PROVIDER_LEAD = "provider_lead", _("provider lead")
    FINANCE = "finance", _("finance")
    AUDITOR = "auditor", _("auditor")
    DIRECTOR = "director", _("director")
    ADMINISTRATOR = "administrator", _("administrator")


def organisations_of(user) -> models.QuerySet:
    """Return the organisations the user is an active member of."""
    return Organisation.objects.filter(members__user_id=user.pk, members__active=True)


def kinds_of_own(user) -> dict[int, str]:
    """Return the keys of the user's organisations with their kinds.

    Conditions name these keys rather than look them up: the database then knows how few or how
    many rows it will find, and plans for them.
    """
    own = organisations_of(user).order_by()
    return remembered(user, "organisations", lambda: dict(own.values_list("pk", "kind")))


def oversees(user) -> bool:
    """Tell whether the user works for the commissioning body, or administers the installation."""
    return user.is_superuser or Organisation.Kind.COMMISSIONING_BODY in kinds_of_own(user).values()


def own_unless_overseeing(user) -> list[int] | None:
    """Return the keys of the organisations whose rows alone the user sees; None for all rows."""
    if user.is_superuser:
        return None
    own = kinds_of_own(user)
    return None if Organisation.Kind.COMMISSIONING_BODY in own.values() else list(own)


class ProviderScopedQuerySet(ScopedQuerySet):
    """Rows that concern one provider; `provider_path` leads to it."""

    provider_path = "provider"

    def visible_to(self, user):
        """Return all rows for the commissioning body's staff, its own for a provider's."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = own_unless_overseeing(user)
        return self if own is None else self.filter(**{f"{self.provider_path}__in": own})


class OrganisationQuerySet(ProviderScopedQuerySet):
    """Organisations: a provider sees itself and the commissioning body."""

    def visible_to(self, user):
        """Return those the user may know of."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = own_unless_overseeing(user)
        if own is None:
            return self
        return self.filter(
            models.Q(pk__in=own) | models.Q(kind=Organisation.Kind.COMMISSIONING_BODY)
        )

    def history_visible_to(self, history, user):
        """Return all versions of those the user may know of."""
        return by_row(self, history, user)


class Organisation(Tracked):
    """A party to contracts: the commissioning body (Auftraggeber) or a provider (Träger)."""

    class Kind(models.TextChoices):
        COMMISSIONING_BODY = "commissioning_body", _("commissioning body")
        PROVIDER = "provider", _("provider")

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    code = models.CharField(
        _("short code"),
        max_length=12,
        blank=True,
        help_text=_("Stands before the numbers it issues."),
    )
    street = models.CharField(_("street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)

    objects = OrganisationQuerySet.as_manager()
    retention = Retention(10, after="its last contract has ended", basis=BOOKS)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="organisation_code", condition=~models.Q(code="")
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def series(self) -> str:
        """What the numbers it issues begin with."""
        return self.code or self.key.upper()


class TeamQuerySet(ProviderScopedQuerySet):
    """Teams, by their organisation."""

    provider_path = "organisation"


class Team(Tracked):
    """A team of an organisation."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="teams")
    name = models.CharField(_("name"), max_length=200)

    objects = TeamQuerySet.as_manager()
    retention = KeptWith("organisation")

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MemberQuerySet(ProviderScopedQuerySet):
    """Members, by their organisation."""

    provider_path = "organisation"


class Member(Tracked):
    """A person working for an organisation, in one or more roles."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="members")
    roles = models.JSONField(_("roles"), default=list)
    qualification = models.CharField(_("qualification"), max_length=300, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = MemberQuerySet.as_manager()
    retention = Retention(10, after="the person has left", basis=SOCIAL_DATA)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"], name="member_once_per_organisation"
            )
        ]

    def __str__(self) -> str:
        return str(self.user)


class TeamMembershipQuerySet(ProviderScopedQuerySet):
    """Memberships, by the team's organisation."""

    provider_path = "team__organisation"


class TeamMembership(Tracked):
    """A member belongs to a team."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    member = models.ForeignKey(Member, models.PROTECT, related_name="team_memberships")

    objects = TeamMembershipQuerySet.as_manager()
    retention = KeptWith("member")

    class Meta:
        verbose_name = _("team membership")
        verbose_name_plural = _("team memberships")
        constraints = [
            models.UniqueConstraint(fields=["team", "member"], name="member_once_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.team}"
