"""What sealed content is opened with: public keys, sealed data keys, and the manifest of its segments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.walled import Walled


class AccountKey(Walled):
    """The public half of an account's key pair. The private half is the key agent's alone."""

    __tablename__ = "account_keys"
    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    public_key: Mapped[bytes]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class DataKey(Walled):
    """A sealed data key. A table of its own: its backups can live shorter than the catalog's."""

    __tablename__ = "data_keys"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("items.id"), index=True)
    generation: Mapped[int]
    key_id: Mapped[UUID]
    sealed: Mapped[bytes]


class SegmentRow(Walled):
    """One line of an item's manifest: which blob, how long, and what it must hash to."""

    __tablename__ = "segments"
    item_id: Mapped[UUID] = mapped_column(ForeignKey("items.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    blob: Mapped[str] = mapped_column(String(128), unique=True)
    sealed_length: Mapped[int]
    plain_length: Mapped[int]
    commitment: Mapped[bytes]
    sha256: Mapped[bytes]
    data_key_id: Mapped[UUID]
