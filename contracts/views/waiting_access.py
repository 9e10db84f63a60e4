"""Access that waits for administrators: of people invited or changed, and of programs."""

from dataclasses import replace

from django.urls import reverse
from django.utils import timezone

from base.workspace.registry import WaitingEntry
from contracts.models import AccessChange, ApiToken, Member
from contracts.people import INVITED, named, role_labels, with_access
from contracts.views.api_tokens import ENDING, with_state


def invited(user):
    """Return who was invited and has not set a password yet, the longest waiting first."""
    rows = with_access(Member.objects.visible_to(user, "contracts.add_member"))
    return rows.filter(state=INVITED).order_by("user__date_joined", "pk")


def invited_entries(rows, user) -> list[WaitingEntry]:
    """Return people as lines, with the day on which they were invited."""
    return [
        replace(entry, day=timezone.localdate(member.user.date_joined))
        for member, entry in zip(rows, person_entries(rows, user), strict=True)
    ]


def changes_to_confirm(user) -> list[Member]:
    """Return whose access another administrator changed."""
    changes = AccessChange.objects.visible_to(user).open().exclude(made_by=user)
    people = changes.exclude(user=user).order_by().values("user_id")
    first = Member.objects.visible_to(user).filter(user_id__in=people).order_by("user_id", "pk")
    members = {member.user_id: member for member in first.select_related("user", "organisation")}
    return list(members.values())


def person_entries(rows, user) -> list[WaitingEntry]:
    """Return people as lines, with where they work."""
    return [
        WaitingEntry(
            title=str(member),
            url=reverse("person", args=[member.pk]),
            note=str(member.organisation),
        )
        for member in rows
    ]


def ending(user):
    """Return tokens whose last day is near, the nearest first: a program would stop unnoticed."""
    rows = with_state(ApiToken.objects.visible_to(user, "contracts.add_apitoken"))
    return rows.filter(state=ENDING).order_by("expires_on", "pk")


def ending_entries(rows, user) -> list[WaitingEntry]:
    """Return tokens as lines, with the last day of each."""
    return [
        WaitingEntry(
            title=str(token),
            url=reverse("api-token", args=[token.pk]),
            note=str(token.organisation),
            due=token.expires_on,
            tone="warning",
        )
        for token in rows
    ]


def people_found(user, query: str, most: int) -> list[WaitingEntry]:
    """Return people whose names or addresses hold all words of the query."""
    rows = with_access(named(Member.objects.visible_to(user, "contracts.view_member"), query))
    return [
        WaitingEntry(
            title=str(member),
            url=reverse("person", args=[member.pk]),
            note=f"{role_labels(member.roles)} · {member.organisation}",
        )
        for member in rows.order_by("user__last_name", "user__first_name", "pk")[:most]
    ]
