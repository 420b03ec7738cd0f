"""The keys that the catalog's texts are sealed under, themselves sealed to their account."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.walled import Walled


class TextKey(Walled):
    """A sealed text key. A table of its own, as `DataKey` is: its backups can live shorter.

    `lasting`: the account's catalog key, under which everything comes to stand; all others are of one
    transaction each. `rows`: what was sealed under it there, as JSON (`writing`); once that stands under the
    catalog key, `settled_at` says so, and the key goes a while later.
    """

    __tablename__ = "text_keys"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[UUID]
    sealed: Mapped[bytes]
    lasting: Mapped[bool]
    rows: Mapped[str]
    settled_at: Mapped[datetime | None]
    __table_args__ = (Index("text_keys_to_settle", "account_id", "settled_at"),)
