"""The case: a client assigned to a contract's service, and the dated rows that say how.

What changes over a case's life stands in rows with a first day; the row in force on a day is the
one with the latest first day not after it.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base.ends import Ends, NotBefore
from base.history import Tracked
from base.immutability import Columns
from base.marking import Marks
from base.noting import Notes
from base.reasons import ShortReasonField
from base.retention import SOCIAL_DATA, KeptWith, Retention
from cms.models import CatalogueEdition
from contracts.models import Contract, Member, Team
from contracts.reach import ProviderScopedQuerySet
from forms.models.client import Client

ASSIGNED = "case__assigned_on"
"""Since when there can be anything about a case."""


class CaseQuerySet(ProviderScopedQuerySet):
    """Cases, by the contract's provider."""

    provider_path = "contract__provider"

    def in_status(self, status: str, day: date):
        """Return cases that are open, paused or closed on the day; open where nothing is said."""
        if status == CaseStatus.Status.CLOSED:
            return self.filter(_closed_on(day))
        if status == CaseStatus.Status.OPEN:
            return self.filter(is_open(day))
        return self.running_on(day).filter(pk__in=_paused_on(day))

    def running_on(self, day: date):
        """Return cases that have been assigned by the day, and are not closed on it."""
        return self.filter(runs(day))

    def running_in(self, first: date, last: date):
        """Return cases that ran on some day of a stretch, or for which work of it counts."""
        opened = CaseStatus.objects.filter(case=OuterRef("pk"), valid_from__range=(first, last))
        opened = opened.exclude(status=CaseStatus.Status.CLOSED)
        records = self.model._meta.get_field("service_records").related_model
        worked = records.objects.counting().filter(case=OuterRef("pk"), day__range=(first, last))
        ran = ~_closed_on(first) | Q(Exists(opened)) | Q(Exists(worked))
        return self.filter(ran, assigned_on__lte=last)

    def recordable_on(self, day: date):
        """Return cases for which work of the day can be recorded: on the last one there may be."""
        assigned = self.filter(assigned_on__lte=day)
        return assigned.filter(~_closed_on(day) | ~_closed_on(day - timedelta(days=1)))

    def placed_in(self, catalogue: str, need_group: str, day: date):
        """Return cases placed in a need group of a catalogue (its key) on the day."""
        placed = in_force(CasePlacement, day).filter(
            need_group=need_group, catalogue_edition__catalogue__key=catalogue
        )
        return self.filter(pk__in=placed.values("case"))

    def placed_in_edition(self, edition: CatalogueEdition, day: date):
        """Return cases whose placement on the day is in this edition of a catalogue."""
        placed = in_force(CasePlacement, day).filter(catalogue_edition=edition.pk)
        return self.filter(pk__in=placed.values("case"))

    def looked_after_by(self, members, day: date):
        """Return cases that one of these members is responsible for on the day, on either side."""
        # By keys: from a few rows of theirs the database looks for later ones, not from all.
        keys = [getattr(member, "pk", member) for member in members]
        found = [
            in_force(side, day).filter(**{f"{side.person}__in": keys}).order_by().values("case")
            for side in SIDES
        ]
        return self.filter(pk__in=found[0].union(*found[1:]))

    def looked_after_in(self, teams, day: date):
        """Return cases that one of these teams is responsible for on the day, on either side."""
        found = [
            in_force(side, day).filter(team__in=teams).order_by().values("case") for side in SIDES
        ]
        return self.filter(pk__in=found[0].union(*found[1:]))

    def looked_after_on(self, side: type["Responsible"], teams, day: date):
        """Return cases that one of these teams of one side is responsible for on the day.

        Whoever asks for the first of many cases in some order need not look at all of them.
        """
        return self.filter(Exists(in_force(side, day).filter(case=OuterRef("pk"), team__in=teams)))

    def looked_after_by_nobody(self, side, day: date):
        """Return cases that nobody of a side (one of SIDES) is responsible for by the day."""
        rows = side.objects.filter(case=OuterRef("pk"), valid_from__lte=day)
        return self.filter(~Exists(rows))

    def lock(self) -> None:
        """Let nobody else record, close or agree anything for these cases meanwhile.

        Until the transaction ends; always in one order, so that nobody waits for each other.
        """
        list(self.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def in_force(model, day: date):
    """Return the dated rows that are in force on the day: no later one has begun."""
    later = model.objects.filter(
        case=OuterRef("case"), valid_from__lte=day, valid_from__gt=OuterRef("valid_from")
    )
    return model.objects.filter(~Exists(later), valid_from__lte=day)


def runs(day: date, of: str = "") -> Q:
    """Return the condition for rows whose case was assigned by the day and is not closed on it.

    `of` leads from the row to the case.
    """
    return Q(~_closed_on(day, of), **{f"{of}assigned_on__lte": day})


def is_open(day: date, of: str = "") -> Q:
    """Return the condition for rows whose case runs on the day and is not paused."""
    return runs(day, of) & ~Q(**{f"{of}pk__in": _paused_on(day)})


def _closed_on(day: date, of: str = "") -> Exists:
    """Whether the row that says how a case stands on the day says that it is closed."""
    closed = in_force(CaseStatus, day).filter(status=CaseStatus.Status.CLOSED)
    return Exists(closed.filter(case=OuterRef(f"{of}pk")))


def _paused_on(day: date):
    return in_force(CaseStatus, day).filter(status=CaseStatus.Status.PAUSED).values("case")


class Case(Tracked):
    """A client's way through one contracted service (Fall).

    `closed_on` follows from the newest status: it says how the case will stand in the end, not
    how it stood on a day. That is asked of its statuses (`closed_since`, `running_on`). `worked`
    says whether a service record of it counts; the database keeps it.
    """

    opening_is_logged = True

    number = models.CharField(_("case number"), max_length=60, unique=True)
    client = models.ForeignKey(Client, models.PROTECT, related_name="cases")
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="cases")
    assigned_on = models.DateField(_("assigned on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    agreed = models.BooleanField(
        _("agreed"),
        default=True,
        help_text=_("Agreed between client and Jobcenter; self-initiated cases are counted apart."),
    )
    reason = ShortReasonField(_("reason"), max_length=500, blank=True)
    worked = models.BooleanField(_("recorded"), default=False, db_default=False, editable=False)

    objects = CaseQuerySet.as_manager()
    retention = Retention(10, after="the case is closed", basis=SOCIAL_DATA)
    untracked_fields = ("worked",)  # follows from service records
    notes = Notes("worked", "forms.ServiceRecord", where={"status": ("submitted",)}, case="id")
    # Statements name cases by their number, and it decides the place, and so the share in cents,
    # of everybody in a session, also under other contracts.
    frozen = Columns("number")
    marks = (
        # Without facts a case costs nothing.
        Marks("contracts.ChangeMark", contract="contract", changed=("contract", "client")),
        Marks("contracts.ChangeMark", contract="contract", first="assigned_on", reports_only=True),
    )

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["number"]
        constraints = [
            Ends("closed_on", begins="assigned_on", name="case_closes_after_assignment"),
        ]
        indexes = [models.Index(fields=["assigned_on", "id"], name="case_by_assignment")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """Return the address of the case's page."""
        return reverse("case", args=[self.pk])

    def closed_since(self, day: date) -> date | None:
        """Return since when the case is closed on the day; None where it is not."""
        rows = self.statuses.order_by("valid_from")
        return closed_since(rows.values_list("valid_from", "status"), day)

    def placement_on(self, day: date):
        """Return the placement in force on that day, or None."""
        return self.placements.filter(valid_from__lte=day).order_by("-valid_from").first()


class CaseRowQuerySet(ProviderScopedQuerySet):
    """Dated rows of cases, by the contract's provider."""

    provider_path = "case__contract__provider"
    needed = "forms.view_case"


def closed_since(statuses: Iterable[tuple[date, str]], day: date) -> date | None:
    """Return since when a case is closed on a day; None where it is not.

    `statuses` are first days and statuses of its rows, the oldest first.
    """
    since = None
    for valid_from, status in statuses:
        if valid_from > day:
            break
        if status != CaseStatus.Status.CLOSED:
            since = None
        elif since is None:
            since = valid_from
    return since


class CasePlacement(Tracked):
    """Catalogue edition, need group and combination that apply to the case from a day on."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="placements")
    valid_from = models.DateField(_("valid from"))
    catalogue_edition = models.ForeignKey(
        CatalogueEdition, models.PROTECT, related_name="placements"
    )
    need_group = models.CharField(_("need group"), max_length=60)
    combination = models.CharField(_("combination"), max_length=60)
    choices = models.JSONField(
        _("chosen modules"), default=list, help_text=_("Among alternatives and optional modules.")
    )
    conditions = models.JSONField(_("conditions that hold"), default=list)
    add_ons = models.JSONField(_("special modules"), default=list)
    reason = ShortReasonField(_("reason"), max_length=500, blank=True)

    objects = CaseRowQuerySet.as_manager()
    retention = KeptWith("case")
    marks = Marks(
        "contracts.ChangeMark", contract="case__contract", first="valid_from", reports_only=True
    )

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["case", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["case", "valid_from"], name="placement_per_day"),
            NotBefore("valid_from", since=ASSIGNED, name="placement_begins_in_its_case"),
        ]

    def __str__(self) -> str:
        return f"{self.need_group} ({self.valid_from})"


class Responsible(Tracked):
    """Team and person who look after the case on one side of its contract from a day on.

    `party` names the side's organisation in the contract, `person` the column of who it is.
    """

    party: ClassVar[str]
    person: ClassVar[str]
    foreign: ClassVar[Promise]
    """What is said of a team or person of another organisation."""

    valid_from = models.DateField(_("valid from"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    reason = ShortReasonField(_("reason"), max_length=500, blank=True)

    objects = CaseRowQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["case", "valid_from"]

    def __str__(self) -> str:
        return f"{self.team} ({self.valid_from})"

    @classmethod
    def organisation_in(cls, contract: Contract) -> int:
        """Return the key of the side's organisation in a contract."""
        return getattr(contract, f"{cls.party}_id")

    def clean(self):
        """Refuse a team or person of another organisation than the contract's on this side."""
        if not (self.case_id and self.team_id and getattr(self, f"{self.person}_id")):
            return
        person, own = getattr(self, self.person), self.organisation_in(self.case.contract)
        if {self.team.organisation_id, person.organisation_id} != {own}:
            raise ValidationError(self.foreign, params={"team": self.team, self.person: person})


class CaseOwner(Responsible):
    """Team and caseworker of the commissioning body who own the case from a day on."""

    party = "commissioning_body"
    person = "caseworker"
    foreign = _("%(team)s and %(caseworker)s must belong to the contract's commissioning body.")

    case = models.ForeignKey(Case, models.PROTECT, related_name="owners")
    caseworker = models.ForeignKey(
        Member, models.PROTECT, related_name="+", verbose_name=_("caseworker")
    )

    retention = KeptWith("case")

    class Meta(Responsible.Meta):
        verbose_name = _("owner of the case")
        verbose_name_plural = _("owners of cases")
        constraints = [
            models.UniqueConstraint(fields=["case", "valid_from"], name="case_owner_per_day"),
            NotBefore("valid_from", since=ASSIGNED, name="case_owner_begins_in_its_case"),
        ]


class CaseResponsibility(Responsible):
    """Team and counsellor of the provider who are responsible for the case from a day on."""

    party = "provider"
    person = "counsellor"
    foreign = _("%(team)s and %(counsellor)s must belong to the contract's provider.")

    case = models.ForeignKey(Case, models.PROTECT, related_name="responsibilities")
    counsellor = models.ForeignKey(
        Member, models.PROTECT, related_name="+", verbose_name=_("counsellor")
    )

    retention = KeptWith("case")

    class Meta(Responsible.Meta):
        verbose_name = _("responsibility")
        verbose_name_plural = _("responsibilities")
        constraints = [
            models.UniqueConstraint(fields=["case", "valid_from"], name="responsibility_per_day"),
            NotBefore("valid_from", since=ASSIGNED, name="responsibility_begins_in_its_case"),
        ]


SIDES: tuple[type[Responsible], ...] = (CaseOwner, CaseResponsibility)
"""Who looks after a case: on the commissioning body's side, and on the provider's."""


class CaseStatus(Tracked):
    """Where the case stands from a day on."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        PAUSED = "paused", _("paused")
        CLOSED = "closed", _("closed")

    case = models.ForeignKey(Case, models.PROTECT, related_name="statuses")
    valid_from = models.DateField(_("valid from"))
    status = models.CharField(_("status"), max_length=10, choices=Status)
    reason = ShortReasonField(_("reason"), max_length=500, blank=True)

    objects = CaseRowQuerySet.as_manager()
    retention = KeptWith("case")
    marks = Marks(
        "contracts.ChangeMark", contract="case__contract", first="valid_from", reports_only=True
    )

    class Meta:
        verbose_name = _("case status")
        verbose_name_plural = _("case statuses")
        ordering = ["case", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["case", "valid_from"], name="case_status_per_day"),
            NotBefore("valid_from", since=ASSIGNED, name="case_status_begins_in_its_case"),
        ]
        indexes = [
            # Which cases do not run: of a hundred rows a few say so.
            models.Index(
                fields=["status", "case", "valid_from"],
                name="case_status_that_stops",
                condition=Q(status__in=("paused", "closed")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} ({self.valid_from})"

    def clean(self):
        """Refuse to close a case without saying why."""
        if self.status == self.Status.CLOSED and not self.reason.strip():
            raise ValidationError({"reason": _("Why is the case closed?")})
