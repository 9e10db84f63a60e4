"""Public holidays when appointments are planned: named first, and left out of series."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext

from contracts.actions.assign_roles import assign_roles
from contracts.at_work import holidays_among
from contracts.dates.working_days import Calendar
from forms.actions.change_appointment import change_appointment
from forms.actions.plan_appointment import plan_series
from forms.models import Appointment
from forms.series import on_the_clock, place_of
from tests.factories import (
    make_appointment,
    make_case,
    make_contract,
    make_member,
    somebody,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
CHRISTMAS, NEW_YEAR = date(2026, 12, 25), date(2027, 1, 1)
FRIDAYS = [date(2026, 12, 11), date(2026, 12, 18), CHRISTMAS, NEW_YEAR, date(2027, 1, 8)]


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def counsellor(contract):
    member = make_member(contract.provider)
    assign_roles(member)
    return member


def weekly(member, **values) -> dict:
    return {
        "kind": "talk", "channel": "in_person", "location": "office", "members": [member.pk],
        "day": f"{FRIDAYS[0]}", "begins": "09:00", "ends": "10:00", "frequency": "weekly",
        "interval": "1", "until": f"{FRIDAYS[-1]}",
    } | values  # fmt: skip


def send(client, values):
    address = reverse("appointment-new")
    asked = client.post(address, values)
    confirmation = asked.context["confirmation"]
    assert confirmation, asked.context["form"].errors
    return asked, client.post(address, values | {confirmation.name: confirmation.value})


def days() -> list[date]:
    return [row.day for row in Appointment.objects.order_by("begins")]


def test_a_series_names_and_leaves_out_what_is_a_holiday(client, counsellor):
    client.force_login(counsellor.user)
    asked, done = send(client, weekly(counsellor))
    text = asked.content.decode()
    assert "Die Reihe lässt Feiertage aus" in text
    assert "Fr, 25.12.2026: Erster Weihnachtstag" in text
    assert "Fr, 01.01.2027: Neujahr" in text
    assert done.status_code == 302
    assert days() == [FRIDAYS[0], FRIDAYS[1], FRIDAYS[4]]


def test_kept_by_choice(client, counsellor):
    client.force_login(counsellor.user)
    asked, done = send(client, weekly(counsellor, holidays="on"))
    assert "Das ist ein Feiertag. Ist der Termin trotzdem gemeint?" in asked.content.decode()
    assert done.status_code == 302
    assert days() == FRIDAYS


def test_what_is_left_out_is_in_nobodys_way(client, counsellor):
    make_appointment(counsellor, day=CHRISTMAS, at="09:00", kind="team")
    other = make_appointment(counsellor, day=FRIDAYS[1], at="09:30", kind="team")
    client.force_login(counsellor.user)
    asked, _done = send(client, weekly(counsellor))
    assert [each.begins for each in asked.context["conflicts"]] == [other.begins]
    assert "Neujahr" in asked.content.decode()


def test_one_appointment_on_a_holiday_is_asked_about_and_moved_there_too(client, counsellor):
    client.force_login(counsellor.user)
    _asked, done = send(client, weekly(counsellor, day=f"{CHRISTMAS}", frequency=""))
    assert done.status_code == 302
    assert days() == [CHRISTMAS]
    row = Appointment.objects.get()
    moved = {"day": f"{NEW_YEAR}", "begins": "09:00", "ends": "10:00"}
    asked = client.post(reverse("appointment-move", args=[row.pk]), moved)
    assert asked.context["holidays"] == [(NEW_YEAR, "Neujahr")]


def test_nobody_is_asked_about_working_days_weekends_and_what_is_past(client, counsellor):
    client.force_login(counsellor.user)
    for day in ("2026-12-12", "2026-12-14", "2025-12-25"):
        sent = weekly(counsellor, day=day, frequency="")
        assert client.post(reverse("appointment-new"), sent).status_code == 302, day
    assert len(days()) == 3


@pytest.mark.parametrize("asks_for_all", [False, True])
def test_a_series_that_began_leaves_past_holidays_out_and_says_so(client, counsellor, asks_for_all):
    with time_machine.travel(datetime(2026, 12, 28, 9, 0, tzinfo=UTC), tick=False):
        client.force_login(counsellor.user)
        values = weekly(counsellor) | ({"holidays": "on"} if asks_for_all else {})
        asked, done = send(client, values)
    assert done.status_code == 302
    if asks_for_all:
        # Nothing is to ask about one that is over.
        assert [day for day, _name in asked.context["holidays"]] == [NEW_YEAR]
        assert days() == FRIDAYS
    else:
        assert [day for day, _name in asked.context["holidays"]] == [CHRISTMAS, NEW_YEAR]
        assert days() == [FRIDAYS[0], FRIDAYS[1], FRIDAYS[4]]


def test_where_nothing_is_left_nothing_is_planned(client, counsellor):
    client.force_login(counsellor.user)
    sent = weekly(counsellor, day=f"{CHRISTMAS}", until=f"{NEW_YEAR}")
    _asked, refused = send(client, sent)
    assert "Es bleibt kein Tag übrig" in str(refused.context["form"].errors["until"])
    assert days() == []


def test_the_calendar_is_that_of_the_case_and_else_of_the_house(client, counsellor, contract):
    """Corpus Christi is a holiday in North Rhine-Westphalia, and none in Berlin."""
    day = date(2027, 5, 27)
    berlin = make_contract(provider=contract.provider, calendar={"state": "BE"})
    assert holidays_among([day], [contract]) == {day: "Fronleichnam"}
    assert holidays_among([day], [contract, berlin]) == {}
    assert holidays_among([day, CHRISTMAS], []) == {CHRISTMAS: "Erster Weihnachtstag"}
    client.force_login(counsellor.user)
    asked = {}
    for name, case in (("NW", make_case(contract)), ("BE", make_case(berlin))):
        sent = weekly(counsellor, day=f"{day}", frequency="", case=case.pk)
        answer = client.post(reverse("appointment-new"), sent)
        asked[name] = answer.status_code == 200 and answer.context["holidays"]
    assert asked == {"NW": [(day, "Fronleichnam")], "BE": False}


def test_free_days_have_german_names():
    rhine = Calendar(
        "NW", extra_holidays=frozenset({date(2026, 5, 15)}), christmas_eve_off=True,
        new_years_eve_off=True,
    )  # fmt: skip
    for day, name in (
        (date(2026, 12, 24), "Heiligabend"), (date(2026, 12, 31), "Silvester"),
        (date(2026, 5, 15), "zusätzlicher freier Tag"),
    ):  # fmt: skip
        assert gettext(rhine.holiday(day)) == name
    assert rhine.holiday(date(2026, 12, 27)) is None
    assert rhine.holiday(date(2026, 12, 26)) == "Zweiter Weihnachtstag"


def planned(member, **values) -> list:
    usual = {
        "first": FRIDAYS[0], "until": FRIDAYS[-1], "frequency": "weekly", "interval": 1,
        "begins": time(9), "ends": time(10),
    }  # fmt: skip
    return plan_series(
        organisation=member.organisation, members=[member], by=somebody(), **usual | values
    )


def test_a_series_that_moves_keeps_its_gaps(counsellor):
    rows = planned(counsellor, without={CHRISTMAS, NEW_YEAR})
    begins = on_the_clock(date(2026, 12, 17), time(9))
    change_appointment(
        rows[1], following=True, begins=begins, ends=begins + timedelta(hours=1),
        by=somebody(),
    )  # fmt: skip
    # One day earlier each, the two weeks between still free.
    assert days() == [date(2026, 12, 11), date(2026, 12, 17), date(2027, 1, 7)]


def test_a_monthly_series_that_moves_keeps_its_gaps(counsellor):
    rows = planned(
        counsellor, first=date(2026, 12, 4), until=date(2027, 4, 30), frequency="monthly",
        without={NEW_YEAR},
    )  # fmt: skip
    assert days() == [date(2026, 12, 4), date(2027, 2, 5), date(2027, 3, 5), date(2027, 4, 2)]
    begins = on_the_clock(date(2026, 12, 14), time(9))
    change_appointment(
        rows[0], following=True, begins=begins, ends=begins + timedelta(hours=1),
        by=somebody(),
    )  # fmt: skip
    assert days() == [date(2026, 12, 14), date(2027, 2, 8), date(2027, 3, 8), date(2027, 4, 12)]


def test_a_series_of_holidays_alone_is_refused(counsellor):
    with pytest.raises(ValidationError, match="kein Tag übrig"):
        planned(counsellor, first=CHRISTMAS, until=CHRISTMAS, without={CHRISTMAS})


@pytest.mark.parametrize(
    ("frequency", "interval", "first", "day", "place"),
    [
        ("weekly", 2, "2026-12-11", "2027-01-08", 2),
        ("monthly", 1, "2026-01-30", "2026-03-27", 2),
        ("monthly", 3, "2026-11-02", "2027-05-03", 2),
    ],
)
def test_places_in_a_series(frequency, interval, first, day, place):
    found = place_of(frequency, interval, date.fromisoformat(first), date.fromisoformat(day))
    assert found == place
