"""The items that a viewer may see: pages of them, and one with its details."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access import cursors, openings
from recstore.access.decision import Allowed
from recstore.access.facts import Facts
from recstore.access.gate import Gate
from recstore.access.listing import TIED, Judged, Place, Wanted, list_items
from recstore.access.messages import message_filter
from recstore.access.rows import FactsReader
from recstore.access.viewer import Viewer
from recstore.catalog import calls, listed
from recstore.catalog.listed import CallRow, ItemRow, Listed, PersonRow, RoomRow
from recstore.catalog.tables import Participant
from recstore.errors import NotThere
from recstore.model import Action, Kind, Relation, State

THROUGH = {
    "by-me": frozenset({Relation.RESPONSIBLE}),
    "with-me": frozenset({Relation.PARTICIPANT, Relation.SHARED_WITH}),
    "mine": frozenset(TIED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to list. `shared` is a key of THROUGH; `text` is looked for in titles; `vmr` is a room's ref.

    `in_bin`: only what lies in the bin (True), only what does not (False), or both (None).
    """

    text: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    vmr: str | None = None
    shared: str | None = None
    in_bin: bool | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One item as one viewer is shown it. `until`: when a share with this viewer ends, if it does.

    `is_whole`: they may read all of it. Where they may not, size and hash would tell of what they may not:
    a short message can be guessed until the hash fits.
    """

    item: ItemRow
    call: CallRow
    vmr: RoomRow | None
    responsible: PersonRow | None
    facts: Facts
    actions: list[Action]
    message_count: int | None
    is_whole: bool
    until: datetime | None

    @property
    def title(self) -> str:
        """Give the title that the item is shown under."""
        return self.item.title_in(self.call)


@dataclass(frozen=True, slots=True)
class Library:
    """Lists and shows items, each judged by the gate's rules. Opens nothing."""

    gate: Gate

    def page(
        self, viewer: Viewer, kind: Kind, filters: Filters, *, cursor: str | None, limit: int
    ) -> tuple[list[Shown], str | None]:
        """Give a page of what the viewer may see, newest first, and the cursor of the next page."""
        with self.gate.catalog.read(viewer.account_id) as tx:
            reader = self.gate.reader(tx, viewer)
            wanted = Wanted(
                kind=kind,
                start=filters.start,
                end=filters.end,
                relations=THROUGH[filters.shared] if filters.shared else None,
            )
            after = Place.read(cursors.open_cursor(tx, viewer, cursor)) if cursor else None
            rows, place = list_items(
                self.gate,
                reader,
                wanted,
                after=after,
                limit=limit,
                keep=lambda judged: _matching(judged, filters),
            )
            sealed = cursors.seal_cursor(tx, viewer, place.write()) if place else None
            return self._show(reader, viewer, rows), sealed

    def item(self, viewer: Viewer, kind: Kind, item_id: UUID) -> Shown:
        """Give one item's details. Raises NotThere."""
        verdict = self.gate.look(viewer, Action.SEE, kind=kind, item_id=item_id)
        with self.gate.catalog.read(viewer.account_id) as tx:
            reader = self.gate.reader(tx, viewer)
            reader.of_item(verdict.item)
            one = listed.by_id(tx, item_id)
            if one is None:
                raise NotThere  # it went away meanwhile
            judged = (one._replace(item=verdict.item), verdict.decision.facts)
            return self._show(reader, viewer, [judged])[0]

    def roster(self, viewer: Viewer, kind: Kind, item_id: UUID) -> list[Participant]:
        """Give who was in the item's call, guests too. Raises NotThere."""
        verdict = self.gate.look(viewer, Action.SEE, kind=kind, item_id=item_id)
        with self.gate.catalog.read(viewer.account_id) as tx:
            return calls.participants(tx, verdict.item.call_id)

    def of_same_call(self, viewer: Viewer, item: ItemRow, kind: Kind) -> list[Shown]:
        """Give what else of the call the viewer may see: the chat beside a recording, or its recordings."""
        with self.gate.catalog.read(viewer.account_id) as tx:
            reader = self.gate.reader(tx, viewer)
            others = [other for other in listed.of_call(tx, item.call_id) if other.item.what is kind]
            facts = reader.of_items(other.item for other in others)
            judged = [(other, facts[other.item.id]) for other in others]
            seen = [
                (other, facts)
                for other, facts in judged
                if isinstance(self.gate.decide(facts, Action.SEE), Allowed)
            ]
            return self._show(reader, viewer, seen)

    def _show(self, reader: FactsReader, viewer: Viewer, rows: list[Judged]) -> list[Shown]:
        tx = reader.tx
        chats = {one.item.call_id for one, _ in rows if one.item.what is Kind.TRANSCRIPT}
        own_lines = calls.participants_of_user(tx, chats, viewer.user_id) if chats else []
        reviewable = [one.item for one, facts in rows if _may_be_reviewed(one.item, facts)]
        reviewed = (
            openings.find_all(tx, viewer, Action.REVIEW, reviewable, now=reader.now) if reviewable else {}
        )
        # Few of a page's items differ in their facts: each sort is asked about once.
        may = {facts: self.gate.actions(facts) for facts in {facts for _, facts in rows}}
        shown = []
        for one, facts in rows:
            lines = [line for line in own_lines if line.call_id == one.call.id]
            actions = may[facts]
            count, is_whole = self._read_counts(reader, one.item, lines, actions, one.item.id in reviewed)
            shown.append(
                Shown(
                    *one,
                    facts=facts,
                    actions=actions,
                    message_count=count,
                    is_whole=is_whole,
                    until=reader.share_ends(one.item),
                )
            )
        return shown

    def _read_counts(
        self,
        reader: FactsReader,
        item: ItemRow,
        lines: Collection[Participant],
        actions: list[Action],
        is_reviewed: bool,
    ) -> tuple[int | None, bool]:
        """Count what the viewer may read of a transcript, and say whether that is all; None for a recording.

        Messages to single people count for an admin only while a review of theirs runs; before it, what they
        may export counts, which has none of them.
        """
        if item.message_counts is None:
            return None, True
        reading = Action.REVIEW if is_reviewed else Action.EXPORT
        action = next((action for action in (Action.OPEN, reading) if action in actions), None)
        if action is None:
            return None, False
        may_read = message_filter(self.gate, reader, item, lines, action=action)
        counts: list[tuple[list[str] | None, int]] = json.loads(item.message_counts)
        read = [count for refs, count in counts if may_read(refs is None, refs or ())]
        return sum(read), len(read) == len(counts)


def _may_be_reviewed(item: ItemRow, facts: Facts) -> bool:
    """Say whether a running review would show more of it."""
    return item.what is Kind.TRANSCRIPT and Relation.ADMIN in facts.relations


def _matching(judged: list[Judged], filters: Filters) -> list[Judged]:
    """Filter by what the index does not know: the bin, and titles and rooms, opened in memory."""
    if filters.in_bin is not None:
        judged = [(one, facts) for one, facts in judged if (State.IN_BIN in facts.states) is filters.in_bin]
    if filters.text is not None:
        text = filters.text.casefold()
        judged = [(one, facts) for one, facts in judged if text in _titles(one)]
    if filters.vmr is not None:
        judged = [(one, facts) for one, facts in judged if one.vmr and one.vmr.ref == filters.vmr]
    return judged


def _titles(one: Listed) -> str:
    # The title of the call's own time: a room's new one is not for whoever was in the old calls.
    return f"{one.item.title_in(one.call)}\n{one.call.room_title or ''}".casefold()
