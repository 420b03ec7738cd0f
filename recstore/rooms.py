"""The account's rooms (VMRs), as its admins see them, and their auto-share."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from recstore.access.admins import change_as_admin, check_admin
from recstore.access.viewer import Viewer
from recstore.catalog import people, rooms
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.tables import User, Vmr
from recstore.clock import Clock
from recstore.errors import BadInput, NotThere
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Event


@dataclass(frozen=True, slots=True)
class Room:
    """A room, and who organizes it now. Its calls and items stay with the organizer of their own time."""

    vmr: Vmr
    organizer: User | None


@dataclass(frozen=True, slots=True)
class Rooms:
    """Lists rooms and turns their switch. For the account's admins."""

    catalog: Catalog
    clock: Clock

    def page(
        self, viewer: Viewer, *, text: str, cursor: str | None, limit: int
    ) -> tuple[list[Room], str | None]:
        """Give rooms by title, if title or reference contains `text`, and the cursor of the next page.

        Read whole and sorted here: the catalog cannot compare what people wrote. Raises NotThere, BadInput.
        """
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            wanted = text.strip().casefold()
            found = [vmr for vmr in rooms.all_rooms(tx) if wanted in f"{vmr.title}\n{vmr.ref}".casefold()]
            found.sort(key=lambda vmr: (vmr.title.casefold(), vmr.id))
            start = _place(found, cursor)
            shown = found[start : start + limit]
            more = len(found) > start + limit
            return _with_organizers(tx, shown), str(shown[-1].id) if more else None

    def find(self, viewer: Viewer, vmr_id: UUID) -> Room:
        """Give one room. Raises NotThere."""
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            return _find(tx, vmr_id)

    def change(self, viewer: Viewer, vmr_id: UUID, *, auto_share: bool) -> Room:
        """Turn a room's auto-share, for new items only. Raises NotThere."""
        now = self.clock()
        with change_as_admin(self.catalog, viewer, clock=self.clock, action="change a room") as tx:
            room = _find(tx, vmr_id)
            if room.vmr.auto_share is not auto_share:
                room.vmr.auto_share = auto_share
                detail: dict[str, Scalar] = {"vmr": str(vmr_id), "auto_share": auto_share}
                log.append(tx, Event.ROOM_CHANGED, actor=Actor.user(viewer.user_id), at=now, detail=detail)
        return room


def _find(tx: Transaction, vmr_id: UUID) -> Room:
    vmr = tx.get(Vmr, vmr_id)
    if vmr is None:
        raise NotThere
    return _with_organizers(tx, [vmr])[0]


def _with_organizers(tx: Transaction, vmrs: Iterable[Vmr]) -> list[Room]:
    vmrs = list(vmrs)
    users = people.by_ids(tx, {vmr.organizer_id for vmr in vmrs if vmr.organizer_id})
    return [Room(vmr, users.get(vmr.organizer_id) if vmr.organizer_id else None) for vmr in vmrs]


def _place(found: list[Vmr], cursor: str | None) -> int:
    """Give where the next page begins: after the room that the cursor names."""
    if cursor is None:
        return 0
    ids = [str(vmr.id) for vmr in found]
    if cursor not in ids:
        raise BadInput("This cursor is not one of ours; start again without it.", code="bad_cursor")
    return ids.index(cursor) + 1
