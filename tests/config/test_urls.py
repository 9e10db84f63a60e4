"""The addresses that belong to no app."""

import pytest
from django.urls import reverse


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
