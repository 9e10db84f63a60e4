"""In which order the modules of a catalogue are booked for a case.

The entry module comes before any other (A1-52), a special module after the one it follows
(A1-43), and a gated phase begins with an agreement of its own (A1-53). Which module belongs to
which phase is schematic, however (D37): a single service ahead of its phase only needs a reason.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from base.facts import Fact
from cms.models import CatalogueEdition, EditionModule
from forms.models.phase_agreement import PhaseAgreement


@dataclass(frozen=True)
class Gate:
    """A gated phase, and from when it is agreed on for a case; None: not at all."""

    label: str
    agreed_on: date | None


class BookingOrder:
    """The order of booking, looked up once for a batch of records; editions by their keys."""

    def __init__(self, editions: Collection[int], records: Sequence, *, stored):
        self.phases: dict[int, dict[str, str]] = {}
        """Of each edition, its bookable modules with their phase."""
        self.titles: dict[tuple[int, str], str] = {}
        modules = EditionModule.objects.filter(edition__in=editions, bookable=True)
        columns = ("edition", "key", "phase", "code", "title")
        for edition, key, phase, code, title in modules.values_list(*columns):
            self.phases.setdefault(edition, {})[key] = phase
            self.titles[edition, key] = f"{code} {title}"
        self.entries: dict[int, str] = {}
        self.followed: dict[int, dict[str, str]] = {}
        """Of each edition, special modules with the module they follow."""
        self.gates: dict[int, dict[str, str]] = {}
        """Of each edition, the gated phases with their labels."""
        content = CatalogueEdition.objects.filter(pk__in=editions).values_list(
            "pk", "content__entry_module", "content__add_ons", "content__phases"
        )
        for edition, entry, add_ons, phases in content:
            if entry:
                self.entries[edition] = entry
            self.followed[edition] = {
                each["module"]: each["after"] for each in add_ons or () if each.get("after")
            }
            self.gates[edition] = {
                each["key"]: each["label"] for each in phases or () if each.get("gated")
            }
        self.first_days = self._first_days(records, stored)
        self.agreed = self._agreed(records)
        self.before = self._before(records, stored)

    def bookable(self, edition: int | None) -> Collection[str]:
        """Return the modules of an edition that can be booked."""
        return self.phases.get(edition, ())

    def title(self, edition: int, module: str) -> str:
        """Return code and title of a module, as people know it."""
        return self.titles.get((edition, module), module)

    def missing_before(self, record, edition: int) -> str | None:
        """Return the module that comes before a record's and is not booked by its day."""
        earlier = (self.entries.get(edition), self.followed[edition].get(record.module))
        for key in earlier:
            if key in (None, record.module):
                continue
            first = self.first_days.get((record.case_id, key))
            if first is None or first > record.day:
                return key
        return None

    def closed_gate(self, record, edition: int, edition_before) -> Gate | None:
        """Return the gate that a record stands before; None where it may be recorded.

        Whoever records it may say why; a change brings no record before a gate that did not stand
        there already. `edition_before` tells the edition of the record's case on another day.
        """
        gate = self._gate(record.case_id, record.module, record.day, edition)
        if gate is None or (record.version == 1 and record.chosen_reason_id):
            return None
        if before := self.before.get(record.pk):
            module, day = before
            if self._gate(record.case_id, module, day, edition_before(day)):
                return None
        return gate

    def _gate(self, case: int, module: str, day: date, edition: int | None) -> Gate | None:
        phase = self.phases.get(edition, {}).get(module)
        label = self.gates.get(edition, {}).get(phase)
        if label is None:
            return None
        agreed_on = self.agreed.get((case, phase))
        return None if agreed_on and agreed_on <= day else Gate(label, agreed_on)

    def _first_days(self, records: Sequence, stored) -> dict[tuple[int, str], date]:
        """Return, by case and module, the first day of modules that others wait for.

        Those in this batch count as well.
        """
        keys = set(self.entries.values())
        keys.update(*(followed.values() for followed in self.followed.values()))
        if not keys:
            return {}
        cases = {record.case_id for record in records}
        booked = stored.counting().filter(case__in=cases, module__in=keys)
        booked = booked.exclude(pk__in=[record.pk for record in records if record.pk])
        first = booked.order_by().values_list("case", "module").annotate(Min("day"))
        found = {(case, module): day for case, module, day in first}
        for record in records:
            if record.module in keys and record.status == Fact.Status.SUBMITTED:
                key = (record.case_id, record.module)
                found[key] = min(found.get(key, record.day), record.day)
        return found

    def _agreed(self, records: Sequence) -> dict[tuple[int, str], date]:
        """Return from when phases are agreed on, by case and phase."""
        if not any(self.gates.values()):
            return {}
        rows = PhaseAgreement.objects.filter(case__in={record.case_id for record in records})
        return {
            (case, phase): agreed_on
            for case, phase, agreed_on in rows.values_list("case", "phase", "agreed_on")
        }

    def _before(self, records: Sequence, stored) -> dict[int, tuple[str, date]]:
        """Return module and day of records that are changed, as they are stored."""
        keys = [record.pk for record in records if record.pk]
        if not keys or not any(self.gates.values()):
            return {}
        rows = stored.filter(pk__in=keys)
        return {pk: (module, day) for pk, module, day in rows.values_list("pk", "module", "day")}
