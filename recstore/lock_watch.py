"""Hear of locks at once, from every key agent that was asked for a key: one thread for each.

Only what an agent told counts, and only while it is there to tell: whether anything opens is the agent's
decision alone, asked anew when a held key is too old. This is for what runs already.
"""

import threading
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from uuid import UUID

from keys.client import Agent, Locked
from keys.errors import KeysError

AGAIN = 1.0  # seconds until an agent that fell silent is connected to anew
IN_USE = 60.0  # seconds after which no key that an agent gave is in use (recstore.held_keys)

# Told of an account whose keys were just locked.
Forget = Callable[[UUID], None]


class LockWatch:
    """What the agents say is locked now. Begins with the first key, since threads do not survive a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Who was asked for an account's keys, and when last: two while the account moves.
        self._asked: dict[UUID, dict[Agent, float]] = {}
        self._locked: dict[Agent, Locked] = {}
        self._forget: list[Forget] = []

    def tell(self, forget: Forget) -> None:
        """Have `forget` called, from another thread, whenever something is locked."""
        self._forget.append(forget)

    def follow(self, agent: Agent, account_id: UUID) -> None:
        """Listen to this agent about this account, from now on."""
        with self._lock:
            self._asked.setdefault(account_id, {})[agent] = time.monotonic()
            if agent in self._locked:
                return
            self._locked[agent] = frozenset()
        # The thread must not keep us alive: whoever needs no keys any more needs no news of them.
        listening = (weakref.ref(self), agent)
        threading.Thread(target=_listen, args=listening, name="lock-watch", daemon=True).start()

    def is_locked(self, account_id: UUID) -> bool:
        """Say whether an agent whose keys may be in use told that the account is locked."""
        since = time.monotonic() - IN_USE
        with self._lock:
            asked = self._asked.get(account_id, {})
            heard = [self._locked[agent] for agent, at in asked.items() if at > since]
        return any(locked & {account_id, None} for locked in heard)

    def hear(self, agent: Agent, locked: Locked) -> None:
        """Take in what an agent says is locked now."""
        with self._lock:
            news = locked - self._locked[agent]
            self._locked[agent] = locked
            own = [account_id for account_id, asked in self._asked.items() if agent in asked]
        # An agent has a word about the accounts that it holds, whatever it says about others.
        for account_id in own:
            if news & {account_id, None}:
                for forget in self._forget:
                    forget(account_id)


def _listen(watching: "weakref.ref[LockWatch]", agent: Agent) -> None:
    while watching() is not None:
        try:
            with closing(agent.watch()) as news:
                for locked in news:
                    if not _hear(watching, agent, locked):
                        return
        except KeysError:
            # What it said no longer counts; the keys that are held go by their age.
            _hear(watching, agent, frozenset())
        time.sleep(AGAIN)


def _hear(watching: "weakref.ref[LockWatch]", agent: Agent, locked: Locked) -> bool:
    watch = watching()
    if watch is not None:
        watch.hear(agent, locked)
    return watch is not None
