"""The addresses that belong to no app."""

import pytest
from django.db import OperationalError, connection
from django.urls import reverse


@pytest.mark.django_db
def test_health_is_well_when_the_database_answers(client):
    response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_health_is_ill_when_the_database_is_gone(client, monkeypatch):
    def refuse():
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        response = client.get("/health")

    assert response.status_code == 503


@pytest.mark.django_db
def test_studio_sends_strangers_to_the_one_login(client):
    response = client.get(reverse("wagtailadmin_home"))

    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=/studio/"


@pytest.mark.django_db
def test_login_speaks_german(client):
    response = client.get(reverse("account_login"))

    assert response.status_code == 200
    assert 'lang="de"' in response.content.decode()
