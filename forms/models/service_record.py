"""Service records: what was done for a case on a day, the ground of hours and money."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.facts import Fact
from cms.models import EditionModule
from contracts.models import Contract, ContractEdition, Member
from contracts.models.organisation import ProviderScopedQuerySet
from forms.models.case import Case, CasePlacement


class ServiceRecordQuerySet(ProviderScopedQuerySet):
    """Service records, by the contract's provider."""

    provider_path = "contract__provider"

    def counting(self):
        """Return records that were not withdrawn."""
        return self.filter(status=Fact.Status.SUBMITTED)


class ServiceRecord(Fact):
    """One case's part in individual work, a group session, or the completion of a stage.

    A group session is one record for each attendee, joined by `session`; each repeats the
    session's length, how many attended and how many counsellors led it, so that every share is an
    exact fraction (C5, D13).
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="service_records")
    case = models.ForeignKey(Case, models.PROTECT, related_name="service_records")
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind of work"), max_length=60)
    module = models.CharField(_("module"), max_length=60, blank=True)
    stage = models.CharField(_("service complex"), max_length=60, blank=True)
    minutes = models.PositiveIntegerField(_("minutes"))
    participants = models.PositiveSmallIntegerField(_("participants"), default=1)
    counsellors = models.PositiveSmallIntegerField(_("counsellors"), default=1)
    session = models.CharField(_("group session"), max_length=80, blank=True)
    counsellor = models.ForeignKey(Member, models.PROTECT, related_name="+", null=True, blank=True)

    objects = ServiceRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("service record")
        verbose_name_plural = _("service records")
        ordering = ["day", "reference"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="service_record_reference"),
            models.UniqueConstraint(
                fields=["case", "stage"], name="service_complex_once",
                condition=models.Q(status="submitted") & ~models.Q(stage=""),
                violation_error_message=_("This service complex is already completed for the case."),
            ),
            models.CheckConstraint(
                name="service_record_counts",
                condition=models.Q(participants__gte=1, counsellors__gte=1, minutes__lte=1440),
            ),
        ]
        indexes = [models.Index(fields=["contract", "day"], name="service_record_by_day")]

    @classmethod
    def rules(cls, facts):
        """Refuse records that contradict their case, their contract or its catalogue."""
        return RecordRules(facts)


class RecordRules:
    """What a service record must agree with, looked up once for a batch of records."""

    def __init__(self, records: Sequence[ServiceRecord]):
        contracts = {record.contract_id for record in records}
        cases = {record.case_id for record in records}
        self.editions: dict[int, list] = {}
        for edition in ContractEdition.objects.filter(contract__in=contracts).order_by("-number"):
            self.editions.setdefault(edition.contract_id, []).append(
                (edition.applies_from, *_allowed(edition.data))
            )
        self.placements: dict[int, list] = {}
        placements = CasePlacement.objects.filter(case__in=cases).order_by("-valid_from")
        for placement in placements:
            self.placements.setdefault(placement.case_id, []).append(placement)
        wanted = {placement.catalogue_edition_id for rows in self.placements.values() for placement in rows}
        bookable = EditionModule.objects.filter(edition__in=wanted, bookable=True)
        self.modules: dict[int, set] = {}
        for edition, key in bookable.values_list("edition", "key"):
            self.modules.setdefault(edition, set()).add(key)
        staged = _completed(cases) if any(record.stage for record in records) else []
        self.seen: set[tuple[int, str]] = set()
        self.completed = {(case, stage): pk for case, stage, pk in staged}

    def __call__(self, record: ServiceRecord) -> None:
        """Raise ValidationError for the first rule a record breaks."""
        if record.status != Fact.Status.SUBMITTED:
            return
        self._belongs(record)
        self._is_agreed(record)
        self._fits_catalogue(record)
        self._completes_once(record)

    def _belongs(self, record: ServiceRecord) -> None:
        case = record.case
        if case.contract_id != record.contract_id:
            _refuse(_("Case %(case)s does not belong to this contract."), case=case.number)
        if record.day < case.assigned_on:
            _refuse(
                _("Case %(case)s was assigned on %(day)s, after this record."),
                case=case.number, day=case.assigned_on,
            )

    def _is_agreed(self, record: ServiceRecord) -> None:
        editions = self.editions.get(record.contract_id, ())
        agreed = next((row for row in editions if row[0] <= record.day), None)
        if agreed is None:
            _refuse(_("The contract is not in force on %(day)s."), day=record.day)
        _applies_from, kinds, stages = agreed
        if record.kind not in kinds:
            _refuse(
                _("Kind of work %(kind)s is unknown; allowed: %(allowed)s."),
                kind=record.kind, allowed=", ".join(sorted(kinds)),
            )
        if record.stage and record.stage not in stages:
            _refuse(
                _("Service complex %(stage)s is unknown; allowed: %(allowed)s."),
                stage=record.stage, allowed=", ".join(sorted(stages)) or "–",
            )

    def _fits_catalogue(self, record: ServiceRecord) -> None:
        if not record.module:
            return
        placements = self.placements.get(record.case_id, ())
        placement = next((row for row in placements if row.valid_from <= record.day), None)
        modules = self.modules.get(placement.catalogue_edition_id, set()) if placement else set()
        if record.module not in modules:
            _refuse(
                _("Module %(module)s cannot be booked; allowed: %(allowed)s."),
                module=record.module, allowed=", ".join(sorted(modules)) or "–",
            )

    def _completes_once(self, record: ServiceRecord) -> None:
        if not record.stage:
            return
        key = (record.case_id, record.stage)
        if self.completed.setdefault(key, record.pk) != record.pk or (
            record.pk is None and key in self.seen
        ):
            _refuse(
                _("Service complex %(stage)s is already completed for case %(case)s."),
                stage=record.stage, case=record.case.number,
            )
        self.seen.add(key)


def _allowed(data) -> tuple[set[str], set[str]]:
    """Return the kinds of work and the service complexes a contract edition knows."""
    kinds = {kind.key for kind in data.kinds_of_work}
    stages = {stage.key for terms in data.remuneration for stage in getattr(terms, "stages", ())}
    return kinds, stages


def _completed(cases):
    """Return case, stage and key of the service complexes completed for these cases."""
    return (
        ServiceRecord.objects.counting().filter(case__in=cases).exclude(stage="")
        .values_list("case_id", "stage", "pk")
    )


def _refuse(message, **params) -> None:
    raise ValidationError(message, params=params)
