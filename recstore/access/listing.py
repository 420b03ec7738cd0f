"""What may this viewer see? A page of items, newest first, judged row by row by the rules.

The rules name the relations that can give `see`; one index scan per relation finds candidates in order, and
each candidate is judged like a single question. There is no second copy of the rules in SQL.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Select, Uuid, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute as Column

from recstore.access.decision import Allowed
from recstore.access.facts import Facts
from recstore.access.gate import Gate
from recstore.access.rows import FactsReader
from recstore.access.viewer import Viewer
from recstore.catalog.columns import Instant
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item, Tie
from recstore.errors import BadInput
from recstore.model import Action, Kind, Relation

# Ties that stand for themselves in the ties table; `admin` comes from the user's row instead.
TIED = (Relation.RESPONSIBLE, Relation.PARTICIPANT, Relation.SHARED_WITH)

# How many candidates one request looks at, so that a filter that matches little still answers soon.
MOST_CANDIDATES = 5000


# All that a cursor of somebody's own making can set off, the depth of its brackets included.
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the item before the next page."""

    started_at: datetime
    item_id: UUID

    def write(self) -> str:
        """Write the place as an opaque cursor."""
        text = json.dumps([self.started_at.isoformat(), self.item_id.hex])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """Read a cursor that `write` made."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            at, item_id = json.loads(base64.urlsafe_b64decode(padded))
            return cls(datetime.fromisoformat(at).astimezone(UTC), UUID(item_id))
        except UNREADABLE as error:
            raise BadInput(
                "This cursor is not one of ours; start again without it.", code="bad_cursor"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which items are wanted: a span of time (from included, to excluded), and through which relations."""

    kind: Kind
    start: datetime | None = None
    end: datetime | None = None
    relations: frozenset[Relation] | None = None


Judged = tuple[Item, Facts]
Found = Select[datetime, UUID]


def list_items(
    gate: Gate,
    tx: Transaction,
    viewer: Viewer,
    wanted: Wanted,
    *,
    after: Place | None,
    limit: int,
    keep: Callable[[list[Judged]], list[Judged]] = lambda rows: rows,
) -> tuple[list[Judged], Place | None]:
    """Give up to `limit` items that the viewer may see, and the place where the next page begins.

    `keep` filters what the database cannot compare (titles, names); it is given only what may be seen.
    """
    reader = gate.reader(tx, viewer)
    page: list[Judged] = []
    seen = 0
    while seen < MOST_CANDIDATES:
        batch = _candidates(gate, tx, reader, wanted, after=after, limit=limit + 1)
        for item, facts in keep(_visible(gate, reader, batch, wanted)):
            if len(page) == limit:
                return page, Place(page[-1][0].started_at, page[-1][0].id)
            page.append((item, facts))
        if len(batch) <= limit:
            return page, None
        after = Place(batch[-1].started_at, batch[-1].id)
        seen += len(batch)
    return page, after


def _visible(gate: Gate, reader: FactsReader, batch: list[Item], wanted: Wanted) -> list[Judged]:
    facts = reader.of_items(batch)
    if wanted.relations is not None:
        # A tie may lie in the rows and not be in force: a share with an admin that ended.
        batch = [item for item in batch if facts[item.id].relations & wanted.relations]
    return [
        (item, facts[item.id])
        for item in batch
        if isinstance(gate.decide(facts[item.id], Action.SEE), Allowed)
    ]


def _candidates(
    gate: Gate, tx: Transaction, reader: FactsReader, wanted: Wanted, *, after: Place | None, limit: int
) -> list[Item]:
    """Give the next items, newest first, that some relation with a right to `see` ties to the viewer."""
    relations = gate.decider.policy.relations_for(wanted.kind, Action.SEE)
    if wanted.relations is not None:
        relations &= wanted.relations
    if Relation.ADMIN in relations and reader.viewer.admin:
        everything = select(Item.started_at, Item.id.label("item_id")).where(Item.account_id == tx.account_id)
        scans = [_span(everything, Item.kind, Item.started_at, Item.id, wanted, after, limit)]
    else:
        scans = [
            _span(_ties(tx, reader, relation), Tie.kind, Tie.started_at, Tie.item_id, wanted, after, limit)
            for relation in TIED
            if relation in relations
        ]
    if not scans:
        return []
    # An item that two relations tie is found twice: distinct before the limit, or a page comes out short.
    found = union_all(*(select(scan.subquery()) for scan in scans)).subquery()
    nearest = (
        select(found.c.started_at, found.c.item_id)
        .distinct()
        .order_by(found.c.started_at.desc(), found.c.item_id.desc())
        .limit(limit)
        .subquery()
    )
    query = tx.select(Item).join(nearest, nearest.c.item_id == Item.id)
    return list(tx.session.scalars(query.order_by(Item.started_at.desc(), Item.id.desc())))


def _ties(tx: Transaction, reader: FactsReader, relation: Relation) -> Found:
    return select(Tie.started_at, Tie.item_id).where(
        Tie.account_id == tx.account_id,
        Tie.viewer_id == reader.viewer.user_id,
        Tie.relation == relation.value,
    )


def _span(
    query: Found,
    kind: Column[str],
    started_at: Column[datetime],
    item_id: Column[UUID],
    wanted: Wanted,
    after: Place | None,
    limit: int,
) -> Found:
    """Narrow a scan to what is wanted, after a place, in the order of its index."""
    query = query.where(kind == wanted.kind.value)
    if wanted.start is not None:
        query = query.where(started_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(started_at < wanted.end)
    if after is not None:
        place = tuple_(literal(after.started_at, Instant()), literal(after.item_id, Uuid()))
        query = query.where(tuple_(started_at, item_id) < place)
    return query.order_by(started_at.desc(), item_id.desc()).limit(limit)
