"""Sign-ins, sessions and tokens: what is read before it is known whose account a request belongs to."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, select, text, update
from sqlalchemy.orm import Session as Database

from recstore.catalog.database import FrontDesk, Transaction
from recstore.catalog.desk import Credential, FailedSignIn, Session, Token
from recstore.catalog.people import spell
from recstore.catalog.tables import User


class UserRow(NamedTuple):
    """Who asks, as decisions read them: the columns as `User` has them."""

    admin: bool
    inactive_since: datetime | None


USER = [getattr(User, name) for name in UserRow._fields]

# Whether a user's session or token still counts; asked at every decision, and so built once.
SIGNED_IN = exists().where(
    Session.id == bindparam("credential"),
    Session.user_id == bindparam("user"),
    Session.ended_at.is_(None),
    Session.expires_at > bindparam("now"),
) | exists().where(
    Token.id == bindparam("credential"), Token.user_id == bindparam("user"), Token.revoked_at.is_(None)
)
SIGNED_IN_USER = select(*USER).where(
    User.account_id == bindparam("account"), User.id == bindparam("user"), SIGNED_IN
)


def hash_token(token: str) -> bytes:
    """Hash a cookie's or bearer token. They are 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


def by_email(desk: FrontDesk, email: str) -> list[Credential]:
    """Give what is registered under an address, in any account."""
    key = desk.lookup(spell(email))
    return list(desk.session.scalars(select(Credential).where(Credential.email_key == key)))


def live_session(desk: FrontDesk, token: str, *, now: datetime) -> Session | None:
    """Find the session of a cookie, if it has neither ended nor expired."""
    query = select(Session).where(Session.token_hash == hash_token(token))
    session = desk.session.scalars(query).one_or_none()
    return session if session and session.ended_at is None and now < session.expires_at else None


def live_token(desk: FrontDesk, token: str) -> Token | None:
    """Find a bearer token, if it was not revoked."""
    query = select(Token).where(Token.token_hash == hash_token(token), Token.revoked_at.is_(None))
    return desk.session.scalars(query).one_or_none()


def tokens_of(desk: FrontDesk, account_id: UUID) -> list[Token]:
    """Give an account's tokens, revoked ones too, oldest first."""
    query = select(Token).where(Token.account_id == account_id).order_by(Token.created_at, Token.id)
    return list(desk.session.scalars(query))


def signed_in_user(tx: Transaction, *, user_id: UUID, credential_id: UUID, now: datetime) -> UserRow | None:
    """Find a user, active or not, whose session or token of this id still counts."""
    values = {"account": tx.account_id, "user": user_id, "credential": credential_id, "now": now}
    row = tx.rows(SIGNED_IN_USER, values).one_or_none()
    return UserRow._make(row) if row else None


def end_sessions(database: Database, user_id: UUID, *, at: datetime) -> None:
    """End every session of a user, and revoke their tokens: neither comes back with the user."""
    sessions = update(Session).where(Session.user_id == user_id, Session.ended_at.is_(None))
    database.execute(sessions.values(ended_at=at))
    tokens = update(Token).where(Token.user_id == user_id, Token.revoked_at.is_(None))
    database.execute(tokens.values(revoked_at=at))


def count_failures(desk: FrontDesk, key: bytes, *, since: datetime) -> int:
    """Count the failed sign-ins under a key (an address, or where it came from)."""
    query = select(func.count()).where(FailedSignIn.key == key, FailedSignIn.at >= since)
    return desk.session.scalar(query) or 0


def take_turn(desk: FrontDesk) -> None:
    """Let sign-ins be counted one after the other until the transaction ends: none slips in uncounted.

    SQLite has one writer anyway.
    """
    if desk.session.get_bind().dialect.name == "postgresql":
        desk.session.execute(text("LOCK TABLE failed_sign_ins IN SHARE ROW EXCLUSIVE MODE"))


def add_failures(
    desk: FrontDesk, keys: Collection[bytes], *, at: datetime, forget_before: datetime
) -> list[int]:
    """Note a sign-in as failed under each key, forget those too old to count, and give their ids."""
    desk.session.execute(delete(FailedSignIn).where(FailedSignIn.at < forget_before))
    rows = [FailedSignIn(key=key, at=at) for key in keys]
    desk.session.add_all(rows)
    desk.session.flush()
    return [row.id for row in rows]


def forgive(database: Database, noted: Collection[int]) -> None:
    """Take back what `add_failures` noted: the sign-in did not fail."""
    database.execute(delete(FailedSignIn).where(FailedSignIn.id.in_(noted)))
