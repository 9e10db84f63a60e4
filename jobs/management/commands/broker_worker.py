"""The worker where a broker keeps the queue: does what `db_worker` does where the database does."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.translation import gettext as _

from base.queue import has_broker, with_broker
from jobs import lost
from jobs.runs import new_holder


class Command(BaseCommand):
    """Each task is done by a process forked for it, which lives as long as that takes."""

    help = "Take tasks from the broker that REDIS_URL names."

    def add_arguments(self, parser):
        parser.add_argument("--burst", action="store_true", help="end when nothing waits")

    def handle(self, *, burst, verbosity, **options):
        if not has_broker():
            raise CommandError(_("REDIS_URL names no broker. Without one the worker is db_worker."))
        # Here, for they are there only where a broker is.
        from redis import Redis
        from rq import Worker

        # It waits for work without a limit; whoever asks for work does not (`settings.base`).
        connection = Redis.from_url(settings.REDIS_URL)
        queue = with_broker()
        worker = Worker(
            [queue], connection=connection, job_class=queue.job_class, serializer=queue.serializer
        )
        with lost.living(worker.name, new_holder()):
            connections.close_all()  # not to be shared with whoever is forked
            worker.work(burst=burst, logging_level="INFO" if verbosity else "WARNING")
