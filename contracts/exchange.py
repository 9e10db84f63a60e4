"""Organisations, members, contracts and the facts beside them in files."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from base.content import Content, Key, Line
from base.exchange.editions import EditionsEntry, dump_drafts, load_drafts
from base.exchange.facts import FactEntry, dump_versions, load_facts
from base.exchange.kinds import EntryError, Kind, Located, Refusals, load_each, register
from base.exchange.ordering import by_text
from base.exchange.people import JOB
from base.exchange.rows import find_by, require_same, stored_or_new
from contracts.actions.assign_roles import assign_roles
from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from contracts.models import (
    Contract,
    ContractEdition,
    Instalment,
    Member,
    Organisation,
    PayrollLine,
    Team,
    TeamMembership,
)


class OrganisationEntry(Content):
    """A commissioning body or a provider."""

    key: Key
    name: Line
    kind: Literal["commissioning_body", "provider"]
    code: str = Field("", max_length=12, pattern="^[A-Z0-9]*$")
    street: str = ""
    postcode: str = ""
    city: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""


class TeamEntry(Content):
    """A team of an organisation."""

    key: Key
    organisation: Key
    name: Line


class MemberEntry(Content):
    """A person with an account, working for an organisation.

    Who works for several stands here once for each. Without an organisation: a person who wrote,
    approved or recorded something and is no member.
    """

    username: Line = Field(max_length=150)
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    organisation: Key | None = None
    teams: tuple[Key, ...] = ()
    roles: tuple[
        Literal[
            "manager",
            "caseworker",
            "counsellor",
            "provider_lead",
            "finance",
            "auditor",
            "director",
            "administrator",
        ],
        ...,
    ] = ()
    qualification: str = ""
    active: bool = True

    @model_validator(mode="after")
    def _belongs(self):
        if self.organisation is None and (
            self.teams or self.roles or self.qualification or not self.active
        ):
            raise ValueError(_("teams, roles, qualification and active need an organisation"))
        return self


class NoticeEntry(Content):
    """Notice of a contract, or its immediate end with reasons."""

    received_on: date
    given_by: Key
    extraordinary: bool = False
    ends_on: date | None = None
    reason: str = ""


class Parties(Content):
    """Which contract it is, and between whom."""

    number: Line = Field(max_length=60)
    commissioning_body: Key
    provider: Key


class ContractEntry(EditionsEntry, Parties):
    """A contract with its editions and notices; known by its number."""

    notices: tuple[NoticeEntry, ...] = ()


class PayrollEntry(FactEntry):
    """One version of a payroll line. A negative amount is money that came back."""

    contract: Line
    day: date
    cost_kind: Key
    label: Line
    amount: Decimal = Field(max_digits=12, decimal_places=2)
    eligible: bool = True
    evidence: str = ""


class InstalmentEntry(Content):
    """A payment on account for a period: 2024, 2024-H1, 2024-Q1, 2024-03 or first..last."""

    reference: Line = Field(max_length=80)
    contract: Line
    paid_on: date
    amount: Decimal = Field(gt=0, max_digits=12, decimal_places=2)
    for_period: str


def _load_organisation(located: Located) -> int:
    entry: OrganisationEntry = located.entry
    return stored_or_new(Organisation, located, {"key": entry.key}, entry.model_dump())


def _dump_organisations():
    for row in Organisation.objects.order_by(*by_text("key")):
        yield OrganisationEntry(
            **{name: getattr(row, name) for name in OrganisationEntry.model_fields}
        )


def _load_team(located: Located) -> int:
    entry: TeamEntry = located.entry
    organisation = find_by(located, Organisation, key=entry.organisation)
    values = {"name": entry.name, "organisation": organisation}
    return stored_or_new(Team, located, {"key": entry.key}, values)


def _dump_teams():
    for team in Team.objects.select_related("organisation").order_by(*by_text("key")):
        yield TeamEntry(key=team.key, name=team.name, organisation=team.organisation.key)


def _load_member(located: Located) -> int:
    entry: MemberEntry = located.entry
    person = {name: getattr(entry, name) for name in _PERSON}
    changed = stored_or_new(get_user_model(), located, {"username": entry.username}, person)
    if entry.organisation is None:
        return changed
    user = get_user_model().objects.get(username=entry.username)
    organisation = find_by(located, Organisation, key=entry.organisation)
    values = {
        "roles": list(entry.roles),
        "qualification": entry.qualification,
        "active": entry.active,
    }
    known_by = {"user": user, "organisation": organisation}
    changed |= stored_or_new(Member, located, known_by, values)
    member = Member.objects.get(**known_by)
    for key in entry.teams:
        team = find_by(located, Team, key=key)
        changed |= stored_or_new(TeamMembership, located, {"team": team, "member": member}, {})
    assign_roles(member)
    return changed


_PERSON = ("first_name", "last_name", "email")


def _dump_members():
    """Yield everybody who is no job: once for each membership, or once without."""
    users = get_user_model().objects.filter(is_system=False).order_by(*by_text("username"))
    memberships = "memberships__organisation", "memberships__team_memberships__team"
    for user in users.prefetch_related(*memberships):
        person = {"username": user.username, **{name: getattr(user, name) for name in _PERSON}}
        members = sorted(user.memberships.all(), key=lambda member: member.organisation.key)
        if not members and not user.username.startswith(JOB):
            yield MemberEntry(**person)
        for member in members:
            yield MemberEntry(
                **person,
                organisation=member.organisation.key,
                teams=sorted(row.team.key for row in member.team_memberships.all()),
                roles=member.roles,
                qualification=member.qualification,
                active=member.active,
            )


def _load_contracts(entries: Sequence[Located]) -> int:
    return load_drafts(entries, _find_contract) + load_each(entries, _load_notices)


def _find_contract(located: Located) -> Contract:
    entry: ContractEntry = located.entry
    parties = {
        name: find_by(located, Organisation, key=getattr(entry, name))
        for name in ("commissioning_body", "provider")
    }
    contract = Contract.objects.filter(number=entry.number).first()
    if contract is None:
        return Contract(number=entry.number, **parties)
    require_same(located, contract, parties)
    return contract


def _load_notices(located: Located) -> int:
    made = 0
    contract = Contract.objects.get(number=located.entry.number)
    for entry in located.entry.notices:
        given_by = find_by(located, Organisation, key=entry.given_by)
        known_by = {"received_on": entry.received_on, "given_by": given_by}
        values = {name: getattr(entry, name) for name in _NOTICE}
        if stored := contract.notices.filter(**known_by).first():
            require_same(located, stored, values)
        else:
            give_notice(contract=contract, **known_by, **values)
            made += 1
    return made


_NOTICE = ("extraordinary", "ends_on", "reason")


def _dump_contracts():
    for contract, written in dump_drafts(Contract, "number"):
        notices = contract.notices.order_by("received_on", *by_text("given_by__key"))
        yield ContractEntry(
            number=contract.number,
            commissioning_body=contract.commissioning_body.key,
            provider=contract.provider.key,
            **written,
            notices=tuple(
                NoticeEntry(
                    received_on=notice.received_on,
                    given_by=notice.given_by.key,
                    **{name: getattr(notice, name) for name in _NOTICE},
                )
                for notice in notices.select_related("given_by")
            ),
        )


def _load_payroll(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)

    def values(located: Located) -> dict:
        entry: PayrollEntry = located.entry
        return {
            "contract": contracts[entry.contract],
            **{name: getattr(entry, name) for name in _PAYROLL_FIELDS},
        }

    return load_facts(PayrollLine, entries, values)


_PAYROLL_FIELDS = ("day", "cost_kind", "label", "amount", "eligible", "evidence")


def _dump_payroll():
    numbers = dict(Contract.objects.values_list("pk", "number"))
    for version in dump_versions(PayrollLine):
        yield PayrollEntry(
            **version.common,
            contract=numbers[version.row.contract_id],
            **{name: getattr(version.row, name) for name in _PAYROLL_FIELDS},
        )


def contracts_by_number(entries: Sequence[Located]) -> dict[str, Contract]:
    """Return the contracts that entries name. Raises EntryErrors for those that do not exist."""
    wanted: dict[str, Located] = {}
    for located in entries:
        wanted.setdefault(located.entry.contract, located)
    rows = Contract.objects.filter(number__in=wanted)
    found, refusals = {contract.number: contract for contract in rows}, Refusals()
    for number, located in wanted.items():
        with refusals.noted(located):
            if number not in found:
                message = _("There is no contract %(number)s.")
                raise ValidationError(message, params={"number": number})
    refusals.raise_any()
    return found


def _load_instalment(located: Located) -> int:
    entry: InstalmentEntry = located.entry
    contract = contracts_by_number([located])[entry.contract]
    try:
        period = Period.parse(entry.for_period)
    except ValueError as error:
        message = _("for_period: %(value)s is no period; allowed: %(forms)s")
        params = {"value": entry.for_period, "forms": FORMS}
        raise EntryError(located, ValidationError(message, params=params)) from error
    known_by = {"contract": contract, "reference": entry.reference}
    values = {
        "paid_on": entry.paid_on,
        "amount": entry.amount,
        "period_first": period.first,
        "period_last": period.last,
    }
    return stored_or_new(Instalment, located, known_by, values)


def _dump_instalments():
    rows = Instalment.objects.select_related("contract")
    for row in rows.order_by(*by_text("contract__number", "reference")):
        yield InstalmentEntry(
            reference=row.reference,
            contract=row.contract.number,
            paid_on=row.paid_on,
            amount=row.amount,
            for_period=str(Period(row.period_first, row.period_last)),
        )


def _each(load):
    return lambda entries: load_each(entries, load)


FORMS = "2024-03, 2024-Q1, 2024-H1, 2024, 2024-01-15..2024-02-20"

register(
    Kind(
        section="organisations",
        position=10,
        entry=OrganisationEntry,
        load=_each(_load_organisation),
        dump=_dump_organisations,
        known_by=("key",),
    )
)
register(
    Kind(
        section="teams",
        position=11,
        entry=TeamEntry,
        load=_each(_load_team),
        dump=_dump_teams,
        known_by=("key",),
    )
)
register(
    Kind(
        section="members",
        position=12,
        entry=MemberEntry,
        load=_each(_load_member),
        dump=_dump_members,
        known_by=("username", "organisation"),
    )
)
register(
    Kind(
        section="contracts",
        position=40,
        entry=ContractEntry,
        load=_load_contracts,
        dump=_dump_contracts,
        content=ContractEdition.content_model,
    )
)
register(
    Kind(
        section="payroll",
        position=80,
        entry=PayrollEntry,
        load=_load_payroll,
        dump=_dump_payroll,
        tabular=True,
        known_by=("contract", "reference", "version"),
    )
)
register(
    Kind(
        section="instalments",
        position=81,
        entry=InstalmentEntry,
        load=_each(_load_instalment),
        dump=_dump_instalments,
        known_by=("contract", "reference"),
    )
)
