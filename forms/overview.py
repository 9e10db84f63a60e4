"""What a list says about its cases beside their own columns, looked up for one page at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from base.facts import Fact
from cms.models.catalogue import EditionNeedGroup
from contracts.models import Contract
from contracts.reach import Reach
from forms.models import (
    Case,
    CaseOwner,
    CasePlacement,
    CaseResponsibility,
    CaseStatus,
    ClientIdentity,
    Responsible,
    ServiceRecord,
)
from forms.usage import NO_USAGE, CaseUsage, usage_of


@dataclass(frozen=True)
class Overview:
    """Where a case stands on a day. `client` is empty for who may not see names."""

    status: str
    contract: str = ""
    provider: str = ""
    client: str = ""
    need_group: str = ""
    caseworker: str = ""
    own_team: str = ""
    """The caseworker's, on the commissioning body's side."""
    counsellor: str = ""
    team: str = ""
    last_record: date | None = None
    usage: CaseUsage = NO_USAGE

    @property
    def status_label(self):
        """The status in the reader's language."""
        return CaseStatus.Status(self.status).label


def overview_of(cases: Collection[Case], day: date, *, names: Reach) -> dict[int, Overview]:
    """Return where the cases stand, by key; as many queries for many as for one.

    `names` says in whose cases the reader may know clients by name.
    """
    keys = [case.pk for case in cases]
    contracts = _contracts({case.contract_id for case in cases})
    named = {
        key for key, (*_told, body, provider) in contracts.items() if names.covers(body, provider)
    }
    clients = _names({case.client_id for case in cases if case.contract_id in named})
    groups, statuses = _need_groups(keys, day), _statuses(keys, day)
    owners, people = _people(CaseOwner, keys, day), _people(CaseResponsibility, keys, day)
    last = dict(
        ServiceRecord.objects.filter(case__in=keys, status=Fact.Status.SUBMITTED)
        .order_by()
        .values_list("case")
        .annotate(Max("day"))
    )
    used = usage_of(keys, day)
    found = {}
    for case in cases:
        caseworker, own_team = owners.get(case.pk, ("", ""))
        counsellor, team = people.get(case.pk, ("", ""))
        contract, provider, *_parties = contracts[case.contract_id]
        found[case.pk] = Overview(
            status=statuses.get(case.pk, CaseStatus.Status.OPEN),
            contract=contract,
            provider=provider,
            client=clients.get(case.client_id, "") if case.contract_id in named else "",
            need_group=groups.get(case.pk, ""),
            caseworker=caseworker,
            own_team=own_team,
            counsellor=counsellor,
            team=team,
            last_record=last.get(case.pk),
            usage=used[case.pk],
        )
    return found


def idle(cases: QuerySet, since: date) -> QuerySet:
    """Return the cases for which no work was done on or after the day."""
    return cases.filter(quiet_since(since))


def quiet_since(since: date, of: str = "") -> Q:
    """Return the condition for rows for whose case no work was done on or after the day.

    `of` leads from the row to the case.
    """
    recent = ServiceRecord.objects.filter(
        case=OuterRef(f"{of}pk"), day__gte=since, status=Fact.Status.SUBMITTED
    )
    return Q(~Exists(recent))


def _contracts(contracts: Collection[int]) -> dict[int, tuple]:
    """Return numbers, providers' names, and the keys of body and provider.

    Contracts themselves are heavy with content.
    """
    rows = Contract.objects.filter(pk__in=contracts).order_by()
    columns = ("pk", "number", "provider__name", "commissioning_body", "provider")
    return {pk: tuple(rest) for pk, *rest in rows.values_list(*columns)}


def _names(clients: Collection[int]) -> dict[int, str]:
    if not clients:
        return {}
    rows = ClientIdentity.objects.filter(client__in=clients)
    return {
        client: f"{last}, {first}"
        for client, last, first in rows.values_list("client", "last_name", "first_name")
    }


def _newest(model, cases: Collection[int], day: date, *columns: str):
    """Yield the columns of each case's row in force on the day, the case first."""
    rows = model.objects.filter(case__in=cases, valid_from__lte=day).order_by("valid_from")
    return {row[0]: row[1:] for row in rows.values_list("case", *columns)}


def _statuses(cases: Collection[int], day: date) -> dict[int, str]:
    return {case: status for case, (status,) in _newest(CaseStatus, cases, day, "status").items()}


def _people(
    side: type[Responsible], cases: Collection[int], day: date
) -> dict[int, tuple[str, str]]:
    columns = [f"{side.person}__user__{name}" for name in ("first_name", "last_name", "username")]
    rows = _newest(side, cases, day, *columns, "team__name")
    return {
        case: (f"{first} {last}".strip() or username, team)
        for case, (first, last, username, team) in rows.items()
    }


def _need_groups(cases: Collection[int], day: date) -> dict[int, str]:
    """Return codes of need groups as people know them."""
    placed = _newest(CasePlacement, cases, day, "catalogue_edition", "need_group")
    rows = EditionNeedGroup.objects.filter(edition__in={edition for edition, _g in placed.values()})
    codes = {
        (edition, key): code for edition, key, code in rows.values_list("edition", "key", "code")
    }
    return {case: codes.get(place, place[1]) for case, place in placed.items()}
