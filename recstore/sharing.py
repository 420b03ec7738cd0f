"""What a responsible person decides: who else may, who may not, under which title, and whether at all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.audience import KEEPERS_ONLY, PersonAccess, people_inside
from recstore.catalog import people, ties
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item, User
from recstore.clock import Clock
from recstore.directory import find_at, sight_at
from recstore.errors import BadInput
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Access, Action, Event, Kind, Relation


@dataclass(frozen=True, slots=True)
class Share:
    """What was decided about one colleague."""

    user: User
    access: Access
    until: datetime | None
    download: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What to change of an item; None leaves it as it is."""

    title: str | None = None
    auto_share: bool | None = None
    download: bool | None = None


@dataclass(frozen=True, slots=True)
class Sharing:
    """Changes access, each change with its journal entry in the same transaction."""

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
    ) -> Share:
        """Share with a colleague, or take one out. The later choice stands, and `until` ends all access.

        Being taken out has neither end nor download: what is said of them then is left aside.
        Raises BadInput: user_unknown, user_inactive, self, until_in_past.
        """
        if access is Access.EXCLUDED:
            until, download = None, False
        with self.gate.change(viewer, Action.SHARE, kind=kind, item_id=item_id) as (tx, item):
            user = _find_colleague(tx, viewer, item, user_id, access)
            if until is not None and until <= self.clock():
                raise BadInput("The end date lies in the past; nothing was changed.", code="until_in_past")
            if access is Access.SHARED:
                ties.cut(tx, viewer_id=user_id, item_id=item_id, relation=Relation.EXCLUDED)
                ties.put(
                    tx,
                    viewer_id=user_id,
                    item=item,
                    relation=Relation.SHARED_WITH,
                    until=until,
                    download=download,
                )
            else:
                ties.cut(tx, viewer_id=user_id, item_id=item_id, relation=Relation.SHARED_WITH)
                ties.put(tx, viewer_id=user_id, item=item, relation=Relation.EXCLUDED)
            self._note(
                tx,
                Event.SHARED if access is Access.SHARED else Event.EXCLUDED,
                viewer,
                item,
                {
                    "user": str(user_id),
                    "until": until.isoformat() if until else None,
                    "download": download,
                },
            )
            return Share(user, access, until, download)

    def withdraw(self, viewer: Viewer, kind: Kind, item_id: UUID, user_id: UUID) -> None:
        """Take back what was decided about somebody: what the call says of them counts again."""
        with self.gate.change(viewer, Action.SHARE, kind=kind, item_id=item_id) as (tx, item):
            decided = {tie.word for tie in ties.of_item(tx, item_id) if tie.viewer_id == user_id}
            for relation, event in (
                (Relation.SHARED_WITH, Event.UNSHARED),
                (Relation.EXCLUDED, Event.READMITTED),
            ):
                if relation in decided:
                    ties.cut(tx, viewer_id=user_id, item_id=item_id, relation=relation)
                    self._note(tx, event, viewer, item, {"user": str(user_id)})

    def edit(self, viewer: Viewer, kind: Kind, item_id: UUID, edit: Edit) -> None:
        """Change title, auto-share or download. Only what changed is journalled, and a choice of download.

        Raises BadInput: nothing_to_change, bad_title.
        """
        with self.gate.change(viewer, Action.EDIT, kind=kind, item_id=item_id) as (tx, item):
            detail = _apply(edit, item)
            if detail:
                self._note(tx, Event.EDITED, viewer, item, detail)

    def bin(self, viewer: Viewer, kind: Kind, item_id: UUID) -> None:
        """Move an item to the bin; nobody opens it there."""
        with self.gate.change(viewer, Action.BIN, kind=kind, item_id=item_id) as (tx, item):
            if item.binned_at is None:
                item.binned_at = self.clock()
                self._note(tx, Event.BINNED, viewer, item, {})

    def restore(self, viewer: Viewer, kind: Kind, item_id: UUID) -> None:
        """Take an item out of the bin again, with all its shares."""
        with self.gate.change(viewer, Action.RESTORE, kind=kind, item_id=item_id) as (tx, item):
            if item.binned_at is None:
                raise BadInput("This is not in the bin.", code="not_in_bin")
            item.binned_at = None
            self._note(tx, Event.RESTORED, viewer, item, {})

    def access(self, viewer: Viewer, kind: Kind, item_id: UUID) -> list[PersonAccess]:
        """Give everybody who can see an item, and by which rule. For the responsible person and admins."""
        shown = self.gate.look_as_keeper(viewer, kind=kind, item_id=item_id, words=KEEPERS_ONLY)
        with self.gate.catalog.read(viewer.account_id) as tx:
            return people_inside(self.gate, tx, shown.item)

    def _note(
        self, tx: Transaction, event: Event, viewer: Viewer, item: Item, detail: dict[str, Scalar]
    ) -> None:
        actor = Actor.user(viewer.user_id)
        log.append(tx, event, actor=actor, at=self.clock(), item_id=item.id, detail=detail)


def _apply(edit: Edit, item: Item) -> dict[str, Scalar]:
    """Change the item, and say what changed: of a title only that it did."""
    if edit == Edit():
        raise BadInput("Nothing to change was named.", code="nothing_to_change")
    if edit.title is not None and (not edit.title.strip() or "\x00" in edit.title):
        raise BadInput("A title has at least one character, and no NUL.", code="bad_title")
    changed: dict[str, Scalar] = {}
    if edit.title is not None and edit.title.strip() != item.title:
        item.title = edit.title.strip()
        changed["title"] = True
    if edit.auto_share is not None and edit.auto_share != item.auto_share:
        item.auto_share = changed["auto_share"] = edit.auto_share
    # A first word on download is an entry even if it confirms what was so: from now on it is a choice.
    if edit.download is not None and (edit.download, True) != (item.download, item.download_chosen):
        item.download = changed["download"] = edit.download
        item.download_chosen = True
    return changed


def _find_colleague(tx: Transaction, viewer: Viewer, item: Item, user_id: UUID, access: Access) -> User:
    if user_id == viewer.user_id:
        raise BadInput(
            "You are responsible for this: you can neither add yourself nor take yourself out.",
            code="share_with_self" if access is Access.SHARED else "exclude_self",
        )
    user = find_at(sight_at(tx, viewer.user_id, item), tx, user_id)
    if user is None:
        raise BadInput(
            "This is no registered user of your account whom you can see. Guests and people of other accounts"
            " can never be given access; an admin can register a colleague, or enable their domain.",
            code="user_unknown",
        )
    if access is Access.SHARED and not user.active:
        raise BadInput("This user is deactivated; nothing was changed.", code="user_inactive")
    return user
