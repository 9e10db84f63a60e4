"""For which organisations a person acts, and which rows that reaches.

A membership is what acts (decision 17): its roles count for the rows of its organisation alone.
Staff of a commissioning body act on its contracts and what hangs on them, staff of a provider on
what concerns that provider. Models of all apps that hang on a contract or an organisation build
their scope on the sets of rows here.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.apps import apps
from django.db import models

from base.scoping import ScopedQuerySet
from contracts.rights import BODY, GRANTS, PROVIDER
from contracts.roles import OrganisationKind


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
        return self.kind == OrganisationKind.COMMISSIONING_BODY

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
        active = (
            apps.get_model("contracts.Member")
            ._base_manager.filter(user_id=user.pk, active=True)
            .order_by("pk")
        )
        # Rows of several bodies are told apart only where there are several.
        bodies = _organisations().filter(kind=OrganisationKind.COMMISSIONING_BODY)
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

    A commissioning body's staff see those of its own, and of the providers that it has concluded
    contracts with or that have none yet; a provider's staff see those of their own.
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
        # A draft is written by one side alone, and opens nothing.
        concluded = apps.get_model("contracts.ContractEdition")._base_manager.order_by()
        of_bodies = concluded.filter(contract__commissioning_body__in=sorted(reach.bodies))
        providers = _organisations().filter(
            models.Q(pk__in=of_bodies.values("contract__provider"))
            | ~models.Q(pk__in=concluded.values("contract__provider")),
            kind=OrganisationKind.PROVIDER,
        )
        return own | models.Q(**{f"{cls.provider_path}__in": providers.order_by().values("pk")})


def _organisations() -> models.QuerySet:
    # The model itself builds on this module.
    return apps.get_model("contracts.Organisation")._base_manager.all()
