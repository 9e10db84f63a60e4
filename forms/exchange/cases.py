"""Clients and cases in files: a case with its dated rows."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import find_by, require_same, stored_or_new
from cms.models import CatalogueEdition
from contracts.exchange.contracts import contracts_by_number
from contracts.models import Member, Team
from forms.actions.agree_phase import agree_phase
from forms.actions.open_case import open_case, place_case, set_status
from forms.models import (
    Case,
    CasePlacement,
    CaseResponsibility,
    Client,
    ClientIdentity,
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

    number: Line = Field(max_length=60)
    client: Key
    contract: Line
    assigned_on: date
    agreed: bool = True
    reason: str = ""
    placements: tuple[PlacementEntry, ...] = ()
    phase_agreements: tuple[PhaseAgreementEntry, ...] = ()
    support_plans: tuple[SupportPlanEntry, ...] = ()
    responsibilities: tuple[ResponsibilityEntry, ...] = ()
    statuses: tuple[StatusEntry, ...] = ()


def _load_client(located: Located) -> int:
    entry: ClientEntry = located.entry
    changed = stored_or_new(Client, located, {"key": entry.key}, {})
    person = {name: getattr(entry, name) for name in _PERSON}
    if any(person.values()):
        client = Client.objects.get(key=entry.key)
        changed |= stored_or_new(ClientIdentity, located, {"client": client}, person)
    return changed


_PERSON = ("first_name", "last_name", "birth_date", "gender")


def _dump_clients():
    for client in Client.objects.select_related("identity").order_by(*by_text("key")):
        identity = getattr(client, "identity", None)
        person = {name: getattr(identity, name) for name in _PERSON} if identity else {}
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
            case = open_case(number=entry.number, **values)
        else:
            require_same(located, case, values)
        return _load_rows(case, located) or is_new

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
            CaseResponsibility,
            located,
            {"case": case, "valid_from": row.valid_from},
            _responsible(located, row),
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
    agree_phase(case=case, phase=row.phase, **values)
    return True


def _responsible(located: Located, row: ResponsibilityEntry) -> dict:
    team = find_by(located, Team, key=row.team)
    members = {"user__username": row.counsellor, "organisation": team.organisation}
    return {"team": team, "counsellor": find_by(located, Member, **members)}


def _status_set(case: Case, located: Located, row: StatusEntry) -> bool:
    values = {"status": row.status, "reason": row.reason}
    if stored := case.statuses.filter(valid_from=row.valid_from).first():
        require_same(located, stored, values)
        return False
    set_status(case=case, valid_from=row.valid_from, **values)
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
    place_case(case=case, valid_from=row.valid_from, **values)
    return True


_PLACEMENT = ("need_group", "combination", "reason")
_PLACEMENT_LISTS = ("choices", "conditions", "add_ons")


def _dump_cases():
    cases = Case.objects.select_related("client", "contract").prefetch_related(
        "placements__catalogue_edition__catalogue",
        "phase_agreements",
        "support_plans",
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
            responsibilities=[
                ResponsibilityEntry(
                    valid_from=row.valid_from,
                    team=row.team.key,
                    counsellor=row.counsellor.user.username,
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
        protected=_PERSON,
    )
)
register(Kind(section="cases", position=61, entry=CaseEntry, load=_load_cases, dump=_dump_cases))
