"""Operators: whoever runs the service, as persons. They belong to no account, and so stand at the front desk.

Nothing here lets them open anything: that takes a consent, which the key agent verifies.
"""

import uuid
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, exists, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as Database

from recstore.catalog.base import Base
from recstore.catalog.credentials import hash_token
from recstore.catalog.database import FrontDesk
from recstore.catalog.people import spell
from recstore.errors import Conflict


class Operator(Base):
    """A person who runs the service. Their address is told to the accounts that they ask."""

    __tablename__ = "operators"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[bytes] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    inactive_since: Mapped[datetime | None]


class OperatorSession(Base):
    """A signed-in operator. The cookie's token is kept as a hash only; a user's session is never here."""

    __tablename__ = "operator_sessions"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    operator_id: Mapped[UUID]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OperatorAccount(Base):
    """An account in which an operator has asked, or was consented to: where to look. It gives no right."""

    __tablename__ = "operator_accounts"
    operator_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)


def add(desk: FrontDesk, email: str, *, password_hash: str | None, at: datetime) -> Operator:
    """Add an operator, or give a password to one who has none. Raises Conflict (operator_exists)."""
    address = spell(email)
    found = by_email(desk, address)
    if found is not None:
        if found.password_hash is not None or password_hash is None:
            raise Conflict("There is an operator with this address already.", code="operator_exists")
        found.password_hash = password_hash
        return found
    row = Operator(
        id=uuid.uuid4(),
        email=address,
        email_key=desk.lookup(address),
        password_hash=password_hash,
        created_at=at,
        inactive_since=None,
    )
    desk.session.add(row)
    return row


def by_email(desk: FrontDesk, email: str) -> Operator | None:
    """Find an operator by address."""
    query = select(Operator).where(Operator.email_key == desk.lookup(spell(email)))
    return desk.session.scalars(query).one_or_none()


def by_id(database: Database, operator_id: UUID) -> Operator | None:
    """Find an operator."""
    return database.get(Operator, operator_id)


def live_session(desk: FrontDesk, token: str, *, now: datetime) -> OperatorSession | None:
    """Find the session of a cookie, if it has neither ended nor expired."""
    query = select(OperatorSession).where(OperatorSession.token_hash == hash_token(token))
    session = desk.session.scalars(query).one_or_none()
    return session if session and session.ended_at is None and now < session.expires_at else None


def is_signed_in(database: Database, *, operator_id: UUID, session_id: UUID, now: datetime) -> bool:
    """Say whether this is an active operator, by a session that still counts."""
    query = select(
        exists().where(
            Operator.id == operator_id,
            Operator.inactive_since.is_(None),
            OperatorSession.id == session_id,
            OperatorSession.operator_id == Operator.id,
            OperatorSession.ended_at.is_(None),
            OperatorSession.expires_at > now,
        )
    )
    return bool(database.scalar(query))


def note_account(database: Database, operator_id: UUID, account_id: UUID) -> None:
    """Note that this operator has something to look at in this account."""
    database.merge(OperatorAccount(operator_id=operator_id, account_id=account_id))


def accounts_of(desk: FrontDesk, operator_id: UUID) -> list[UUID]:
    """Give the accounts in which an operator has something to look at."""
    query = select(OperatorAccount.account_id).where(OperatorAccount.operator_id == operator_id)
    return list(desk.session.scalars(query.order_by(OperatorAccount.account_id)))
