"""What records say of how work was done: kind of help, by what way, where."""

import re
from datetime import date, timedelta
from typing import get_args

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.exchange.exporting import export_files
from base.facts import change
from forms.actions.record_service import new_reference
from forms.booking import choices_for, described
from forms.exchange.service_records import ServiceRecordEntry
from forms.models import Appointment, ServiceRecord
from forms.topics import Topics
from forms.ways import Channel, Location
from tests.factories import (
    DAY,
    amend,
    description_annex,
    make_appointment,
    make_case,
    make_catalogue,
    make_contract,
    make_description,
    make_member,
    make_record,
    make_session,
)

pytestmark = pytest.mark.django_db

DEBTS, HOME, MAIL = (
    {"key": key, "label": label}
    for key, label in (("debts", "Debts"), ("home", "Loss of home"), ("mail", "Sorting mail"))
)
CHANGED = date(2024, 4, 1)


@pytest.fixture
def contract():
    return make_contract(
        annexes=[description_annex(make_description(topics=[DEBTS, HOME], key="help"))],
        catalogues=(make_catalogue(),),
    )


@pytest.fixture
def case(contract):
    return make_case(contract)


@pytest.fixture
def counsellor(contract):
    return make_member(contract.provider)


def row(case, **values) -> dict:
    """Return what the page of a day sends for one row."""
    given = {"reference": new_reference(), "case": case.pk, "kind": "talk", "minutes": "60"}
    return {
        "day": f"{DAY:%Y-%m-%d}", "count": "1",
        **{f"rows-0-{name}": value for name, value in (given | values).items()},
    }  # fmt: skip


def said(record) -> tuple[str, str, str]:
    return record.topic, record.channel, record.location


class TestKindsOfHelp:
    def test_those_of_the_day_are_offered(self, contract, case):
        """The contract was amended meanwhile: what was offered before stays what it was."""
        later = make_description(topics=[DEBTS | {"label": "Debt"}, MAIL], key="help")
        amend(contract, applies_from=CHANGED, annexes=[description_annex(later)])
        topics = Topics([contract.pk])
        assert topics.on(contract.pk, DAY) == {"debts": "Debts", "home": "Loss of home"}
        assert topics.on(contract.pk, CHANGED) == {"debts": "Debt", "mail": "Sorting mail"}
        assert topics.ever(contract.pk) == {
            "debts": "Debt", "home": "Loss of home", "mail": "Sorting mail",
        }  # fmt: skip
        offered = choices_for([case], CHANGED)[case.pk].topics
        assert list(offered.items()) == [("debts", "Debt"), ("mail", "Sorting mail")]

    def test_an_annex_offers_while_it_is_part_of_the_contract(self):
        until = CHANGED - timedelta(days=1)
        edition = make_description(topics=[DEBTS])
        contract = make_contract(annexes=[description_annex(edition, valid_until=until)])
        topics = Topics([contract.pk])
        assert topics.on(contract.pk, until) == {"debts": "Debts"}
        assert topics.on(contract.pk, CHANGED) == {}

    def test_records_are_told_with_the_newest_words(self, contract, case):
        record = make_record(case, topic="debts")
        later = make_description(topics=[DEBTS | {"label": "Debt"}], key="help")
        amend(contract, applies_from=CHANGED, annexes=[description_annex(later)])
        assert described([record])[0].topic_label == "Debt"

    def test_without_descriptions_there_are_none(self):
        contract = make_contract()
        assert Topics([contract.pk]).on(contract.pk, DAY) == {}
        assert Topics([]).ever(contract.pk) == {}

    def test_many_contracts_are_looked_up_like_one(self, contract):
        def asked(contracts) -> int:
            with CaptureQueriesContext(connection) as queries:
                topics = Topics(contracts)
                for each in contracts:
                    topics.on(each, DAY)
            return len(queries)

        others = [
            make_contract(annexes=[description_annex(make_description(topics=[HOME]))])
            for _number in range(3)
        ]
        assert asked([contract.pk, *(each.pk for each in others)]) == asked([contract.pk])

    def test_lists_without_them_ask_nothing_more(self, case):
        record = make_record(case)
        with CaptureQueriesContext(connection) as queries:
            described([record])
        assert not [each for each in queries if "descriptionedition" in each["sql"]]


class TestDay:
    def test_a_row_says_all_three(self, client, case, counsellor):
        client.force_login(counsellor.user)
        ways = {"topic": "home", "channel": "in_person", "location": "home"}
        assert client.post(reverse("record-day"), row(case, **ways)).status_code == 302
        record = ServiceRecord.objects.get()
        assert said(record) == ("home", "in_person", "home")
        page = client.get(record.get_absolute_url()).content.decode()
        for text in ("Loss of home", "persönlich", "in der Wohnung"):
            assert text in page

    def test_who_says_where_says_that_they_met(self, client, case, counsellor):
        client.force_login(counsellor.user)
        client.post(reverse("record-day"), row(case, location="elsewhere"))
        assert said(ServiceRecord.objects.get()) == ("", "in_person", "elsewhere")

    def test_nothing_has_to_be_said(self, client, case, counsellor):
        client.force_login(counsellor.user)
        client.post(reverse("record-day"), row(case))
        record = ServiceRecord.objects.get()
        assert said(record) == ("", "", "")
        assert "Hilfeart" not in client.get(record.get_absolute_url()).content.decode()

    def test_a_wrong_place_is_told_at_its_field(self, client, case, counsellor):
        client.force_login(counsellor.user)
        sent = row(case, channel="phone", location="home")
        answer = client.post(reverse("record-day"), sent)
        assert list(answer.context["rows"][0].errors) == ["location"]
        assert 'name="rows-0-location"' in answer.content.decode()

    def test_the_same_row_with_another_way_is_not_the_same(self, client, case, counsellor):
        client.force_login(counsellor.user)
        sent = row(case, channel="phone")
        assert client.post(reverse("record-day"), sent).status_code == 302
        assert client.post(reverse("record-day"), sent).status_code == 302
        changed = sent | {"rows-0-channel": "video"}
        assert client.post(reverse("record-day"), changed).status_code == 422
        assert said(ServiceRecord.objects.get()) == ("", "phone", "")

    @pytest.mark.parametrize(
        ("planned", "begins_with"),
        [
            ({"location": "home"}, ("in_person", "home")),
            ({"channel": "phone"}, ("phone", "")),
        ],
    )
    def test_an_appointment_says_how_and_where(
        self, client, case, counsellor, planned, begins_with
    ):
        today = timezone.localdate()
        appointment = make_appointment(counsellor, day=today, case=case, **planned)
        client.force_login(counsellor.user)
        page = client.get(reverse("record-day"), {"appointment": appointment.pk, "day": today})
        (first,) = page.context["rows"]
        assert (first["channel"].value(), first["location"].value()) == begins_with
        given = client.get(reverse("visit-data")).json()
        (visit,) = given["visits"]
        assert (visit["channel"], visit["location"]) == begins_with
        (about,) = given["cases"]
        assert about["topics"] == [DEBTS, HOME]


def test_records_can_say_what_appointments_say():
    """An appointment's way and place become its record's, and both travel in files by value."""
    assert set(Appointment.Channel.values) <= set(Channel.values)
    assert Appointment.Location.values == Location.values
    fields = ServiceRecordEntry.model_fields
    for name, known in (("channel", Channel), ("location", Location)):
        assert get_args(fields[name].annotation) == ("", *known.values)


class TestSessionsAndChanges:
    def test_a_session_says_it_of_all_who_attended(self, client, contract, case, counsellor):
        other = make_case(contract)
        client.force_login(counsellor.user)
        form = client.get(reverse("record-session"), {"day": f"{DAY:%Y-%m-%d}"}).context["form"]
        assert form.fields["topic"].choices == [
            ("", "–"), ("debts", "Debts"), ("home", "Loss of home"),
        ]  # fmt: skip
        sent = {
            "session": form["session"].value(), "counsellor": counsellor.pk, "day": f"{DAY}",
            "kind": "group", "minutes": "90", "counsellors": "1", "cases": [case.pk, other.pk],
            "topic": "debts", "channel": "video",
        }  # fmt: skip
        assert client.post(reverse("record-session"), sent).status_code == 302
        assert {said(each) for each in ServiceRecord.objects.all()} == {("debts", "video", "")}

    def test_correcting_a_session_changes_it_for_all(self, client, contract, case, counsellor):
        first, _second = make_session([case, make_case(contract)], counsellor=counsellor)
        client.force_login(counsellor.user)
        address = reverse("record-change", args=[first.pk])
        form = client.get(address).context["form"]
        names = [each.name for each in form.visible_fields()]
        assert names.index("counsellors") < names.index("topic") < names.index("chosen_reason")
        values = {name: form[name].value() for name in form.fields if name != "confirmed"}
        values |= {
            "day": f"{DAY}", "topic": "home", "channel": "in_person", "location": "body",
            "chosen_reason": form.fields["chosen_reason"].queryset.first().pk, "reason": "",
        }  # fmt: skip
        answer = client.post(address, values)
        assert answer.status_code == 302, answer.context["form"].errors
        for record in ServiceRecord.objects.all():
            assert said(record) == ("home", "in_person", "body")
            assert (record.version, said(record.history.earliest())) == (2, ("", "", ""))

    def test_what_is_not_offered_any_more_stays_to_choose(self, client, contract, case, counsellor):
        record = make_record(case, topic="home", counsellor=counsellor)
        # A new edition from that day on, agreed later.
        later = make_description(topics=[DEBTS], key="help")
        amend(contract, applies_from=DAY, annexes=[description_annex(later)])
        client.force_login(counsellor.user)
        form = client.get(reverse("record-change", args=[record.pk])).context["form"]
        assert ("home", "Loss of home") in form.fields["topic"].choices

    def test_where_nothing_is_offered_nothing_is_asked(self, client):
        contract = make_contract()
        counsellor = make_member(contract.provider)
        record = make_record(make_case(contract), counsellor=counsellor)
        client.force_login(counsellor.user)
        form = client.get(reverse("record-change", args=[record.pk])).context["form"]
        assert "topic" not in form.fields


def test_what_the_help_was_about_stays_with_the_provider(client, contract, case, tmp_path):
    """It may be an illness: not on pages, in no history, in no open file."""
    provider = contract.provider
    lead = make_member(provider, roles=["provider_lead"]).user
    readers = [
        make_member(contract.commissioning_body, roles=[role]).user
        for role in ("caseworker", "team_lead", "manager", "auditor")
    ]
    record = make_record(case, topic="debts", channel="phone")
    change(record, reason="mistyped", topic="home")
    for user, reads in ((lead, True), *((each, False) for each in readers)):
        client.force_login(user)
        page = client.get(record.get_absolute_url()).content.decode()
        listed = client.get(reverse("records"), {"export": "csv"}).content.decode()
        assert "am Telefon" in page
        assert ("Loss of home" in page) is reads
        course = client.get(record.get_absolute_url(), {"tab": "history"}).content.decode()
        # In words, those of the day.
        assert ("Debts" in course, "Loss of home" in course) == (reads, reads)
        assert "Hilfeart" in course
        assert "debts" not in course
        assert any(text in page + listed for text in ("debts", "Debts", "Loss of home")) is reads
    export_files(tmp_path)
    (file,) = tmp_path.glob("*records*")
    assert "phone" in file.read_text()
    assert not re.search("debts|home", file.read_text())


def test_the_database_keeps_places_to_meetings(case):
    record = make_record(case, channel="phone")
    with pytest.raises(IntegrityError, match="place_of_a_meeting"), transaction.atomic():
        ServiceRecord.objects.filter(pk=record.pk).update(location="home")
