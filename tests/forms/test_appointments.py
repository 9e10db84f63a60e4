"""Appointments: planned, changed alone and in series, cancelled; what the rules refuse."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.change_appointment import change_appointment
from forms.actions.open_case import set_status
from forms.actions.plan_appointment import plan_series
from forms.actions.settle_appointment import settle_appointment
from forms.conflicts import conflicts_of
from forms.models import Appointment, AppointmentSeries
from forms.series import on_the_clock
from tests import factories
from tests.factories import (
    DAY,
    make_appointment,
    make_case,
    make_contract,
    make_member,
    make_record,
    make_resource,
    somebody,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def member(contract):
    return make_member(contract.provider)


@pytest.fixture
def case(contract):
    return make_case(contract)


def series(member, **values) -> list[Appointment]:
    """Nine to ten on Mondays over the change of clocks on 25 October 2026."""
    given = {
        "organisation": member.organisation, "first": date(2026, 10, 12),
        "until": date(2026, 11, 2), "begins": time(9), "ends": time(10), "frequency": "weekly",
        "interval": 1, "members": [member],
    }  # fmt: skip
    return plan_series(**given | values, by=somebody())


def local(rows) -> list[str]:
    return [f"{timezone.localtime(row.begins):%d.%m. %H:%M}" for row in rows]


def all_of() -> list[Appointment]:
    return list(Appointment.objects.filter(series__isnull=False).order_by("begins"))


class TestRules:
    @pytest.mark.parametrize("minutes", [0, -30])
    def test_it_ends_after_it_begins(self, member, minutes):
        with pytest.raises(ValidationError, match="liegt vor dem Beginn"):
            make_appointment(member, minutes=minutes)

    def test_it_ends_on_the_same_day(self, member):
        make_appointment(member, at="23:00", minutes=59)
        with pytest.raises(ValidationError, match="an dem Tag"):
            make_appointment(member, at="23:00", minutes=61)

    def test_somebody_takes_part(self, member):
        row = make_appointment(member)
        with pytest.raises(ValidationError, match="Mindestens eine Person"):
            change_appointment(row, members=[], by=somebody())
        assert row.participants.count() == 1

    def test_people_of_the_calendar_or_of_the_other_side_of_its_case(self, contract, member, case):
        body = make_member(contract.commissioning_body, roles=["caseworker"])
        stranger = make_member(factories.make_organisation())
        assert make_appointment(member, body, case=case).participants.count() == 2
        for people, of_case in (([body], None), ([stranger], case)):
            with pytest.raises(ValidationError, match="arbeitet für niemanden"):
                make_appointment(member, *people, case=of_case)

    def test_case_is_one_of_the_organisation(self, case):
        stranger = make_member(factories.make_organisation())
        with pytest.raises(ValidationError, match="nichts zu tun"):
            make_appointment(stranger, case=case)

    def test_case_runs_on_the_day(self, contract, member):
        case = make_case(contract, assigned_on=date(2024, 3, 14), closed_on=date(2024, 5, 2))
        for day in (date(2024, 3, 14), date(2024, 5, 2)):
            make_appointment(member, day=day, case=case)
        for day in (date(2024, 3, 13), date(2024, 5, 3)):
            with pytest.raises(ValidationError, match="läuft am"):
                make_appointment(member, day=day, case=case)

    def test_cancelled_for_a_reason(self, member):
        row = make_appointment(member)
        with pytest.raises(ValidationError, match="Warum"):
            cancel_appointment(row, reason=" ", by=somebody())
        assert cancel_appointment(row, reason="verreist", by=somebody()) == 1
        with pytest.raises(ValidationError, match="Nur geplante"):
            cancel_appointment(row, reason="verreist", by=somebody())
        with pytest.raises(ValidationError, match="Nur geplante"):
            change_appointment(row, note="x", by=somebody())

    def test_recorded_stays_where_its_record_is(self, member, case):
        """Moved by itself or with its series, or cancelled, it would tell another day."""
        rows = series(member, case=case, first=date(2024, 3, 11), until=date(2024, 3, 25))
        make_record(case, reference=rows[1].reference)
        with pytest.raises(ValidationError, match="ohne Nachweis"):
            change_appointment(rows[1], begins=rows[0].begins, ends=rows[0].ends, by=somebody())
        with pytest.raises(ValidationError, match="ohne Nachweis"):
            cancel_appointment(rows[1], reason="verreist", by=somebody())
        begins, ends = (on_the_clock(rows[0].day, time(hour)) for hour in (10, 11))
        change_appointment(rows[0], following=True, begins=begins, ends=ends, by=somebody())
        assert local(all_of()) == ["11.03. 10:00", "18.03. 09:00", "25.03. 10:00"]
        assert cancel_appointment(rows[0], following=True, reason="Ende", by=somebody()) == 2

    def test_outcome_of_what_has_begun(self, member):
        row = make_appointment(member)
        assert settle_appointment(row, status="no_show", by=somebody()).status == "no_show"
        assert settle_appointment(row, status="held", by=somebody()).status == "held"
        later = make_appointment(member, day=timezone.localdate() + timedelta(days=2))
        with pytest.raises(ValidationError, match="noch bevor"):
            settle_appointment(later, status="held", by=somebody())


class TestRooms:
    def test_a_room_is_booked_once(self, member):
        room = make_resource(member.organisation)
        make_appointment(member, at="09:00", resources=[room])
        make_appointment(member, at="10:00", resources=[room])  # one leaves, the next enters
        for at, minutes in (("09:59", 10), ("08:30", 31), ("08:00", 240)):
            with pytest.raises(ValidationError, match="ist von 14.03.2024 .* belegt"):
                make_appointment(member, at=at, minutes=minutes, resources=[room])
        assert Appointment.objects.count() == 2

    def test_moving_takes_the_room_along_or_is_refused(self, member):
        room = make_resource(member.organisation)
        first = make_appointment(member, at="09:00", resources=[room])
        second = make_appointment(member, at="11:00", resources=[room])
        with pytest.raises(ValidationError, match="belegt"):
            change_appointment(second, begins=first.begins, ends=first.ends, by=somebody())
        assert Appointment.objects.get(pk=second.pk).begins == second.begins
        cancel_appointment(first, reason="verreist", by=somebody())
        moved = change_appointment(second, begins=first.begins, ends=first.ends, by=somebody())
        assert (moved.begins, moved.bookings.get().resource) == (first.begins, room)

    def test_rooms_of_others_are_not_booked(self, member):
        room = make_resource(factories.make_organisation())
        with pytest.raises(ValidationError, match="gehört einer anderen"):
            make_appointment(member, resources=[room])

    def test_a_series_makes_room_for_itself(self, member):
        """Moved by half an hour, each would overlap where it was before."""
        room = make_resource(member.organisation)
        first, *_rest = series(member, resources=[room])
        begins, ends = (on_the_clock(first.occurrence, time(*at)) for at in ((9, 30), (10, 30)))
        change_appointment(first, following=True, begins=begins, ends=ends, by=somebody())
        assert {timezone.localtime(row.begins).time() for row in all_of()} == {time(9, 30)}


class TestConflicts:
    def test_people_in_two_places(self, member):
        other = make_member(member.organisation)
        row = make_appointment(member, at="09:00")
        make_appointment(other, at="09:00")
        cancel_appointment(make_appointment(member, at="13:00"), reason="x", by=somebody())

        def found(begins, ends, **options):
            span = (on_the_clock(DAY, time(*begins)), on_the_clock(DAY, time(*ends)))
            return [each.member for each in conflicts_of([member], [span], **options)]

        assert found((9, 30), (11, 0)) == [member]
        assert found((8, 0), (9, 1)) == [member]
        assert found((10, 0), (11, 0)) == found((8, 0), (9, 0)) == found((13, 0), (14, 0)) == []
        assert found((9, 30), (11, 0), without=[row.pk]) == []


class TestSeries:
    def test_wall_time_stays_over_the_change_of_clocks(self, member):
        rows = series(member)
        assert local(rows) == [f"{day} 09:00" for day in ("12.10.", "19.10.", "26.10.", "02.11.")]
        assert [row.begins.astimezone(UTC).hour for row in rows] == [7, 7, 8, 8]

    def test_only_this_one(self, member):
        _first, second, *_rest = series(member)
        begins = datetime(2026, 10, 20, 13, 0, tzinfo=UTC)
        change_appointment(second, begins=begins, ends=begins + timedelta(hours=1), by=somebody())
        assert local(all_of()) == ["12.10. 09:00", "20.10. 15:00", "26.10. 09:00", "02.11. 09:00"]

    def test_this_and_following_over_the_change_of_clocks(self, member):
        """From the second one on a day later and at half past ten: still so in winter."""
        _first, second, *_rest = series(member)
        begins = on_the_clock(date(2026, 10, 20), time(10, 30))
        ends = on_the_clock(date(2026, 10, 20), time(11))
        change_appointment(second, following=True, begins=begins, ends=ends, by=somebody())
        assert local(all_of()) == ["12.10. 09:00", "20.10. 10:30", "27.10. 10:30", "03.11. 10:30"]
        assert {row.minutes for row in all_of()} == {60, 30}
        old, new = AppointmentSeries.objects.order_by("first")
        assert (old.until, new.first, new.until) == (
            date(2026, 10, 12), date(2026, 10, 20), date(2026, 11, 3),
        )  # fmt: skip

    def test_who_was_moved_alone_stays(self, member):
        _first, second, third, _last = series(member)
        at = datetime(2026, 10, 29, 14, 0, tzinfo=UTC)
        change_appointment(third, begins=at, ends=at + timedelta(hours=1), by=somebody())
        begins, ends = (on_the_clock(second.occurrence, time(hour)) for hour in (8, 9))
        change_appointment(second, following=True, begins=begins, ends=ends, by=somebody())
        assert local(all_of()) == ["12.10. 09:00", "19.10. 08:00", "29.10. 15:00", "02.11. 08:00"]

    def test_what_is_said_of_one_moved_alone_moves_nobody(self, member):
        _first, second, *_rest = series(member)
        at = datetime(2026, 10, 20, 14, 0, tzinfo=UTC)
        second = change_appointment(second, begins=at, ends=at + timedelta(hours=1), by=somebody())
        change_appointment(second, following=True, note="Raum 3", by=somebody())
        assert local(all_of()) == ["12.10. 09:00", "20.10. 16:00", "26.10. 09:00", "02.11. 09:00"]
        assert [row.note for row in all_of()] == ["", "Raum 3", "Raum 3", "Raum 3"]

    def test_the_last_friday_stays_the_last_one_when_only_the_time_changes(self, member):
        """Of 2026: 30 January is a fifth Friday, 27 February a fourth one, 29 May a fifth."""
        rows = series(member, first=date(2026, 1, 30), until=date(2026, 5, 29), frequency="monthly")
        for hour in (10, 11):
            begins, ends = (on_the_clock(date(2026, 2, 27), time(at)) for at in (hour, hour + 1))
            row = Appointment.objects.get(pk=rows[1].pk)
            change_appointment(row, following=True, begins=begins, ends=ends, by=somebody())
        assert local(all_of()) == [
            "30.01. 09:00", "27.02. 11:00", "27.03. 11:00", "24.04. 11:00", "29.05. 11:00",
        ]  # fmt: skip

    def test_a_week_later_moves_each_onto_the_day_of_the_next(self, member):
        first, *_rest = series(member)
        begins, ends = (on_the_clock(date(2026, 10, 19), time(hour)) for hour in (9, 10))
        change_appointment(first, following=True, begins=begins, ends=ends, by=somebody())
        assert local(all_of()) == ["19.10. 09:00", "26.10. 09:00", "02.11. 09:00", "09.11. 09:00"]
        assert AppointmentSeries.objects.get().until == date(2026, 11, 9)

    @pytest.mark.parametrize(
        ("days", "to", "moved"),
        [
            # Twice in a week of a weekly series: each of them gets a week of its own.
            ((12, 14, 19), 13, ["13.10.", "20.10.", "27.10."]),
            # The second takes the day of the third, which goes ahead; the last one goes back.
            ((5, 6, 13, 31), 6, ["06.10.", "13.10.", "20.10.", "27.10."]),
        ],
    )
    def test_out_of_a_file_with_two_where_its_rule_has_one(self, member, days, to, moved):
        days = [date(2026, 10, day) for day in days]
        repeats = AppointmentSeries.objects.create(
            organisation=member.organisation, frequency="weekly", first=days[0], until=days[-1],
            begins=time(9), ends=time(10),
        )  # fmt: skip
        first, *_rest = [
            make_appointment(member, day=day, series=repeats, occurrence=day) for day in days
        ]
        begins, ends = (on_the_clock(date(2026, 10, to), time(hour)) for hour in (9, 10))
        change_appointment(first, following=True, begins=begins, ends=ends, by=somebody())
        assert local(all_of()) == [f"{day} 09:00" for day in moved]
        assert [f"{row.occurrence:%d.%m.}" for row in all_of()] == moved

    def test_cancelled_from_one_on(self, member):
        first, second, *_rest = series(member)
        assert cancel_appointment(second, following=True, reason="Ende", by=somebody()) == 3
        assert [row.status for row in all_of()] == [
            "planned",
            "cancelled",
            "cancelled",
            "cancelled",
        ]
        change_appointment(first, following=True, note="letzter", by=somebody())
        assert [row.note for row in all_of()] == ["letzter", "", "", ""]

    def test_too_long(self, member):
        with pytest.raises(ValidationError, match="höchstens 200"):
            series(member, until=date(2036, 1, 1))
        assert not AppointmentSeries.objects.exists()


class TestWithoutRecord:
    def test_over_and_not_recorded(self, member, case):
        now = on_the_clock(DAY, time(12))
        row = make_appointment(member, at="09:00", case=case)
        make_appointment(member, at="11:30", case=case)  # not over yet
        make_appointment(member, at="08:00")  # nobody to record for
        missed = make_appointment(member, at="07:00", case=case)
        settle_appointment(missed, status="no_show", by=somebody())
        cancel_appointment(
            make_appointment(member, at="06:00", case=case), reason="x", by=somebody()
        )
        assert list(Appointment.objects.without_record(now)) == [row]
        record = make_record(case, reference=row.reference)
        assert list(Appointment.objects.without_record(now)) == []
        assert record.reference == row.reference

    def test_of_the_commissioning_body_nothing_is_recorded(self, contract, case):
        body = make_member(contract.commissioning_body, roles=["caseworker"])
        make_appointment(body, case=case)
        assert not Appointment.objects.without_record(timezone.now()).exists()


def test_closing_a_case_cancels_what_is_planned_in_it_afterwards(case, member):
    last = date(2024, 3, 14)
    before, on_the_day, after = (
        make_appointment(member, day=last + timedelta(days=days), case=case) for days in (-1, 0, 1)
    )
    elsewhere = make_appointment(member, day=last + timedelta(days=1))
    set_status(case=case, valid_from=last, status="closed", reason="done", by=somebody())
    for row in (before, on_the_day, after, elsewhere):
        row.refresh_from_db()
    assert [row.status for row in (before, on_the_day, after, elsewhere)] == [
        "planned", "planned", "cancelled", "planned"
    ]  # fmt: skip
    assert after.reason == "Der Fall ist abgeschlossen."
