"""gunicorn's worker with threads, which no client holds by being slow."""

import gc
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from web.watch import WATCH

# How long the head of a request may take, in seconds.
HEAD = 10


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serve connections; each request's head has a deadline, and no ending waits in the main thread."""

    def run(self) -> None:
        """Serve until told to stop."""
        # All that is loaded by now stays: looked through again and again, it would hold up one seek in many.
        gc.collect()
        gc.freeze()
        super().run()

    def handle(self, conn: Any) -> Any:
        """Serve one request. False: the connection is over."""
        WATCH.hurry(conn.sock, HEAD)
        try:
            result = super().handle(conn)
        finally:
            WATCH.calm(conn.sock)
        if result is False:
            # Here, not where gunicorn does it: waiting for a client to close would keep all others out.
            conn.close(graceful=True)
        return result

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head has arrived."""
        WATCH.calm(conn.sock)
        return super().handle_request(req, conn)
