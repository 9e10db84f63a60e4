"""What several screens about cases ask for."""

from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, date

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from base.facts import Fact
from base.spelling import written
from base.workspace.fields import DayField
from contracts.models import Member, Organisation
from contracts.reach import Reach, memberships_of, reach_of
from contracts.standing_in import members_stood_in_for
from forms.caseload import cases_of_teams
from forms.models import Case, ClientContact, ClientIdentity
from forms.models.case import CaseQuerySet
from forms.models.client import number_spelled


def today() -> date:
    """The day for which screens say what is in force."""
    return timezone.localdate()


IDENTITY = "forms.view_clientidentity"
NUMBERS_SEEN = "forms.view_clientnumbers"


def own_members(user, *permissions: str) -> QuerySet:
    """Return the person's own memberships, or those that grant all these permissions."""
    rows = Member.objects.filter(user_id=user.pk, active=True)
    if not permissions:
        return rows
    own = [each.organisation for each in memberships_of(user) if each.grants(*permissions)]
    return rows.filter(organisation__in=own)


def own_member_keys(user) -> list[int]:
    """Return whose cases are the person's today, as members' keys: their own, and of those they
    stand in for. A page asks once.
    """
    own = {each.member for each in memberships_of(user)}
    return sorted(own | members_stood_in_for(user, today()).keys())


def other_cases_of_teams(user) -> CaseQuerySet:
    """Return the cases of the teams that the person leads, without those that are theirs.

    What is to be done in their own waits for them already, and once is enough.
    """
    own = Case.objects.looked_after_by(own_member_keys(user), today()).order_by()
    return cases_of_teams(user, today()).exclude(pk__in=own.values("pk"))


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


def number_matches(text: str, user) -> Q:
    """Return the condition, for cases, that a text is part of a number of the client's office.

    Only for cases of which the person may know these numbers: others are not found by them.
    """
    number = number_spelled(text)
    if not number:
        return Q(pk__in=())
    found = Q(customer_number__contains=number) | Q(household_number__contains=number)
    numbered = Q(client__in=ClientContact.objects.filter(found).order_by().values("client"))
    return numbered & CaseQuerySet.allowed(user, NUMBERS_SEEN)


def matches(text: str, user) -> Q:
    """Return the condition, for cases, by which they are searched: numbers and names."""
    return Q(number__icontains=text) | name_matches(text, user) | number_matches(text, user)


FEW = 2_000
"""As many rows may be named by their keys."""


def keys_of(rows: QuerySet) -> list[int] | QuerySet:
    """Return the keys of rows: themselves where they are few, else as a part of the next query.

    For conditions that take the database long: counting and turning pages need not ask again.
    """
    keys = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else rows.order_by().values("pk")


SEVERAL = 2


def body_choices(user) -> list[tuple[int, str]]:
    """Return the commissioning bodies that a person may see; one of them is no choice."""
    rows = Organisation.objects.visible_to(user).filter(kind=Organisation.Kind.COMMISSIONING_BODY)
    return list(rows.order_by("name").values_list("pk", "name"))


def member_choices(
    members, kind: str = Organisation.Kind.PROVIDER, roles: frozenset[str] | None = None
) -> list[tuple[int, str]]:
    """Return members of organisations of a kind as choices, by their names.

    By default those of providers; with roles, those who hold one of them.
    """
    rows = members.filter(organisation__kind=kind).order_by("user__last_name", "user__username")
    columns = ("pk", "user__first_name", "user__last_name", "user__username", "roles")
    return [
        (pk, f"{first} {last}".strip() or username)
        for pk, first, last, username, held in rows.values_list(*columns)
        if roles is None or roles.intersection(held)
    ]


def team_choices(teams) -> list[tuple]:
    """Return teams as choices by name, below their organisations where these are several."""
    groups: dict[str, list[tuple[int, str]]] = {}
    rows = teams.order_by("organisation__kind", "organisation__name", "name")
    for pk, name, organisation in rows.values_list("pk", "name", "organisation__name"):
        groups.setdefault(organisation, []).append((pk, name))
    return (
        list(groups.items()) if len(groups) > 1 else [each for g in groups.values() for each in g]
    )


def day_of(value) -> date | None:
    """Return a day as it was typed; None where it is none, or one with nothing before or after."""
    try:
        day = DayField(required=False).to_python(value)
    except ValidationError:
        return None
    # A year typed to its first digit is sent as 0001. Pages show weeks and months around a day.
    return day if day and MINYEAR < day.year < MAXYEAR else None


def minutes_worked(records: Iterable) -> int:
    """Return the minutes of counting records; each group session counts once, not per attendee."""
    once = {
        (record.day, record.session or record.pk): record.minutes
        for record in records
        if record.status == Fact.Status.SUBMITTED
    }
    return sum(once.values())
