"""Where people belong, for pages that are for staff or for one body and its providers."""

from django.utils import timezone

from cms.audience import Belonging, register_belonging
from contracts.dates.in_force import ended_before
from contracts.models.contract import Contract
from contracts.models.organisation import Organisation
from contracts.reach import Reach, reach_of


@register_belonging
def belonging_of_members(user, *permissions: str) -> Belonging:
    """Return a person's own commissioning bodies and those their providers have contracts with.

    Of memberships that hold all permissions; contracts until their last day, those that are
    concluded and begin later among them.
    """
    reach = reach_of(user, *permissions)
    if reach.everything:
        return Belonging(everything=True, staff=True)
    # Asked once for a request, like the memberships it follows from.
    known = vars(user).setdefault("_belonging", {})
    if reach not in known:
        known[reach] = Belonging(staff=bool(reach.bodies), bodies=_bodies(reach))
    return known[reach]


def _bodies(reach: Reach) -> frozenset[str]:
    contracts = Contract._base_manager.filter(
        provider__in=sorted(reach.providers), editions__number=1
    )
    ended = ended_before(contracts.order_by(), timezone.localdate())
    commissioning = contracts.exclude(pk__in=ended).order_by().values("commissioning_body")
    bodies = Organisation._base_manager.filter(pk__in=commissioning) | (
        Organisation._base_manager.filter(pk__in=sorted(reach.bodies))
    )
    return frozenset(bodies.values_list("key", flat=True))
