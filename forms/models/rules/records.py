"""What a service record must agree with: its case, its contract, its catalogue, other records."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.ends import require_past
from base.facts import Fact
from base.formats import clock
from contracts.dates.in_force import InForce
from contracts.models import ContractEdition
from forms.models.case import Case, CasePlacement, CaseStatus, closed_since
from forms.models.record_reason import Reasoning
from forms.models.rules.booking_order import BookingOrder
from forms.models.rules.record_days import Days, minutes_between
from forms.models.rules.sessions import expected
from forms.topics import Topics
from forms.ways import Channel, Location

DAY = 24 * 60  # minutes
PLACE = "place"
"""Code of the refusal of a place where nobody met in person."""


class RecordRules:
    """The rules of service records, with what they refer to looked up once for a batch.

    `stored` are all records that are stored. Of a version that a later one has replaced already,
    as files bring it, nothing is asked that follows from how the case stands now.
    """

    def __init__(self, records: Sequence, *, stored):
        contracts = {record.contract_id for record in records}
        self.cases = Case.objects.in_bulk({record.case_id for record in records})
        self.statuses: dict[int, list[tuple[date, str]]] = {}
        statuses = CaseStatus.objects.filter(case__in=self.cases).order_by("valid_from")
        for case, *status in statuses.values_list("case", "valid_from", "status"):
            self.statuses.setdefault(case, []).append(tuple(status))
        self.in_force = InForce(contracts)
        self.editions = _agreed(contracts)
        self.placements: dict[int, list] = {}
        placed = CasePlacement.objects.filter(case__in=self.cases).order_by("-valid_from")
        for case, *placement in placed.values_list("case", "valid_from", "catalogue_edition"):
            self.placements.setdefault(case, []).append(placement)
        wanted = {edition for rows in self.placements.values() for _day, edition in rows}
        self.order = BookingOrder(wanted, records, stored=stored)
        staged = any(record.stage for record in records)
        self.completed = _completed(stored, self.cases) if staged else {}
        self.topics = Topics(contracts)
        self.booked = _booked(stored, records, contracts)
        self.reasoning = Reasoning(records)
        self.days = Days(records, cases=self.cases, stored=stored)

    def __call__(self, record) -> None:
        """Raise ValidationError for the first rule a record breaks."""
        record.attends_id = expected(record)
        self.reasoning(record)
        if record.status != Fact.Status.SUBMITTED:
            return
        self._counts(record)
        self._belongs(record)
        self._is_agreed(record)
        self._says_how(record)
        self._fits_catalogue(record)
        self._completes_once(record)
        self._books_once(record)
        if not record.superseded:
            self.days(record)

    def _counts(self, record) -> None:
        if not 0 <= record.minutes <= DAY:
            _refuse(
                _("%(minutes)s minutes: allowed are 0 to %(most)s."),
                minutes=record.minutes,
                most=DAY,
            )
        if record.participants < 1 or record.counsellors < 1:
            _refuse(_("At least one participant and one counsellor are needed."))
        if (record.begins is None) != (record.ends is None):
            _refuse(_("From and until belong together: one of them is missing."))
        if record.begins is None:
            return
        if record.ends <= record.begins:
            _refuse(
                _("%(begins)s to %(ends)s: this ends before it begins."),
                begins=clock(record.begins),
                ends=clock(record.ends),
            )
        if (length := minutes_between(record.begins, record.ends)) != record.minutes:
            _refuse(
                _("%(begins)s to %(ends)s are %(length)s minutes, not %(minutes)s."),
                begins=clock(record.begins),
                ends=clock(record.ends),
                length=length,
                minutes=record.minutes,
            )

    def _belongs(self, record) -> None:
        case = self.cases[record.case_id]
        require_past(record.day)
        if case.contract_id != record.contract_id:
            _refuse(_("Case %(case)s does not belong to this contract."), case=case.number)
        if record.day < case.assigned_on:
            _refuse(
                _("Case %(case)s was assigned on %(day)s, after this record."),
                case=case.number,
                day=case.assigned_on,
            )
        # On the day of closing itself there may have been a last talk.
        closed = closed_since(self.statuses.get(case.pk, ()), record.day)
        if closed and closed < record.day and not record.superseded:
            _refuse(
                _(
                    "Case %(case)s is closed since %(closed)s: on %(day)s nothing can be recorded;"
                    " allowed are days up to %(closed)s."
                ),
                case=case.number,
                closed=closed,
                day=record.day,
            )

    def _is_agreed(self, record) -> None:
        if not record.superseded:
            self.in_force.require(record.contract_id, record.day, known_on=record.known_on)
        editions = self.editions.get(record.contract_id, ())
        if not editions:
            _refuse(_("The contract is not in force on %(day)s."), day=record.day)
        # Before the first edition applies, as statements read it, that one.
        agreed = next((row for row in editions if row[0] <= record.day), editions[-1])
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

    def _says_how(self, record) -> None:
        for name, value, known in (
            (_("How"), record.channel, Channel.values),
            (_("Place"), record.location, Location.values),
        ):
            if value and value not in known:
                _refuse(
                    _("%(what)s %(value)s is unknown; allowed: %(allowed)s."),
                    what=name,
                    value=value,
                    allowed=", ".join(known),
                )
        if record.location and record.channel != Channel.IN_PERSON:
            raise ValidationError(_("A place goes with a meeting in person."), code=PLACE)
        if not record.topic:
            return
        offered = self.topics.on(record.contract_id, record.day)
        if record.topic not in offered:
            _refuse(
                _("Kind of help %(topic)s is not offered on %(day)s; allowed: %(allowed)s."),
                topic=record.topic,
                day=record.day,
                allowed=", ".join(sorted(offered)) or "–",
            )

    def _edition_on(self, case: int, day: date) -> int | None:
        """Return the key of the catalogue edition in which a case is placed on a day."""
        placements = self.placements.get(case, ())
        return next((edition for start, edition in placements if start <= day), None)

    def _fits_catalogue(self, record) -> None:
        if not record.module:
            return
        edition = self._edition_on(record.case_id, record.day)
        modules = self.order.bookable(edition)
        if record.module not in modules:
            _refuse(
                _("Module %(module)s cannot be booked; allowed: %(allowed)s."),
                module=record.module,
                allowed=", ".join(sorted(modules)) or "–",
            )
        if first := self.order.missing_before(record, edition):
            _refuse(
                _("Case %(case)s: %(first)s must be booked before %(module)s."),
                case=self.cases[record.case_id].number,
                first=self.order.title(edition, first),
                module=self.order.title(edition, record.module),
            )
        if not record.superseded:
            self._passes_gate(record, edition)

    def _passes_gate(self, record, edition: int) -> None:
        gate = self.order.closed_gate(
            record, edition, lambda day: self._edition_on(record.case_id, day)
        )
        if gate is None:
            return
        if record.version > 1:
            message = _(
                "Case %(case)s: %(module)s belongs to %(phase)s, which is not agreed on for"
                " %(day)s. Record the agreement first."
            )
        elif gate.agreed_on is None:
            message = _(
                "Case %(case)s: %(module)s belongs to %(phase)s, which is not agreed on yet."
                " Record the agreement, or say why this single service comes before it."
            )
        else:
            message = _(
                "Case %(case)s: %(module)s belongs to %(phase)s, which is agreed on from"
                " %(agreed)s on. Before that a single service needs a reason."
            )
        raise ValidationError(
            message,
            code="unreasoned",
            params={
                "case": self.cases[record.case_id].number,
                "module": self.order.title(edition, record.module),
                "phase": gate.label,
                "day": record.day,
                "agreed": gate.agreed_on,
            },
        )

    def _completes_once(self, record) -> None:
        """The completion stored first counts; in one batch, the one that comes first."""
        if not record.stage:
            return
        if self.completed.setdefault((record.case_id, record.stage), record) != record:
            _refuse(
                _("Service complex %(stage)s is already completed for case %(case)s."),
                stage=record.stage,
                case=self.cases[record.case_id].number,
            )

    def _books_once(self, record) -> None:
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


def _completed(stored, cases: Iterable[int]) -> dict[tuple[int, str], object]:
    """Return the completions of these cases by case and service complex."""
    completions = stored.counting().filter(case__in=cases).exclude(stage="")
    return {(record.case_id, record.stage): record for record in completions.order_by("pk")}


def _booking(record) -> tuple | None:
    """Return what may stand in one contract only: a counsellor's individual work by reference."""
    if record.session or record.counsellor_id is None:
        return None
    return record.counsellor_id, record.day, record.reference


def _booked(stored, records: Sequence, contracts: set[int]) -> dict[tuple, set[int]]:
    """Return the contracts in which the counsellors' individual work of these days is recorded."""
    keys = [key for record in records if (key := _booking(record))]
    if not keys:
        return {}
    days = [day for _counsellor, day, _reference in keys]
    work = stored.counting().filter(
        session="", counsellor__in={key[0] for key in keys}, day__range=(min(days), max(days))
    )
    if len(contracts) == 1:
        work = work.exclude(contract__in=contracts)
    booked: dict[tuple, set[int]] = {}
    for *key, contract in work.order_by().values_list("counsellor", "day", "reference", "contract"):
        booked.setdefault(tuple(key), set()).add(contract)
    return booked


def _refuse(message, **params) -> None:
    """Raise ValidationError with what is wrong and what is allowed."""
    raise ValidationError(message, params=params)
