"""The workspace's own pages and the classes its screens are made of."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import django_filters
import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.views.defaults import server_error
from openpyxl import load_workbook

from base.acting import acting_as
from base.models import SavedView
from base.styles import IN_USE, made
from base.workspace import exports, tables
from base.workspace.registry import (
    HomeSection,
    MenuItem,
    Registry,
    SearchSource,
    WaitingEntry,
    matching,
    registry,
    waiting,
)
from base.workspace.views import ListPage, ObjectFormPage
from config.urls import urlpatterns as all_addresses
from tests.factories import make_user

pytestmark = pytest.mark.django_db


class ViewTable(tables.Table):
    name = tables.LinkColumn(linkify=False)

    class Meta(tables.Table.Meta):
        model = SavedView
        fields = ("name", "page")


class ViewFilter(django_filters.FilterSet):
    class Meta:
        model = SavedView
        fields = {"name": ["icontains"]}


class Views(ListPage):
    permission_required = ()
    model = SavedView
    table_class = ViewTable
    filterset_class = ViewFilter
    title = "Views"

    def summary(self, rows):
        return [("Rows", str(len(rows)))]


class Rename(ObjectFormPage):
    permission_required = ()
    model = SavedView

    class form_class(forms.Form):
        name = forms.CharField()

    def guarded(self):
        return self.target

    def act(self, form):
        if form.cleaned_data["name"] == "bad":
            raise ValidationError({"name": "Not that one.", "query": "Nor that."})
        self.target.name = form.cleaned_data["name"]
        self.target.save()


urlpatterns = [
    path("all-views/", Views.as_view(), name="all-views"),
    path("rename/<int:pk>/", Rename.as_view(), name="rename"),
    *all_addresses,
]


@pytest.fixture
def person(client):
    user = make_user("anna", first_name="Anna")
    client.force_login(user)
    return user


def view_of(user, name: str, page: str = "all-views") -> SavedView:
    return SavedView.objects.create(owner=user, page=page, name=name, query=f"q={name}")


def text(response) -> str:
    return response.content.decode()


@pytest.mark.urls(__name__)
class TestList:
    def test_shows_what_the_person_may_see(self, client, person):
        view_of(person, "mine")
        view_of(make_user(), "foreign")
        page = text(client.get("/all-views/"))
        assert "mine" in page and "foreign" not in page

    def test_filters_and_sums_up_what_is_left(self, client, person):
        for name in ("red", "reddish", "blue"):
            view_of(person, name, page="elsewhere")
        response = client.get("/all-views/", {"name__icontains": "red"})
        assert [row.record.name for row in response.context["table"].rows] == ["red", "reddish"]
        assert "<dt>Rows</dt><dd>2</dd>" in text(response)

    def test_export_has_all_filtered_rows_and_is_announced(self, client, person):
        for number in range(60):
            view_of(person, f"red {number:02}", page="elsewhere")
        view_of(person, "=1+1", page="elsewhere")
        heard = []
        listen = lambda sender, **told: heard.append((told["title"], told["rows"]))  # noqa: E731
        exports.exported.connect(listen)
        response = client.get("/all-views/", {"export": "xlsx", "name__icontains": "red"})
        sheet = load_workbook(BytesIO(response.content)).active
        assert (sheet.max_row, sheet["A2"].value) == (61, "red 00")
        assert heard[0][1] == 60
        plain = client.get("/all-views/", {"export": "csv", "name__icontains": "1+1"})
        assert plain.content.decode("utf-8-sig").splitlines()[1] == "'=1+1;elsewhere"

    def test_a_view_is_saved_shown_and_deleted_with_history(self, client, person):
        saved = {"page": "all-views", "name": "Reds", "query": "name__icontains=red&sort=name"}
        response = client.post("/views/save/", saved)
        assert response.url == "/all-views/?sort=name"
        view = SavedView.objects.get()
        assert "Reds" in text(client.get("/all-views/"))
        client.post(f"/views/{view.pk}/delete/")
        kinds = SavedView.history.order_by("history_id").values_list("history_type", flat=True)
        assert list(kinds) == ["+", "-"]

    def test_view_of_another_person_is_not_there(self, client, person):
        foreign = view_of(make_user(), "foreign")
        assert client.post(f"/views/{foreign.pk}/delete/").status_code == 404
        assert SavedView.objects.filter(pk=foreign.pk).exists()

    def test_queries_do_not_grow_with_rows(self, client, person):
        client.get("/all-views/")  # what only the first request of a session asks
        counts = []
        for start in (0, 40):
            for number in range(start, start + 5 + start):
                view_of(person, f"{number}", page="elsewhere")
            with CaptureQueriesContext(connection) as queries:
                client.get("/all-views/")
            counts.append(len(queries))
        assert counts[0] == counts[1]


@pytest.mark.urls(__name__)
class TestForm:
    def seen(self, client, view) -> str:
        return client.get(f"/rename/{view.pk}/").context["seen"]

    def test_action_is_carried_out(self, client, person):
        view = view_of(person, "old")
        client.post(f"/rename/{view.pk}/", {"name": "new", "_seen": self.seen(client, view)})
        view.refresh_from_db()
        assert view.name == "new"

    def test_refusal_stands_at_the_field_or_above(self, client, person):
        view = view_of(person, "old")
        posted = {"name": "bad", "_seen": self.seen(client, view)}
        form = client.post(f"/rename/{view.pk}/", posted).context["form"]
        assert form.errors == {"name": ["Not that one."], "__all__": ["Nor that."]}

    def test_second_person_is_told_and_decides(self, client, person):
        """What was typed stays, what the first did is shown; sent again it replaces that."""
        view = view_of(person, "old")
        seen = self.seen(client, view)
        with acting_as(make_user("bert", first_name="Bert", last_name="Beispiel")):
            view.name = "theirs"
            view.save()
        response = client.post(f"/rename/{view.pk}/", {"name": "mine", "_seen": seen})
        page = text(response)
        assert "Bert Beispiel" in page and "old → theirs" in page and 'value="mine"' in page
        view.refresh_from_db()
        assert view.name == "theirs"
        client.post(f"/rename/{view.pk}/", {"name": "mine", "_seen": response.context["seen"]})
        view.refresh_from_db()
        assert view.name == "mine"


class TestRegistry:
    def test_each_person_gets_what_is_for_them_in_order(self, person):
        kept = Registry()
        kept.add(
            MenuItem(key="b", label="B", section="work", url_name="home", icon="home", order=20),
            MenuItem(key="a", label="A", section="work", url_name="home", icon="home", order=10),
            MenuItem(
                key="c", label="C", section="work", url_name="home", icon="home",
                permission="no.such",
            ),
        )  # fmt: skip
        ((_label, items),) = kept.menu(person)
        assert [item.key for item in items] == ["a", "b"]

    def test_same_key_twice_is_a_mistake(self):
        kept = Registry()
        section = HomeSection(key="a", label="A", entries=lambda user: [], empty="None")
        kept.add(section)
        with pytest.raises(ValueError, match="twice"):
            kept.add(section)

    def test_search_leaves_out_what_finds_nothing(self, person):
        hit = WaitingEntry("Case 1", "/cases/1/")
        found = SearchSource(key="a", label="A", find=lambda user, query, most: [hit])
        nothing = SearchSource(key="b", label="B", find=lambda user, query, most: [])
        assert matching([found, nothing], person, "case", 5) == [(found, [hit])]

    def test_counting_ends_where_nobody_reads_on(self, person):
        for number in range(120):
            view_of(person, str(number))
        assert waiting(SavedView.objects.filter(name="5")) == 1
        assert waiting(SavedView.objects.all()) == 100


class TestHome:
    def test_greets_by_first_name(self, client, person):
        assert "Anna" in text(client.get("/"))

    def test_suggestions_come_without_the_shell(self, client, person):
        page = text(client.get("/search/", {"q": "zzz"}, headers={"HX-Request": "true"}))
        assert "<html" not in page

    def test_too_short_a_query_finds_nothing(self, client, person):
        assert client.get("/search/", {"q": "z"}).context["too_short"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(Decimal("-1234.50"), "-1234,50", id="negative amounts stay numbers"),
        pytest.param("-cmd", "'-cmd", id="text that looks like a formula"),
        pytest.param(date(2026, 7, 31), "31.07.2026", id="day"),
        pytest.param(None, "", id="nothing"),
        pytest.param("Müller; Söhne", '"Müller; Söhne"', id="separator"),
    ],
)
def test_values_in_csv(value, written):
    class Rows(tables.Table):
        number = tables.FigureColumn()
        value = tables.FigureColumn()

        class Meta(tables.Table.Meta):
            default = None

    table = Rows([{"number": 1, "value": value}])
    request = RequestFactory().get("/")
    request.user = make_user()
    response = exports.export("csv", table, request, title="Rows")
    assert response.content.decode("utf-8-sig").splitlines()[1] == f"1;{written}"


def test_what_is_not_there_is_said_in_words(client):
    client.force_login(make_user())
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "Hier ist nichts" in response.content.decode()


def test_a_failure_is_said_without_the_shell_that_may_have_failed():
    """Also where nothing is known of the request."""
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Etwas ist schiefgegangen" in response.content.decode()


def test_no_two_entries_of_the_menu_share_an_icon_and_each_is_drawn():
    icons = [item.icon for item in registry.items if isinstance(item, MenuItem)]
    assert sorted(set(icons)) == sorted(icons)
    drawn = (made() / IN_USE).read_text() + (
        settings.BASE_DIR / "base/static/base/workspace.css"
    ).read_text()
    assert [icon for icon in icons if f".kern-icon--{icon}" not in drawn] == []
