"""Assign a client to a contract's service: the person, the case, its placement, all in one."""

import secrets
from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.models.counter import next_number
from contracts.models import Contract
from forms.actions.identify_client import identify_client
from forms.actions.open_case import open_case, place_case, set_status
from forms.actions.support_case import assign_owner
from forms.handing_over import Seat
from forms.models import Case, CaseStatus, Client, ClientIdentity


def assign_client(
    *,
    by,
    contract: Contract,
    assigned_on: date,
    client: Client | None = None,
    person: Mapping | None = None,
    number: str = "",
    agreed: bool = True,
    reason: str = "",
    placement: Mapping | None = None,
    owner: Seat | None = None,
) -> Case:
    """Open a case for a client, who is entered with it where `person` says who it is.

    `person` holds the arguments of `identify_client`, `placement` those of `place_case` from the
    day of assignment on, `owner` who looks after the case for the commissioning body. Without a
    number the provider's next one of that year is given out.
    Raises ValidationError as the actions it is made of do, and without exactly one of client and
    person.
    """
    if (client is None) == (person is None):
        raise ValidationError(_("Either an existing client or a new person is needed."))
    with transaction.atomic(), acting_as(by):
        if client is None:
            client = Client.objects.create(key=f"p-{secrets.token_hex(6)}")
            identify_client(client=client, **person, by=by)
        case = open_case(
            number=number or _next_number(contract, assigned_on.year),
            client=client,
            contract=contract,
            assigned_on=assigned_on,
            agreed=agreed,
            reason=reason,
            by=by,
        )
        set_status(case=case, valid_from=assigned_on, status=CaseStatus.Status.OPEN, by=by)
        if placement:
            place_case(case=case, valid_from=assigned_on, **placement, by=by)
        if owner:
            assign_owner(
                case=case,
                valid_from=assigned_on,
                team=owner.team,
                caseworker=owner.member,
                by=by,
            )
    return case


def _next_number(contract: Contract, year: int) -> str:
    """Return the provider's next free case number of a year: SHB-K-2024-0017."""
    series = contract.provider.series
    while True:
        count = next_number(scope=series, kind="case", year=year)
        number = f"{series}-K-{year}-{count:04d}"
        if not Case.objects.filter(number=number).exists():
            return number


def similar_clients(
    *, first_name: str, last_name: str, birth_date: date | None, among: QuerySet
) -> list[ClientIdentity]:
    """Return persons who may be the same: the same name, or surname and date of birth.

    `among` are the identities whoever asks may see. However names are written; at most ten.
    """
    names = ClientIdentity._meta.get_field("spelling")
    same_name = Q(spelling=names.spelled(last_name, first_name))
    same_birth = Q(spelling__startswith=names.spelled(last_name, ""), birth_date=birth_date)
    alike = same_name | same_birth if birth_date else same_name
    found = among.filter(alike).select_related("client")
    return list(found.order_by("last_name", "first_name", "pk")[:10])
