"""Rooms and vehicles, series and appointments in files; times are those on the wall in Berlin."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from django.utils import timezone
from pydantic import Field

from base.acting import current_actor
from base.content import Content, Key, Line
from base.exchange.kinds import WHOLE, Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import find_by, require_same, stored_or_new
from contracts.models import Member, Organisation
from forms.actions.plan_appointment import plan_appointment
from forms.exchange.service_records import Clock
from forms.models import Appointment, AppointmentSeries, Case, Resource
from forms.series import on_the_clock

REFERENCE = r"^E-[0-9a-f]{12}$"


class ResourceEntry(Content):
    """A room or vehicle of an organisation that appointments book."""

    key: Key = Field(max_length=60)
    organisation: Key
    name: Line = Field(max_length=100)
    kind: Literal["room", "vehicle"]
    active: bool = True


class SeriesEntry(Content):
    """A rule by which appointments repeat; each of them is an entry of its own."""

    reference: Line = Field(pattern=REFERENCE)
    organisation: Key
    frequency: Literal["weekly", "monthly"]
    interval: int = Field(1, ge=1, le=99)
    first: date
    until: date
    begins: Clock
    ends: Clock


class AppointmentEntry(Content):
    """An appointment with the people who take part and what is booked for it."""

    reference: Line = Field(pattern=REFERENCE)
    organisation: Key
    day: date
    begins: Clock
    ends: Clock
    members: tuple[Line, ...] = Field(min_length=1)
    resources: tuple[Key, ...] = ()
    case: str = ""
    kind: Literal["talk", "three_party", "group", "errand", "team", "training", "other"] = "talk"
    work: str = Field("", max_length=60)
    channel: Literal["in_person", "phone", "video"] = "in_person"
    location: Literal["office", "home", "body", "elsewhere"] = "office"
    address: str = Field("", max_length=200)
    note: str = Field("", max_length=500)
    status: Literal["planned", "held", "cancelled", "no_show"] = "planned"
    reason: str = Field("", max_length=500)
    series: str = ""
    occurrence: date | None = None


def _load_resource(located: Located) -> int:
    entry: ResourceEntry = located.entry
    values = {name: getattr(entry, name) for name in ("name", "kind", "active")}
    values["organisation"] = find_by(located, Organisation, key=entry.organisation)
    return stored_or_new(Resource, located, {"key": entry.key}, values)


def _dump_resources():
    rows = Resource.objects.select_related("organisation")
    for row in rows.order_by(*by_text("key")):
        values = {name: getattr(row, name) for name in ("key", "name", "kind", "active")}
        yield ResourceEntry(organisation=row.organisation.key, **values)


_SERIES = ("frequency", "interval", "first", "until", "begins", "ends")


def _load_series(located: Located) -> int:
    entry: SeriesEntry = located.entry
    values = {name: getattr(entry, name) for name in _SERIES}
    values["organisation"] = find_by(located, Organisation, key=entry.organisation)
    return stored_or_new(AppointmentSeries, located, {"reference": entry.reference}, values)


def _dump_series():
    rows = AppointmentSeries.objects.select_related("organisation")
    for row in rows.order_by(*by_text("reference")):
        yield SeriesEntry(
            reference=row.reference,
            organisation=row.organisation.key,
            **{name: getattr(row, name) for name in _SERIES},
        )


_WHAT = (
    "kind", "work", "channel", "location", "address", "note", "status", "reason", "occurrence",
)  # fmt: skip


def _load_appointment(located: Located) -> int:
    entry: AppointmentEntry = located.entry
    values = {
        "organisation": find_by(located, Organisation, key=entry.organisation),
        "case": find_by(located, Case, number=entry.case) if entry.case else None,
        "series": find_by(located, AppointmentSeries, reference=entry.series)
        if entry.series
        else None,
        "begins": on_the_clock(entry.day, entry.begins),
        "ends": on_the_clock(entry.day, entry.ends),
        **{name: getattr(entry, name) for name in _WHAT},
    }
    if stored := Appointment.objects.filter(reference=entry.reference).first():
        require_same(located, stored, values)
        return False
    plan_appointment(
        reference=entry.reference,
        members=_members(located, entry, values),
        resources=[find_by(located, Resource, key=key) for key in entry.resources],
        **values,
        by=current_actor(),
    )
    return True


def _members(located: Located, entry: AppointmentEntry, values: dict) -> Sequence[Member]:
    """Return the people who take part: of the calendar's organisation, or of the other side."""
    case, own = values["case"], values["organisation"].pk
    places = [own] if case is None else [own, case.contract.provider_id]
    places += [] if case is None else [case.contract.commissioning_body_id]
    found = []
    for name in entry.members:
        rows = Member.objects.filter(user__username=name, organisation__in=places)
        by_place = {row.organisation_id: row for row in rows}
        row = next((by_place[place] for place in places if place in by_place), None)
        found.append(row or find_by(located, Member, user__username=name))
    return found


def _dump_appointments():
    rows = Appointment.objects.select_related("organisation", "case", "series").prefetch_related(
        "participants__member__user", "bookings__resource"
    )
    for row in rows.order_by(*by_text("reference")):
        begins, ends = timezone.localtime(row.begins), timezone.localtime(row.ends)
        yield AppointmentEntry(
            reference=row.reference,
            organisation=row.organisation.key,
            day=begins.date(),
            begins=begins.time(),
            ends=ends.time(),
            members=[each.member.user.username for each in row.participants.all()],
            resources=[each.resource.key for each in row.bookings.all()],
            case=row.case.number if row.case else "",
            series=row.series.reference if row.series else "",
            **{name: getattr(row, name) for name in _WHAT},
        )


register(
    Kind(
        section="resources",
        position=66,
        entry=ResourceEntry,
        load=lambda entries: load_each(entries, _load_resource),
        dump=_dump_resources,
        known_by=("key",),
    )
)
register(
    Kind(
        section="appointment_series",
        position=67,
        entry=SeriesEntry,
        load=lambda entries: load_each(entries, _load_series),
        dump=_dump_series,
        known_by=("reference",),
    )
)
register(
    Kind(
        section="appointments",
        position=72,
        entry=AppointmentEntry,
        load=lambda entries: load_each(entries, _load_appointment),
        dump=_dump_appointments,
        known_by=("reference",),
        protected=WHOLE,
    )
)
