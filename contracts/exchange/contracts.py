"""Contracts with their editions and notices in files."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from base.acting import current_actor
from base.content import Content, Key, Line, Words
from base.exchange.editions import EditionsEntry, dump_drafts, load_drafts
from base.exchange.kinds import Kind, Located, Refusals, in_place, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import find_by, require_same
from contracts.actions.give_notice import give_notice
from contracts.actions.withdraw_notice import withdraw_notice
from contracts.exchange.adaptations import AdaptationEntry, dump_adaptations, load_adaptations
from contracts.models import Contract, ContractEdition, Notice, Organisation


class WithdrawalEntry(Content):
    """Both parties agreed to withdraw a notice; who agreed for each, and why."""

    on: date
    agreed_by_body: Line = Field(max_length=200)
    agreed_by_provider: Line = Field(max_length=200)
    reason: Words = Field(min_length=1)


class NoticeEntry(Content):
    """Notice of a contract, or its immediate end with reasons."""

    received_on: date
    given_by: Key
    extraordinary: bool = False
    ends_on: date | None = None
    reason: str = ""
    withdrawn: WithdrawalEntry | None = None


class Parties(Content):
    """Which contract it is, and between whom."""

    number: Line = Field(max_length=60)
    commissioning_body: Key
    provider: Key


class ContractEntry(EditionsEntry, Parties):
    """A contract with its editions and notices; known by its number."""

    notices: tuple[NoticeEntry, ...] = ()
    adaptations: tuple[AdaptationEntry, ...] = ()

    def says_something(self) -> bool:
        """A notice or an adaptation of a contract that is stored is enough."""
        return bool(self.notices or self.adaptations) or super().says_something()


_WITHDRAWN = {
    "on": "withdrawn_on",
    "agreed_by_body": "agreed_by_body",
    "agreed_by_provider": "agreed_by_provider",
    "reason": "withdrawal_reason",
}
_NOTICE = ("extraordinary", "ends_on", "reason")


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


def _load_contracts(entries: Sequence[Located]) -> int:
    made = load_drafts(entries, _find_contract) + load_each(entries, _load_adaptations)
    return made + load_each(entries, _load_notices)


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


def _concluded(located: Located) -> Contract:
    contract = Contract.objects.concluded().filter(number=located.entry.number).first()
    if contract is None:
        message = _("There is no contract %(number)s.")
        raise ValidationError(message, params={"number": located.entry.number})
    return contract


def _load_adaptations(located: Located) -> int:
    if not located.entry.adaptations:
        return 0
    return load_adaptations(located, _concluded(located))


def _load_notices(located: Located) -> int:
    made = 0
    if not located.entry.notices:
        return made
    contract = _concluded(located)
    for number, entry in enumerate(located.entry.notices, 1):
        at = replace(located, place=f"{located.place} notices[{number}]")
        with in_place(at):
            made += _load_notice(at, contract, entry)
    return made


def _load_notice(located: Located, contract: Contract, entry: NoticeEntry) -> int:
    given_by = find_by(located, Organisation, key=entry.given_by)
    known_by = {"received_on": entry.received_on, "given_by": given_by}
    values = {name: getattr(entry, name) for name in _NOTICE}
    stored = contract.notices.filter(**known_by).first()
    if is_new := stored is None:
        stored = give_notice(contract=contract, **known_by, **values, by=current_actor())
    else:
        require_same(located, stored, values)
    return is_new + _load_withdrawal(located, stored, entry.withdrawn)


def _load_withdrawal(located: Located, notice: Notice, entry: WithdrawalEntry | None) -> int:
    """Withdraw a notice that files say was withdrawn; files never take that back."""
    if entry is None:
        return 0
    if notice.is_withdrawn:
        values = entry.model_dump()
        require_same(located, notice, {_WITHDRAWN[name]: values[name] for name in values})
        return 0
    withdraw_notice(notice, **entry.model_dump(), by=current_actor())
    return 1


def _withdrawal(notice: Notice) -> WithdrawalEntry | None:
    if not notice.is_withdrawn:
        return None
    values = {name: getattr(notice, column) for name, column in _WITHDRAWN.items()}
    return WithdrawalEntry(**values)


def _dump_contracts():
    for contract, written in dump_drafts(Contract, "number"):
        notices = contract.notices.order_by("received_on", *by_text("given_by__key"))
        yield ContractEntry(
            number=contract.number,
            commissioning_body=contract.commissioning_body.key,
            provider=contract.provider.key,
            **written,
            adaptations=dump_adaptations(contract),
            notices=tuple(
                NoticeEntry(
                    received_on=notice.received_on,
                    given_by=notice.given_by.key,
                    withdrawn=_withdrawal(notice),
                    **{name: getattr(notice, name) for name in _NOTICE},
                )
                for notice in notices.select_related("given_by")
            ),
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
