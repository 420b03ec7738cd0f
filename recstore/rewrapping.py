"""Replace an account's key, and re-wrap everything that was sealed to an old one, at the agent that holds it.

Data keys are never open here: what goes to the agent and comes back is sealed. Every step is committed
before the next one, so that whoever is killed in between goes on where it stopped:

    a new version   → new content is sealed to it at once; the old one opens what it opened
    rows, in pages  → sealed to the new version, one page a transaction
    none is left    → the old version is closed: nothing may be sealed to it any more
    closed          → its agent destroys the private half; its signed receipt is in the journal
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from keys.client import Agent
from keys.errors import AgentRefused, KeysError, Refusal
from keys.protocol import MOST_TEXT_KEYS as MOST_OF_ONE_REQUEST
from keys.protocol import AccountKey as PublicKey
from keys.public_keys import fingerprint
from recstore.agents import Agents
from recstore.catalog import custodies, sealed_keys, shreds
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.sealed_keys import SealedKey, Table
from recstore.catalog.sealed_tables import AccountKey
from recstore.clock import Clock
from recstore.errors import Conflict, KeysLocked, KeysUnavailable
from recstore.journal import log
from recstore.journal.log import SYSTEM
from recstore.model import Event, Holder
from recstore.proof import prove
from recstore.succession import succeed

AT_ONCE: Final = 2  # requests under way: with more, openings beside a rotation would wait too long
PAGE: Final = 4 * MOST_OF_ONE_REQUEST  # rows of one transaction
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Left:
    """A sealed key that its agent did not re-wrap, and why: `does-not-open` is a damaged row."""

    id: UUID
    code: Refusal


@dataclass(frozen=True, slots=True)
class Rewrapping:
    """Rotates accounts' keys and moves what is sealed between holders."""

    catalog: Catalog
    agents: Agents
    clock: Clock

    def rotate(self, account_id: UUID, progress: Progress) -> list[Left]:
        """Replace an account's key and finish; or go on with a rotation, or a move, that was interrupted."""
        if not self.unfinished(account_id):
            self._replace_key(account_id)
        return self.finish(account_id, progress)

    def unfinished(self, account_id: UUID) -> list[AccountKey]:
        """Give the versions that are to be destroyed, and are not yet."""
        with self.catalog.read(account_id) as tx:
            return custodies.unfinished(tx)

    def finish(self, account_id: UUID, progress: Progress) -> list[Left]:
        """Re-wrap all that is sealed to old versions, and have them destroyed; give what is in the way.

        `progress` is told how many were re-wrapped, again and again. Raises Conflict: not_released,
        receipts_outstanding; KeysUnavailable.
        """
        with self.catalog.read(account_id) as tx:
            current = custodies.current_key(tx)
        left: list[Left] = []
        for old in self.unfinished(account_id):
            for table in sealed_keys.TABLES:
                left += self._rewrap(account_id, table, old, current, progress)
            self._destroy(account_id, old, current)
        return left

    def _replace_key(self, account_id: UUID) -> None:
        with self.catalog.read(account_id) as tx:
            custodies.refuse_destroyed(tx)
            old = custodies.current_key(tx)
        with _told():
            answer = self.agents.of(account_id).ask(
                "rotate-key", {"account_id": account_id, "replaces": old.key_id}, expects="account"
            )
        key = PublicKey(key_id=answer["key_id"], public_key=answer["public_key"])
        with self.catalog.change(account_id) as tx:
            # Paired meanwhile: the customer's key stays the current one.
            if custodies.current_key(tx).key_id == old.key_id:
                succeed(tx, key, holder=Holder(old.holder), at=self.clock())

    def _rewrap(
        self, account_id: UUID, table: Table, old: AccountKey, new: AccountKey, progress: Progress
    ) -> Iterator[Left]:
        with _told():
            agent = self.agents.holding(account_id, old.key_id)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for page in self._pages(account_id, table, old):
                batches = _split(page)
                with _told():
                    answers = list(pool.map(lambda batch: _ask(agent, old, new, batch), batches))
                yield from self._take(account_id, table, old, new, zip(batches, answers, strict=True))
                progress(len(page))

    def _pages(self, account_id: UUID, table: Table, old: AccountKey) -> Iterator[list[SealedKey]]:
        after: UUID | None = None
        while True:
            with self.catalog.read(account_id) as tx:
                page = sealed_keys.page(tx, table, old.key_id, after=after, limit=PAGE)
            if not page:
                return
            yield page
            after = page[-1].id

    def _take(
        self,
        account_id: UUID,
        table: Table,
        old: AccountKey,
        new: AccountKey,
        answered: Iterator[tuple[list[SealedKey], dict[str, Any]]],
    ) -> list[Left]:
        sealed: dict[UUID, bytes] = {}
        left: list[Left] = []
        for batch, answer in answered:
            for key, rewrapped, code in zip(batch, answer["sealed"], answer["codes"], strict=True):
                if rewrapped is None:
                    left.append(Left(key.id, code))
                else:
                    sealed[key.id] = rewrapped
        shredded = [each.id for each in left if each.code is Refusal.SHREDDED]
        with self.catalog.change(account_id) as tx:
            custodies.check_open(tx, new.key_id)  # or what comes late would be sealed to a key that is gone
            sealed_keys.replace(tx, table, sealed, old=old.key_id, new=new.key_id)
            # Back from a backup: no agent opens them ever again, and they must not keep an old key alive.
            sealed_keys.remove(tx, table, shredded)
        return [each for each in left if each.code is not Refusal.SHREDDED]

    def _destroy(self, account_id: UUID, old: AccountKey, current: AccountKey) -> None:
        """Close a version that nothing is sealed to, and have it destroyed; leave any other alone.

        Not before the current one has opened something: what is destroyed, nobody brings back.
        """
        with self.catalog.read(account_id) as tx:
            if sealed_keys.count_by_version(tx).get(old.key_id):
                return
        with _told():
            holder = self.agents.holding(account_id, current.key_id)
        prove(holder, account_id, _public(current), catalog=self.catalog, clock=self.clock)
        with self.catalog.change(account_id) as tx:
            row = custodies.key(tx, old.key_id)
            if row is None or sealed_keys.count_by_version(tx).get(old.key_id):
                return
            _check_receipts(tx, old)
            if row.closed_at is None:
                # Before the effect, and under the account's lock: no hand-over can slip in behind the count.
                row.closed_at = self.clock()
                log.append(
                    tx, Event.KEY_CLOSED, actor=SYSTEM, at=self.clock(), detail={"key": str(old.key_id)}
                )
        with _told():
            agent = self.agents.holding(account_id, old.key_id)
            answer = agent.ask(
                "destroy-key", {"account_id": account_id, "key_id": old.key_id}, expects="receipt"
            )
        with self.catalog.change(account_id) as tx:
            row = custodies.key(tx, old.key_id)
            if row is not None and row.destroyed_at is None:
                row.destroyed_at = self.clock()
                detail = {"key": str(old.key_id), "receipt": answer["receipt"]}
                log.append(tx, Event.KEY_DESTROYED, actor=SYSTEM, at=self.clock(), detail=detail)
            custodies.drop_custody_if_unused(tx)


def _check_receipts(tx: Transaction, old: AccountKey) -> None:
    """Raise Conflict if a customer's agent, soon forgotten here, still owes receipts of what was shredded."""
    if old.holder == Holder.CUSTOMER and shreds.unconfirmed(tx, key_id=old.key_id):
        raise Conflict(
            "The customer's agent has not confirmed all that was shredded: `recstore keys confirm` first.",
            code="receipts_outstanding",
        )


def _split(page: Sequence[SealedKey]) -> list[list[SealedKey]]:
    rest = iter(page)
    return list(iter(lambda: list(islice(rest, MOST_OF_ONE_REQUEST)), []))


def _public(key: AccountKey) -> PublicKey:
    return PublicKey(key_id=key.key_id, public_key=key.public_key)


def _ask(agent: Agent, old: AccountKey, new: AccountKey, batch: list[SealedKey]) -> dict[str, Any]:
    fields = {
        "account_id": old.account_id,
        "key_id": old.key_id,
        "to": new.key_id,
        "fingerprint": fingerprint(_public(new)),
        "ids": [key.id for key in batch],
        "item_ids": [key.item_id for key in batch],
        "generations": [key.generation for key in batch],
        "sealed": [key.sealed for key in batch],
    }
    return agent.ask("rewrap", fields, expects="rewrapped")


@contextmanager
def _told() -> Iterator[None]:
    """Say what the agent refused, and what to do about it."""
    try:
        yield
    except AgentRefused as error:
        if error.code is Refusal.NOT_RELEASED:
            raise Conflict(
                "Whoever holds the account's old key has not released it to this one: python -m keys release",
                code="not_released",
            ) from error
        if error.code is Refusal.LOCKED:
            raise KeysLocked(
                "The account's keys are locked. Nothing was lost: unlock them and rotate again; it goes on"
                " where it stopped."
            ) from error
        raise KeysUnavailable(f"The key agent refuses ({error.code}); nothing was lost.") from error
    except KeysError as error:
        raise KeysUnavailable("The key agent does not answer; nothing was lost, go on later.") from error
