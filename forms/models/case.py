"""The case: a client assigned to a contract's service, and the dated rows that say how.

What changes over a case's life stands in rows with a first day; the row in force on a day is the
one with the latest first day not after it.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.ends import Ends, NotAhead, NotBefore
from base.history import Tracked
from base.immutability import Columns
from base.marking import Marks
from base.reasons import ShortReasonField
from base.retention import SOCIAL_DATA, KeptWith, Retention
from cms.models import CatalogueEdition
from contracts.models import Contract, Member, Team
from contracts.models.organisation import ProviderScopedQuerySet
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
        running = self.running_on(day)
        paused = _in_force(CaseStatus, day).filter(status=CaseStatus.Status.PAUSED)
        if status == CaseStatus.Status.PAUSED:
            return running.filter(pk__in=paused.values("case"))
        return running.exclude(pk__in=paused.values("case"))

    def running_on(self, day: date):
        """Return cases that have been assigned by the day, and are not closed on it."""
        return self.filter(~_closed_on(day), assigned_on__lte=day)

    def recordable_on(self, day: date):
        """Return cases for which work of the day can be recorded: on the last one there may be."""
        assigned = self.filter(assigned_on__lte=day)
        return assigned.filter(~_closed_on(day) | ~_closed_on(day - timedelta(days=1)))

    def placed_in(self, catalogue: str, need_group: str, day: date):
        """Return cases placed in a need group of a catalogue (its key) on the day."""
        placed = _in_force(CasePlacement, day).filter(
            need_group=need_group, catalogue_edition__catalogue__key=catalogue
        )
        return self.filter(pk__in=placed.values("case"))

    def placed_in_edition(self, edition: CatalogueEdition, day: date):
        """Return cases whose placement on the day is in this edition of a catalogue."""
        placed = _in_force(CasePlacement, day).filter(catalogue_edition=edition.pk)
        return self.filter(pk__in=placed.values("case"))

    def looked_after_by(self, members, day: date):
        """Return cases that one of these members is responsible for on the day."""
        # By keys: from a few rows of theirs the database looks for later ones, not from all.
        keys = [getattr(member, "pk", member) for member in members]
        rows = _in_force(CaseResponsibility, day).filter(counsellor__in=keys)
        return self.filter(pk__in=rows.values("case"))

    def looked_after_in(self, teams, day: date):
        """Return cases that one of these teams is responsible for on the day."""
        rows = _in_force(CaseResponsibility, day).filter(team__in=teams)
        return self.filter(pk__in=rows.values("case"))

    def lock(self) -> None:
        """Let nobody else record, close or agree anything for these cases meanwhile.

        Until the transaction ends; always in one order, so that nobody waits for each other.
        """
        list(self.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _in_force(model, day: date):
    """Return the dated rows that are in force on the day: no later one has begun."""
    later = model.objects.filter(
        case=OuterRef("case"), valid_from__lte=day, valid_from__gt=OuterRef("valid_from")
    )
    return model.objects.filter(~Exists(later), valid_from__lte=day)


def _closed_on(day: date) -> Exists:
    """Whether the row that says how a case stands on the day says that it is closed."""
    return Exists(
        _in_force(CaseStatus, day).filter(case=OuterRef("pk"), status=CaseStatus.Status.CLOSED)
    )


class Case(Tracked):
    """A client's way through one contracted service (Fall).

    `closed_on` follows from the newest status: it says how the case will stand in the end, not
    how it stood on a day. That is asked of its statuses (`closed_since`, `running_on`).
    """

    reading_is_logged = True

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

    objects = CaseQuerySet.as_manager()
    retention = Retention(10, after="the case is closed", basis=SOCIAL_DATA)
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
        indexes = [models.Index(fields=["assigned_on"], name="case_by_assignment")]

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


class PhaseAgreement(Tracked):
    """The separate agreement that a gated phase of the case's catalogue begins with (A1-53)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="phase_agreements")
    phase = models.CharField(_("phase"), max_length=60)
    agreed_on = models.DateField(_("agreed on"))
    note = models.CharField(_("remark"), max_length=500, blank=True)

    objects = CaseRowQuerySet.as_manager()
    retention = KeptWith("case")

    class Meta:
        verbose_name = _("phase agreement")
        verbose_name_plural = _("phase agreements")
        ordering = ["case", "agreed_on", "phase"]
        constraints = [
            models.UniqueConstraint(fields=["case", "phase"], name="phase_agreed_once_per_case"),
            NotAhead("agreed_on", name="phase_is_agreed_by_now"),
            NotBefore("agreed_on", since=ASSIGNED, name="phase_is_agreed_in_its_case"),
        ]

    def __str__(self) -> str:
        return f"{self.phase} ({self.agreed_on})"


class SupportPlan(Tracked):
    """What the support plan (Hilfeplan) grants: a scope in hours per month, for a time (A1-10)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="support_plans")
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    hours_per_month = models.DecimalField(_("hours per month"), max_digits=6, decimal_places=2)

    objects = CaseRowQuerySet.as_manager()
    retention = KeptWith("case")
    marks = Marks(
        "contracts.ChangeMark", contract="case__contract", first="valid_from", last="valid_until"
    )

    class Meta:
        verbose_name = _("support plan")
        verbose_name_plural = _("support plans")
        ordering = ["case", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["case", "valid_from"], name="support_plan_per_day"),
            Ends("valid_until", begins="valid_from", name="support_plan_ends_after_start"),
            NotBefore("valid_from", since=ASSIGNED, name="support_plan_begins_in_its_case"),
        ]

    def __str__(self) -> str:
        return f"{self.hours_per_month} h ({self.valid_from})"


class CaseResponsibility(Tracked):
    """Team and counsellor responsible for the case from a day on."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="responsibilities")
    valid_from = models.DateField(_("valid from"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    counsellor = models.ForeignKey(Member, models.PROTECT, related_name="+")

    objects = CaseRowQuerySet.as_manager()
    retention = KeptWith("case")

    class Meta:
        verbose_name = _("responsibility")
        verbose_name_plural = _("responsibilities")
        ordering = ["case", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["case", "valid_from"], name="responsibility_per_day"),
            NotBefore("valid_from", since=ASSIGNED, name="responsibility_begins_in_its_case"),
        ]

    def __str__(self) -> str:
        return f"{self.team} ({self.valid_from})"

    def clean(self):
        """Refuse a team or counsellor of another organisation than the contract's provider."""
        if not (self.case_id and self.team_id and self.counsellor_id):
            return
        provider = self.case.contract.provider_id
        if (self.team.organisation_id, self.counsellor.organisation_id) != (provider, provider):
            raise ValidationError(
                _("%(team)s and %(counsellor)s must belong to the contract's provider."),
                params={"team": self.team, "counsellor": self.counsellor},
            )


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

    def __str__(self) -> str:
        return f"{self.status} ({self.valid_from})"

    def clean(self):
        """Refuse to close a case without saying why."""
        if self.status == self.Status.CLOSED and not self.reason.strip():
            raise ValidationError({"reason": _("Why is the case closed?")})
