"""What a change would do, before it is made: who gains what, who loses what, by name.

No second rule: the change itself is made, the gate is asked about everybody as always, and all of it is taken
back. Nobody else ever sees it, and the journal keeps no entry of what did not happen. The price is that other
changes of the account wait for that moment, as for any change.
"""

from dataclasses import dataclass
from uuid import UUID

from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.audience import PersonAccess, people_inside
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item
from recstore.choices import Choice, Within
from recstore.clock import Clock
from recstore.effects import Effect
from recstore.model import Action, Kind


@dataclass(frozen=True, slots=True)
class Preview:
    """Everybody for whom a change would make a difference, by name."""

    people: list[Effect]

    @property
    def added(self) -> int:
        """Count who would come to see it."""
        return sum(Action.SEE in effect.gains for effect in self.people)

    @property
    def removed(self) -> int:
        """Count who would see it no more."""
        return sum(Action.SEE in effect.loses for effect in self.people)

    @property
    def words(self) -> str:
        """Say it in a sentence: "This adds 2 people and removes 1 person."."""
        others = len(self.people) - self.added - self.removed
        told = [
            f"{verb} {number} {'person' if number == 1 else 'people'}{rest}"
            for verb, number, rest in (
                ("adds", self.added, ""),
                ("removes", self.removed, ""),
                ("changes what", others, " may do"),
            )
            if number
        ]
        return f"This {' and '.join(told)}." if told else "This changes for nobody what they may do."


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Tries changes and takes them back."""

    gate: Gate
    clock: Clock

    def preview(self, viewer: Viewer, kind: Kind, item_id: UUID, choice: Choice) -> Preview:
        """Say what a choice would change. For whoever may make it, and refused just as it would be.

        Raises NotThere, Refused, and the choice's own BadInput.
        """
        with self.gate.change(viewer, choice.action, kind=kind, item_id=item_id) as (tx, item):
            before = self._look(tx, item)
            # Everything from here on is taken back, the entry and the journal's head with it.
            attempt = tx.session.begin_nested()
            try:
                choice.apply(Within(tx, item, viewer, self.clock()))
                tx.session.flush()
                after = self._look(tx, item)
            finally:
                attempt.rollback()
        return Preview(_compare(before, after))

    def _look(self, tx: Transaction, item: Item) -> dict[UUID, PersonAccess]:
        return {person.user.id: person for person in people_inside(self.gate, tx, item)}


def _compare(before: dict[UUID, PersonAccess], after: dict[UUID, PersonAccess]) -> list[Effect]:
    effects = []
    for user_id, person in (before | after).items():
        had = before[user_id].actions if user_id in before else []
        has = after[user_id].actions if user_id in after else []
        gains = [action for action in has if action not in had]
        loses = [action for action in had if action not in has]
        if gains or loses:
            effects.append(Effect(person.user, gains, loses))
    return sorted(effects, key=lambda effect: effect.user.name.casefold())
