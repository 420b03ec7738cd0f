"""Seal again, under an account's one lasting text key, what was written under a key for each transaction.

So that reading needs few keys: in the steady state one opening a minute serves all texts of an account. It
may end at any moment and begin anew: every step is one transaction under the account's lock, and looks at
what is there then. A cell that somebody has written meanwhile is under another key, and is left alone.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from keys.secret import Secret
from keys.wrap import DATA_KEY_LENGTH
from recstore.catalog.base import Base
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.journal_tables import JournalEntry
from recstore.catalog.reading import TextKeys
from recstore.catalog.text_tables import TextKey
from recstore.catalog.writing import wrap
from recstore.catalog.written import Worded
from recstore.clock import Clock
from recstore.errors import Damaged
from recstore.sealing.cell import NONCE, key_of, open_text, seal_text

# Of one transaction, during which nobody else changes the account.
MOST_KEYS = 100
MOST_ROWS = 500
# Whoever read a row before it was settled may still open it with its old key.
KEPT = timedelta(hours=1)

NOTHING_LEFT = "{}"


@dataclass(frozen=True, slots=True)
class Settling:
    """Settles accounts, batch by batch."""

    catalog: Catalog
    clock: Clock

    @property
    def text_keys(self) -> TextKeys:
        """Give what opens text keys."""
        return self.catalog.text_keys

    def settle(self, account_id: UUID) -> int:
        """Settle all that is there; give how many text keys that were. Raises KeysUnavailable, and others."""
        settled = 0
        while ids := self._unsettled(account_id):
            settled += self._settle_some(account_id, ids)
        self._remove_settled(account_id)
        return settled

    def _unsettled(self, account_id: UUID) -> list[UUID]:
        with self.catalog.read(account_id) as tx:
            query = tx.select(TextKey).where(TextKey.lasting.is_(False), TextKey.settled_at.is_(None))
            return [key.id for key in tx.session.scalars(query.limit(MOST_KEYS))]

    def _settle_some(self, account_id: UUID, ids: list[UUID]) -> int:
        lasting_id = self._lasting(account_id)
        # Opened before the account's lock is taken: the agent may be slow.
        opened = {lasting_id: self.text_keys.key(account_id, lasting_id, soon=ids, within=None)}
        for key_id in ids:
            with suppress(Damaged):  # its rows keep it, and say so to whoever reads them; the others go on
                opened[key_id] = self.text_keys.key(account_id, key_id, soon=ids, within=None)
        with self.catalog.change(account_id) as tx:
            still = tx.get_all(TextKey, ids).values()
            rows_left, settled = MOST_ROWS, 0
            for key in still:
                rows_left -= self._settle_key(tx, key, opened, lasting_id, most=rows_left)
                settled += key.settled_at is not None
                if rows_left <= 0:
                    break
            return settled

    def _settle_key(
        self, tx: Transaction, key: TextKey, opened: Mapping[UUID, Secret], lasting_id: UUID, *, most: int
    ) -> int:
        """Settle up to so many rows of a key; give how many that were."""
        if key.settled_at is not None:
            return 0
        if key.id not in opened:
            key.settled_at = self.clock()
            return 0
        rows: dict[str, list[str]] = json.loads(key.rows)
        damaged: dict[str, list[str]] = {}
        done = 0
        for table, names in rows.items():
            now, rows[table] = names[: most - done], names[most - done :]
            done += len(now)
            unfit = [row for row in _find(tx, table, now) if not _reseal(row, key.id, opened, lasting_id)]
            damaged[table] = [row.row_name().hex() for row in unfit]
        if not any(rows.values()):
            # What does not open keeps its key, and its place in the list.
            rows, key.settled_at = damaged, self.clock()
        key.rows = json.dumps({table: names for table, names in rows.items() if names})
        return done

    def _lasting(self, account_id: UUID) -> UUID:
        """Give the id of the account's lasting key, made now if it has none."""
        with self.catalog.read(account_id) as tx:
            found = _find_lasting(tx)
        if found is not None:
            return found.id
        with self.catalog.change(account_id) as tx:
            found = _find_lasting(tx)
            if found is None:
                key = Secret(secrets.token_bytes(DATA_KEY_LENGTH))
                found = wrap(tx.session, key, uuid.uuid4(), account_id, lasting=True, rows={})
                tx.add(found)
            return found.id

    def _remove_settled(self, account_id: UUID) -> None:
        before: datetime = self.clock() - KEPT
        is_over = (TextKey.settled_at <= before) & (TextKey.rows == NOTHING_LEFT)
        with self.catalog.change(account_id) as tx:
            for key in tx.session.scalars(tx.select(TextKey).where(TextKey.lasting.is_(False), is_over)):
                tx.session.delete(key)


def _find_lasting(tx: Transaction) -> TextKey | None:
    return tx.session.scalars(tx.select(TextKey).where(TextKey.lasting)).one_or_none()


def _find(tx: Transaction, table: str, names: list[str]) -> Iterable[Worded]:
    """Give the rows with these names that are still there."""
    kinds = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    if table == JournalEntry.__tablename__:
        indexes = [int(name, 16) for name in names]
        return tx.session.scalars(tx.select(JournalEntry).where(JournalEntry.index.in_(indexes)))
    found: Mapping[UUID, Worded] = tx.get_all(kinds[table], [UUID(hex=name) for name in names])
    return found.values()


def _reseal(row: Worded, key_id: UUID, opened: Mapping[UUID, Secret], lasting_id: UUID) -> bool:
    """Seal a row's texts of one key under the lasting one; False if one of them does not open."""
    fit = True
    for text in row.texts:
        cell: bytes | None = getattr(row, text.cell)
        if cell is None or key_of(cell) != key_id:
            continue
        place = text.place(row)
        try:
            words = open_text(cell, place, key=opened[key_id])
        except Damaged:
            fit = False  # whoever reads it is told so; everything else goes on
            continue
        sealed = seal_text(
            words, place, key_id=lasting_id, key=opened[lasting_id], nonce=secrets.token_bytes(NONCE)
        )
        setattr(row, text.cell, sealed)
    return fit
