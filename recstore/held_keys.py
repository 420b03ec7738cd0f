"""Open data keys, held for less than a minute: as many as fit, the longest unused going first.

A key is found only under everything that it depends on (CVE-2026-6550 is a cache that left some of it out),
and by whoever asked for it. Whoever asks while the same key is being asked for shares the one answer.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock, Timer
from typing import NamedTuple
from uuid import UUID, uuid4

from keys.secret import Secret
from recstore.clock import Clock
from recstore.model import Action

# Architecture, point 8: a worker holds a data key for at most 60 s. A stalled stream may keep its own for
# 15 s after it last asked; the two together are less than the minute.
HOLD = timedelta(seconds=40)
SWEEP_SECONDS = 5.0
MOST_HELD = 1024


class Place(NamedTuple):
    """All that a held key belongs to."""

    account_id: UUID
    item_id: UUID
    generation: int
    key_id: UUID
    data_key_id: UUID
    action: Action
    session: UUID


@dataclass(frozen=True, slots=True)
class Flight:
    """One request to the key agent: its id, when it began; that it is noted, and its answer, to wait for."""

    began: datetime
    request_id: UUID = field(default_factory=uuid4)
    noted: Future[None] = field(default_factory=Future)
    answer: Future[Secret] = field(default_factory=Future)


class HeldKeys:
    """Safe for threads. Old keys go also where nobody asks any more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._held: OrderedDict[Place, tuple[Secret, datetime]] = OrderedDict()
        self._flights: dict[tuple[object, ...], Flight] = {}
        self._forgotten = 0
        self._sweeper: Timer | None = None

    def find(self, place: Place) -> Secret | None:
        """Give the key that is held for this place, while it is young. Being asked for does not renew it."""
        with self._lock:
            secret, since = self._held.get(place, (None, self._clock()))
            if secret is None or self._clock() - since >= HOLD:
                return None
            self._held.move_to_end(place)
            return secret

    def fetch(self, place: Place, *, note: Callable[[UUID], object], ask: Callable[[UUID], Secret]) -> Secret:
        """Have the key opened by one request, however many wait for it, and hold it.

        `note` is called by everybody, with the request's id, before the key is used; `ask` by the first
        alone. All share its error too.
        """
        with self._lock:
            forgotten = self._forgotten
        with self._boarding(_shared(place)) as (flight, leads):
            if not leads:
                flight.noted.result()  # else the journal might tell of a request that was never made
            note(flight.request_id)
            if leads:
                flight.noted.set_result(None)
                flight.answer.set_result(ask(flight.request_id))
        secret = flight.answer.result()
        with self._lock:
            # What was forgotten meanwhile must not come back: it may be locked by now.
            if forgotten == self._forgotten:
                self._hold(place, secret, since=flight.began)
        return secret

    def forget(self, account_id: UUID) -> None:
        """Drop the keys of an account."""
        with self._lock:
            self._forgotten += 1
            # Nor does anybody join a request that the agent may have answered before the lock.
            self._flights.clear()
            self._keep(lambda place, _: place.account_id != account_id)

    @contextmanager
    def _boarding(self, shared: tuple[object, ...]) -> Iterator[tuple[Flight, bool]]:
        with self._lock:
            flight = self._flights.get(shared)
            leads = flight is None
            flight = flight or self._flights.setdefault(shared, Flight(self._clock()))
        try:
            yield flight, leads
        except BaseException as error:
            if leads:
                flight.answer.set_exception(error)
                if not flight.noted.done():
                    flight.noted.set_exception(error)
            raise
        finally:
            if leads:
                with self._lock:
                    if self._flights.get(shared) is flight:
                        del self._flights[shared]

    def _hold(self, place: Place, secret: Secret, *, since: datetime) -> None:
        self._held[place] = (secret, since)
        self._held.move_to_end(place)
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        self._sweep_later()

    def _sweep(self) -> None:
        now = self._clock()
        with self._lock:
            self._keep(lambda _, since: now - since < HOLD)
            self._sweeper = None
            if self._held:
                self._sweep_later()

    def _keep(self, stays: Callable[[Place, datetime], bool]) -> None:
        for place in [place for place, (_, since) in self._held.items() if not stays(place, since)]:
            del self._held[place]

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = Timer(SWEEP_SECONDS, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()


def _shared(place: Place) -> tuple[object, ...]:
    """Say who may share a request: whoever asks for the same key in the same way; of operators, nobody.

    The agent counts how often an operator opens, so that theirs is a request of their own.
    """
    return place if place.action is Action.SUPPORT else place[:-1]
