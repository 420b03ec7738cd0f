"""Shred what an item's content opens with: its sealed data keys go, and no copy of them ever opens again.

The entry in the journal and the rows' end are one transaction, also while the agent is away. Every agent that
holds a key of the account then lists the data keys, so that it refuses a copy from a backup, and signs a
receipt; `confirm` fetches what is outstanding.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from keys.errors import AgentRefused, AgentUnavailable, HomeUnfit
from recstore.agents import Agents
from recstore.catalog import items, shreds
from recstore.catalog.database import Catalog
from recstore.catalog.sealed_tables import Shred
from recstore.clock import Clock
from recstore.errors import KeysUnavailable, NotThere
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import SYSTEM, Actor
from recstore.model import Event


@dataclass(frozen=True, slots=True)
class Shredding:
    """Shreds data keys. Whether an item may be destroyed is asked before, by whoever calls."""

    catalog: Catalog
    agents: Agents
    clock: Clock

    def shred(self, account_id: UUID, item_id: UUID, *, generation: int, actor: Actor) -> int:
        """Shred the data keys of one generation of an item, for good; give how many there were.

        The item counts as destroyed at once if that is its present generation. Raises NotThere.
        """
        now = self.clock()
        with self.catalog.change(account_id) as tx:
            item = items.by_id(tx, item_id)
            if item is None:
                raise NotThere
            keys = shreds.data_keys(tx, item_id, generation=generation)
            for key in keys:
                sha256 = hashlib.sha256(key.sealed).digest()
                detail: dict[str, Scalar] = {
                    "data_key": str(key.id),
                    "generation": generation,
                    "sealed_sha256": sha256.hex(),
                }
                log.append(tx, Event.KEY_SHREDDED, actor=actor, at=now, item_id=item_id, detail=detail)
                shreds.shred(tx, key, sha256=sha256, at=now)
            if item.generation == generation and item.destroyed_at is None:
                item.destroyed_at = now
        self.confirm(account_id)
        return len(keys)

    def confirm(self, account_id: UUID) -> int:
        """Have the agents list and confirm what was shredded; give how many receipts are outstanding."""
        with self.catalog.read(account_id) as tx:
            waiting = shreds.unconfirmed(tx)
        confirmed = 0
        with suppress(AgentUnavailable):  # then there is no use in asking about the others
            for row in waiting:
                confirmed += self._confirm(row)
        return len(waiting) - confirmed

    def _confirm(self, row: Shred) -> bool:
        fields = {
            "account_id": row.account_id,
            "item_id": row.item_id,
            "generation": row.generation,
            "data_key_id": row.data_key_id,
            "sha256": row.sealed_sha256,
        }
        try:
            # Every holder: while an account moves, an old copy may be sealed to a key that still lives.
            holders = self.agents.holders(row.account_id)
            receipts = [agent.ask("shred", fields, expects="receipt")["receipt"] for agent in holders]
        except (AgentRefused, HomeUnfit, KeysUnavailable):
            return False  # it stays in the list, and is asked for again
        with self.catalog.change(row.account_id) as tx:
            found = shreds.by_id(tx, row.data_key_id)
            if found is not None and found.confirmed_at is None:
                found.confirmed_at = self.clock()
                now = self.clock()
                for receipt in receipts:
                    detail = {"data_key": str(row.data_key_id), "receipt": receipt}
                    log.append(
                        tx, Event.SHRED_CONFIRMED, actor=SYSTEM, at=now, item_id=row.item_id, detail=detail
                    )
        return True
