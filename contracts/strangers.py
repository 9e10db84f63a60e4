"""Who works only where a person has nothing to do with."""

from django.db.models import Q

from base.scoping import register_strangers, sees_all_rows
from contracts.models.contract import Contract
from contracts.models.organisation import Member
from contracts.models.signing import Signing
from contracts.reach import memberships_of


@register_strangers
def strangers_of(user) -> frozenset[int]:
    """Return the keys of people who work neither with `user` nor for a party to their contracts.

    Parties know each other once they have concluded a contract, or one was put before both; a
    draft is written by one of them alone. Whoever works nowhere is no stranger.
    """
    if sees_all_rows(user):
        return frozenset()
    own = [each.organisation for each in memberships_of(user)]
    of_own = Contract.objects.filter(Q(commissioning_body__in=own) | Q(provider__in=own))
    presented = Q(pk__in=Signing.objects.order_by().values("contract"))
    shared = of_own.concluded() | of_own.filter(presented)
    known = set(own)
    for parties in shared.order_by().values_list("commissioning_body", "provider").distinct():
        known.update(parties)
    people = Member.objects.order_by().values("user")
    strange = people.exclude(user__in=people.filter(organisation__in=known))
    return frozenset(strange.values_list("user", flat=True).distinct())
