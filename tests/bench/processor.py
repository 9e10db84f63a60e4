"""Processor time of the product and its database together: what other work on a machine leaves."""

import time
from pathlib import Path

from django.db import connection

NANOSECONDS = 1e9


def seconds() -> float:
    """Return the processor time that this process and its session on the server have had.

    Without what the server's parallel workers had. Raises OSError where the server runs on
    another machine.
    """
    connection.ensure_connection()
    session = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return time.process_time() + int(session.read_text("ascii").split()[0]) / NANOSECONDS
