"""The tables of sealed keys, as rotation and custody see them: which version each row is sealed to."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, func, literal, null, select, update

from recstore.catalog.database import Transaction
from recstore.catalog.sealed_tables import DataKey
from recstore.catalog.text_tables import TextKey

# Every table whose rows are sealed to a version of their account's key.
TABLES: Final = (DataKey, TextKey)
Table = type[DataKey | TextKey]


class SealedKey(NamedTuple):
    """A sealed key and what it is bound to."""

    id: UUID
    item_id: UUID | None
    generation: int
    sealed: bytes


def count_by_version(tx: Transaction) -> dict[UUID, int]:
    """Count the account's sealed keys by the version that they are sealed to."""
    counted: dict[UUID, int] = {}
    for table in TABLES:
        query = select(table.key_id, func.count()).where(table.account_id == tx.account_id)
        for key_id, count in tx.session.execute(query.group_by(table.key_id)):
            counted[key_id] = counted.get(key_id, 0) + count
    return counted


def page(tx: Transaction, table: Table, key_id: UUID, *, after: UUID | None, limit: int) -> list[SealedKey]:
    """Give the next rows that are sealed to a version, in the order of their ids."""
    bound_to = (table.item_id, table.generation) if issubclass(table, DataKey) else (null(), literal(0))
    query = select(table.id, *bound_to, table.sealed).where(
        table.account_id == tx.account_id, table.key_id == key_id
    )
    if after is not None:
        query = query.where(table.id > after)
    return [SealedKey(*row) for row in tx.session.execute(query.order_by(table.id).limit(limit))]


def replace(tx: Transaction, table: Table, sealed: Mapping[UUID, bytes], *, old: UUID, new: UUID) -> None:
    """Put re-wrapped keys in the place of the old ones; rows that are gone or were replaced stay so."""
    statement = (
        update(table)
        .where(
            table.account_id == tx.account_id,
            table.id == bindparam("of"),
            table.key_id == old,
        )
        .values(key_id=new, sealed=bindparam("rewrapped"))
    )
    values = [{"of": id_, "rewrapped": rewrapped} for id_, rewrapped in sealed.items()]
    if values:
        tx.session.connection().execute(statement, values)


def remove(tx: Transaction, table: Table, ids: Collection[UUID]) -> None:
    """Remove rows by their ids."""
    for row in tx.get_all(table, ids).values():
        tx.session.delete(row)


def remove_all(tx: Transaction) -> None:
    """Remove every sealed key of the account."""
    for table in TABLES:
        tx.session.execute(delete(table).where(table.account_id == tx.account_id))
