"""Reports on screen: figures with charts, assessment and reply, versions, who sees what when."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from docx import Document

from base.documents import stored_path
from base.facts import change
from base.workspace.chart import bar_chart
from base.workspace.worklist import Worklist
from contracts.billing import Period
from contracts.dates.calendar import EntryKind, entries
from forms.models import ServiceRecord
from jobs import duties
from jobs.actions.answer_report import draft_reply, submit_reply
from jobs.actions.assess_report import confirm_assessment, draft_assessment, submit_assessment
from jobs.actions.compute_report import compute_report
from jobs.actions.make_document import make_report_document
from jobs.models import Assessment, Reply, Report
from jobs.waiting import reports_waiting_for
from tests.factories import (
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

HALF = Period.parse("2024-H1")


@pytest.fixture(autouse=True)
def _english():
    with override("en"):
        yield


@pytest.fixture
def lead():
    return make_member(make_organisation("provider"), roles=["provider_lead"]).user


@pytest.fixture
def manager():
    return make_member(make_commissioning_body(), roles=["manager"]).user


@kept
def record():
    """An hour of work in a half-year; changing it changes the figures."""
    catalogue = make_catalogue(modules=("m1",), need_groups=("hbg-1",))
    contract = make_contract("SB-1", catalogues=(catalogue,))
    return make_record(make_case(contract, catalogue=catalogue), module="m1")


@pytest.fixture
def report(record) -> Report:
    return compute_report(record.contract, HALF)[0].report


def later_figures(report):
    """Let late knowledge make the next version."""
    record = ServiceRecord.objects.get(contract=report.contract)
    change(record, minutes=record.minutes + 30, reason="forgotten")
    return compute_report(report.contract, HALF)[0]


def state_of(report) -> str:
    return Report.objects.with_state().get(pk=report.pk).state


def assess(report, lead, text="All well.", **values) -> Assessment:
    draft_assessment(report, by=lead, text=text, figures=report.current().number, **values)
    return submit_assessment(report, by=lead)


def answer(assessment, manager, text="Agreed.") -> Reply:
    draft_reply(assessment, by=manager, text=text)
    return submit_reply(assessment, by=manager)


def words(document) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def made(version) -> str:
    stored = make_report_document(version)
    with default_storage.open(stored_path(stored.sha256)) as file:
        return words(Document(BytesIO(file.read())))


# --- what becomes of a report


def test_a_report_goes_from_open_to_answered(report, lead, manager):
    seen = [state_of(report)]
    assessment = assess(report, lead)
    seen.append(state_of(report))
    draft_reply(assessment, by=manager, text="Agreed.")
    seen.append(state_of(report))
    submit_reply(assessment, by=manager)
    seen.append(state_of(report))

    assert seen == ["open", "submitted", "submitted", "answered"]
    assert assessment.submitted_by == lead
    assert assessment.submitted_on == timezone.localdate()


def test_later_figures_ask_for_confirmation_and_keep_what_was_said(report, lead, manager):
    first = assess(report, lead, proposals="A second group.")
    answer(first, manager)
    version = later_figures(report)
    assert state_of(report) == "changed"

    second = confirm_assessment(report, by=lead)

    assert (second.number, second.figures, second.text, second.proposals) == (
        2, version, "All well.", "A second group.",
    )  # fmt: skip
    assert state_of(report) == "submitted"
    assert Assessment.objects.get(number=1).figures.number == 1
    with pytest.raises(ValidationError, match="not changed"):
        confirm_assessment(report, by=lead)


def test_the_next_assessment_may_have_other_words(report, lead):
    assess(report, lead)
    later_figures(report)

    assert assess(report, lead, "More hours than we knew.").number == 2
    texts = Assessment.objects.order_by("number").values_list("text", flat=True)
    assert list(texts) == ["All well.", "More hours than we knew."]


def test_what_was_written_about_old_figures_is_not_submitted_unseen(report, lead):
    draft_assessment(report, by=lead, text="All well.", figures=1)
    later_figures(report)

    with pytest.raises(ValidationError, match="figures have changed: version 2"):
        submit_assessment(report, by=lead)
    with pytest.raises(ValidationError, match="figures have changed: version 2"):
        draft_assessment(report, by=lead, text="All well.", figures=1)

    draft_assessment(report, by=lead, text="All well.", figures=2)
    assert submit_assessment(report, by=lead).figures.number == 2


@pytest.mark.parametrize(
    ("due_on", "late"), [(0, 0), (-1, 1), (-40, 40), (3, 0), (None, 0)]
)  # days from today
def test_how_late_it_was_submitted(report, lead, due_on, late):
    report.due_on = due_on and timezone.localdate() + timedelta(days=due_on)
    if due_on == 0:
        report.due_on = timezone.localdate()
    report.save()

    assert assess(report, lead).days_late == late


def test_refusals(report, lead, manager):
    with pytest.raises(ValidationError, match="no draft"):
        submit_assessment(report, by=lead)
    draft_assessment(report, by=lead, text="  ", figures=1)
    with pytest.raises(ValidationError, match="says something"):
        submit_assessment(report, by=lead)
    draft = Assessment.objects.get()
    with pytest.raises(ValidationError, match="newest assessment that was submitted"):
        draft_reply(draft, by=manager, text="Agreed.")
    first = assess(report, lead)
    with pytest.raises(ValidationError, match="no draft"):
        submit_reply(first, by=manager)
    answer(first, manager)
    with pytest.raises(ValidationError, match="answered already"):
        draft_reply(first, by=manager, text="Changed my mind.")
    second = assess(report, lead, "And more.")
    with pytest.raises(ValidationError, match="newest"):
        draft_reply(first, by=manager, text="Too late.")
    answer(second, manager)


@pytest.mark.parametrize("which", [Assessment, Reply])
def test_what_was_submitted_never_changes(report, lead, manager, which):
    answer(assess(report, lead), manager)

    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        which.objects.update(text="Something else.")


def test_drafts_are_seen_by_their_own_side_only(report, lead, manager):
    draft_assessment(report, by=lead, text="Half a thought", figures=1)
    assert not Assessment.objects.visible_to(manager).exists()
    assert Assessment.objects.visible_to(lead).exists()
    assessment = submit_assessment(report, by=lead)
    assert Assessment.objects.visible_to(manager).exists()

    draft_reply(assessment, by=manager, text="Half an answer")
    assert not Reply.objects.visible_to(lead).exists()
    submit_reply(assessment, by=manager)
    assert Reply.objects.visible_to(lead).exists()


def test_who_is_reminded_of_what(report, lead, manager):
    def waits(user):
        return reports_waiting_for(user).exists()

    assert (waits(lead), waits(manager)) == (True, False)
    first = assess(report, lead)
    assert (waits(lead), waits(manager)) == (False, True)
    answer(first, manager)
    assert (waits(lead), waits(manager)) == (False, False)
    later_figures(report)
    assert (waits(lead), waits(manager)) == (True, False)
    assert [each.entry.note for each in Worklist(lead).first_of("reports", 5)] == [
        "figures have changed"
    ]


def test_the_calendar_knows_what_is_submitted(report, lead):
    days = Period(date(2024, 7, 1), date(2024, 7, 31))

    def done():
        return [
            due.done for due in entries([report.contract], days) if due.kind == EntryKind.REPORT
        ]

    assert done() == [False]
    assess(report, lead)
    assert done() == [True]
    assert [each.url for each in duties.filed_reports([report.contract_id], HALF)] == [
        reverse("report", args=[report.pk])
    ]


# --- the document


def test_the_document_has_lines_to_write_on_until_there_are_words(report, lead, manager):
    version = report.current()
    assert "Ort, Datum, Unterschrift:" in made(version)

    assessment = assess(report, lead, "All well.\nReally.", proposals="A second group.")
    text = made(version)
    assert "All well.\nReally.\nVorgeschlagene Änderungen\nA second group." in text
    assert text.count("Ort, Datum, Unterschrift:") == 1
    answer(assessment, manager, "Agreed <so & so>.")
    text = made(version)
    assert "Agreed <so & so>." in text
    assert "Ort, Datum, Unterschrift:" not in text
    assert version.documents.count() == 3
    assert made(version) == text
    assert version.documents.count() == 3


# --- the pages


class Sums(HTMLParser):
    """Tags and attributes of a page, and its words."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


def sign_in(client, user):
    """Sign in somebody who reads English."""
    client.force_login(user)
    client.cookies["django_language"] = "en"


def page(client, user, name, *args, **query):
    sign_in(client, user)
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_chart_has_no_style_and_no_script_and_a_name():
    svg = bar_chart(
        "x", title="Cases & more", description="See the table.", labels=["1", "<2>"],
        series={"worked on": [6, 5], "closed": [4, 0]},
    )  # fmt: skip
    parsed = Sums(svg)

    assert not {"style", "script"} & set(parsed.tags)
    assert "style" not in {name for name, _value in parsed.attributes}
    assert ("role", "img") in parsed.attributes
    assert {"Cases & more", "See the table.", "<2>", "worked on", "6", "5"} <= set(parsed.words)
    bars = [height for height in re.findall(r'height="([\d.]+)" class="rect', svg)]
    assert [round(float(bar) / float(bars[0]), 2) for bar in bars] == [1, 0.83, 0.67, 0]


def test_page_of_a_report_shows_figures_charts_and_words(client, report, lead, manager):
    answer(assess(report, lead, proposals="A second group."), manager)

    html = page(client, manager, "report", report.pk)

    parsed = Sums(html)
    assert parsed.tags.count("svg") == 3
    assert "style" not in {name for name, _value in parsed.attributes}
    text = " ".join(" ".join(parsed.words).split())
    for expected in ("Need group 1", "1,00", "A second group.", "Agreed.", "answered"):
        assert expected in text


def test_earlier_versions_stay_readable(client, report, manager):
    later_figures(report)

    newest = page(client, manager, "report", report.pk)
    first = page(client, manager, "report", report.pk, version="1")

    assert "1,50" in newest
    assert "1,00" in first
    assert "1,50" not in re.sub(r'<section class="card no-print".*', "", first, flags=re.DOTALL)
    assert client.get(reverse("report", args=[report.pk]), {"version": "9"}).status_code == 404


def post(client, user, name, report, **data):
    sign_in(client, user)
    return client.post(reverse(name, args=[report.pk]), data)


def test_written_submitted_and_answered_in_the_browser(client, report, lead, manager):
    post(client, lead, "assessment-edit", report, figures=1, text="All well.", proposals="")
    html = page(client, lead, "assessment-submit", report.pk)
    (seen,) = re.findall(r'name="_seen" value="(\d+)"', html)
    post(client, lead, "assessment-submit", report, _seen=seen)
    assert state_of(report) == "submitted"

    post(client, manager, "reply-edit", report, text="Agreed.")
    html = page(client, manager, "reply-submit", report.pk)
    (seen,) = re.findall(r'name="_seen" value="(\d+)"', html)
    post(client, manager, "reply-submit", report, _seen=seen)

    assert state_of(report) == "answered"
    assert Reply.objects.get().submitted_by == manager


def test_two_who_write_at_once_lose_nothing(client, report, lead):
    """Both opened the form when there was no draft."""
    post(client, lead, "assessment-edit", report, figures=1, text="First.")

    response = post(client, lead, "assessment-edit", report, figures=1, text="Second.")

    html = response.content.decode()
    assert "First." in html
    assert "Second." in html
    assert Assessment.objects.get().text == "First."
    (seen,) = re.findall(r'name="_seen" value="(\d+)"', html)
    post(client, lead, "assessment-edit", report, figures=1, text="Both.", _seen=seen)
    assert Assessment.objects.get().text == "Both."
    versions = Assessment.history.order_by("history_id").values_list("text", flat=True)
    assert list(versions) == ["First.", "Both."]


def test_figures_that_changed_while_writing_are_shown_before_it_is_saved(client, report, lead):
    later_figures(report)

    response = post(client, lead, "assessment-edit", report, figures=1, text="All well.")

    html = response.content.decode()
    assert "figures have changed: version 2" in html
    assert "All well." in html
    assert re.search(r'name="figures"[^>]*value="2"|value="2"[^>]*name="figures"', html)
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("assessment-edit", "manager"),
        ("assessment-submit", "manager"),
        ("assessment-confirm", "manager"),
        ("reply-edit", "lead"),
        ("reply-submit", "lead"),
    ],
)
def test_each_side_writes_its_own(client, report, request, name, who):
    user = request.getfixturevalue(who)
    sign_in(client, user)

    assert client.get(reverse(name, args=[report.pk])).status_code == 403
    assert post(client, user, name, report, text="x", figures=1).status_code == 403
    assert not Assessment.objects.exists()


def test_a_foreign_report_does_not_exist(client, report):
    stranger = make_member(make_organisation("other"), roles=["provider_lead"]).user
    sign_in(client, stranger)

    for name in ("report", "assessment-edit", "assessment-submit", "assessment-confirm"):
        assert client.get(reverse(name, args=[report.pk])).status_code == 404
    for name in ("report-document", "report-pdf"):
        assert client.get(reverse(name, args=[report.current().pk])).status_code == 404
    assert "SB-1" not in client.get(reverse("reports")).content.decode()


def test_a_folder_that_does_not_answer_is_told_and_is_no_error(client, report, lead, monkeypatch):
    def silent(*_args):
        raise OSError("The store does not answer")

    sign_in(client, lead)
    for method in ("exists", "save"):
        monkeypatch.setattr(default_storage, method, silent)

    for name in ("report-document", "report-pdf"):
        assert client.get(reverse(name, args=[report.current().pk])).status_code == 503


def test_list_filters_by_state_and_does_not_ask_more_for_more_rows(client, record, lead, manager):
    reports = [
        compute_report(record.contract, Period.parse(period))[0].report
        for period in ("2023-H1", "2023-H2", "2024-H1")
    ]
    assess(reports[0], lead)
    sign_in(client, manager)

    def listed(**query):
        html = client.get(reverse("reports"), query).content.decode()
        return re.findall(r"(\d)\. Halbjahr (\d{4})", html)

    def queries(**query):
        with CaptureQueriesContext(connection) as captured:
            listed(**query)
        return len(captured)

    assert listed() == [("1", "2024"), ("2", "2023"), ("1", "2023")]
    assert listed(state="submitted") == [("1", "2023")]
    assert listed(overdue="true") == [("1", "2024"), ("2", "2023")]
    assert listed(overdue="false") == [("1", "2023")]
    asked = client.get(reverse("reports")).context["filter"].form["overdue"]
    assert [value for value, _label in asked.field.choices] == ["", "true", "false"]
    assert listed(year="2024") == [("1", "2024")]
    assert queries() == queries(year="2024")
