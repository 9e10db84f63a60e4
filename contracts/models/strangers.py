"""Who works only where a person has nothing to do with."""

from django.db.models import Q

from base.scoping import register_strangers, sees_all_rows
from contracts.models.contract import Contract
from contracts.models.organisation import Member


@register_strangers
def strangers_of(user) -> frozenset[int]:
    """Return the keys of people who work neither with `user` nor for a party to their contracts.

    Whoever works nowhere is no stranger.
    """
    if sees_all_rows(user):
        return frozenset()
    own = Member.objects.filter(user=user.pk).order_by().values("organisation")
    contracts = Contract.objects.filter(Q(commissioning_body__in=own) | Q(provider__in=own))
    known = set(own.values_list("organisation", flat=True))
    for parties in contracts.order_by().values_list("commissioning_body", "provider").distinct():
        known.update(parties)
    places = Member.objects.order_by().values_list("user", "organisation")
    strange = {person for person, place in places if place not in known}
    return frozenset(strange - {person for person, place in places if place in known})
