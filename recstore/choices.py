"""What can be decided about an item, each decision as a value.

Each says what comes of it (`Outcome`), within a transaction in which the gate has allowed its action.
`Sharing` and `Review` carry that out; `WhatIf` only imagines it. So there is one description of each change,
and no second rule.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from recstore.catalog import items, people, requests, ties
from recstore.catalog.tables import User
from recstore.directory import find_at, sight_at
from recstore.errors import BadInput
from recstore.journal.entry import Scalar
from recstore.model import Access, Action, Event, Relation
from recstore.outcome import Entry, NewTie, Outcome, Within

__all__ = ["Choice", "Within"]

NOT_ASKING = "This person is not asking for it, or not any more."


class Choice(Protocol):
    """A change of an item. `action`: what the gate must allow first."""

    action: ClassVar[Action]

    def plan(self, within: Within) -> Outcome:
        """Say what would become of the rows, and change none; raise BadInput for what cannot be."""

    def apply(self, within: Within) -> None:
        """Let it become so."""
        self.plan(within).carry_out(within)


@dataclass(frozen=True, slots=True)
class Share:
    """What was decided about one colleague."""

    user: User
    access: Access
    until: datetime | None
    download: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Put(Choice):
    """Share with a colleague, or take one out. The later choice stands, and `until` ends all access.

    Being taken out has neither end nor download: what is said of them then is left aside.
    `asked`: only if they are asking for it. Raises BadInput: user_unknown, user_inactive, share_with_self,
    exclude_self, until_in_past, request_unknown.
    """

    action: ClassVar[Action] = Action.SHARE
    user_id: UUID
    access: Access
    until: datetime | None = None
    download: bool = False
    asked: bool = False

    def plan(self, within: Within) -> Outcome:
        """Tie the colleague so; a request of theirs is answered with it."""
        request = requests.find_open(within.tx, asker_id=self.user_id, item_id=within.item.id, now=within.now)
        if self.asked and request is None:
            raise BadInput(NOT_ASKING, code="request_unknown")
        share = self.of(_find_colleague(within, self.user_id, self.access))
        is_in = self.access is Access.SHARED
        if share.until is not None and share.until <= within.now:
            raise BadInput("The end date lies in the past; nothing was changed.", code="until_in_past")
        here, gone = Relation.SHARED_WITH, Relation.EXCLUDED
        if not is_in:
            here, gone = gone, here
        user_id, entries = str(self.user_id), list[Entry]()
        if request is not None:
            entries.append((Event.ACCESS_ACCEPTED if is_in else Event.ACCESS_DECLINED, {"user": user_id}))
        until = share.until.isoformat() if share.until else None
        detail: dict[str, Scalar] = {"user": user_id, "until": until, "download": share.download}
        return Outcome(
            cut=((self.user_id, gone),),
            tied=(NewTie(self.user_id, here, share.until, share.download),),
            entries=(*entries, (Event.SHARED if is_in else Event.EXCLUDED, detail)),
            answered=self.user_id,
        )

    def of(self, user: User) -> Share:
        """Give what is decided about the colleague, whose row this is."""
        if self.access is Access.EXCLUDED:
            return Share(user, self.access, until=None, download=False)
        return Share(user, self.access, self.until, self.download)


@dataclass(frozen=True, slots=True)
class Withdraw(Choice):
    """Take back what was decided about somebody: what the call says of them counts again."""

    action: ClassVar[Action] = Action.SHARE
    user_id: UUID

    def plan(self, within: Within) -> Outcome:
        """Cut what the responsible person tied; nothing happens to whom nothing was decided about."""
        tied = ties.of_item(within.tx, within.item.id)
        decided = {tie.word for tie in tied if tie.viewer_id == self.user_id}
        told = {Relation.SHARED_WITH: Event.UNSHARED, Relation.EXCLUDED: Event.READMITTED}
        gone = [relation for relation in told if relation in decided]
        return Outcome(
            cut=tuple((self.user_id, relation) for relation in gone),
            entries=tuple((told[relation], {"user": str(self.user_id)}) for relation in gone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Choice):
    """What to change of an item; None leaves it as it is. Raises BadInput: nothing_to_change, bad_title."""

    action: ClassVar[Action] = Action.EDIT
    title: str | None = None
    auto_share: bool | None = None
    download: bool | None = None

    def plan(self, within: Within) -> Outcome:
        """Change the item. Journalled is only what changed (of a title, that it did), and a choice."""
        if self == Edit():
            raise BadInput("Nothing to change was named.", code="nothing_to_change")
        if self.title is not None and (not self.title.strip() or "\x00" in self.title):
            raise BadInput("A title has at least one character, and no NUL.", code="bad_title")
        item, columns = within.item, dict[str, object]()
        detail: dict[str, Scalar] = {}
        if self.title is not None and self.title.strip() != items.titles(within.tx, [item])[item.id]:
            columns["title"] = self.title.strip()
            detail["title"] = True
        if self.auto_share is not None and self.auto_share != item.auto_share:
            columns["auto_share"] = detail["auto_share"] = self.auto_share
        # A first word on download is an entry even if it confirms what was so: from now on it is a choice.
        if self.download is not None and (self.download, True) != (item.download, item.download_chosen):
            columns |= {"download": self.download, "download_chosen": True}
            detail["download"] = self.download
        return Outcome(columns=columns, entries=((Event.EDITED, detail),) if detail else ())


@dataclass(frozen=True, slots=True)
class Bin(Choice):
    """Move an item to the bin; nobody opens it there."""

    action: ClassVar[Action] = Action.BIN

    def plan(self, within: Within) -> Outcome:
        """Bin it, unless it lies there already."""
        if within.item.binned_at is not None:
            return Outcome()
        return Outcome(columns={"binned_at": within.now}, entries=((Event.BINNED, {}),))


@dataclass(frozen=True, slots=True)
class Restore(Choice):
    """Take an item out of the bin again, with all its shares. Raises BadInput: not_in_bin."""

    action: ClassVar[Action] = Action.RESTORE

    def plan(self, within: Within) -> Outcome:
        """Take it out."""
        if within.item.binned_at is None:
            raise BadInput("This is not in the bin.", code="not_in_bin")
        return Outcome(columns={"binned_at": None}, entries=((Event.RESTORED, {}),))


@dataclass(frozen=True, slots=True)
class Appoint(Choice):
    """Name who is responsible from now on: an active user of the account. Raises BadInput: user_unknown."""

    action: ClassVar[Action] = Action.APPOINT
    user_id: UUID

    def plan(self, within: Within) -> Outcome:
        """Put them in the place of whoever was; an exclusion of theirs ends with it."""
        user, before = people.by_id(within.tx, self.user_id), within.item.responsible_id
        if user is None or not user.active:
            raise BadInput(
                "Only an active registered user of the account can be responsible.", code="user_unknown"
            )
        detail: dict[str, Scalar] = {"user": str(user.id), "before": str(before) if before else None}
        return Outcome(
            columns={"responsible_id": user.id},
            cut=(*([(before, Relation.RESPONSIBLE)] if before else []), (user.id, Relation.EXCLUDED)),
            tied=(NewTie(user.id, Relation.RESPONSIBLE),),
            entries=((Event.APPOINTED, detail),),
        )


def _find_colleague(within: Within, user_id: UUID, access: Access) -> User:
    tx, viewer = within.tx, within.viewer
    if user_id == viewer.user_id:
        if access is Access.SHARED:
            words = "You are responsible for this and have it already; nothing was changed."
            raise BadInput(words, code="share_with_self")
        words = "You are responsible for this, and cannot take yourself out; an admin can name somebody else."
        raise BadInput(words, code="exclude_self")
    user = find_at(sight_at(tx, viewer.user_id, within.item, now=within.now), tx, user_id)
    if user is None:
        raise BadInput(
            "This is no registered user of your account whom you can see. Guests and people of other accounts"
            " can never be given access; an admin can register a colleague, or enable their domain.",
            code="user_unknown",
        )
    if access is Access.SHARED and not user.active:
        raise BadInput("This user is deactivated; nothing was changed.", code="user_inactive")
    return user
