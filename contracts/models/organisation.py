"""Who takes part: the commissioning body, its providers, their teams and members.

What each of them may see and do follows from memberships (`contracts.reach`).
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import CREATED, Tracked
from base.retention import BOOKS, SOCIAL_DATA, KeptWith, Retention
from base.scoping import by_row, register_people
from contracts.models.rules.last_administrator import require_administrator
from contracts.models.rules.possible_roles import require_possible
from contracts.reach import OrganisationScopedQuerySet, reach_of
from contracts.roles import OrganisationKind

CHANGE_ORGANISATION = "contracts.change_organisation"
ADD_MEMBER, CHANGE_MEMBER = "contracts.add_member", "contracts.change_member"
BIC = "[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?"
"""Bank, country, place and, where it is named, branch (ISO 9362)."""


class KeptByItsHouse(OrganisationScopedQuerySet):
    """What is kept of an organisation: a provider that nobody has a contract with by one house.

    Every house may begin a contract with such a provider, so all of them see it and its people.
    Who has `changing` permissions somewhere changes it there only if somebody of that house
    entered it, so that no other house can take its account, or let itself in. What came by file
    without a person's name is every house's, or nobody could go on with it.
    """

    changing: frozenset[str] = frozenset()

    def visible_to(self, user, *permissions):
        """Return the rows; where these permissions change something, those that are the house's."""
        found = super().visible_to(user, *permissions)
        if self.changing.intersection(permissions):
            found = found.exclude(self.entered_elsewhere(reach_of(user, *permissions)))
        return found

    @classmethod
    def allowed(cls, user, *permissions):
        """Return the same as a condition."""
        found = super().allowed(user, *permissions)
        if cls.changing.intersection(permissions):
            found &= ~cls.entered_elsewhere(reach_of(user, *permissions))
        return found

    @classmethod
    def entered_elsewhere(cls, reach) -> models.Q:
        """Return the condition for rows of providers without a concluded contract, of others."""
        if reach.everything:
            return models.Q(pk__in=())
        concluded = Organisation._base_manager.filter(contracts__editions__number=1)
        people = Member._base_manager.filter(organisation__in=sorted(reach.bodies)).values("user")
        persons = get_user_model()._base_manager.filter(is_system=False).exclude(pk__in=people)
        others = Organisation.history.filter(
            history_type=CREATED, history_user_id__in=persons.values("pk")
        )
        organisations = Organisation._base_manager.filter(
            kind=OrganisationKind.PROVIDER, pk__in=others.order_by().values("id")
        ).exclude(
            models.Q(pk__in=sorted(reach.providers))
            | models.Q(pk__in=concluded.order_by().values("pk"))
        )
        return models.Q(**{f"{cls.provider_path}__in": organisations.order_by().values("pk")})


class OrganisationQuerySet(KeptByItsHouse):
    """Organisations: a provider sees itself and the bodies it has concluded contracts with."""

    provider_path = "pk"
    changing = frozenset({CHANGE_ORGANISATION, ADD_MEMBER})

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

    Kind = OrganisationKind

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
    contact = models.CharField(
        _("contact person"),
        max_length=200,
        blank=True,
        help_text=_("Whom its letters name for questions."),
    )
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    bic = models.CharField(
        _("BIC"),
        max_length=11,
        blank=True,
        validators=[RegexValidator(f"^{BIC}$", _("A BIC has 8 or 11 capital letters and digits."))],
    )
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    tax_exemption = models.CharField(
        _("exempt from value added tax by"),
        max_length=100,
        blank=True,
        help_text=_("The provision of law, for example § 4 No. 18 UStG; letters name it."),
    )

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

    def at(self, moment: datetime) -> "Organisation":
        """Return it as it was then, to be read only; before it was known here, as it began."""
        versions = self.history.order_by("history_date", "history_id")
        found = versions.filter(history_date__lte=moment).last() or versions.first()
        return found.instance

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


class MemberQuerySet(KeptByItsHouse):
    """Members, by their organisation."""

    provider_path = "organisation"
    changing = frozenset({ADD_MEMBER, CHANGE_MEMBER})


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
