"""The subscription, read as a calendar program reads it: what it says, to whom, and what never."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from icalendar import Calendar

from base.models import Event
from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.change_appointment import change_appointment
from forms.actions.identify_client import identify_client
from forms.actions.plan_appointment import plan_series
from forms.actions.share_calendar import revoke_calendar, share_calendar
from forms.models import CalendarFeed
from tests.factories import make_appointment, make_case, make_contract, make_member, somebody

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 10, 12, 6, 0, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def _monday():
    """The week before clocks change."""
    with time_machine.travel(MONDAY, tick=False):
        yield
    cache.clear()


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def member(contract):
    return make_member(contract.provider)


def shared(member) -> str:
    """Return the address of somebody's calendar."""
    _feed, secret = share_calendar(member=member, by=member.user)
    return reverse("calendar-feed", args=[secret])


def events(client, address) -> list:
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Cache-Control"] == "private, no-store"
    return Calendar.from_ical(answer.content).walk("VEVENT")


def test_series_with_exceptions_over_the_change_of_clocks(client, member):
    """Nine o'clock stays nine o'clock; one was moved, one cancelled, the rest begins at ten."""
    rows = plan_series(
        organisation=member.organisation, first=date(2026, 10, 12), until=date(2026, 11, 16),
        begins=time(9), ends=time(9, 45), frequency="weekly", interval=1, members=[member],
        by=somebody(),
    )  # fmt: skip
    moved = datetime(2026, 10, 20, 14, 0, tzinfo=BERLIN)
    change_appointment(rows[1], begins=moved, ends=moved + timedelta(minutes=45), by=somebody())
    cancel_appointment(rows[2], reason="Feiertag", by=somebody())
    later = datetime(2026, 11, 9, 10, 0, tzinfo=BERLIN)
    change_appointment(
        rows[4], following=True, begins=later, ends=later + timedelta(hours=1), by=somebody()
    )
    found = events(client, shared(member))
    assert [(each["dtstart"].dt, each["dtend"].dt - each["dtstart"].dt) for each in found] == [
        (datetime(2026, 10, 12, 7, 0, tzinfo=UTC), timedelta(minutes=45)),
        (datetime(2026, 10, 20, 12, 0, tzinfo=UTC), timedelta(minutes=45)),
        (datetime(2026, 11, 2, 8, 0, tzinfo=UTC), timedelta(minutes=45)),
        (datetime(2026, 11, 9, 9, 0, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2026, 11, 16, 9, 0, tzinfo=UTC), timedelta(hours=1)),
    ]
    assert [f"{each['dtstart'].dt.astimezone(BERLIN):%d.%m. %H:%M}" for each in found] == [
        "12.10. 09:00", "20.10. 14:00", "02.11. 09:00", "09.11. 10:00", "16.11. 10:00",
    ]  # fmt: skip
    assert len({str(each["uid"]) for each in found}) == 5
    again = {str(each["uid"]) for each in events(client, shared(member))}
    assert again == {str(each["uid"]) for each in found}


def test_it_names_neither_client_nor_case_nor_home(client, contract, member):
    case = make_case(contract, "K-geheim")
    identify_client(
        client=case.client, first_name="Vera", last_name="Geheim", birth_date=None, gender="f",
        by=somebody(),
    )  # fmt: skip
    common = {"day": date(2026, 10, 14), "case": case, "note": "Notiz-geheim"}
    make_appointment(member, location="home", address="Geheimweg 1", **common)
    make_appointment(member, at="11:00", location="body", **common)
    make_appointment(member, at="13:00", location="elsewhere", address="Rathaus; Tür B", **common)
    make_appointment(member, at="15:00", channel="phone", address="Geheimweg 1", **common)
    address = shared(member)
    found = [(str(each["summary"]), str(each.get("location", ""))) for each in
             events(client, address)]  # fmt: skip
    assert found == [
        ("Gespräch", ""), ("Gespräch", "im Jobcenter"), ("Gespräch", "Rathaus; Tür B"),
        ("Gespräch", "am Telefon"),
    ]  # fmt: skip
    said = client.get(address).content.decode()
    assert "geheim" not in said.lower()
    assert case.number not in said


def test_only_its_owners_appointments(client, contract, member):
    other = make_member(contract.provider)
    make_appointment(other, day=date(2026, 10, 14))
    make_appointment(member, other, day=date(2026, 10, 15), kind="team")
    assert len(events(client, shared(member))) == 1
    assert len(events(client, shared(other))) == 2


def test_wrong_revoked_and_replaced_are_not_there(client, member):
    address = shared(member)
    secret = address.removesuffix(".ics").rsplit("/", 1)[1]
    prefix, rest = secret.split("_", 1)
    for wrong in ("x", prefix, f"{prefix}_", f"{prefix}_{'A' * 43}", f"{'0' * 12}_{rest}"):
        assert client.get(reverse("calendar-feed", args=[wrong])).status_code == 404, wrong
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 405
    second = shared(member)
    assert (client.get(address).status_code, client.get(second).status_code) == (404, 200)
    revoke_calendar(CalendarFeed.objects.get(revoked_at=None), by=member.user)
    assert client.get(second).status_code == 404


@pytest.mark.parametrize("change", ["left", "barred", "other role"])
def test_nothing_for_who_has_no_calendar_any_more(client, contract, member, change):
    address = shared(member)
    if change == "left":
        make_member(contract.provider, roles=["provider_lead"])
        member.active = False
    elif change == "other role":
        member.roles = []
    else:
        member.user.is_active = False
        member.user.save()
    member.save()
    assert client.get(address).status_code == 404


def test_secret_is_stored_as_a_hash_alone(member):
    feed, secret = share_calendar(member=member, by=member.user)
    rest = secret.split("_", 1)[1]
    assert all(rest not in str(value) for value in vars(feed).values())
    assert all(rest not in str(row) for row in CalendarFeed.history.values())


def test_use_is_recorded_once_an_hour(client, member):
    address = shared(member)
    for _again in range(3):
        client.get(address)
    used = Event.objects.filter(kind="api", object_label="forms.calendarfeed")
    assert [(event.actor_number, event.at) for event in used] == [(member.user_id, MONDAY)]
    assert CalendarFeed.objects.get().last_used_at == MONDAY
    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        client.get(address)
    assert used.all().count() == 2


def test_whoever_tries_too_often_has_to_wait(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"calendar_feed": "3/m/ip"}
    address = reverse("calendar-feed", args=["x"])
    assert [client.get(address).status_code for _try in range(4)] == [404, 404, 404, 429]


def test_a_page_shows_the_address_once(client, member):
    client.force_login(member.user)
    page = reverse("calendar-share")
    shown = client.post(page, {}, follow=True).content.decode()
    prefix = CalendarFeed.objects.get().prefix
    assert f"/calendar-feed/{prefix}_" in shown
    assert prefix not in client.get(page).content.decode()
