"""Statements on screen: who sees and does what, the sums, the explanation down to the fact."""

import re
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from docx import Document

from base.facts import change
from base.models import Event
from contracts.actions.upload_evidence import upload_evidence
from contracts.billing import Period
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_statement import compute_statement
from jobs.actions.release_statement import release_statement
from jobs.actions.return_statement import return_statement
from jobs.models import Statement
from jobs.views import statement_lines
from tests.factories import (
    COSTS,
    issue_by_two,
    make_case,
    make_commissioning_body,
    make_contract,
    make_instalment,
    make_member,
    make_organisation,
    make_payroll,
    make_record,
)

pytestmark = pytest.mark.django_db
MARCH, YEAR = Period.parse("2024-03"), Period.parse("2024")


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def person(client):
    """Return a function that signs in somebody with these roles; English is what they read."""

    def sign_in(*roles, organisation=None):
        member = make_member(organisation or make_commissioning_body(), roles=roles)
        client.force_login(member.user)
        client.cookies["django_language"] = "en"
        return member.user

    return sign_in


@pytest.fixture
def provider():
    return make_organisation("provider")


@pytest.fixture
def draft(provider) -> Statement:
    case = make_case(make_contract(provider=provider))
    make_record(case)
    return compute_statement(case.contract, MARCH)[0]


def text(response) -> str:
    """Return what a page shows, without markup and with single spaces."""
    shown = re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " ")
    return " ".join(shown.split())


def get(client, name, *args, **query):
    return client.get(reverse(name, args=args), query)


def sums(response) -> dict:
    return {
        str(label): value.replace("\u00a0", " ") for label, value in response.context["summary"]
    }


def test_list_sums_what_the_filters_leave(client, person, draft):
    make_instalment(draft.contract, "10.00", first=MARCH.first, last=MARCH.last)
    compute_statement(draft.contract, MARCH)
    other = make_case(make_contract(provider=make_organisation("other")))
    make_record(other, minutes=90)
    second, _changed = compute_statement(other.contract, Period.parse("2024-Q1"))
    person("finance")
    assert sums(get(client, "statements")) == {
        "Statements": "2", "Total": "150,00 €", "Instalments": "10,00 €", "Balance": "140,00 €",
    }  # fmt: skip
    by = {
        "contract": draft.contract_id, "provider": draft.contract.provider_id, "period": "2024-03",
    }  # fmt: skip
    for name, value in by.items():
        assert sums(get(client, "statements", **{name: value}))["Balance"] == "50,00 €", name
    assert sums(get(client, "statements", period="2024-Q1"))["Statements"] == "2"
    assert sums(get(client, "statements", status="issued"))["Total"] == "0,00 €"
    assert sums(get(client, "statements", kind="correction"))["Statements"] == "0"
    assert sums(get(client, "statements", due_before="01.01.2020"))["Statements"] == "0"
    export = get(client, "statements", contract=second.contract_id, export="csv")
    rows = export.content.decode("utf-8-sig").strip().splitlines()
    assert len(rows) == 2 and "Other" in rows[1] and "90,00" in rows[1]


def test_list_says_what_is_no_period(client, person, draft):
    person("finance")
    assert "2024-13" in text(get(client, "statements", period="2024-13"))


def count(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_queries_do_not_grow_with_statements(client, person, provider):
    contract = make_contract(provider=provider)
    case = make_case(contract, assigned_on=date(2020, 1, 8))
    person("finance")
    url = reverse("statements")

    def bill(months):
        for year, month in months:
            make_record(case, day=date(year, month, 10))
            compute_statement(contract, Period.parse(f"{year}-{month:02}"))

    bill([(2024, month) for month in range(1, 6)])
    five = count(client, url)
    bill([(year, month) for year in range(2020, 2024) for month in range(2, 13)])
    assert Statement.objects.count() == 49
    assert count(client, url) == five


def test_queries_do_not_grow_with_lines(client, person, provider):
    contract = make_contract(provider=provider)
    person("finance")

    def page_of(cases: int) -> int:
        for _case in range(cases):
            make_record(make_case(contract))
        statement, _changed = compute_statement(contract, MARCH)
        return count(client, statement.get_absolute_url())

    five = page_of(5)
    assert page_of(45) == five


def test_who_sees_statements(client, person, draft):
    page, listed = reverse("statement", args=[draft.pk]), reverse("statements")
    for role in ("finance", "manager", "auditor", "director"):
        person(role)
        assert client.get(page).status_code == 200, role
    for role in ("caseworker", "administrator"):
        person(role)
        assert client.get(page).status_code == client.get(listed).status_code == 403, role
    person("counsellor", organisation=draft.contract.provider)
    assert client.get(page).status_code == 403


def test_another_providers_lead_finds_nothing(client, person, draft):
    line = draft.lines.get()
    person("provider_lead", organisation=make_organisation("stranger"))
    assert str(draft.contract.number) not in text(get(client, "statements"))
    for name, key in (
        ("statement", draft.pk), ("statement-document", draft.pk), ("statement-pdf", draft.pk),
        ("statement-line", line.pk),
        ("statement-line-sources", line.pk), ("statement-resubmit", draft.pk),
    ):  # fmt: skip
        assert get(client, name, key).status_code == 404, name
    choices = get(client, "statements").context["filter"].form.fields["contract"].queryset
    assert list(choices) == []


STEPS = ("check", "release", "issue", "return", "compute", "resubmit")


def may(client, statement) -> set[str]:
    """Return the steps that the page offers."""
    page = client.get(statement.get_absolute_url()).content.decode()
    return {step for step in STEPS if f"/{step}/?seen=" in page}


def test_buttons_follow_status_and_person(client, person, draft):
    finance = person("finance")
    assert may(client, draft) == {"check", "return", "compute"}
    checked = check_statement(draft, by=finance)
    assert may(client, checked) == {"return", "compute"}
    assert "second person releases" in text(client.get(checked.get_absolute_url()))
    other = person("finance")
    assert may(client, checked) == {"release", "return", "compute"}
    released = release_statement(checked, by=other)
    assert may(client, released) == {"issue", "return", "compute"}
    returned = return_statement(released, by=other, reason="File 12 is missing.")
    assert may(client, returned) == {"compute"}
    person("provider_lead", organisation=draft.contract.provider)
    assert may(client, returned) == {"resubmit"}
    assert "File 12 is missing." in text(client.get(returned.get_absolute_url()))
    person("auditor")
    assert may(client, returned) == set()


def post(client, step, statement, **values):
    statement.refresh_from_db()
    values = {"seen": statement.inputs_hash} | values
    response = client.post(reverse(f"statement-{step}", args=[statement.pk]), values)
    statement.refresh_from_db()
    return response


def test_the_whole_way_by_three_people(client, person, draft):
    finance = person("finance")
    assert post(client, "return", draft, reason="").status_code == 200
    assert draft.status == "draft"
    post(client, "return", draft, reason="File 12 is missing.")
    assert draft.status == "returned"
    lead = person("provider_lead", organisation=draft.contract.provider)
    post(client, "resubmit", draft, note="Here it is.")
    assert (draft.status, draft.resubmitted_by) == ("draft", lead)
    client.force_login(finance)
    assert post(client, "check", draft).status_code == 302
    refused = post(client, "release", draft)
    assert (refused.status_code, draft.status) == (200, "checked")
    assert "may not release" in text(refused)
    other = person("finance")
    assert post(client, "release", draft).status_code == 302
    late = post(client, "issue", draft, on="2999-01-01")
    assert (late.status_code, draft.status) == (200, "released")
    today = timezone.localdate()
    before = post(client, "issue", draft, on=f"{today - timedelta(days=1):%d.%m.%Y}")
    assert (before.status_code, draft.status) == (200, "released")
    assert "not issued before its release" in text(before)
    day = f"{today:%d.%m.%Y}"
    assert post(client, "issue", draft, on=day).status_code == 302
    assert (draft.status, draft.issued_on, draft.issued_by) == ("issued", today, other)
    page = text(client.get(draft.get_absolute_url()))
    for told in (draft.number, day, "File 12 is missing.", "Here it is.", str(lead)):
        assert told in page


@pytest.mark.parametrize(("office", "kinds"), [("soffice", [".docx", ".pdf"]), ("", [".docx"])])
def test_the_letter_of_what_is_issued_is_made_at_once(
    client, person, draft, settings, office, kinds
):
    """What is changed before somebody asks for the letter changes nothing in it."""
    settings.LIBREOFFICE = office
    checked = check_statement(draft, by=person("finance"))
    release_statement(checked, by=person("finance"))
    day = f"{timezone.localdate():%d.%m.%Y}"
    assert post(client, "issue", draft, on=day).status_code == 302

    made = list(draft.documents.order_by("suffix"))
    assert [document.suffix for document in made] == kinds
    provider = draft.contract.provider
    provider.street = "Neue Straße 1"
    provider.save()
    sent = get(client, "statement-document", draft.pk)
    letter = Document(BytesIO(b"".join(sent.streaming_content)))
    assert "Neue Straße" not in letter.element.xml
    assert draft.number in letter.core_properties.title
    assert draft.documents.count() == len(kinds)


def test_a_step_that_cannot_be_taken_says_so_instead_of_asking(client, person, draft):
    checker = person("finance")

    def asked() -> set[str]:
        draft.refresh_from_db()
        found = set()
        for step in ("check", "release", "issue", "return"):
            page = client.get(reverse(f"statement-{step}", args=[draft.pk]), follow=True)
            if not page.redirect_chain:
                found.add(step)
            else:
                assert page.redirect_chain == [(draft.get_absolute_url(), 302)]
                told = text(page)
                assert f" is {draft.status}." in told or "Who checked a statement may not" in told
        return found

    assert asked() == {"check", "return"}
    post(client, "check", draft)
    assert asked() == {"return"}
    releaser = person("finance")
    assert asked() == {"release", "return"}
    post(client, "release", draft)
    assert asked() == {"issue", "return"}
    client.force_login(checker)
    assert asked() == {"return"}
    client.force_login(releaser)
    post(client, "issue", draft, on=f"{timezone.localdate():%d.%m.%Y}")
    assert asked() == set()


def test_what_was_returned_waits_for_the_provider(client, person, draft):
    returned = return_statement(draft, by=person("finance"), reason="File 12 is missing.")
    stages = client.get(returned.get_absolute_url()).context["stages"]
    assert [(stage.label, stage.state) for stage in stages] == [
        ("computed", "done"), ("handed in again", "next"), ("checked", "open"),
        ("released", "open"), ("issued", "open"),
    ]  # fmt: skip
    assert stages[1].who == str(draft.contract.provider)


@pytest.mark.parametrize(
    ("step", "role"),
    [("check", "manager"), ("check", "auditor"), ("return", "manager"), ("compute", "director")],
)
def test_steps_of_others_are_refused(client, person, draft, step, role):
    person(role)
    assert post(client, step, draft, reason="why").status_code == 403
    assert draft.status == "draft"


def test_steps_are_not_taken_by_looking(client, person, draft):
    person("finance")
    assert get(client, "statement-check", draft.pk).status_code == 200
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_what_was_seen_is_what_is_checked(client, person, draft):
    person("finance")
    opened = get(client, "statement-check", draft.pk, seen=draft.inputs_hash)
    seen = opened.context["form"]["seen"].value()
    make_record(draft.lines.get().case)
    compute_statement(draft.contract, MARCH)
    refused = post(client, "check", draft, seen=seen)
    assert (refused.status_code, draft.status) == (200, "draft")
    assert "computed again since you opened it" in text(refused)


def test_computed_again_by_hand(client, person, draft):
    make_record(draft.lines.get().case)
    person("finance")
    assert post(client, "compute", draft).status_code == 302
    assert draft.total == Decimal("120.00")


def test_a_line_is_explained_down_to_clause_and_record(client, person, draft):
    """From the statement: one click to the explanation, the second to clause or record."""
    line = draft.lines.get()
    record = line.case.service_records.get()
    person("finance")
    page = client.get(draft.get_absolute_url()).content.decode()
    address = reverse("statement-line", args=[line.pk])
    assert f'hx-get="{address}"' in page and f'href="{address}"' in page
    part = client.get(address, headers={"HX-Request": "true"})
    shown = part.content.decode()
    assert "<html" not in shown
    assert f"{reverse('contract-edition', args=[line.edition_id])}#clause-" in shown
    assert reverse("record", args=[record.pk]) in shown
    # An hour at 60 EUR: minutes in units, quantity at the rate.
    assert "60 ÷ 60 1" in text(part) and "1 × 60 60" in text(part)
    whole = client.get(address)
    assert "<html" in whole.content.decode() and record.reference in text(whole)


def test_explanation_shows_the_version_that_counted(client, person, draft):
    line = draft.lines.get()
    record = line.case.service_records.get()
    change(record, reason="mistyped", minutes=45)
    person("finance")
    shown = text(get(client, "statement-line", line.pk))
    assert "60 min" in shown and "45 min" not in shown and "changed since" in shown


def test_many_facts_come_page_by_page(client, person, provider, monkeypatch):
    monkeypatch.setattr(statement_lines, "SOURCES_PER_PAGE", 3)
    case = make_case(make_contract(provider=provider))
    records = [make_record(case, day=date(2024, 3, day)) for day in range(1, 9)]
    statement, _changed = compute_statement(case.contract, MARCH)
    line = statement.lines.get()
    person("finance")
    shown = []
    for page in (1, 2, 3):
        part = get(client, "statement-line-sources", line.pk, page=page)
        found = [record for record in records if record.reference in text(part)]
        assert len(found) == (3, 3, 2)[page - 1]
        shown += found
    assert shown == records


def test_all_explanations_on_paper(client, person, draft):
    person("finance")
    page = client.get(draft.get_absolute_url(), {"explained": "1"}).content.decode()
    assert "hx-get" not in page.split("statement-lines")[1].split("</table>")[0]
    assert '<table class="kern-table kern-table--small sheet steps"' in page


def test_a_correction_stands_beside_its_original(client, person, draft):
    issued = issue_by_two(draft)
    make_record(draft.lines.get().case, minutes=30)
    correction, _changed = compute_statement(draft.contract, MARCH)
    person("finance")
    page = text(client.get(correction.get_absolute_url()))
    assert "90,00 € 60,00 € 30,00 €" in page
    assert str(correction.lines.get().cause) in page
    chain = client.get(issued.get_absolute_url()).context["chain"]
    assert [each.pk for each in chain.statements] == [issued.pk, correction.pk]
    assert (chain.total, chain.balance) == (Decimal("90.00"), Decimal("90.00"))


@pytest.fixture
def costs(provider) -> Statement:
    contract = make_contract(provider=provider, remuneration=[COSTS])
    make_payroll(contract, "100.00", day=date(2024, 1, 31))
    make_payroll(contract, "50.00", day=date(2024, 1, 31), eligible=False)
    make_payroll(contract, "200.00", day=date(2024, 3, 28), evidence="File 3")
    return compute_statement(contract, YEAR)[0]


def test_evidence_stands_beside_it(client, person, costs):
    finance = person("finance")
    lines = list(costs.contract.payroll_lines.order_by("day", "pk"))
    for line in lines[:2]:
        upload_evidence(
            contract=costs.contract, name=f"{line}.pdf", content=b"%PDF-1.7" + str(line).encode(),
            kind="payslip", day=line.day, by=finance, payroll_line=line,
        )  # fmt: skip
    months = client.get(costs.get_absolute_url()).context["months"]
    january, february, march = months[:3]
    assert (january.lines, january.eligible, january.other) == (2, Decimal("100"), Decimal("50"))
    assert (january.bare, january.numbered) == (0, 0)
    assert february.lines == 0
    assert (march.numbered, march.bare) == (1, 0)
    assert len(months) == 12


def test_who_sees_no_evidence_gets_none_there(client, person, costs):
    person("director")
    assert "with_costs" not in client.get(costs.get_absolute_url()).context


def test_the_menu_counts_what_waits(client, person, draft):
    finance = person("finance")
    home = reverse("home")
    assert draft.contract.number in text(client.get(home))
    check_statement(draft, by=finance)
    assert draft.contract.number not in text(client.get(home))
    person("finance")
    assert draft.contract.number in text(client.get(home))


def test_search_finds_statements_by_number(client, person, draft):
    issued = issue_by_two(draft)
    person("finance")
    assert issued.number in text(get(client, "search", q=issued.number))
    person("provider_lead", organisation=make_organisation("stranger"))
    assert issued.get_absolute_url() not in get(client, "search", q=issued.number).content.decode()


def test_document_is_downloaded(client, person, draft):
    person("finance")
    response = get(client, "statement-document", draft.pk)
    assert response["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content).startswith(b"PK")


def test_the_pdf_is_downloaded_recorded_and_offered_beside_the_letter(client, person, draft):
    person("finance")
    page = get(client, "statement", draft.pk).content.decode()
    for name in ("statement-pdf", "statement-document"):
        assert f'href="{reverse(name, args=[draft.pk])}"' in page

    response = get(client, "statement-pdf", draft.pk)

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment")
    assert ".pdf" in response["Content-Disposition"]
    assert b"".join(response.streaming_content).startswith(b"%PDF-")
    event = Event.objects.get(kind=Event.Kind.DOWNLOAD)
    assert (event.object_label, event.object_number) == ("jobs.statement", draft.pk)


def test_where_no_pdf_can_be_made_the_page_leads_to_the_letter(client, person, draft, settings):
    settings.LIBREOFFICE = "nowhere-to-be-found"
    person("finance")

    response = client.get(reverse("statement-pdf", args=[draft.pk]))

    assert response.status_code == 503
    assert "LibreOffice" in text(response)
    assert reverse("statement-document", args=[draft.pk]) in response.content.decode()
    assert not Event.objects.filter(kind=Event.Kind.DOWNLOAD).exists()


def test_a_folder_that_does_not_answer_is_told_and_is_no_error(client, person, draft, monkeypatch):
    def silent(*_args):
        raise OSError("The store does not answer")

    person("finance")
    for method in ("exists", "save"):
        monkeypatch.setattr(default_storage, method, silent)

    for name in ("statement-document", "statement-pdf"):
        answer = client.get(reverse(name, args=[draft.pk]))
        assert answer.status_code == 503
        assert "try again" in text(answer) and "backup" not in text(answer)


def test_work_without_a_price_is_named(client, person, draft):
    person("finance")
    page = client.get(reverse("statement", args=[draft.pk]))
    assert "Recorded, but without a price" not in text(page)

    case = make_case(
        make_contract(
            kinds_of_work=[{"key": key, "label": key} for key in ("talk", "group", "trip")]
        )
    )
    make_record(case)
    make_record(case, kind="trip", minutes=90)
    other = compute_statement(case.contract, MARCH)[0]
    page = client.get(reverse("statement", args=[other.pk]))
    assert "Recorded, but without a price" in text(page)
    assert "trip: 1 record (1.5 h)" in text(page).replace("1,5", "1.5")
