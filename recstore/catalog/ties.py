"""Ties: who is tied to which item, and how."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, select

from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item, Tie
from recstore.model import Relation


class TieRow(NamedTuple):
    """A tie as decisions read it: its columns as `Tie` has them."""

    relation: str
    until: datetime | None
    download: bool


TIE = [getattr(Tie, name) for name in TieRow._fields]

# Built once: building it takes longer than running it.
OF_VIEWER = select(Tie.item_id, *TIE).where(
    Tie.account_id == bindparam("account"),
    Tie.viewer_id == bindparam("viewer"),
    Tie.item_id.in_(bindparam("items", expanding=True)),
)


def of_viewer(tx: Transaction, *, viewer_id: UUID, item_ids: Collection[UUID]) -> dict[UUID, list[TieRow]]:
    """Give a viewer's ties to each of these items; an item without ties has an empty list."""
    found: dict[UUID, list[TieRow]] = {item_id: [] for item_id in item_ids}
    values = {"account": tx.account_id, "viewer": viewer_id, "items": list(item_ids)}
    for item_id, *tie in tx.rows(OF_VIEWER, values):
        found[item_id].append(TieRow._make(tie))
    return found


def of_item(tx: Transaction, item_id: UUID) -> list[Tie]:
    """Give everybody's ties to an item."""
    return list(tx.session.scalars(tx.select(Tie).where(Tie.item_id == item_id)))


def of_viewers(
    tx: Transaction, *, viewer_ids: Collection[UUID], item_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], list[Tie]]:
    """Give several viewers' ties to several items, by viewer and item; of whom there are none is left out."""
    query = tx.select(Tie).where(Tie.viewer_id.in_(viewer_ids), Tie.item_id.in_(item_ids))
    found: dict[tuple[UUID, UUID], list[Tie]] = {}
    for tie in tx.session.scalars(query):
        found.setdefault((tie.viewer_id, tie.item_id), []).append(tie)
    return found


def put(
    tx: Transaction,
    *,
    viewer_id: UUID,
    item: Item,
    relation: Relation,
    until: datetime | None = None,
    download: bool = False,
) -> None:
    """Tie a viewer to an item, replacing a tie of the same relation."""
    tx.session.merge(make(tx, viewer_id, item, relation, until=until, download=download))


def add_all(tx: Transaction, *, viewer_ids: Collection[UUID], item: Item, relation: Relation) -> None:
    """Tie viewers who have no tie of this relation yet, all at once."""
    for viewer_id in viewer_ids:
        tx.add(make(tx, viewer_id, item, relation, until=None, download=False))
    tx.session.flush()


def make(
    tx: Transaction,
    viewer_id: UUID,
    item: Item,
    relation: Relation,
    *,
    until: datetime | None,
    download: bool,
) -> Tie:
    """Make the row of a tie, and put it nowhere."""
    return Tie(
        account_id=tx.account_id,
        viewer_id=viewer_id,
        item_id=item.id,
        relation=relation.value,
        kind=item.kind,
        started_at=item.started_at,
        until=until,
        download=download,
    )


def cut(tx: Transaction, *, viewer_id: UUID, item_id: UUID, relation: Relation) -> None:
    """Untie a viewer from an item; no error if there was no such tie."""
    tx.session.execute(
        delete(Tie).where(
            Tie.account_id == tx.account_id,
            Tie.viewer_id == viewer_id,
            Tie.item_id == item_id,
            Tie.relation == relation.value,
        )
    )
