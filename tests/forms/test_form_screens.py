"""Forms on screen and on paper: what each reader sees, saving while typing, submitting."""

import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from docx import Document

from base.exchange.importing import import_files
from base.models import Event
from forms.documents.filled_form import make_form_document
from forms.models import Case, FilledForm, FormAnswer, FormDefinition, ServiceRecord
from tests.asked import Answering
from tests.factories import (
    make_case,
    make_commissioning_body,
    make_contract,
    make_form,
    make_member,
    make_organisation,
    make_record,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).resolve().parents[2] / "sample"


@kept
def provider():
    return make_organisation("provider")


@kept
def case(kept_provider):
    return make_case(make_contract(provider=kept_provider), "K-1")


@pytest.fixture
def client():
    """Whoever is not responsible says why, and reads on."""
    return Answering()


@pytest.fixture
def counsellor(provider):
    return make_member(provider).user


@pytest.fixture
def caseworker():
    return make_member(make_commissioning_body(), roles=["caseworker"]).user


def page(client, user, name: str, form, **options) -> str:
    client.force_login(user)
    response = client.get(reverse(name, args=[form.pk]), **options)
    assert response.status_code == 200
    return response.content.decode()


def words(document: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in Document(BytesIO(document)).paragraphs)


ANSWERS = {"name": "Muster", "talks": "3", "aims": "sober", "health": "liver"}


def test_each_reader_sees_what_the_field_rules_say(client, case, counsellor, caseworker):
    """On the page and in the document alike."""
    form = make_form(case, submitted=True, **ANSWERS)
    auditor = make_member(make_commissioning_body(), roles=["auditor"]).user
    for user, read, hidden in (
        (counsellor, ["Muster", "sober", "liver"], []),
        (caseworker, ["Muster"], ["sober", "liver"]),
        (auditor, [], ["Muster", "sober", "liver"]),
    ):
        for shown in (
            page(client, user, "filled-form", form),
            words(make_form_document(form, reader=user)),
        ):
            assert [value for value in ANSWERS.values() if value in shown and value != "3"] == read
            assert not any(value in shown for value in hidden)


def test_what_a_correction_replaced_is_hidden_as_well(client, case, counsellor, caseworker):
    first = make_form(case, by=counsellor, submitted=True, aims="old aim", talks="3")
    client.force_login(counsellor)
    client.post(reverse("filled-form-correct", args=[first.pk]), {"reason": "miscounted"})
    draft = FilledForm.objects.get(supersedes=first)
    values = {"q1": "4", "q3": "new aim", "seen": draft.revision, "check": "1"}
    response = client.post(reverse("filled-form-edit", args=[draft.pk]), values)
    assert response.url == reverse("filled-form-submit", args=[draft.pk])
    client.post(response.url, {"seen": draft.revision + 1})
    second = FilledForm.objects.get(pk=draft.pk)
    assert second.status == "submitted"
    shown = page(client, caseworker, "filled-form", second)
    # A reason is free text about the client: who counsels reads it, like the answers.
    assert "old aim" not in shown
    assert "miscounted" not in shown
    shown = page(client, counsellor, "filled-form", second)
    assert "old aim" in shown
    assert "miscounted" in shown


def test_the_download_is_recorded_and_names_nobody(client, case, caseworker):
    form = make_form(case, submitted=True, **ANSWERS)
    client.force_login(caseworker)
    response = client.get(reverse("filled-form-document", args=[form.pk]))
    assert 'filename="K-1-F1-1.docx"' in response["Content-Disposition"]
    event = Event.objects.get(kind=Event.Kind.DOWNLOAD)
    assert (event.object_number, event.actor_number) == (form.pk, caseworker.pk)
    assert "Muster" not in event.title


def test_the_pdf_hides_what_the_page_hides(client, case, counsellor, caseworker, tmp_path):
    form = make_form(case, submitted=True, **ANSWERS)
    for user, hidden in ((counsellor, []), (caseworker, ["sober", "liver"])):
        client.force_login(user)
        response = client.get(reverse("filled-form-pdf", args=[form.pk]))
        assert response["Content-Type"] == "application/pdf"
        assert 'filename="K-1-F1-1.pdf"' in response["Content-Disposition"]
        (tmp_path / "form.pdf").write_bytes(response.content)
        command = ["pdftotext", str(tmp_path / "form.pdf"), "-"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert "Muster" in said
        assert [each for each in ("sober", "liver") if each not in said] == hidden
    assert Event.objects.filter(kind=Event.Kind.DOWNLOAD, object_number=form.pk).count() == 2


def test_without_libreoffice_a_form_is_there_as_word_file(client, case, counsellor, settings):
    settings.LIBREOFFICE = "nowhere-to-be-found"
    form = make_form(case, submitted=True, **ANSWERS)
    client.force_login(counsellor)
    response = client.get(reverse("filled-form-pdf", args=[form.pk]))
    assert response.status_code == 503
    assert reverse("filled-form-document", args=[form.pk]) in response.content.decode()
    assert not Event.objects.filter(kind=Event.Kind.DOWNLOAD).exists()


def test_a_template_of_their_own_that_is_none_is_named(client, case, counsellor, own_template):
    own_template("filled_form.docx", b"not a Word file")
    form = make_form(case, submitted=True, **ANSWERS)
    client.force_login(counsellor)
    for name in ("filled-form-document", "filled-form-pdf"):
        response = client.get(reverse(name, args=[form.pk]))
        assert response.status_code == 404
        assert "K-1-F1-1" in response.text
    assert not Event.objects.filter(kind=Event.Kind.DOWNLOAD).exists()


class TestWhileTyping:
    @pytest.fixture
    def form(self, case, counsellor) -> FilledForm:
        return make_form(case, by=counsellor, aims="old")

    @pytest.fixture
    def save(self, client, form):
        def sent(user, **values):
            client.force_login(user)
            response = client.post(reverse("filled-form-save", args=[form.pk]), values)
            assert response.status_code == 200
            return response.content.decode()

        return sent

    def test_is_saved_and_the_page_learns_the_new_state(self, save, form, counsellor):
        answer = save(counsellor, q3="new", seen=form.revision)
        assert f'id="seen" value="{form.revision + 1}"' in answer
        assert form.values() == {"aims": "new"}

    def test_what_others_wrote_comes_with_the_answer(self, save, form, counsellor, provider):
        save(counsellor, q3="new aim", seen=form.revision)
        answer = save(make_member(provider).user, q3="old", q4="well", seen=form.revision)
        assert 'id="place-q3"' in answer
        assert "new aim" in answer
        assert form.values() == {"aims": "new aim", "health": "well"}

    def test_the_second_in_one_field_is_told_and_decides(self, save, form, counsellor, provider):
        save(counsellor, q3="first", seen=form.revision)
        second = make_member(provider).user
        answer = save(second, q3="second", seen=form.revision)
        assert str(counsellor) in answer
        assert 'data-value="first"' in answer
        assert f'name="over" value="{form.revision + 1}"' in answer
        # The page still starts from what the person saw: nothing is overwritten by typing on.
        assert f'id="seen" value="{form.revision}"' in answer
        save(second, q3="second", seen=form.revision, over=form.revision + 1)
        assert form.values() == {"aims": "second"}

    def test_without_scripts_the_text_comes_back(self, client, save, form, counsellor, provider):
        save(counsellor, q3="first", seen=form.revision)
        client.force_login(make_member(provider).user)
        url = reverse("filled-form-edit", args=[form.pk])
        shown = client.post(url, {"q3": "second", "seen": form.revision}).content.decode()
        assert "first" in shown
        assert "second</textarea>" in shown

    @pytest.mark.parametrize("seen", ["", "-1", "x", "9" * 40])
    def test_states_nobody_saw_overwrite_nothing(self, save, form, counsellor, seen):
        """Numbers made up are taken for the state before the first: all of it is unseen."""
        save(counsellor, q3="second", seen=seen)
        assert form.values() == {"aims": "old"}

    def test_fields_it_does_not_ask_are_ignored(self, save, form, counsellor):
        save(counsellor, q99="x", status="submitted", seen=form.revision)
        assert FilledForm.objects.get().is_draft


def test_wrong_answers_are_named_beside_their_fields(client, case, counsellor):
    form = make_form(case, by=counsellor)
    client.force_login(counsellor)
    values = {"q2": "31.02.2024", "seen": form.revision, "check": "1"}
    shown = client.post(reverse("filled-form-edit", args=[form.pk]), values).content.decode()
    assert 'href="#id_q1"' in shown
    assert 'id="id_q2_error"' in shown
    assert FormAnswer.objects.get(field__key="until").value == "31.02.2024"


def test_submitting_shows_what_goes_out_and_refuses_what_was_not_seen(client, case, counsellor):
    form = make_form(case, by=counsellor, talks="3")
    url = reverse("filled-form-submit", args=[form.pk])
    assert f'name="seen" value="{form.revision}"' in page(
        client, counsellor, "filled-form-submit", form
    )
    client.post(reverse("filled-form-save", args=[form.pk]), {"q1": "4", "seen": form.revision})
    assert client.post(url, {"seen": form.revision}).status_code == 200
    assert FilledForm.objects.get().is_draft
    assert client.post(url, {"seen": form.revision + 1}).status_code == 302
    assert not FilledForm.objects.get().is_draft


def test_begin_discard_and_list(client, case, counsellor, caseworker):
    make_form(case, submitted=True)
    client.force_login(counsellor)
    definition = FormDefinition.objects.get()
    url = reverse("filled-form-begin", args=[case.pk])
    response = client.post(url, {"definition": definition.pk})
    draft = FilledForm.objects.get(status="draft")
    assert response.url == reverse("filled-form-edit", args=[draft.pk])
    assert "K-1/F2" in client.get(reverse("filled-forms")).content.decode()
    client.force_login(caseworker)
    listed = client.get(reverse("filled-forms")).content.decode()
    assert ("K-1/F1" in listed, "K-1/F2" in listed) == (True, False)
    client.force_login(counsellor)
    client.post(reverse("filled-form-discard", args=[draft.pk]), {"seen": draft.revision})
    assert not FilledForm.objects.drafts().exists()


PAGES = ("filled-form", "filled-form-edit", "filled-form-submit", "filled-form-discard",
         "filled-form-document", "filled-form-pdf")  # fmt: skip


def test_drafts_are_not_found_by_others(client, case, counsellor, caseworker):
    draft = make_form(case, by=counsellor)
    stranger = make_member(make_organisation("other")).user
    for user in (caseworker, stranger):
        client.force_login(user)
        for name in PAGES:
            assert client.get(reverse(name, args=[draft.pk])).status_code in (403, 404), name
    client.force_login(stranger)
    assert client.get(reverse("filled-form-begin", args=[case.pk])).status_code == 404


def test_the_list_costs_no_query_each(client, case, counsellor, django_assert_max_num_queries):
    make_form(case, by=counsellor)
    client.force_login(counsellor)
    url = reverse("filled-forms")
    client.get(url)
    with django_assert_max_num_queries(100) as one:
        client.get(url)
    for _more in range(5):
        make_form(case, by=counsellor, definition=FormDefinition.objects.first())
    with django_assert_max_num_queries(len(one)):
        client.get(url)


def test_shipped_report_without_consent_sends_dates_and_next_step_alone(client):
    """Scenario E3 without the voucher: the health paragraph does not reach the Jobcenter."""
    import_files(
        [SAMPLE / name for name in (
            "10-organisations.yaml", "21-catalogue-debt.yaml", "31-forms.yaml",
            "42-contract-debt.yaml", "54-cases-debt.yaml",
        )],
        save=True,
    )  # fmt: skip
    counsellor, caseworker = _user("counsellor.nord"), _user("caseworker.probe")
    case = _case("SCH-K-001")
    make_record(case, day=date(2024, 5, 21), kind="eingangsberatung", minutes=60, module="")
    assert ServiceRecord.objects.counting().get(case=case).minutes == 60

    client.force_login(counsellor)
    definition = FormDefinition.objects.get(key="bericht-schuldnerberatung")
    begun = client.post(reverse("filled-form-begin", args=[case.pk]), {"definition": definition.pk})
    form = FilledForm.objects.get()
    names = {field.key: f"q{place}" for place, field in enumerate(form.content.questions)}
    report = {
        "art": "Zwischenbericht", "von": "27.11.2023", "bis": "21.05.2024",
        "ausgangssituation": "Neun Forderungen", "gesundheit": "Depression in Behandlung",
        "ziele": "Überblick gewinnen", "termine": "1", "letzter-termin": "21.05.2024",
        "ergebnis": "Unterlagen geordnet", "naechster-schritt": "Haushaltsplan aufstellen",
        "naechster-termin": "04.06.2024", "mitwirkung": "yes",
    }  # fmt: skip
    sent = {names[key]: text for key, text in report.items()}
    checked = client.post(begun.url, sent | {"seen": form.revision, "check": "1"})
    seen = FilledForm.objects.get().revision
    done = client.post(checked.url, {"seen": seen})
    assert FilledForm.objects.get().status == "submitted"

    client.force_login(caseworker)
    shown = client.get(done.url).content.decode()
    document = client.get(reverse("filled-form-document", args=[form.pk]))
    for text in (shown, words(document.content)):
        for told in ("21.05.2024", "04.06.2024", "Haushaltsplan aufstellen"):
            assert told in text
        for still in ("Depression", "Neun Forderungen", "Überblick gewinnen", "geordnet"):
            assert still not in text


def _user(username: str):
    return get_user_model().objects.get(username=username)


def _case(number: str) -> Case:
    return Case.objects.get(number=number)
