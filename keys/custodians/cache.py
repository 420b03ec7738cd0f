"""Hold what a far custodian unwrapped for seconds, so that a thousand viewers are not a thousand calls."""

import time
from concurrent.futures import Future
from threading import Lock, Timer
from typing import Final

from keys.custodians import Custodian
from keys.secret import Secret

# A disabled root must stop a running stream within a minute: a worker holds a data key for 40 s, a stalled
# stream its own for 15 s more, and these are the rest.
HOLD: Final = 5.0
MOST: Final = 256

# Both halves, whole: a cache that leaves the context out opens for the wrong account (CVE-2026-6550).
Place = tuple[bytes, bytes]


class Cached:
    """Ask a custodian once for each wrapped key and context in `hold` seconds. Safe for threads.

    The seconds count from before the question and are not extended by use; then the secret is dropped, even
    if nobody asks. Callers of the same key at the same time share one question. Errors are not held.
    """

    def __init__(self, custodian: Custodian, *, hold: float = HOLD, most: int = MOST) -> None:
        self._custodian = custodian
        self._hold = hold
        self._most = most
        self._lock = Lock()
        self._held: dict[Place, tuple[Future[Secret], float]] = {}  # the oldest first
        self._sweeper: Timer | None = None

    def wrap(self, secret: Secret, *, context: bytes) -> bytes:
        """Wrap a secret, bound to its context. Nothing of it is held."""
        return self._custodian.wrap(secret, context=context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> Secret:
        """Unwrap as the custodian does, or give what it gave less than `hold` seconds ago."""
        place = (wrapped, context)
        with self._lock:
            self._drop_old()
            held = self._held.get(place)
            if held is None:
                answer: Future[Secret] = Future()
                self._take(place, answer)
        if held is not None:
            return held[0].result()
        try:
            secret = self._custodian.unwrap(wrapped, context=context)
        except BaseException as error:
            with self._lock:
                self._forget(place, answer)
            answer.set_exception(error)
            raise
        answer.set_result(secret)
        return secret

    def _take(self, place: Place, answer: Future[Secret]) -> None:
        while len(self._held) >= self._most:
            del self._held[next(iter(self._held))]
        self._held[place] = (answer, time.monotonic())
        self._arm(self._hold)

    def _forget(self, place: Place, answer: Future[Secret]) -> None:
        found = self._held.get(place)
        if found is not None and found[0] is answer:
            del self._held[place]

    def _drop_old(self) -> None:
        oldest = time.monotonic() - self._hold
        while self._held:
            place, (_, since) = next(iter(self._held.items()))
            if since > oldest:
                return
            del self._held[place]

    def _arm(self, seconds: float) -> None:
        if self._sweeper is None:
            self._sweeper = Timer(seconds, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        with self._lock:
            self._sweeper = None
            self._drop_old()
            if self._held:
                _, since = next(iter(self._held.values()))
                self._arm(max(0.01, since + self._hold - time.monotonic()))
