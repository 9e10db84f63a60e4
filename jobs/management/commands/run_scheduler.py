"""The process that decides when jobs run. Several may run: one works, the others stand by."""

import functools
import os
import signal
import threading
import time
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import lease
from jobs.chores import CHORES
from jobs.health import LEASE
from jobs.runs import new_holder
from jobs.schedule import BERLIN, SCHEDULE, Scheduler

SETTLED = timedelta(seconds=10)  # after the start, when what was missed is queued already

LOOKS_EVERY = 0.02  # seconds


class Command(BaseCommand):
    """Runs until it is told to end (SIGTERM, Ctrl+C), then exits with 0."""

    help = "Queue jobs on their dates, catch up what was missed, revive runs of killed workers."

    def handle(self, **options):
        holder = new_holder()
        scheduler = Scheduler(functools.partial(lease.take, LEASE, holder), self._tell)
        clock = self._clock(scheduler)
        told, tell = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: os.write(tell, b"."))
        threading.Thread(target=self._end, args=[clock, told], daemon=True).start()
        self.stdout.write(_("Scheduler started."))
        self.stdout.flush()
        try:
            clock.start()
        finally:
            lease.give_back(LEASE, holder)
        self.stdout.write(_("Scheduler ended."))

    def _end(self, clock, told):
        """End in good order, once: the terminal and the supervisor may both say so.

        In a thread: what a signal interrupts may hold the very locks that ending takes.
        """
        os.read(told, 1)
        while not clock.running:  # it has only begun
            time.sleep(LOOKS_EVERY)
        clock.shutdown(wait=False)

    def _tell(self, text):
        self.stdout.write(_("Queued: %s") % text)
        self.stdout.flush()

    def _clock(self, scheduler):
        # One thread: what the clock starts never overlaps. A computer that slept is late but
        # does everything once (no limit to lateness, missed times count as one).
        clock = BlockingScheduler(
            timezone=BERLIN,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        clock.add_job(
            _fresh_connection(scheduler.beat),
            "interval",
            seconds=lease.RENEWED_EVERY.total_seconds(),
            next_run_time=timezone.now(),
        )
        for entry in SCHEDULE:
            clock.add_job(_fresh_connection(scheduler.strike), entry.trigger(), args=[entry])
        for chore in CHORES:
            clock.add_job(
                _fresh_connection(scheduler.tidy),
                "interval",
                seconds=chore.every.total_seconds(),
                next_run_time=timezone.now() + SETTLED,
                args=[chore],
            )
        return clock


def _fresh_connection(work):
    @functools.wraps(work)
    def wrapped(*args):
        close_old_connections()
        try:
            work(*args)
        finally:
            close_old_connections()

    return wrapped
