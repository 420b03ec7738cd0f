"""What a change would do, before it is made: who gains what, who loses what, by name.

No second rule: the change says what would come of it (`Outcome`), the gate is asked about everybody as it
stands and as it would stand, and nothing is written. No lock is taken, so nobody waits for it.

What is confirmed after a look carries the digest of what was shown, and is refused once that is no longer so.
"""

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from recstore.access.gate import Gate
from recstore.access.refusals import noting_refusals
from recstore.access.viewer import Viewer
from recstore.audience import PersonAccess, people_inside
from recstore.catalog import items, ties
from recstore.choices import Choice, Within
from recstore.clock import Clock
from recstore.effects import Effect
from recstore.errors import Conflict, NotThere
from recstore.model import Action, Kind


@dataclass(frozen=True, slots=True)
class Preview:
    """Everybody for whom a change would make a difference, by name."""

    people: list[Effect]

    @property
    def shown(self) -> str:
        """Give the digest of the list: sent along with the change, that is made only if this is still it."""
        listed = [[str(one.user.id), one.gains, one.loses] for one in self.people]
        return hashlib.sha256(json.dumps(sorted(listed)).encode()).hexdigest()

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
    """Imagines changes, and makes none."""

    gate: Gate
    clock: Clock

    def preview(self, viewer: Viewer, kind: Kind, item_id: UUID, choice: Choice) -> Preview:
        """Say what a choice would change. For whoever may make it, and refused just as it would be.

        Raises NotThere, Refused, and the choice's own BadInput.
        """
        catalog, action = self.gate.catalog, choice.action
        self.gate.look(viewer, action, kind=kind, item_id=item_id)
        with (
            noting_refusals(catalog, viewer, clock=self.clock, action=action.value, item_id=item_id),
            catalog.read(viewer.account_id) as tx,
        ):
            item = items.by_id(tx, item_id)
            if item is None:
                raise NotThere
            return foresee(self.gate, Within(tx, item, viewer, self.clock()), choice)


def foresee(gate: Gate, within: Within, choice: Choice) -> Preview:
    """Compare what everybody may do with what they could, if this were chosen."""
    tied = ties.of_item(within.tx, within.item.id)
    item_then, tied_then = choice.plan(within).imagine(within, tied)
    before = people_inside(gate, within.tx, within.item, tied)
    after = people_inside(gate, within.tx, item_then, tied_then)
    return Preview(_compare(_by_id(before), _by_id(after)))


def make(gate: Gate, within: Within, choice: Choice, *, shown: str | None) -> None:
    """Make a change. `shown`: of a preview of it; if that is not so any more, Conflict (preview_stale)."""
    if shown is not None and foresee(gate, within, choice).shown != shown:
        raise Conflict(
            "Who would gain or lose by this has changed since you looked. Nothing was changed; look again.",
            code="preview_stale",
        )
    choice.apply(within)


def _by_id(people: list[PersonAccess]) -> dict[UUID, PersonAccess]:
    return {person.user.id: person for person in people}


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
