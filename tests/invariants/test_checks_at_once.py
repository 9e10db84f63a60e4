"""Many people who ask for an integrity check in the same moment have asked for one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from base.tasks import check_integrity
from tests.factories import make_commissioning_body, make_member

PEOPLE = 8


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_one_check_is_queued(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
    body = make_commissioning_body()
    clients = []
    for _number in range(PEOPLE):
        client = Client()
        client.force_login(make_member(body, roles=["auditor"]).user)
        clients.append(client)
    ready = threading.Barrier(PEOPLE)

    def ask(client) -> int:
        ready.wait()
        try:
            return client.post(reverse("integrity")).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PEOPLE) as pool:
        assert list(pool.map(ask, clients)) == [302] * PEOPLE
    assert DBTaskResult.objects.filter(task_path=check_integrity.module_path).count() == 1
