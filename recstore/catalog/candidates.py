"""Candidates for a list: the next items, newest first, to which some relation ties a viewer.

It finds, and decides nothing: whoever lists judges each by the rules. By itself it leaves out only ties that
have no force: shares that ended, and those to items of which the viewer was taken out.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    String,
    Uuid,
    bindparam,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import aliased

from recstore.catalog import listed
from recstore.catalog.columns import Instant
from recstore.catalog.database import Transaction
from recstore.catalog.listed import Listed, Query, select_listed
from recstore.catalog.tables import Item, Tie
from recstore.model import Kind, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Where to look: a span of time (from included, to excluded), after a place in the list.

    `relations`: the ties to follow; None for everything of the account.
    """

    kind: Kind
    relations: frozenset[Relation] | None
    start: datetime | None
    end: datetime | None
    after: tuple[datetime, UUID] | None


def newest(tx: Transaction, scan: Scan, *, viewer_id: UUID, now: datetime, limit: int) -> list[Listed]:
    """Give the next items, newest first."""
    after_at, after_id = scan.after or (None, None)
    query = _query(scan.relations, scan.start is not None, scan.end is not None, scan.after is not None)
    values = {
        "viewer": viewer_id,
        "kind": scan.kind.value,
        "now": now,
        "start": scan.start,
        "end": scan.end,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
    }
    found = listed.read(tx, query, values)
    # Put in order here, as the databases compare ids: asked for it, SQLite would read every item.
    return sorted(found, key=lambda one: (one.item.started_at, one.item.id.bytes), reverse=True)


@cache  # there are few shapes of it, and building one takes longer than running it
def _query(relations: frozenset[Relation] | None, start: bool, end: bool, after: bool) -> Query:
    if relations is None:
        everything = select_listed(listed.ITEMS).where(Item.account_id == _account())
        return _span(everything, Item.kind, Item.started_at, Item.id, start, end, after)
    scans = [
        _span(_ties(relation), Tie.kind, Tie.started_at, Tie.item_id, start, end, after)
        for relation in sorted(relations)
    ]
    # An item that two relations tie is found twice: distinct before the limit, or a page comes out short.
    found = union_all(*(select(scan.subquery()) for scan in scans)).subquery()
    distinct = select(found.c.account_id, found.c.started_at, found.c.item_id).distinct()
    nearest = distinct.order_by(found.c.started_at.desc(), found.c.item_id.desc()).limit(_limit()).subquery()
    return select_listed(
        nearest.join(Item, (Item.account_id == nearest.c.account_id) & (Item.id == nearest.c.item_id))
    )


def _ties(relation: Relation) -> Query:
    ties = select(Tie.account_id, Tie.started_at, Tie.item_id).where(
        Tie.account_id == _account(), Tie.viewer_id == _viewer(), Tie.relation == relation.value
    )
    out = aliased(Tie)
    # Looked up tie by tie in the index of the newest, where these lie together, and most viewers have none.
    # Without limit, PostgreSQL compares all that the viewer was taken out of with all that they are in.
    taken_out = select(out.relation).where(
        out.account_id == _account(),
        out.viewer_id == _viewer(),
        out.relation == Relation.EXCLUDED.value,
        out.kind == Tie.kind,
        out.started_at == Tie.started_at,
        out.item_id == Tie.item_id,
        _in_force(out.until),
    )
    return ties.where(_in_force(Tie.until), taken_out.limit(1).scalar_subquery().is_(None))


def _in_force(until: Column[datetime | None]) -> ColumnElement[bool]:
    return or_(until.is_(None), until > bindparam("now", type_=Instant()))


def _span(
    query: Query,
    kind: Column[str],
    started_at: Column[datetime],
    item_id: Column[UUID],
    start: bool,
    end: bool,
    after: bool,
) -> Query:
    """Narrow a scan to what is wanted, after a place, in the order of its index."""
    query = query.where(kind == bindparam("kind", type_=String))
    if start:
        query = query.where(started_at >= bindparam("start", type_=Instant()))
    if end:
        query = query.where(started_at < bindparam("end", type_=Instant()))
    if after:
        place = tuple_(bindparam("after_at", type_=Instant()), bindparam("after_id", type_=Uuid()))
        query = query.where(tuple_(started_at, item_id) < place)
    return query.order_by(started_at.desc(), item_id.desc()).limit(_limit())


def _limit() -> BindParameter[int]:
    return bindparam("limit", type_=Integer)


def _account() -> BindParameter[UUID]:
    return bindparam("account", type_=Uuid())


def _viewer() -> BindParameter[UUID]:
    return bindparam("viewer", type_=Uuid())
