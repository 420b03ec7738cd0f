"""Ask the key agent for data keys, hold each for less than a minute, and turn its errors into ours.

A held key saves a player's next range the way to the agent. It gives no right: the gate is asked first, for
every range. It counts for one key, place and sign-in only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock, Timer
from uuid import UUID, uuid4

from keys.client import OpenRequest
from keys.errors import AgentRefused, KeysError, Refusal
from keys.reasons import Reason
from keys.secret import Secret
from recstore.access.grant import Grant
from recstore.agents import Agents
from recstore.catalog.sealed_tables import DataKey
from recstore.clock import Clock
from recstore.errors import KeyReplaced, KeysUnavailable, NotThere
from recstore.model import Action

# Architecture, point 8: a worker holds a data key for at most 60 s. A stalled stream may keep its own for
# 15 s after it last asked; the two together are less than the minute.
HOLD = timedelta(seconds=40)
SWEEP_SECONDS = 5.0
MOST_HELD = 1024

REASONS = {
    Action.OPEN: Reason.PLAYBACK,
    Action.DOWNLOAD: Reason.EXPORT,
    Action.EXPORT: Reason.EXPORT,
    Action.REVIEW: Reason.REVIEW,
    Action.SUPPORT: Reason.OPERATOR_SUPPORT,
}

# All that a key depends on (CVE-2026-6550 is a cache that left some of it out), and who asked for what.
Place = tuple[UUID, UUID, int, UUID, UUID, UUID, Action]


@contextmanager
def answered() -> Iterator[None]:
    """Turn any fault or refusal of the key agent into KeysUnavailable."""
    try:
        yield
    except AgentRefused as error:
        if error.code is Refusal.SHREDDED:
            raise NotThere from error
        # Known here and not there: destroyed after a rotation.
        kind = KeyReplaced if error.code is Refusal.UNKNOWN_KEY else KeysUnavailable
        raise kind(f"The key agent refuses this ({error.code}).") from error
    except KeysError as error:
        raise KeysUnavailable("The key agent did not open this now; nothing was lost.") from error


class Custody:
    """Has data keys opened for a Grant, under the journal entry that allowed it. Safe for threads."""

    def __init__(self, agents: Agents, clock: Clock) -> None:
        self.agents = agents
        self.clock = clock
        self._lock = Lock()
        self._held: dict[Place, tuple[Secret, datetime]] = {}
        self._sweeper: Timer | None = None

    def check(self) -> None:
        """Raise KeysUnavailable unless the agent answers."""
        with answered():
            self.agents.service.check()

    def data_key(self, grant: Grant, key: DataKey) -> Secret:
        """Give an open data key: the held one while it is young, else a new one from the agent."""
        place = _place(grant, key)
        now = self.clock()
        with self._lock:
            secret, since = self._held.get(place, (None, now))
        if secret is not None and now - since < HOLD:
            return secret
        with answered():
            agent = self.agents.holding(grant.viewer.account_id, key.key_id)
            secret = agent.open_data_key(_request(grant, key, at=now))
        self._hold(place, secret, since=now)
        return secret

    def _hold(self, place: Place, secret: Secret, *, since: datetime) -> None:
        with self._lock:
            if len(self._held) >= MOST_HELD:
                self._held.clear()
            self._held[place] = (secret, since)
            self._sweep_later()

    def _sweep(self) -> None:
        """Forget old keys also where nobody asks any more."""
        now = self.clock()
        with self._lock:
            self._held = {place: held for place, held in self._held.items() if now - held[1] < HOLD}
            self._sweeper = None
            if self._held:
                self._sweep_later()

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = Timer(SWEEP_SECONDS, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()


def _place(grant: Grant, key: DataKey) -> Place:
    viewer = grant.viewer
    return (
        viewer.account_id,
        grant.item_id,
        grant.generation,
        key.key_id,
        key.id,
        viewer.credential_id,
        grant.action,
    )


def _request(grant: Grant, key: DataKey, *, at: datetime) -> OpenRequest:
    support = grant.viewer.support
    return OpenRequest(
        id=uuid4(),
        account_id=grant.viewer.account_id,
        item_id=grant.item_id,
        generation=grant.generation,
        key_id=key.key_id,
        data_key_id=key.id,
        sealed=key.sealed,
        actor=str(grant.viewer.user_id),
        on_behalf_of=None,
        reason=REASONS[grant.action],
        decision=str(grant.decision),
        at=at,
        purpose=support.purpose if support else None,
        consent=support.signed if support else None,
    )
