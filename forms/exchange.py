"""Form definitions, clients, cases and service records in files."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from base.content import Content, Key, Line
from base.exchange.editions import keyed_drafts
from base.exchange.facts import FactEntry, dump_versions, load_facts
from base.exchange.kinds import EntryError, Kind, Located, register
from base.exchange.rows import find_by, stored_or_new
from cms.models import CatalogueEdition
from contracts.exchange import contracts_by_number
from contracts.models import Contract, Member, Team
from forms.actions.open_case import open_case, place_case, set_status
from forms.models import (
    Case,
    CaseResponsibility,
    Client,
    ClientIdentity,
    FormDefinition,
    ServiceRecord,
    SupportPlan,
)


class ClientEntry(Content):
    """A client: the key everything refers to and, apart from it, the person."""

    key: Key
    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    gender: Literal["", "f", "m", "d"] = ""


class PlacementEntry(Content):
    """Need group and combination of a catalogue edition from a day on."""

    valid_from: date
    catalogue: Key
    edition: int = Field(ge=1)
    need_group: Key
    combination: Key
    choices: tuple[Key, ...] = ()
    conditions: tuple[Key, ...] = ()
    add_ons: tuple[Key, ...] = ()
    reason: str = ""


class SupportPlanEntry(Content):
    """What the support plan grants, for a time."""

    valid_from: date
    valid_until: date | None = None
    hours_per_month: Decimal = Field(ge=0, max_digits=6, decimal_places=2)


class ResponsibilityEntry(Content):
    """Team and counsellor from a day on."""

    valid_from: date
    team: Key
    counsellor: Line


class StatusEntry(Content):
    """Status from a day on."""

    valid_from: date
    status: Literal["open", "paused", "closed"]
    reason: str = ""


class CaseEntry(Content):
    """A case with its dated rows."""

    number: Line
    client: Key
    contract: Line
    assigned_on: date
    agreed: bool = True
    reason: str = ""
    placements: tuple[PlacementEntry, ...] = ()
    support_plans: tuple[SupportPlanEntry, ...] = ()
    responsibilities: tuple[ResponsibilityEntry, ...] = ()
    statuses: tuple[StatusEntry, ...] = ()


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


def _load_clients(entries: Sequence[Located]) -> int:
    made = 0
    for located in entries:
        entry: ClientEntry = located.entry
        made += stored_or_new(Client, located, {"key": entry.key}, {})
        if entry.last_name:
            person = {name: getattr(entry, name) for name in _PERSON}
            client = Client.objects.get(key=entry.key)
            stored_or_new(ClientIdentity, located, {"client": client}, person)
    return made


_PERSON = ("first_name", "last_name", "birth_date", "gender")


def _dump_clients():
    for client in Client.objects.select_related("identity").order_by("key"):
        identity = getattr(client, "identity", None)
        person = {name: getattr(identity, name) for name in _PERSON} if identity else {}
        yield ClientEntry(key=client.key, **person)


def _load_cases(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)
    made = 0
    for located in entries:
        entry: CaseEntry = located.entry
        client = find_by(located, Client, key=entry.client)
        try:
            case = Case.objects.filter(number=entry.number).first()
            if case is None:
                made += 1
                case = open_case(
                    number=entry.number, client=client, contract=contracts[entry.contract],
                    assigned_on=entry.assigned_on, agreed=entry.agreed, reason=entry.reason,
                )
            else:
                _compare(case, entry)
            _load_rows(case, located)
        except ValidationError as error:
            raise EntryError(located, error) from error
    return made


def _compare(case: Case, entry: CaseEntry) -> None:
    stored = (case.client.key, case.contract.number, case.assigned_on, case.agreed)
    if stored != (entry.client, entry.contract, entry.assigned_on, entry.agreed):
        raise ValidationError(_("Case %(number)s is stored with other values."), params={"number": case.number})


def _load_rows(case: Case, located: Located) -> None:
    entry: CaseEntry = located.entry
    placed = set(case.placements.values_list("valid_from", flat=True))
    for row in entry.placements:
        if row.valid_from not in placed:
            _place(case, row)
    for row in entry.support_plans:
        stored_or_new(
            SupportPlan, located, {"case": case, "valid_from": row.valid_from},
            {"valid_until": row.valid_until, "hours_per_month": row.hours_per_month},
        )
    for row in entry.responsibilities:
        team = find_by(located, Team, key=row.team)
        stored_or_new(
            CaseResponsibility, located, {"case": case, "valid_from": row.valid_from},
            {"team": team, "counsellor": find_by(located, Member, user__username=row.counsellor)},
        )
    known = set(case.statuses.values_list("valid_from", flat=True))
    for row in entry.statuses:
        if row.valid_from not in known:
            set_status(case=case, valid_from=row.valid_from, status=row.status, reason=row.reason)


def _place(case: Case, row: PlacementEntry) -> None:
    edition = CatalogueEdition.objects.filter(catalogue__key=row.catalogue, number=row.edition).first()
    if edition is None:
        raise ValidationError(
            _("There is no edition %(number)s of catalogue %(key)s."),
            params={"number": row.edition, "key": row.catalogue},
        )
    place_case(
        case=case, valid_from=row.valid_from, catalogue_edition=edition, need_group=row.need_group,
        combination=row.combination, choices=row.choices, conditions=row.conditions,
        add_ons=row.add_ons, reason=row.reason,
    )


def _dump_cases():
    cases = Case.objects.select_related("client", "contract").order_by("number").prefetch_related(
        "placements__catalogue_edition__catalogue", "support_plans",
        "responsibilities__team", "responsibilities__counsellor__user", "statuses",
    )
    for case in cases:
        yield CaseEntry(
            number=case.number, client=case.client.key, contract=case.contract.number,
            assigned_on=case.assigned_on, agreed=case.agreed, reason=case.reason,
            placements=[
                PlacementEntry(
                    valid_from=row.valid_from, catalogue=row.catalogue_edition.catalogue.key,
                    edition=row.catalogue_edition.number, need_group=row.need_group,
                    combination=row.combination, choices=row.choices, conditions=row.conditions,
                    add_ons=row.add_ons, reason=row.reason,
                )
                for row in case.placements.all()
            ],
            support_plans=[
                SupportPlanEntry(
                    valid_from=row.valid_from, valid_until=row.valid_until, hours_per_month=row.hours_per_month
                )
                for row in case.support_plans.all()
            ],
            responsibilities=[
                ResponsibilityEntry(
                    valid_from=row.valid_from, team=row.team.key, counsellor=row.counsellor.user.username
                )
                for row in case.responsibilities.all()
            ],
            statuses=[
                StatusEntry(valid_from=row.valid_from, status=row.status, reason=row.reason)
                for row in case.statuses.all()
            ],
        )


_RECORD = ("day", "kind", "module", "stage", "minutes", "participants", "counsellors", "session")


def _load_service_records(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)
    cases = {case.number: case for case in Case.objects.select_related("contract").filter(
        contract__in=contracts.values()
    )}
    members = {member.user.username: member for member in Member.objects.select_related("user")}

    def values(located: Located) -> dict:
        entry: ServiceRecordEntry = located.entry
        return {
            "contract": contracts[entry.contract],
            "case": _known(located, "case", cases, entry.case),
            "counsellor": _known(located, "counsellor", members, entry.counsellor) if entry.counsellor else None,
            **{name: getattr(entry, name) for name in _RECORD},
        }

    return load_facts(ServiceRecord, entries, values)


def _known(located: Located, what: str, rows: dict, key: str):
    if key not in rows:
        message = _("There is no %(what)s %(key)s.")
        raise EntryError(located, ValidationError(message, params={"what": what, "key": key}))
    return rows[key]


def _dump_service_records():
    contracts = dict(Contract.objects.values_list("pk", "number"))
    cases = dict(Case.objects.values_list("pk", "number"))
    members = dict(Member.objects.values_list("pk", "user__username"))
    for version in dump_versions(ServiceRecord):
        row = version.row
        yield ServiceRecordEntry(
            **version.common, contract=contracts[row.contract_id], case=cases[row.case_id],
            counsellor=members.get(row.counsellor_id, ""),
            **{name: getattr(row, name) for name in _RECORD},
        )


register(keyed_drafts(FormDefinition, "form_definitions", 50))
for _section, _position, _entry, _load, _dump, _tabular in (
    ("clients", 60, ClientEntry, _load_clients, _dump_clients, False),
    ("cases", 61, CaseEntry, _load_cases, _dump_cases, False),
    ("service_records", 70, ServiceRecordEntry, _load_service_records, _dump_service_records, True),
):
    register(
        Kind(section=_section, position=_position, entry=_entry, load=_load, dump=_dump, tabular=_tabular)
    )
