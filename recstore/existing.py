"""Apply a switch to items that were there before it was turned (requirement R19; rules.md, case 13).

A switch of the account or of a room concerns new items only. Turned off, it may be applied to existing items
by choice. Turned on, only to those that the admin was shown together with the people who gain by it, and only
while that list is still the same. One request applies a bounded number; the next goes on where it ended.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from recstore import effects
from recstore.access.admins import check_admin, noting_admin
from recstore.access.confirmations import give_confirmation, read_confirmation
from recstore.access.cursors import open_cursor, seal_cursor
from recstore.access.gate import Gate
from recstore.access.listing import Place
from recstore.access.viewer import Viewer
from recstore.catalog import accounts, existing
from recstore.catalog.database import Transaction
from recstore.catalog.existing import Turned
from recstore.catalog.items import titles
from recstore.catalog.tables import Item, Vmr
from recstore.clock import Clock
from recstore.effects import Affected, Effect
from recstore.errors import BadInput, Conflict, NotThere
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Event, Switch

# Of one transaction, during which nobody else changes the account or opens anything anew: items, and how many
# ties and people the rules are asked about.
BATCH = 200
MOST_QUESTIONS = 5000
# Of one request that turns off: a few seconds, on two cores under load.
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A page of what would be turned, with its items' titles. `confirmation`: for this page, to turn on.

    `total` counts all of it, up to `MOST_COUNTED` and one.
    """

    total: int
    items: list[Affected]
    titles: dict[UUID, str]
    next_cursor: str | None
    confirmation: str | None


@dataclass(frozen=True, slots=True)
class Applied:
    """How many items were turned, and how many still stand otherwise, up to `MOST_COUNTED` and one."""

    changed: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Existing:
    """Shows and does what a switch means for existing items. For the account's admins."""

    gate: Gate
    clock: Clock

    def preview(self, viewer: Viewer, turned: Turned, *, cursor: str | None, limit: int) -> Preview:
        """List what applying would change, newest first, at most `BATCH` items. Changes nothing.

        Raises NotThere, Conflict (switch_differs), BadInput (bad_cursor).
        """
        with self._read(viewer, turned) as (tx, now):
            after = open_cursor(tx, viewer, cursor) if cursor else None
            limit = min(limit, BATCH)
            affected, last = self._look(tx, turned, after=after, limit=limit, now=now)
            token = None
            if turned.on and affected:
                page = _name(turned) | {"after": after, "limit": limit, "list": _digest(affected)}
                token = give_confirmation(tx, viewer, page, now=now)
            return Preview(
                total=existing.count(tx, turned, now=now),
                items=affected,
                titles=titles(tx, [one.item for one in affected]),
                next_cursor=seal_cursor(tx, viewer, last) if last else None,
                confirmation=token,
            )

    def count(self, viewer: Viewer, turned: Turned) -> int:
        """Count what could be turned, up to `MOST_COUNTED` and one. Raises NotThere, Conflict."""
        with self._read(viewer, turned) as (tx, now):
            return existing.count(tx, turned, now=now)

    def apply(self, viewer: Viewer, turned: Turned, confirmation: str | None) -> Applied:
        """Turn existing items off, at most `MOST_AT_ONCE`; or on, exactly those that were confirmed.

        Raises NotThere; Conflict (switch_differs, confirmation_needed, confirmation_stale); BadInput
        (bad_confirmation).
        """
        action = "apply a switch"
        with noting_admin(self.gate.catalog, viewer, clock=self.clock, action=action):
            return self._apply(viewer, turned, confirmation)

    def _apply(self, viewer: Viewer, turned: Turned, confirmation: str | None) -> Applied:
        if not turned.on:
            return self._narrow(viewer, turned)
        if confirmation is not None:
            return self._widen(viewer, turned, confirmation)
        self.count(viewer, turned)  # to whom it is not there, it is not there
        raise Conflict(
            "This would open existing items to more people. Look at the list first, and send the confirmation"
            " that comes with it.",
            code="confirmation_needed",
        )

    def _narrow(self, viewer: Viewer, turned: Turned) -> Applied:
        with self._read(viewer, turned) as (tx, now):
            found = tx.session.scalars(existing.ids(tx, turned, now=now, limit=MOST_AT_ONCE)).all()
        changed = 0
        for start in range(0, len(found), BATCH):
            now = self.clock()
            with self.gate.catalog.change(viewer.account_id) as tx:
                check_admin(tx, viewer, now=now)  # in each: an admin may be deactivated in between
                _check_stands(tx, turned)
                items = existing.still_on(tx, turned, found[start : start + BATCH])
                _turn(tx, viewer, turned, items, now=now, shown=None)
            changed += len(items)
        return Applied(changed, self.count(viewer, turned))

    def _widen(self, viewer: Viewer, turned: Turned, confirmation: str) -> Applied:
        """Turn on exactly what was listed with this confirmation, if the list is still the same."""
        now = self.clock()
        with self.gate.catalog.change(viewer.account_id) as tx:
            check_admin(tx, viewer, now=now)
            _check_stands(tx, turned)
            shown = read_confirmation(tx, viewer, confirmation, now=now)
            after, limit, digest = (shown.pop(name) for name in ("after", "limit", "list"))
            if shown != _name(turned):
                raise BadInput("This confirmation is for another change.", code="bad_confirmation")
            # Looked at again under the account's lock: who was listed is who gains, and nobody else.
            affected, _ = self._look(tx, turned, after=after, limit=limit, now=now)
            if _digest(affected) != digest:
                raise Conflict(
                    "The items or the people have changed since you looked. Nothing was changed; look at the"
                    " list again.",
                    code="confirmation_stale",
                )
            _turn(tx, viewer, turned, [one.item for one in affected], now=now, shown=digest)
        return Applied(len(affected), self.count(viewer, turned))

    @contextmanager
    def _read(self, viewer: Viewer, turned: Turned) -> Iterator[tuple[Transaction, datetime]]:
        now = self.clock()
        with self.gate.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=now)
            _check_stands(tx, turned)
            yield tx, now

    def _look(
        self, tx: Transaction, turned: Turned, *, after: str | None, limit: int, now: datetime
    ) -> tuple[list[Affected], str | None]:
        """Give a page of what would change, and the place where it ended if there is more."""
        place = Place.read(after) if after else None
        begin = (place.started_at, place.item_id) if place else None
        items = existing.page(tx, turned, now=now, after=begin, limit=limit + 1)
        page = effects.first_of(tx, self.gate, items[:limit], questions=MOST_QUESTIONS)
        affected = effects.compare(tx, self.gate, page, turned, now=now)
        more = len(items) > len(page)
        return affected, Place(page[-1].started_at, page[-1].id).write() if more else None


def _turn(
    tx: Transaction,
    viewer: Viewer,
    turned: Turned,
    items: Collection[Item],
    *,
    now: datetime,
    shown: str | None,
) -> None:
    """Turn items, with an entry for each and one for all. `shown`: the digest of the confirmed list."""
    if not items:
        return
    actor, name = Actor.user(viewer.user_id), _name(turned)
    whole = name | {"items": len(items), "confirmed_list": shown}
    log.append(tx, Event.SWITCH_APPLIED, actor=actor, at=now, detail=whole)
    log.append_each(tx, Event.ITEM_SWITCHED, [item.id for item in items], actor=actor, at=now, detail=name)
    for item in items:
        setattr(item, turned.column, turned.on)


def _check_stands(tx: Transaction, turned: Turned) -> None:
    """Raise unless the switch itself stands so: what is applied is what is set for new items too."""
    if turned.vmr_id is None:
        row = accounts.settings(tx)
        stands = row.auto_share if turned.switch is Switch.AUTO_SHARE else row.download
    else:
        vmr = tx.get(Vmr, turned.vmr_id)
        if vmr is None:
            raise NotThere
        stands = vmr.auto_share
    if stands is not turned.on:
        raise Conflict(
            "The switch itself stands otherwise; turn it first. Nothing was changed.", code="switch_differs"
        )


def _name(turned: Turned) -> dict[str, Scalar]:
    """Name a switch and how it stands, for journal and confirmation."""
    room = str(turned.vmr_id) if turned.vmr_id else None
    return {"switch": turned.switch.value, "on": turned.on, "vmr": room}


def _digest(affected: list[Affected]) -> str:
    """Hash what was listed: the items in order, and what for whom, also if taken back."""
    listed = [[str(one.item.id), [_told(effect) for effect in one.people]] for one in affected]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def _told(effect: Effect) -> list[Any]:
    return [str(effect.user.id), effect.gains, effect.loses, effect.if_taken_back]
