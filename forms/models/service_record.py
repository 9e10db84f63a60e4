"""Service records: what was done for a case on a day, the ground of hours and money."""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Min
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.facts import Fact
from base.retention import KeptWith
from cms.models import EditionModule
from contracts.models import Contract, ContractEdition, Member
from contracts.models.organisation import ProviderScopedQuerySet
from forms.models.case import Case, CasePlacement

MINUTES_PER_HOUR = 60
DAY = 24 * MINUTES_PER_HOUR  # minutes


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
    retention = KeptWith("case")

    class Meta:
        verbose_name = _("service record")
        verbose_name_plural = _("service records")
        ordering = ["day", "reference"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "reference"], name="service_record_reference"
            ),
            models.UniqueConstraint(
                fields=["case", "stage"],
                name="service_complex_once",
                condition=models.Q(status="submitted") & ~models.Q(stage=""),
                violation_error_message=_(
                    "This service complex is already completed for the case."
                ),
            ),
            models.CheckConstraint(
                name="service_record_counts",
                condition=models.Q(participants__gte=1, counsellors__gte=1, minutes__lte=1440),
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "day"], name="service_record_by_day"),
            models.Index(fields=["case", "day"], name="service_record_by_case"),
            models.Index(fields=["counsellor", "day"], name="service_record_by_person"),
            models.Index(fields=["day", "id"], name="service_record_by_date"),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of the record's page."""
        return reverse("record", args=[self.pk])

    @property
    def effort_hours(self) -> Fraction:
        """The case's part of the staff's time in hours, as an exact fraction (C5, D13)."""
        return Fraction(self.minutes * self.counsellors, self.participants * MINUTES_PER_HOUR)

    @classmethod
    def rules(cls, facts):
        """Refuse records that contradict their case, their contract or its catalogue."""
        return RecordRules(facts)


class RecordRules:
    """What a service record must agree with, looked up once for a batch of records."""

    def __init__(self, records: Sequence[ServiceRecord]):
        contracts = {record.contract_id for record in records}
        self.cases = Case.objects.in_bulk({record.case_id for record in records})
        self.editions = _agreed(contracts)
        self.placements: dict[int, list] = {}
        placed = CasePlacement.objects.filter(case__in=self.cases).order_by("-valid_from")
        for case, *placement in placed.values_list("case", "valid_from", "catalogue_edition"):
            self.placements.setdefault(case, []).append(placement)
        wanted = {edition for rows in self.placements.values() for _day, edition in rows}
        self.modules: dict[int, set] = {}
        self.entry_modules: dict[int, str] = {}
        bookable = EditionModule.objects.filter(edition__in=wanted, bookable=True)
        for edition, key, entry in bookable.values_list(
            "edition", "key", "edition__content__entry_module"
        ):
            self.modules.setdefault(edition, set()).add(key)
            if entry:
                self.entry_modules[edition] = entry
        self.entered = self._entered(records) if self.entry_modules else {}
        self.completed = _completed(self.cases) if any(record.stage for record in records) else {}
        self.booked = _booked(records, contracts)

    def __call__(self, record: ServiceRecord) -> None:
        """Raise ValidationError for the first rule a record breaks."""
        if record.status != Fact.Status.SUBMITTED:
            return
        self._counts(record)
        self._belongs(record)
        self._is_agreed(record)
        self._fits_catalogue(record)
        self._completes_once(record)
        self._books_once(record)

    def _counts(self, record: ServiceRecord) -> None:
        if not 0 <= record.minutes <= DAY:
            _refuse(
                _("%(minutes)s minutes: allowed are 0 to %(most)s."),
                minutes=record.minutes,
                most=DAY,
            )
        if record.participants < 1 or record.counsellors < 1:
            _refuse(_("At least one participant and one counsellor are needed."))

    def _belongs(self, record: ServiceRecord) -> None:
        case = self.cases[record.case_id]
        if case.contract_id != record.contract_id:
            _refuse(_("Case %(case)s does not belong to this contract."), case=case.number)
        if record.day < case.assigned_on:
            _refuse(
                _("Case %(case)s was assigned on %(day)s, after this record."),
                case=case.number,
                day=case.assigned_on,
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
                kind=record.kind,
                allowed=", ".join(sorted(kinds)),
            )
        if record.stage and record.stage not in stages:
            _refuse(
                _("Service complex %(stage)s is unknown; allowed: %(allowed)s."),
                stage=record.stage,
                allowed=", ".join(sorted(stages)) or "–",
            )

    def _fits_catalogue(self, record: ServiceRecord) -> None:
        if not record.module:
            return
        placements = self.placements.get(record.case_id, ())
        edition = next((edition for start, edition in placements if start <= record.day), None)
        modules = self.modules.get(edition, ())
        if record.module not in modules:
            _refuse(
                _("Module %(module)s cannot be booked; allowed: %(allowed)s."),
                module=record.module,
                allowed=", ".join(sorted(modules)) or "–",
            )
        entry = self.entry_modules.get(edition)
        if entry in (None, record.module):
            return
        entered = self.entered.get((record.case_id, entry))
        if entered is None or entered > record.day:
            _refuse(
                _("Case %(case)s: %(entry)s must be booked before any other module."),
                case=self.cases[record.case_id].number,
                entry=entry,
            )

    def _entered(self, records: Sequence[ServiceRecord]) -> dict[tuple[int, str], date]:
        """Return the first day of each case's entry module, stored or in this batch (A1-52)."""
        keys = set(self.entry_modules.values())
        stored = ServiceRecord.objects.counting().filter(case__in=self.cases, module__in=keys)
        stored = stored.exclude(pk__in=[record.pk for record in records if record.pk])
        first = stored.order_by().values_list("case", "module").annotate(Min("day"))
        found = {(case, module): day for case, module, day in first}
        for record in records:
            if record.module in keys and record.status == Fact.Status.SUBMITTED:
                key = (record.case_id, record.module)
                found[key] = min(found.get(key, record.day), record.day)
        return found

    def _completes_once(self, record: ServiceRecord) -> None:
        """The completion stored first counts; in one batch, the one that comes first."""
        if not record.stage:
            return
        if self.completed.setdefault((record.case_id, record.stage), record) != record:
            _refuse(
                _("Service complex %(stage)s is already completed for case %(case)s."),
                stage=record.stage,
                case=self.cases[record.case_id].number,
            )

    def _books_once(self, record: ServiceRecord) -> None:
        """One hour has one funding source (D22): individual work stands in one contract."""
        if (key := _booking(record)) is None:
            return
        others = self.booked.setdefault(key, set())
        if others - {record.contract_id}:
            _refuse(
                _("%(reference)s is recorded for this counsellor and day under another contract."),
                reference=record.reference,
            )
        others.add(record.contract_id)


def _agreed(contracts: set[int]) -> dict[int, list[tuple]]:
    """Return, newest first, from when which kinds of work and service complexes are agreed."""
    found: dict[int, list[tuple]] = {}
    editions = ContractEdition.objects.filter(contract__in=contracts).order_by("-number")
    rows = editions.values_list(
        "contract", "applies_from", "content__kinds_of_work", "content__remuneration"
    )
    for contract, applies_from, kinds_of_work, remuneration in rows:
        kinds = {kind["key"] for kind in kinds_of_work}
        stages = {stage["key"] for terms in remuneration for stage in terms.get("stages", ())}
        found.setdefault(contract, []).append((applies_from, kinds, stages))
    return found


def _completed(cases: Iterable[int]) -> dict[tuple[int, str], ServiceRecord]:
    """Return the completions of these cases by case and service complex."""
    stored = ServiceRecord.objects.counting().filter(case__in=cases).exclude(stage="")
    return {(record.case_id, record.stage): record for record in stored.order_by("pk")}


def _booking(record: ServiceRecord) -> tuple | None:
    """Return what may stand in one contract only: a counsellor's individual work by reference."""
    if record.session or record.counsellor_id is None:
        return None
    return record.counsellor_id, record.day, record.reference


def _booked(records: Sequence[ServiceRecord], contracts: set[int]) -> dict[tuple, set[int]]:
    """Return the contracts in which the counsellors' individual work of these days is recorded."""
    keys = [key for record in records if (key := _booking(record))]
    if not keys:
        return {}
    days = [day for _counsellor, day, _reference in keys]
    stored = ServiceRecord.objects.counting().filter(
        session="", counsellor__in={key[0] for key in keys}, day__range=(min(days), max(days))
    )
    if len(contracts) == 1:
        stored = stored.exclude(contract__in=contracts)
    booked: dict[tuple, set[int]] = {}
    for *key, contract in stored.order_by().values_list(
        "counsellor", "day", "reference", "contract"
    ):
        booked.setdefault(tuple(key), set()).add(contract)
    return booked


def _refuse(message, **params) -> None:
    raise ValidationError(message, params=params)
