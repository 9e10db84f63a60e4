"""The content API: what is published, as JSON, for everybody."""

from datetime import date

import pytest
from django.urls import reverse

from cms.models import Catalogue
from tests.factories import catalogue_content, make_catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture
def editions():
    first = make_catalogue("addiction", content=catalogue_content())
    second = make_catalogue(
        "addiction",
        content=catalogue_content(modules=("m1", "m2", "m3")),
        applies_from=date(2999, 1, 1),
    )
    return first, second


def test_list_names_every_edition_and_the_one_in_force(client, editions):
    make_catalogue("zeal")
    answer = client.get(reverse("api-list", args=["catalogues"]))
    items = answer.json()["items"]
    assert [item["key"] for item in items] == ["addiction", "zeal"]
    assert items[0]["in_force"] == 1
    assert [each["number"] for each in items[0]["editions"]] == [1, 2]
    assert items[0]["editions"][1]["applies_from"] == "2999-01-01"
    assert client.get(items[0]["editions"][0]["url"]).json()["number"] == 1


def test_edition_comes_whole_and_without_persons(client, editions):
    first, _second = editions
    answer = client.get(reverse("api-edition", args=["catalogues", "addiction", 1]))
    data = answer.json()
    assert type(first.data).model_validate(data["content"]) == first.data
    assert set(data) == {"key", "number", "applies_from", "seal", "content"}
    assert answer["ETag"] == f'"{first.seal}"'


def test_who_has_it_already_gets_nothing_again(client, editions):
    address = reverse("api-edition", args=["catalogues", "addiction", 1])
    tag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    listed = reverse("api-list", args=["catalogues"])
    tag = client.get(listed)["ETag"]
    assert client.get(listed, headers={"If-None-Match": tag}).status_code == 304
    make_catalogue("more")
    assert client.get(listed, headers={"If-None-Match": tag}).status_code == 200


def test_only_reading_and_only_what_is_published(client, editions):
    address = reverse("api-edition", args=["catalogues", "addiction", 1])
    assert client.post(address, {}).status_code == 405
    assert client.delete(address).status_code == 405
    assert client.get(reverse("api-list", args=["contracts"])).status_code == 404
    assert (
        client.get(reverse("api-edition", args=["catalogues", "addiction", 3])).status_code == 404
    )
    Catalogue.objects.get(key="addiction").unpublish()
    assert client.get(address).status_code == 404
    assert client.get(reverse("api-list", args=["catalogues"])).json()["items"] == []


def test_number_of_queries_does_not_grow(client, django_assert_num_queries):
    for count in (5, 10):
        for _each in range(count):
            make_catalogue()
        with django_assert_num_queries(1):
            client.get(reverse("api-list", args=["catalogues"]))
