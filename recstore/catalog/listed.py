"""Items as lists and decisions read them: plain rows, not to be changed, with what is shown beside each.

Columns instead of objects that follow their row: of a page's time, most went into making those. Each row has
the reader that opens its texts, when they are asked for.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import FromClause, Select, bindparam, select

from recstore.catalog.database import Transaction
from recstore.catalog.reading import TextReader
from recstore.catalog.tables import Call, Item, User, Vmr, title_of
from recstore.model import Kind


class ItemRow(NamedTuple):
    """An item; its columns as `Item` has them."""

    account_id: UUID
    id: UUID
    kind: str
    call_id: UUID
    ref_cell: bytes
    title_cell: bytes | None
    responsible_id: UUID | None
    started_at: datetime
    duration_s: float | None
    media_type: str
    size: int
    sha256: bytes
    generation: int
    message_counts_cell: bytes | None
    account_auto_share: bool
    vmr_auto_share: bool
    auto_share: bool
    download: bool
    processing: bool
    held: bool
    restricted: bool
    binned_at: datetime | None
    expires_at: datetime | None
    destroyed_at: datetime | None
    reader: TextReader

    @property
    def what(self) -> Kind:
        """Give the item's kind as a word of the vocabulary."""
        return Kind(self.kind)

    def title_in(self, call: "Call | CallRow") -> str:
        """Give the title that it is shown under, as an item of its call."""
        return title_of(self.title, call.room_title)

    @property
    def ref(self) -> str:  # noqa: D102 - as of the table
        return self.reader.read(Item.ref, self.id, self.ref_cell)

    @property
    def title(self) -> str | None:  # noqa: D102 - as of the table
        return self.reader.read(Item.title, self.id, self.title_cell)

    @property
    def message_counts(self) -> str | None:  # noqa: D102 - as of the table
        return self.reader.read(Item.message_counts, self.id, self.message_counts_cell)


AnyItem = Item | ItemRow


class CallRow(NamedTuple):
    """An item's call; its columns as `Call` has them."""

    id: UUID
    ref_cell: bytes
    started_at: datetime
    ended_at: datetime | None
    room_title_cell: bytes | None
    notice_cell: bytes | None
    reader: TextReader

    @property
    def ref(self) -> str:  # noqa: D102 - as of the table
        return self.reader.read(Call.ref, self.id, self.ref_cell)

    @property
    def room_title(self) -> str | None:  # noqa: D102 - as of the table
        return self.reader.read(Call.room_title, self.id, self.room_title_cell)

    @property
    def notice(self) -> str | None:  # noqa: D102 - as of the table
        return self.reader.read(Call.notice, self.id, self.notice_cell)


class RoomRow(NamedTuple):
    """The room of an item's call; its columns as `Vmr` has them."""

    id: UUID
    ref_cell: bytes
    organizer_id: UUID | None
    reader: TextReader

    @property
    def ref(self) -> str:  # noqa: D102 - as of the table
        return self.reader.read(Vmr.ref, self.id, self.ref_cell)


class PersonRow(NamedTuple):
    """Who is responsible for an item; the columns as `User` has them."""

    id: UUID
    name_cell: bytes
    inactive_since: datetime | None
    reader: TextReader

    @property
    def active(self) -> bool:
        """Say whether the user counts at all, as of `User`."""
        return self.inactive_since is None

    @property
    def name(self) -> str:  # noqa: D102 - as of the table
        return self.reader.read(User.name, self.id, self.name_cell)


class Listed(NamedTuple):
    """An item and what is shown beside it."""

    item: ItemRow
    call: CallRow
    vmr: RoomRow | None
    responsible: PersonRow | None


ITEM = [getattr(Item, name) for name in ItemRow._fields[:-1]]
CALL = [getattr(Call, name) for name in CallRow._fields[:-1]]
ROOM = [getattr(Vmr, name) for name in RoomRow._fields[:-1]]
PERSON = [getattr(User, name) for name in PersonRow._fields[:-1]]
# Where each ends in a row of all of them.
ENDS = [len(ITEM), len(ITEM + CALL), len(ITEM + CALL + ROOM)]
# Where the sealed texts are in it.
CELLS = [place for place, column in enumerate(ITEM + CALL + ROOM + PERSON) if column.key.endswith("_cell")]

Query = Select[*tuple[Any, ...]]


def select_listed(items: FromClause) -> Query:
    """Select all that is shown of the items in this FROM, which the caller narrows to one account."""
    return select(*ITEM, *CALL, *ROOM, *PERSON).select_from(
        items.join(Call, (Call.account_id == Item.account_id) & (Call.id == Item.call_id))
        .outerjoin(Vmr, (Vmr.account_id == Call.account_id) & (Vmr.id == Call.vmr_id))
        .outerjoin(User, (User.account_id == Item.account_id) & (User.id == Item.responsible_id))
    )


# Built once: building them takes longer than running them.
ITEMS = Item.__table__
BY_ID = select_listed(ITEMS).where(Item.account_id == bindparam("account"), Item.id == bindparam("item"))
OF_CALL = (
    select_listed(ITEMS)
    .where(Item.account_id == bindparam("account"), Item.call_id == bindparam("call"))
    .order_by(Item.started_at, Item.id)
)


def read(tx: Transaction, query: Query, values: Mapping[str, object]) -> list[Listed]:
    """Run a query that `select_listed` began."""
    item, call, room = ENDS
    rows, reader = tx.rows(query, {"account": tx.account_id, **values}).all(), tx.reader
    found = [
        Listed(
            ItemRow._make((*row[:item], reader)),
            CallRow._make((*row[item:call], reader)),
            RoomRow._make((*row[call:room], reader)) if row[call] else None,
            PersonRow._make((*row[room:], reader)) if row[room] else None,
        )
        for row in rows
    ]
    reader.meet(row[place] for row in rows for place in CELLS if row[place])
    return found


def by_id(tx: Transaction, item_id: UUID) -> Listed | None:
    """Find an item by id."""
    return next(iter(read(tx, BY_ID, {"item": item_id})), None)


def of_call(tx: Transaction, call_id: UUID) -> list[Listed]:
    """Give a call's recordings and transcripts, oldest first."""
    return read(tx, OF_CALL, {"call": call_id})
