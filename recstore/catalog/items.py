"""Items with their manifests and sealed data keys."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from recstore.catalog.database import Transaction
from recstore.catalog.listed import AnyItem
from recstore.catalog.sealed_tables import DataKey, SegmentRow
from recstore.catalog.tables import Call, Item
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


def titles(tx: Transaction, items: Collection[AnyItem]) -> dict[UUID, str]:
    """Give the titles that items are shown under, by item."""
    calls = tx.get_all(Call, {item.call_id for item in items})
    return {item.id: item.title_in(calls[item.call_id]) for item in items}


def manifest(tx: Transaction, item: Item) -> tuple[list[Segment], dict[UUID, DataKey]]:
    """Give the ordered segments of an item's present generation, and their sealed data keys by id.

    A segment whose key is gone is left out: then the lengths do not add up to the item's.
    """
    rows = tx.session.execute(
        tx.select(SegmentRow)
        .join(DataKey, (DataKey.account_id == SegmentRow.account_id) & (DataKey.id == SegmentRow.data_key_id))
        .where(SegmentRow.item_id == item.id, SegmentRow.generation == item.generation)
        .order_by(SegmentRow.index)
        .add_columns(DataKey)
    ).all()
    return [_segment(row) for row, _ in rows], {key.id: key for _, key in rows}


def mark_destroyed(tx: Transaction, *, at: datetime) -> None:
    """Let every item of the account count as destroyed, those that were destroyed before since then."""
    of_account = update(Item).where(Item.account_id == tx.account_id)
    tx.session.execute(of_account.where(Item.destroyed_at.is_(None)).values(destroyed_at=at))


def _segment(row: SegmentRow) -> Segment:
    return Segment(
        index=row.index,
        blob=row.blob,
        sealed_length=row.sealed_length,
        plain_length=row.plain_length,
        commitment=row.commitment,
        sha256=row.sha256,
        data_key_id=row.data_key_id,
    )
