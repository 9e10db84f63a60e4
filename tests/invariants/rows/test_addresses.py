"""Every address × every role × own and foreign objects: who may not see something finds nothing.

Addresses are walked, not listed: a new page is covered at once, and one that says neither what it
needs nor why it stands outside fails here.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver, resolve, reverse

from base.api.endpoints import ApiView
from base.history import Tracked
from base.models import Event
from base.trail.registry import told
from contracts.models import Member, Organisation
from contracts.roles import Role
from jobs.models import JobRun
from tests.invariants.rows.conftest import MIXED
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_scoping import Rows, needed

pytestmark = pytest.mark.django_db
# Which rows a person reaches is asked of every model on both databases (test_scoping.py), and pages
# ask it on both below, where they open. What a page answers to those who reach nothing is Python's.
by_python = pytest.mark.once

OUTSIDE = {
    "health": "Says nothing about data.",
    "set_language": "Django's own; sets a cookie.",
    "offers": "Published content, for everybody.",
    "offer": "Published content, for everybody.",
    "api-nothing": "Says that nothing is there.",
    "knowledge": "Lists for each reader, signed in or not, what they may read.",
    "calendar-feed": "Answers whoever knows its secret; a calendar program cannot sign in.",
    "page-image": "Asks whether a page that its reader may read shows the picture.",
    "visits-shell": "An empty page, the same for everybody; what is on a device is put in there.",
    "visits-worker": "A script that names static files.",
    "sitemap": "Wagtail's own; pages say themselves whether they are for everybody.",
}
"""Own addresses that are no pages of the workspace, with the reason."""

MOST_TRIED = 6
MOST_LOST = 3
MOST_REFUSED = 2
"""As many own rows are tried where all are to be refused."""

STUDIO, ACCOUNTS = "studio/", "accounts/"
"""The studio stands behind its own permission, accounts behind allauth; each has its own tests."""


@dataclass(frozen=True)
class Address:
    """An address of a page: its name, its view and the arguments it takes."""

    name: str
    view: type
    arguments: tuple[str, ...]

    def url(self, *arguments) -> str:
        return reverse(self.name, args=arguments)


def patterns(found, path: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in found:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here, pattern
        else:
            yield from patterns(pattern.url_patterns, here)


def own_patterns() -> list[URLPattern]:
    """Addresses of this product outside the studio; Wagtail and allauth look after theirs."""
    return [
        pattern
        for path, pattern in patterns(get_resolver().url_patterns)
        if not path.startswith((STUDIO, ACCOUNTS))
        and not pattern.callback.__module__.startswith("wagtail.")
        and not pattern.lookup_str.startswith(("wagtail.", "django.contrib.auth.views"))
    ]


def pages() -> list[Address]:
    return [
        Address(p.name, p.callback.view_class, tuple(p.pattern.converters))
        for p in own_patterns()
        if is_page(p)
    ]


def is_page(pattern: URLPattern) -> bool:
    """Whether a view asks for permissions: a page, or a part of one that a script asks for."""
    return issubclass(getattr(pattern.callback, "view_class", object), PermissionRequiredMixin)


def is_endpoint(pattern: URLPattern) -> bool:
    """Whether programs read there: who may, test_api.py asks of each."""
    return issubclass(getattr(pattern.callback, "cls", object), ApiView)


PAGES = pages()
OF_OBJECTS = [page for page in PAGES if page.arguments == ("pk",)]
OF_ANYTHING = [page for page in PAGES if page.arguments == ("label", "pk")]
"""Pages of one row of whatever model."""
WITHOUT = [page for page in PAGES if not page.arguments]


def people(*, everywhere: bool = False) -> dict[str, object]:
    """One person of each role in each organisation, and everybody who works in two.

    Rights are found in Python: all of them are tried on SQLite. On PostgreSQL, where only its
    queries can differ, one person of each role asks them, and whoever works in two places; with
    `everywhere` all of them there, too.
    """
    everywhere = everywhere or connection.vendor != "postgresql"
    return _people("{role} of {place}" if everywhere else "{role}")


def one_of_each_role() -> dict[str, object]:
    """One person of each role, wherever that is, and everybody who works in two places."""
    return _people("{role}")


def _people(named: str) -> dict[str, object]:
    found = {}
    for member in Member.objects.select_related("user", "organisation").order_by("pk"):
        if member.user.username in MIXED:
            found[f"mixed {member.user.username}"] = member.user
            continue
        for role in member.roles:
            found.setdefault(named.format(role=role, place=member.organisation.key), member.user)
    return found


def reached(page: Address, user, rows: Rows) -> set[int]:
    """Keys of the rows on which one membership of the person may do what the page does."""
    model, wanted = page.view.model, page.view.permission_required
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    known = any(kind is model for kind, _pk in rows.rows)
    if not known or hasattr(model, "unscoped_because"):  # the same for everybody who works here
        return set(model._default_manager.visible_to(user).values_list("pk", flat=True))
    if model is JobRun:
        return set(model._default_manager.visible_to(user, *wanted).values_list("pk", flat=True))
    return rows.reached(model, user, *needed(model), *wanted)


def one_of_each_party(model, keys: list[int], rows: Rows) -> list[int]:
    """One of these rows for each set of organisations that they concern."""
    return list({frozenset(rows.acting_on((model, pk))): pk for pk in keys}.values())


def allowed(page: Address, user) -> bool:
    needed = page.view.permission_required
    return user.has_perms([needed] if isinstance(needed, str) else needed)


def answer_of_view(url: str, user, *, post: bool = False) -> int:
    """Return what the view alone says to a person.

    Sessions and templates take most of the time of a whole request, and say the same each time:
    where many are refused, one is refused the whole way.
    """
    request = RequestFactory().post(url) if post else RequestFactory().get(url)
    request.user, request.session = user, {}
    found = resolve(request.path_info)
    try:
        return found.func(request, *found.args, **found.kwargs).status_code
    except Http404:
        return 404
    except PermissionDenied:
        return 403


def answer(url: str, user, *, whole: bool) -> int:
    """Return what a person is answered, as a whole request or by the view alone."""
    return signed_in(user).get(url).status_code if whole else answer_of_view(url, user)


@pytest.fixture(scope="module")
def rows(world) -> Rows:
    return Rows()


@pytest.mark.once
def test_each_address_is_a_page_or_stands_outside_for_a_reason():
    unclassified = [
        pattern.name
        for pattern in own_patterns()
        if pattern.name not in OUTSIDE and not is_page(pattern) and not is_endpoint(pattern)
    ]
    assert unclassified == []


@pytest.mark.once
def test_each_page_says_what_it_needs():
    silent = [page.name for page in PAGES if page.view.permission_required is None]
    assert silent == []


@pytest.mark.once
def test_each_page_of_an_object_is_found_by_its_key():
    """Only then can it be tried here with objects of others."""
    known = [*WITHOUT, *OF_OBJECTS, *OF_ANYTHING]
    other = [page.name for page in PAGES if page not in known]
    without_model = [page.name for page in OF_OBJECTS if not getattr(page.view, "model", None)]
    assert (other, without_model) == ([], [])


@by_python
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_strangers_are_sent_to_sign_in(page, client):
    arguments = {(): (), ("pk",): (1,), ("label", "pk"): ("forms.Case", 1)}[page.arguments]
    response = client.get(page.url(*arguments))

    if response.status_code != 403:  # what a script asks for is no page to be sent to
        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("page", WITHOUT, ids=lambda page: page.name)
def test_page_opens_for_those_it_serves_and_nobody_else(page):
    refused = 0
    for role, user in people().items():
        if allowed(page, user):
            assert signed_in(user).get(page.url()).status_code in (200, 302, 405), role
        else:
            assert answer(page.url(), user, whole=not refused) == 403, role
            refused += 1


@pytest.mark.parametrize("page", OF_OBJECTS, ids=lambda page: page.name)
class TestObjects:
    @by_python
    def test_foreign_object_is_not_there(self, page, rows):
        """Neither to look at nor to change; whoever may not do such things at all is told so."""
        tried, whole = 0, set()
        for role, user in people().items():
            visible = reached(page, user, rows)
            foreign = [
                pk for model, pk in rows.rows if model is page.view.model and pk not in visible
            ]
            may = allowed(page, user)
            expected = (404, 405) if may else (403,)
            tries = one_of_each_party(page.view.model, foreign, rows)
            for pk in tries if may else tries[:1]:
                tried += 1
                url = page.url(pk)
                assert answer_of_view(url, user) in expected, role
                assert answer_of_view(url, user, post=True) in expected, role
            if tries and may not in whole:
                whole.add(may)
                client = signed_in(user)
                assert client.get(page.url(tries[0])).status_code in expected, role
                assert client.post(page.url(tries[0])).status_code in expected, role
        app = page.view.model._meta.app_label
        for_everybody = app in ("base", "cms") or hasattr(page.view.model, "unscoped_because")
        assert tried or for_everybody, "no foreign row to try"

    def test_own_object_opens_for_those_it_serves(self, page, rows):
        refused = 0
        for role, user in people().items():
            tried = sorted(reached(page, user, rows))
            if allowed(page, user):
                client = signed_in(user)
                answers = (client.get(page.url(pk)).status_code for pk in tried[:MOST_TRIED])
                # Of what a person sees, some may be for others to change.
                assert not tried or any(code in (200, 302, 404, 405) for code in answers), role
                continue
            for pk in tried[:MOST_REFUSED]:
                assert answer(page.url(pk), user, whole=not refused) == 403, role
                refused += 1


@by_python
@pytest.mark.parametrize("page", OF_OBJECTS, ids=lambda page: page.name)
def test_page_whose_files_are_lost_says_so(page, rows, monkeypatch):
    """Whatever page sends a file: its row may have outlived it. Nothing left the house then."""
    asked, told = [], 0

    def lost(path, *_mode):
        asked.append(path)
        raise FileNotFoundError(path)

    monkeypatch.setattr(default_storage, "open", lost)
    for user in people().values():
        own = page.view.model._default_manager.visible_to(user).order_by("pk")
        if not allowed(page, user) or not own.exists():
            continue
        client, before = signed_in(user), Event.objects.filter(kind="download").count()
        for pk in own.values_list("pk", flat=True)[:MOST_LOST]:
            response = client.get(page.url(pk))
            if asked:
                assert response.status_code == 404
                assert "Die Datei fehlt" in response.content.decode()
                assert Event.objects.filter(kind="download").count() == before
                told += 1
            asked.clear()
        break
    assert bool(told) == ("send_stored" in inspect.getsource(page.view))


@pytest.mark.once
def test_pages_send_files_by_the_one_way_that_expects_their_loss():
    by = {
        page.name: inspect.getsource(page.view)
        for page in PAGES
        if "send_stored" in inspect.getsource(page.view)
        or "default_storage" in inspect.getsource(page.view)
    }
    assert by.keys() >= {"evidence-file", "report-document", "statement-document"}
    assert [name for name, source in by.items() if "default_storage" in source] == []


@by_python
@pytest.mark.parametrize("page", OF_ANYTHING, ids=lambda page: page.name)
def test_no_row_of_any_model_is_found_by_whoever_may_not_see_it(page, rows):
    models = {model for model, _pk in rows.rows if issubclass(model, Tracked)}
    for role, user in people().items():
        for model in sorted(models, key=lambda model: model._meta.label):
            needed = told(model).needed
            if hasattr(model, "unscoped_because") and user.has_perm(needed):
                continue  # the same for everybody who may know of it at all
            seen = rows.reached(model, user, needed)
            foreign = [pk for kind, pk in rows.rows if kind is model and pk not in seen]
            for pk in one_of_each_party(model, foreign, rows):
                url = page.url(model._meta.label, pk)
                assert answer_of_view(url, user) in (403, 404), (role, url)


@pytest.mark.once
def test_reasons_to_stand_outside_are_sentences():
    assert [name for name, reason in OUTSIDE.items() if not reason.endswith(".")] == []


def test_there_is_somebody_of_every_role(world):
    roles = {name.split()[0] for name in people()} - {"mixed"}
    assert roles == set(Role)
    assert Organisation.objects.filter(kind="provider").count() >= 3
    assert Organisation.objects.filter(kind="commissioning_body").count() == 2
    assert get_user_model().objects.filter(is_superuser=True).count() == 0
