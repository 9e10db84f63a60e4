"""Form definitions, clients, cases and service records in files."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, model_validator

from base.content import Content, Key, Line
from base.exchange.editions import keyed_drafts
from base.exchange.facts import FactEntry, dump_versions, load_facts
from base.exchange.kinds import EntryError, Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.people import person
from base.exchange.rows import find_by, require_same, stored_or_new
from cms.models import CatalogueEdition
from contracts.exchange import contracts_by_number
from contracts.models import Contract, Member, Team
from forms.actions.fill_form import checked, take_over_form
from forms.actions.open_case import open_case, place_case, set_status
from forms.answers import legible
from forms.models import (
    Case,
    CasePlacement,
    CaseResponsibility,
    Client,
    ClientIdentity,
    FilledForm,
    FormDefinition,
    FormEdition,
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

    number: Line = Field(max_length=60)
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


class FilledFormEntry(Content):
    """One version of a form filled in for a case: submitted where it says by whom."""

    case: Line
    sequence: int = Field(ge=1, le=32_767)
    version: int = Field(1, ge=1, le=32_767)
    form: Key
    edition: int = Field(ge=1)
    reason: str = Field("", max_length=500)
    voluntary: bool = False
    saved_by: Line
    saved_at: AwareDatetime | None = None
    submitted_by: str = ""
    submitted_at: AwareDatetime | None = None
    answers: dict[Key, str] = {}

    @model_validator(mode="after")
    def _submitted_by_somebody(self):
        if self.submitted_at and not self.submitted_by:
            raise ValueError(_("submitted_at goes with submitted_by"))
        return self


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


_RECORD = ("day", "kind", "module", "stage", "minutes", "participants", "counsellors", "session")


def _load_service_records(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)
    cases = {
        case.number: case
        for case in Case.objects.select_related("contract").filter(contract__in=contracts.values())
    }
    members = _members()

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
            **{name: getattr(entry, name) for name in _RECORD},
        }

    # A service complex is completed once: another record of it may have been withdrawn before.
    # Where an entry module comes first, the record of it may have been changed since.
    entered = _cases_with_entry_module(cases.values())
    return load_facts(
        ServiceRecord,
        entries,
        values,
        in_sequence=lambda entry: bool(entry.stage) or (entry.module and entry.case in entered),
    )


def _cases_with_entry_module(cases: Iterable[Case]) -> set[str]:
    """Return the numbers of cases placed in a catalogue that has an entry module."""
    placed = CasePlacement.objects.filter(
        case__contract__in={case.contract_id for case in cases},
        catalogue_edition__content__entry_module__isnull=False,
    ).exclude(catalogue_edition__content__entry_module=None)
    return set(placed.order_by().values_list("case__number", flat=True))


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
    for version in dump_versions(ServiceRecord):
        row = version.row
        yield ServiceRecordEntry(
            **version.common,
            contract=contracts[row.contract_id],
            case=cases[row.case_id],
            counsellor=members.get(row.counsellor_id, ""),
            **{name: getattr(row, name) for name in _RECORD},
        )


def _load_filled_form(located: Located) -> int:
    entry: FilledFormEntry = located.entry
    case = find_by(located, Case, number=entry.case)
    editions = FormEdition.objects.filter(definition__key=entry.form, number=entry.edition)
    if (edition := editions.first()) is None:
        raise ValidationError(
            _("There is no edition %(number)s of form %(key)s."),
            params={"number": entry.edition, "key": entry.form},
        )
    same = {"case": case, "sequence": entry.sequence, "version": entry.version}
    stored = FilledForm.objects.filter(**same).first()
    submitted_by = person(entry.submitted_by) if entry.submitted_by else None
    saved_by = person(entry.saved_by)
    if stored is None:
        moments = {"saved_at": entry.saved_at, "submitted_at": entry.submitted_at}
        common = {"reason": entry.reason, "voluntary": entry.voluntary, "answers": entry.answers}
        take_over_form(
            **same, **common, **moments, edition=edition, saved_by=saved_by,
            submitted_by=submitted_by,
        )  # fmt: skip
        return True
    given = {
        "edition": edition,
        "reason": entry.reason,
        "voluntary": entry.voluntary,
        "saved_by": saved_by,
        "submitted_by": submitted_by,
        **{n: v for n in ("saved_at", "submitted_at") if (v := getattr(entry, n))},
    }
    require_same(located, stored, given)
    _require_same_answers(located, stored)
    return False


def _require_same_answers(located: Located, stored: FilledForm) -> None:
    """Raise EntryError naming the fields that are stored with another answer, not the answers."""
    answers = {key: legible(text) for key, text in located.entry.answers.items()}
    kept = _answers(stored)
    if not stored.is_draft:
        answers = checked(stored, answers)
    keys = [
        key for key in answers.keys() | kept.keys() if answers.get(key, "") != kept.get(key, "")
    ]
    if keys:
        message = _("%(form)s is stored with other answers in %(names)s.")
        params = {"form": stored.reference, "names": ", ".join(sorted(keys))}
        raise EntryError(located, ValidationError(message, params=params))


def _answers(form: FilledForm) -> dict[str, str]:
    return {key: value for key, value in form.values().items() if value}


def _dump_filled_forms():
    forms = FilledForm.objects.select_related(
        "case", "edition__definition", "saved_by", "submitted_by"
    )
    for form in forms.order_by(*by_text("case__number"), "sequence", "version"):
        submitted = {}
        if form.submitted_by:
            submitted = {
                "submitted_by": form.submitted_by.username,
                "submitted_at": timezone.localtime(form.submitted_at),
            }
        yield FilledFormEntry(
            case=form.case.number,
            sequence=form.sequence,
            version=form.version,
            form=form.edition.definition.key,
            edition=form.edition.number,
            reason=form.reason,
            voluntary=form.voluntary,
            saved_by=form.saved_by.username,
            saved_at=timezone.localtime(form.saved_at),
            **submitted,
            answers=_answers(form),
        )


register(keyed_drafts(FormDefinition, "form_definitions", 50))
register(
    Kind(
        section="clients",
        position=60,
        entry=ClientEntry,
        load=lambda entries: load_each(entries, _load_client),
        dump=_dump_clients,
        known_by=("key",),
    )
)
register(Kind(section="cases", position=61, entry=CaseEntry, load=_load_cases, dump=_dump_cases))
register(
    Kind(
        section="service_records",
        position=70,
        entry=ServiceRecordEntry,
        load=_load_service_records,
        dump=_dump_service_records,
        tabular=True,
        known_by=("contract", "reference", "version"),
    )
)
register(
    Kind(
        section="filled_forms",
        position=71,
        entry=FilledFormEntry,
        load=lambda entries: load_each(entries, _load_filled_form),
        dump=_dump_filled_forms,
        known_by=("case", "sequence", "version"),
    )
)
