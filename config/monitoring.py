"""How the work goes, for machines that watch: one answer that says yes or no, and figures.

`/health` says whether this web process can answer, for load balancers. `/health/work` says whether
anybody does the work behind it: 503 where somebody is to be woken. `/metrics` gives the same as
figures for Prometheus, to who knows METRICS_TOKEN. Both come from the database and the store of
files, so it is no matter which web process is asked; neither says anything about data.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily

from base import database_time
from base.models.mail import Mail
from config.health import ANSWER_SECONDS, FILES, Watch, begin_looking, impatiently
from jobs import lease
from jobs.health import Condition, scheduler_health, worker_health
from jobs.models import JobRun

QUEUE_MOST = timedelta(minutes=15)
"""A task may wait for the end of a batch or two; whoever waits longer is not come to."""

MAIL_MOST = timedelta(hours=1)
"""An e-mail is tried four times within this."""


@dataclass(frozen=True)
class Work:
    """What was found in the database: conditions, counts, and ages in seconds (0: nothing waits).

    `mails_given_up` were not taken for days and lost their text; `runs_failed` wait for a person.
    """

    scheduler: Condition
    worker: Condition
    workers: int
    tasks_waiting: int
    tasks_running: int
    task_seconds: int
    runs_failed: int
    mails_waiting: int
    mail_seconds: int
    mails_given_up: int

    def problems(self) -> list[str]:
        """Name what somebody is to be woken for."""
        wrong = {
            "scheduler": self.scheduler is not Condition.WORKS,
            "worker": self.worker is not Condition.WORKS,
            "queue": self.task_seconds > QUEUE_MOST.total_seconds(),
            "mail": self.mail_seconds > MAIL_MOST.total_seconds(),
        }
        return [name for name, is_wrong in wrong.items() if is_wrong]


def look_at_work() -> Work:
    """Return how the work goes; raises DatabaseError where the database does not answer."""
    now = database_time.now()
    workers = worker_health(now)
    mails = Mail.objects.aggregate(
        waiting=Count("pk", filter=~Q(sealed="")),
        oldest=Min("made_at", filter=~Q(sealed="")),
        given_up=Count("pk", filter=Q(sealed="")),
    )
    return Work(
        scheduler=scheduler_health(now).condition,
        worker=workers.condition,
        workers=lease.living_workers(now).count(),
        tasks_waiting=workers.waiting,
        tasks_running=workers.running,
        task_seconds=_seconds(now, workers.oldest_at),
        runs_failed=JobRun.objects.filter(status=JobRun.Status.FAILED).count(),
        mails_waiting=mails["waiting"],
        mail_seconds=_seconds(timezone.now(), mails["oldest"]),
        mails_given_up=mails["given_up"],
    )


def _seconds(now: datetime, since: datetime | None) -> int:
    return max(int((now - since).total_seconds()), 0) if since else 0


WORK = Watch(impatiently(look_at_work))


def _look() -> tuple[Work | None, bool]:
    """Return how the work goes, None where the database does not answer, and the files' state."""
    files = FILES.begin()
    work = begin_looking(WORK, look_at_work).within(ANSWER_SECONDS)
    return work, files.within(ANSWER_SECONDS) is not None


def answer_work(_environ: dict) -> tuple[int, str, str]:
    """Return status, kind and text of the answer to `/health/work`."""
    work, files_work = _look()
    problems = ["database"] if work is None else work.problems()
    if not files_work:
        problems.append("files")
    found = {
        "status": "failing" if problems else "ok",
        "problems": problems,
        "version": settings.VERSION,
        **(asdict(work) if work else {}),
    }
    return 503 if problems else 200, "application/json", json.dumps(found)


def answer_metrics(environ: dict) -> tuple[int, str, str]:
    """Return status, kind and text of the answer to `/metrics`.

    Without METRICS_TOKEN there is no such page; with it, the request must bring it.
    """
    if not settings.METRICS_TOKEN:
        return 404, "text/plain", "Not found\n"
    given = environ.get("HTTP_AUTHORIZATION", "").encode("latin-1")
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return 401, "text/plain", "The header Authorization must say: Bearer, and the token.\n"
    registry = CollectorRegistry()
    registry.register(Figures(*_look()))
    return 200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry).decode()


FIGURES = {
    "workers": "workers that gave a sign of life within the last seconds",
    "tasks_waiting": "tasks that nobody has begun",
    "tasks_running": "tasks that workers are at",
    "task_seconds": "how long the oldest task has waited",
    "runs_failed": "runs that failed and were not repeated",
    "mails_waiting": "e-mails that the mail server has not taken yet",
    "mail_seconds": "how long the oldest of them has waited",
    "mails_given_up": "e-mails that were given up in the last days",
}


class Figures:
    """What was found, in the words of Prometheus."""

    def __init__(self, work: Work | None, files_work: bool):
        self.work = work
        self.up = {"database": work is not None, "files": files_work}
        if work:
            self.up["scheduler"] = work.scheduler is Condition.WORKS
            self.up["worker"] = work.worker is Condition.WORKS

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each figure; those of the database only where it answered."""
        version = GaugeMetricFamily("fallwerk_info", "which release runs", labels=["version"])
        version.add_metric([settings.VERSION], 1)
        yield version
        up = GaugeMetricFamily("fallwerk_up", "1: it works, 0: it does not", labels=["part"])
        for part, works in self.up.items():
            up.add_metric([part], works)
        yield up
        for name, meaning in FIGURES.items() if self.work else ():
            yield GaugeMetricFamily(f"fallwerk_{name}", meaning, value=getattr(self.work, name))
