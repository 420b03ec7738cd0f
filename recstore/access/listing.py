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

from recstore.access.decision import Allowed
from recstore.access.facts import Facts
from recstore.access.gate import Gate
from recstore.access.rows import FactsReader
from recstore.catalog import candidates
from recstore.catalog.candidates import Scan
from recstore.catalog.listed import ItemRow, Listed
from recstore.errors import BadInput
from recstore.model import Action, Kind, Relation

# Ties that stand for themselves in the ties table; `admin` comes from the user's row instead.
TIED = (Relation.RESPONSIBLE, Relation.PARTICIPANT, Relation.SHARED_WITH)

# How many candidates one request looks at, so that a filter that matches little still answers soon.
MOST_CANDIDATES = 5000
LARGEST_BATCH = 1000

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


Judged = tuple[Listed, Facts]


def list_items(
    gate: Gate,
    reader: FactsReader,
    wanted: Wanted,
    *,
    after: Place | None,
    limit: int,
    keep: Callable[[list[Judged]], list[Judged]] = lambda rows: rows,
) -> tuple[list[Judged], Place | None]:
    """Give up to `limit` items that the viewer may see, and the place where the next page begins.

    `keep` filters what the database cannot compare (titles, names); it is given only what may be seen.
    """
    page: list[Judged] = []
    looked_at, size = 0, _a_few_more(limit)
    while looked_at < MOST_CANDIDATES:
        batch = _candidates(gate, reader, wanted, after=after, limit=size)
        seen = keep(_visible(gate, reader, batch, wanted))
        page += seen
        if len(page) > limit:
            return page[:limit], _place(page[limit - 1][0].item)
        if len(batch) < size:
            return page, None
        after = _place(batch[-1].item)
        looked_at += len(batch)
        mostly_seen = 2 * len(seen) > len(batch)
        size = _a_few_more(limit - len(page)) if mostly_seen else min(2 * size, LARGEST_BATCH)
    return page, after


def _a_few_more(missing: int) -> int:
    """Tell how many candidates to look at for so many items: some are hidden, and asking twice costs more."""
    return missing + missing // 3 + 1


def _place(item: ItemRow) -> Place:
    return Place(item.started_at, item.id)


def _visible(gate: Gate, reader: FactsReader, batch: list[Listed], wanted: Wanted) -> list[Judged]:
    facts = reader.of_items(one.item for one in batch)
    judged = [(one, facts[one.item.id]) for one in batch]
    if wanted.relations is not None:
        # A tie may lie in the rows and not be in force: a share with an admin that ended.
        judged = [(one, facts) for one, facts in judged if facts.relations & wanted.relations]
    return [(one, facts) for one, facts in judged if isinstance(gate.decide(facts, Action.SEE), Allowed)]


def _candidates(
    gate: Gate, reader: FactsReader, wanted: Wanted, *, after: Place | None, limit: int
) -> list[Listed]:
    """Give the next items, newest first, that some relation with a right to `see` ties to the viewer."""
    relations = gate.decider.policy.relations_for(wanted.kind, Action.SEE)
    if wanted.relations is not None:
        relations &= wanted.relations
    sees_all = Relation.ADMIN in relations and reader.viewer.admin
    viewer_id = reader.viewer.user_id
    if viewer_id is None or (relations.isdisjoint(TIED) and not sees_all):
        return []
    scan = Scan(
        kind=wanted.kind,
        relations=None if sees_all else relations.intersection(TIED),
        start=wanted.start,
        end=wanted.end,
        after=(after.started_at, after.item_id) if after else None,
    )
    return candidates.newest(reader.tx, scan, viewer_id=viewer_id, now=reader.now, limit=limit)
