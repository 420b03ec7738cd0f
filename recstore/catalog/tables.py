"""People, rooms, calls, items, and who is tied to what.

Refs that recorders choose, and e-mail addresses, are kept twice: as written (`written`) and as a keyed
hash (`…_key`), which is what look-ups use.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.walled import Walled
from recstore.catalog.written import Worded, written, written_or_none
from recstore.model import Kind, Relation


class User(Worded):
    """A registered user. Never deleted, only inactive: ties and journal go on naming them.

    `domain_key`: of the address's domain, as `Domain` has it; None where nobody could call it their own.
    """

    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email = written()
    email_key: Mapped[bytes]
    domain_key: Mapped[bytes | None]
    name = written()
    admin: Mapped[bool]
    created_at: Mapped[datetime]
    inactive_since: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("account_id", "email_key"),
        Index("users_of_domain", "account_id", "domain_key"),
    )

    @property
    def active(self) -> bool:
        """Say whether the user counts at all: an inactive one has lost everything at once."""
        return self.inactive_since is None


class Vmr(Worded):
    """A virtual meeting room, as its recorder last described it."""

    __tablename__ = "vmrs"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    ref = written()
    ref_key: Mapped[bytes]
    title = written()
    link = written_or_none()
    organizer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    auto_share: Mapped[bool]
    __table_args__ = (UniqueConstraint("account_id", "ref_key"),)


class Call(Worded):
    """One occurrence. `document` is what was handed over, whole; read for who was invited.

    `room_title` is the room's at the time of the call, `notice` what was said of a notice of recording, as
    JSON; `handed_over_by` names the actor whose call it is to correct. A correction is compared with times
    and keyed hashes alone: of the document, and of organizer and recorder as they were written.
    """

    __tablename__ = "calls"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    ref = written()
    ref_key: Mapped[bytes]
    vmr_id: Mapped[UUID | None] = mapped_column(ForeignKey("vmrs.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    responsible_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    room_title = written_or_none()
    notice = written_or_none()
    document = written(deferred=True)
    document_key: Mapped[bytes]
    occurrence: Mapped[datetime | None]
    organizer_key: Mapped[bytes | None]
    recorded_by_key: Mapped[bytes | None]
    handed_over_at: Mapped[datetime]
    handed_over_by: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("account_id", "ref_key"),
        Index("calls_of_room", "account_id", "vmr_id", "started_at"),
    )


class Participant(Worded):
    """Someone in a call. `user_id` is set only when the conferencing system asserted who it was.

    `identity_key` is of `authenticated`, however that was spelled; None for a guest.

    A line that a correction dropped stays, `removed` and tied to nobody: messages name their people by `ref`,
    so that a ref never comes to be another's.
    """

    __tablename__ = "participants"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    ref = written()
    ref_key: Mapped[bytes]
    name = written()
    authenticated = written_or_none()
    identity_key: Mapped[bytes | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    was_present: Mapped[bool]
    seconds: Mapped[int]
    removed: Mapped[bool]
    __table_args__ = (UniqueConstraint("call_id", "ref_key"),)


class Item(Worded):
    """A recording or a transcript: what is known of it without opening it.

    `title` is its own, if it has one; else it is called what its call's room was.
    """

    __tablename__ = "items"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    ref = written()
    ref_key: Mapped[bytes]
    title = written_or_none()
    responsible_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime]
    duration_s: Mapped[float | None]
    media_type: Mapped[str] = mapped_column(String(128))
    size: Mapped[int]
    sha256: Mapped[bytes]
    generation: Mapped[int]
    message_counts = written_or_none()
    handed_over_at: Mapped[datetime]
    # Auto-share has three switches. Those of the account and the VMR are taken as they stood at hand-over,
    # because a later setting concerns new items only (rules.md, case 13).
    account_auto_share: Mapped[bool]
    vmr_auto_share: Mapped[bool]
    auto_share: Mapped[bool]
    download: Mapped[bool]
    # Whether the responsible person said so: the account's switch, turned on later, then leaves it alone.
    download_chosen: Mapped[bool] = mapped_column(default=False)
    processing: Mapped[bool]
    held: Mapped[bool]
    restricted: Mapped[bool]
    binned_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("account_id", "call_id", "kind", "ref_key"),
        Index("items_newest_first", "account_id", "kind", "started_at", "id"),
    )

    @property
    def what(self) -> Kind:
        """Give the item's kind as a word of the vocabulary."""
        return Kind(self.kind)

    def title_in(self, call: Call) -> str:
        """Give the title that it is shown under, as an item of its call."""
        return title_of(self.title, call.room_title)


def title_of(own: str | None, rooms: str | None) -> str:
    """Give the title that an item is shown under: its own, else its room's at the time of the call."""
    return own or rooms or "Direct call"


class Tie(Walled):
    """One viewer's relation to one item: the single source for "may she?" and for "what may she see?".

    `kind` and `started_at` repeat the item's, so that one index answers a page of the newest.
    """

    __tablename__ = "ties"
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    viewer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("items.id"), primary_key=True)
    relation: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    until: Mapped[datetime | None]
    download: Mapped[bool]
    __table_args__ = (
        Index(
            "ties_newest_first",
            "account_id",
            "viewer_id",
            "relation",
            "kind",
            "started_at",
            "item_id",
            "until",
        ),
        Index("ties_of_item", "account_id", "item_id"),
        # On SQLite the rows lie in the order of the key: "may she?" is one descent, not two.
        {"sqlite_with_rowid": False},
    )

    @property
    def word(self) -> Relation:
        """Give the relation as a word of the vocabulary."""
        return Relation(self.relation)


class Opening(Walled):
    """A running playback: further ranges of the same session belong to the entry that opened it."""

    __tablename__ = "openings"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(String(64))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("items.id"))
    action: Mapped[str] = mapped_column(String(16))
    generation: Mapped[int]
    decision: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    __table_args__ = (Index("openings_of_session", "account_id", "item_id", "session"),)


class AccessRequest(Worded):
    """Somebody asked for an item. Without `item_id` the row only counts that they asked, for an hour."""

    __tablename__ = "access_requests"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    asker_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("items.id"))
    note = written_or_none()
    asked_at: Mapped[datetime]
    declined_at: Mapped[datetime | None]
    __table_args__ = (
        Index("access_requests_of_asker", "account_id", "asker_id"),
        Index("access_requests_of_item", "account_id", "item_id"),
    )
