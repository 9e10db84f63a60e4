"""One address for load balancers and monitoring: is this process able to work, and are the others?

It answers within two seconds whatever the database or the folder of files does. So what may hang
is looked at by a thread that nobody waits for longer, on a connection of its own; and in
production the answer is given before Django (`config.answering`), which would look at this
thread's connection first.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base import database_time
from config.database import Patience
from jobs.health import Condition, scheduler_health, worker_health

ANSWER_SECONDS = 1.5
PATIENCE = Patience(
    connect=2, statement=1, idle_in_transaction=2, probe_after=1, probe_every=1, probes=1
)

STORE = "config.store.Store"

OK, DEGRADED, UNAVAILABLE = "ok", "degraded", "unavailable"
"""All is well; this process works, but a scheduler or worker does not; it cannot work."""


class Looking(Future):
    """What will hold what was found, by who has been looking for some time."""

    def __init__(self):
        super().__init__()
        self.since = time.monotonic()

    def within(self, seconds: float) -> object | None:
        """Return what is found so many seconds after the look began, None if nothing.

        Whoever joins late waits the less: of many who ask a database that is silent, none waits
        for one that has waited already.
        """
        try:
            return self.result(max(self.since + seconds - time.monotonic(), 0))
        except Exception:  # noqa: BLE001  late or failed: both mean that it does not work
            return None


class Watch:
    """Something that is looked at by a thread; one that hangs is not joined by a second."""

    def __init__(self, look: Callable[[], object]):
        self.look = look
        self._lock = threading.Lock()
        self._looking: Looking | None = None

    def begin(self) -> Looking:
        """Look, or join in who is looking; returns what will hold the answer."""
        with self._lock:
            if self._looking is None or self._looking.done():
                self._looking = Looking()
                thread = threading.Thread(target=self._carry_out, args=[self._looking], daemon=True)
                thread.start()
            return self._looking

    def _carry_out(self, looking: Looking) -> None:
        try:
            looking.set_result(self.look())
        except Exception as error:  # noqa: BLE001  whatever it is, the answer is no
            looking.set_exception(error)


def look_at_processes() -> dict:
    """Return how scheduler and workers do, and how long the oldest task has waited, in seconds.

    Raises DatabaseError where the database does not answer.
    """
    now = database_time.now()
    workers = worker_health(now)
    waited = int((now - workers.oldest_at).total_seconds()) if workers.oldest_at else 0
    return {
        "scheduler": str(scheduler_health(now).condition),
        "worker": str(workers.condition),
        "queue_seconds": max(waited, 0),
    }


def impatiently(look: Callable[[], object]) -> Callable[[], object]:
    """Return what looks on its thread's own connection, for which little patience is enough."""

    def look_impatiently() -> object:
        own = {**connection.settings_dict["OPTIONS"], **PATIENCE.options()}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": own}
        try:
            return look()
        finally:
            connection.close()

    return look_impatiently


def look_at_files() -> dict:
    """Try whether the folder of files can be written to, or its store answers.

    Raises OSError where not.
    """
    if settings.STORAGES["default"]["BACKEND"] == STORE:
        default_storage.exists("health")  # no such file; who may not read would be refused
        return {}
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b".")
    return {}


PROCESSES, FILES = Watch(impatiently(lambda: look_at_processes())), Watch(look_at_files)


def begin_looking(watch: Watch, look: Callable[[], object]) -> Looking:
    """Look by a thread of the watch, on SQLite by this one."""
    if connection.vendor != "sqlite":
        return watch.begin()
    looking = Looking()  # a file: reading never waits, and it has one thread in tests
    try:
        looking.set_result(look())
    except (DatabaseError, InterfaceError) as error:
        looking.set_exception(error)
    return looking


def answer() -> tuple[int, dict]:
    """Return status code and content: 200, or 503 when this process cannot work.

    Says nothing about data.
    """
    files = FILES.begin()
    looking = begin_looking(PROCESSES, look_at_processes)
    processes, stored = (each.within(ANSWER_SECONDS) for each in (looking, files))
    found = {
        "status": OK,
        "database": "works" if processes is not None else "unreachable",
        "files": "works" if stored is not None else "unreachable",
        **(processes or {}),
    }
    if processes is None or stored is None:
        return 503, found | {"status": UNAVAILABLE}
    if {found["scheduler"], found["worker"]} != {Condition.WORKS}:
        found["status"] = DEGRADED
    return 200, found


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Answer where nobody answers before Django: on `runserver` and in tests."""
    status, found = answer()
    return JsonResponse(found, status=status)
