"""What admins do as admins: review with a reason and a trace, and name who is responsible."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access import openings
from recstore.access.gate import REASON_NEEDED, Gate
from recstore.access.grant import Grant
from recstore.access.viewer import Viewer
from recstore.catalog import people
from recstore.catalog.tables import User
from recstore.choices import Appoint, Within
from recstore.clock import Clock
from recstore.errors import BadInput
from recstore.journal import log
from recstore.journal.entry import Line
from recstore.model import Action, Event, Kind
from recstore.what_if import make

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Trace:
    """One review: who looked, when, and why. `reason` is None once it was erased."""

    by: User | None
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """Opens content for admins. Nothing is opened for them without a reason."""

    gate: Gate
    clock: Clock

    def start(self, viewer: Viewer, kind: Kind, item_id: UUID, reason: str) -> Grant:
        """Begin a review. The responsible person sees who did, when and why."""
        if len(reason) > LONGEST_REASON:
            raise BadInput(f"A reason has at most {LONGEST_REASON} characters.", code="reason_too_long")
        if not reason.strip():
            self.gate.look(viewer, Action.REVIEW, kind=kind, item_id=item_id)
            raise self.gate.refusal(viewer, Action.REVIEW, item_id, REASON_NEEDED, code="reason_needed")
        return self.gate.open(viewer, Action.REVIEW, kind=kind, item_id=item_id, reason=reason.strip())

    def go_on(self, viewer: Viewer, kind: Kind, item_id: UUID) -> Grant:
        """Go on with a review that this session began; Refused (reason_needed) if there is none."""
        return self.gate.open(viewer, Action.REVIEW, kind=kind, item_id=item_id)

    def is_running(self, viewer: Viewer, kind: Kind, item_id: UUID) -> bool:
        """Say whether this session has a review of the item running. Writes nothing."""
        verdict = self.gate.look(viewer, Action.REVIEW, kind=kind, item_id=item_id)
        with self.gate.catalog.read(viewer.account_id) as tx:
            found = openings.find(tx, viewer, Action.REVIEW, verdict.item, now=self.clock())
        return found is not None

    def traces(self, viewer: Viewer, kind: Kind, item_id: UUID) -> list[Trace]:
        """Give the reviews of an item, newest first. For the responsible person and admins."""
        words = "Only the responsible person and admins see who reviewed this."
        self.gate.look_as_keeper(viewer, kind=kind, item_id=item_id, words=words)
        with self.gate.catalog.read(viewer.account_id) as tx:
            found = list(_reviews(log.read_lines(tx, item_id=item_id, event=Event.REVIEWED)))
            users = people.by_ids(tx, {actor for actor, _, _ in found})
        return [Trace(users.get(actor), at, reason) for actor, at, reason in reversed(found)]

    def appoint(
        self, viewer: Viewer, kind: Kind, item_id: UUID, user_id: UUID, shown: str | None = None
    ) -> None:
        """Name who is responsible from now on: an active user of the account, the admin too.

        `shown`: as of `Sharing`.
        """
        choice = Appoint(user_id)
        with self.gate.change(viewer, choice.action, kind=kind, item_id=item_id) as (tx, item):
            make(self.gate, Within(tx, item, viewer, self.clock()), choice, shown=shown)


def _reviews(lines: Iterator[Line]) -> Iterator[tuple[UUID, datetime, str | None]]:
    for line in lines:
        fields = json.loads(line.text)
        reason = json.loads(line.private)["reason"] if line.private else None
        yield UUID(fields["actor"]), datetime.fromisoformat(fields["at"]), reason
