"""Requests for access: who asked for which item. A row without an item only counts that somebody asked."""

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, Uuid, delete, exists, func, literal, tuple_
from sqlalchemy.orm import aliased

from recstore.catalog.columns import Instant
from recstore.catalog.database import Transaction
from recstore.catalog.tables import AccessRequest, Item, Tie, User

# An open request lapses after this time, and as long may a declined one not be asked again.
STANDS = timedelta(days=30)
# The time over which requests are counted.
COUNTED = timedelta(hours=1)

# Where a page begins: after what was asked at this moment, with this id.
After = tuple[datetime, UUID] | None


def of_asker(tx: Transaction, asker_id: UUID) -> list[AccessRequest]:
    """Give everything that a user asked for."""
    return list(tx.session.scalars(_all(tx).where(AccessRequest.asker_id == asker_id)))


def find(tx: Transaction, *, asker_id: UUID, item_id: UUID) -> AccessRequest | None:
    """Find a user's request for an item, open or declined, lapsed or not."""
    query = _all(tx).where(AccessRequest.asker_id == asker_id, AccessRequest.item_id == item_id)
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


def close(tx: Transaction, *, asker_id: UUID, item_id: UUID) -> None:
    """End a user's request for an item, if there is one. What remains of it only counts that they asked."""
    found = find(tx, asker_id=asker_id, item_id=item_id)
    if found is not None:
        found.item_id = found.note = found.declined_at = None
        tx.session.flush()


def any_lapsed(tx: Transaction, *, now: datetime) -> bool:
    """Say whether requests for items lie here that stand no longer, perhaps with a note."""
    query = _all(tx).where(AccessRequest.item_id.is_not(None), AccessRequest.asked_at <= now - STANDS)
    return tx.session.scalars(query.limit(1)).first() is not None


def sweep(tx: Transaction, *, now: datetime) -> None:
    """Remove what stands no longer, of everybody: what lapsed, with its note, and what was only counted."""
    is_counted = AccessRequest.item_id.is_(None) & (AccessRequest.asked_at <= now - COUNTED)
    is_over = is_counted | (AccessRequest.asked_at <= now - STANDS)
    tx.session.execute(delete(AccessRequest).where(AccessRequest.account_id == tx.account_id, is_over))


def open_ones(
    tx: Transaction, *, now: datetime, responsible_id: UUID, and_nobodys: bool, limit: int, after: After
) -> list[tuple[AccessRequest, Item]]:
    """Give the open requests for items of a responsible person, oldest first.

    `and_nobodys`: also where nobody active is responsible.
    """
    query = _waiting(tx, now=now, responsible_id=responsible_id, and_nobodys=and_nobodys)
    if after is not None:
        place = tuple_(literal(after[0], Instant()), literal(after[1], Uuid()))
        query = query.where(tuple_(AccessRequest.asked_at, AccessRequest.id) > place)
    oldest = query.order_by(AccessRequest.asked_at, AccessRequest.id).limit(limit)
    found = tx.session.scalars(oldest).all()
    by_id = tx.get_all(Item, {row.item_id for row in found if row.item_id})
    return [(row, by_id[row.item_id]) for row in found if row.item_id]


def count_open(tx: Transaction, *, now: datetime, responsible_id: UUID, and_nobodys: bool) -> int:
    """Count them."""
    query = _waiting(tx, now=now, responsible_id=responsible_id, and_nobodys=and_nobodys)
    return tx.session.execute(query.with_only_columns(func.count())).scalar_one()


def askers(tx: Transaction, item_id: UUID, *, now: datetime) -> set[UUID]:
    """Name everybody whose request for an item stands, open or declined."""
    standing = _of_item(tx, item_id).where(AccessRequest.asked_at > now - STANDS)
    return {row.asker_id for row in tx.session.scalars(standing)}


def of_item(tx: Transaction, item_id: UUID, *, now: datetime, limit: int) -> list[AccessRequest]:
    """Give the open requests for an item, the oldest first."""
    query = _of_item(tx, item_id).where(
        AccessRequest.declined_at.is_(None), AccessRequest.asked_at > now - STANDS
    )
    oldest = query.order_by(AccessRequest.asked_at, AccessRequest.id).limit(limit)
    return list(tx.session.scalars(oldest))


def _all(tx: Transaction) -> Select[AccessRequest]:
    return tx.select(AccessRequest)


def _of_item(tx: Transaction, item_id: UUID) -> Select[AccessRequest]:
    return _all(tx).where(AccessRequest.item_id == item_id)


def _waiting(
    tx: Transaction, *, now: datetime, responsible_id: UUID, and_nobodys: bool
) -> Select[AccessRequest]:
    """Ask for open requests that are not idle: of an active user without a tie, for what is not in the bin.

    A first sieve, so that they can be counted and paged; each that is shown is judged by the rules.
    """
    asker, responsible = aliased(User), aliased(User)
    is_tied = exists().where(
        Tie.account_id == tx.account_id,
        Tie.viewer_id == AccessRequest.asker_id,
        Tie.item_id == AccessRequest.item_id,
        Tie.until.is_(None) | (Tie.until > now),
    )
    answers = Item.responsible_id == responsible_id
    if and_nobodys:
        answers |= Item.responsible_id.is_(None) | responsible.inactive_since.is_not(None)
    return (
        _all(tx)
        .join(Item, Item.id == AccessRequest.item_id)
        .join(asker, asker.id == AccessRequest.asker_id)
        .outerjoin(responsible, responsible.id == Item.responsible_id)
        .where(
            AccessRequest.declined_at.is_(None),
            AccessRequest.asked_at > now - STANDS,
            Item.binned_at.is_(None),
            Item.destroyed_at.is_(None),
            asker.inactive_since.is_(None),
            asker.admin.is_(False),
            ~is_tied,
            answers,
        )
    )
