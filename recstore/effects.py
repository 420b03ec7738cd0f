"""Who gains and who loses what from items: the rules, asked as an item stands and as it would stand."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from recstore.access.facts import ItemFacts, TieFacts, ViewerFacts, derive
from recstore.access.gate import Gate
from recstore.access.rows import item_facts
from recstore.audience import untied
from recstore.catalog import existing, people
from recstore.catalog.database import Transaction
from recstore.catalog.existing import Turned
from recstore.catalog.tables import Item, User
from recstore.model import Action, Relation

Differences = tuple[list[Action], list[Action]]  # gained, lost
Ties = dict[UUID, dict[UUID, frozenset[TieFacts]]]  # by item, then by user


@dataclass(frozen=True, slots=True)
class Effect:
    """What one person may do with an item afterwards and not now, or now and not afterwards."""

    user: User
    gains: list[Action]
    loses: list[Action]

    @property
    def if_taken_back(self) -> bool:
        """Say that it comes true only when the user, deactivated now, is taken back: nobody is asked then."""
        return not self.user.active


@dataclass(frozen=True, slots=True)
class Affected:
    """An item that would be turned, and everybody for whom that makes a difference."""

    item: Item
    people: list[Effect]


def first_of(tx: Transaction, gate: Gate, items: list[Item], *, questions: int) -> list[Item]:
    """Give the first of these items that come to so many ties and people to ask about; at least one."""
    without_ties = len(untied(gate, tx))
    counts = existing.count_ties(tx, [item.id for item in items])
    for number, item in enumerate(items):
        questions -= without_ties + counts.get(item.id, 0)
        if questions < 0:
            return items[: max(number, 1)]
    return items


def compare(
    tx: Transaction, gate: Gate, items: Collection[Item], turned: Turned, *, now: datetime
) -> list[Affected]:
    """Say of each item who gains or loses by turning it; the deactivated are asked about as if taken back."""
    ties, others = _read_ties(tx, items), untied(gate, tx)
    tied = people.by_ids(tx, {user_id for held in ties.values() for user_id in held})
    users = {user.id: user for user in sorted((others | tied).values(), key=_by_name)}
    order = {user_id: place for place, user_id in enumerate(users)}
    may = cache(gate.actions)  # few differ in their facts: each sort is asked about once

    then: dict[str, Any] = {turned.column: turned.on}

    @cache
    def differ(item: ItemFacts, *, admin: bool, held: frozenset[TieFacts]) -> Differences:
        viewer = ViewerFacts(tx.account_id, UUID(int=0), active=True, admin=admin)
        before, after = (may(derive(viewer, facts, held, now=now)) for facts in (item, replace(item, **then)))
        return [one for one in after if one not in before], [one for one in before if one not in after]

    def ask(item: Item) -> Affected:
        held, facts, effects = ties[item.id], item_facts(item), []
        for user_id in sorted(held.keys() | others.keys(), key=order.__getitem__):
            user = users[user_id]
            gains, loses = differ(facts, admin=user.admin, held=held.get(user_id, frozenset()))
            if gains or loses:
                effects.append(Effect(user, gains, loses))
        return Affected(item, effects)

    return [ask(item) for item in items]


def _read_ties(tx: Transaction, items: Collection[Item]) -> Ties:
    found: dict[UUID, dict[UUID, set[TieFacts]]] = {item.id: {} for item in items}
    for row in existing.ties_of(tx, list(found)):
        tie = TieFacts(Relation(row.relation), row.until, row.download)
        found[row.item_id].setdefault(row.viewer_id, set()).add(tie)
    return {
        item_id: {user_id: frozenset(ties) for user_id, ties in held.items()}
        for item_id, held in found.items()
    }


def _by_name(user: User) -> tuple[str, UUID]:
    return user.name.casefold(), user.id
