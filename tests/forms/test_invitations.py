"""Invitations to all appointments of a calendar's days at once, as one file."""

import io
from datetime import timedelta

import docx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.documents import PDF
from base.models import Event
from contracts.actions.assign_roles import assign_roles
from contracts.models import Substitution
from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.change_appointment import change_appointment
from forms.actions.identify_client import identify_client
from forms.actions.reach_client import reach_client
from forms.models import CaseResponsibility
from forms.series import on_the_clock
from forms.views import making_letters
from tests.factories import (
    make_appointment,
    make_case,
    make_contract,
    make_member,
    make_organisation,
    make_team,
    somebody,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
YESTERDAY, TOMORROW, LATER = (TODAY + timedelta(days=days) for days in (-1, 1, 3))
ADDRESS = {"street": "Birkenweg 3", "postcode": "59990", "city": "Lindental"}
PAGE = "appointment-invitations"


def works(organisation, role="counsellor", **values):
    member = make_member(organisation, roles=[role], **values)
    assign_roles(member)
    return member


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def counsellor(contract):
    return works(contract.provider)


def named(contract, number, last_name="Muster", **contact):
    case = make_case(contract, number)
    identify_client(
        client=case.client, first_name="Vera", last_name=last_name, birth_date=None, gender="f",
        by=somebody(),
    )  # fmt: skip
    reach_client(by=somebody(), client=case.client, **ADDRESS | contact)
    return case


@pytest.fixture
def case(contract):
    return named(contract, "EI-7")


def confirmed(client, query=None, suffix=".docx"):
    """Ask for the file, and once more after it was shown to whom it goes."""
    address = reverse(PAGE, query=query or {})
    asked = client.post(address, {"suffix": suffix})
    confirmation = asked.context["confirmation"]
    assert confirmation, asked.context["form"].errors
    return client.post(address, {"suffix": suffix, confirmation.name: confirmation.value})


def lines(answer) -> list[str]:
    assert answer.status_code == 200, answer.url
    assert "attachment" in answer.headers.get("Content-Disposition", ""), answer.context["form"]
    return [each.text for each in docx.Document(io.BytesIO(answer.content)).paragraphs]


def references(answer) -> list[str]:
    return [line.partition("\t")[2] for line in lines(answer) if line.startswith("Aktenzeichen")]


def told(kind) -> list:
    return list(Event.objects.filter(kind=kind).order_by("pk"))


def test_a_page_each_by_day_and_hour(client, contract, case, counsellor):
    other = named(contract, "EI-1", "Beispiel", street="Ahornallee 9")
    make_appointment(counsellor, day=LATER, at="08:00", case=other, channel="phone")
    make_appointment(counsellor, day=TOMORROW, at="10:30", case=case, minutes=45)
    make_appointment(counsellor, day=TOMORROW, at="09:00", case=other)
    make_appointment(counsellor, day=TOMORROW, at="11:30", kind="team")
    client.force_login(counsellor.user)
    answer = confirmed(client)
    found = lines(answer)
    assert references(answer) == ["EI-1", "EI-7", "EI-1"]
    assert [line for line in found if line.endswith(" Uhr")] == [
        line for line in found if "09:00 bis 10:00" in line
    ] + [line for line in found if "10:30 bis 11:15" in line] + [
        line for line in found if "08:00 bis 09:00" in line
    ]
    assert sum(line.endswith(" Uhr") for line in found) == 3
    second = found.index("Aktenzeichen:\tEI-7")
    assert found[second - 3 : second] == ["Vera Muster", "Birkenweg 3", "59990 Lindental"]
    assert found.count("Wir rufen Sie an. Sie müssen nicht zu uns kommen.") == 1
    sections = docx.Document(io.BytesIO(answer.content)).sections
    assert [each.start_type.name for each in sections] == ["NEW_PAGE"] * 3
    assert f"Einladungen-{TODAY}.docx" in answer.headers["Content-Disposition"]


def test_who_is_left_out_is_said_before(client, contract, case, counsellor):
    colleague = works(contract.provider)
    own = make_appointment(counsellor, day=TOMORROW, at="09:00", case=case)
    cancelled = make_appointment(counsellor, day=TOMORROW, at="10:00", case=case)
    cancel_appointment(cancelled, reason="verreist", by=somebody())
    begun = make_appointment(counsellor, day=YESTERDAY, case=case)
    nameless = make_appointment(
        counsellor, day=TOMORROW, at="11:00", case=make_case(contract, "OHNE-1")
    )
    homeless = make_appointment(
        counsellor, day=TOMORROW, at="12:00", case=named(contract, "OHNE-2", postcode="")
    )
    careful = make_appointment(
        counsellor, day=TOMORROW, at="13:00",
        case=named(contract, "OHNE-3", reach_never="Keine Post nach Hause"),
    )  # fmt: skip
    other = named(contract, "OHNE-4")
    CaseResponsibility.objects.create(
        case=other, team=make_team(contract.provider), counsellor=colleague,
        valid_from=other.assigned_on,
    )  # fmt: skip
    make_appointment(colleague, day=TOMORROW, case=other)
    client.force_login(counsellor.user)
    query = {"day_from": YESTERDAY.isoformat(), "day_until": LATER.isoformat()}
    shown = client.get(reverse(PAGE), query)
    assert (shown.context["count"], shown.context["strangers"]) == (1, 1)
    assert {why.name: rows for why, rows in shown.context["left_out"].items()} == {
        "CANCELLED": [cancelled], "BEGUN": [begun], "NO_NAME": [nameless],
        "NO_ADDRESS": [homeless], "CAREFUL": [careful],
    }  # fmt: skip
    text = shown.content.decode()
    for words in (
        "Der Termin ist abgesagt.", "Der Termin hat schon begonnen oder ist vorbei.",
        "Straße, Postleitzahl oder Ort fehlen.",
    ):  # fmt: skip
        assert words in text
    for secret in ("OHNE-4", "Keine Post nach Hause", "verreist", "Muster"):
        assert secret not in text
    assert references(confirmed(client, query)) == [own.case.number]


def test_filters_are_person_team_and_period(client, contract, case, counsellor):
    lead = works(contract.provider, "provider_lead")
    team = make_team(contract.provider)
    for member in (lead, counsellor):
        team.memberships.create(member=member)
    CaseResponsibility.objects.create(
        case=case, team=team, counsellor=counsellor, valid_from=case.assigned_on
    )
    others = named(contract, "EI-8")
    make_appointment(counsellor, day=TOMORROW, case=case)
    make_appointment(lead, day=LATER, case=others)
    make_appointment(lead, day=TODAY + timedelta(days=7), case=others)
    client.force_login(lead.user)

    def count(**query) -> int:
        return client.get(reverse(PAGE), query).context["count"]

    assert count() == 2
    assert count(who=f"p{counsellor.pk}") == 1
    assert count(who=f"t{team.pk}") == 2
    assert count(day_from=LATER.isoformat()) == 2
    assert count(day_until=TOMORROW.isoformat()) == 1
    assert count(who=f"p{lead.pk}", day_from=TOMORROW.isoformat(), day_until="31.12.2099") == 0


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"day_from": "2030-01-08", "day_until": "2030-01-07"}, "Das Ende liegt vor dem Beginn"),
        ({"day_from": "2030-01-01", "day_until": "2030-04-03"}, "höchstens 92 Tage"),
        ({"day_from": "0001-01-01"}, "liegt nicht in den Jahren"),
        ({"day_from": "morgen"}, "gültiges Datum"),
    ],
)
def test_days_that_cannot_be_are_told(client, counsellor, query, says):
    client.force_login(counsellor.user)
    for answer in (client.get(reverse(PAGE), query), client.post(reverse(PAGE, query=query))):
        assert says in answer.content.decode()
        assert answer.context["count"] == 0


def test_ninety_two_days_are_as_many_as_can_be(client, counsellor):
    client.force_login(counsellor.user)
    query = {"day_from": "2030-01-01", "day_until": "2030-04-02"}
    assert client.get(reverse(PAGE), query).context["first_day"] is not None


def test_who_stands_in_prints_for_the_absent(client, contract, case, counsellor):
    other = works(contract.provider)
    CaseResponsibility.objects.create(
        case=case, team=make_team(contract.provider), counsellor=counsellor,
        valid_from=case.assigned_on,
    )  # fmt: skip
    make_appointment(counsellor, day=TOMORROW, case=case)
    client.force_login(other.user)
    assert client.get(reverse(PAGE)).context["count"] == 0
    Substitution.objects.create(
        member=counsellor, substitute=other, first_day=TODAY, last_day=TODAY
    )
    assert client.get(reverse(PAGE)).context["count"] == 1


def test_each_house_prints_of_its_own_calendar(client, contract, case, counsellor):
    caseworker = works(contract.commissioning_body, "caseworker")
    make_appointment(counsellor, caseworker, day=TOMORROW, at="09:00", case=case)
    own = make_appointment(caseworker, day=TOMORROW, at="11:00", case=case)
    client.force_login(caseworker.user)
    answer = confirmed(client)
    assert references(answer) == ["EI-7"]
    assert any("11:00 bis" in line for line in lines(answer))
    assert contract.commissioning_body.name in lines(answer)
    assert [each.object_number for each in told("download")] == [own.pk]
    stranger = works(make_contract(provider=make_organisation()).provider)
    client.force_login(stranger.user)
    shown = client.get(reverse(PAGE), {"as": counsellor.pk, "who": f"p{counsellor.pk}"})
    assert (shown.context["count"], shown.context["strangers"]) == (0, 0)
    assert "EI-7" not in shown.content.decode()


@pytest.mark.parametrize("role", ["manager", "finance", "auditor", "director", "administrator"])
def test_for_nobody_who_does_not_invite(client, contract, case, role):
    client.force_login(works(contract.commissioning_body, role).user)
    for method in (client.get, client.post):
        assert method(reverse(PAGE), {"suffix": PDF}).status_code == 403


def test_what_was_moved_meanwhile_is_shown_before(client, case, counsellor):
    row = make_appointment(counsellor, day=TOMORROW, case=case)
    client.force_login(counsellor.user)
    asked = client.post(reverse(PAGE), {"suffix": ".docx"}).context["confirmation"]
    begins = on_the_clock(LATER, timezone.localtime(row.begins).time())
    change_appointment(row, begins=begins, ends=begins + timedelta(hours=1), by=somebody())
    again = client.post(reverse(PAGE), {"suffix": ".docx", asked.name: asked.value})
    assert [each.begins for each in again.context["receivers"]] == [begins]
    assert told(Event.Kind.EXPORT) == []


def test_one_export_and_one_line_of_each_appointment(client, contract, case, counsellor):
    rows = [
        make_appointment(counsellor, day=TOMORROW, at=at, case=case) for at in ("09:00", "10:00")
    ]
    client.force_login(counsellor.user)
    for _again in range(2):
        lines(confirmed(client))
    name = f"Einladungen-{TODAY}.docx"
    (export,) = told(Event.Kind.EXPORT)
    assert (export.title, export.detail["rows"]) == (name, 2)
    found = [(each.object_label, each.object_number, each.title) for each in told("download")]
    assert found == [("forms.appointment", row.pk, name) for row in rows]


def test_too_many_are_refused_with_the_number(client, case, counsellor, monkeypatch):
    """What is cancelled does not count: there is no letter about it."""
    monkeypatch.setattr(making_letters, "MOST_LETTERS", 1)
    rows = [
        make_appointment(counsellor, day=TOMORROW, at=at, case=case) for at in ("09:00", "10:00")
    ]
    client.force_login(counsellor.user)
    assert client.get(reverse(PAGE)).context["too_many"] == 2
    refused = client.post(reverse(PAGE), {"suffix": PDF})
    assert "Höchstens 1 " in str(refused.context["form"].non_field_errors())
    cancel_appointment(rows[0], reason="verreist", by=somebody())
    assert len(references(confirmed(client))) == 1


def test_more_appointments_ask_no_more_questions(client, contract, case, counsellor):
    make_appointment(counsellor, day=TOMORROW, case=case)
    client.force_login(counsellor.user)
    confirmed(client)
    with CaptureQueriesContext(connection) as few:
        client.post(reverse(PAGE), {"suffix": ".docx"})
    for number in range(5):
        other = named(contract, f"VI-{number}")
        make_appointment(counsellor, day=LATER, at=f"{8 + number:02d}:00", case=other)
    with CaptureQueriesContext(connection) as many:
        client.post(reverse(PAGE), {"suffix": ".docx"})
    assert len(many) == len(few)


def test_week_and_month_lead_there_with_their_days(client, counsellor):
    client.force_login(counsellor.user)
    week = client.get(reverse("appointments"), {"day": "2030-03-13"}).content.decode()
    assert f"day_from=2030-03-11&amp;day_until=2030-03-17&amp;who=p{counsellor.pk}" in week
    month = client.get(reverse("appointments-month"), {"day": "2030-02-13"}).content.decode()
    assert "day_from=2030-02-01&amp;day_until=2030-02-28" in month
    now = client.get(reverse("appointments")).content.decode()
    assert f"day_from={TODAY}&amp;day_until=" in now


def test_filters_stay_in_the_house_in_which_one_acts(client, contract, counsellor):
    second = make_contract(provider=make_organisation())
    elsewhere = works(second.provider, user=counsellor.user)
    make_appointment(elsewhere, day=TOMORROW, case=named(second, "ZW-1"))
    client.force_login(counsellor.user)
    assert client.get(reverse(PAGE)).context["count"] == 0
    shown = client.get(reverse(PAGE), {"as": elsewhere.pk})
    assert shown.context["count"] == 1
    assert f'name="as" value="{elsewhere.pk}"' in shown.content.decode()
