"""Who takes part: the commissioning body, its providers, their teams and members.

A membership is what acts (decision 17): its roles count for the rows of its organisation alone.
Staff of a commissioning body act on its contracts and what hangs on them, staff of a provider on
what concerns that provider.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import BOOKS, SOCIAL_DATA, KeptWith, Retention
from base.scoping import ScopedQuerySet, by_row, register_people
from contracts.models.last_administrator import require_administrator
from contracts.models.possible_roles import require_possible
from contracts.rights import BODY, GRANTS, PROVIDER
from contracts.roles import Role

__all__ = ["Role"]  # known by this name to all who ask for what people do


@dataclass(frozen=True)
class Membership:
    """A person's place in an organisation, given by its key, with the roles held there.

    `member` is the key of the row that says so.
    """

    member: int
    organisation: int
    kind: str
    roles: frozenset[str]

    @property
    def in_body(self) -> bool:
        """Whether the organisation commissions services."""
        return self.kind == Organisation.Kind.COMMISSIONING_BODY

    def grants(self, *permissions: str) -> bool:
        """Whether its roles grant all permissions; a role counts where its kind of place is."""
        held = self.roles & (BODY if self.in_body else PROVIDER)
        return all(held & GRANTS.get(permission, frozenset()) for permission in permissions)


@dataclass(frozen=True)
class Reach:
    """For which organisations a person may do something; `everything` where for all bodies.

    A row is reached through its contract's commissioning body or through its provider.
    """

    everything: bool = False
    bodies: frozenset[int] = frozenset()
    providers: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.everything or self.bodies or self.providers)

    def covers(self, body: int, provider: int) -> bool:
        """Whether a row of a contract between these two is reached."""
        return self.everything or body in self.bodies or provider in self.providers


def memberships_of(user) -> tuple[Membership, ...]:
    """Return a person's active memberships; looked up once for each user object."""
    if not hasattr(user, "_memberships"):
        active = Member._base_manager.filter(user_id=user.pk, active=True).order_by("pk")
        # Rows of several bodies are told apart only where there are several.
        bodies = Organisation._base_manager.filter(kind=Organisation.Kind.COMMISSIONING_BODY)
        number = bodies.order_by().values("kind").annotate(n=models.Count("pk")).values("n")
        found = list(
            active.annotate(bodies=models.Subquery(number)).values_list(
                "pk", "organisation", "organisation__kind", "roles", "bodies"
            )
        )
        user._memberships = tuple(
            Membership(pk, organisation, kind, frozenset(roles))
            for pk, organisation, kind, roles, _bodies in found
        )
        user._number_of_bodies = found[0][-1] or 0 if found else 0
    return user._memberships


def is_member(user) -> bool:
    """Whether memberships count for `user` at all: who cannot sign in has none."""
    return user.is_authenticated and user.is_active


def reach_of(user, *permissions: str) -> Reach:
    """Return for which organisations one membership of the person grants all permissions."""
    if not is_member(user):
        return Reach()
    if user.is_superuser:
        return Reach(everything=True)
    acting = [each for each in memberships_of(user) if each.grants(*permissions)]
    bodies = frozenset(each.organisation for each in acting if each.in_body)
    providers = frozenset(each.organisation for each in acting if not each.in_body)
    everything = bool(bodies) and len(bodies) == user._number_of_bodies
    return Reach(everything, bodies, providers)


def oversees(user) -> bool:
    """Tell whether the user works for a commissioning body, or administers the installation."""
    reach = reach_of(user)
    return reach.everything or bool(reach.bodies)


class ProviderScopedQuerySet(ScopedQuerySet):
    """Rows of one contract: `provider_path` leads to its provider.

    The contract's commissioning body stands beside the provider.
    """

    provider_path = "provider"

    def visible_to(self, user, *permissions):
        """Return the rows of the contracts that a membership with the permissions reaches."""
        return self.within(reach_of(user, *self.asked(permissions)))

    def within(self, reach: Reach):
        """Return the rows that are reached."""
        if reach.everything:
            return self
        return self.filter(self.condition(reach)) if reach else self.none()

    @classmethod
    def allowed(cls, user, *permissions: str) -> models.Q:
        """Return the condition for rows to which the person may do this."""
        return cls.condition(reach_of(user, *permissions))

    @classmethod
    def condition(cls, reach: Reach) -> models.Q:
        """Return the condition for rows that are reached: each side by its own column."""
        if reach.everything:
            return models.Q()
        sides = {cls.body_path(): reach.bodies, cls.provider_path: reach.providers}
        found = (models.Q(**{f"{path}__in": sorted(keys)}) for path, keys in sides.items() if keys)
        return reduce(or_, found, models.Q(pk__in=()) if not reach else models.Q())

    @classmethod
    def body_path(cls) -> str:
        """Return the way to the contract's commissioning body."""
        return f"{cls.provider_path.removesuffix('provider')}commissioning_body"

    def admits(self, row, user, *permissions):
        """Whether a membership with the permissions reaches the row, or a version of it."""
        reach = reach_of(user, *self.asked(permissions))
        if reach.everything or not reach:
            return reach.everything
        for name in self.provider_path.split("__")[:-1]:
            row = getattr(row, name)
        return reach.covers(row.commissioning_body_id, row.provider_id)


class OrganisationScopedQuerySet(ProviderScopedQuerySet):
    """Rows of an organisation itself: its people and teams; `provider_path` leads to it.

    A commissioning body's staff see those of its own, and of the providers that it has contracts
    with or that have none yet; a provider's staff see those of their own.
    """

    needed = ""
    admits = ScopedQuerySet.admits

    @classmethod
    def condition(cls, reach):
        """Return the condition for rows that are reached."""
        if reach.everything:
            return models.Q()
        own = models.Q(**{f"{cls.provider_path}__in": sorted(reach.bodies | reach.providers)})
        if not reach.bodies:
            return own
        providers = Organisation._base_manager.filter(
            models.Q(contracts__commissioning_body__in=sorted(reach.bodies))
            | models.Q(contracts__isnull=True),
            kind=Organisation.Kind.PROVIDER,
        )
        return own | models.Q(**{f"{cls.provider_path}__in": providers.order_by().values("pk")})


class OrganisationQuerySet(OrganisationScopedQuerySet):
    """Organisations: a provider sees itself and the bodies it has concluded contracts with."""

    provider_path = "pk"

    @classmethod
    def condition(cls, reach):
        """Return the condition for organisations that a person may know of."""
        found = super().condition(reach)
        if reach.everything or not reach.providers:
            return found
        bodies = Organisation._base_manager.filter(
            commissioned_contracts__provider__in=sorted(reach.providers),
            commissioned_contracts__editions__number=1,
        )
        return found | models.Q(pk__in=bodies.order_by().values("pk"))

    def history_visible_to(self, history, user, *permissions):
        """Return all versions of those the user may know of."""
        return by_row(self, history, user, *permissions)


@register_people
def people_within(user, permission: str) -> models.QuerySet | None:
    """Return the keys of the people who work where the permission counts; None for everybody."""
    reach = reach_of(user, permission)
    if reach.everything:
        return None
    return Member.objects.within(reach).order_by().values("user")


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

    def clean(self):
        """Refuse another kind once there are people or contracts: what they may follows from it."""
        stored = Organisation.objects.filter(pk=self.pk).exclude(kind=self.kind).first()
        if stored and (
            stored.members.exists()
            or stored.contracts.exists()
            or stored.commissioned_contracts.exists()
        ):
            raise ValidationError(
                {
                    "kind": _("%(organisation)s has people or contracts and stays what it is.")
                    % {"organisation": stored}
                }
            )

    def __str__(self) -> str:
        return self.name

    @property
    def series(self) -> str:
        """What the numbers it issues begin with."""
        return self.code or self.key.upper()


class TeamQuerySet(OrganisationScopedQuerySet):
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

    def clean(self):
        """Refuse another organisation: its people and its cases would go along."""
        if stored := Team.objects.filter(pk=self.pk).exclude(organisation=self.organisation_id):
            raise ValidationError(
                {"organisation": _("The team %(team)s stays where it is.") % {"team": stored[0]}}
            )

    def __str__(self) -> str:
        return self.name


class MemberQuerySet(OrganisationScopedQuerySet):
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

    def clean(self):
        """Refuse roles that its kind of organisation has not, and to leave no administrator."""
        if self.organisation_id:
            require_possible(self.roles, self.organisation)
            require_administrator(self)

    def __str__(self) -> str:
        return str(self.user)


class TeamMembershipQuerySet(OrganisationScopedQuerySet):
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

    def clean(self):
        """Refuse a team of another organisation."""
        if self.team.organisation_id != self.member.organisation_id:
            raise ValidationError(
                _("%(member)s does not work where the team %(team)s belongs."),
                params={"member": self.member, "team": self.team},
            )

    def __str__(self) -> str:
        return f"{self.member} · {self.team}"
