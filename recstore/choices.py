"""What can be decided about an item, each decision as a value.

Applied within a transaction in which the gate has allowed its action. `Sharing` and `Review` let it stand;
`WhatIf` only looks at what it would do. So there is one description of each change, and no second rule.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.catalog import people, requests, ties
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item, User
from recstore.directory import find_at, sight_at
from recstore.errors import BadInput
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Access, Action, Event, Relation
from recstore.tying import appoint


@dataclass(frozen=True, slots=True)
class Within:
    """Where a choice is applied: what the gate allowed to whom, in which transaction, and when."""

    tx: Transaction
    item: Item
    viewer: Viewer
    now: datetime

    def note(self, event: Event, **detail: Scalar) -> None:
        """Write the entry of what is being changed."""
        actor = Actor.user(self.viewer.user_id)
        log.append(self.tx, event, actor=actor, at=self.now, item_id=self.item.id, detail=detail)


class Choice(Protocol):
    """A change of an item. `action`: what the gate must allow first."""

    action: ClassVar[Action]

    def apply(self, within: Within) -> object:
        """Change the rows and write the entry; raise BadInput for what cannot be, with nothing changed."""


@dataclass(frozen=True, slots=True)
class Share:
    """What was decided about one colleague."""

    user: User
    access: Access
    until: datetime | None
    download: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Share with a colleague, or take one out. The later choice stands, and `until` ends all access.

    Being taken out has neither end nor download: what is said of them then is left aside.
    Raises BadInput: user_unknown, user_inactive, share_with_self, exclude_self, until_in_past.
    """

    action: ClassVar[Action] = Action.SHARE
    user_id: UUID
    access: Access
    until: datetime | None = None
    download: bool = False

    def apply(self, within: Within) -> Share:
        """Tie the colleague so; a request of theirs is answered with it."""
        tx, item = within.tx, within.item
        user = _find_colleague(within, self.user_id, self.access)
        is_in = self.access is Access.SHARED
        until, download = (self.until, self.download) if is_in else (None, False)
        if until is not None and until <= within.now:
            raise BadInput("The end date lies in the past; nothing was changed.", code="until_in_past")
        here, gone = Relation.SHARED_WITH, Relation.EXCLUDED
        if not is_in:
            here, gone = gone, here
        ties.cut(tx, viewer_id=user.id, item_id=item.id, relation=gone)
        ties.put(tx, viewer_id=user.id, item=item, relation=here, until=until, download=download)
        if requests.remove(tx, asker_id=user.id, item_id=item.id):
            within.note(Event.ACCESS_ACCEPTED if is_in else Event.ACCESS_DECLINED, user=str(user.id))
        within.note(
            Event.SHARED if is_in else Event.EXCLUDED,
            user=str(user.id),
            until=until.isoformat() if until else None,
            download=download,
        )
        return Share(user, self.access, until, download)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back what was decided about somebody: what the call says of them counts again."""

    action: ClassVar[Action] = Action.SHARE
    user_id: UUID

    def apply(self, within: Within) -> None:
        """Cut what the responsible person tied; nothing happens to whom nothing was decided about."""
        tied = ties.of_item(within.tx, within.item.id)
        decided = {tie.word for tie in tied if tie.viewer_id == self.user_id}
        for relation, event in (
            (Relation.SHARED_WITH, Event.UNSHARED),
            (Relation.EXCLUDED, Event.READMITTED),
        ):
            if relation in decided:
                ties.cut(within.tx, viewer_id=self.user_id, item_id=within.item.id, relation=relation)
                within.note(event, user=str(self.user_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What to change of an item; None leaves it as it is. Raises BadInput: nothing_to_change, bad_title."""

    action: ClassVar[Action] = Action.EDIT
    title: str | None = None
    auto_share: bool | None = None
    download: bool | None = None

    def apply(self, within: Within) -> None:
        """Change the item. Only what changed is journalled, and a choice of download."""
        detail = self._change(within.item)
        if detail:
            within.note(Event.EDITED, **detail)

    def _change(self, item: Item) -> dict[str, Scalar]:
        """Change the item, and say what changed: of a title only that it did."""
        if self == Edit():
            raise BadInput("Nothing to change was named.", code="nothing_to_change")
        if self.title is not None and (not self.title.strip() or "\x00" in self.title):
            raise BadInput("A title has at least one character, and no NUL.", code="bad_title")
        changed: dict[str, Scalar] = {}
        if self.title is not None and self.title.strip() != item.title:
            item.title = self.title.strip()
            changed["title"] = True
        if self.auto_share is not None and self.auto_share != item.auto_share:
            item.auto_share = changed["auto_share"] = self.auto_share
        # A first word on download is an entry even if it confirms what was so: from now on it is a choice.
        if self.download is not None and (self.download, True) != (item.download, item.download_chosen):
            item.download = changed["download"] = self.download
            item.download_chosen = True
        return changed


@dataclass(frozen=True, slots=True)
class Bin:
    """Move an item to the bin; nobody opens it there."""

    action: ClassVar[Action] = Action.BIN

    def apply(self, within: Within) -> None:
        """Bin it, unless it lies there already."""
        if within.item.binned_at is None:
            within.item.binned_at = within.now
            within.note(Event.BINNED)


@dataclass(frozen=True, slots=True)
class Restore:
    """Take an item out of the bin again, with all its shares. Raises BadInput: not_in_bin."""

    action: ClassVar[Action] = Action.RESTORE

    def apply(self, within: Within) -> None:
        """Take it out."""
        if within.item.binned_at is None:
            raise BadInput("This is not in the bin.", code="not_in_bin")
        within.item.binned_at = None
        within.note(Event.RESTORED)


@dataclass(frozen=True, slots=True)
class Appoint:
    """Name who is responsible from now on: an active user of the account. Raises BadInput: user_unknown."""

    action: ClassVar[Action] = Action.APPOINT
    user_id: UUID

    def apply(self, within: Within) -> None:
        """Put them in the place of whoever was."""
        user, before = people.by_id(within.tx, self.user_id), within.item.responsible_id
        if user is None or not user.active:
            raise BadInput(
                "Only an active registered user of the account can be responsible.", code="user_unknown"
            )
        appoint(within.tx, within.item, user.id)
        within.note(Event.APPOINTED, user=str(user.id), before=str(before) if before else None)


def _find_colleague(within: Within, user_id: UUID, access: Access) -> User:
    tx, viewer = within.tx, within.viewer
    if user_id == viewer.user_id:
        if access is Access.SHARED:
            words = "You are responsible for this and have it already; nothing was changed."
            raise BadInput(words, code="share_with_self")
        words = "You are responsible for this, and cannot take yourself out; an admin can name somebody else."
        raise BadInput(words, code="exclude_self")
    user = find_at(sight_at(tx, viewer.user_id, within.item), tx, user_id)
    if user is None:
        raise BadInput(
            "This is no registered user of your account whom you can see. Guests and people of other accounts"
            " can never be given access; an admin can register a colleague, or enable their domain.",
            code="user_unknown",
        )
    if access is Access.SHARED and not user.active:
        raise BadInput("This user is deactivated; nothing was changed.", code="user_inactive")
    return user
