"""Items that were there before a switch was turned, and still stand otherwise than it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, func, literal, or_, select, tuple_

from recstore.catalog.columns import Instant
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Call, Item, Tie
from recstore.model import Kind, Switch

KINDS = (Kind.RECORDING, Kind.TRANSCRIPT)
# Of a count: one more than this stands for however many more there are.
MOST_COUNTED = 10_000

TieRow = Row[UUID, UUID, str, datetime | None, bool]  # item_id, viewer_id, relation, until, download

# Where a page begins: after the item that began at this moment, with this id.
After = tuple[datetime, UUID] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A switch and how it stands: the account's, or that of the room `vmr_id`, which has auto-share alone."""

    switch: Switch
    on: bool
    vmr_id: UUID | None = None

    @property
    def column(self) -> str:
        """Name the column of an item that says how this switch stands for it."""
        if self.switch is Switch.DOWNLOAD:
            return Item.download.key
        return Item.account_auto_share.key if self.vmr_id is None else Item.vmr_auto_share.key


def count(tx: Transaction, turned: Turned, *, now: datetime) -> int:
    """Count the items that the switch could still be applied to, up to `MOST_COUNTED` and one."""
    found = ids(tx, turned, now=now, limit=MOST_COUNTED + 1).subquery()
    return tx.session.execute(select(func.count()).select_from(found)).scalar_one()


def ids(tx: Transaction, turned: Turned, *, now: datetime, limit: int) -> Select[UUID]:
    """Ask for the ids of up to `limit` of these items, in no order."""
    return _that_differ(tx, turned, now=now).with_only_columns(Item.id).limit(limit)


def still_on(tx: Transaction, turned: Turned, item_ids: Collection[UUID]) -> list[Item]:
    """Give those of these items that are to be turned off now."""
    items = tx.get_all(Item, item_ids).values()
    return [item for item in items if getattr(item, turned.column) and item.destroyed_at is None]


def page(tx: Transaction, turned: Turned, *, now: datetime, after: After, limit: int) -> list[Item]:
    """Give up to `limit` of these items, newest first."""
    found: list[Item] = []
    for kind in KINDS:  # one at a time, as their index has them
        query = _that_differ(tx, turned, now=now).where(Item.kind == kind.value)
        if after is not None:
            place = tuple_(literal(after[0], Instant()), literal(after[1], Uuid()))
            query = query.where(tuple_(Item.started_at, Item.id) < place)
        found += _newest(tx, query, limit) if turned.vmr_id is None else _newest_of_room(tx, query, limit)
    # As the databases compare ids: by their bytes.
    return sorted(found, key=lambda item: (item.started_at, item.id.bytes), reverse=True)[:limit]


def count_ties(tx: Transaction, item_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count everybody's ties to each of these items; an item without ties is left out."""
    counted = select(Tie.item_id, func.count().label("number")).where(
        Tie.account_id == tx.account_id, Tie.item_id.in_(item_ids)
    )
    return {row.item_id: row.number for row in tx.session.execute(counted.group_by(Tie.item_id))}


def ties_of(tx: Transaction, item_ids: Collection[UUID]) -> Iterable[TieRow]:
    """Give everybody's ties to these items, as columns: of thousands, building objects takes longest."""
    ties = select(Tie.item_id, Tie.viewer_id, Tie.relation, Tie.until, Tie.download).where(
        Tie.account_id == tx.account_id, Tie.item_id.in_(item_ids)
    )
    return tx.session.execute(ties)


def _newest(tx: Transaction, query: Select[Item], limit: int) -> Iterable[Item]:
    return tx.session.scalars(query.order_by(Item.started_at.desc(), Item.id.desc()).limit(limit))


def _newest_of_room(tx: Transaction, query: Select[Item], limit: int) -> Iterable[Item]:
    """Find the items by the room's calls, then put them in order: asked for both, SQLite reads all."""
    found = query.with_only_columns(Item.id, Item.started_at).cte().prefix_with("MATERIALIZED")
    nearest = select(found.c.id).order_by(found.c.started_at.desc(), found.c.id.desc()).limit(limit)
    return tx.get_all(Item, tx.session.scalars(nearest).all()).values()


def _that_differ(tx: Transaction, turned: Turned, *, now: datetime) -> Select[Item]:
    stands = Item.__table__.c[turned.column]
    query = tx.select(Item).where(stands.is_(not turned.on), Item.destroyed_at.is_(None))
    if turned.vmr_id is not None:
        calls = select(Call.id).where(Call.account_id == tx.account_id, Call.vmr_id == turned.vmr_id)
        query = query.where(Item.call_id.in_(calls))
    if not turned.on:
        return query
    # What is turned on opens things to people. It leaves alone what the responsible person decided, and what
    # would open later without anybody being asked: out of the bin, off a restriction, with a successor.
    undecided = Item.auto_share if turned.switch is Switch.AUTO_SHARE else Item.download_chosen.is_(False)
    return query.where(
        undecided,
        Item.responsible_id.is_not(None),
        Item.binned_at.is_(None),
        Item.processing.is_(False),
        Item.restricted.is_(False),
        or_(Item.expires_at.is_(None), Item.expires_at > now),
    )
