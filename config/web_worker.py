"""gunicorn's worker, with threads that answer for health alone.

Those that serve pages may all hang: in a database that fell silent in the moment before, in files
that cannot be reached, or in long work. Then a question for health would wait behind them, and who
asks would learn nothing but that nobody answers.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from socket import MSG_PEEK

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from config.health_path import PATHS

HEALTH_THREADS = 4
ASKS = tuple(
    f"{method} {path}{end}".encode()
    for method in ("GET", "HEAD")
    for path in PATHS
    for end in (" ", "?")
)
"""How requests begin that the health threads take."""


class WebWorker(ThreadWorker):
    """Looks how a request begins before a thread is chosen; what says nothing yet takes none."""

    def init_process(self) -> None:
        """Begin; does not return before the worker ends."""
        self.health_pool = ThreadPoolExecutor(HEALTH_THREADS, thread_name_prefix="health")
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Have a connection served by a thread once it has said something."""
        begins = _beginning(conn)
        if begins is None:
            waiting = Future()
            waiting.set_result(_DEFER)
            self.finish_request(conn, waiting)
            return
        pool = self.health_pool if begins.startswith(ASKS) else self.tpool
        pool.submit(self.handle, conn).add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )


def _beginning(conn: TConn) -> bytes | None:
    """Return the first bytes of what a connection says next, None where it says nothing yet."""
    conn.sock.setblocking(False)
    try:
        return conn.sock.recv(max(map(len, ASKS)), MSG_PEEK)
    except BlockingIOError:
        # Read ahead with the request before: not on the socket any more.
        return b"" if conn.initialized else None
    except OSError:
        return b""  # gone; whoever serves it notices
