"""A client's connections to one agent: a few, kept from question to question, one question each."""

import select
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

# More at once would only wait inside the agent, where the time of an attempt runs.
MOST: Final = 8
# How long a question may wait until one of them is free, in seconds.
QUEUE: Final = 2.0
# Less than the agent's own limit (keys.idle), so that it is we who close.
KEEP: Final = 10.0

Kept = tuple[socket.socket, float]  # and when it is kept no longer (monotonic clock)
Reach = Callable[[float], socket.socket]  # connects by a deadline (monotonic clock)


class Lines:
    """Lend connections that `reach` makes. Safe for threads; not to be shared with a forked process."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._places = threading.BoundedSemaphore(MOST)
        self._lock = threading.Lock()
        self._kept: list[Kept] = []
        # Not by __del__: of a cycle, Python may end the sockets first, each with a warning.
        weakref.finalize(self, _hang_up, self._kept)

    @contextmanager
    def lend(self, *, seconds: float) -> Iterator[tuple[socket.socket, float]]:
        """Lend a connection, and the deadline by which its question must be answered, `seconds` from now.

        Kept again if all goes well. Otherwise all are closed: what broke one has probably broken the others,
        and the next attempt shall connect anew. Raises OSError.
        """
        if not self._places.acquire(timeout=QUEUE):
            raise TimeoutError("Too many questions wait for the key agent.")
        try:
            deadline = time.monotonic() + seconds
            line = self._take() or self._reach(deadline)
            try:
                yield line, deadline
            except BaseException:
                line.close()
                self.close()
                raise
            with self._lock:
                self._kept.append((line, time.monotonic() + KEEP))
        finally:
            self._places.release()

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        with self._lock:
            _hang_up(self._kept)

    def _take(self) -> socket.socket | None:
        with self._lock:
            while self._kept:
                line, ends_at = self._kept.pop()
                if time.monotonic() < ends_at and not _has_news(line):
                    return line
                line.close()
        return None


def _hang_up(kept: list[Kept]) -> None:
    while kept:
        line, _ = kept.pop()
        line.close()


def _has_news(line: socket.socket) -> bool:
    """Say whether anything came where nothing was asked: the end, or what nobody may believe."""
    poll = select.poll()
    poll.register(line, select.POLLIN)
    return bool(poll.poll(0))
