"""Every form of the product, sent twice and twenty times at once, is carried out once.

Forms are walked, not listed: a new page is covered at once. One that this world gives nothing to
fill in for says so below.
"""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.urls import reverse

from base.history import history_model
from base.models import Event, FollowUp, SavedView, SentForm
from base.once import REFERENCE, Once
from base.workspace.views import FormPage
from contracts.models import Instalment
from forms.models import Case, ServiceRecord
from tests.invariants.rows.sending import FORMS, Filled, ready
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.steps import bring_to
from tests.invariants.rows.test_addresses import PAGES
from tests.invariants.rows.test_repetition import rows_of_everything

pytestmark = pytest.mark.django_db

AT_ONCE = 20

UNTRIED = {
    "case-letter": "Answers with a file: tests/forms/test_letters.py.",
    "cases-letters": "Answers with a file: tests/forms/test_letters.py.",
    "appointment-invitations": "Answers with a file: tests/forms/test_invitations.py.",
    "case-move": "No case of this world has a later edition to move to.",
    "filled-form-submit": "The draft of this world has answers that are missing.",
    "person-confirm": "What waits here was changed by who would confirm it.",
    "person-factor": "Nobody in this world has a second factor to take away.",
    "phase-agreement-withdraw": "Work rests on every agreement of this world.",
    "run-confirm": "A run is one row, whoever asks for it: tests/jobs/test_runs.py.",
    "run-start": "Chooses a run, and changes nothing.",
    "account-confirm": "Who is tried here entered both accounts; a second one confirms.",
    "assessment-confirm": "No figures of this world have changed since they were assessed.",
}
"""Forms that cannot be filled in here, with the reason."""

POSTED_OTHERWISE = {
    "view-save": "Tried below.",
    "integrity": "Tried below.",
    "record-day": "Its rows carry references of their own; tried below.",
    "visit-data": "Its row carries a reference of its own: tests/forms/test_visits.py.",
    "view-delete": "Tried below.",
    "take-back": "Tried below.",
    "filled-form-edit": "Saves a draft over the state that was seen; makes no rows.",
    "filled-form-save": "Saves a draft over the state that was seen; makes no rows.",
    "run-repeat": "A run is one row, whoever asks for it: tests/jobs/test_runs.py.",
}
"""What takes a POST and is no form page, with the reason."""

TRIED = [page for page in FORMS if page.name not in UNTRIED]
LOGS = ("base.SentForm", "base.Event", "sessions.Session")
"""What tells of requests, and not of what they do."""


def counted() -> dict[str, int]:
    return {name: count for name, count in rows_of_everything().items() if name not in LOGS}


def difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@pytest.mark.once
def test_whatever_takes_a_post_is_known_here():
    posts = {page.name for page in PAGES if hasattr(page.view, "post")}
    assert posts == {page.name for page in FORMS} | POSTED_OTHERWISE.keys()
    assert UNTRIED.keys() <= {page.name for page in FORMS}
    reasons = [*UNTRIED.values(), *POSTED_OTHERWISE.values()]
    assert [reason for reason in reasons if not reason.endswith(".")] == []


@pytest.mark.once
def test_no_form_is_left_out_but_those_that_change_nothing():
    assert [page.name for page in FORMS if not page.view.once] == ["run-start"]


@pytest.mark.once
@pytest.mark.parametrize("page", FORMS, ids=lambda page: page.name)
def test_rights_are_asked_before_a_reference_is_stored(page):
    places = [cls.__name__ for cls in page.view.__mro__]
    assert places.index("PermissionRequiredMixin") < places.index("Once") < places.index("FormView")


@pytest.mark.parametrize("page", TRIED, ids=lambda page: page.name)
def test_form_sent_twice_is_carried_out_once(page):
    bring_to(page.name)
    form, first = ready(page)
    made = counted()

    second = form.send()

    assert (second.status_code, second.url) == (first.status_code, first.url)
    assert counted() == made


@pytest.fixture
def instalment() -> Filled:
    (page,) = (page for page in FORMS if page.name == "instalment-add")
    return ready(page)[0]


def test_same_page_with_other_values_is_refused_and_can_be_meant(instalment):
    """Who goes back and types something else is asked, and not told that it was saved."""
    before = Instalment.objects.count()
    instalment.values["amount"] = ["2,00"]

    refused = instalment.send()

    assert refused.status_code == 200
    assert Instalment.objects.count() == before
    assert "mit anderen Angaben" in refused.content.decode()
    given = refused.context_data["reference"]
    assert given not in instalment.values[REFERENCE]
    instalment.values[REFERENCE] = [given]
    assert instalment.send().status_code == 302
    assert Instalment.objects.count() == before + 1


def test_without_a_reference_the_same_is_known_by_what_it_says(instalment):
    del instalment.values[REFERENCE]
    before = Instalment.objects.count()
    for _again in range(3):
        assert instalment.send().status_code == 302
    instalment.values["amount"] = ["2,00"]
    assert instalment.send().status_code == 302
    assert Instalment.objects.count() == before + 2


def test_a_reference_is_one_persons_on_one_page(instalment):
    """Nobody learns from an answer where somebody else was led, nor blocks what they send."""
    other = get_user_model().objects.get(username="finance.groschen")
    before = Instalment.objects.count()
    assert instalment.send(signed_in(other)).status_code == 302
    assert Instalment.objects.count() == before + 1


def test_refused_form_keeps_its_reference_and_stores_nothing(instalment):
    instalment.values[REFERENCE], instalment.values["amount"] = ["given"], ["viel"]
    before = SentForm.objects.count()

    refused = instalment.send()

    assert (refused.status_code, SentForm.objects.count()) == (200, before)
    assert refused.context_data["reference"] == "given"
    instalment.values["amount"] = ["3,00"]
    assert instalment.send().status_code == 302
    assert SentForm.objects.count() == before + 1


def person(username: str) -> Client:
    return signed_in(get_user_model().objects.get(username=username))


def day_entry() -> dict[str, str]:
    case = Case.objects.filter(contract__number="SB-2010-01").order_by("pk")[1]
    record = ServiceRecord.objects.filter(case=case, session="", module__gt="").order_by("pk")[0]
    return {
        "count": "1", "day": f"{record.day}", "counsellor": str(record.counsellor_id),
        "rows-0-case": str(case.pk), "rows-0-kind": record.kind, "rows-0-module": record.module,
        "rows-0-minutes": "7", "rows-0-reason": "Nachgetragen",
    }  # fmt: skip


def test_day_without_references_is_stored_once():
    client, entry = person("lead.bruecke"), day_entry()
    before = ServiceRecord.objects.count()
    for _again in range(3):
        response = client.post(reverse("record-day"), entry)
        assert response.status_code == 302, response.context["rows"][0].errors
    assert ServiceRecord.objects.count() == before + 1


def test_view_and_check_are_stored_once():
    client = person("auditor.genau")
    view = {"page": "trail", "name": "Meine", "query": "kind=export"}
    views, checks = SavedView.objects.count(), Event.objects.filter(kind="check_asked").count()
    for _again in range(3):
        assert client.post(reverse("view-save"), view).status_code == 302
        assert client.post(reverse("integrity"), {REFERENCE: "given"}).status_code == 302
    assert SavedView.objects.count() == views + 1
    assert Event.objects.filter(kind="check_asked").count() == checks + 1


def test_what_is_done_once_asks_for_rights_first():
    for page in PAGES:
        if issubclass(page.view, Once) and not issubclass(page.view, FormPage):
            names = [cls.__name__ for cls in page.view.__mro__]
            assert names.index("PermissionRequiredMixin") < names.index("Once"), page.name


def deletion(model=SavedView, page: str = "view-delete") -> Filled:
    (row,) = model.objects.filter(owner__username="auditor.genau")
    return Filled("auditor.genau", reverse(page, args=[row.pk]), {})


@pytest.mark.parametrize(
    ("model", "page", "leads_to"),
    [(SavedView, "view-delete", "trail"), (FollowUp, "take-back", "worklist")],
)
def test_row_is_deleted_once_and_whoever_presses_twice_is_told_the_same(model, page, leads_to):
    form, before = deletion(model, page), history_model(model).objects.count()
    answers = [form.send() for _again in range(3)]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, reverse(leads_to))}
    assert history_model(model).objects.count() == before + 1


def at_once(form: Filled, times: int) -> list:
    """Send the same form from so many threads of one session at the same moment."""
    browser = form.client()
    browser.get(form.url)  # whoever opened the form has said why, where that is asked
    cookies = browser.cookies
    barrier, answers = threading.Barrier(times), []

    def send():
        client = Client(raise_request_exception=False)
        client.cookies = cookies.copy()
        barrier.wait()
        try:
            answers.append(form.send(client))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
