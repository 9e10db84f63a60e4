"""A month of somebody's cases: what is planned, recorded and still in the calendar, and the rest.

Planned is what the support plan in force grants for the month, read as the case's page and the
statement read it (`forms.plan_months`). Recorded is the case's part of the staff's time, of group
sessions an exact share (D13). Still in the calendar are the provider's appointments that are
planned or were held and have never been recorded; of group appointments a case's share is known
once they are recorded, so they are counted and their time is not.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from django.db.models import F
from django.utils import timezone

from contracts.billing import Period
from contracts.models import Member, Team, TeamMembership
from contracts.reach import is_member, memberships_of
from contracts.standing_in import members_stood_in_for
from forms.calendar_grid import moment_of
from forms.caseload import leading
from forms.handing_over import side_of
from forms.models import Appointment, Case, CaseResponsibility, Responsible
from forms.models.appointment import OWED
from forms.models.case import in_force
from forms.overview import Overview, overview_of
from forms.plan_months import MonthsPlan, Work, plans_in_month, work_in
from forms.usage import approximate

NEEDED = ("forms.view_servicerecord", "forms.view_appointment")
"""What whoever looks at a month may see: hours, and calendars."""
PERSON, TEAM = "p", "t"
NONE = Fraction(0)


@dataclass(frozen=True)
class Whose:
    """A person or team whose month can be looked at, on their side of the contracts."""

    row: Member | Team
    side: type[Responsible]
    stood_in_for: bool = False

    @property
    def key(self) -> str:
        """How an address names it."""
        return f"{TEAM if isinstance(self.row, Team) else PERSON}{self.row.pk}"

    @property
    def name(self) -> str:
        """What it is called."""
        return self.row.name if isinstance(self.row, Team) else str(self.row)


@dataclass(frozen=True)
class CaseMonth:
    """One case in the month, in hours. `plan` is None where no day of it has a support plan."""

    case: Case
    overview: Overview
    plan: MonthsPlan | None
    recorded: Fraction
    coming: Fraction
    overdue: Fraction
    """Of what is coming, what is over and waits to be recorded."""
    groups: int
    """Group appointments to come."""

    @property
    def planned(self) -> Fraction | None:
        """What the support plan grants for the month."""
        return self.plan.now.granted if self.plan else None

    @property
    def counted(self) -> Fraction | None:
        """What of the work recorded counts under the plan, weighted as the contract agrees."""
        return self.plan.now.used if self.plan else None

    @property
    def counts_otherwise(self) -> bool:
        """Whether that reads as another number than what is recorded."""
        return self.counted is not None and _read_otherwise(self.counted, self.recorded)

    @property
    def left(self) -> Fraction | None:
        """What the plan still has room for, once what is in the calendar is recorded."""
        return self.plan.then.rest if self.plan else None

    @property
    def over(self) -> Fraction | None:
        """What the plan will have no room for by then."""
        return self.plan.then.unbilled if self.plan else None


@dataclass(frozen=True)
class Sums:
    """The cases together, in hours. What is planned, left and over is of those with a plan."""

    rows: Sequence[CaseMonth]

    def _of(self, name: str) -> Fraction:
        return sum((getattr(row, name) or NONE for row in self.rows), NONE)

    @cached_property
    def planned(self) -> Fraction | None:
        """What is planned; None where no case has a plan."""
        return self._of("planned") if any(row.plan for row in self.rows) else None

    @cached_property
    def recorded(self) -> Fraction:
        """What is recorded, in cases without a plan as well."""
        return self._of("recorded")

    @cached_property
    def without_plan(self) -> Fraction:
        """Of what is recorded, what is in cases without a plan."""
        return sum((row.recorded for row in self.rows if not row.plan), NONE)

    @cached_property
    def counted(self) -> Fraction:
        """What of the work recorded counts under the plans."""
        return self._of("counted")

    @property
    def counts_otherwise(self) -> bool:
        """Whether that reads as another number than what is recorded in cases with a plan."""
        with_plan = self.recorded - self.without_plan
        return self.planned is not None and _read_otherwise(self.counted, with_plan)

    @cached_property
    def coming(self) -> Fraction:
        """What is in the calendar and not recorded."""
        return self._of("coming")

    @cached_property
    def overdue(self) -> Fraction:
        """Of it, what is over."""
        return self._of("overdue")

    @cached_property
    def left(self) -> Fraction:
        """What is left in all cases that have something left."""
        return self._of("left")

    @cached_property
    def over(self) -> Fraction:
        """What is over in all cases that are over."""
        return self._of("over")


@dataclass(frozen=True)
class PersonMonth:
    """A person with the cases that they are responsible for."""

    member: int
    name: str
    rows: Sequence[CaseMonth]

    @cached_property
    def sums(self) -> Sums:
        """All of them together."""
        return Sums(self.rows)


def months_to_see(user, day: date) -> list[Whose]:
    """Return whose months a person may look at: first their own, and of those they stand in for.

    Who leads also sees people and teams, exactly those whose caseload they see.
    """
    acting = memberships_of(user) if is_member(user) else ()
    sides = {each.member: side_of(each) for each in acting if each.grants(*NEEDED)}
    own = list(sides)
    stood_in_for = {
        member: sides[each.member]
        for member, each in members_stood_in_for(user, day).items()
        if each.member in sides
    }
    led, teams = {}, []
    for membership, of_it in leading(user):
        if membership.member in sides:
            side, found = sides[membership.member], list(of_it.order_by("name"))
            teams += [Whose(team, side) for team in found]
            led |= dict.fromkeys(_people_of(side, found, day), side)
    known = led | stood_in_for | sides
    rows = Member.objects.filter(pk__in=list(known)).select_related("user")
    people = [Whose(row, known[row.pk], row.pk in stood_in_for) for row in rows]
    people.sort(key=lambda each: (each.row.pk not in own, each.name))
    return people + teams


def _people_of(side: type[Responsible], teams: Sequence[Team], day: date) -> set[int]:
    """Return who works in teams, or looks after cases of theirs."""
    working = TeamMembership.objects.filter(team__in=teams, member__active=True)
    having = in_force(side, day).filter(team__in=teams).order_by()
    return {
        *working.values_list("member", flat=True),
        *having.values_list(side.person, flat=True).distinct(),
    }


def day_meant(month: Period, today: date) -> date:
    """Return the day by which a month asks who is responsible: today, or its day next to that."""
    return min(max(today, month.first), month.last)


def month_of(user, whose: Whose, month: Period, now: datetime, *, names) -> list[PersonMonth]:
    """Return the cases that ran in a month, by who is responsible for them, with their hours.

    As many queries for many cases as for few. `names` says in whose cases the reader may know
    clients by name. A commissioning body does not see its providers' calendars: for its side
    nothing is in them.
    """
    day = day_meant(month, timezone.localdate(now))
    mine = in_force(whose.side, day).filter(
        **{"team" if isinstance(whose.row, Team) else whose.side.person: whose.row}
    )
    cases = list(
        Case.objects.visible_to(user, "forms.view_case", *NEEDED)
        .filter(pk__in=mine.order_by().values("case"))
        .running_in(month.first, month.last)
        .order_by("number")
    )
    keys = [case.pk for case in cases]
    responsible = mine.filter(case__in=keys).order_by()
    person_of = dict(responsible.values_list("case", whose.side.person))
    work = work_in(keys, month.first, month.last)
    coming = _Coming(user, keys if whose.side is CaseResponsibility else (), month, now)
    plans = plans_in_month(cases, month.first, work, coming.work)
    where = overview_of(cases, day, names=names)
    recorded, ahead = _efforts(work), _efforts(coming.work)
    rows: dict[int, list[CaseMonth]] = defaultdict(list)
    for case in cases:
        key = case.pk
        rows[person_of[key]].append(
            CaseMonth(
                case=case,
                overview=where[key],
                plan=plans.get(key),
                recorded=recorded[key],
                coming=ahead[key],
                overdue=coming.overdue[key],
                groups=coming.groups[key],
            )
        )
    found = [PersonMonth(pk, name, rows[pk]) for pk, name in _names(whose, rows)]
    return sorted(found, key=lambda each: each.name)


def _names(whose: Whose, members: Collection[int]) -> list[tuple[int, str]]:
    """Return keys and names of those who have cases."""
    if isinstance(whose.row, Member):
        return [(whose.row.pk, whose.name)] if members else []
    rows = Member.objects.filter(pk__in=list(members)).select_related("user")
    return [(row.pk, str(row)) for row in rows]


class _Coming:
    """What is in the provider's calendar for cases in a month, and was never recorded."""

    def __init__(self, user, cases: Collection[int], month: Period, now: datetime):
        self.work: list[Work] = []
        self.overdue: dict[int, Fraction] = defaultdict(Fraction)
        self.groups: Counter[int] = Counter()
        if not cases:
            return
        rows = Appointment.objects.visible_to(user).filter(
            case__in=cases,
            organisation=F("case__contract__provider"),
            recorded=False,
            status__in=OWED,
            begins__gte=moment_of(month.first),
            begins__lt=moment_of(month.last + timedelta(days=1)),
        )
        for case, begins, ends, kind, work in rows.order_by().values_list(
            "case", "begins", "ends", "kind", "work"
        ):
            if kind == Appointment.Kind.GROUP:
                self.groups[case] += ends > now
                continue
            minutes = round((ends - begins).total_seconds() / 60)
            each = Work(case, timezone.localdate(begins), work, 1, 1, "", minutes)
            self.work.append(each)
            if ends <= now:
                self.overdue[case] += each.effort


def _read_otherwise(counted: Fraction, recorded: Fraction) -> bool:
    # Where work goes from term to term, what counts is a line of a statement, and rounded.
    return approximate(counted) != approximate(recorded)


def _efforts(work: Iterable[Work]) -> dict[int, Fraction]:
    found: dict[int, Fraction] = defaultdict(Fraction)
    for each in work:
        found[each.case] += each.effort
    return found
