"""Nobody learns from the trail what a page would not tell: by titles, old values, notes, text."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from wagtail.log_actions import log
from wagtail.models import Revision

from base.acting import acting_as
from base.models import Event
from base.trail import registry
from base.trail.events import record
from base.trail.knowing import known
from base.trail.pages import trail_page
from base.trail.sources import Wanted
from contracts.actions.upload_evidence import upload_evidence
from forms.actions.fill_form import save_form, submit_form
from forms.actions.identify_client import identify_client
from forms.models import Case, ClientIdentity
from tests.asked import Answering
from tests.factories import (
    DAY,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_form,
    make_member,
    make_organisation,
    make_user,
    somebody,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 2, 10, tzinfo=UTC)


def person(role: str, organisation=None):
    """Return a user in this role, in the commissioning body unless told otherwise."""
    member = make_member(organisation or make_commissioning_body(), roles=[role])
    return get_user_model().objects.get(pk=member.user_id)


@pytest.fixture
def case(db):
    return make_case(make_contract("C-1"), "K-1")


@pytest.fixture
def browse():
    def browse(user, path, **query):
        client = Answering()
        client.force_login(user)
        return client.get(path, query)

    return browse


def told(user, text: str = "", **wanted):
    named = registry.find(user, text)
    return trail_page(Wanted(user=user, text=text, named=named, **wanted), most=200).entries


def everything(entries) -> str:
    """Return all that entries say."""
    return " ".join(
        str((e.title, e.note, e.reason, *((c.what, c.old, c.new) for c in e.changes)))
        for e in entries
    )


@pytest.mark.parametrize("page", ["", "known/"])
@pytest.mark.parametrize("day", ["2031-05-03", "2001-01-01"])
def test_heading_of_a_clients_history_says_no_name(browse, case, page, day):
    identity = ClientIdentity.objects.create(
        client=case.client, first_name="Erika", last_name="Musterfrau"
    )
    path = f"/history/forms.clientidentity/{identity.pk}/{page}"
    text = browse(person("auditor"), path, day=day).content.decode()
    assert "Musterfrau" not in text
    assert case.client.key in text


def test_why_a_name_was_corrected_is_told_to_who_may_read_the_name(case):
    """Whoever says why writes the name; nor does a search for it find that it stands there."""
    who = {"client": case.client, "last_name": "Musterfrau"}
    identify_client(first_name="Erika", **who, by=somebody())
    identify_client(
        first_name="Erica", **who, reason="Frau Musterfrau schreibt sich mit c", by=somebody()
    )
    things = frozenset({"forms.clientidentity"})
    for role, reads in (("caseworker", True), ("auditor", False), ("director", False)):
        reader = person(role)
        entries = told(reader, about=(case,), things=things)
        assert len(entries) == 2, role
        assert ("schreibt sich" in everything(entries)) == reads, role
        assert bool(told(reader, "schreibt sich mit c")) == reads, role


class TestDrafts:
    """What is not handed in was not said to anybody else, nor was what stood there before."""

    @pytest.fixture
    def writer(self, case):
        return person("counsellor", case.contract.provider)

    @pytest.fixture
    def form(self, case, writer):
        form = make_form(case, by=writer, talks="5")
        return save_form(form, {"talks": "6"}, by=writer, seen=form.revision).form

    def test_page_of_a_draft_is_not_found_until_it_is_handed_in(self, browse, form, writer):
        path = f"/history/forms.filledform/{form.pk}/"
        caseworker = person("caseworker")
        assert browse(writer, path).status_code == 200
        assert browse(caseworker, path).status_code == 404
        assert browse(caseworker, path + "known/").status_code == 404
        submit_form(form, by=writer, seen=form.revision)
        assert browse(caseworker, path).status_code == 200

    def test_answer_before_the_last_is_the_writers_alone(self, case, form, writer):
        submit_form(form, by=writer, seen=form.revision)

        def talks(user):
            entries = told(user, about=(case,), things=frozenset({"forms.formanswer"}))
            return {
                (change.old, change.new)
                for entry in entries
                for change in entry.changes
                if change.what == "Talks"
            }

        assert ("5", "6") in talks(writer)
        assert talks(person("caseworker")) == {("", "6")}

    def test_comment_against_a_draft_stays_inside(self):
        draft = make_catalogue("addiction").catalogue
        edition = draft.editions.get()
        log(
            instance=draft,
            action="wagtail.workflow.reject",
            user=make_user(),
            revision=Revision.objects.get(pk=edition.revision),
            data={"workflow": {"task": {"title": "A"}, "next": None}, "comment": "careless"},
        )
        lead = person("provider_lead", make_organisation("provider"))
        (entry,) = told(lead, kinds=frozenset({"edition"}))
        assert "careless" not in everything([entry])
        assert "careless" in everything(told(person("auditor"), about=(draft,)))


def test_what_a_case_was_at_another_provider_is_no_old_value(case):
    """A case changes hands: its past stays where it was."""
    earlier, later = case.contract, make_contract("C-2", provider=make_organisation("second"))
    with acting_as(None, at=NOON):
        case.contract, case.reason = later, "moved"
        case.save()
    lead = person("provider_lead", later.provider)
    entries = told(lead, things=frozenset({"forms.case"}))
    assert [entry.at for entry in entries] == [NOON]
    assert "C-1" not in everything(entries)
    assert not any(change.old for entry in entries for change in entry.changes)
    assert Case.objects.visible_to(person("provider_lead", earlier.provider)).count() == 0


class TestEvents:
    @pytest.fixture
    def download(self, case):
        evidence = upload_evidence(
            contract=case.contract, name="Lohn Meier.pdf", content=b"%PDF-1.7 pay", kind="other",
            day=DAY, by=person("provider_lead", case.contract.provider),
        )  # fmt: skip
        record(Event.Kind.DOWNLOAD, title=evidence.name, about=evidence, actor=1)
        return evidence

    def test_what_was_downloaded_is_named_to_who_may_know_of_it(self, download):
        kinds = frozenset({"download"})
        (known_to_auditor,) = told(person("auditor"), kinds=kinds)
        assert known_to_auditor.title == "Lohn Meier.pdf"
        assert known_to_auditor.about == ("contracts.evidence", download.pk)
        (known_to_administrator,) = told(person("administrator"), kinds=kinds)
        assert (known_to_administrator.title, known_to_administrator.about) == ("…", None)

    def test_text_does_not_tell_what_the_title_hides(self, download):
        kinds = frozenset({"download"})
        assert told(person("auditor"), "meier", kinds=kinds)
        assert told(person("administrator"), "meier", kinds=kinds) == []

    def test_export_is_recorded_without_what_was_typed(self, browse, case):
        """A caseworker looks for a client by name and exports the list."""
        typed = {"q": "Musterfrau", "name": "Musterfrau"}
        browse(person("caseworker"), "/cases/", **typed, status="open", export="csv")
        event = Event.objects.get(kind="export")
        assert "Musterfrau" not in str(event.detail)
        (entry,) = told(person("auditor"), kinds=frozenset({"export"}))
        assert entry.note.endswith(": q = …, status = open")


def test_day_is_the_day_in_berlin_in_both_nights_of_the_clock_change(browse, case):
    """02:30 comes twice in October: as known then means the second time."""
    auditor = person("auditor")
    twice = datetime(2031, 10, 26, 1, 15, tzinfo=UTC)  # 02:15 CET, after 02:15 CEST
    with acting_as(None, at=twice):
        case.reason = "second half past two"
        case.save()
    path = f"/history/forms.case/{case.pk}/known/"
    query = {"day": "2031-10-26"}
    # The reason is told with changes; the moment of the version is what this page shows.
    assert "26.10.2031 02:15" in browse(auditor, path, **query, time="02:30").content.decode()
    assert "26.10.2031 02:15" not in browse(auditor, path, **query, time="01:59").content.decode()
    assert known(case, twice - timedelta(seconds=1), auditor).since < twice
