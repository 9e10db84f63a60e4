"""Processor time of the product and its database together: what other work on a machine leaves."""

import os
import time
from pathlib import Path

from django.db import connection

NANOSECONDS = 1e9
TICKS = os.sysconf("SC_CLK_TCK")  # a second


def seconds() -> float:
    """Return the processor time that this process and its session on the server have had.

    And that of the server's processes that have ended: a query that reads much has some help it,
    unseen by the session. To a hundredth of a second; few others end meanwhile. Raises OSError
    where the server runs on another machine.
    """
    connection.ensure_connection()
    session = Path(f"/proc/{connection.connection.info.backend_pid}")
    own = int((session / "schedstat").read_text("ascii").split()[0]) / NANOSECONDS
    server = _fields(session)[1]
    of_the_ended = sum(map(int, _fields(Path("/proc") / server)[13:15])) / TICKS
    return time.process_time() + own + of_the_ended


def _fields(process: Path) -> list[str]:
    """Return what stands behind the name, which may hold spaces: state, parent, and so on."""
    return (process / "stat").read_text("utf-8").rpartition(")")[2].split()
