"""Who holds an account's keys: the versions of its public key, and the way to the customer's own agent."""

from datetime import datetime
from uuid import UUID

from keys.protocol import AccountKey as PublicKey
from recstore.catalog.database import Transaction
from recstore.catalog.sealed_tables import AccountKey, Custody
from recstore.errors import Conflict, KeysUnavailable
from recstore.model import Holder


def add_key(tx: Transaction, key: PublicKey, *, holder: Holder, at: datetime) -> None:
    """Add a version that new data keys are sealed to from now on."""
    tx.add(
        AccountKey(
            account_id=tx.account_id,
            key_id=key.key_id,
            public_key=key.public_key,
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


def put_custody(tx: Transaction, address: str, *, identity: str, at: datetime) -> None:
    """Write down, or renew, the way to the customer's own agent."""
    row = custody(tx)
    if row is None:
        tx.add(Custody(account_id=tx.account_id, address=address, identity=identity, paired_at=at))
    else:
        row.address, row.identity, row.paired_at = address, identity, at


def drop_custody_if_unused(tx: Transaction) -> None:
    """Forget the way to the customer's own agent once it holds no key of the account any more."""
    row = custody(tx)
    held = [each.holder for each in versions(tx) if each.destroyed_at is None]
    if row is not None and Holder.CUSTOMER not in held:
        tx.session.delete(row)


def unfinished(tx: Transaction) -> list[AccountKey]:
    """Give the versions that are to be destroyed, and are not yet."""
    return [each for each in versions(tx) if each.retired_at and not each.destroyed_at]


def refuse_destroyed(tx: Transaction) -> None:
    """Raise Conflict (keys_destroyed) if all keys of the account were destroyed: the current is closed."""
    if current_key(tx).closed_at is not None:
        raise Conflict("The keys of this account were destroyed, for good.", code="keys_destroyed")


def check_open(tx: Transaction, key_id: UUID) -> None:
    """Raise KeysUnavailable if nothing may be sealed to this version any more: it was about to be destroyed.

    Sealed again, to the version that is current now, it will be taken. Raises Conflict: keys_destroyed.
    """
    refuse_destroyed(tx)
    found = key(tx, key_id)
    if found is None or found.closed_at is not None:
        raise KeysUnavailable("The account's key was replaced in the meantime; send this again.")


def versions(tx: Transaction) -> list[AccountKey]:
    """Give every version of the account's key, destroyed ones too: as they were retired, the current last."""
    order = AccountKey.retired_at.is_(None), AccountKey.retired_at
    return list(tx.session.scalars(tx.select(AccountKey).order_by(*order)))
