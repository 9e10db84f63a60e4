"""Payroll, evidence and instalments on screen: listed with sums, entered, changed, withdrawn."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.models import Event
from base.once import REFERENCE
from base.workspace.overwriting import SEEN, seen_now
from contracts.actions.enter_payroll import change_payroll_line
from contracts.actions.upload_evidence import upload_evidence
from contracts.models import Evidence, Instalment, PayrollLine
from tests.factories import (
    COSTS,
    amend,
    costs_of,
    make_commissioning_body,
    make_contract,
    make_instalment,
    make_member,
    make_organisation,
    make_payroll,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a payslip"
DECEMBER = date(2024, 12, 31)


@pytest.fixture
def person(client):
    """Return a function that signs in somebody with these roles, reading English."""

    def sign_in(*roles, organisation=None):
        member = make_member(organisation or make_commissioning_body(), roles=roles)
        client.force_login(member.user)
        client.cookies["django_language"] = "en"
        return member.user

    return sign_in


@kept
def contract():
    return make_contract(
        provider=make_organisation("provider"), remuneration=[costs_of("salary", "bonus")]
    )


@pytest.fixture
def lead(person, contract):
    return person("provider_lead", organisation=contract.provider)


def text(response) -> str:
    shown = re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " ")
    return " ".join(shown.split())


def get(client, name, *args, **query):
    return client.get(reverse(name, args=args), query)


def test_sums_by_kind_count_what_is_eligible(client, contract, lead):
    make_payroll(contract, "100.10", day=date(2024, 1, 31))
    make_payroll(contract, "0.20", day=date(2024, 2, 29))
    make_payroll(contract, "7.00", day=date(2024, 2, 29), cost_kind="bonus")
    make_payroll(contract, "50.00", day=date(2024, 2, 29), eligible=False)
    withdrawn = make_payroll(contract, "9.00", day=date(2024, 2, 29))
    line = make_payroll(contract, "1.00", day=date(2024, 1, 31))
    for name in ("a", "b"):  # two files of a line do not count it twice
        upload_evidence(
            contract=contract, name=f"{name}.pdf", content=PDF + name.encode(), kind="payslip",
            day=line.day, by=lead, payroll_line=line,
        )  # fmt: skip
    values = {"reason": "twice", SEEN: seen_now(withdrawn)}
    assert client.post(reverse("payroll-withdraw", args=[withdrawn.pk]), values).status_code == 302
    response = get(client, "payroll", contract=contract.pk)
    sums = [(str(label), value.replace("\u00a0", " ")) for label, value in
            response.context["summary"]]  # fmt: skip
    assert sums == [
        ("Lines", "6"), ("Bonus", "7,00 €"), ("Salary", "101,30 €"),
        ("Eligible in total", "108,30 €"),
    ]  # fmt: skip
    matrix = response.context["matrix"]
    assert matrix["kinds"] == ["bonus", "salary"]
    assert [(month.month, row, total) for month, row, total in matrix["months"]] == [
        (1, [None, Decimal("101.10")], Decimal("101.10")),
        (2, [Decimal("7.00"), Decimal("0.20")], Decimal("7.20")),
    ]
    assert (matrix["totals"], matrix["total"]) == (
        [Decimal("7.00"), Decimal("101.30")], Decimal("108.30"),
    )  # fmt: skip
    every = get(client, "payroll")
    assert every.context["matrix"] is None
    kinds = every.context["filter"].form.fields["cost_kind"].choices
    assert [(value, str(label)) for value, label in kinds] == [
        ("", "alle"), ("bonus", "Bonus"), ("salary", "Salary"),
    ]  # fmt: skip
    found = get(client, "payroll", cost_kind="bonus").context["table"].rows
    assert [row.get_cell("cost_kind") for row in found] == ["Bonus"]
    february = get(client, "payroll", period="2024-02", shown="none")
    assert len(february.context["table"].rows) == 4


def rows(*given: dict, initial: int = 0) -> dict:
    """Return a posted table with these rows."""
    values = {"form-TOTAL_FORMS": len(given), "form-INITIAL_FORMS": initial}
    for place, row in enumerate(given):
        plain = {"day": "2024-12-31", "cost_kind": "salary", "label": "Salary", "eligible": "on"}
        values |= {f"form-{place}-{name}": value for name, value in (plain | row).items()}
    return values


def test_many_lines_at_once_with_their_files(client, contract, lead):
    url = reverse("payroll-enter", args=[contract.pk])
    posted = rows(
        {"amount": "2281.90", "label": "Salary 12/2024",
         "file": SimpleUploadedFile("../Gehalt.pdf", PDF)},
        {"amount": "", "label": "left out"},
        {"amount": "120.00", "label": "Bonus", "evidence": "File 3"},
    )  # fmt: skip
    assert client.post(url, posted).status_code == 302
    lines = list(contract.payroll_lines.order_by("reference"))
    assert [(str(line), line.amount, line.label, line.evidence) for line in lines] == [
        ("P-2024-001", Decimal("2281.90"), "Salary 12/2024", ""),
        ("P-2024-002", Decimal("120.00"), "Bonus", "File 3"),
    ]
    assert lines[0].history.get().history_user_id == lead.pk
    evidence = Evidence.objects.get()
    assert (evidence.payroll_line, evidence.name) == (lines[0], "Gehalt.pdf")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "12.345"},
        {"amount": "much"},
        {"amount": "5", "day": ""},
        {"amount": "5", "cost_kind": "rent"},
        {"amount": "0.00"},
        {"amount": "5", "day": "2999-01-31"},
        {"amount": "5", "file": SimpleUploadedFile("a.exe", b"MZ")},
        {"amount": "5", "file": SimpleUploadedFile("a.pdf", b"MZ")},
        {"amount": ""},
    ],
)
def test_of_a_refused_table_nothing_is_stored(client, contract, lead, wrong):
    url = reverse("payroll-enter", args=[contract.pk])
    right = [{"amount": "10.00"}] if wrong["amount"] else []
    response = client.post(url, rows(*right, wrong))
    assert response.status_code == 200
    assert "Please correct" in text(response)
    assert not PayrollLine.objects.exists() and not Evidence.objects.exists()


def test_the_table_begins_like_the_month_before(client, contract, lead):
    make_payroll(contract, "5.00", day=date(2024, 10, 31), label="Old")
    make_payroll(contract, "2.00", day=date(2024, 11, 30), label="Salary 11/2024")
    form = get(client, "payroll-enter", contract.pk).context["form"]
    initial = [row.initial for row in form.forms]
    assert initial[0] == {"day": DECEMBER, "cost_kind": "salary", "label": "Salary 12/2024"}
    assert [row.get("label") for row in initial[1:]] == [None, None, None]
    # What is only filled in beforehand is no line.
    posted = rows(initial[0] | {"day": "2024-12-31", "amount": ""}, {"amount": "3"}, initial=2)
    client.post(reverse("payroll-enter", args=[contract.pk]), posted)
    assert contract.payroll_lines.filter(day=DECEMBER).get().amount == Decimal("3")


def test_no_day_to_come_is_filled_in(client, contract, lead):
    """What is charged is what was paid: a month that runs is entered as of today."""
    today = timezone.localdate()
    make_payroll(contract, "2.00", day=today.replace(day=1) - timedelta(days=1))
    form = get(client, "payroll-enter", contract.pk).context["form"]
    assert {row.initial["day"] for row in form.forms} == {today}
    make_payroll(contract, "2.00", day=today)
    form = get(client, "payroll-enter", contract.pk).context["form"]
    assert {row.initial["day"] for row in form.forms} == {None}


CHANGED = {
    "day": "2024-12-31", "cost_kind": "salary", "label": "Salary", "amount": "2281.90",
    "eligible": "on", "reason": "mistyped",
}  # fmt: skip


def test_changed_with_a_reason_as_the_next_version(client, contract, lead):
    line = make_payroll(contract, "2218.90", day=DECEMBER)
    url = reverse("payroll-change", args=[line.pk])
    seen = {SEEN: seen_now(line)}
    for wrong in ({"reason": " "}, {"day": "2999-01-31"}):
        assert client.post(url, CHANGED | seen | wrong).status_code == 200
    assert client.post(url, CHANGED | seen).status_code == 302
    line.refresh_from_db()
    assert (line.version, line.amount, line.reason) == (2, Decimal("2281.90"), "mistyped")
    page = text(client.get(line.get_absolute_url()))
    assert "2.218,90 €" in page and "2.281,90 €" in page and "mistyped" in page


def test_changed_where_only_an_edition_of_the_past_reimburses_its_kind(client, contract, lead):
    line = make_payroll(contract, "2218.90", day=DECEMBER)
    amend(contract, applies_from=date(2025, 1, 1), remuneration=[costs_of("bonus")])
    url, seen = reverse("payroll-change", args=[line.pk]), {SEEN: seen_now(line)}
    assert client.post(url, CHANGED | seen).status_code == 302
    line.refresh_from_db()
    assert (line.version, line.cost_kind) == (2, "salary")


def test_who_comes_second_is_told(client, contract, lead):
    line = make_payroll(contract, "2218.90", day=DECEMBER)
    url, seen = reverse("payroll-change", args=[line.pk]), {SEEN: seen_now(line)}
    other = make_member(contract.provider, roles=["provider_lead"]).user
    change_payroll_line(line, by=other, reason="first", amount=Decimal("1.00"))
    told = client.post(url, CHANGED | seen)
    assert told.status_code == 200 and str(other) in text(told)
    assert "2281.90" in told.content.decode()  # nothing typed is lost
    line.refresh_from_db()
    assert line.amount == Decimal("1.00")
    # Saved again, knowing it.
    again = {SEEN: re.search(rf'name="{SEEN}" value="(\d+)"', told.content.decode())[1]}
    assert client.post(url, CHANGED | again).status_code == 302


def test_withdrawn_lines_are_left_alone(client, contract, lead):
    line = make_payroll(contract, "10.00")
    url = reverse("payroll-withdraw", args=[line.pk])
    client.post(url, {"reason": "twice", SEEN: seen_now(line)})
    line.refresh_from_db()
    assert (line.status, line.version) == ("withdrawn", 2)
    again = {SEEN: seen_now(line)}
    assert client.post(url, again | {"reason": "again"}).status_code == 200
    assert (
        client.post(reverse("payroll-change", args=[line.pk]), CHANGED | again).status_code == 200
    )
    line.refresh_from_db()
    assert line.version == 2


def test_evidence_is_uploaded_and_downloaded_as_a_file(client, contract, lead):
    line = make_payroll(contract, "10.00", day=DECEMBER)
    url = reverse("evidence-add", args=[contract.pk])
    form = client.get(url, {"line": line.pk}).context["form"]
    assert (form.initial["payroll_line"], form.initial["day"]) == (line, DECEMBER)
    file = SimpleUploadedFile("../Gehalt 12.pdf", PDF, content_type="text/html")
    values = {"file": file, "kind": "payslip", "day": "31.12.2024", "payroll_line": line.pk}
    back = line.get_absolute_url()
    response = client.post(f"{url}?next={back}", values)
    assert (response.status_code, response.url) == (302, back)
    evidence = Evidence.objects.get()
    file = get(client, "evidence-file", evidence.pk)
    assert b"".join(file.streaming_content) == PDF
    assert file["Content-Type"] == "application/pdf"
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Disposition"].startswith("attachment") and "Gehalt" in str(file.headers)
    assert Event.objects.filter(kind=Event.Kind.DOWNLOAD, object_number=evidence.pk).exists()


def test_upload_leads_nowhere_else(client, contract, lead):
    url = reverse("evidence-add", args=[contract.pk]) + "?next=https://example.org/"
    file = SimpleUploadedFile("a.pdf", PDF)
    response = client.post(url, {"file": file, "kind": "other", "day": "2024-12-31"})
    assert response.url.startswith(reverse("payroll"))


def test_evidence_is_withdrawn_with_a_reason(client, contract, lead):
    evidence = upload_evidence(
        contract=contract, name="a.pdf", content=PDF, kind="payslip", day=DECEMBER, by=lead
    )
    url = reverse("evidence-withdraw", args=[evidence.pk])
    assert client.post(url, {"reason": ""}).status_code == 200
    assert client.post(url, {"reason": "Another person's."}).status_code == 302
    assert "Another person" in text(get(client, "evidence"))
    assert get(client, "evidence-file", evidence.pk).status_code == 200


def test_rows_of_another_provider_are_not_there(client, person, contract, lead):
    line = make_payroll(contract, "10.00")
    evidence = upload_evidence(
        contract=contract, name="secret.pdf", content=PDF, kind="payslip", day=DECEMBER, by=lead
    )
    paid = make_instalment(contract, "5.00", first=DECEMBER, last=DECEMBER)
    stranger = make_contract(provider=make_organisation("stranger"), remuneration=[COSTS])
    person("provider_lead", organisation=stranger.provider)
    for name, key in (
        ("payroll-line", line.pk), ("payroll-change", line.pk), ("payroll-withdraw", line.pk),
        ("payroll-enter", contract.pk), ("evidence-file", evidence.pk),
        ("evidence-withdraw", evidence.pk), ("evidence-add", contract.pk),
    ):  # fmt: skip
        assert get(client, name, key).status_code == 404, name
        assert client.post(reverse(name, args=[key]), CHANGED).status_code in (404, 405), name
    for name in ("payroll", "evidence", "instalments"):
        page = get(client, name)
        assert contract.number not in text(page) and "secret" not in text(page), name
    form = get(client, "evidence-add", stranger.pk).context["form"]
    assert line not in form.fields["payroll_line"].queryset
    assert paid.reference not in text(get(client, "instalments"))


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("finance", {"payroll", "evidence", "instalments", "evidence-add", "instalment-add"}),
        ("manager", {"payroll", "evidence", "instalments"}),
        ("auditor", {"payroll", "evidence", "instalments"}),
        ("director", set()),
        ("caseworker", set()),
        ("administrator", set()),
    ],
)
def test_who_may_what(client, person, contract, role, allowed):
    person(role)
    addresses = {
        "payroll": [], "evidence": [], "instalments": [], "evidence-add": [contract.pk],
        "payroll-enter": [contract.pk], "instalment-add": [],
    }  # fmt: skip
    open_to = {name for name, args in addresses.items() if get(client, name, *args).status_code
               == 200}  # fmt: skip
    assert open_to == allowed


def test_instalments_are_recorded_and_corrected(client, person, contract):
    finance = person("finance")
    values = {"contract": contract.pk, "amount": "9500.00", "paid_on": "15.02.2024",
              "period": "2024", "reference": ""}  # fmt: skip
    add = reverse("instalment-add")
    assert client.post(add, values | {"period": "2024-13"}).status_code == 200
    for wrong in (
        {"amount": "0"}, {"amount": "-5"}, {"paid_on": "2999-01-01"}, {"paid_on": "2008-12-31"},
        {"period": "2080"}, {"period": "2024-01-01..2080-12-31"}, {"period": "2008"},
    ):  # fmt: skip
        refused = client.post(add, values | wrong)
        assert refused.status_code == 200, wrong
    assert "nothing is paid before 01.01.2009" in text(refused)
    assert not Instalment.objects.exists()
    client.post(add, values | {REFERENCE: "one page"})
    client.post(add, values | {REFERENCE: "another page"})
    first, second = Instalment.objects.order_by("reference")
    assert (first.reference, second.reference) == ("A-2024-001", "A-2024-002")
    assert (first.period_first, first.period_last) == (date(2024, 1, 1), DECEMBER)
    assert first.history.get().history_user_id == finance.pk
    response = get(client, "instalments", contract=contract.pk, period="2024")
    assert response.context["summary"][1][1].replace("\u00a0", " ") == "19.000,00 €"
    url = reverse("instalment-change", args=[first.pk])
    seen = {SEEN: seen_now(first)}
    changed = {"amount": "9400", "paid_on": "2024-02-15", "period": "2024", "reason": "mistyped"}
    assert client.post(url, changed | seen | {"reason": ""}).status_code == 200
    assert client.post(url, changed | seen).status_code == 302
    again = changed | seen | {REFERENCE: "another page"}
    assert "9500" in text(client.post(url, again))  # told what it was before
    first.refresh_from_db()
    assert first.amount == Decimal("9400")
    assert first.history.latest().history_change_reason == "mistyped"


@pytest.mark.parametrize("name", ["payroll", "evidence", "instalments"])
def test_queries_do_not_grow_with_rows(client, person, contract, name):
    finance = person("finance")

    def make(number):
        line = make_payroll(contract, "1.00")
        upload_evidence(
            contract=contract, name=f"{number}.pdf", content=PDF + str(number).encode(),
            kind="payslip", day=line.day, by=finance, payroll_line=line,
        )  # fmt: skip
        make_instalment(contract, "1.00", first=DECEMBER, last=DECEMBER)

    def count() -> int:
        get(client, name)
        with CaptureQueriesContext(connection) as queries:
            assert get(client, name).status_code == 200
        return len(queries)

    for number in range(5):
        make(number)
    five = count()
    for number in range(5, 50):
        make(number)
    assert count() == five


def test_amounts_are_typed_as_germans_write_them(client, contract, lead):
    client.cookies["django_language"] = "de"
    posted = rows({"amount": "2.281,90"}, {"amount": "1000"})
    assert client.post(reverse("payroll-enter", args=[contract.pk]), posted).status_code == 302
    amounts = contract.payroll_lines.order_by("reference").values_list("amount", flat=True)
    assert list(amounts) == [Decimal("2281.90"), Decimal("1000.00")]
