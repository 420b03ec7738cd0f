"""Running openings: which further ranges belong to a journal entry that stands already.

A player asks for dozens of ranges while one person watches once. Each is decided anew; the journal has one
entry per watching, not per range. Nothing here gives a right.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.catalog.database import Transaction
from recstore.catalog.listed import AnyItem
from recstore.catalog.tables import Opening
from recstore.model import Action

# Ranges that one session asks for within this time of the last belong to one opening.
SAME_OPENING = timedelta(minutes=10)
# How often a running opening is marked as still running: more often would cost a write per range.
MARK_EVERY = timedelta(minutes=1)
# However often a session asks, an opening ends this long after it began: a reason given this morning does not
# stand for this evening.
LONGEST = dict.fromkeys(Action, timedelta(hours=12)) | dict.fromkeys(
    (Action.REVIEW, Action.SUPPORT), timedelta(hours=1)
)


def find(tx: Transaction, viewer: Viewer, action: Action, item: AnyItem, *, now: datetime) -> Opening | None:
    """Find the opening that a further range of this session would belong to."""
    return find_all(tx, viewer, action, [item], now=now).get(item.id)


def find_all(
    tx: Transaction, viewer: Viewer, action: Action, items: Collection[AnyItem], *, now: datetime
) -> dict[UUID, Opening]:
    """Find the openings of this session that run, of several items, by the item's id."""
    generations = {item.id: item.generation for item in items}
    query = tx.select(Opening).order_by(Opening.decision)
    query = query.where(
        Opening.item_id.in_(generations),
        Opening.session == str(viewer.credential_id),
        Opening.action == action.value,
        Opening.seen_at > now - SAME_OPENING,
        Opening.started_at > now - LONGEST[action],
    )
    found = tx.session.scalars(query)
    return {row.item_id: row for row in found if row.generation == generations[row.item_id]}


def is_fresh(opening: Opening, *, now: datetime) -> bool:
    """Say whether the opening was marked so lately that it need not be marked again."""
    return now - opening.seen_at < MARK_EVERY


def start(
    tx: Transaction, viewer: Viewer, action: Action, item: AnyItem, *, decision: int, now: datetime
) -> None:
    """Note that an opening runs under the journal entry `decision`."""
    tx.add(
        Opening(
            account_id=tx.account_id,
            id=uuid.uuid4(),
            session=str(viewer.credential_id),
            item_id=item.id,
            action=action.value,
            generation=item.generation,
            decision=decision,
            started_at=now,
            seen_at=now,
        )
    )
