"""Long lists are counted no further than anybody leafs, and say so."""

import django_tables2 as tables
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from base.workspace import paging
from base.workspace.paging import BoundedPaginator
from base.workspace.tables import Table


class Kinds(Table):
    class Meta(Table.Meta):
        model = ContentType
        fields = ("model",)


def paged(rows, page=1, per_page=2) -> Kinds:
    table = Kinds(rows)
    return table.paginate(BoundedPaginator, per_page=per_page, page=page)


def shown(table: Kinds) -> str:
    request = RequestFactory().get("/")
    context = {"table": table, "request": request}
    return " ".join(render_to_string("base/workspace/table.html", context, request).split())


@pytest.mark.parametrize(("number", "pages", "more"), [(3, 2, False), (4, 2, False), (5, 2, True)])
@pytest.mark.django_db
def test_a_list_leafs_through_so_many_rows_and_no_more(monkeypatch, number, pages, more):
    monkeypatch.setattr(paging, "MOST_PAGED", 4)
    some = ContentType.objects.order_by("pk").values_list("pk", flat=True)[:number]
    rows = ContentType.objects.filter(pk__in=list(some)).order_by("model")
    with CaptureQueriesContext(connection) as queries:
        table = paged(rows)
    assert (table.paginator.num_pages, table.paginator.has_more) == (pages, more)
    assert table.paginator.count == min(number, 4)
    (counted,) = [query["sql"] for query in queries.captured_queries if "COUNT" in query["sql"]]
    assert "LIMIT 5" in counted
    assert "ORDER BY" not in counted
    assert ("mehr als 4 Einträge" in shown(table)) == more
    assert (f"Seite 1 von 2 · {number} Einträge" in shown(table)) == (not more)


@pytest.mark.parametrize("order", ["app_label", "-app_label", "twice", "-twice"])
@pytest.mark.django_db
def test_rows_that_are_equal_have_an_order_too(order):
    """Of a list that is sorted by what many share, each row is on one page."""

    class Shared(Kinds):
        twice = tables.Column(accessor="app_label")

        class Meta(Kinds.Meta):
            fields = ("app_label",)

        def order_twice(self, rows, descending):
            return rows.order_by("-app_label" if descending else "app_label"), True

    rows = sorted(ContentType.objects.all(), key=lambda row: (row.app_label, row.pk))
    table = Shared(ContentType.objects.order_by("model"), order_by=order)
    found = [row.record for row in table.rows]
    assert found == (rows[::-1] if order.startswith("-") else rows)
    pages = [
        row.record
        for page in range(1, 4)
        for row in table.paginate(BoundedPaginator, per_page=3, page=page).page
    ]
    assert pages == found[:9]


def test_lists_that_are_there_already_are_counted_as_they_are():
    table = paged([ContentType(model=f"kind{place}") for place in range(5)])
    assert (table.paginator.count, table.paginator.has_more) == (5, False)
