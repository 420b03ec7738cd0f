"""What a choice comes to, as a value: to be carried out, or only imagined. One description serves both."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.catalog import requests, ties
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item, Tie
from recstore.catalog.written import copy_row
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Event, Relation

Entry = tuple[Event, dict[str, Scalar]]


@dataclass(frozen=True, slots=True)
class Within:
    """Where a choice is applied: what the gate allowed to whom, in which transaction, and when."""

    tx: Transaction
    item: Item
    viewer: Viewer
    now: datetime

    def note(self, event: Event, **detail: Scalar) -> None:
        """Write the entry of what is being changed."""
        actor = Actor.user(self.viewer.user_id)
        log.append(self.tx, event, actor=actor, at=self.now, item_id=self.item.id, detail=detail)


@dataclass(frozen=True, slots=True)
class NewTie:
    """How somebody is tied to the item from now on, in place of a tie of the same relation."""

    viewer_id: UUID
    relation: Relation
    until: datetime | None = None
    download: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of an item's row and of the ties to it, and what the journal says of that.

    `columns`: of the item, by name. First is cut, then tied. `answered`: whose request for access ends.
    """

    columns: dict[str, object] = field(default_factory=dict)
    cut: tuple[tuple[UUID, Relation], ...] = ()
    tied: tuple[NewTie, ...] = ()
    entries: tuple[Entry, ...] = ()
    answered: UUID | None = None

    def carry_out(self, within: Within) -> None:
        """Change the rows, and write the entries."""
        tx, item = within.tx, within.item
        for name, value in self.columns.items():
            setattr(item, name, value)
        for viewer_id, relation in self.cut:
            ties.cut(tx, viewer_id=viewer_id, item_id=item.id, relation=relation)
        for one in self.tied:
            ties.put(
                tx,
                viewer_id=one.viewer_id,
                item=item,
                relation=one.relation,
                until=one.until,
                download=one.download,
            )
        if self.answered is not None:
            requests.close(tx, asker_id=self.answered, item_id=item.id)
        for event, detail in self.entries:
            within.note(event, **detail)

    def imagine(self, within: Within, tied: Iterable[Tie]) -> tuple[Item, list[Tie]]:
        """Give the item and everybody's ties as they would be, from those that stand. Writes nothing."""
        tx, item = within.tx, within.item
        then = {(tie.viewer_id, tie.word): tie for tie in tied}
        for gone in self.cut:
            then.pop(gone, None)
        for one in self.tied:
            then[one.viewer_id, one.relation] = ties.make(
                tx, one.viewer_id, item, one.relation, until=one.until, download=one.download
            )
        return copy_row(item, self.columns), list(then.values())
