"""Tie people to items as the roster says. Never undoes what the responsible person decided."""

from dataclasses import dataclass
from uuid import UUID

from recstore.catalog import calls, ties
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item
from recstore.model import Relation


@dataclass(frozen=True, slots=True)
class Changed:
    """Which participants a hand-over or correction tied and untied, in a fixed order."""

    tied: list[UUID]
    untied: list[UUID]


def tie_item(tx: Transaction, item: Item) -> Changed:
    """Tie the item's responsible person, and exactly those participants who are in the roster now.

    Shares and exclusions are other ties and stay as they are (rules.md, case 11).
    """
    present = {line.user_id for line in calls.lines(tx, item.call_id) if line.user_id and line.was_present}
    tied = {tie.viewer_id for tie in ties.of_item(tx, item.id) if tie.word is Relation.PARTICIPANT}
    changed = Changed(tied=sorted(present - tied), untied=sorted(tied - present))
    ties.add_all(tx, viewer_ids=changed.tied, item=item, relation=Relation.PARTICIPANT)
    for user_id in changed.untied:
        ties.cut(tx, viewer_id=user_id, item_id=item.id, relation=Relation.PARTICIPANT)
    if item.responsible_id is not None:
        ties.put(tx, viewer_id=item.responsible_id, item=item, relation=Relation.RESPONSIBLE)
    return changed
