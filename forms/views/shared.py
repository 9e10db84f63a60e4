"""What several screens about cases ask for."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from base.facts import Fact
from base.spelling import written
from base.workspace.fields import DayField
from contracts.models import Member, Organisation
from contracts.models.organisation import Reach, memberships_of, reach_of
from forms.models import ClientIdentity
from forms.models.case import CaseQuerySet


def today() -> date:
    """The day for which screens say what is in force."""
    return timezone.localdate()


IDENTITY = "forms.view_clientidentity"


def own_members(user, *permissions: str) -> QuerySet:
    """Return the person's own memberships, or those that grant all these permissions."""
    rows = Member.objects.filter(user_id=user.pk, active=True)
    if not permissions:
        return rows
    own = [each.organisation for each in memberships_of(user) if each.grants(*permissions)]
    return rows.filter(organisation__in=own)


def own_member_keys(user) -> list[int]:
    """Return the keys of the person's own memberships, which a page asks for once."""
    return [each.member for each in memberships_of(user)]


def names_known_to(user) -> Reach:
    """Return in whose cases the person may know clients by name."""
    return reach_of(user, IDENTITY)


def name_matches(text: str, user) -> Q:
    """Return the condition, for cases, that every word of a text is part of the client's name.

    However either is written: see `base.spelling`.

    Only for cases whose clients the person may know by name: others are not found by it.
    """
    found = written(text, "spelling")
    # By a look-up of its own: joined, the names of all cases would be put together first.
    named = Q(client__in=ClientIdentity.objects.filter(found).order_by().values("client"))
    return named & CaseQuerySet.allowed(user, IDENTITY)


FEW = 2_000
"""As many rows may be named by their keys."""


def keys_of(rows: QuerySet) -> list[int] | QuerySet:
    """Return the keys of rows: themselves where they are few, else as a part of the next query.

    For conditions that take the database long: counting and turning pages need not ask again.
    """
    keys = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else rows.order_by().values("pk")


def member_choices(members) -> list[tuple[int, str]]:
    """Return counselling members as choices, by their names."""
    rows = members.filter(organisation__kind=Organisation.Kind.PROVIDER).order_by(
        "user__last_name", "user__username"
    )
    columns = ("pk", "user__first_name", "user__last_name", "user__username")
    return [
        (pk, f"{first} {last}".strip() or username)
        for pk, first, last, username in rows.values_list(*columns)
    ]


def day_of(value) -> date | None:
    """Return a day as it was typed; None where it is none."""
    try:
        return DayField(required=False).to_python(value)
    except ValidationError:
        return None


def minutes_worked(records: Iterable) -> int:
    """Return the minutes of counting records; each group session counts once, not per attendee."""
    once = {
        (record.day, record.session or record.pk): record.minutes
        for record in records
        if record.status == Fact.Status.SUBMITTED
    }
    return sum(once.values())
