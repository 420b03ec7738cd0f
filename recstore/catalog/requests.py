"""Requests for access: who asked for which item. A row without an item only counts that somebody asked."""

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select

from recstore.catalog.database import Transaction
from recstore.catalog.tables import AccessRequest, Item, User

# An open request lapses after this time, and as long may a declined one not be asked again.
STANDS = timedelta(days=30)
# The time over which requests are counted.
COUNTED = timedelta(hours=1)


def of_asker(tx: Transaction, asker_id: UUID) -> list[AccessRequest]:
    """Give everything that a user asked for."""
    return list(tx.session.scalars(tx.select(AccessRequest).where(AccessRequest.asker_id == asker_id)))


def find(tx: Transaction, *, asker_id: UUID, item_id: UUID) -> AccessRequest | None:
    """Find a user's request for an item, open or declined, lapsed or not."""
    query = tx.select(AccessRequest).where(
        AccessRequest.asker_id == asker_id, AccessRequest.item_id == item_id
    )
    return tx.session.scalars(query).one_or_none()


def find_open(tx: Transaction, *, asker_id: UUID, item_id: UUID, now: datetime) -> AccessRequest | None:
    """Find a request that waits for its answer."""
    found = find(tx, asker_id=asker_id, item_id=item_id)
    is_open = found is not None and found.declined_at is None and found.asked_at > now - STANDS
    return found if is_open else None


def add(tx: Transaction, *, asker_id: UUID, item_id: UUID | None, note: str | None, at: datetime) -> None:
    """Note that a user asked, now."""
    tx.add(
        AccessRequest(
            account_id=tx.account_id,
            id=uuid.uuid4(),
            asker_id=asker_id,
            item_id=item_id,
            note=note,
            asked_at=at,
            declined_at=None,
        )
    )
    tx.session.flush()


def remove(tx: Transaction, *, asker_id: UUID, item_id: UUID) -> bool:
    """Remove a user's request for an item, and say whether there was one that was not declined."""
    found = find(tx, asker_id=asker_id, item_id=item_id)
    if found is not None:
        tx.session.delete(found)
        tx.session.flush()
    return found is not None and found.declined_at is None


def open_ones(
    tx: Transaction, *, now: datetime, limit: int, responsible_id: UUID | None
) -> list[tuple[AccessRequest, Item]]:
    """Give the newest open requests for items of a responsible person; None: of nobody, or nobody active."""
    query = (
        tx.select(AccessRequest)
        .join(Item, Item.id == AccessRequest.item_id)
        .outerjoin(User, User.id == Item.responsible_id)
        .where(
            Item.account_id == tx.account_id,
            AccessRequest.declined_at.is_(None),
            AccessRequest.asked_at > now - STANDS,
        )
    )
    if responsible_id is None:
        query = query.where(Item.responsible_id.is_(None) | User.inactive_since.is_not(None))
    else:
        query = query.where(Item.responsible_id == responsible_id)
    newest = query.order_by(AccessRequest.asked_at.desc(), AccessRequest.id).limit(limit)
    found = tx.session.scalars(newest).all()
    of_them = tx.session.scalars(tx.select(Item).where(Item.id.in_({row.item_id for row in found})))
    by_id = {item.id: item for item in of_them}
    return [(row, by_id[row.item_id]) for row in found if row.item_id]


def askers(tx: Transaction, item_id: UUID) -> set[UUID]:
    """Name everybody whose request for an item was kept, whatever became of it."""
    return {row.asker_id for row in tx.session.scalars(_of_item(tx, item_id))}


def of_item(tx: Transaction, item_id: UUID, *, now: datetime) -> list[AccessRequest]:
    """Give the open requests for an item, the oldest first."""
    query = _of_item(tx, item_id).where(
        AccessRequest.declined_at.is_(None), AccessRequest.asked_at > now - STANDS
    )
    return list(tx.session.scalars(query.order_by(AccessRequest.asked_at, AccessRequest.id)))


def _of_item(tx: Transaction, item_id: UUID) -> Select[AccessRequest]:
    return tx.select(AccessRequest).where(AccessRequest.item_id == item_id)
