"""Deactivate users, and take them back. Nobody is deleted: ties and journal go on naming them."""

from dataclasses import dataclass
from uuid import UUID

from recstore.access.admins import change_as_admin
from recstore.access.viewer import Viewer
from recstore.catalog import credentials, people
from recstore.catalog.database import Catalog
from recstore.catalog.tables import User
from recstore.clock import Clock
from recstore.errors import BadInput, NotThere
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Event


@dataclass(frozen=True, slots=True)
class Membership:
    """Says who counts as a user of the account. For its admins."""

    catalog: Catalog
    clock: Clock

    def set_active(self, viewer: Viewer, user_id: UUID, *, active: bool) -> User:
        """Deactivate a user (their sessions and tokens end at once), or take one back with the ties they had.

        Raises NotThere for whoever is no admin, or without such a user; BadInput (deactivate_self).
        """
        now = self.clock()
        with change_as_admin(self.catalog, viewer, clock=self.clock, action="change a user") as tx:
            user = people.by_id(tx, user_id)
            if user is None:
                raise NotThere
            if user_id == viewer.user_id and not active:
                raise BadInput("Ask another admin to deactivate you.", code="deactivate_self")
            if user.active != active:
                user.inactive_since = None if active else now
                credentials.end_sessions(tx.session, user_id, at=now)
                detail: dict[str, Scalar] = {"user": str(user_id), "active": active}
                actor = Actor.user(viewer.user_id)
                log.append(tx, Event.USER_CHANGED, actor=actor, at=now, detail=detail)
        return user
