"""Members of organisations in files: people with their roles and teams."""

from collections.abc import Sequence
from typing import Literal

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.people import JOB
from base.exchange.rows import find_by, stored_or_new
from contracts.actions.assign_roles import assign_roles
from contracts.models import Member, Organisation, Team, TeamMembership
from contracts.roles import Role


class MemberEntry(Content):
    """A person with an account, working for an organisation.

    Who works for several stands here once for each. Without an organisation: a person who wrote,
    approved or recorded something and is no member.
    """

    username: Line = Field(max_length=150)
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    organisation: Key | None = None
    teams: tuple[Key, ...] = ()
    roles: tuple[
        Literal[
            "manager",
            "caseworker",
            "team_lead",
            "counsellor",
            "provider_lead",
            "finance",
            "auditor",
            "director",
            "administrator",
        ],
        ...,
    ] = ()
    qualification: str = ""
    active: bool = True

    @model_validator(mode="after")
    def _belongs(self):
        if self.organisation is None and (
            self.teams or self.roles or self.qualification or not self.active
        ):
            raise ValueError(_("teams, roles, qualification and active need an organisation"))
        return self


_PERSON = ("first_name", "last_name", "email")


def _load_member(located: Located) -> int:
    entry: MemberEntry = located.entry
    person = {name: getattr(entry, name) for name in _PERSON}
    changed = stored_or_new(get_user_model(), located, {"username": entry.username}, person)
    if entry.organisation is None:
        return changed
    user = get_user_model().objects.get(username=entry.username)
    organisation = find_by(located, Organisation, key=entry.organisation)
    values = {
        "roles": list(dict.fromkeys(entry.roles)),
        "qualification": entry.qualification,
        "active": entry.active,
    }
    known_by = {"user": user, "organisation": organisation}
    changed |= stored_or_new(Member, located, known_by, values)
    member = Member.objects.get(**known_by)
    for key in entry.teams:
        team = find_by(located, Team, key=key)
        changed |= stored_or_new(TeamMembership, located, {"team": team, "member": member}, {})
    assign_roles(member)
    return changed


def _load_members(entries: Sequence[Located]) -> int:
    """Load members, those who administer first: one may follow another in the same files.

    And who left one place for another is let in there before: the account stays open.
    """
    return load_each(sorted(entries, key=_rank), _load_member)


def _rank(located: Located) -> int:
    entry: MemberEntry = located.entry
    if not entry.active:
        return 2
    return 0 if Role.ADMINISTRATOR in entry.roles else 1


def _dump_members():
    """Yield everybody who is no job: once for each membership, or once without."""
    users = get_user_model().objects.filter(is_system=False).order_by(*by_text("username"))
    memberships = "memberships__organisation", "memberships__team_memberships__team"
    for user in users.prefetch_related(*memberships):
        person = {"username": user.username, **{name: getattr(user, name) for name in _PERSON}}
        members = sorted(user.memberships.all(), key=lambda member: member.organisation.key)
        if not members and not user.username.startswith(JOB):
            yield MemberEntry(**person)
        for member in members:
            yield MemberEntry(
                **person,
                organisation=member.organisation.key,
                teams=sorted(row.team.key for row in member.team_memberships.all()),
                roles=member.roles,
                qualification=member.qualification,
                active=member.active,
            )


register(
    Kind(
        section="members",
        position=12,
        entry=MemberEntry,
        load=_load_members,
        dump=_dump_members,
        known_by=("username", "organisation"),
    )
)
