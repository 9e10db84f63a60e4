"""The calendar: a person's or a team's week and month."""

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from base.workspace.views import Page
from contracts.models import Member, Team
from contracts.models.organisation import TeamMembership
from forms.calendar_grid import hours_shown, moment_of, monday_of, placed
from forms.calendar_rights import ADD, CHANGE, VIEW, is_within, own_calendars
from forms.letters import writing
from forms.models import Appointment, AppointmentMember, Case, ClientIdentity
from forms.views.open_appointments import RECORD
from forms.views.shared import day_of, names_known_to, own_members, today

DAYS = 7
WORKING_DAYS = 5
MOST_IN_A_CELL = 4
MOST_GONE = 100
PERSON, TEAM = "p", "t"
TONES = {"planned": "info", "held": "success", "cancelled": "", "no_show": "warning"}


def shown_to(user, appointments) -> list[Appointment]:
    """Return appointments with what a list says of them: the client where the reader may know.

    As many queries for many as for one.
    """
    # Few cases and people have many appointments: each is fetched once.
    cases = Prefetch("case", Case.objects.joined("contract"))
    rows = list(appointments.prefetch_related(cases, "participants__member__user"))
    names, own, changing = names_known_to(user), own_calendars(user), own_calendars(user, CHANGE)
    known = {
        row.case.client_id
        for row in rows
        if row.case
        and names.covers(row.case.contract.commissioning_body_id, row.case.contract.provider_id)
    }
    clients = {
        each.client_id: str(each) for each in ClientIdentity.objects.filter(client__in=known)
    }
    changeable = Appointment.objects.changeable_keys(rows)
    for row in rows:
        row.client_name = clients.get(row.case.client_id, "") if row.case else ""
        row.people = [each.member.user.display_name for each in row.participants.all()]
        row.tone = TONES[row.status]
        row.is_own = is_within(own, row)
        row.can_move = row.pk in changeable and is_within(changing, row)
    return rows


def people_of_calendars(user) -> list[Member]:
    """Return the people of whom a person may see the calendar: those of their organisations."""
    reach = own_calendars(user)
    rows = Member.objects.within(reach).filter(
        organisation__in=reach.bodies | reach.providers, active=True
    )
    rows = rows.select_related("user").order_by("user__last_name", "user__username")
    return [each for each in rows if each.roles]


def teams_of_calendars(user) -> list[Team]:
    """Return the teams of which a person may see the calendar."""
    reach = own_calendars(user)
    rows = Team.objects.within(reach).filter(organisation__in=reach.bodies | reach.providers)
    return list(rows.order_by("name"))


def taken_part_in_by(who: Member | Team | None) -> Exists:
    """Return the condition for appointments in which a person, or anybody of a team, takes part."""
    rows = AppointmentMember.objects.filter(appointment=OuterRef("pk"))
    if isinstance(who, Team):
        members = TeamMembership.objects.filter(team=who).values("member")
        return Exists(rows.filter(member__in=members))
    return Exists(rows.filter(member=who))


class CalendarPage(Page, TemplateView):
    """Appointments of a person or team around a day; one's own week unless something is chosen."""

    permission_required = VIEW
    menu = "appointments"
    title = gettext_lazy("Calendar")

    @cached_property
    def members(self) -> list[Member]:
        """The people whose calendars can be chosen: those of one's organisations."""
        return people_of_calendars(self.request.user)

    @cached_property
    def teams(self) -> list[Team]:
        """The teams whose calendars can be chosen."""
        return teams_of_calendars(self.request.user)

    @cached_property
    def chosen(self) -> tuple[str, Member | Team | None]:
        """Whose calendar is shown: whom the address names, otherwise the person's own."""
        given = self.request.GET.get("who", "")
        kind, key = given[:1], given[1:]
        rows = {PERSON: self.members, TEAM: self.teams}.get(kind, [])
        found = next((each for each in rows if str(each.pk) == key), None)
        if found is not None:
            return given, found
        own = own_members(self.request.user, VIEW).select_related("user").order_by("pk").first()
        return (f"{PERSON}{own.pk}" if own else ""), own

    @cached_property
    def day(self) -> date:
        """The day around which the page shows; today unless the address names one."""
        return day_of(self.request.GET.get("day")) or today()

    def appointments(self, first: date, last: date):
        """Return the chosen person's or team's appointments of these days, the first one first."""
        rows = Appointment.objects.visible_to(self.request.user)
        rows = rows.between(moment_of(first), moment_of(last + timedelta(days=1)))
        _key, who = self.chosen
        return rows.filter(taken_part_in_by(who)).order_by("begins", "ends", "pk")

    def address(self, day: date, name: str = "appointments") -> str:
        """Return the address of another day of the same calendar."""
        return f"{reverse(name)}?day={day:%Y-%m-%d}&who={self.chosen[0]}"

    def new_at(self, day: date, hour: int | None = None) -> str:
        """Return the address at which an appointment begins to be planned."""
        at = "" if hour is None else f"&begins={hour:02d}:00"
        who = self.chosen[0]
        member = f"&member={who[1:]}" if who.startswith(PERSON) else ""
        return f"{reverse('appointment-new')}?day={day:%Y-%m-%d}{at}{member}"

    def invitations(self, first: date, last: date) -> str:
        """Return where clients are invited to the appointments of these days that are to come."""
        first = max(first, min(today(), last))
        days = f"day_from={first:%Y-%m-%d}&day_until={last:%Y-%m-%d}"
        return f"{reverse('appointment-invitations')}?{days}&who={self.chosen[0]}"

    def get_context_data(self, **kwargs):
        user = self.request.user
        key, who = self.chosen
        return super().get_context_data(
            day=self.day,
            who=key,
            whose=who.user.display_name if isinstance(who, Member) else who,
            people=[(f"{PERSON}{each.pk}", each.user.display_name) for each in self.members],
            teams=[(f"{TEAM}{each.pk}", each.name) for each in self.teams],
            is_team=isinstance(who, Team),
            can_add=user.has_perm(ADD),
            can_record=user.has_perm(RECORD),
            keeps_rooms=user.has_perm("forms.change_resource"),
            invites=bool(writing(user)),
            week=self.address(self.day),
            month=self.address(self.day, "appointments-month"),
            new=self.new_at(max(self.day, today())),
            **kwargs,
        )


class CalendarWeek(CalendarPage):
    """Seven days side by side, hour by hour; on a telephone one below the other."""

    template_name = "forms/calendar_week.html"

    def get_context_data(self, **kwargs):
        monday = monday_of(self.day)
        rows = self.appointments(monday, monday + timedelta(days=DAYS - 1))
        found = shown_to(self.request.user, rows)
        hours = hours_shown(found)
        by_day = defaultdict(list)
        for each in found:
            by_day[each.day].append(each)
        # A weekend without appointments would only take room.
        count = DAYS if any(day.weekday() >= WORKING_DAYS for day in by_day) else WORKING_DAYS
        now = today()
        return super().get_context_data(
            number=monday.isocalendar().week,
            first=monday,
            last=monday + timedelta(days=DAYS - 1),
            hours=hours,
            first_hour=hours.start,
            days=[
                {
                    "day": day,
                    "is_today": day == now,
                    "new": self.new_at(day),
                    "slots": [(hour, self.new_at(day, hour)) for hour in hours],
                    "placed": placed(by_day[day], hours.start),
                }
                for day in (monday + timedelta(days=number) for number in range(count))
            ],
            before=self.address(monday - timedelta(days=DAYS)),
            after=self.address(monday + timedelta(days=DAYS)),
            now=self.address(now),
            invitations=self.invitations(monday, monday + timedelta(days=DAYS - 1)),
            **kwargs,
        )


class CalendarMonth(CalendarPage):
    """A month, week by week."""

    template_name = "forms/calendar_month.html"

    def get_context_data(self, **kwargs):
        first = self.day.replace(day=1)
        next_month = (first + timedelta(days=32)).replace(day=1)
        begins = monday_of(first)
        weeks = -(-(next_month - begins).days // DAYS)
        rows = self.appointments(begins, begins + timedelta(days=weeks * DAYS - 1))
        self.by_day = defaultdict(list)
        for key, at in rows.values_list("pk", "begins"):
            self.by_day[timezone.localdate(at)].append(key)
        # A team has thousands; what a cell has room for is fetched.
        shown = [key for keys in self.by_day.values() for key in keys[:MOST_IN_A_CELL]]
        found = shown_to(self.request.user, Appointment.objects.filter(pk__in=shown))
        self.shown = {each.pk: each for each in found}
        now, name = today(), "appointments-month"
        return super().get_context_data(
            first=first,
            weeks=[
                (
                    (monday := begins + timedelta(days=number * DAYS)).isocalendar().week,
                    [self._cell(monday + timedelta(days=at), first) for at in range(DAYS)],
                )
                for number in range(weeks)
            ],
            before=self.address((first - timedelta(days=1)).replace(day=1), name),
            after=self.address(next_month, name),
            now=self.address(now, name),
            invitations=self.invitations(first, next_month - timedelta(days=1)),
            **kwargs,
        )

    def _cell(self, day: date, first: date) -> dict:
        keys = self.by_day.get(day, [])
        return {
            "day": day,
            "url": self.address(day),
            "new": self.new_at(day),
            "is_today": day == today(),
            "is_other": day.month != first.month,
            "shown": [self.shown[key] for key in keys[:MOST_IN_A_CELL]],
            "more": max(0, len(keys) - MOST_IN_A_CELL),
        }


def heading_of(appointment: Appointment) -> str:
    """Return what an appointment is called: what it is, and of which case."""
    kind = appointment.get_kind_display()
    return (
        _("%(kind)s, case %(case)s") % {"kind": kind, "case": appointment.case}
        if (appointment.case)
        else kind
    )


def week_of(appointment: Appointment) -> str:
    """Return the address of the week in which an appointment is."""
    return f"{reverse('appointments')}?day={appointment.day:%Y-%m-%d}"


def appointments_of_case(request, case: Case) -> dict:
    """Return what the tab on the page of a case shows: the next one first, then what was."""
    rows = Appointment.objects.visible_to(request.user).filter(case=case)
    now = timezone.now()
    coming = shown_to(request.user, rows.filter(ends__gt=now).order_by("begins", "pk"))
    gone = rows.filter(ends__lte=now).order_by("-begins", "-pk")[:MOST_GONE]
    return {
        "appointments": coming + shown_to(request.user, gone),
        "can_add": may_add(request.user, case),
    }


def next_appointment(user, case: Case) -> Appointment | None:
    """Return the next planned appointment of a case; None where there is none to be seen."""
    rows = Appointment.objects.visible_to(user).filter(
        case=case, ends__gt=timezone.now(), status=Appointment.Status.PLANNED
    )
    return rows.order_by("begins", "pk").first()


def may_add(user, case: Case) -> bool:
    """Whether the person may plan an appointment in a case that runs today."""
    return user.has_perm(ADD, case) and case.closed_since(today()) is None
