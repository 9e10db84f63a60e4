"""Clients and cases in files: a case with its dated rows."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from base.acting import current_actor
from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import find_by, require_same, stored_or_new
from cms.models import CatalogueEdition
from contracts.exchange.contracts import contracts_by_number
from contracts.models import Member, Team
from forms.actions.agree_phase import agree_phase
from forms.actions.follow_deadlines import following_once
from forms.actions.open_case import open_case, place_case, set_status
from forms.exchange.locking import lock_cases
from forms.models import (
    Case,
    CaseOwner,
    CasePlacement,
    CaseResponsibility,
    Client,
    ClientContact,
    ClientIdentity,
    Responsible,
    SupportPlan,
)


class ContactEntry(Content):
    """Numbers under which an office keeps a client, and how the client is reached."""

    customer_number: str = Field("", max_length=30)
    household_number: str = Field("", max_length=30)
    street: str = ""
    postcode: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""
    interpreter: bool = False
    reach_how: str = ""
    reach_when: str = ""
    reach_never: str = ""


class ClientEntry(Content):
    """A client: the key everything refers to and, apart from it, the person."""

    key: Key
    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    gender: Literal["", "f", "m", "d"] = ""
    contact: ContactEntry | None = None


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


class PhaseAgreementEntry(Content):
    """The separate agreement on a gated phase; records of its modules follow it."""

    phase: Key
    agreed_on: date
    note: str = Field("", max_length=500)


class SupportPlanEntry(Content):
    """What the support plan grants, for a time."""

    valid_from: date
    valid_until: date | None = None
    hours_per_month: Decimal = Field(ge=0, max_digits=6, decimal_places=2)


class OwnerEntry(Content):
    """Team and caseworker of the commissioning body from a day on."""

    valid_from: date
    team: Key
    caseworker: Line
    reason: str = Field("", max_length=500)


class ResponsibilityEntry(Content):
    """Team and counsellor of the provider from a day on."""

    valid_from: date
    team: Key
    counsellor: Line
    reason: str = Field("", max_length=500)


class StatusEntry(Content):
    """Status from a day on."""

    valid_from: date
    status: Literal["open", "paused", "closed"]
    reason: str = ""


class CaseEntry(Content):
    """A case with its dated rows."""

    number: Line = Field(max_length=60)
    client: Key
    contract: Line
    assigned_on: date
    agreed: bool = True
    reason: str = ""
    placements: tuple[PlacementEntry, ...] = ()
    phase_agreements: tuple[PhaseAgreementEntry, ...] = ()
    support_plans: tuple[SupportPlanEntry, ...] = ()
    owners: tuple[OwnerEntry, ...] = ()
    responsibilities: tuple[ResponsibilityEntry, ...] = ()
    statuses: tuple[StatusEntry, ...] = ()


def _load_client(located: Located) -> int:
    entry: ClientEntry = located.entry
    changed = stored_or_new(Client, located, {"key": entry.key}, {})
    person = {name: getattr(entry, name) for name in _PERSON}
    if any(person.values()):
        client = Client.objects.get(key=entry.key)
        changed |= stored_or_new(ClientIdentity, located, {"client": client}, person)
    if entry.contact:
        client = Client.objects.get(key=entry.key)
        values = entry.contact.model_dump()
        changed |= stored_or_new(ClientContact, located, {"client": client}, values)
    return changed


_PERSON = ("first_name", "last_name", "birth_date", "gender")
_PROTECTED = (*_PERSON, "contact")


def _dump_clients():
    rows = Client.objects.select_related("identity", "contact")
    for client in rows.order_by(*by_text("key")):
        identity, contact = (getattr(client, name, None) for name in ("identity", "contact"))
        person = {name: getattr(identity, name) for name in _PERSON} if identity else {}
        if contact:
            person["contact"] = ContactEntry(
                **{name: getattr(contact, name) for name in ContactEntry.model_fields}
            )
        yield ClientEntry(key=client.key, **person)


def _load_cases(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)

    def load(located: Located) -> int:
        entry: CaseEntry = located.entry
        values = {
            "client": find_by(located, Client, key=entry.client),
            "contract": contracts[entry.contract],
            **{name: getattr(entry, name) for name in _CASE},
        }
        case = Case.objects.filter(number=entry.number).first()
        is_new = case is None
        if is_new:
            case = open_case(number=entry.number, **values, by=current_actor())
        else:
            require_same(located, case, values)
        return _load_rows(case, located) or is_new

    with following_once():
        lock_cases(located.entry.number for located in entries)
        return load_each(entries, load)


_CASE = ("assigned_on", "agreed", "reason")


def _load_rows(case: Case, located: Located) -> bool:
    """Store the dated rows of a case; tell whether anything was new or changed."""
    entry: CaseEntry = located.entry
    changed = [_placed(case, located, row) for row in entry.placements]
    changed += [_agreed(case, located, row) for row in entry.phase_agreements]
    changed += [
        stored_or_new(
            SupportPlan,
            located,
            {"case": case, "valid_from": row.valid_from},
            {"valid_until": row.valid_until, "hours_per_month": row.hours_per_month},
        )
        for row in entry.support_plans
    ]
    changed += [
        stored_or_new(
            CaseOwner,
            located,
            {"case": case, "valid_from": row.valid_from},
            _responsible(located, row, CaseOwner),
        )
        for row in entry.owners
    ]
    changed += [
        stored_or_new(
            CaseResponsibility,
            located,
            {"case": case, "valid_from": row.valid_from},
            _responsible(located, row, CaseResponsibility),
        )
        for row in entry.responsibilities
    ]
    changed += [_status_set(case, located, row) for row in entry.statuses]
    return any(changed)


def _agreed(case: Case, located: Located, row: PhaseAgreementEntry) -> bool:
    values = {"agreed_on": row.agreed_on, "note": row.note}
    if stored := case.phase_agreements.filter(phase=row.phase).first():
        require_same(located, stored, values)
        return False
    agree_phase(case=case, phase=row.phase, **values, by=current_actor())
    return True


def _responsible(located: Located, row, side: type[Responsible]) -> dict:
    team = find_by(located, Team, key=row.team)
    username = getattr(row, side.person)
    members = {"user__username": username, "organisation": team.organisation}
    return {"team": team, side.person: find_by(located, Member, **members), "reason": row.reason}


def _status_set(case: Case, located: Located, row: StatusEntry) -> bool:
    values = {"status": row.status, "reason": row.reason}
    if stored := case.statuses.filter(valid_from=row.valid_from).first():
        require_same(located, stored, values)
        return False
    set_status(case=case, valid_from=row.valid_from, **values, by=current_actor())
    return True


def _placed(case: Case, located: Located, row: PlacementEntry) -> bool:
    edition = CatalogueEdition.objects.filter(
        catalogue__key=row.catalogue, number=row.edition
    ).first()
    if edition is None:
        raise ValidationError(
            _("There is no edition %(number)s of catalogue %(key)s."),
            params={"number": row.edition, "key": row.catalogue},
        )
    values = {
        "catalogue_edition": edition,
        **{name: getattr(row, name) for name in _PLACEMENT},
        **{name: list(getattr(row, name)) for name in _PLACEMENT_LISTS},
    }
    if stored := case.placements.filter(valid_from=row.valid_from).first():
        require_same(located, stored, values)
        return False
    place_case(case=case, valid_from=row.valid_from, **values, by=current_actor())
    return True


_PLACEMENT = ("need_group", "combination", "reason")
_PLACEMENT_LISTS = ("choices", "conditions", "add_ons")


def _dump_cases():
    cases = Case.objects.select_related("client", "contract").prefetch_related(
        "placements__catalogue_edition__catalogue",
        "phase_agreements",
        "support_plans",
        "owners__team",
        "owners__caseworker__user",
        "responsibilities__team",
        "responsibilities__counsellor__user",
        "statuses",
    )
    for case in cases.order_by(*by_text("number")):
        yield CaseEntry(
            number=case.number,
            client=case.client.key,
            contract=case.contract.number,
            **{name: getattr(case, name) for name in _CASE},
            placements=[_placement(row) for row in case.placements.all()],
            phase_agreements=[
                PhaseAgreementEntry(phase=row.phase, agreed_on=row.agreed_on, note=row.note)
                for row in case.phase_agreements.all()
            ],
            support_plans=[
                SupportPlanEntry(
                    valid_from=row.valid_from,
                    valid_until=row.valid_until,
                    hours_per_month=row.hours_per_month,
                )
                for row in case.support_plans.all()
            ],
            owners=[
                OwnerEntry(
                    valid_from=row.valid_from,
                    team=row.team.key,
                    caseworker=row.caseworker.user.username,
                    reason=row.reason,
                )
                for row in case.owners.all()
            ],
            responsibilities=[
                ResponsibilityEntry(
                    valid_from=row.valid_from,
                    team=row.team.key,
                    counsellor=row.counsellor.user.username,
                    reason=row.reason,
                )
                for row in case.responsibilities.all()
            ],
            statuses=[
                StatusEntry(valid_from=row.valid_from, status=row.status, reason=row.reason)
                for row in case.statuses.all()
            ],
        )


def _placement(row: CasePlacement) -> PlacementEntry:
    return PlacementEntry(
        valid_from=row.valid_from,
        catalogue=row.catalogue_edition.catalogue.key,
        edition=row.catalogue_edition.number,
        **{name: getattr(row, name) for name in _PLACEMENT},
        **{name: getattr(row, name) for name in _PLACEMENT_LISTS},
    )


register(
    Kind(
        section="clients",
        position=60,
        entry=ClientEntry,
        load=lambda entries: load_each(entries, _load_client),
        dump=_dump_clients,
        known_by=("key",),
        protected=_PROTECTED,
    )
)
register(Kind(section="cases", position=61, entry=CaseEntry, load=_load_cases, dump=_dump_cases))
