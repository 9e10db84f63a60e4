"""The calendar on screen: who sees what, what is asked, and the way to record and letter."""

import io
from datetime import date, time, timedelta

import docx
import pytest
from django.urls import reverse
from django.utils import timezone

from base.models import Event
from contracts.actions.assign_roles import assign_roles
from contracts.dates.working_days import Calendar
from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.correct_record import withdraw_record
from forms.actions.identify_client import identify_client
from forms.actions.reach_client import reach_client
from forms.calendar_grid import hours_shown, placed
from forms.models import Appointment, ServiceRecord
from forms.series import on_the_clock
from forms.views.home import appointments_today
from forms.views.open_appointments import open_appointments
from tests.factories import (
    make_appointment,
    make_case,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_resource,
    make_team,
    reason,
    somebody,
)

pytestmark = pytest.mark.django_db

YESTERDAY = timezone.localdate() - timedelta(days=1)
SOON = next(
    day
    for day in (timezone.localdate() + timedelta(days=ahead) for ahead in range(1, 60))
    if not any(Calendar("NW").holiday(day + timedelta(weeks=weeks)) for weeks in range(4))
)
"""The first day from tomorrow on that is no holiday, like those one to three weeks after it."""


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def case(contract):
    case = make_case(contract)
    identify_client(
        client=case.client, first_name="Vera", last_name="Muster", birth_date=None, gender="f",
        by=somebody(),
    )  # fmt: skip
    return case


def works(organisation, role="counsellor"):
    member = make_member(organisation, roles=[role])
    assign_roles(member)
    return member


@pytest.fixture
def counsellor(contract):
    return works(contract.provider)


@pytest.fixture
def caseworker(contract):
    return works(contract.commissioning_body, "caseworker")


def page(client, member, name, *arguments, **query) -> str:
    client.force_login(member.user)
    return client.get(reverse(name, args=arguments), query).content.decode()


def test_a_week_shows_its_days_with_clients_by_name(client, case, counsellor):
    make_appointment(counsellor, day=date(2024, 3, 14), case=case)
    make_appointment(counsellor, day=date(2024, 3, 18), kind="training")
    text = page(client, counsellor, "appointments", day="2024-03-13")
    assert "Woche 11" in text
    assert f"{case.number} · Muster, Vera" in text
    assert "Fortbildung" not in text
    month = page(client, counsellor, "appointments-month", day="2024-03-13")
    assert "März 2024" in month
    assert case.number in month
    assert "Fortbildung" in month


@pytest.mark.parametrize("day", ["0001-01-01", "0002-01-01", "9998-12-31", "9999-12-31"])
@pytest.mark.parametrize(
    "name", ["appointments", "appointments-month", "appointment-new", "record-day", "record-week"]
)
def test_pages_show_any_day_that_is_typed(client, counsellor, name, day):
    client.force_login(counsellor.user)
    assert client.get(reverse(name), {"day": day}).status_code == 200


def test_a_team_is_shown_together(client, case, counsellor, contract):
    other, team = works(contract.provider), make_team(contract.provider)
    team.memberships.create(member=other)
    make_appointment(other, day=date(2024, 3, 14), case=case)
    make_appointment(counsellor, day=date(2024, 3, 14), kind="training")
    text = page(client, counsellor, "appointments", day="2024-03-14", who=f"t{team.pk}")
    assert case.number in text
    assert "Fortbildung" not in text


def test_the_commissioning_body_sees_what_its_people_take_part_in(
    client, case, counsellor, caseworker
):
    day = date(2024, 3, 14)
    together = make_appointment(
        counsellor, caseworker, day=day, case=case, kind="three_party", note="Notiz-geheim"
    )
    alone = make_appointment(counsellor, day=day, at="11:00", case=case)
    text = page(client, caseworker, "appointments", day=f"{day}")
    assert reverse("appointment", args=[together.pk]) in text
    assert reverse("appointment", args=[alone.pk]) not in text
    shown = page(client, caseworker, "appointment", together.pk)
    assert "Dreiergespräch" in shown
    assert "Notiz-geheim" not in shown
    assert "Notiz-geheim" in page(client, counsellor, "appointment", together.pk)
    client.force_login(caseworker.user)
    assert client.get(reverse("appointment", args=[alone.pk])).status_code == 404
    for name in ("move", "change", "cancel", "settle"):
        address = reverse(f"appointment-{name}", args=[together.pk])
        assert client.get(address).status_code == 404, name


def form_of(member, **values) -> dict:
    return {
        "day": f"{SOON}", "begins": "09:00", "ends": "10:00", "kind": "talk",
        "channel": "in_person", "location": "office", "members": [member.pk], "frequency": "",
        "interval": "1",
    } | values  # fmt: skip


def test_conflicts_are_asked_about_and_may_be_meant(client, counsellor):
    make_appointment(counsellor, day=SOON, at="09:30")
    client.force_login(counsellor.user)
    address, values = reverse("appointment-new"), form_of(counsellor)
    asked = client.post(address, values)
    assert (asked.status_code, Appointment.objects.count()) == (200, 1)
    assert "gibt es schon einen Termin" in asked.content.decode()
    confirmation = asked.context["confirmation"]
    meant = values | {confirmation.name: confirmation.value}
    assert client.post(address, meant).status_code == 302
    assert Appointment.objects.count() == 2


def test_from_the_other_side_take_part_who_works_on_cases_there(client, case, counsellor):
    """Not whoever else works in that house: who they are is none of the provider's business."""
    body = case.contract.commissioning_body
    offered = {works(body, role).pk for role in ("caseworker", "team_lead")}
    for role in ("finance", "director", "manager"):
        works(body, role)
    client.force_login(counsellor.user)
    form = client.get(reverse("appointment-new"), {"case": case.pk}).context["form"]
    assert {pk for pk, _name in form.fields["others"].choices} == offered


def test_a_booked_room_is_refused_and_named(client, counsellor):
    room = make_resource(counsellor.organisation)
    other = works(counsellor.organisation)
    make_appointment(other, day=SOON, at="09:30", resources=[room])
    client.force_login(counsellor.user)
    refused = client.post(
        reverse("appointment-new"), form_of(counsellor, resources=[room.pk])
    ).content.decode()
    assert f"{room} ist von" in refused
    assert Appointment.objects.count() == 1


def test_a_series_is_planned_and_moved_from_one_on(client, counsellor):
    client.force_login(counsellor.user)
    until = SOON + timedelta(days=21)
    values = form_of(counsellor, frequency="weekly", until=f"{until}")
    assert client.post(reverse("appointment-new"), values).status_code == 302
    rows = list(Appointment.objects.order_by("begins"))
    assert len(rows) == 4
    moved = {"day": f"{rows[2].day}", "begins": "13:00", "ends": "14:00", "scope": "following"}
    address = reverse("appointment-move", args=[rows[2].pk])
    assert client.post(address, moved).status_code == 302
    hours = [timezone.localtime(row.begins).hour for row in Appointment.objects.order_by("begins")]
    assert hours == [9, 9, 13, 13]


def test_a_series_that_moves_asks_about_all_its_days_and_never_about_itself(client, counsellor):
    client.force_login(counsellor.user)
    until = SOON + timedelta(days=14)
    client.post(
        reverse("appointment-new"), form_of(counsellor, frequency="weekly", until=f"{until}")
    )
    first = Appointment.objects.order_by("begins")[0]
    other = make_appointment(counsellor, day=until, at="11:30")
    address = reverse("appointment-move", args=[first.pk])
    sent = {"day": f"{SOON + timedelta(days=7)}", "scope": "following"}
    answer = client.post(address, sent | {"begins": "09:00", "ends": "10:00"})
    assert answer.status_code == 302, answer.context["conflicts"]
    asked = client.post(address, sent | {"begins": "11:00", "ends": "12:00"})
    assert [each.begins for each in asked.context["conflicts"]] == [other.begins]


def test_a_note_for_this_and_following_moves_nobody(client, counsellor):
    """Also where this one was moved by itself: only a day or time that was changed is meant."""
    client.force_login(counsellor.user)
    until = SOON + timedelta(days=14)
    client.post(
        reverse("appointment-new"), form_of(counsellor, frequency="weekly", until=f"{until}")
    )
    second = Appointment.objects.order_by("begins")[1]
    alone = {"day": f"{second.day}", "begins": "15:00", "ends": "16:00", "scope": "this"}
    assert client.post(reverse("appointment-move", args=[second.pk]), alone).status_code == 302
    address = reverse("appointment-change", args=[second.pk])
    said = {"scope": "following", "note": "Raum 3", "_seen": client.get(address).context["seen"]}
    answer = client.post(address, form_of(counsellor) | alone | said)
    assert answer.status_code == 302, answer.context["form"].errors
    rows = Appointment.objects.order_by("begins")
    assert [(timezone.localtime(row.begins).hour, row.note) for row in rows] == [
        (9, ""), (15, "Raum 3"), (9, "Raum 3"),
    ]  # fmt: skip


def test_fields_of_a_case_are_asked_for_in_own_calendars_alone(client, counsellor):
    stranger = make_member(make_organisation())
    client.force_login(counsellor.user)
    answers = [
        client.get(reverse("appointment-of-case"), {"organisation": each.organisation_id})
        for each in (counsellor, stranger)
    ]
    assert [answer.status_code for answer in answers] == [200, 404]


def test_today_says_by_what_people_talk(counsellor):
    today = timezone.localdate()
    make_appointment(counsellor, day=today, at="15:00", channel="phone")
    make_appointment(counsellor, day=today, at="16:00", location="home")
    found = [(each.title, each.note) for each in appointments_today(counsellor.user)]
    assert found == [("15:00 Gespräch", "am Telefon"), ("16:00 Gespräch", "in der Wohnung")]


def test_is_recorded_as_what_the_page_of_a_day_takes(client, case, counsellor):
    """A session of a group is recorded elsewhere."""
    client.force_login(counsellor.user)
    asked = {"organisation": counsellor.organisation_id, "case": case.pk, "day": f"{YESTERDAY}"}
    work = client.get(reverse("appointment-of-case"), asked).context["form"].fields["work"]
    page = client.get(reverse("record-day"), {"day": f"{YESTERDAY}"}).context
    kinds = [key for key, _label in page["rows"][0].fields["kind"].choices]
    assert [key for key, _label in work.choices] == kinds == ["", "talk"]


def test_from_appointment_to_record_in_one_step(client, case, counsellor):
    row = make_appointment(
        counsellor, day=YESTERDAY, at="09:15", minutes=75, case=case, work="talk"
    )
    assert list(open_appointments(counsellor.user)) == [row]
    assert case.number in page(client, counsellor, "appointments-open")
    client.force_login(counsellor.user)
    shown = client.get(reverse("appointment", args=[row.pk])).context["record_url"]
    form = client.get(shown).context["rows"][0]
    given = {name: form[name].value() for name in ("reference", "case", "kind", "minutes")}
    assert given == {
        "reference": row.reference, "case": case.pk, "kind": "talk", "minutes": "09:15–10:30",
    }  # fmt: skip
    entry = {f"rows-0-{name}": value for name, value in given.items()}
    common = {"count": "1", "day": f"{YESTERDAY}", "counsellor": counsellor.pk}
    assert client.post(shown, entry | common).status_code == 302
    record = ServiceRecord.objects.get()
    assert (record.minutes, record.begins, record.day) == (75, time(9, 15), YESTERDAY)
    assert not open_appointments(counsellor.user).exists()
    answer = client.get(reverse("appointment", args=[row.pk]))
    assert answer.context["record"] == record
    assert answer.context["record_url"] == ""
    week = client.get(reverse("appointments"), {"day": f"{YESTERDAY}"}).content.decode()
    assert reverse("appointment", args=[row.pk]) in week
    assert "data-move=" not in week


def test_a_record_taken_back_leaves_open_what_became_of_the_appointment(client, case, counsellor):
    row = make_appointment(counsellor, day=YESTERDAY, case=case)
    record = make_record(case, day=YESTERDAY, reference=row.reference)
    outcome = reverse("appointment-settle", args=[row.pk])
    assert outcome not in page(client, counsellor, "appointment", row.pk)
    stale = client.post(outcome, {"status": "no_show"})
    assert "nehmen Sie zuerst den Nachweis zurück" in stale.content.decode()
    assert Appointment.objects.get(pk=row.pk).status == "planned"
    why = reason("recorded-twice")
    withdraw_record(record, version=1, chosen_reason=why, by=somebody())
    shown = page(client, counsellor, "appointment", row.pk)
    assert outcome in shown
    assert "zurückgezogen" in shown
    assert "erfasst" not in shown.lower().split("<dl", 1)[1].split("</dl>")[0]
    assert client.post(outcome, {"status": "no_show"}).status_code == 302
    assert Appointment.objects.get(pk=row.pk).status == "no_show"


def test_recorded_for_who_took_part(client, case, counsellor):
    """Whoever leads records what a colleague held, unless they were there themselves."""
    lead = works(case.contract.provider, "provider_lead")
    colleagues, both = (
        make_appointment(*people, day=YESTERDAY, at=at, case=case)
        for at, people in (("09:00", [counsellor]), ("11:00", [counsellor, lead]))
    )
    client.force_login(lead.user)
    listed = client.get(reverse("appointments-open")).content.decode()
    for row, expected in ((colleagues, counsellor), (both, lead)):
        address = client.get(reverse("appointment", args=[row.pk])).context["record_url"]
        assert address.replace("&", "&amp;") in listed
        page = client.get(address).context
        assert page["counsellor"] == expected
        assert page["rows"][0]["reference"].value() == row.reference


def test_the_letter_invites_the_client(client, case, counsellor):
    row = make_appointment(
        counsellor, day=SOON, at="09:00", case=case, location="elsewhere", address="Rathaus"
    )
    reach_client(
        client=case.client, street="Birkenweg 3", postcode="59990", city="Lindental", by=somebody()
    )
    client.force_login(counsellor.user)
    answer = client.get(reverse("appointment-invitation", args=[row.pk]))
    text = "\n".join(each.text for each in docx.Document(io.BytesIO(answer.content)).paragraphs)
    assert "Vera Muster\nBirkenweg 3\n59990 Lindental\n" in text
    # What shows through an envelope's window says where a letter goes back to, not whose it is.
    window, _rest = text.split("Vera Muster")
    assert counsellor.organisation.name not in window
    assert "Sehr geehrte Frau Muster," in text
    assert f"{SOON:%d.%m.%Y}"[-4:] in text
    assert "09:00 bis 10:00 Uhr" in text
    assert "Ort: Rathaus" in text
    assert "{" not in text
    event = Event.objects.get(kind="download")
    assert (event.object_label, event.object_number) == ("forms.appointment", row.pk)
    assert "Muster" not in event.title


@pytest.mark.parametrize("why", ["cancelled", "begun", "nobody's name"])
def test_nobody_is_invited_to_what_is_not_to_come_or_without_a_name(
    client, case, contract, counsellor, why
):
    nameless = make_case(contract, "K-namenlos")
    row = make_appointment(
        counsellor,
        day=YESTERDAY if why == "begun" else SOON,
        case=nameless if why == "nobody's name" else case,
    )
    if why == "cancelled":
        cancel_appointment(row, reason="verreist", by=somebody())
    client.force_login(counsellor.user)
    assert "/invitation/" not in client.get(row.get_absolute_url()).content.decode()
    for name in ("appointment-invitation", "appointment-invitation-pdf"):
        assert client.get(reverse(name, args=[row.pk])).status_code == 404


def test_appointments_side_by_side(counsellor):
    """Three that overlap share a day's twelve columns; one after them has it alone."""
    day = date(2024, 3, 14)
    rows = [
        make_appointment(counsellor, day=day, at=at, minutes=minutes)
        for at, minutes in (("09:00", 60), ("09:15", 90), ("09:45", 15), ("10:45", 50))
    ]
    found = [(each.row, each.rows, each.column, each.columns) for each in placed(rows, 8)]
    assert found == [(5, 4, 1, 4), (6, 6, 5, 4), (8, 2, 9, 4), (12, 4, 1, 12)]


def test_a_week_grows_with_early_and_late_appointments(counsellor):
    early = make_appointment(counsellor, at="06:30", minutes=30)
    late = make_appointment(counsellor, at="18:30", minutes=45)
    assert hours_shown([]) == range(8, 18)
    assert hours_shown([early, late]) == range(6, 20)
    assert early.begins == on_the_clock(early.day, time(6, 30))


@pytest.mark.parametrize("count", [1, 30])
def test_a_week_asks_as_often_whatever_there_is(
    client, case, counsellor, django_assert_max_num_queries, count
):
    for _number in range(count):
        make_appointment(counsellor, day=date(2024, 3, 14), case=case)
    client.force_login(counsellor.user)
    address = reverse("appointments") + "?day=2024-03-14"
    client.get(address)
    with django_assert_max_num_queries(25):
        client.get(address)
