"""Who of a team has how many cases, and which of them are silent, for who leads the team."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.db.models import Count, Q, QuerySet

from contracts.models import Member, Substitution, Team
from contracts.models.organisation import TeamMembership
from contracts.reach import Membership, is_member, memberships_of
from forms.handing_over import ALL_OF_IT, side_of
from forms.models import Case, Responsible
from forms.models.case import CaseQuerySet, in_force, is_open
from forms.overview import quiet_since

SEES = "forms.view_caseload"
SILENT_DAYS = 14


@dataclass(frozen=True)
class Load:
    """What one person of a team looks after. `substitute` stands in for them today."""

    member: int
    name: str
    running: int
    silent: int
    substitute: str = ""


@dataclass(frozen=True)
class TeamLoad:
    """A team with the people who look after its cases."""

    team: Team
    side: type[Responsible]
    loads: list[Load]

    @property
    def running(self) -> int:
        """How many cases of the team run."""
        return sum(load.running for load in self.loads)

    @property
    def silent(self) -> int:
        """For how many of them nothing was done lately."""
        return sum(load.silent for load in self.loads)


def leading(user) -> list[tuple[Membership, QuerySet]]:
    """Return the memberships by which the person leads, with the teams that these lead."""
    own = memberships_of(user) if is_member(user) else ()
    return [(each, _teams(each)) for each in own if each.grants(SEES)]


def _teams(membership: Membership) -> QuerySet:
    teams = Team.objects.filter(organisation=membership.organisation)
    if membership.roles & ALL_OF_IT:
        return teams
    return teams.filter(memberships__member=membership.member)


def cases_of_teams(user, day: date) -> CaseQuerySet:
    """Return the visible cases of the teams that the person leads, closed ones as well."""
    cases = Case.objects.visible_to(user)
    found = [cases.looked_after_on(side, keys, day) for side, keys in _led(user).items()]
    return reduce(or_, found) if found else cases.none()


def _led(user) -> dict[type[Responsible], list[int]]:
    """Return the keys of the teams that the person leads, by the side they look after cases on.

    Looked up once for each user object.
    """
    if not hasattr(user, "_teams_led"):
        user._teams_led = {}
        for membership, teams in leading(user):
            keys = user._teams_led.setdefault(side_of(membership), [])
            keys += teams.values_list("pk", flat=True)
    return user._teams_led


def silent(cases: CaseQuerySet, day: date) -> CaseQuerySet:
    """Return the open cases for which nothing was done for two weeks, the new ones left out."""
    return cases.filter(is_silent(day))


def is_silent(day: date, of: str = "") -> Q:
    """Return the condition for rows whose case is silent on the day; `of` leads to the case."""
    since = day - timedelta(days=SILENT_DAYS)
    return is_open(day, of) & Q(**{f"{of}assigned_on__lt": since}) & quiet_since(since, of)


def caseload(user, day: date) -> Iterator[TeamLoad]:
    """Yield the teams that the person leads, with who looks after how many cases.

    A fixed number of queries for each membership. People of a team without a case stand there
    as well: who hands over asks who has room.
    """
    for membership, teams in leading(user):
        side, found = side_of(membership), list(teams.order_by("name"))
        visible = Case.objects.visible_to(user)
        running = _counted(side, found, day, visible.running_on(day))
        quiet = _counted(side, found, day, silent(visible, day))
        people, away = _people(found, running), _away(membership, day)
        for team in found:
            keys = {member for of, member in people if of == team.pk}
            loads = [
                Load(
                    member=member,
                    name=people[team.pk, member],
                    running=running.get((team.pk, member), 0),
                    silent=quiet.get((team.pk, member), 0),
                    substitute=away.get(member, ""),
                )
                for member in keys
            ]
            if loads:
                yield TeamLoad(team, side, sorted(loads, key=lambda load: load.name))


def _counted(side, teams, day: date, cases: CaseQuerySet) -> dict[tuple[int, int], int]:
    rows = in_force(side, day).filter(team__in=teams, case__in=cases.order_by().values("pk"))
    counts = rows.order_by().values_list("team", side.person).annotate(Count("pk"))
    return {(team, member): count for team, member, count in counts}


def _people(teams, running) -> dict[tuple[int, int], str]:
    """Return the names of those who work in the teams or have cases of them."""
    working = TeamMembership.objects.filter(team__in=teams, member__active=True)
    found = {
        (row.team_id, row.member_id): str(row.member)
        for row in working.select_related("member__user")
    }
    others = {member for _team, member in running} - {member for _team, member in found}
    names = {m.pk: str(m) for m in Member.objects.filter(pk__in=others).select_related("user")}
    named = {member: name for (_team, member), name in found.items()} | names
    return found | {place: named[place[1]] for place in running}


def _away(membership: Membership, day: date) -> dict[int, str]:
    rows = Substitution.objects.in_force_on(day).filter(
        member__organisation=membership.organisation
    )
    return {row.member_id: str(row.substitute) for row in rows.select_related("substitute__user")}
