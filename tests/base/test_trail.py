"""The trail: everything that happened, merged, newest first, by the reader's rules."""

import csv
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from wagtail.log_actions import log
from wagtail.models import Revision

from base.acting import acting_as
from base.editions import publish
from base.facts import change
from base.models import Event
from base.trail.entries import Cursor
from base.trail.events import record
from base.trail.knowing import known
from base.trail.pages import trail_entries, trail_page
from base.trail.sources import Wanted
from base.workspace.registry import registry
from cms.content.catalogue import CatalogueContent
from cms.models import Catalogue
from forms.models import CaseResponsibility, ClientIdentity
from tests.factories import (
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_team,
    make_user,
)
from tests.kept import kept

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 2, 10, tzinfo=UTC)  # later than anything the factories write


def person(role: str, organisation=None):
    """Return a user in this role, in the commissioning body unless told otherwise."""
    member = make_member(organisation or make_commissioning_body(), roles=[role])
    return get_user_model().objects.get(pk=member.user_id)


@kept
def auditor():
    return person("auditor")


@kept
def case():
    return make_case(make_contract("C-1"), "K-1")


def told(user, **wanted):
    return trail_page(Wanted(user=user, **wanted)).entries


def test_change_of_a_record_is_told_with_old_and_new_value_the_reason_stays_with_the_provider(
    auditor, case
):
    record = make_record(case, reference="R-1", minutes=60)
    clerk = make_user("clerk", first_name="Ada", last_name="Amt")
    with acting_as(clerk, at=NOON):
        change(record, reason="counted wrongly", minutes=90)

    entry = told(auditor)[0]

    assert (entry.kind, entry.title, entry.actor) == ("changed", "R-1 · K-1", "Ada Amt")
    # What was chosen is for all who may see the record; the note to it is not.
    assert sorted((c.what, c.old, c.new) for c in entry.changes) == [
        ("Begründung", "", "sonstiger Grund"),
        ("Minuten", "60", "90"),
    ]
    assert (entry.reason, entry.at) == ("…", NOON)


def test_name_of_a_client_is_told_to_those_who_may_read_names(auditor, case):
    caseworker = person("caseworker")
    identity = ClientIdentity.objects.create(
        client=case.client, first_name="Erika", last_name="Muster"
    )
    identity.last_name = "Beispiel"
    identity.save()

    seen, hidden = (
        told(user, about=(case,), things=frozenset({"forms.clientidentity"}))[0]
        for user in (caseworker, auditor)
    )

    assert [(c.what, c.old, c.new) for c in seen.changes] == [("Nachname", "Muster", "Beispiel")]
    assert [(c.what, c.old, c.new, c.hidden) for c in hidden.changes] == [
        ("Nachname", "", "", True)
    ]
    assert hidden.title == case.client.key


class TestPages:
    """Pages follow each other without gap or repetition, whatever shares a moment."""

    @pytest.fixture
    def records(self, case):
        """Fourteen facts in six moments, several at once and of three kinds."""
        for number in range(6):
            with acting_as(None, at=NOON + timedelta(minutes=number // 2)):
                make_record(case, reference=f"R-{number}")
                make_organisation(f"org-{number}")
        with acting_as(None, at=NOON):
            make_session_of_one(case)

    @pytest.mark.parametrize("size", [1, 2, 5, 14])
    def test_all_of_them_once(self, auditor, records, size):
        wanted = Wanted(user=auditor, first=NOON)
        whole = trail_page(wanted, most=100)
        assert len(whole.entries) == 14
        assert whole.older is None

        pieces, place = [], None
        while True:
            page = trail_page(wanted, place, size)
            pieces += page.entries
            if page.older is None:
                break
            place = Cursor.parse(str(page.older))

        assert [(e.source, e.pk) for e in pieces] == [(e.source, e.pk) for e in whole.entries]
        assert [e.at for e in pieces] == sorted((e.at for e in pieces), reverse=True)

    def test_export_reads_them_in_pieces(self, auditor, records):
        wanted = Wanted(user=auditor, first=NOON)
        for most, complete in ((100, True), (14, True), (6, False)):
            entries, all_of_them = trail_entries(wanted, most, at_once=4)
            assert (len(entries), all_of_them) == (min(most, 14), complete)

    @pytest.mark.parametrize(
        "text", ["", "x", "2024-01-01~a~1", "~~", "2024-01-01T10:00+00:00~a~b"]
    )
    def test_place_that_is_none(self, text):
        assert Cursor.parse(text) is None

    def test_queries_do_not_grow_with_rows(self, auditor, case):
        def count():
            user = get_user_model().objects.get(pk=auditor.pk)
            with CaptureQueriesContext(connection) as queries:
                trail_page(Wanted(user=user), most=200)
            return len(queries)

        make_catalogue("c1", content=with_hours(10))
        make_catalogue("c1", content=with_hours(12))
        change(make_record(case), reason="first", minutes=1)
        count()  # fills what is looked up once for each process
        few = count()
        make_catalogue("c2", content=with_hours(10))
        make_catalogue("c2", content=with_hours(12))
        for number in range(40):
            with acting_as(make_user()):
                change(make_record(case, minutes=10), reason="later", minutes=11 + number % 10)
        count()  # two editions are compared once for each process
        assert count() == few


def make_session_of_one(case):
    return make_record(case, session="G-1")


class TestFilters:
    @pytest.fixture
    def two(self, case):
        """Two cases, each with a record changed by a person of its own."""
        other = make_case(make_contract("C-2", provider=make_organisation("other")), "K-2")
        for number, each in enumerate((case, other), 1):
            record = make_record(each, reference=f"R-{number}", minutes=60)
            with acting_as(make_user(f"clerk{number}"), at=NOON + timedelta(days=number)):
                change(record, reason=f"reason {number}", minutes=61)
        return case, other

    def changed(self, user, **wanted):
        entries = told(user, things=frozenset({"forms.servicerecord"}), **wanted)
        return [entry.title for entry in entries]

    def test_nothing(self, auditor, two):
        titles = self.changed(auditor)
        assert sorted(titles) == ["R-1 · K-1", "R-1 · K-1", "R-2 · K-2", "R-2 · K-2"]

    def test_kind(self, auditor, two):
        kinds = frozenset({"changed"})
        assert self.changed(auditor, kinds=kinds) == ["R-2 · K-2", "R-1 · K-1"]

    def test_person(self, auditor, two):
        pk = get_user_model().objects.get(username="clerk1").pk
        assert self.changed(auditor, person=pk) == ["R-1 · K-1"]

    def test_text_in_the_reason(self, auditor, two):
        """By who reads reasons: the side that gave them."""
        lead = person("provider_lead", make_organisation("other"))
        assert self.changed(lead, text="REASON 2") == ["R-2 · K-2"]
        assert self.changed(lead, text="REASON 1") == []
        assert self.changed(auditor, text="REASON 2") == []

    def test_text_in_a_name(self, auditor, two):
        things = frozenset({"contracts.organisation"})
        assert {entry.title for entry in told(auditor, things=things, text="OTHER")} == {"Other"}

    def test_object(self, auditor, two):
        assert set(self.changed(auditor, about=(two[1],))) == {"R-2 · K-2"}

    def test_time_from_and_until(self, auditor, two):
        after = NOON + timedelta(days=2)
        assert self.changed(auditor, first=after) == ["R-2 · K-2"]
        assert self.changed(auditor, first=NOON, last=after) == ["R-1 · K-1"]


class TestObjects:
    def test_what_belongs_to_a_case(self, auditor, case):
        make_record(case)
        make_record(make_case(case.contract, "K-2"))
        things = {entry.source for entry in told(auditor, about=(case,))}
        assert things == {
            "forms.case",
            "forms.casestatus",
            "forms.client",
            "forms.servicerecord",
        }
        assert all("K-2" not in entry.title for entry in told(auditor, about=(case,)))

    def test_deleted_row_stays_in_the_history_of_what_it_belonged_to(self, auditor, case):
        case.statuses.get().delete()
        entry = told(auditor, about=(case,))[0]
        assert (entry.kind, entry.source) == ("deleted", "forms.casestatus")

    def test_provider_sees_its_own(self, case):
        own = person("provider_lead", case.contract.provider)
        foreign = person("provider_lead", make_organisation("foreign"))
        assert told(own, about=(case,))
        assert told(foreign, about=(case,)) == []

    def test_name_of_a_row_the_reader_may_not_see(self, case):
        """Who was responsible in another provider's team stays open."""
        lead = person("provider_lead", case.contract.provider)
        elsewhere = make_organisation("elsewhere")
        team, member = make_team(elsewhere), make_member(elsewhere)
        CaseResponsibility.objects.create(
            case=case, valid_from=case.assigned_on, team=team, counsellor=member
        )
        (entry,) = told(lead, about=(case,), things=frozenset({"forms.caseresponsibility"}))
        assert entry.title == "K-1 · … (08.01.2024)"
        assert "…" in [each.new for each in entry.changes]


class TestContent:
    """E5: who changed module 2 from 10 to 12 hours, when, why, and who approved."""

    @pytest.fixture(autouse=True)
    def _in_english(self):
        with translation.override("en"):
            yield

    @pytest.fixture
    def editions(self, auditor):
        author = make_user("author", first_name="Anna", last_name="Autorin")
        approver = make_user("approver", first_name="Berta", last_name="Prüferin")
        draft = Catalogue(key="addiction")
        for number, hours in enumerate((10, 12)):
            publish(
                draft,
                with_hours(hours),
                applies_from=date(2024 + number, 1, 1),
                authors=[author],
                approver=approver,
                at=NOON + timedelta(days=number),
            )
        return draft

    def test_edition_tells_what_it_changed(self, auditor, editions):
        newest, first = told(auditor, kinds=frozenset({"edition"}), about=(editions,))

        assert (newest.actor, newest.title) == ("Berta Prüferin", "Catalogue")
        assert newest.note == "Edition 2, applies from 01.01.2025 · written by Anna Autorin"
        assert newest.at == NOON + timedelta(days=1)
        hours = [(c.old, c.new) for c in newest.changes if "Module 2" in str(c.what)]
        assert hours == [("10 h", "12 h")]
        assert first.changes == []

    def test_text_finds_the_edition_that_changed_it(self, auditor, editions):
        make_catalogue("other")
        found = told(auditor, kinds=frozenset({"edition"}), text="module 2")
        assert [entry.note[:9] for entry in found] == ["Edition 2"]

    def test_text_may_be_the_key_of_what_changed(self, auditor, editions):
        found = told(auditor, kinds=frozenset({"edition"}), text="M2")
        assert [entry.note[:9] for entry in found] == ["Edition 2"]
        assert told(auditor, kinds=frozenset({"edition"}), text="m1") == []

    def test_saved_drafts_are_told_with_their_author(self, auditor, editions):
        newest, first = told(auditor, kinds=frozenset({"draft"}), about=(editions,))
        assert newest.actor == "Anna Autorin"
        assert [(c.old, c.new) for c in newest.changes if "Module 2" in str(c.what)] == [
            ("10 h", "12 h")
        ]
        assert first.changes == []

    def test_drafts_are_not_for_those_who_see_no_trail(self, editions):
        kinds = {entry.kind for entry in told(person("finance"), about=(editions,))}
        assert kinds == {"edition"}

    def test_comment_of_the_approval_is_the_reason(self, auditor, editions):
        edition = editions.editions.get(number=2)
        revision = Revision.objects.get(pk=edition.revision)
        log(
            instance=editions,
            action="wagtail.workflow.approve",
            user=make_user("approver2"),
            revision=revision,
            data={
                "workflow": {"task": {"title": "Approval"}, "next": None},
                "comment": "as agreed in the quality circle",
            },
        )
        newest = told(auditor, kinds=frozenset({"edition"}))[0]
        assert newest.reason == "as agreed in the quality circle"
        (step,) = told(auditor, kinds=frozenset({"workflow"}), about=(editions,))
        assert step.reason == "as agreed in the quality circle"


def with_hours(hours: int) -> CatalogueContent:
    """Return a catalogue whose second module takes so many hours."""
    plain = catalogue_content().model_dump(mode="json")
    for quantity in plain["modules"][1]["quantities"]:
        quantity["minimum"] = quantity["maximum"] = str(hours)
    return CatalogueContent.model_validate(plain)


class TestRoles:
    def test_administrator_sees_who_signed_in_and_no_cases(self, case):
        administrator = person("administrator")
        record(Event.Kind.LOGIN, actor=administrator.pk)
        sources = {entry.source for entry in told(administrator)}
        assert {"base.event", "base.user"} <= sources
        assert not {source for source in sources if source.startswith(("forms.case", "forms.cl"))}

    def test_others_see_their_own_events_alone(self):
        clerk, other = person("finance"), make_user()
        record(Event.Kind.LOGIN, actor=clerk.pk)
        record(Event.Kind.LOGIN, actor=other.pk)
        mine = told(clerk, kinds=frozenset({"login"}))
        assert [entry.actor for entry in mine] == [str(clerk)]


class TestKnown:
    """As known on a date: what was recorded later is not in it."""

    def test_record_before_and_after_its_change(self, auditor, case):
        with acting_as(None, at=NOON):
            changed = make_record(case, reference="R-1", minutes=60)
        with acting_as(make_user("clerk"), at=NOON + timedelta(days=2)):
            change(changed, reason="counted wrongly", minutes=90)

        def minutes(days):
            facts = known(changed, NOON + timedelta(days=days), auditor).facts
            return dict(facts).get("Minuten")

        assert [minutes(days) for days in (-1, 0, 1, 2)] == [None, "60", "60", "90"]

    def test_case_with_what_belonged_to_it(self, auditor, case):
        with acting_as(None, at=NOON):
            make_record(case, reference="R-1")
        with acting_as(None, at=NOON + timedelta(days=1)):
            make_record(case, reference="R-2")
        sections = known(case, NOON, auditor).sections
        (records,) = (s for s in sections if str(s.title) == "Leistungsnachweise")
        assert [row[0] for row in records.rows] == ["R-1"]

    def test_names_stay_hidden(self, auditor, case):
        ClientIdentity.objects.create(client=case.client, first_name="Erika", last_name="Muster")
        sections = known(case, NOON, auditor).sections
        assert "Muster" not in str([section.rows for section in sections])

    def test_contract_in_the_edition_approved_by_then(self, auditor, case):
        facts = dict(known(case.contract, NOON, auditor).facts)
        assert facts["Fassung"] == "1"
        assert known(case.contract, NOON - timedelta(days=36500), auditor).facts == []


class TestScreens:
    @pytest.fixture
    def browse(self, client):
        def browse(user, path, **query):
            client.force_login(user)
            return client.get(path, query)

        return browse

    def test_only_who_may_see_the_trail(self, browse, auditor, case):
        assert browse(auditor, "/history/").status_code == 200
        assert browse(person("administrator"), "/history/").status_code == 200
        assert browse(person("manager"), "/history/").status_code == 403
        assert (
            browse(person("provider_lead", case.contract.provider), "/history/").status_code == 403
        )

    def test_history_of_a_foreign_case_is_not_found(self, browse, case):
        path = f"/history/forms.case/{case.pk}/"
        own = person("counsellor", case.contract.provider)
        foreign = person("counsellor", make_organisation("foreign"))
        assert browse(own, path).status_code == 200
        assert browse(foreign, path).status_code == 404
        assert browse(own, path + "known/").status_code == 200
        assert browse(foreign, path + "known/").status_code == 404

    @pytest.mark.parametrize(
        "label", ["forms.nothing", "nothing", "sessions.session", "jobs.lease"]
    )
    def test_history_of_what_has_none(self, browse, auditor, label):
        assert browse(auditor, f"/history/{label}/1/").status_code == 404

    def test_filters_of_the_page(self, browse, auditor, case):
        make_record(case, reference="R-FIND-ME")
        make_record(make_case(case.contract, "K-2"), reference="R-OTHER")
        page = browse(auditor, "/history/", text="k-1").content.decode()
        assert "R-FIND-ME" in page
        assert "R-OTHER" not in page
        unknown = browse(auditor, "/history/", text="K-404").content.decode()
        assert "R-FIND-ME" not in unknown

    @pytest.mark.parametrize("wrong", [{"first": "31.13.2024"}, {"thing": "nothing"}])
    def test_filters_that_cannot_be_read_leave_nothing(self, browse, auditor, case, wrong):
        page = browse(auditor, "/history/", **wrong).content.decode()
        assert "K-1" not in page
        exported = browse(auditor, "/history/", export="csv", **wrong)
        assert exported["Content-Type"].startswith("text/html")
        assert not Event.objects.filter(kind="export").exists()

    def test_export_that_leaves_something_out_says_so(self, browse, auditor, case, monkeypatch):
        monkeypatch.setattr("base.views.trail.MOST_EXPORTED", 2)
        text = browse(auditor, "/history/", export="csv").content.decode("utf-8-sig")
        *_entries, last = csv.reader(text.splitlines(), delimiter=";")
        assert last[:-1] == [""] * 9
        assert " 2 " in last[-1]

    def test_export_has_a_line_for_each_value_and_is_itself_recorded(self, browse, auditor, case):
        changed = make_record(case, reference="R-1", minutes=60)
        with acting_as(auditor, at=NOON):
            change(changed, reason="=counted; wrongly", minutes=90)
        response = browse(auditor, "/history/", kind="changed", export="csv")

        text = response.content.decode("utf-8-sig")
        rows = list(csv.reader(text.splitlines(), delimiter=";"))
        assert sorted(row[5:9] for row in rows[1:]) == [
            ["Begründung", "", "sonstiger Grund", "…"],
            ["Minuten", "60", "90", "…"],
        ]
        event = Event.objects.get(kind="export")
        assert (event.actor_number, event.detail["rows"]) == (auditor.pk, 2)
        assert event.detail["filters"] == "kind=changed"
        assert told(auditor, kinds=frozenset({"export"}))[0].actor == str(auditor)

    def test_panel_on_the_page_of_an_object(self, auditor, case, rf):
        panels = {panel.key: panel for panel in registry.panels(case, auditor)}
        request = rf.get("/")
        request.user = auditor
        shown = panels["history"].context(request, case)
        assert {entry.source for entry in shown["trail"].entries} >= {"forms.case"}


class TestIntegrity:
    @pytest.mark.silent_writes
    def test_deliberately_changed_row_is_found_on_screen(self, client, auditor, case):
        changed = make_record(case)
        client.force_login(auditor)
        assert client.post("/history/integrity/").status_code == 302
        assert Event.objects.filter(kind="check").latest("pk").detail["count"] == 0

        type(changed).objects.filter(pk=changed.pk).update(minutes=5)
        # Asked from another page: the same form twice is carried out once.
        client.post("/history/integrity/", {"_reference": "another-page"})

        event = Event.objects.filter(kind="check").latest("pk")
        assert event.detail["findings"] == [f"forms.ServiceRecord {changed.pk}: differs in minutes"]
        page = client.get("/history/integrity/").content.decode()
        assert f"forms.ServiceRecord {changed.pk}: differs in minutes" in page
        assert told(auditor, kinds=frozenset({"check"}))[0].actor == str(auditor)

    def test_check_that_breaks_down_does_not_look_clean(self, client, auditor, monkeypatch):
        def broken():
            yield "first"
            raise OSError("disk")

        monkeypatch.setattr("base.tasks.findings", broken)
        client.force_login(auditor)
        client.post("/history/integrity/")
        event = Event.objects.get(kind="check")
        assert (event.detail["findings"], event.detail["broken"]) == (["first"], "OSError: disk")
        assert "OSError: disk" in client.get("/history/integrity/").content.decode()
