"""Data keys that were shredded, and whether their agent has confirmed it."""

from datetime import datetime
from uuid import UUID

from recstore.catalog.database import Transaction
from recstore.catalog.sealed_tables import DataKey, Shred


def data_keys(tx: Transaction, item_id: UUID, *, generation: int) -> list[DataKey]:
    """Give the sealed data keys of one generation of an item."""
    query = tx.select(DataKey).where(DataKey.item_id == item_id, DataKey.generation == generation)
    return list(tx.session.scalars(query.order_by(DataKey.id)))


def shred(tx: Transaction, key: DataKey, *, sha256: bytes, at: datetime) -> None:
    """Let a sealed data key go, and remember that it is gone."""
    if by_id(tx, key.id) is None:
        tx.add(
            Shred(
                account_id=tx.account_id,
                data_key_id=key.id,
                item_id=key.item_id,
                generation=key.generation,
                key_id=key.key_id,
                sealed_sha256=sha256,
                shredded_at=at,
                confirmed_at=None,
            )
        )
    tx.session.delete(key)


def by_id(tx: Transaction, data_key_id: UUID) -> Shred | None:
    """Find what was shredded by the data key's id."""
    return tx.get(Shred, data_key_id)


def unconfirmed(tx: Transaction, *, key_id: UUID | None = None) -> list[Shred]:
    """Give what no agent has confirmed yet, oldest first; on wish only what was sealed to one version."""
    query = tx.select(Shred).where(Shred.confirmed_at.is_(None))
    if key_id is not None:
        query = query.where(Shred.key_id == key_id)
    return list(tx.session.scalars(query.order_by(Shred.shredded_at, Shred.data_key_id)))
