"""What a responsible person decides: who else may, who may not, under which title, and whether at all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.audience import KEEPERS_ONLY, PersonAccess, people_inside
from recstore.catalog import calls, people, ties
from recstore.choices import Bin, Choice, Edit, Put, Restore, Share, Withdraw, Within
from recstore.clock import Clock
from recstore.model import Access, Action, Kind, Relation
from recstore.what_if import make

__all__ = ["Edit", "Share", "Sharing"]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Changes access, each change with its journal entry in the same transaction.

    `shown` is what a preview of the very change said: if that is not so any more, Conflict (preview_stale) is
    raised, and nothing changes.
    """

    gate: Gate
    clock: Clock

    def shares(self, viewer: Viewer, kind: Kind, item_id: UUID) -> list[Share]:
        """Give what was decided about whom, by name. For whoever may share."""
        self.gate.look(viewer, Action.SHARE, kind=kind, item_id=item_id)
        with self.gate.catalog.read(viewer.account_id) as tx:
            access_of = {Relation.SHARED_WITH: Access.SHARED, Relation.EXCLUDED: Access.EXCLUDED}
            decided = [tie for tie in ties.of_item(tx, item_id) if tie.word in access_of]
            users = people.by_ids(tx, {tie.viewer_id for tie in decided})
            shares = [
                Share(users[tie.viewer_id], access_of[tie.word], tie.until, tie.download) for tie in decided
            ]
        return sorted(shares, key=lambda share: share.user.name.casefold())

    def listed(self, viewer: Viewer, kind: Kind, item_id: UUID) -> set[UUID]:
        """Name everybody whose standing is told anyway: the call's people, the tied, and admins."""
        item = self.gate.look(viewer, Action.SHARE, kind=kind, item_id=item_id).item
        with self.gate.catalog.read(viewer.account_id) as tx:
            there = {line.user_id for line in calls.lines(tx, item.call_id) if line.user_id}
            tied = {tie.viewer_id for tie in ties.of_item(tx, item_id)}
            return there | tied | {user.id for user in people.active_admins(tx)}

    def put(
        self,
        viewer: Viewer,
        kind: Kind,
        item_id: UUID,
        user_id: UUID,
        *,
        access: Access,
        until: datetime | None,
        download: bool,
        shown: str | None = None,
        asked: bool = False,
    ) -> Share:
        """Share with a colleague, or take one out: see `Put`. `asked`: only if they are asking for it now."""
        put = Put(user_id=user_id, access=access, until=until, download=download, asked=asked)
        with self.gate.change(viewer, put.action, kind=kind, item_id=item_id) as (tx, item):
            make(self.gate, Within(tx, item, viewer, self.clock()), put, shown=shown)
            return put.of(people.by_ids(tx, {user_id})[user_id])

    def withdraw(
        self, viewer: Viewer, kind: Kind, item_id: UUID, user_id: UUID, shown: str | None = None
    ) -> None:
        """Take back what was decided about somebody: what the call says of them counts again."""
        self._decide(viewer, kind, item_id, Withdraw(user_id), shown)

    def edit(self, viewer: Viewer, kind: Kind, item_id: UUID, edit: Edit, shown: str | None = None) -> None:
        """Change title, auto-share or download: see `Edit`."""
        self._decide(viewer, kind, item_id, edit, shown)

    def bin(self, viewer: Viewer, kind: Kind, item_id: UUID, shown: str | None = None) -> None:
        """Move an item to the bin; nobody opens it there."""
        self._decide(viewer, kind, item_id, Bin(), shown)

    def restore(self, viewer: Viewer, kind: Kind, item_id: UUID, shown: str | None = None) -> None:
        """Take an item out of the bin again, with all its shares."""
        self._decide(viewer, kind, item_id, Restore(), shown)

    def access(self, viewer: Viewer, kind: Kind, item_id: UUID) -> list[PersonAccess]:
        """Give everybody who can see an item, and by which rule. For the responsible person and admins."""
        shown = self.gate.look_as_keeper(viewer, kind=kind, item_id=item_id, words=KEEPERS_ONLY)
        with self.gate.catalog.read(viewer.account_id) as tx:
            return people_inside(self.gate, tx, shown.item)

    def _decide(self, viewer: Viewer, kind: Kind, item_id: UUID, choice: Choice, shown: str | None) -> None:
        with self.gate.change(viewer, choice.action, kind=kind, item_id=item_id) as (tx, item):
            make(self.gate, Within(tx, item, viewer, self.clock()), choice, shown=shown)
