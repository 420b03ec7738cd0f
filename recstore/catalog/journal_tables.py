"""The journal: its entries as they were hashed, and where it ends."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.walled import Walled
from recstore.catalog.written import Worded, written_or_none


class JournalEntry(Worded):
    """One entry: the exact bytes that were hashed, and the erasable part that they commit to."""

    __tablename__ = "journal_entries"
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[str]
    leaf_hash: Mapped[bytes]
    salt: Mapped[bytes | None]
    private = written_or_none()
    item_id: Mapped[UUID | None]
    event: Mapped[str] = mapped_column(String(32))
    __table_args__ = (Index("journal_of_item", "account_id", "item_id", "index"),)

    def row_name(self) -> bytes:
        """Name this row within its table, in 16 bytes: by its index."""
        return self.index.to_bytes(16, "big")


class JournalHead(Walled):
    """How long the account's journal is, and its last hash. The lock on this row orders all changes."""

    __tablename__ = "journal_heads"
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    size: Mapped[int]
    last_hash: Mapped[bytes]
