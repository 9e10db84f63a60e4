"""Service records in files: one row for each version."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import BeforeValidator, Field

from base.content import Key, Line
from base.exchange.facts import FactEntry, dump_versions, load_facts
from base.exchange.kinds import EntryError, Kind, Located, register
from base.exchange.ordering import by_text
from cms.models import CatalogueEdition, EditionAddOn, EditionModule
from contracts.exchange.contracts import contracts_by_number
from contracts.models import Contract, Member
from forms.actions.follow_deadlines import follow_deadlines
from forms.exchange.locking import lock_cases
from forms.models import Case, CasePlacement, RecordReason, ServiceRecord

CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")


def _clock(value) -> time:
    """Read a time of day to the minute: 9:00, 09:00. Numbers would be seconds, or minutes."""
    if isinstance(value, time):  # of a row that is written
        return value
    found = CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not (int(found[1]) < 24 and int(found[2]) < 60):
        raise ValueError(_("a time of day is needed: 09:30"))
    return time(int(found[1]), int(found[2]))


Clock = Annotated[time, BeforeValidator(_clock)]


class ServiceRecordEntry(FactEntry):
    """One version of a service record."""

    contract: Line
    case: Line
    day: date
    kind: Key
    module: str = ""
    stage: str = ""
    minutes: int = Field(ge=0, le=1440)
    participants: int = Field(1, ge=1, le=999)
    counsellors: int = Field(1, ge=1, le=99)
    session: str = ""
    counsellor: str = ""
    begins: Clock | None = None
    ends: Clock | None = None
    confirmed: bool = False
    chosen_reason: str = Field("", max_length=60)
    topic: str = Field("", max_length=60)
    channel: Literal["", "in_person", "phone", "video", "written"] = ""
    location: Literal["", "office", "home", "body", "elsewhere"] = ""


_RECORD = (
    "day",
    "kind",
    "module",
    "stage",
    "minutes",
    "participants",
    "counsellors",
    "session",
    "begins",
    "ends",
    "confirmed",
    "topic",
    "channel",
    "location",
)


def _load_service_records(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)
    cases = {
        case.number: case
        for case in Case.objects.select_related("contract").filter(contract__in=contracts.values())
    }
    members = _members()
    reasons = {reason.key: reason for reason in RecordReason.objects.all()}
    touched = lock_cases(located.entry.case for located in entries)

    def values(located: Located) -> dict:
        entry: ServiceRecordEntry = located.entry
        contract = contracts[entry.contract]
        case = _known(located, _("case"), cases, entry.case)
        counsellor = None
        if entry.counsellor:
            organisations = _known(located, _("counsellor"), members, entry.counsellor)
            # Who works for several organisations did this work for the provider.
            own = organisations.get(contract.provider_id)
            counsellor = own or next(iter(organisations.values()))
        return {
            "contract": contract,
            "case": case,
            "counsellor": counsellor,
            "chosen_reason": _known(located, _("reason"), reasons, entry.chosen_reason)
            if entry.chosen_reason
            else None,
            **{name: getattr(entry, name) for name in _RECORD},
        }

    # A service complex is completed once: another record of it may have been withdrawn before.
    # Where modules are booked in an order, a record of an earlier one may have been changed since.
    ordered = _booked_in_order(cases.values())
    loaded = load_facts(
        ServiceRecord,
        entries,
        values,
        in_sequence=lambda entry: bool(entry.stage) or entry.module in ordered.get(entry.case, ()),
    )
    if loaded:
        follow_deadlines(touched)
    return loaded


def _booked_in_order(cases: Iterable[Case]) -> dict[str, set[str]]:
    """Return, by the cases' numbers, modules that may be booked only after others."""
    contracts = {case.contract_id for case in cases}
    placed = CasePlacement.objects.filter(case__contract__in=contracts).order_by()
    editions = placed.values_list("case__number", "catalogue_edition").distinct()
    ordered = _ordered_modules({edition for _case, edition in editions})
    found: dict[str, set[str]] = {}
    for case, edition in editions:
        found.setdefault(case, set()).update(ordered[edition])
    return found


def _ordered_modules(editions: set[int]) -> dict[int, set[str]]:
    """Return modules of catalogue editions that wait for others, or others for them."""
    found: dict[int, set[str]] = {edition: set() for edition in editions}
    followed = EditionAddOn.objects.filter(edition__in=editions).exclude(after="")
    for edition, module, after in followed.values_list("edition", "module", "after"):
        found[edition] |= {module, after}
    entered = CatalogueEdition.objects.filter(
        pk__in=editions, content__entry_module__isnull=False
    ).exclude(content__entry_module=None)
    modules = EditionModule.objects.filter(edition__in=entered)
    for edition, module in modules.values_list("edition", "key"):
        found[edition].add(module)
    return found


def _members() -> dict[str, dict[int, Member]]:
    """Return members by user name and organisation."""
    found: dict[str, dict[int, Member]] = {}
    for member in Member.objects.select_related("user").order_by(*by_text("organisation__key")):
        found.setdefault(member.user.username, {})[member.organisation_id] = member
    return found


def _known(located: Located, what: str, rows: dict, key: str):
    if key not in rows:
        message = _("There is no %(what)s %(key)s.")
        raise EntryError(located, ValidationError(message, params={"what": what, "key": key}))
    return rows[key]


def _dump_service_records():
    contracts = dict(Contract.objects.values_list("pk", "number"))
    cases = dict(Case.objects.values_list("pk", "number"))
    members = dict(Member.objects.values_list("pk", "user__username"))
    reasons = dict(RecordReason.objects.values_list("pk", "key"))
    for version in dump_versions(ServiceRecord):
        row = version.row
        yield ServiceRecordEntry(
            **version.common,
            contract=contracts[row.contract_id],
            case=cases[row.case_id],
            counsellor=members.get(row.counsellor_id, ""),
            chosen_reason=reasons.get(row.chosen_reason_id, ""),
            **{name: getattr(row, name) for name in _RECORD},
        )


register(
    Kind(
        section="service_records",
        position=70,
        entry=ServiceRecordEntry,
        load=_load_service_records,
        dump=_dump_service_records,
        tabular=True,
        known_by=("contract", "reference", "version"),
        protected=("reason", "topic"),
    )
)
