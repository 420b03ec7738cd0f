"""Take each request once, and only while it is new."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from keys.errors import AgentRefused, Refusal

TOLERANCE: Final = timedelta(minutes=2)
# A request may be dated two minutes ahead, and is then fresh for four.
MEMORY: Final = 2 * TOLERANCE
CAPACITY: Final = 200_000


class Freshness:
    """Remember which requests were taken, for as long as they would count as new. Safe for threads."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._taken: OrderedDict[tuple[UUID, int], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, request_id: UUID, *, attempt: int, at: datetime, now: datetime) -> None:
        """Raise AgentRefused for a time that is off by more than two minutes, or a request taken before."""
        if abs(now - at) > TOLERANCE:
            raise AgentRefused(Refusal.CLOCK_OFF)
        with self._lock:
            self._forget(before=now - MEMORY)
            if (request_id, attempt) in self._taken:
                raise AgentRefused(Refusal.REPLAYED)
            if len(self._taken) >= self._capacity:
                # Forgetting early would let a request be repeated: better to say no for a while.
                raise AgentRefused(Refusal.BUSY)
            self._taken[request_id, attempt] = now

    def _forget(self, *, before: datetime) -> None:
        while self._taken and next(iter(self._taken.values())) < before:
            self._taken.popitem(last=False)
