"""Tables that are read before it is known whose account a request belongs to.

Names and addresses are found through keyed hashes (`…_key`); tokens and passwords are kept as hashes only.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from recstore.catalog.base import Base
from recstore.model import Scope


class Installation(Base):
    """One row: what the key of the look-up hashes must be (`keyed`)."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key_check: Mapped[bytes]


class Account(Base):
    """A customer organisation."""

    __tablename__ = "accounts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Credential(Base):
    """What a registered user signs in with. One address may stand here once per account."""

    __tablename__ = "credentials"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    email_key: Mapped[bytes] = mapped_column(index=True)
    password_hash: Mapped[str]


class Session(Base):
    """A signed-in browser. The cookie's token is kept as a hash only."""

    __tablename__ = "sessions"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Token(Base):
    """A bearer token: of a recorder (`ingest`) or of a user's own program (`read`). Kept as a hash only."""

    __tablename__ = "tokens"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    scope: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    @property
    def is_ingest(self) -> bool:
        """Say whether this token hands over (and may read nothing)."""
        return self.scope == Scope.INGEST


class FailedSignIn(Base):
    """One failed sign-in, by address or by origin. In SQL, so that all processes count together."""

    __tablename__ = "failed_sign_ins"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    key: Mapped[bytes]
    at: Mapped[datetime]
    __table_args__ = (Index("failed_sign_ins_by_key", "key", "at"),)
