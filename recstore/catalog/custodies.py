"""Who holds an account's keys: the versions of its public key, and the way to the customer's own agent."""

from datetime import datetime
from uuid import UUID

from recstore.catalog.database import Transaction
from recstore.catalog.sealed_tables import AccountKey, Custody
from recstore.errors import KeysUnavailable
from recstore.model import Holder


def add_key(tx: Transaction, key_id: UUID, public_key: bytes, *, holder: Holder, at: datetime) -> None:
    """Add a version that new data keys are sealed to from now on."""
    tx.add(
        AccountKey(
            account_id=tx.account_id,
            key_id=key_id,
            public_key=public_key,
            holder=holder.value,
            created_at=at,
            retired_at=None,
            closed_at=None,
            destroyed_at=None,
        )
    )


def current_key(tx: Transaction) -> AccountKey:
    """Give the public key that new data keys are sealed to."""
    return tx.session.scalars(tx.select(AccountKey).where(AccountKey.retired_at.is_(None))).one()


def key(tx: Transaction, key_id: UUID) -> AccountKey | None:
    """Find a version of the account's key."""
    return tx.get(AccountKey, key_id)


def custody(tx: Transaction) -> Custody | None:
    """Give the way to the customer's own agent, if there is one."""
    return tx.get(Custody, tx.account_id)


def check_open(tx: Transaction, key_id: UUID) -> None:
    """Raise KeysUnavailable if nothing may be sealed to this version any more: it was about to be destroyed.

    Sealed again, to the version that is current now, it will be taken.
    """
    found = key(tx, key_id)
    if found is None or found.closed_at is not None:
        raise KeysUnavailable("The account's key was replaced in the meantime; send this again.")


def versions(tx: Transaction) -> list[AccountKey]:
    """Give every version of the account's key, destroyed ones too: as they were retired, the current last."""
    order = AccountKey.retired_at.is_(None), AccountKey.retired_at
    return list(tx.session.scalars(tx.select(AccountKey).order_by(*order)))
