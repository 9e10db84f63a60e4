"""For whom a person stands in today, beside working for themselves.

Chains are not followed: who stands in for somebody who stands in for a third has the work of the
somebody, not that of the third.
"""

from datetime import date

from django.db.models import Q, QuerySet

from contracts.models import Member, Substitution, TeamMembership
from contracts.reach import Membership, is_member, memberships_of
from contracts.roles import Role

ENTER = "contracts.add_substitution"
LEADING_ALL = frozenset({Role.ADMINISTRATOR, Role.PROVIDER_LEAD})


def members_stood_in_for(user, day: date) -> dict[int, Membership]:
    """Return the absent members, by key, with the person's own membership that stands in.

    Asked once for each user object and day.
    """
    if not is_member(user):
        return {}
    known = vars(user).setdefault("_stood_in_for", {})
    if day not in known:
        own = {each.member: each for each in memberships_of(user)}
        rows = Substitution.objects.in_force_on(day).filter(substitute__in=sorted(own))
        pairs = rows.order_by("pk").values_list("member", "substitute")
        known[day] = {member: own[substitute] for member, substitute in pairs}
    return known[day]


def stood_in_for_by(membership: Membership, user, day: date) -> set[int]:
    """Return the absent members for whom the person stands in by one of their memberships."""
    found = members_stood_in_for(user, day)
    return {member for member, own in found.items() if own == membership}


def absences_entered_by(user) -> QuerySet:
    """Return the members for whom a person enters who stands in: their own, and those they lead.

    A team lead of a commissioning body leads the teams that they belong to; a provider's lead and
    the administration everybody of the house.
    """
    found = Q(pk__in=())
    for each in memberships_of(user) if is_member(user) else ():
        if not each.grants(ENTER):
            continue
        found |= Q(pk=each.member)
        if each.roles & LEADING_ALL:
            found |= Q(organisation=each.organisation)
        elif Role.TEAM_LEAD in each.roles:
            teams = TeamMembership.objects.filter(member=each.member).values("team")
            led = TeamMembership.objects.filter(team__in=teams).values("member")
            found |= Q(pk__in=led)
    return Member.objects.filter(found)
