"""Whose cases a person may hand over, and to whom.

One acts by a membership, on its organisation's side of contracts: caseworkers and counsellors
hand over what they are responsible for themselves, a team lead also what their teams are and
what nobody is, whoever leads or administers the organisation all of it. Standing in for somebody
is no right to give their cases away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from contracts.models import Member, Team
from contracts.models.organisation import TeamMembership
from contracts.reach import Membership, is_member, memberships_of
from contracts.rights import CASEWORK, COUNSELLING
from contracts.roles import Role
from forms.models import Case, CaseOwner, CaseResponsibility, Responsible
from forms.models.case import CaseQuerySet, in_force

HAND_OVER = "forms.hand_over_case"
WORKING = {CaseOwner: CASEWORK, CaseResponsibility: COUNSELLING}
"""Who looks after cases on each side, also standing in for somebody: by role."""
LEADING = {CaseOwner: Role.TEAM_LEAD, CaseResponsibility: Role.PROVIDER_LEAD}
"""Who leads the teams that they belong to, on each side."""
ALL_OF_IT = frozenset({Role.ADMINISTRATOR, Role.PROVIDER_LEAD})
"""Who hands over any case of their organisation."""


@dataclass(frozen=True)
class Seat:
    """A place that looks after cases: a team, and a member of it."""

    team: Team
    member: Member

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.team.pk}:{self.member.pk}"

    @property
    def place(self) -> tuple[int, int]:
        """The keys of team and member."""
        return self.team.pk, self.member.pk

    def __str__(self) -> str:
        return f"{self.member} ({self.team})"


Share = tuple[Seat, list[int]]
"""To whom, and the keys of the cases."""


def side_of(membership: Membership) -> type[Responsible]:
    """Return the side on which a membership acts."""
    return CaseOwner if membership.in_body else CaseResponsibility


def handing_over(user) -> list[Membership]:
    """Return the memberships by which the person hands cases over."""
    own = memberships_of(user) if is_member(user) else ()
    return [each for each in own if each.grants(HAND_OVER)]


def to_hand_over(user, membership: Membership, day: date) -> CaseQuerySet:
    """Return the running cases that the person may hand over by this membership."""
    side = side_of(membership)
    party = {f"contract__{side.party}": membership.organisation}
    rows = Case.objects.visible_to(user, HAND_OVER).filter(**party).running_on(day)
    if membership.roles & ALL_OF_IT:
        return rows
    cases = Case.objects.order_by()
    own = Q(pk__in=cases.looked_after_by([membership.member], day).values("pk"))
    if LEADING[side] in membership.roles:
        teams = TeamMembership.objects.filter(member=membership.member).values("team")
        own |= Q(pk__in=cases.looked_after_in(teams, day).values("pk"))
        own |= Q(pk__in=cases.looked_after_by_nobody(side, day).values("pk"))
    return rows.filter(own)


def may_hand_over(user, case: Case, side: type[Responsible], day: date) -> Membership | None:
    """Return the membership by which the person may hand a case over on a side, if one may."""
    for each in handing_over(user):
        if side_of(each) is side and to_hand_over(user, each, day).filter(pk=case.pk).exists():
            return each
    return None


def seats(organisation: int, side: type[Responsible]) -> list[Seat]:
    """Return the places of an organisation that look after cases, by team and name."""
    rows = TeamMembership.objects.filter(
        team__organisation=organisation, member__active=True, member__user__is_active=True
    )
    rows = rows.select_related("team", "member__user").order_by(
        "team__name", "member__user__last_name", "member__user__username"
    )
    return [Seat(row.team, row.member) for row in rows if WORKING[side] & {*row.member.roles}]


def seat_choices(found: Iterable[Seat]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return places as choices, below their teams."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for seat in found:
        groups.setdefault(str(seat.team), []).append((seat.key, str(seat.member)))
    return list(groups.items())


def shared_out(
    side: type[Responsible], cases: CaseQuerySet, valid_from: date, to: Sequence[Seat]
) -> list[Share]:
    """Return who gets which of the cases that run on the day: as many each, as far as it goes.

    A client's cases go to one person. Whoever has them already keeps them up to that share, and is
    handed nothing. Always the same for the same cases and people.
    """
    of_clients: dict[int, list[int]] = {}
    rows = cases.running_on(valid_from).order_by("client__key", "number")
    for key, client in rows.values_list("pk", "client"):
        of_clients.setdefault(client, []).append(key)
    held = held_by(side, cases, valid_from)
    shares: list[Share] = [(seat, []) for seat in to]
    each = sum(map(len, of_clients.values())) // len(to)
    others, beyond = [], []
    for keys in of_clients.values():
        have = {held.get(key) for key in keys}
        own = next((mine for seat, mine in shares if have == {seat.place}), None)
        if own is None:
            others.append(keys)
        elif len(own) + len(keys) > each:
            beyond.append(keys)
        else:
            own.extend(keys)
    for keys in (*others, *beyond):
        place = held.get(keys[0])
        min(shares, key=lambda share: (len(share[1]), share[0].place != place))[1].extend(keys)
    changing = [
        (seat, [key for key in keys if held.get(key) != seat.place]) for seat, keys in shares
    ]
    return [share for share in changing if share[1]]


def held_by(side: type[Responsible], cases: CaseQuerySet, day: date) -> dict[int, tuple[int, int]]:
    """Return which team and person have each of the cases on the day."""
    rows = in_force(side, day).filter(case__in=cases.order_by().values("pk"))
    return {
        case: (team, person) for case, team, person in rows.values_list("case", "team", side.person)
    }
