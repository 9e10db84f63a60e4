"""Organisations, members, contracts and the facts beside them in files."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from base.content import Content, Key, Line
from base.exchange.editions import DraftEntry, dump_editions, load_drafts
from base.exchange.facts import FactEntry, dump_versions, load_facts
from base.exchange.kinds import EntryError, Kind, Located, register
from base.exchange.rows import find_by, stored_or_new
from contracts.actions.give_notice import give_notice
from contracts.billing import Period
from contracts.models import (
    Contract,
    Instalment,
    Member,
    Notice,
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
    """A person with an account, working for an organisation."""

    username: Line
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    organisation: Key
    teams: tuple[Key, ...] = ()
    roles: tuple[
        Literal[
            "manager", "caseworker", "counsellor", "provider_lead", "finance", "auditor",
            "director", "administrator",
        ],
        ...,
    ] = ()
    qualification: str = ""


class NoticeEntry(Content):
    """Notice of a contract, or its immediate end with reasons."""

    received_on: date
    given_by: Key
    extraordinary: bool = False
    ends_on: date | None = None
    reason: str = ""


class ContractEntry(DraftEntry):
    """A contract with its editions and notices; known by its number."""

    key: None = None
    number: Line
    commissioning_body: Key
    provider: Key
    notices: tuple[NoticeEntry, ...] = ()


class PayrollEntry(FactEntry):
    """One version of a payroll line."""

    contract: Line
    day: date
    cost_kind: Key
    label: Line
    amount: Decimal = Field(max_digits=12, decimal_places=2)
    eligible: bool = True
    evidence: str = ""


class InstalmentEntry(Content):
    """A payment on account for a period: 2024, 2024-H1, 2024-Q1, 2024-03 or first..last."""

    reference: Line
    contract: Line
    paid_on: date
    amount: Decimal = Field(gt=0, max_digits=12, decimal_places=2)
    for_period: str


def _load_organisations(entries: Sequence[Located]) -> int:
    return sum(
        stored_or_new(Organisation, located, {"key": located.entry.key}, located.entry.model_dump())
        for located in entries
    )


def _dump_organisations():
    for row in Organisation.objects.order_by("key"):
        yield OrganisationEntry(**{name: getattr(row, name) for name in OrganisationEntry.model_fields})


def _load_teams(entries: Sequence[Located]) -> int:
    return sum(
        stored_or_new(
            Team, located, {"key": located.entry.key},
            {
                "name": located.entry.name,
                "organisation": find_by(located, Organisation, key=located.entry.organisation),
            },
        )
        for located in entries
    )


def _dump_teams():
    for team in Team.objects.select_related("organisation").order_by("key"):
        yield TeamEntry(key=team.key, name=team.name, organisation=team.organisation.key)


def _load_members(entries: Sequence[Located]) -> int:
    made = 0
    for located in entries:
        entry = located.entry
        person = {name: getattr(entry, name) for name in ("first_name", "last_name", "email")}
        stored_or_new(get_user_model(), located, {"username": entry.username}, person)
        user = get_user_model().objects.get(username=entry.username)
        organisation = find_by(located, Organisation, key=entry.organisation)
        made += stored_or_new(
            Member, located, {"user": user, "organisation": organisation},
            {"roles": list(entry.roles), "qualification": entry.qualification},
        )
        member = Member.objects.get(user=user, organisation=organisation)
        for key in entry.teams:
            team = find_by(located, Team, key=key)
            stored_or_new(TeamMembership, located, {"team": team, "member": member}, {})
    return made


def _dump_members():
    members = Member.objects.select_related("user", "organisation").order_by("user__username", "organisation__key")
    for member in members.prefetch_related("team_memberships__team"):
        yield MemberEntry(
            username=member.user.username,
            first_name=member.user.first_name,
            last_name=member.user.last_name,
            email=member.user.email,
            organisation=member.organisation.key,
            teams=sorted(membership.team.key for membership in member.team_memberships.all()),
            roles=member.roles,
            qualification=member.qualification,
        )


def _load_contracts(entries: Sequence[Located]) -> int:
    parties = {}
    for located in entries:
        parties[located.entry.number] = {
            "commissioning_body": find_by(located, Organisation, key=located.entry.commissioning_body),
            "provider": find_by(located, Organisation, key=located.entry.provider),
        }

    def find(entry: ContractEntry) -> Contract:
        contract = Contract.objects.filter(number=entry.number).first()
        if contract is None:
            return Contract(number=entry.number, **parties[entry.number])
        for name, party in parties[entry.number].items():
            if getattr(contract, name) != party:
                raise ValidationError(_("The parties of a contract do not change."))
        return contract

    made = load_drafts(entries, find)
    for located in entries:
        _load_notices(located)
    return made


def _load_notices(located: Located) -> None:
    contract = Contract.objects.get(number=located.entry.number)
    for entry in located.entry.notices:
        given_by = find_by(located, Organisation, key=entry.given_by)
        known = {"contract": contract, "received_on": entry.received_on, "given_by": given_by}
        if not Notice.objects.filter(**known).exists():
            try:
                give_notice(
                    **known, extraordinary=entry.extraordinary, ends_on=entry.ends_on, reason=entry.reason
                )
            except ValidationError as error:
                raise EntryError(located, error) from error


def _dump_contracts():
    contracts = Contract.objects.select_related("commissioning_body", "provider").order_by("number")
    for contract in contracts:
        editions = tuple(dump_editions(contract))
        if editions:
            yield ContractEntry(
                number=contract.number,
                commissioning_body=contract.commissioning_body.key,
                provider=contract.provider.key,
                editions=editions,
                notices=tuple(
                    NoticeEntry(
                        received_on=notice.received_on, given_by=notice.given_by.key,
                        extraordinary=notice.extraordinary, ends_on=notice.ends_on, reason=notice.reason,
                    )
                    for notice in contract.notices.order_by("received_on", "given_by__key")
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
    """Return the contracts that entries name. Raises EntryError for one that does not exist."""
    wanted = {located.entry.contract: located for located in entries}
    found = {contract.number: contract for contract in Contract.objects.filter(number__in=wanted)}
    for number, located in wanted.items():
        if number not in found:
            message = _("There is no contract %(number)s.")
            raise EntryError(located, ValidationError(message, params={"number": number}))
    return found


def _load_instalments(entries: Sequence[Located]) -> int:
    contracts = contracts_by_number(entries)
    made = 0
    for located in entries:
        entry: InstalmentEntry = located.entry
        try:
            period = Period.parse(entry.for_period)
        except ValueError as error:
            raise EntryError(located, error) from error
        made += stored_or_new(
            Instalment, located,
            {"contract": contracts[entry.contract], "reference": entry.reference},
            {
                "paid_on": entry.paid_on, "amount": entry.amount,
                "period_first": period.first, "period_last": period.last,
            },
        )
    return made


def _dump_instalments():
    for row in Instalment.objects.select_related("contract").order_by("contract__number", "reference"):
        yield InstalmentEntry(
            reference=row.reference, contract=row.contract.number, paid_on=row.paid_on,
            amount=row.amount, for_period=str(Period(row.period_first, row.period_last)),
        )


def _section(section, position, entry, load, dump, *, tabular=False):
    register(Kind(section=section, position=position, entry=entry, load=load, dump=dump, tabular=tabular))


_section("organisations", 10, OrganisationEntry, _load_organisations, _dump_organisations)
_section("teams", 11, TeamEntry, _load_teams, _dump_teams)
_section("members", 12, MemberEntry, _load_members, _dump_members)
_section("contracts", 40, ContractEntry, _load_contracts, _dump_contracts)
_section("payroll", 80, PayrollEntry, _load_payroll, _dump_payroll, tabular=True)
_section("instalments", 81, InstalmentEntry, _load_instalments, _dump_instalments)
