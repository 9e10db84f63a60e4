"""Serve Fallwerk from one terminal: web server, task worker and scheduler, ended together.

For trying the product (`make run`). In production each of them is a service of its own.
"""

import os
import signal
import subprocess
import sys
import time
from types import FrameType

GRACE_SECONDS = 10


def commands(*, port: str, debug: bool) -> list[list[str]]:
    """Return the command lines to run side by side."""
    manage = [sys.executable, "manage.py"]
    address = f"127.0.0.1:{port}"
    gunicorn = [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address),
        *("--threads", "8", "--no-control-socket", "--log-level", "warning"),
    ]
    return [
        [*manage, "runserver", address] if debug else gunicorn,
        [*manage, "db_worker", "--no-startup-delay"],
        [*manage, "run_scheduler"],
    ]


def serve() -> int:
    """Run everything until the first part ends or a signal comes; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    port = os.environ.get("PORT") or "8000"
    lines = commands(port=port, debug=os.environ.get("DEBUG") == "1")
    signal.signal(signal.SIGTERM, _interrupt)
    parts = [subprocess.Popen(line) for line in lines]  # noqa: S603
    sys.stdout.write(f"\nFallwerk answers on http://127.0.0.1:{port}/  (Ctrl+C ends it)\n")
    sys.stdout.flush()
    try:
        while all(part.poll() is None for part in parts):
            time.sleep(0.2)
        return next(part.returncode for part in parts if part.returncode is not None) or 1
    except KeyboardInterrupt:
        return 0
    finally:
        _end(parts)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(parts: list[subprocess.Popen]) -> None:
    for part in parts:
        part.terminate()
    for part in parts:
        try:
            part.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            part.kill()


if __name__ == "__main__":
    sys.exit(serve())
