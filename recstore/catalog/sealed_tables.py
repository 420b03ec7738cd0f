"""What sealed content is opened with: public keys, sealed data keys, and the manifest of its segments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.tables import Item
from recstore.catalog.walled import Walled


class AccountKey(Walled):
    """The public half of one version of an account's key. The private half is a key agent's alone.

    `retired_at`: since then a newer one is sealed to. `closed_at`: since then nothing is sealed to this one,
    and nothing may be any more. `destroyed_at`: when its agent said that the private half is gone.
    """

    __tablename__ = "account_keys"
    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    public_key: Mapped[bytes]
    holder: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]


class Custody(Walled):
    """The way to a customer's own key agent. Its certificates lie in the installation's secrets.

    `identity`: the folder there, of what was paired last.
    """

    __tablename__ = "custodies"
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(300))
    identity: Mapped[str] = mapped_column(String(64))
    paired_at: Mapped[datetime]


class DataKey(Walled):
    """A sealed data key. A table of its own: its backups can live shorter than the catalog's."""

    __tablename__ = "data_keys"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id), index=True)
    generation: Mapped[int]
    key_id: Mapped[UUID]
    sealed: Mapped[bytes]
    __table_args__ = (Index("data_keys_of_version", "account_id", "key_id", "id"),)


class Shred(Walled):
    """A data key that was shredded. `key_id`: the version that it was sealed to, whose agent must list it."""

    __tablename__ = "shreds"
    data_key_id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    generation: Mapped[int]
    key_id: Mapped[UUID]
    sealed_sha256: Mapped[bytes]
    shredded_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class SegmentRow(Walled):
    """One line of an item's manifest: which blob, how long, and what it must hash to."""

    __tablename__ = "segments"
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    blob: Mapped[str] = mapped_column(String(128), unique=True)
    sealed_length: Mapped[int]
    plain_length: Mapped[int]
    commitment: Mapped[bytes]
    sha256: Mapped[bytes]
    data_key_id: Mapped[UUID]
