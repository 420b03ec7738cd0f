"""Lock and unlock an account's keys: nothing of it opens meanwhile. The key agent keeps the lock.

What an admin locks, an admin unlocks. What whoever holds the keys locked at the agent itself stays locked
whatever is said here. Handing over goes on: it needs the public key alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from keys.client import Agent, LockState
from keys.errors import KeysError
from recstore.access.admins import change_as_admin, check_admin
from recstore.access.refusals import noting_refusals
from recstore.access.viewer import Viewer
from recstore.agents import Agents
from recstore.catalog.database import Catalog
from recstore.clock import Clock
from recstore.custody import answered
from recstore.errors import KeysUnavailable
from recstore.journal import log
from recstore.journal.log import SYSTEM, Actor
from recstore.model import Event


@dataclass(frozen=True, slots=True)
class Standing:
    """Who locked the account: an admin here, or whoever holds the keys, at the agent itself."""

    by_admin: bool
    by_holder: bool

    @property
    def locked(self) -> bool:
        """Say whether nothing opens."""
        return self.by_admin or self.by_holder


@dataclass(frozen=True, slots=True)
class KeyLocks:
    """Each change has its entry in the account's journal before the agent hears of it."""

    catalog: Catalog
    agents: Agents
    clock: Clock

    def read(self, viewer: Viewer) -> Standing:
        """Say how the account stands. Raises NotThere for whoever is no admin, KeysUnavailable."""
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
        return self._of_all(viewer.account_id, lambda agent: agent.read_lock(viewer.account_id))

    def put(self, viewer: Viewer, *, locked: bool) -> Standing:
        """Lock the account, or lift that lock; give how it stands then. Raises NotThere, KeysUnavailable."""
        event = Event.KEYS_LOCKED if locked else Event.KEYS_UNLOCKED
        actor = Actor.user(viewer.user_id)
        with change_as_admin(self.catalog, viewer, clock=self.clock, action="lock_keys") as tx:
            log.append(tx, event, actor=actor, at=self.clock(), detail={"by": "admin"})
        # What came to nothing is told after what was tried.
        tried = noting_refusals(
            self.catalog, viewer, clock=self.clock, action="lock_keys", errors=(KeysUnavailable,)
        )
        with tried:
            return self._of_all(
                viewer.account_id,
                lambda agent: agent.set_lock(viewer.account_id, locked=locked, actor=actor.name),
            )

    def note_holder(self, account_id: UUID, *, locked: bool) -> None:
        """Note that whoever holds the keys is about to lock or unlock the account at the agent."""
        event = Event.KEYS_LOCKED if locked else Event.KEYS_UNLOCKED
        with self.catalog.change(account_id) as tx:
            log.append(tx, event, actor=SYSTEM, at=self.clock(), detail={"by": "holder"})

    def _of_all(self, account_id: UUID, ask: Callable[[Agent], LockState]) -> Standing:
        """Ask everybody who holds a key of the account, also when one of them is away; then raise that."""
        found: list[LockState] = []
        errors: list[KeysError] = []
        with answered():
            for agent in self.agents.holders(account_id):
                try:
                    found.append(ask(agent))
                except KeysError as error:
                    errors.append(error)
            if errors:
                raise errors.pop()  # not kept here: it would keep its own frame alive
        return Standing(
            by_admin=any(each.by_request for each in found), by_holder=any(each.by_holder for each in found)
        )
