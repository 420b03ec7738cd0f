"""Look at the catalog, or change it, as one account sees it; or at the front desk, which is before accounts.

How a transaction begins and ends is in `database`.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import Result, Select, bindparam, select
from sqlalchemy.orm import Session

from recstore.catalog.reading import Noted, TextReader
from recstore.catalog.walled import Walled
from recstore.catalog.written import Written
from recstore.sealing.cell import key_of, open_text

Row = TypeVar("Row", bound=Walled)
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Transaction:
    """The catalog as one account sees it, for the length of one `with` block."""

    session: Session
    account_id: UUID
    secret: bytes

    def select(self, table: type[Row]) -> Select[Row]:
        """Start a query over the account's rows of `table`."""
        return select(table).where(table.account_id == self.account_id)

    def get(self, table: type[Row], key: Any) -> Row | None:
        """Give the row with this primary key, if it is the account's."""
        row = self.session.get(table, key)
        return row if row is not None and row.account_id == self.account_id else None

    def rows(self, query: Select[*Columns], values: Mapping[str, object]) -> Result[*Columns]:
        """Run a query of single columns that was built once: the quick way, for what every decision asks."""
        return self.session.connection().execute(query, dict(values))

    def get_all(self, table: type[Row], ids: Collection[UUID]) -> dict[UUID, Row]:
        """Give the rows with these ids that are the account's, by id.

        The account is compared here: SQLite keeps no statistics, and asked for both it would read every row
        of the account to find a few.
        """
        rows = self.session.scalars(_by_ids(table), {"ids": list(ids)})
        return {row.id: row for row in rows if row.account_id == self.account_id}

    def add(self, row: Walled) -> None:
        """Insert a row of this account; a row of another account is a fault of the caller."""
        if row.account_id != self.account_id:
            raise ValueError("a row of another account was handed to this transaction")
        self.session.add(row)

    def read_column(self, text: Written[str], cells: Mapping[UUID, bytes]) -> dict[UUID, str]:
        """Open one text of many rows that were read as columns, by the rows' ids."""
        self.reader.meet(cells.values())
        keys = {key_id: self.reader.key(key_id) for key_id in {key_of(cell) for cell in cells.values()}}
        return {
            row_id: open_text(cell, text.place_in(self.account_id, row_id.bytes), key=keys[key_of(cell)])
            for row_id, cell in cells.items()
        }

    @property
    def reader(self) -> TextReader:
        """Give what opens the texts of the rows that are read here."""
        reader: TextReader = self.session.info["reader"]
        return reader

    @property
    def noted(self) -> list[Noted]:
        """Give what was noted in the journal, within this change, of the text keys opened for it."""
        noted: list[Noted] = self.session.info.setdefault("noted", [])
        return noted

    def lookup(self, text: str) -> bytes:
        """Hash a ref or an address for a look-up within this account, 32 bytes."""
        return lookup_hash(self.secret, text, account_id=self.account_id)


@cache  # building a statement takes longer than running it
def _by_ids(table: type[Row]) -> Select[Row]:
    return select(table).where(table.__table__.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class FrontDesk:
    """The few tables that are read before the account is known."""

    session: Session
    secret: bytes

    def lookup(self, text: str) -> bytes:
        """Hash a name or an address for a look-up across accounts, 32 bytes."""
        return lookup_hash(self.secret, text, account_id=None)

    def enter(self, account_id: UUID) -> Transaction:
        """Go on in the same transaction as one account sees the catalog."""
        enter: Callable[[UUID], Transaction] = self.session.info["enter"]
        return enter(account_id)


def lookup_hash(secret: bytes, text: str, *, account_id: UUID | None) -> bytes:
    """Compute the keyed hash under which a ref or an address is found: HMAC-SHA256, bound to the account."""
    scope = account_id.bytes if account_id else bytes(16)
    return hmac.digest(secret, scope + unicodedata.normalize("NFC", text).encode(), hashlib.sha256)
