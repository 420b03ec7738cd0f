"""Registered users of an account."""

import uuid
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func

from recstore.catalog.database import Transaction
from recstore.catalog.tables import User
from recstore.errors import BadInput, Conflict
from recstore.mail_domains import domain_of


def spell(email: str) -> str:
    """Give the one spelling of an address: letter case does not matter, everything else does."""
    spelled = email.strip().lower()
    local, at, domain = spelled.rpartition("@")
    if not (local and at and domain) or any(c.isspace() for c in spelled):
        raise BadInput("This is not an e-mail address: it needs a name, an @ and a domain.", code="bad_email")
    return spelled


def add(tx: Transaction, *, email: str, name: str, admin: bool, at: datetime) -> User:
    """Register a user; raise Conflict if the address is registered in this account already."""
    if by_email(tx, email):
        raise Conflict("This address is registered in the account already.", code="user_exists")
    spelled = spell(email)
    user = User(
        account_id=tx.account_id,
        id=uuid.uuid4(),
        email=spelled,
        email_key=tx.lookup(spelled),
        domain_key=tx.lookup(domain) if (domain := domain_of(spelled)) else None,
        name=name,
        admin=admin,
        created_at=at,
        inactive_since=None,
    )
    tx.add(user)
    tx.session.flush()
    return user


def by_email(tx: Transaction, email: str) -> User | None:
    """Find a user, active or not, by address."""
    return tx.session.scalars(tx.select(User).where(User.email_key == tx.lookup(spell(email)))).one_or_none()


def by_emails(tx: Transaction, emails: Collection[str]) -> dict[str, User]:
    """Find several users at once, under the addresses as given. What is no address is nobody."""
    keys = {}
    for email in emails:
        with suppress(BadInput):
            keys[email] = tx.lookup(spell(email))
    rows = tx.session.scalars(tx.select(User).where(User.email_key.in_(set(keys.values()))))
    users = {user.email_key: user for user in rows}
    return {email: users[key] for email, key in keys.items() if key in users}


def by_id(tx: Transaction, user_id: UUID) -> User | None:
    """Find a user, active or not, by id."""
    return tx.get(User, user_id)


def by_ids(tx: Transaction, user_ids: Collection[UUID]) -> dict[UUID, User]:
    """Find several users at once."""
    return tx.get_all(User, user_ids)


def of_account(tx: Transaction, *, admins_only: bool) -> dict[UUID, User]:
    """Give the users of the account, or its admins; the deactivated too."""
    users = tx.select(User)
    found = tx.session.scalars(users.where(User.admin) if admins_only else users)
    return {user.id: user for user in found}


def active_admins(tx: Transaction) -> list[User]:
    """Give the account's active admins."""
    return list(tx.session.scalars(tx.select(User).where(User.admin, User.inactive_since.is_(None))))


@dataclass(frozen=True, slots=True)
class Spelled:
    """A user as a search reads them: name and address alone."""

    id: UUID
    name: str
    email: str


def spelled(tx: Transaction, *, domain_keys: Collection[bytes] | None) -> list[Spelled]:
    """Read every active user at one of these domains, by their look-up keys; None: wherever."""
    query = tx.select(User).where(User.inactive_since.is_(None))
    if domain_keys is not None:
        query = query.where(User.domain_key.in_(domain_keys))
    columns = query.with_only_columns(User.id, User.name.mapped(), User.email.mapped())
    rows = tx.session.execute(columns).all()
    names = tx.read_column(User.name, {user_id: name for user_id, name, _ in rows})
    emails = tx.read_column(User.email, {user_id: email for user_id, _, email in rows})
    return [Spelled(user_id, names[user_id], emails[user_id]) for user_id in names]


def count_by_domain(tx: Transaction) -> Counter[bytes | None]:
    """Count the active users at each domain, under its look-up key."""
    query = tx.select(User).where(User.inactive_since.is_(None)).group_by(User.domain_key)
    rows = tx.session.execute(query.with_only_columns(User.domain_key, func.count()))
    return Counter(dict(rows.all()))


def all_active(tx: Transaction) -> list[User]:
    """Give every active user of the account."""
    return list(tx.session.scalars(tx.select(User).where(User.inactive_since.is_(None))))
