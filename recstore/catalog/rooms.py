"""Rooms (VMRs) of an account."""

from recstore.catalog.database import Transaction
from recstore.catalog.tables import Vmr


def all_rooms(tx: Transaction) -> list[Vmr]:
    """Give every room of the account, in no order."""
    return list(tx.session.scalars(tx.select(Vmr)))
