"""Destroy the keys of a whole account: its sealed keys go, and its agents make and open nothing for it again.

While an agent is away it is refused, and nothing is touched. Else, in one transaction with its entry in the
journal, every version of the key is closed, so that nothing more is handed over; the rows of sealed keys go;
the items count as destroyed. Last, each agent destroys its private halves and signs for it. Cut off in
between, the same call goes on.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from keys.client import Agent
from keys.errors import KeysError
from recstore.agents import Agents
from recstore.catalog import accounts, custodies, items, sealed_keys
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.sealed_tables import AccountKey
from recstore.clock import Clock
from recstore.errors import BadInput, KeysUnavailable
from recstore.journal import log
from recstore.journal.log import SYSTEM
from recstore.model import Event


@dataclass(frozen=True, slots=True)
class Destroying:
    """Destroys accounts' keys, for whoever runs the installation."""

    catalog: Catalog
    agents: Agents
    clock: Clock

    def destroy(self, account_id: UUID, *, name: str) -> int:
        """Destroy all keys of an account, for good; give how many versions there were left to destroy.

        `name`: the account's name, typed again against mistakes. Raises BadInput (wrong_name),
        KeysUnavailable.
        """
        self._check_name(account_id, name)
        for agent in {self._holder(key) for key in self._living(account_id)}:
            _check(agent)
        with self.catalog.change(account_id) as tx:
            _let_go(tx, at=self.clock())
        living = self._living(account_id)  # again: only now no version can be added
        for key in living:
            self._confirm(key)
        return len(living)

    def _living(self, account_id: UUID) -> list[AccountKey]:
        with self.catalog.read(account_id) as tx:
            return [key for key in custodies.versions(tx) if not key.destroyed_at]

    def _holder(self, key: AccountKey) -> Agent:
        return self.agents.holding(key.account_id, key.key_id)

    def _check_name(self, account_id: UUID, name: str) -> None:
        with self.catalog.front_desk() as desk:
            if not accounts.is_named(desk, account_id, name):
                raise BadInput("This is not the account's name; nothing was destroyed.", code="wrong_name")

    def _confirm(self, key: AccountKey) -> None:
        """Have a version's agent destroy all that it holds of the account; it has one receipt for all."""
        try:
            answer = self._holder(key).ask(
                "destroy-account", {"account_id": key.account_id}, expects="receipt"
            )
        except KeysError as error:
            raise KeysUnavailable(
                "The sealed keys are gone; an agent has not destroyed its own yet: run this again."
            ) from error
        with self.catalog.change(key.account_id) as tx:
            row = custodies.key(tx, key.key_id)
            if row is not None and row.destroyed_at is None:
                row.destroyed_at = now = self.clock()
                detail = {"key": str(key.key_id), "receipt": answer["receipt"]}
                log.append(tx, Event.KEY_DESTROYED, actor=SYSTEM, at=now, detail=detail)


def _check(agent: Agent) -> None:
    try:
        agent.check()
    except KeysError as error:
        raise KeysUnavailable(
            "A key agent of this account does not answer; nothing was destroyed."
        ) from error


def _let_go(tx: Transaction, *, at: datetime) -> None:
    """Close every version, remove what is sealed to them, and mark the items; once."""
    open_keys = [key for key in custodies.versions(tx) if not key.closed_at]
    sealed = sealed_keys.count_by_version(tx)
    if not open_keys and not sealed:
        return
    detail = {"sealed": sum(sealed.values()), "versions": len(open_keys)}
    log.append(tx, Event.ACCOUNT_KEYS_DESTROYED, actor=SYSTEM, at=at, detail=detail)
    for key in open_keys:
        key.closed_at = at
    sealed_keys.remove_all(tx)
    items.mark_destroyed(tx, at=at)
