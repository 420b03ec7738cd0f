"""Accounts and their settings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from recstore.catalog.account_tables import Settings, SwitchInterval
from recstore.catalog.database import FrontDesk, Transaction
from recstore.catalog.desk import Account
from recstore.errors import BadInput, Conflict
from recstore.model import Kind


def find(desk: FrontDesk, name_or_id: str) -> Account:
    """Find an account by its id or its name; raise BadInput if there is none."""
    try:
        account = desk.session.get(Account, UUID(name_or_id))
    except ValueError:
        key = desk.lookup(name_or_id)
        account = desk.session.scalars(select(Account).where(Account.name_key == key)).one_or_none()
    if account is None:
        raise BadInput("There is no such account; see `recstore account create`.", code="account_unknown")
    return account


def is_named(desk: FrontDesk, account_id: UUID, name: str) -> bool:
    """Say whether this is the account's name."""
    account = desk.session.get(Account, account_id)
    return account is not None and account.name_key == desk.lookup(name)


def only(desk: FrontDesk) -> Account:
    """Give the installation's only account; raise BadInput if there are none or several."""
    account_ids = all_ids(desk)
    if len(account_ids) != 1:
        raise BadInput("There is not exactly one account: name one.", code="account_needed")
    return find(desk, str(account_ids[0]))


def all_ids(desk: FrontDesk) -> list[UUID]:
    """Give the ids of all accounts of the installation."""
    return list(desk.session.scalars(select(Account.id)))


def check_free(desk: FrontDesk, name: str) -> None:
    """Raise Conflict if there is an account of this name."""
    if desk.session.scalars(select(Account).where(Account.name_key == desk.lookup(name))).one_or_none():
        raise Conflict("There is an account of this name already; choose another.", code="account_exists")


def add(desk: FrontDesk, *, account_id: UUID, name: str, at: datetime) -> Account:
    """Add the account's own row; its settings and keys follow behind its wall."""
    check_free(desk, name)
    account = Account(id=account_id, name=name, name_key=desk.lookup(name), created_at=at)
    desk.session.add(account)
    return account


def furnish(tx: Transaction) -> None:
    """Give a new account its settings: everything on."""
    tx.add(
        Settings(
            account_id=tx.account_id, recording_off_at=None, chat_off_at=None, auto_share=True, download=False
        )
    )


def settings(tx: Transaction) -> Settings:
    """Give the account's settings."""
    return tx.session.scalars(tx.select(Settings)).one()


def was_off(tx: Transaction, kind: Kind, *, at: datetime) -> bool:
    """Say whether items of this kind were switched off at that moment, now or in a time that is over."""
    row = settings(tx)
    off_at = row.recording_off_at if kind is Kind.RECORDING else row.chat_off_at
    if off_at is not None and at >= off_at:
        return True
    query = tx.select(SwitchInterval).where(
        SwitchInterval.kind == kind.value, SwitchInterval.off_at <= at, SwitchInterval.on_at > at
    )
    return tx.session.scalars(query.limit(1)).one_or_none() is not None
