"""Letters to clients: out of a case, and to all of a list at once."""

import io
from datetime import timedelta

import docx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.documents import PDF, PdfError
from base.models import Event
from contracts.actions.assign_roles import assign_roles
from forms.actions.identify_client import identify_client
from forms.actions.reach_client import reach_client
from forms.models import CaseResponsibility
from forms.views import making_letters
from tests.factories import (
    make_case,
    make_contract,
    make_member,
    make_organisation,
    make_team,
    somebody,
)

pytestmark = pytest.mark.django_db

ADDRESS = {"street": "Birkenweg 3", "postcode": "59990", "city": "Lindental"}
TYPED = {
    "kind": "notice", "subject": "Neue Öffnungszeiten", "suffix": ".docx",
    "text": "ab Dezember öffnen wir\r\num neun Uhr.\r\n\r\nKommen Sie gern <früh> & oft.",
}  # fmt: skip


def works(organisation, role="counsellor", **values):
    member = make_member(organisation, roles=[role], **values)
    assign_roles(member)
    return member


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def counsellor(contract):
    member = works(contract.provider)
    house = member.organisation
    house.name, house.street = "Suchtberatung Brücke", "Marktplatz 1"
    house.postcode, house.city, house.phone = "59990", "Lindental", "02732 11"
    house.save()
    return member


def named(case, last_name="Muster", first_name="Vera", **contact):
    identify_client(
        client=case.client, first_name=first_name, last_name=last_name, birth_date=None,
        gender="f", by=somebody(),
    )  # fmt: skip
    reach_client(by=somebody(), client=case.client, **ADDRESS | contact)
    return case


@pytest.fixture
def case(contract):
    return named(make_case(contract, "LT-7"))


def of_case(case) -> str:
    return reverse("case-letter", args=[case.pk])


def read(answer) -> docx.document.Document:
    assert answer.status_code == 200, answer.url
    assert "attachment" in answer.headers.get("Content-Disposition", ""), answer.context["form"]
    return docx.Document(io.BytesIO(answer.content))


def lines(answer) -> list[str]:
    return [each.text for each in read(answer).paragraphs]


def confirmed(client, values, query=""):
    """Send letters to several, and once more after they were shown."""
    address = f"{reverse('cases-letters')}{query}"
    asked = client.post(address, values)
    confirmation = asked.context["confirmation"]
    assert confirmation, asked.context["form"].errors
    return client.post(address, values | {confirmation.name: confirmation.value})


def told(kind) -> list:
    return list(Event.objects.filter(kind=kind).order_by("pk"))


# One letter


def test_a_letter_has_window_reference_and_what_was_typed(client, case, counsellor):
    client.force_login(counsellor.user)
    answer = client.post(of_case(case), TYPED)
    found = lines(answer)
    at = found.index("Vera Muster")
    assert found[at - 1 : at + 3] == [
        "Marktplatz 1 · 59990 Lindental", "Vera Muster", "Birkenweg 3", "59990 Lindental",
    ]  # fmt: skip
    # What shows through an envelope's window says where a letter goes back to, not whose it is.
    assert not any("Suchtberatung" in line for line in found[:at])
    today = timezone.localdate()
    assert "Aktenzeichen:\tLT-7" in found
    assert f"Datum:\t{today:%d.%m.%Y}" in found
    begins = found.index("Neue Öffnungszeiten")
    assert found[begins : begins + 4] == [
        "Neue Öffnungszeiten",
        "Sehr geehrte Frau Muster,",
        "ab Dezember öffnen wir\num neun Uhr.",
        "Kommen Sie gern <früh> & oft.",
    ]
    assert found[-3:] == ["Suchtberatung Brücke", "", counsellor.user.display_name]
    name = f"LT-7-Mitteilung-{today}.docx"
    assert name in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_cover_letter_names_what_goes_along(client, case, counsellor):
    client.force_login(counsellor.user)
    cover = TYPED | {"kind": "cover_letter", "text": "", "enclosures": "Merkblatt\r\n\r\n Antrag "}
    found = lines(client.post(of_case(case), cover))
    assert "anbei erhalten Sie die unten genannten Unterlagen." in found
    assert found[-3:] == ["Anlagen", "Merkblatt", "Antrag"]


@pytest.mark.parametrize(("kind", "missing"), [("cover_letter", "enclosures"), ("notice", "text")])
def test_what_a_kind_needs_is_asked_for(client, case, counsellor, kind, missing):
    client.force_login(counsellor.user)
    sent = TYPED | {"kind": kind, "text": " \r\n ", "enclosures": ""}
    answer = client.post(of_case(case), sent)
    assert list(answer.context["form"].errors) == [missing]
    assert told(Event.Kind.DOWNLOAD) == []


def test_signs_that_no_text_has_are_left_out(client, case, counsellor):
    client.force_login(counsellor.user)
    found = lines(client.post(of_case(case), TYPED | {"text": "Erste\x0bZweite\x08 Zeile"}))
    assert any("Erste" in line and "\x0b" not in line for line in found)
    assert any("Zweite Zeile" in line for line in found)


def test_braces_are_text(client, case, counsellor):
    """What somebody types is no template."""
    client.force_login(counsellor.user)
    found = lines(client.post(of_case(case), TYPED | {"text": "{{ sender.name }} {% if %}"}))
    assert "{{ sender.name }} {% if %}" in found


def test_either_side_writes_in_its_own_name(client, case, counsellor):
    body = works(case.contract.commissioning_body, "team_lead")
    client.force_login(body.user)
    found = lines(client.post(of_case(case), TYPED))
    assert body.organisation.name in found
    assert counsellor.organisation.name not in found


def test_who_was_asked_why_is_logged_with_the_reason(client, case, counsellor):
    team = make_team(counsellor.organisation)
    CaseResponsibility.objects.create(
        case=case, team=team, counsellor=counsellor, valid_from=case.assigned_on
    )
    other = works(counsellor.organisation)
    client.force_login(other.user)
    assert client.post(of_case(case), TYPED).status_code == 302
    assert told(Event.Kind.DOWNLOAD) == []
    client.post(reverse("case-why", args=[case.pk]), {"why": "other", "note": "Urlaub"})
    read(client.post(of_case(case), TYPED))
    (event,) = told(Event.Kind.DOWNLOAD)
    assert event.detail["reason"] == "Urlaub"


def test_who_may_not_know_the_name_writes_no_letters(client, case):
    body = case.contract.commissioning_body
    for role in ("manager", "finance", "auditor", "director", "administrator"):
        client.force_login(works(body, role).user)
        for method in (client.get, client.post):
            assert method(of_case(case), TYPED).status_code == 403, role
            assert method(reverse("cases-letters"), TYPED).status_code == 403, role
        if role != "administrator":
            assert reverse("cases-letters") not in client.get(reverse("cases")).content.decode()


def test_strangers_find_no_case(client, case):
    """Neither another provider of the same body nor another body."""
    other = make_contract(provider=make_organisation())
    foreign = works(make_organisation(kind="commissioning_body"), "caseworker")
    for member in (works(other.provider), foreign):
        client.force_login(member.user)
        assert client.get(of_case(case)).status_code == 404
        assert client.post(of_case(case), TYPED).status_code == 404
    assert told(Event.Kind.DOWNLOAD) == []


def test_without_a_name_there_is_no_letter(client, contract, counsellor):
    bare = make_case(contract)
    client.force_login(counsellor.user)
    assert client.get(of_case(bare)).status_code == 404
    assert of_case(bare) not in client.get(bare.get_absolute_url()).content.decode()


def test_the_page_of_a_case_leads_to_a_letter(client, case, counsellor):
    client.force_login(counsellor.user)
    assert of_case(case) in client.get(case.get_absolute_url()).content.decode()


def test_the_page_says_what_must_not_be_done(client, case, counsellor):
    reach_client(by=somebody(), client=case.client, reach_never="Keine Post nach Hause")
    client.force_login(counsellor.user)
    assert "Keine Post nach Hause" in client.get(of_case(case)).content.decode()


def test_sent_twice_it_is_one_letter_and_other_words_are_another(client, case, counsellor):
    client.force_login(counsellor.user)
    first, second = (client.post(of_case(case), TYPED) for _again in range(2))
    assert lines(first) == lines(second)
    assert len(told(Event.Kind.DOWNLOAD)) == 1
    read(client.post(of_case(case), TYPED | {"subject": "Anderes"}))
    assert len(told(Event.Kind.DOWNLOAD)) == 2


def test_the_page_is_still_of_use_after_the_file_came(client, case, counsellor):
    """A form that leads on holds its button back once it was sent; here nothing would free it."""
    client.force_login(counsellor.user)
    assert "data-once" not in client.get(of_case(case)).content.decode()
    assert "data-once" in client.get(reverse("cases-reassign")).content.decode()


def test_the_same_page_on_another_day_is_another_letter(client, case, counsellor, monkeypatch):
    client.force_login(counsellor.user)
    read(client.post(of_case(case), TYPED))
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(making_letters, "today", lambda: tomorrow)
    read(client.post(of_case(case), TYPED))
    assert len(told(Event.Kind.DOWNLOAD)) == 2


def test_the_log_holds_case_and_kind_and_nothing_that_was_typed(client, case, counsellor):
    client.force_login(counsellor.user)
    read(client.post(of_case(case), TYPED))
    (event,) = told(Event.Kind.DOWNLOAD)
    assert (event.object_label, event.object_number) == ("forms.case", case.pk)
    assert event.title == f"LT-7-Mitteilung-{timezone.localdate()}.docx"
    assert event.detail == {}
    assert event.actor_number == counsellor.user_id


def test_where_no_pdf_can_be_made_the_text_stays(client, case, counsellor, monkeypatch):
    def fail(_docx):
        raise PdfError("LibreOffice fehlt.")

    monkeypatch.setattr("forms.documents.letter.to_pdf", fail)
    client.force_login(counsellor.user)
    answer = client.post(of_case(case), TYPED | {"suffix": PDF})
    shown = answer.content.decode()
    assert "LibreOffice fehlt." in shown
    assert "um neun Uhr." in shown
    assert told(Event.Kind.DOWNLOAD) == []
    read(client.post(of_case(case), TYPED))


# Several


def test_all_of_a_list_get_a_page_each(client, contract, case, counsellor):
    named(make_case(contract, "LT-2"), "Beispiel", "Ida", street="Ahornallee 9")
    client.force_login(counsellor.user)
    answer = confirmed(client, TYPED)
    document = read(answer)
    found = [each.text for each in document.paragraphs]
    assert [line for line in found if line.startswith("Aktenzeichen")] == [
        "Aktenzeichen:\tLT-2", "Aktenzeichen:\tLT-7",
    ]  # fmt: skip
    second = found.index("Aktenzeichen:\tLT-7")
    assert "Ida Beispiel" in found[:second]
    assert "Ahornallee 9" in found[:second]
    assert "Vera Muster" not in found[: found.index("Ida Beispiel")]
    assert found.count("Kommen Sie gern <früh> & oft.") == 2
    # A section each: it begins a page, and its pages count from one.
    assert len(document.sections) == 2
    assert [each.start_type.name for each in document.sections] == ["NEW_PAGE", "NEW_PAGE"]
    starts = [each._sectPr.xpath("w:pgNumType/@w:start") for each in document.sections]
    assert starts == [["1"], ["1"]]
    assert f"Mitteilung-{timezone.localdate()}.docx" in answer.headers["Content-Disposition"]


def test_filters_say_who_gets_one(client, contract, case, counsellor):
    other = make_contract(provider=contract.provider)
    named(make_case(other, "AN-1"), "Anders")
    client.force_login(counsellor.user)
    found = lines(confirmed(client, TYPED, f"?contract={contract.pk}"))
    assert "Vera Anders" not in found
    assert "Vera Muster" in found


def test_who_is_left_out_is_said_before(client, contract, case, counsellor):
    nobody = make_case(contract, "OHNE-1")
    homeless = named(make_case(contract, "OHNE-2"), postcode="")
    careful = named(make_case(contract, "OHNE-3"), reach_never="Keine Post nach Hause")
    others = named(make_case(contract, "OHNE-4"))
    colleague = works(contract.provider)
    team = make_team(contract.provider)
    CaseResponsibility.objects.create(
        case=others, team=team, counsellor=colleague, valid_from=others.assigned_on
    )
    client.force_login(counsellor.user)
    shown = client.get(reverse("cases-letters"))
    assert shown.context["count"] == 1
    assert shown.context["strangers"] == 1
    assert {why.name: rows for why, rows in shown.context["left_out"].items()} == {
        "NO_NAME": [nobody], "NO_ADDRESS": [homeless], "CAREFUL": [careful],
    }  # fmt: skip
    assert "OHNE-4" not in shown.content.decode()
    assert "Keine Post nach Hause" not in shown.content.decode()
    found = lines(confirmed(client, TYPED))
    assert [line for line in found if line.startswith("Aktenzeichen")] == ["Aktenzeichen:\tLT-7"]


def test_the_lead_of_a_team_writes_to_its_clients(client, contract, case):
    team = make_team(contract.provider)
    counsellor, lead = works(contract.provider), works(contract.provider, "provider_lead")
    CaseResponsibility.objects.create(
        case=case, team=team, counsellor=counsellor, valid_from=case.assigned_on
    )
    client.force_login(lead.user)
    address = reverse("cases-letters")
    assert client.get(address).context["count"] == 0
    team.memberships.create(member=lead)
    assert client.get(address).context["count"] == 1


def test_of_a_body_those_get_one_whose_caseworker_writes(client, contract, case):
    """Where nobody is named for the body, nobody is responsible for many at once."""
    named(make_case(contract, "LT-8"), "Frei")
    caseworker = works(contract.commissioning_body, "caseworker")
    case.owners.create(
        team=make_team(contract.commissioning_body), caseworker=caseworker,
        valid_from=case.assigned_on,
    )  # fmt: skip
    client.force_login(caseworker.user)
    shown = client.get(reverse("cases-letters"))
    assert (shown.context["count"], shown.context["strangers"]) == (1, 1)
    assert contract.commissioning_body.name in lines(confirmed(client, TYPED))


def test_who_works_in_two_houses_writes_for_one_at_a_time(client, contract, case, counsellor):
    second = make_contract(provider=make_organisation())
    elsewhere = works(second.provider, user=counsellor.user)
    named(make_case(second, "ZW-1"), "Zweit")
    client.force_login(counsellor.user)
    found = lines(confirmed(client, TYPED))
    assert "Vera Zweit" not in found
    found = lines(confirmed(client, TYPED, f"?as={elsewhere.pk}"))
    assert ("Vera Zweit" in found, "Vera Muster" in found) == (True, False)
    assert elsewhere.organisation.name in found
    assert counsellor.organisation.name not in found


def test_nobody_writes_to_clients_of_strangers(client, case, counsellor):
    """Whatever membership the address names."""
    stranger = works(make_contract(provider=make_organisation()).provider)
    client.force_login(stranger.user)
    shown = client.get(reverse("cases-letters"), {"as": counsellor.pk})
    assert (shown.context["count"], shown.context["strangers"]) == (0, 0)
    assert counsellor.organisation.name not in shown.content.decode()
    refused = client.post(reverse("cases-letters"), TYPED)
    assert "bekäme" in str(refused.context["form"].non_field_errors())


def test_too_many_are_refused_with_the_number(client, contract, case, counsellor, monkeypatch):
    named(make_case(contract, "LT-8"))
    monkeypatch.setattr(making_letters, "MOST_LETTERS", 1)
    client.force_login(counsellor.user)
    shown = client.get(reverse("cases-letters"))
    assert shown.context["too_many"] == 2
    refused = client.post(reverse("cases-letters"), TYPED)
    assert "Höchstens 1 " in str(refused.context["form"].non_field_errors())
    assert lines(confirmed(client, TYPED, "?q=LT-7"))


def test_who_came_meanwhile_is_shown_before(client, contract, case, counsellor):
    client.force_login(counsellor.user)
    address = reverse("cases-letters")
    asked = client.post(address, TYPED).context["confirmation"]
    named(make_case(contract, "LT-9"))
    again = client.post(address, TYPED | {asked.name: asked.value})
    assert [row.number for row in again.context["receivers"]] == ["LT-7", "LT-9"]
    assert told(Event.Kind.EXPORT) == []


def test_many_letters_are_one_export_and_one_line_of_each_case(client, contract, case, counsellor):
    other = named(make_case(contract, "LT-8"), "Muster")
    client.force_login(counsellor.user)
    for _again in range(2):
        read(confirmed(client, TYPED, "?q=Muster&status=running"))
    name = f"Mitteilung-{timezone.localdate()}.docx"
    (export,) = told(Event.Kind.EXPORT)
    assert (export.title, export.detail) == (
        name, {"format": "docx", "rows": 2, "filters": "q=%E2%80%A6&status=running"},
    )  # fmt: skip
    of_cases = [(each.object_number, each.title, each.detail) for each in told("download")]
    assert sorted(of_cases) == sorted([(case.pk, name, {}), (other.pk, name, {})])


def test_more_cases_ask_no_more_questions(client, contract, case, counsellor):
    client.force_login(counsellor.user)
    client.get(reverse("cases-letters"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("cases-letters"))
    for number in range(6):
        named(make_case(contract, f"MA-{number}"))
    with CaptureQueriesContext(connection) as many:
        assert client.get(reverse("cases-letters")).context["count"] == 7
    assert len(many) == len(few)
