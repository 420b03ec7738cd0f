"""Items with their manifests and sealed data keys."""

from uuid import UUID

from recstore.catalog.database import Transaction
from recstore.catalog.tables import DataKey, Item, SegmentRow
from recstore.model import Kind
from recstore.sealing.manifest import Segment


def by_id(tx: Transaction, item_id: UUID) -> Item | None:
    """Find an item by id."""
    return tx.get(Item, item_id)


def by_ref(tx: Transaction, *, call_id: UUID, kind: Kind, ref: str) -> Item | None:
    """Find an item of a call by its recorder's own reference."""
    query = tx.select(Item).where(
        Item.call_id == call_id, Item.kind == kind.value, Item.ref_key == tx.lookup(ref)
    )
    return tx.session.scalars(query).one_or_none()


def of_call(tx: Transaction, call_id: UUID) -> list[Item]:
    """Give a call's recordings and transcripts, oldest first."""
    query = tx.select(Item).where(Item.call_id == call_id).order_by(Item.started_at, Item.id)
    return list(tx.session.scalars(query))


def manifest(tx: Transaction, item: Item) -> list[Segment]:
    """Give the ordered segments of an item's present generation."""
    rows = tx.session.scalars(
        tx.select(SegmentRow)
        .where(SegmentRow.item_id == item.id, SegmentRow.generation == item.generation)
        .order_by(SegmentRow.index)
    )
    return [
        Segment(
            index=row.index,
            blob=row.blob,
            sealed_length=row.sealed_length,
            plain_length=row.plain_length,
            commitment=row.commitment,
            sha256=row.sha256,
            data_key_id=row.data_key_id,
        )
        for row in rows
    ]


def data_keys(tx: Transaction, item: Item) -> dict[UUID, DataKey]:
    """Give the sealed data keys of an item's present generation, by id."""
    query = tx.select(DataKey).where(DataKey.item_id == item.id, DataKey.generation == item.generation)
    return {key.id: key for key in tx.session.scalars(query)}
