"""What is done twice is done once: jobs and commands can be repeated without a new row."""

from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands

from jobs.models import JobRun, Statement
from jobs.registry import jobs
from tests.counting import rows_in

pytestmark = pytest.mark.django_db

PERIODS = ("2023", "2024", "2024-H1", "2024-Q1", "2024-03", "2024-09", "2024-01-15..2024-02-20")


def rows_of_everything() -> dict[str, int]:
    """How many rows each table has, history and queues included."""
    models = apps.get_models(include_auto_created=True)
    tables = {model._meta.db_table: model._meta.label for model in models if model._meta.managed}
    return {tables[table]: count for table, count in rows_in(tables).items()}


def run(job: str, period: str) -> None:
    call_command("run_job", job, period=period, stdout=StringIO(), stderr=StringIO())


@pytest.mark.parametrize("name", sorted(jobs()))
def test_job_repeated_makes_no_new_row(world, name):
    for period in PERIODS:
        run(name, period)
    before = rows_of_everything()
    statuses = dict(Statement.objects.order_by("pk").values_list("pk", "status"))
    for period in PERIODS:
        run(name, period)
    assert rows_of_everything() == before
    assert dict(Statement.objects.order_by("pk").values_list("pk", "status")) == statuses


@pytest.mark.parametrize("name", sorted(jobs()))
def test_job_does_something(world, name):
    """Else repeating it would show nothing."""
    before = sum(rows_of_everything().values())
    for period in PERIODS:
        run(name, period)
    made = sum(rows_of_everything().values()) - before
    assert made > len(PERIODS)  # the runs themselves
    assert not JobRun.objects.filter(status=JobRun.Status.FAILED).exists()


REPEATED = {
    "check_history": lambda folder: [],
    "describe_format": lambda folder: [],
    "explain": lambda folder: [str(Statement.objects.issued().first().number)],
    "import_data": lambda folder: ["sample/late", "--save"],
    "run_job": lambda folder: ["statements", "--period=2024-03"],
    "publish_due": lambda folder: [],
    "send_mails": lambda folder: [],
    "forget_sent_forms": lambda folder: [],
    "forget_follow_ups": lambda folder: [],
    "follow_deadlines": lambda folder: [],
    "follow_descriptions": lambda folder: [],
    "send_overviews": lambda folder: [],
    "spot_check": lambda folder: [],
}
"""What a command of the product is called with to be tried twice."""

NOT_REPEATED = {
    "broker_worker": "Runs until it is stopped.",
    "check_translations": "Reads files alone.",
    "export_data": "Every export is an event; that it writes nothing else, its own test says.",
    "compile_translations": "Writes files beside their sources, whatever the database holds.",
    "createsuperuser": "Django's own, but for who is recorded as acting.",
    "db_worker": "The library's own, with a sign of life; runs until it is stopped.",
    "flush": "Empties the database: nothing is left to compare.",
    "load_sample": "Commits as it goes; what it calls is repeated here.",
    "prepare_database": "Marks everything: another release may compute otherwise.",
    "run_scheduler": "Runs until it is stopped; its jobs are repeated above.",
}


def own_commands() -> set[str]:
    return {name for name, app in get_commands().items() if app in settings.FALLWERK_APPS}


def test_every_command_is_known_here():
    assert own_commands() == REPEATED.keys() | NOT_REPEATED.keys()


@pytest.mark.parametrize("name", sorted(REPEATED))
def test_command_repeated_makes_no_new_row(world, name, tmp_path: Path):
    for _again in range(2):
        before = rows_of_everything()
        call_command(name, *REPEATED[name](tmp_path), stdout=StringIO(), stderr=StringIO())
    assert rows_of_everything() == before
