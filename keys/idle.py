"""Connections between two questions: one thread waits for all, so that nobody holds a thread by silence."""

import select
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

LIMIT: Final = 15.0  # seconds of silence, after which a connection is closed
MOST: Final = 256
LOOK: Final = 0.1


@dataclass(frozen=True, slots=True)
class Call:
    """A connection, and who is at its other end as the listener knows and logs it."""

    line: socket.socket
    caller: Mapping[str, int | str]


class Idle:
    """Give a call to `wake` when its next question arrives; hang up when none does in time."""

    def __init__(self, wake: Callable[[Call], object]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._poll = select.epoll()
        # By the connection's handle, in the order in which their time ends.
        self._waiting: OrderedDict[int, tuple[Call, float]] = OrderedDict()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="idle", daemon=True)
        self._thread.start()

    def add(self, call: Call) -> None:
        """Wait for the next question. Where too many wait, the one that has waited longest goes."""
        with self._lock:
            if self._ends.is_set():
                call.line.close()
                return
            if len(self._waiting) >= MOST:
                self._take(next(iter(self._waiting))).line.close()
            handle = call.line.fileno()
            self._waiting[handle] = (call, time.monotonic() + LIMIT)
            self._poll.register(handle, select.EPOLLIN)

    def close(self) -> None:
        """Hang up on everybody who waits."""
        self._ends.set()
        self._thread.join()
        with self._lock:
            for handle in list(self._waiting):
                self._take(handle).line.close()
            self._poll.close()

    def _run(self) -> None:
        while not self._ends.is_set():
            asked = [handle for handle, _ in self._poll.poll(LOOK)]
            with self._lock:
                calls = [self._take(handle) for handle in asked if handle in self._waiting]
                self._hang_up_on_the_late()
            for call in calls:
                self._wake(call)

    def _hang_up_on_the_late(self) -> None:
        now = time.monotonic()
        for handle, (call, ends_at) in list(self._waiting.items()):
            if now < ends_at:
                return
            self._take(handle)
            call.line.close()

    def _take(self, handle: int) -> Call:
        with suppress(OSError):  # gone already, when its other end closed it
            self._poll.unregister(handle)
        return self._waiting.pop(handle)[0]
