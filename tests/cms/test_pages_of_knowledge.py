"""Pages of knowledge: who reads them by whatever way, who approves them, where they are found."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pydantic import ValidationError as ContentError
from wagtail.models import PageLogEntry

from base.acting import acting_as
from base.editions import publish
from base.models import Submission
from base.studio.home import unfinished_for, waiting_for
from base.studio.review import decide, review_of
from base.studio.search import find
from cms.content.page import PageContent
from cms.models import ContentPage, PageEdition, PageRendition
from cms.views.pages import find_pages
from contracts.roles import Role
from tests.cms.pages import AS_OF, make_document, make_image, make_page, page_content, section
from tests.factories import (
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_user,
    signatures,
)

pytestmark = pytest.mark.django_db

PUBLIC, STAFF, OWN, OTHER, BELOW = (
    "fuer-alle",
    "fuer-beschaeftigte",
    "fuer-das-jobcenter",
    "fuer-das-wohnamt",
    "unter-dem-wohnamt",
)
PAGES = (PUBLIC, STAFF, OWN, OTHER, BELOW)
COUNSELLOR = "counsellor with a contract"
READS = {
    "nobody signed in": {PUBLIC},
    "caseworker": {PUBLIC, STAFF, OWN},
    "director": {PUBLIC, STAFF, OWN},
    "manager": {PUBLIC, STAFF, OWN},
    COUNSELLOR: {PUBLIC, OWN},
    "counsellor without one": {PUBLIC},
    "housing manager": {PUBLIC, STAFF, OTHER, BELOW},
    "in both": {PUBLIC, STAFF, OWN, OTHER, BELOW},
}
"""Who reads which page. The last one is for everybody, but stands below one that is not."""


@pytest.fixture
def bodies():
    return make_commissioning_body(), make_organisation("housing", kind="commissioning_body")


@pytest.fixture
def people(bodies):
    """One person for each line above."""
    own, other = bodies
    contract = make_contract("AC-1")
    places = {
        "caseworker": (own, "caseworker"),
        "director": (own, "director"),
        "manager": (own, "manager"),
        COUNSELLOR: (contract.provider, "counsellor"),
        "counsellor without one": (make_organisation("idle"), "counsellor"),
        "housing manager": (other, "manager"),
        "in both": (other, "manager"),
    }
    found = {name: make_member(place, roles=[role]).user for name, (place, role) in places.items()}
    make_member(own, roles=["manager"], user=found["in both"])
    return {"nobody signed in": AnonymousUser()} | found


@pytest.fixture
def files(people, settings, tmp_path):
    """For each page a document that it alone offers, and a picture that it alone shows.

    In a folder: Wagtail sends documents from where they lie.
    """
    in_a_folder = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    in_a_folder["OPTIONS"] = {"location": tmp_path}
    settings.STORAGES = {**settings.STORAGES, "default": in_a_folder}
    return {
        slug: (make_document(people["manager"]), make_image(people["manager"])) for slug in PAGES
    }


@pytest.fixture
def pages(bodies, files):
    own, other = bodies
    readers = {
        PUBLIC: {"audience": "public"},
        STAFF: {"audience": "staff"},
        OWN: {"audience": "body", "body": own.key},
        OTHER: {"audience": "body", "body": other.key},
        BELOW: {"audience": "public"},
    }
    made = {}
    for slug, values in readers.items():
        document, image = files[slug]
        parts = [
            {"part": "document", "document": document.pk, "title": "Liste"},
            {"part": "image", "image": image.pk, "alternative": "Ein Plan"},
            {"part": "text", "paragraphs": ["Wegweiser durch das Haus."]},
        ]
        below = made[OTHER] if slug == BELOW else None
        made[slug] = make_page(slug, below=below, kind="offer", parts=parts, **values)
    return made


def is_open(client: Client, page: ContentPage) -> bool:
    return client.get(page.address).status_code == 200


def client_of(person) -> Client:
    client = Client()
    if person.is_authenticated:
        client.force_login(person)
    return client


class TestReaders:
    def test_pages_open_for_those_they_are_for(self, people, pages):
        for who, person in people.items():
            client, opened = client_of(person), set()
            for slug, page in pages.items():
                answer = client.get(page.address)
                refused = 404 if person.is_authenticated else 302
                assert answer.status_code in (200, refused), (who, slug)
                opened |= {slug} if answer.status_code == 200 else set()
            assert opened == READS[who], who

    def test_lists_and_searches_name_no_other(self, people, pages):
        for who, person in people.items():
            client = client_of(person)
            said = client.get(reverse("knowledge")).content.decode()
            assert {slug for slug, page in pages.items() if page.title in said} == READS[who], who
            asked = client.get(reverse("knowledge"), {"q": "Wegweiser"})
            assert {page.slug for page in asked.context["found"]} == READS[who], who
            if person.is_authenticated:
                said = client.get(reverse("search"), {"q": "Wegweiser"}).content.decode()
                found = {slug for slug, page in pages.items() if page.address in said}
                assert found == READS[who], who

    def test_documents_and_pictures_go_with_their_pages(self, people, pages, files):
        for who, person in people.items():
            client, handed_out = client_of(person), {"document": set(), "image": set()}
            for slug, (document, image) in files.items():
                for kind, url in (
                    ("document", document.url),
                    ("image", image.get_rendition("max-960x720").url),
                ):
                    answer = client.get(url)
                    assert answer.status_code in (200, 404), (who, url)
                    if answer.status_code == 200:
                        handed_out[kind].add(slug)
                        assert b"".join(answer.streaming_content)
            # Who writes pages has what colleagues have handed in.
            expected = set(PAGES) if who in ("manager", "in both") else READS[who]
            assert handed_out == {"document": expected, "image": expected}, who

    def test_a_folder_that_does_not_answer_is_no_error(self, people, pages, files, monkeypatch):
        url = files[PUBLIC][1].get_rendition("max-960x720").url

        def silent(*_args):
            raise OSError("The store does not answer")

        with monkeypatch.context() as patched:
            patched.setattr(default_storage, "open", silent)
            assert client_of(people["manager"]).get(url).status_code == 503

    def test_a_provider_reads_as_long_as_a_contract_lasts(self, people, pages):
        today, day = timezone.localdate(), timedelta(days=1)
        for number, (begins, ends, reads) in enumerate(
            [
                (date(2020, 1, 1), today, {PUBLIC, OWN}),
                (date(2020, 1, 1), today - day, {PUBLIC}),
                (today + 30 * day, today + 60 * day, {PUBLIC, OWN}),
            ]
        ):
            provider = make_organisation(f"provider-{number}")
            term = {"begins": begins, "first_ends": ends, "notice_to": "term_end"}
            parties = ("jobcenter", provider.key)
            make_contract(provider=provider, term=term, signatures=signatures(parties))
            client = client_of(make_member(provider, roles=["counsellor"]).user)
            assert {slug for slug, page in pages.items() if is_open(client, page)} == reads, ends

    def test_no_move_alone_gives_a_page_other_readers(self, people, pages):
        """Places: below all for everybody, for staff, for one body. From each to each other."""
        user = people["manager"]
        for slug, page in pages.items():
            if slug in (PUBLIC, STAFF, OWN):
                make_page(f"bereich-{slug}", below=page, kind="section", audience="public")
        places = {slug: ContentPage.objects.get(slug=f"bereich-{slug}")
                  for slug in (PUBLIC, STAFF, OWN)}  # fmt: skip
        moves = {}
        for source, place in places.items():
            for own in ("public", "staff"):
                page = make_page(f"{source}-{own}", below=place, audience=own)
                page = ContentPage.objects.get(pk=page.pk)
                may = page.permissions_for_user(user).can_move_to
                moves[source, own] = {key for key, each in places.items() if may(each)}
        everywhere = {PUBLIC, STAFF, OWN}
        assert moves == {
            (PUBLIC, "public"): everywhere,
            (PUBLIC, "staff"): everywhere,
            # Who may read it besides staff was never approved.
            (STAFF, "public"): {STAFF},
            (STAFF, "staff"): everywhere,
            (OWN, "public"): {OWN},
            (OWN, "staff"): {OWN},
        }

    def test_sections_list_what_their_reader_may_read(self, people, pages):
        for who in ("housing manager", "in both"):
            said = client_of(people[who]).get(pages[OTHER].address).content.decode()
            assert pages[BELOW].title in said, who


def test_search_engines_are_told_of_what_is_for_everybody(client, pages):
    said = client.get("/sitemap.xml").content.decode()
    assert {slug for slug, page in pages.items() if f"{page.slug}/</loc>" in said} == {PUBLIC}


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_what_is_for_everybody_is_for_every_role(role, pages, bodies):
    body, _other = bodies
    place = make_organisation("idle") if role in ("counsellor", "provider_lead") else body
    client = client_of(make_member(place, roles=[role]).user)
    assert client.get(pages[PUBLIC].address).status_code == 200
    assert client.get(reverse("knowledge")).status_code == 200


class TestStudio:
    """In the studio, too, pages of one body are there for its managers alone."""

    def test_explorer_lists_and_opens_ones_own(self, people, pages):
        for who in ("manager", "housing manager"):
            client = client_of(people[who])
            listed = client.get(reverse("wagtailadmin_explore", args=[section().pk]))
            said = listed.content.decode()
            own = READS[who] - {BELOW}
            assert {slug for slug in PAGES[:-1] if pages[slug].title in said} == own
            for slug in PAGES:
                may = slug in READS[who]
                key = pages[slug].pk
                for name, arguments in (
                    ("edit", [key]), ("history", [key]), ("move", [key]), ("unpublish", [key]),
                    ("workflow_history", [key]), ("add_subpage", [key]),
                    ("revisions_compare", [key, "earliest", "latest"]),
                ):  # fmt: skip
                    url = reverse(f"wagtailadmin_pages:{name}", args=arguments)
                    # Where there is one kind of page to add, Wagtail goes straight to its form.
                    expected = (200, 302) if may else (404,)
                    assert client.get(url).status_code in expected, (who, slug, name)

    def test_searches_and_reports_leave_others_out(self, people, pages):
        for who in ("manager", "housing manager"):
            person = people[who]
            found = {page.slug for page in find(person, "fuer") if isinstance(page, ContentPage)}
            assert found == READS[who] - {BELOW}
            client = client_of(person)
            asked = reverse("wagtailadmin_explore", args=[section().pk])
            said = client.get(asked, {"q": "fuer"}).content.decode()
            assert {slug for slug in PAGES if pages[slug].title in said} == READS[who] - {BELOW}
            report = client.get("/studio/reports/site-history/").content.decode()
            foreign = set(PAGES) - READS[who]
            assert [slug for slug in foreign if pages[slug].title in report] == []
            assert pages[PUBLIC].title in report

    def test_what_is_being_written_for_one_body_is_there_for_its_managers_alone(
        self, people, pages
    ):
        """Readers read what is published until that is approved."""
        author = people["manager"]
        with acting_as(author):
            draft = pages[PUBLIC].get_latest_revision_as_object()
            draft.audience, draft.body, draft.summary = "body", "jobcenter", "Internes"
            draft.save_revision(user=author)
            pages[PUBLIC].get_workflow().start(pages[PUBLIC], author)
        url = reverse("wagtailadmin_pages:edit", args=[pages[PUBLIC].pk])
        for who, may in (("manager", True), ("in both", True), ("housing manager", False)):
            client = client_of(people[who])
            assert client.get(url).status_code == (200 if may else 404), who
            assert client.get(pages[PUBLIC].address).status_code == 200
        assert waiting_for(people["housing manager"]) == []
        assert [each.draft.slug for each in waiting_for(people["in both"])] == [PUBLIC]

    def test_nobody_else_gets_in(self, people, pages):
        for who in ("caseworker", "director", "counsellor with a contract"):
            client = client_of(people[who])
            for url in (
                reverse("wagtailadmin_explore_root"),
                reverse("wagtailadmin_pages:edit", args=[pages[PUBLIC].pk]),
            ):
                assert client.get(url).status_code in (302, 403, 404), who
                assert client.get(url, follow=True).redirect_chain[-1:] != [(url, 302)]

    def test_what_would_pass_by_the_approval_is_not_there(self, people, pages):
        client = client_of(people["manager"])
        key = pages[PUBLIC].pk
        for name in ("delete", "copy", "set_privacy", "convert_alias"):
            url = reverse(f"wagtailadmin_pages:{name}", args=[key])
            assert client.get(url).status_code == 404, name
            assert client.post(url).status_code == 404, name

    def test_files_of_strangers_are_not_offered(self, people, pages, files):
        document, image = files[OWN]
        for who, offered in (("manager", True), ("housing manager", False)):
            client = client_of(people[who])
            for kind, file in (("images", image), ("docs", document)):
                listed = client.get(reverse(f"wagtail{kind}_chooser:choose_results"))
                assert listed.status_code == 200
                assert (f"/{file.pk}/" in listed.content.decode()) == offered, (who, kind)
                chosen = reverse(f"wagtail{kind}_chooser:chosen", args=[file.pk])
                assert (client.get(chosen).status_code == 200) == offered, (who, kind)

    def test_trail_tells_of_ones_own(self, people, pages, bodies):
        titles = {slug: page.title for slug, page in pages.items()}
        for body, foreign in zip(bodies, ({OTHER, BELOW}, {OWN}), strict=True):
            auditor = make_member(body, roles=["auditor"]).user
            said = client_of(auditor).get(reverse("trail")).content.decode()
            assert [slug for slug in foreign if titles[slug] in said] == []
        assert PageLogEntry.objects.filter(page=pages[OTHER].pk).exists()


class TestApproval:
    @pytest.fixture
    def managers(self, bodies):
        own, _other = bodies
        return [make_member(own, roles=["manager"]).user for _each in range(2)]

    @pytest.fixture
    def submitted(self, managers):
        """A page that was changed and submitted by the first of two managers."""
        author, _approver = managers
        page = make_page("hilfe", summary="Alt", kind="guide")
        with acting_as(author):
            changed = page.get_latest_revision_as_object()
            changed.summary = "Neu"
            changed.save_revision(user=author)
            page.refresh_from_db()
            page.get_workflow().start(page, author)
        return page

    def test_a_second_person_reads_and_approves(self, submitted, managers):
        author, approver = managers
        assert [each.draft.slug for each in waiting_for(approver)] == ["hilfe"]
        assert waiting_for(author) == []
        assert [each.draft.slug for each in unfinished_for(author)] == ["hilfe"]
        [submission] = Submission.objects.visible_to(approver)
        review = review_of(submission, approver)
        assert [(change.old, change.new) for change in review.changes] == [("Alt", "Neu")]

        client = client_of(approver)
        page = client.get(reverse("approval", args=[submission.pk]))
        assert page.status_code == 200
        answer = dict([page.context["answer"]])
        form = page.context["form"]
        hidden = {field.html_name: field.value() for field in form.hidden_fields()}
        sent = client.post(
            reverse("approval", args=[submission.pk]),
            {**hidden, **answer, "decision": "approve", "place": "", "comment": ""},
        )
        assert sent.status_code == 302
        submitted.refresh_from_db()
        assert submitted.summary == "Neu"
        newest = submitted.editions.order_by("-number").first()
        assert (newest.number, newest.authors, newest.approved_by) == (
            2, [author.username], approver,
        )  # fmt: skip
        assert newest.content["summary"] == "Neu"

    def test_nobody_approves_what_they_wrote(self, submitted, managers):
        author, _approver = managers
        [submission] = Submission.objects.all()
        with pytest.raises(ValidationError), acting_as(author):
            decide(submission, author, approves=True, comment="")
        author.is_superuser = True
        author.save()
        with pytest.raises(ValidationError), acting_as(author):
            submitted.get_latest_revision().publish(user=author)
        submitted.refresh_from_db()
        assert (submitted.summary, submitted.editions.count()) == ("Alt", 1)

    def test_the_studios_form_publishes_nothing(self, managers):
        author, approver = managers
        page = make_page("hilfe", summary="Alt")
        client = client_of(approver)
        url = reverse("wagtailadmin_pages:edit", args=[page.pk])
        assert client.get(url).status_code == 200
        posted = {
            "title": "Hilfe", "slug": "hilfe", "kind": "guide", "audience": "public", "body": "",
            "summary": "Neu", "applies_from": "14.03.2024", "parts-count": "0",
        }  # fmt: skip
        client.post(url, posted | {"action-publish": "action-publish"})
        page.refresh_from_db()
        assert (page.summary, page.editions.count()) == ("Alt", 1)
        assert page.get_latest_revision_as_object().summary == "Neu"
        client.post(url, posted | {"action-submit": "action-submit"})
        assert [each.draft.slug for each in waiting_for(author)] == ["hilfe"]

    def test_a_changed_address_wants_a_second_person_too(self, managers):
        author, _approver = managers
        page = make_page("hilfe")
        with acting_as(author):
            changed = page.get_latest_revision_as_object()
            changed.slug = "beistand"
            revision = changed.save_revision(user=author)
            with pytest.raises(ValidationError):
                revision.publish(user=author, skip_permission_checks=True)

    def test_editions_never_change(self):
        page = make_page("hilfe")
        edition = page.editions.get()
        assert edition.problems() == []
        assert edition.content["title"] == "Hilfe"
        assert PageEdition.objects.count() == 1

    def test_a_form_takes_no_strangers_file_and_no_strangers_body(self, managers, bodies):
        author, _approver = managers
        _own, other = bodies
        stranger = make_member(other, roles=["manager"]).user
        page = make_page("hilfe")
        client = client_of(author)
        url = reverse("wagtailadmin_pages:edit", args=[page.pk])
        posted = {
            "title": "Hilfe", "slug": "hilfe", "kind": "guide", "audience": "public", "body": "",
            "summary": "", "applies_from": "14.03.2024", "parts-count": "1", "parts-0-id": "",
            "parts-0-deleted": "", "parts-0-order": "0", "parts-0-type": "image",
            "parts-0-value-alternative": "Plan", "parts-0-value-caption": "",
        }  # fmt: skip
        for by, accepted in ((stranger, False), (author, True)):
            image = {"parts-0-value-image": str(make_image(by).pk)}
            client.post(url, posted | image)
            page.refresh_from_db()
            assert bool(page.get_latest_revision_as_object().parts) == accepted
        for body, accepted in ((other.key, False), ("jobcenter", True)):
            revision = page.latest_revision_id
            client.post(
                url,
                posted | {"parts-count": "0", "audience": "body", "body": body},
            )
            page.refresh_from_db()
            assert (page.latest_revision_id != revision) == accepted, body

    def test_a_draft_for_one_body_that_names_none_is_not_lost(self, managers):
        """It would belong to nobody, and the person who wrote it would not find it again."""
        author, _approver = managers
        client = client_of(author)
        url = reverse("wagtailadmin_pages:add", args=["cms", "contentpage", section().pk])
        posted = {
            "title": "Hilfe", "slug": "hilfe", "kind": "guide", "audience": "body", "body": "",
            "summary": "Neu", "applies_from": "14.03.2024", "parts-count": "0",
        }  # fmt: skip
        refused = client.post(url, posted)
        assert refused.context["form"].errors["body"]
        assert not ContentPage.objects.filter(slug="hilfe").exists()
        assert client.post(url, posted | {"body": "jobcenter"}).status_code == 302
        assert (
            client.get(
                reverse("wagtailadmin_pages:edit", args=[ContentPage.objects.get(slug="hilfe").pk])
            ).status_code
            == 200
        )


class TestAddresses:
    def test_who_follows_the_old_address_of_a_moved_page_is_led(self, client):
        area = make_page("wohnen", kind="section")
        page = make_page("mietschulden")
        page.move(area, pos="last-child")
        page = ContentPage.objects.get(pk=page.pk)
        assert page.address == "/wissen/wohnen/mietschulden/"
        answer = client.get("/wissen/mietschulden/")
        assert (answer.status_code, answer.url) == (301, page.address)
        assert client.get(answer.url).status_code == 200

    def test_who_follows_the_old_address_of_a_renamed_page_is_led(
        self, client, django_capture_on_commit_callbacks
    ):
        page = make_page("schulden")
        content = page.content().model_copy(update={"slug": "mietschulden"})
        with django_capture_on_commit_callbacks(execute=True):
            publish(page, content, applies_from=AS_OF, authors=[make_user()], approver=make_user())
        answer = client.get("/wissen/schulden/")
        assert (answer.status_code, answer.url) == (301, "/wissen/mietschulden/")

    def test_the_way_to_a_page_leads_through_none_that_is_off_line(self, client):
        area = make_page("wohnen", kind="section", title="Wohnen")
        page = make_page("mietschulden", below=area)
        ContentPage.objects.get(pk=area.pk).unpublish()
        crumbs = client.get(page.address).context["crumbs"]
        assert [each["url"] for each in crumbs] == ["/wissen/"]


class TestSearch:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            pytest.param("Überschuldung", ["ueberschuldung"], id="umlaut"),
            pytest.param("ÜBERSCHULDUNG", ["ueberschuldung"], id="capitals"),
            pytest.param("Überschul", ["ueberschuldung"], id="the beginning of a title"),
            pytest.param("Räumung", ["ueberschuldung"], id="a word of a list"),
            pytest.param("Räumung Strom", ["ueberschuldung"], id="two words"),
            pytest.param("Räumung Sucht", [], id="one of two words"),
            pytest.param("Straße", ["besuch"], id="sharp s, in a place"),
            pytest.param("' OR 1=1 --", [], id="no word at all"),
            pytest.param('"', [], id="a quotation mark"),
        ],
    )
    def test_finds_german_words(self, words, found):
        make_page(
            "ueberschuldung",
            title="Überschuldung erkennen",
            parts=[{"part": "list", "points": ["Der Strom wird abgestellt.", "Räumung droht."]}],
        )
        make_page(
            "besuch",
            kind="visit",
            parts=[{"part": "appointment", "first": "2030-01-01", "place": "Straße 1"}],
        )
        pages = find_pages(AnonymousUser(), words)
        assert [page.slug for page in pages] == found


class TestEvents:
    def test_what_is_to_come_stands_first_and_what_is_over_does_not(self, client):
        today = timezone.localdate()
        days = {"over": -1, "today": 0, "later": 9, "soon": 2}
        for slug, ahead in days.items():
            first = today + timedelta(days=ahead)
            part = {"part": "appointment", "first": first, "place": f"Raum {ahead}"}
            make_page(slug, kind="event", parts=[part])
        coming = client.get(reverse("knowledge")).context["coming"]
        assert [each.edition.page.slug for each in coming] == ["today", "soon", "later"]

    def test_only_the_newest_edition_counts(self, client):
        day = timezone.localdate() + timedelta(days=5)
        part = {"part": "appointment", "first": day, "place": "Raum 1"}
        page = make_page("kurs", kind="event", parts=[part])
        moved = [part | {"first": day + timedelta(days=1)}]
        make_page("kurs", kind="event", parts=moved)
        coming = client.get(reverse("knowledge")).context["coming"]
        assert [each.first for each in coming] == [day + timedelta(days=1)]
        assert page.editions.count() == 2


class TestContent:
    @pytest.mark.parametrize(
        "values",
        [
            pytest.param({"kind": "event"}, id="a training without a date"),
            pytest.param({"audience": "body"}, id="one body that is not named"),
            pytest.param({"audience": "staff", "body": "jobcenter"}, id="a body with staff"),
            pytest.param(
                {"parts": [{"part": "image", "image": 1, "alternative": " "}]},
                id="a picture without words",
            ),
            pytest.param(
                {"parts": [{"part": "link", "title": "x", "address": "javascript:alert(1)"}]},
                id="a link that is a script",
            ),
            pytest.param(
                {"parts": [{"part": "link", "title": "x", "address": "//elsewhere.example/"}]},
                id="a link that hides where it leads",
            ),
            pytest.param(
                {
                    "parts": [
                        {
                            "part": "appointment",
                            "first": "2026-05-02",
                            "last": "2026-05-01",
                            "place": "Raum",
                        }
                    ]
                },
                id="an end before the beginning",
            ),  # fmt: skip
        ],
    )
    def test_is_refused(self, values):
        with pytest.raises(ContentError):
            page_content("seite", **values)

    def test_pictures_are_shown_with_their_words(self, client):
        image = make_image(make_user())
        part = {"part": "image", "image": image.pk, "alternative": "Drei Türen, die mittlere offen"}
        page = make_page("haus", parts=[part])
        said = client.get(page.address).content.decode()
        assert 'alt="Drei Türen, die mittlere offen"' in said
        assert PageRendition.objects.get().url in said
        assert "/media/" not in said

    def test_texts_are_no_markup(self, client):
        page = make_page("haus", parts=[{"part": "text", "paragraphs": ["<script>x</script>"]}])
        assert "<script>x" not in client.get(page.address).content.decode()

    def test_a_page_goes_through_its_form_unchanged(self):
        parts = [
            {"part": "list", "heading": "Schritte", "numbered": True, "points": ["Eins", "Zwei"]},
            {"part": "image", "image": make_image(make_user()).pk, "alternative": "Plan"},
            {"part": "appointment", "first": "2030-01-01", "place": "Raum 1"},
        ]
        page = make_page("haus", kind="event", parts=parts)
        stored = ContentPage.objects.get(pk=page.pk)
        assert stored.content() == PageContent.model_validate(page.editions.get().content)


class TestFromTheBeginning:
    """What an operator has to show is there as a draft, and read once somebody has approved it."""

    SLUGS = ("impressum", "datenschutz", "barrierefreiheit", "leichte-sprache", "gebaerdensprache")

    def test_drafts_say_where_something_is_to_be_filled_in(self, client):
        drafts = ContentPage.objects.filter(at_foot=True).order_by("path")
        assert tuple(page.slug for page in drafts) == self.SLUGS
        for page in drafts:
            assert not page.live
            assert "[BITTE AUSFÜLLEN:" in str(page.content().model_dump())
            assert client.get(page.address).status_code == 404
        assert "foot" not in client.get(settings.LOGIN_URL and reverse("account_login")).context

    def test_what_is_approved_stands_at_the_foot_of_each_page(self, client, people):
        page = ContentPage.objects.get(slug="barrierefreiheit")
        with acting_as(people["manager"]):
            revision = page.save_revision(user=people["manager"])
        with acting_as(people["in both"]):
            revision.publish(user=people["in both"])
        for url in (reverse("account_login"), reverse("offers"), reverse("knowledge")):
            assert "/barrierefreiheit/" in client.get(url).content.decode(), url
        said = client.get("/barrierefreiheit/").content.decode()
        assert "Barrieren melden" in said
        client.force_login(people["caseworker"])
        assert "/barrierefreiheit/" in client.get("/").content.decode()

    def test_only_what_everybody_may_read_stands_at_the_foot(self, client, people):
        intern = make_page("intern", kind="section", audience="staff")
        make_page("unter-dem-internen", below=intern, at_foot=True, kind="information")
        make_page("hausordnung", at_foot=True, kind="information", audience="staff")
        said = client.get(reverse("account_login")).content.decode()
        assert "/unter-dem-internen/" not in said
        assert "/hausordnung/" not in said
        # What stands at no foot stands in the list, for those who may read it.
        client.force_login(people["caseworker"])
        assert "/hausordnung/" in client.get(reverse("knowledge")).content.decode()


def test_lists_ask_no_more_for_more_pages(client, django_assert_num_queries):
    from tests.cms.test_pages import queries

    for number in range(3):
        make_page(f"seite-{number}")
    few = queries(client, reverse("knowledge"))
    for number in range(3, 9):
        make_page(f"seite-{number}")
    assert queries(client, reverse("knowledge")) == few


def test_as_of_is_shown(client):
    page = make_page("haus")
    assert page.applies_from == date(2024, 3, 14)
    assert "Stand 14.03.2024" in client.get(page.address).content.decode()
