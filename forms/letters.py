"""To whose clients a person may write, and to whom several letters at once go.

Letters are for who invites clients, and knows their names and addresses. One writes by a
membership, in the name of its organisation, which is a party of the case's contract. One letter
may be written in any such case; who is not responsible for it says first why they open it. No
such answer covers many cases: several letters at once go to those the person is responsible for
(the rules of `forms.file_openings`, for all cases together).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from django.db.models import Model, Q, TextChoices
from django.utils.translation import gettext_lazy as _

from contracts.models.organisation import TeamMembership
from contracts.reach import Membership, is_member, memberships_of
from contracts.standing_in import stood_in_for_by
from forms.calendar_rights import CHANGE
from forms.documents.letterhead import contact_of
from forms.handing_over import LEADING, side_of
from forms.models import Case, CaseResponsibility, Client
from forms.models.case import CaseQuerySet

Row = TypeVar("Row", bound=Model)
WRITE = (CHANGE, "forms.view_clientidentity", "forms.view_clientcontact")


class LeftOut(TextChoices):
    """Why a client gets none of several letters."""

    NO_NAME = "no_name", _("The client's name is not known.")
    NO_ADDRESS = "no_address", _("Street, postcode or city are missing.")
    CAREFUL = "careful", _("It is noted what must not be done when reaching out.")
    CANCELLED = "cancelled", _("The appointment is cancelled.")
    BEGUN = "begun", _("The appointment has begun already, or is over.")


@dataclass(frozen=True)
class Addressed(Generic[Row]):
    """Cases or appointments whose clients get a letter, and others by why they get none."""

    rows: list[Row]
    left_out: dict[LeftOut, list[Row]]


def writing(user) -> list[Membership]:
    """Return the memberships by which the person writes to clients."""
    own = memberships_of(user) if is_member(user) else ()
    return [each for each in own if each.grants(*WRITE)]


def to_write_to(user, membership: Membership) -> CaseQuerySet:
    """Return the cases to whose clients the person may write by this membership."""
    party = {f"contract__{side_of(membership).party}": membership.organisation}
    return Case.objects.visible_to(user, *WRITE).filter(**party)


def may_write(user, case: Case) -> Membership | None:
    """Return the membership by which the person may write to a case's client, if one may."""
    for each in writing(user):
        if to_write_to(user, each).filter(pk=case.pk).exists():
            return each
    return None


def own_to_write_to(user, membership: Membership, day: date) -> CaseQuerySet:
    """Return those of the cases that the person is responsible for by this membership."""
    side, cases = side_of(membership), Case.objects.order_by()
    people = {membership.member, *stood_in_for_by(membership, user, day)}
    own = Q(pk__in=cases.looked_after_by(people, day).values("pk"))
    if LEADING[side] in membership.roles:
        teams = TeamMembership.objects.filter(member=membership.member).values("team")
        own |= Q(pk__in=cases.looked_after_in(teams, day).values("pk"))
    if side is CaseResponsibility:
        own |= Q(pk__in=cases.looked_after_by_nobody(side, day).values("pk"))
    return to_write_to(user, membership).filter(own)


def addressed(cases: CaseQuerySet) -> Addressed[Case]:
    """Return who of the cases gets a letter, by number."""
    rows = cases.order_by("number").joined("client__identity", "client__contact")
    return told_apart(rows, lambda case: why_not_written_to(case.client))


def told_apart(rows: Iterable[Row], why_not: Callable[[Row], LeftOut | None]) -> Addressed[Row]:
    """Return rows by whether their clients get a letter; in their order."""
    reached: list[Row] = []
    left_out: dict[LeftOut, list[Row]] = {}
    for row in rows:
        why = why_not(row)
        (reached if why is None else left_out.setdefault(why, [])).append(row)
    return Addressed(reached, left_out)


def why_not_written_to(client: Client) -> LeftOut | None:
    """Return why a client gets none of several letters."""
    if getattr(client, "identity", None) is None:
        return LeftOut.NO_NAME
    if not is_complete(client):
        return LeftOut.NO_ADDRESS
    return LeftOut.CAREFUL if contact_of(client).reach_never else None


def is_complete(client: Client) -> bool:
    """Whether street, postcode and city of a client are known."""
    contact = contact_of(client)
    return bool(contact.street and contact.postcode and contact.city)
