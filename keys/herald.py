"""Tell whoever watches of locks, at once: one thread for all of them, which also keeps their lines alive."""

import socket
import threading
import time
from contextlib import suppress
from typing import Final

from keys import connection
from keys.locks import Locks
from keys.protocol import ANSWERS, Locked, write_message

# A lock is a file that another process may write, so that somebody has to look.
LOOK: Final = 0.1  # seconds
BEAT: Final = 5.0  # seconds at most between two messages: a watcher that hears nothing connects anew
MOST: Final = 256
# How long a newcomer may take to hear everything, in its own thread; and how long everybody waits for one who
# does not take what is new.
FIRST: Final = 2.0
PATIENCE: Final = 0.5

_ALL_TOLD: Final = write_message("all-told", {}, kinds=ANSWERS)


class Herald:
    """Send each watcher what is locked, then every change. Begins with its first watcher."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._lock = threading.Lock()
        self._watchers: list[socket.socket] = []
        self._told: Locked = frozenset()
        self._told_at = 0.0
        self._thread: threading.Thread | None = None
        self._ends = threading.Event()

    def add(self, line: socket.socket) -> None:
        """Take over a connection: tell it what is locked now, and whatever changes later."""
        self._look()  # or a newcomer would hear that nothing is locked
        heard = self._told
        if not _tell(line, before=frozenset(), now=heard, seconds=FIRST):
            return
        with self._lock:
            if self._ends.is_set() or len(self._watchers) >= MOST:
                line.close()
            elif heard == self._told or _tell(line, before=heard, now=self._told):
                self._watchers.append(line)
                self._begin()

    def close(self) -> None:
        """Hang up on everybody."""
        with self._lock:
            self._ends.set()
            watchers, self._watchers = self._watchers, []
        for line in watchers:
            line.close()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="herald", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._ends.wait(LOOK):
            with suppress(OSError):  # looked at again at once; openings, which look themselves, are refused
                self._look()

    def _look(self) -> None:
        now = self._locks.standing()
        with self._lock:
            if now != self._told or time.monotonic() - self._told_at >= BEAT:
                before, self._told, self._told_at = self._told, now, time.monotonic()
                self._watchers = [line for line in self._watchers if _tell(line, before=before, now=now)]


def _tell(line: socket.socket, *, before: Locked, now: Locked, seconds: float = PATIENCE) -> bool:
    """Send what changed; hang up, and say so, where that is not possible."""
    deadline = time.monotonic() + seconds
    try:
        for account_id in before ^ now:
            fields = {"account_id": account_id, "locked": account_id in now}
            connection.send(line, write_message("standing", fields, kinds=ANSWERS), deadline=deadline)
        connection.send(line, _ALL_TOLD, deadline=deadline)
    except OSError:
        line.close()
        return False
    return True
