"""Append to an account's journal, within the transaction of the effect that the entry tells of."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from recstore.catalog.database import Transaction
from recstore.catalog.journal_tables import JournalEntry, JournalHead
from recstore.errors import JournalUnavailable
from recstore.journal.actor import GUEST, SYSTEM, Actor
from recstore.journal.entry import BEFORE_FIRST, Entry, Line, Scalar, write_line
from recstore.model import Event

__all__ = [
    "GUEST",
    "NOTHING",
    "SYSTEM",
    "Actor",
    "append",
    "append_each",
    "begin",
    "read_end",
    "read_lines",
    "read_page",
]

NOTHING: Mapping[str, Scalar] = MappingProxyType({})


def begin(tx: Transaction) -> None:
    """Give a new account its empty journal."""
    tx.add(JournalHead(account_id=tx.account_id, size=0, last_hash=BEFORE_FIRST))


def append(
    tx: Transaction,
    event: Event,
    *,
    actor: Actor,
    at: datetime,
    item_id: UUID | None = None,
    detail: Mapping[str, Scalar] = NOTHING,
    private: Mapping[str, Scalar] = NOTHING,
) -> int:
    """Add an entry and give its index. `private`: text that people wrote, which may have to be erased.

    Raises JournalUnavailable if it cannot be written; the caller's transaction must then not go on.
    """
    return append_each(tx, event, [item_id], actor=actor, at=at, detail=detail, private=private)


def append_each(
    tx: Transaction,
    event: Event,
    item_ids: Sequence[UUID | None],
    *,
    actor: Actor,
    at: datetime,
    detail: Mapping[str, Scalar] = NOTHING,
    private: Mapping[str, Scalar] = NOTHING,
) -> int:
    """Add an entry for each of several items, the same but for the item; give the index of the last."""
    try:
        head = tx.session.get(JournalHead, tx.account_id, with_for_update=True)
        if head is None:
            raise JournalUnavailable("This account has no journal; it was not set up to the end.")
        for item_id in item_ids:
            entry = Entry(
                account_id=tx.account_id,
                index=head.size,
                at=at,
                event=event,
                actor=actor.name,
                item_id=item_id,
                detail=detail,
            )
            line = write_line(entry, previous=head.last_hash, private=private, salt=secrets.token_bytes(16))
            tx.add(
                JournalEntry(
                    account_id=tx.account_id,
                    index=entry.index,
                    entry=line.text,
                    leaf_hash=line.leaf_hash,
                    salt=line.salt,
                    private=line.private,
                    item_id=item_id,
                    event=event.value,
                )
            )
            head.size += 1
            head.last_hash = line.leaf_hash
        # Flushed here, so that a journal that cannot be written stops the effect and not the other way round.
        tx.session.flush()
    except SQLAlchemyError as error:
        raise JournalUnavailable("The journal cannot be written, so nothing is done.") from error
    return head.size - 1


def read_end(tx: Transaction) -> tuple[int, bytes]:
    """Give how many entries the journal has, and the hash of the last, as its head says."""
    head = tx.session.scalars(tx.select(JournalHead)).one()
    return head.size, head.last_hash


def read_lines(tx: Transaction, *, item_id: UUID | None = None, event: Event | None = None) -> Iterator[Line]:
    """Give the account's lines in order, or those about one item, or of one event."""
    query = tx.select(JournalEntry).order_by(JournalEntry.index)
    if item_id is not None:
        query = query.where(JournalEntry.item_id == item_id)
    if event is not None:
        query = query.where(JournalEntry.event == event.value)
    for row in tx.session.scalars(query.execution_options(yield_per=1000)):
        yield _Kept(row)


def read_page(
    tx: Transaction,
    *,
    limit: int,
    newest_first: bool,
    after: int | None = None,
    item_id: UUID | None = None,
    without: Event | None = None,
) -> list[tuple[int, Line]]:
    """Give up to `limit` lines, or an item's, with their indexes, from the one after index `after` on."""
    query = tx.select(JournalEntry)
    if item_id is not None:
        query = query.where(JournalEntry.item_id == item_id)
    if after is not None:
        query = query.where(JournalEntry.index < after if newest_first else JournalEntry.index > after)
    if without is not None:
        query = query.where(JournalEntry.event != without.value)
    order = JournalEntry.index.desc() if newest_first else JournalEntry.index
    return [(row.index, _Kept(row)) for row in tx.session.scalars(query.order_by(order).limit(limit))]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A line as the catalog keeps it, the private part sealed until somebody asks for it."""

    row: JournalEntry

    @property
    def text(self) -> str:
        return self.row.entry

    @property
    def leaf_hash(self) -> bytes:
        return self.row.leaf_hash

    @property
    def private(self) -> str | None:
        return self.row.private

    @property
    def salt(self) -> bytes | None:
        return self.row.salt
